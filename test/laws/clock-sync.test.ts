/** One clock for several hosts: what is said to be certain is, whatever the network and the crystals do. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  bestOf,
  MOST_DRIFT_PPM,
  MOST_PPM,
  sampleOf,
  SteeredClock,
  type RoundTrip,
} from '../../src/core/fleet/clock-sync.ts'
import { seededRandom } from '../../src/core/random.ts'

/** An agent's clock: by how much the coordinator's is ahead of it, which changes at a rate that changes. */
class Crystal {
  readonly #offsetUs: number
  readonly #drifts: readonly { readonly fromUs: number; readonly ppm: number }[]

  constructor(offsetUs: number, drifts: readonly { readonly fromUs: number; readonly ppm: number }[]) {
    this.#offsetUs = offsetUs
    this.#drifts = drifts
  }

  /** The offset at an instant of the agent's clock. */
  offsetUs(agentUs: number): number {
    let offset = this.#offsetUs
    for (const [at, { fromUs, ppm }] of this.#drifts.entries()) {
      const untilUs = Math.min(agentUs, this.#drifts[at + 1]?.fromUs ?? Infinity)
      if (untilUs > fromUs) offset += ((untilUs - fromUs) * ppm) / 1e6
    }
    return offset
  }

  trip(t1Us: number, outUs: number, heldUs: number, backUs: number): RoundTrip {
    const read = (agentUs: number): number => agentUs + this.offsetUs(agentUs)
    return {
      t1Us,
      t2Us: read(t1Us + outUs),
      t3Us: read(t1Us + outUs + heldUs),
      t4Us: t1Us + outUs + heldUs + backUs,
    }
  }
}

const delays = fc.record({
  outUs: fc.double({ min: 0, max: 50_000, noNaN: true }),
  heldUs: fc.double({ min: 0, max: 20_000, noNaN: true }),
  backUs: fc.double({ min: 0, max: 50_000, noNaN: true }),
})
const offset = fc.double({ min: -1e12, max: 1e12, noNaN: true })
const drifts = fc
  .array(
    fc.record({
      fromUs: fc.integer({ min: 0, max: 100_000_000 }),
      ppm: fc.double({ min: -MOST_DRIFT_PPM, max: MOST_DRIFT_PPM, noNaN: true }),
    }),
    { maxLength: 4 },
  )
  .map((all) => [{ fromUs: 0, ppm: all[0]?.ppm ?? 0 }, ...all.slice(1).sort((a, b) => a.fromUs - b.fromUs)])
/** Doubles of 10¹² µs have steps of 0.1 ns, and a few operations are made with them. */
const ROUNDING_US = 0.1

test('the truth lies within the bound of a round trip, however long each way takes and the clocks drift', () => {
  fc.assert(
    fc.property(
      offset,
      drifts,
      fc.integer({ min: 0, max: 200_000_000 }),
      delays,
      (ahead, ppms, t1Us, way) => {
        const crystal = new Crystal(ahead, ppms)
        const sample = sampleOf(crystal.trip(t1Us, way.outUs, way.heldUs, way.backUs))!
        const error = Math.abs(sample.offsetUs - crystal.offsetUs(sample.atUs))
        expect(error).toBeLessThanOrEqual(sample.boundUs + ROUNDING_US)
      },
    ),
  )
})

test('the truth lies within the bound of the steered clock at all times, and the clock never goes back', () => {
  const step = fc.record({
    afterUs: fc.integer({ min: 1000, max: 8_000_000 }),
    trips: fc.array(delays, { minLength: 1, maxLength: 4 }),
    isSteered: fc.boolean(),
  })
  fc.assert(
    fc.property(offset, drifts, fc.array(step, { minLength: 1, maxLength: 30 }), (ahead, ppms, steps) => {
      const crystal = new Crystal(ahead, ppms)
      const clock = new SteeredClock()
      let nowUs = 0
      let readUs = -Infinity
      for (const [at, { afterUs, trips, isSteered }] of steps.entries()) {
        const taken = trips.map(({ outUs, heldUs, backUs }) => {
          const trip = crystal.trip(nowUs, outUs, heldUs, backUs)
          nowUs = trip.t4Us
          return trip
        })
        clock.add(bestOf(taken)!)
        if (at === 0) clock.settle(nowUs)
        else if (isSteered) expect(Math.abs(clock.steer(nowUs))).toBeLessThanOrEqual(MOST_PPM)
        // Right after the sample, and when it has become old.
        for (const atUs of [nowUs, nowUs + afterUs]) {
          const state = clock.state(atUs)!
          const error = clock.coordinatorUs(atUs) - atUs - crystal.offsetUs(atUs)
          expect(Math.abs(error)).toBeLessThanOrEqual(state.boundMs * 1000 + ROUNDING_US)
          expect(clock.coordinatorUs(atUs)).toBeGreaterThanOrEqual(readUs)
          readUs = clock.coordinatorUs(atUs)
          expect(clock.agentUs(readUs)).toBeCloseTo(atUs, 1)
        }
        nowUs += afterUs
      }
    }),
  )
})

/** Pings like those of a run over a LAN, and the real error after 20 s, in µs: the largest, with that of an unsteered clock. */
function errorsOf(crystal: Crystal, forS: number, seed: number): { steered: number; free: number } {
  const random = seededRandom(seed)
  const clock = new SteeredClock()
  let [steered, free] = [0, 0]
  for (let s = 0; s < forS; s += 2) {
    const startUs = s * 1e6
    const trips = Array.from({ length: 4 }, (_, at) => {
      // A quarter of a millisecond each way, now and then much more, on one way only.
      const way = (): number => 200 + 50 * random() + (random() < 0.1 ? 2000 * random() : 0)
      return crystal.trip(startUs + at * 1000, way(), 20, way())
    })
    clock.add(bestOf(trips)!)
    const nowUs = startUs + 5000
    if (s === 0) clock.settle(nowUs)
    else clock.steer(nowUs)
    for (let atUs = nowUs; s >= 20 && atUs < startUs + 2e6; atUs += 250_000) {
      const truth = crystal.offsetUs(atUs)
      steered = Math.max(steered, Math.abs(clock.coordinatorUs(atUs) - atUs - truth))
      free = Math.max(free, Math.abs(truth - crystal.offsetUs(0)))
    }
  }
  return { steered, free }
}

test.each([0, 50, -200])('a constant drift of %d ppm is steered out after 20 s, over an hour', (ppm) => {
  const { steered, free } = errorsOf(new Crystal(5e9, [{ fromUs: 0, ppm }]), 3600, 7)
  expect(steered).toBeLessThan(100)
  expect(free).toBeGreaterThanOrEqual(Math.abs(ppm) * 3500)
})

test('a drift that changes at once by 100 ppm is followed within a millisecond', () => {
  const crystal = new Crystal(0, [
    { fromUs: 0, ppm: 20 },
    { fromUs: 300e6, ppm: 120 },
  ])
  expect(errorsOf(crystal, 600, 3).steered).toBeLessThan(1000)
})

test('a clock that jumped, as that of a machine that was suspended, is followed and its bound says how far it is off', () => {
  const clock = new SteeredClock()
  for (let s = 0; s <= 10; s++) clock.add({ atUs: s * 1e6, offsetUs: 1000, boundUs: 100 })
  clock.settle(10e6)
  clock.add({ atUs: 11e6, offsetUs: 3_001_000, boundUs: 100 })
  expect(clock.steer(11e6)).toBe(MOST_PPM)
  const { boundMs, errorMs } = clock.state(11e6)!
  expect(boundMs).toBeCloseTo(3000.1, 1)
  expect(errorMs).toBeCloseTo(3000, 1)
})

test('instants that cannot be those of a round trip are no sample', () => {
  const trip = { t1Us: 0, t2Us: 10, t3Us: 11, t4Us: 20 }
  expect(sampleOf(trip)).toMatchObject({ atUs: 10, offsetUs: 0.5 })
  for (const hostile of [{ t2Us: NaN }, { t3Us: Infinity }, { t4Us: -1 }, { t3Us: 9 }, { t3Us: 1000 }])
    expect(sampleOf({ ...trip, ...hostile }), JSON.stringify(hostile)).toBeNull()
  expect(bestOf([])).toBeNull()
})
