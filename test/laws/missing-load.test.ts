/**
 * A run in which more than a hundredth of the planned load is missing through the generator's doing is never sound. The
 * evidence is that of simulated users who loop beside a generator that stands still now and then.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arrivalAreas, instantOf } from '../../src/core/load/arrivals.ts'
import type { OpenPlan } from '../../src/core/plan/plan.ts'
import type { Evidence } from '../../src/core/judge/rules/evidence.ts'
import { judge } from '../../src/core/judge/verdict.ts'
import { MOST_REPAID_US } from '../../src/worker/schedule/closed.ts'
import { aRow, evidence, healthy } from '../support/evidence.ts'
import { anOpenPlan, aPlan } from '../support/plan.ts'

interface Stop {
  readonly fromS: number
  readonly toS: number
}
interface Sample {
  readonly atS: number
  readonly ms: number
}

const USERS = 40
const SERVICE_S = 0.02

/**
 * Users with a constant wait, spread over their cycle; nothing happens within a stop until it is over. A wait makes up
 * for a late start as far as the schedule lets it.
 */
function simulate(seconds: number, waitS: number, stops: readonly Stop[]) {
  const lags: Sample[] = []
  const waits: Sample[] = []
  const repaid: Sample[] = []
  let started = 0
  const awake = (atS: number): number =>
    stops.reduce((t, { fromS, toS }) => (t >= fromS && t < toS ? toS : t), atS)
  for (let user = 0; user < USERS; user++)
    for (let dueS = ((SERVICE_S + waitS) * user) / USERS; ;) {
      const startS = awake(dueS)
      if (startS >= seconds) break
      started++
      lags.push({ atS: startS, ms: (startS - dueS) * 1000 + 0.1 })
      const doneS = awake(startS + SERVICE_S)
      waits.push({ atS: doneS, ms: (doneS - startS - SERVICE_S) * 1000 })
      const repaidS = Math.min(startS - dueS, MOST_REPAID_US / 1e6, waitS)
      repaid.push({ atS: doneS, ms: repaidS * 1000 })
      dueS = doneS + waitS - repaidS
    }
  return { lags, waits, repaid, started }
}

function evidenceOf(seconds: number, waitS: number, stops: readonly Stop[]): Evidence {
  const { lags, waits, repaid, started } = simulate(seconds, waitS, stops)
  const bySecond = (samples: readonly Sample[]): number[][] => {
    const all: number[][] = Array.from({ length: seconds * 3 }, () => [])
    for (const { atS, ms } of samples) all[Math.floor(atS)]?.push(ms)
    return all
  }
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
  const mean = (values: readonly number[]): number => sum(values) / values.length
  const [lagsOf, waitsOf, repaidOf] = [bySecond(lags), bySecond(waits), bySecond(repaid)]
  const endS = Math.max(seconds, ...stops.map(({ toS }) => Math.floor(toS) + 1))
  const rows = Array.from({ length: endS }, (_, second) => {
    const ended = stops.filter(({ toS }) => Math.floor(toS) === second)
    const longest = 1000 * Math.max(0, ...ended.map(({ fromS, toS }) => toS - fromS))
    const [lag, wait] = [lagsOf[second]!, waitsOf[second]!]
    return aRow(second, {
      phase: second < seconds ? 'load' : 'drain',
      users: USERS,
      due: lag.length,
      sent: lag.length,
      finished: wait.length,
      succeeded: wait.length,
      workers: [
        {
          ...healthy,
          lagMs: lag.length > 0 ? { p50: 0, p99: 0, max: 0, mean: mean(lag) } : null,
          repaidMs: lag.length > 0 ? sum(repaidOf[second]!) / lag.length : null,
          waitedMs: wait.length > 0 ? mean(wait) : null,
          loopDelayMs: longest > 0 ? { p50: 0, p99: longest, max: longest } : null,
        },
      ],
    })
  })
  return evidence({
    plan: aPlan({
      wait: { kind: 'constant', seconds: waitS },
      stages: [{ fromUsers: USERS, toUsers: USERS, durationS: seconds }],
    }),
    rows,
    loadEndS: seconds,
    iterations: { ...evidence().iterations, due: started, started },
  })
}

const runs = fc
  .record({
    seconds: fc.integer({ min: 10, max: 600 }),
    waitS: fc.constantFrom(0.2, 0.5, 1),
    stops: fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        forS: fc.double({ min: 0.05, max: 20, noNaN: true }),
      }),
      { maxLength: 3 },
    ),
  })
  .map(({ seconds, waitS, stops }) => ({
    seconds,
    waitS,
    stops: stops
      .map(({ at, forS }) => ({ fromS: at * seconds, toS: at * seconds + forS }))
      .sort((a, b) => a.fromS - b.fromS),
  }))

test('more than a hundredth of the planned load is missing: never sound', () => {
  fc.assert(
    fc.property(runs, ({ seconds, waitS, stops }) => {
      const planned = simulate(seconds, waitS, []).started
      const missing = 1 - simulate(seconds, waitS, stops).started / planned
      // Where in its round a user is when a stop begins, and when the load ends, is worth up to a round.
      const chance = ((stops.length + 1) * (SERVICE_S + waitS)) / seconds
      fc.pre(missing > 0.01 + chance)
      expect(judge(evidenceOf(seconds, waitS, stops)).level).not.toBe('sound')
    }),
    { numRuns: 40 },
  )
})

test('ten seconds of a minute are void, in the middle and at its end', () => {
  for (const fromS of [20, 50]) {
    const stopped = evidenceOf(60, 1, [{ fromS, toS: fromS + 10.5 }])
    expect(judge(stopped)).toMatchObject({ level: 'void', limit: 'generator' })
  }
})

test('an undisturbed run is sound, however long', () => {
  for (const seconds of [10, 600]) expect(judge(evidenceOf(seconds, 1, [])).level).toBe('sound')
})

/** The evidence of an open run in which each arrival was `lateMs` late, and nothing else happened. */
function arrivalsLate(plan: OpenPlan, seconds: number, lateMs: number): Evidence {
  const next = arrivalAreas(plan.arrival, { index: 0, of: 1 }, plan.seed)
  const due: number[] = []
  for (let atS = instantOf(plan.stages, next()); atS < seconds; atS = instantOf(plan.stages, next()))
    due.push(atS)
  const rows = Array.from({ length: seconds }, (_, second) => {
    const n = due.filter((atS) => Math.floor(atS) === second).length
    const lagMs = n === 0 ? null : { p50: lateMs, p99: lateMs, max: lateMs, mean: lateMs }
    return aRow(second, {
      ...{ due: n, sent: n, finished: n, succeeded: n, users: n },
      workers: [{ ...healthy, utilization: 0, lagMs, waitedMs: n === 0 ? null : 0 }],
    })
  })
  const counts = { due: due.length, started: due.length, finished: due.length }
  return evidence({ plan, rows, loadEndS: seconds, iterations: { ...evidence().iterations, ...counts } })
}

const DAY_S = 86_400
describe.each(['uniform', 'poisson'] as const)('%s arrivals at a low rate', (arrival) => {
  const lowRates = fc.record({
    perS: fc.constantFrom(1 / DAY_S, 1 / 3600, 1 / 60, 1 / 10, 1 / 2, 1, 3),
    seconds: fc.integer({ min: 1, max: 300 }),
    seed: fc.integer({ min: 0, max: 1000 }),
    lateMs: fc.constantFrom(0.1, 3, 9),
  })
  const planAt = (perS: number, seconds: number, seed = 1): OpenPlan =>
    anOpenPlan({
      ...{ arrival, seed, workers: 1, durationS: seconds },
      stages: [{ fromPerS: perS, toPerS: perS, durationS: 0 }],
    })

  test('are the planned load: a few milliseconds of each take nothing of it', () => {
    fc.assert(
      fc.property(lowRates, ({ perS, seconds, seed, lateMs }) => {
        const run = arrivalsLate(planAt(perS, seconds, seed), seconds, lateMs)
        expect(judge(run).reasons.filter(({ code }) => code.startsWith('pace.'))).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  test('half an interval late, they are not', () => {
    for (const perS of [1 / 60, 1 / 10, 1 / 2])
      expect(judge(arrivalsLate(planAt(perS, 300), 300, 500 / perS)).level).not.toBe('sound')
  })
})
