/** Seconds that keep only some of their workers are judged as if they had kept all. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeptWorkers, MOST_KEPT_WHOLE } from '../../src/core/judge/rules/kept-workers.ts'
import type { Evidence } from '../../src/core/judge/rules/evidence.ts'
import { missingLoad } from '../../src/core/judge/rules/missing-load.ts'
import { TIMER_MS } from '../../src/core/judge/rules/limits.ts'
import { judge } from '../../src/core/judge/verdict.ts'
import type { AgentReport } from '../../src/core/measure/host-facts.ts'
import type { SecondRow } from '../../src/core/measure/second.ts'
import type { WorkerVitals } from '../../src/core/measure/worker-vitals.ts'
import type { Wait } from '../../src/core/load/wait-time.ts'
import { aRow, evidence, healthy, quietHost } from '../support/evidence.ts'
import { anOpenPlan, aPlan } from '../support/plan.ts'

const WORKERS = MOST_KEPT_WHOLE + 3
const AGENTS = (
  [
    ['alpha', 0, 20],
    ['beta', 21, 21],
    ['gamma', 22, WORKERS - 1],
  ] as const
).map(([name, first, last]): AgentReport => ({
  name,
  labels: {},
  host: {} as AgentReport['host'],
  workers: [first, last],
  clock: { boundMs: 0.3, ratePpm: 0 },
  lost: null,
  stoppedBy: null,
}))

const lag = fc
  .constantFrom(0.1, 0.9, 3.5, 6, 15, 50, 300)
  .map((mean) => ({ p50: mean, p99: mean, max: mean, mean }))
/** Few values, so that workers are equally bad, too. */
const vitals = fc.record<Partial<WorkerVitals>>(
  {
    utilization: fc.constantFrom(0.3, 0.6, 0.79, 0.81, 0.94, 0.96, 1),
    gcMs: fc.constantFrom(0, 99, 101, 120, 500),
    gcMaxMs: fc.integer({ min: 1, max: 999 }),
    lagMs: fc.option(lag),
    repaidMs: fc.constantFrom(0, 1, 10, 60),
    waitedMs: fc.option(fc.constantFrom(0, 1, 4, 30)),
    waitSpreadMs: fc.constantFrom(0.5, 2, 40).map((p99) => ({ p50: 0, p99, max: p99 })),
    cpu: fc.option(fc.constantFrom(0.1, 0.9)),
    runQueueMs: fc.option(fc.constantFrom(0, 20, 50, 150, 500)),
    awayMs: fc.constantFrom(0, 50, 150, 900),
    loopDelayMs: fc.constantFrom(1, 50, 150, 2500).map((max) => ({ p50: 1, p99: max, max })),
  },
  { requiredKeys: [] },
)
const bad = fc.array(fc.tuple(fc.nat(WORKERS - 1), vitals), { maxLength: 8 })
const second = fc.record({
  bad,
  all: fc.option(vitals, { freq: 6 }),
  dropped: fc.constantFrom(0, 0, 40),
  queued: fc.constantFrom(0, 0, 3),
  busy: fc.constantFrom(0.1, 0.97),
})
const seconds = fc.array(second, { minLength: 12, maxLength: 12 })
const wait = fc.constantFrom<Wait>(
  { kind: 'none' },
  { kind: 'constant', seconds: 0.08 },
  { kind: 'pacing', seconds: 0.1 },
)

type Second = typeof second extends fc.Arbitrary<infer T> ? T : never

/** Ten seconds of load and two of drain. */
function rowsOf(all: readonly Second[]): SecondRow[] {
  return all.map(({ bad: some, all: every, dropped, queued, busy }, at) => {
    const workers = Array.from({ length: WORKERS }, (_, worker) => ({ ...healthy, ...every, worker }))
    for (const [worker, different] of some) Object.assign(workers[worker]!, different)
    const host = { ...quietHost, cores: [{ core: 0, busy, iowait: 0, steal: 0 }] }
    const agents = AGENTS.map(({ name, workers: [first, last] }) => ({
      agent: name,
      ...{ host, users: 3, inFlight: 0, sent: 30, finished: 30 },
      workersCpu: workers.slice(first, last + 1).reduce((sum, { cpu }) => sum + (cpu ?? 0), 0),
    }))
    const phase = at < 10 ? 'load' : 'drain'
    return aRow(at, { phase, workers, agents, host: null, dropped, queued })
  })
}

test('the verdict over seconds that keep the worst workers is that over all', () => {
  let isPruned = false
  fc.assert(
    fc.property(seconds, wait, fc.boolean(), (all, waits, isOpen) => {
      const plan = { ...(isOpen ? anOpenPlan() : aPlan({ wait: waits })), workers: WORKERS }
      const { prune } = new KeptWorkers(plan, AGENTS)
      const rows = rowsOf(all)
      const kept = rows.map(prune)
      const over = (some: SecondRow[]): Evidence => evidence({ plan, agents: AGENTS, rows: some })
      expect(judge(over(kept))).toEqual(judge(over(rows)))
      for (const aboveMs of [0, TIMER_MS])
        expect(missingLoad(over(kept), aboveMs)).toEqual(missingLoad(over(rows), aboveMs))
      for (const { workers, phase } of kept)
        if (phase === 'load') {
          isPruned ||= workers.length < WORKERS / 2
          // So many measures over all, and two for each agent.
          expect(workers.length).toBeLessThanOrEqual(13 + 2 * AGENTS.length)
        }
    }),
    { numRuns: 100 },
  )
  expect(isPruned).toBe(true)
})

test('a run of few workers keeps them all', () => {
  const row = rowsOf([{ bad: [], all: null, dropped: 0, queued: 0, busy: 0.1 }])[0]!
  const plan = { ...aPlan({ wait: { kind: 'none' } }), workers: MOST_KEPT_WHOLE }
  expect(new KeptWorkers(plan, AGENTS).prune(row)).toBe(row)
})

test('what wants most of a core is kept, though others are busier or wait longer', () => {
  const second: Second = {
    bad: [
      [0, { utilization: 0.75, runQueueMs: 0 }],
      [1, { utilization: 0.3, runQueueMs: 450 }],
      [2, { utilization: 0.5, runQueueMs: 400 }],
    ],
    all: null,
    ...{ dropped: 0, queued: 0, busy: 0.1 },
  }
  const plan = { ...aPlan({ wait: { kind: 'constant', seconds: 0.08 } }), workers: WORKERS }
  const rows = rowsOf(Array.from({ length: 12 }, () => second)).map(new KeptWorkers(plan, AGENTS).prune)
  const { reasons } = judge(evidence({ plan, agents: AGENTS, rows }))
  expect(reasons).toContainEqual(
    expect.objectContaining({ code: 'generator.busy', worker: 2, agent: 'alpha' }),
  )
  expect(reasons[0]!.message).toMatch(/^worker alpha\/2 /)
})
