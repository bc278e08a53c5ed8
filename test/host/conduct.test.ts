/** A run is conducted the same way whoever does the work: here loads on a virtual clock, and not one thread. */
import { expect, test } from 'vitest'
import type { ClosedPlan, Plan } from '../../src/core/plan/plan.ts'
import type { Report } from '../../src/core/report/report.ts'
import { parseThreshold } from '../../src/core/threshold/threshold.ts'
import type { ConductHooks, RunControl } from '../../src/host/control.ts'
import { conduct } from '../../src/host/run.ts'
import { expectConservation } from '../support/conservation.ts'
import { A_REQUEST, aPlan, anOpenPlan } from '../support/plan.ts'
import { SimulatedRun, type SimulatedWays } from '../support/simulated-workforce.ts'

/** Nobody listens there, so the probe before the run fails at once. */
const REQUEST = { ...A_REQUEST, url: 'http://127.0.0.1:1/' }
const wait = { kind: 'constant', seconds: 0.095 } as const
const twoWorkers = (different: Partial<ClosedPlan> = {}): ClosedPlan =>
  aPlan({
    request: REQUEST,
    workers: 2,
    wait,
    stages: [{ fromUsers: 4, toUsers: 4, durationS: 10 }],
    ...different,
  })

async function conducted(
  plan: Plan,
  hooks: ConductHooks = {},
  ways: SimulatedWays = {},
): Promise<{ run: SimulatedRun; report: Report }> {
  const run = new SimulatedRun(ways)
  const report = await conduct(plan, hooks, run.hire, run.host)
  expect(run.isDismissed).toBe(true)
  return { run, report }
}

test('a whole run, second by second, in its own time', async () => {
  const seconds: number[] = []
  const { run, report } = await conducted(twoWorkers(), { onSecond: ({ second }) => seconds.push(second) })
  expectConservation(report)
  expect(run.orders).toEqual(['start 0.000'])
  expect(report).toMatchObject({ stoppedBy: 'duration', durationS: 10, loadS: 10, workers: 2 })
  // Four users, each of them every 100 ms.
  expect(report.total.succeeded).toBe(400)
  expect(report.startedAt).toBe('2026-01-01T00:00:00.000Z')
  // The last one is empty: the run was drained at its very beginning.
  expect(seconds).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(report.timeline.map(({ sent }) => sent)).toEqual([...Array<number>(10).fill(40), 0])
  expect(report.warnings.join()).toContain('the target did not answer before the run')
})

test('the open model, with its arrivals and what waits for a user', async () => {
  const { report } = await conducted(
    anOpenPlan({ request: REQUEST, maxUsers: 2 }),
    {},
    {
      answer: () => ({ afterUs: 40_000 }),
    },
  )
  expectConservation(report)
  expect(report.iterations).toMatchObject({ due: 1000 })
  // Two users make 50 a second of the 100 that arrive.
  expect(report.iterations.started).toBeLessThanOrEqual(502)
  expect(report.iterations.unstarted).toBe(1000 - report.iterations.started)
})

test('an abort ends the load a moment ahead, at the same instant for all workers, and only once', async () => {
  const ending = new AbortController()
  const hooks = {
    signal: ending.signal,
    onSecond: ({ second }: { readonly second: number }) => second === 2 && ending.abort('SIGINT'),
  }
  const { run, report } = await conducted(twoWorkers(), hooks)
  expectConservation(report)
  expect(report).toMatchObject({ stoppedBy: 'SIGINT', exitCode: 130 })
  expect(run.orders).toEqual(['start 0.000', `stop ${report.loadS.toFixed(3)}`])
  // The tick at 3.08 s finds that second 2 is over; 20 ms are left to reach every worker.
  expect(report.loadS).toBe(3.1)
})

test('an abort before the run begins leaves a run without a load, and with a report', async () => {
  const { report } = await conducted(twoWorkers(), { signal: AbortSignal.abort() })
  expectConservation(report)
  expect(report).toMatchObject({ stoppedBy: 'abort', total: { sent: 0 } })
})

test('an abort in the drain is not what ended the load', async () => {
  const ending = new AbortController()
  const hooks = {
    signal: ending.signal,
    onSecond: ({ second }: { readonly second: number }) => second === 11 && ending.abort(),
  }
  const { report } = await conducted(twoWorkers(), hooks, { answer: () => ({ afterUs: 20e6 }) })
  expectConservation(report)
  expect(ending.signal.aborted).toBe(true)
  expect(report).toMatchObject({ stoppedBy: 'duration', loadS: 10, durationS: 20 })
})

test('after SIGTERM the drain takes at most what the plan gives it for that', async () => {
  const ending = new AbortController()
  const onSecond = ({ second }: { readonly second: number }) => second === 2 && ending.abort('SIGTERM')
  const never = { answer: () => ({ afterUs: 60e6 }) }
  const plan = twoWorkers({ gracefulStopS: 30, sigtermStopS: 8 })
  const { report } = await conducted(plan, { signal: ending.signal, onSecond }, never)
  expectConservation(report)
  expect(report).toMatchObject({ stoppedBy: 'SIGTERM', exitCode: 143, total: { unfinished: 4 } })
  expect(report.durationS - report.loadS).toBeCloseTo(8, 1)
})

test('near the limit of its heap a run ends itself, and its report says so', async () => {
  // Garbage that is collected now and then ends nothing.
  const sawtooth = await conducted(twoWorkers(), {}, { heapBytes: (atS) => 60 + (atS % 2) * 20 })
  expect(sawtooth.report).toMatchObject({ stoppedBy: 'duration' })
  const { report } = await conducted(twoWorkers(), {}, { heapBytes: (atS) => (atS < 2 ? 60 : 80) })
  expectConservation(report)
  expect(report).toMatchObject({ stoppedBy: 'memory', exitCode: 97 })
  expect(report.loadS).toBeCloseTo(5, 0)
  expect(report.warnings.join()).toContain('the heap of corerush, 80 B, came near its limit of 100 B')
})

test('a count ends the load with the last request that finishes', async () => {
  const { run, report } = await conducted(twoWorkers({ requests: 103, durationS: null }))
  expectConservation(report)
  expect(report).toMatchObject({ stoppedBy: 'requests', total: { sent: 103, succeeded: 103 } })
  expect(run.orders).toEqual(['start 0.000', 'stop when done'])
  // Users 0 to 2 send their 26th at 2.5 s.
  expect(report.loadS).toBe(2.505)
})

test('a threshold that aborts ends the load, and is what ended it', async () => {
  const rule = parseThreshold('p95 < 2ms abort-on-fail after 2s')
  if ('problem' in rule) throw new Error(rule.problem)
  const { run, report } = await conducted(twoWorkers({ thresholds: [rule.value] }))
  expectConservation(report)
  expect(report).toMatchObject({ stoppedBy: 'threshold', exitCode: 99 })
  expect(run.orders).toHaveLength(2)
  expect(report.loadS).toBeLessThan(9)
})

test('an amendment reaches the workers, the outputs and the report, until the load is over', async () => {
  let control: RunControl | null = null
  const plans: Plan[] = []
  const { run, report } = await conducted(twoWorkers(), {
    onStart: (begun) => (control = begun),
    onSecond: ({ second }) => void (second === 3 && control!.amend({ users: 8, overS: 0 })),
    outputs: [{ name: 'recorder', amended: (plan) => plans.push(plan) }],
  })
  expectConservation(report)
  const [{ atS } = { atS: NaN }] = report.amendments
  expect(report.amendments).toEqual([{ atS, users: 8, overS: 0 }])
  expect(run.orders).toEqual(['start 0.000', `amend ${atS.toFixed(3)}`])
  expect(plans).toHaveLength(1)
  expect(report.timeline[3]).toMatchObject({ users: 4, sent: 40 })
  expect(report.timeline[5]).toMatchObject({ users: 8, sent: 80 })
  await expect(control!.amend({ users: 3 })).rejects.toThrow('the load cannot be amended: the load is over')
})

test('a load that has no end gets one, and one that has it a later one', async () => {
  let control: RunControl | null = null
  const endless = twoWorkers({ durationS: null })
  const { report } = await conducted(endless, {
    onStart: (begun) => (control = begun),
    onSecond({ second }) {
      if (second === 2) void control!.amend({ durationS: 6 })
      if (second === 4) void control!.amend({ durationS: 8.5 })
    },
  })
  expectConservation(report)
  expect(report).toMatchObject({ stoppedBy: 'duration', loadS: 8.5, plan: { durationS: null } })
  expect(report.amendments).toMatchObject([{ durationS: 6 }, { durationS: 8.5 }])
  expect(report.timeline.map(({ phase }) => phase).slice(0, 9)).toEqual(Array(9).fill('load'))
})

test('a worker that dies is named, and the others go on; when all have, the run ends there', async () => {
  const one = await conducted(twoWorkers(), {}, { diesAtS: { 1: 4.5 } })
  expectConservation(one.report, { lossless: false })
  expect(one.report).toMatchObject({ stoppedBy: 'duration', exitCode: 97, verdict: { level: 'void' } })
  expect(one.report.timeline.map(({ complete }) => complete).indexOf(false)).toBe(4)

  const all = await conducted(twoWorkers(), {}, { diesAtS: { 0: 4.5, 1: 6.2 } })
  expectConservation(all.report, { lossless: false })
  expect(all.report).toMatchObject({ stoppedBy: 'workers', exitCode: 97 })
  expect(all.report.durationS).toBeCloseTo(6.2, 1)
})

test('what a hook throws when the run begins ends it, and the workforce is dismissed', async () => {
  const run = new SimulatedRun()
  const onStart = (): never => {
    throw new Error('a program of no patience')
  }
  await expect(conduct(twoWorkers(), { onStart }, run.hire, run.host)).rejects.toThrow('of no patience')
  expect(run.isDismissed).toBe(true)
})

const precise = { name: null, metric: 'mean', margin: 0.05 } as const

test('a load ends when its figure is precise, and the report says what was reached', async () => {
  const { run, report } = await conducted(twoWorkers({ durationS: 600, until: [precise] }))
  expectConservation(report)
  expect(report).toMatchObject({ stoppedBy: 'until', exitCode: 0 })
  expect(report.until).toMatchObject([{ expression: 'mean ± 5%', reached: true, seconds: 70, samples: 2800 }])
  // Settled with the next tick, and 20 ms ahead for both workers.
  expect(report.loadS).toBeLessThan(71)
  expect(run.orders).toHaveLength(2)
})

test('a load whose figure is not precise ends with its longest duration, and says so', async () => {
  const swings = (at: number) => 5000 + (Math.floor(at / 20e6) % 2) * 40_000
  const { report } = await conducted(
    twoWorkers({ durationS: 90, until: [precise], warmupS: 2 }),
    {},
    { answer: ({ atUs }) => ({ afterUs: swings(atUs) }) },
  )
  expect(report).toMatchObject({ stoppedBy: 'duration', until: [{ reached: false, seconds: 88 }] })
  expect(report.warnings.join()).toContain(
    'mean ± 5% was not reached within 88 measured s: the 95 % interval is ±',
  )
})

test('a warm-up that ends when the level holds', async () => {
  const falling = (at: number) => 5000 + 80_000 * Math.exp(-at / 4e6)
  const { report } = await conducted(
    twoWorkers({ durationS: 120, warmupAuto: true }),
    {},
    { answer: ({ atUs }) => ({ afterUs: falling(atUs) }) },
  )
  expectConservation(report)
  expect(report.warmupS).toBeGreaterThan(10)
  expect(report.warmupS).toBeLessThanOrEqual(40)
  expect(report.loadS).toBe(120 - report.warmupS)
  expect(report.timeline.filter(({ phase }) => phase === 'warmup')).toHaveLength(report.warmupS)
  const measured = report.timeline.filter(({ phase }) => phase === 'load')
  expect(measured.reduce((sum, { sent }) => sum + sent, 0)).toBe(report.total.sent)
})
