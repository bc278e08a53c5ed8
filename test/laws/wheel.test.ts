import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Wheel } from '../../src/worker/time/wheel.ts'

const TIMERS = 12
const SLOT_US = 1000
const TURN_US = 4096 * SLOT_US

/** What a timer does when it fires: nothing, or arm or disarm another one (or itself). */
interface Deed {
  readonly does: 'nothing' | 'arm' | 'disarm'
  readonly id: number
  readonly inUs: number
}

/** What a wheel is to be: a list of due times, searched from one end to the other. */
class Reference {
  readonly armed = new Map<number, number>()
  nowUs = 0
}

interface Real {
  readonly wheel: Wheel
}

class Arm implements fc.Command<Reference, Real> {
  readonly id: number
  readonly inUs: number
  constructor(id: number, inUs: number) {
    this.id = id
    this.inUs = inUs
  }
  check(): boolean {
    return true
  }
  run(model: Reference, { wheel }: Real): void {
    const dueUs = model.nowUs + this.inUs
    model.armed.set(this.id, dueUs)
    wheel.arm(this.id, dueUs)
    same(model, wheel)
  }
  toString(): string {
    return `arm(${this.id}, in ${this.inUs})`
  }
}

class Disarm implements fc.Command<Reference, Real> {
  readonly id: number
  constructor(id: number) {
    this.id = id
  }
  check(): boolean {
    return true
  }
  run(model: Reference, { wheel }: Real): void {
    model.armed.delete(this.id)
    wheel.disarm(this.id)
    same(model, wheel)
  }
  toString(): string {
    return `disarm(${this.id})`
  }
}

class Advance implements fc.Command<Reference, Real> {
  readonly byUs: number
  readonly deeds: readonly Deed[]
  constructor(byUs: number, deeds: readonly Deed[]) {
    this.byUs = byUs
    this.deeds = deeds
  }
  check(): boolean {
    return true
  }
  run(model: Reference, { wheel }: Real): void {
    const startUs = model.nowUs
    // After a gap of more than a turn, what is overdue comes in the order of the wheel.
    const isInOrder = this.byUs < TURN_US - SLOT_US
    model.nowUs += this.byUs
    const due = new Set([...model.armed].filter(([, dueUs]) => dueUs <= model.nowUs).map(([id]) => id))
    let lastUs = -Infinity
    let firings = 0
    wheel.advance(model.nowUs, (id) => {
      expect(due.delete(id), 'fires what was due when it began, and nothing else').toBe(true)
      const dueUs = model.armed.get(id)!
      if (isInOrder) expect(dueUs, 'in the order of due times').toBeGreaterThanOrEqual(lastUs)
      lastUs = dueUs
      model.armed.delete(id)
      expect(wheel.isArmed(id)).toBe(false)
      const deed = this.deeds[firings++ % Math.max(1, this.deeds.length)]
      if (deed === undefined || deed.does === 'nothing') return
      due.delete(deed.id)
      if (deed.does === 'arm') {
        wheel.arm(deed.id, startUs + deed.inUs)
        model.armed.set(deed.id, startUs + deed.inUs)
      } else {
        model.armed.delete(deed.id)
        wheel.disarm(deed.id)
      }
    })
    expect([...due], 'all that was due has fired').toEqual([])
    same(model, wheel)
  }
  toString(): string {
    return `advance(${this.byUs}, ${JSON.stringify(this.deeds)})`
  }
}

function same(model: Reference, wheel: Wheel): void {
  for (let id = 0; id < TIMERS; id++) expect(wheel.isArmed(id)).toBe(model.armed.has(id))
  const nextUs = wheel.nextUs()
  if (model.armed.size === 0) {
    expect(nextUs).toBe(Infinity)
    return
  }
  const earliestUs = Math.min(...model.armed.values())
  expect(nextUs).toBeLessThanOrEqual(earliestUs)
  // A next time that has passed while nothing is due would have the loop run in circles.
  if (earliestUs > model.nowUs) expect(nextUs).toBeGreaterThan(model.nowUs)
}

const timer = fc.integer({ min: 0, max: TIMERS - 1 })
const aheadUs = fc.oneof(
  fc.integer({ min: -5000, max: 20_000 }),
  fc.integer({ min: 0, max: TURN_US }),
  fc.integer({ min: 0, max: 4 * TURN_US }),
  // Exactly on the edges of slots and turns.
  fc.constantFrom(0, SLOT_US, TURN_US - SLOT_US, TURN_US, TURN_US + SLOT_US, 2 * TURN_US),
)
const gapUs = fc.oneof(
  fc.integer({ min: 0, max: 3000 }),
  fc.integer({ min: 0, max: TURN_US }),
  fc.integer({ min: 0, max: 3 * TURN_US }),
  fc.constantFrom(SLOT_US, TURN_US, TURN_US + SLOT_US),
)
const deed: fc.Arbitrary<Deed> = fc.record({
  does: fc.constantFrom('nothing', 'arm', 'disarm'),
  id: timer,
  inUs: aheadUs,
})
const commands = fc.commands(
  [
    fc.tuple(timer, aheadUs).map(([id, us]) => new Arm(id, us)),
    fc.tuple(timer, aheadUs).map(([id, us]) => new Arm(id, us)),
    timer.map((id) => new Disarm(id)),
    gapUs.map((us) => new Advance(us, [])),
    fc.tuple(gapUs, fc.array(deed, { minLength: 1, maxLength: 4 })).map(([us, d]) => new Advance(us, d)),
  ],
  { maxCommands: 60 },
)

test('a wheel is a list of due times: it fires all of them, none early, in their order', () => {
  fc.assert(
    fc.property(commands, (cmds) => {
      fc.modelRun(() => ({ model: new Reference(), real: { wheel: new Wheel(TIMERS) } }), cmds)
    }),
    { numRuns: 300 },
  )
})
