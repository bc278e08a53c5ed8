import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SecondRow } from '../../src/core/measure/second.ts'
import type { Evidence } from '../../src/core/judge/rules/evidence.ts'
import { judge, type VerdictLevel } from '../../src/core/judge/verdict.ts'
import type { WorkerVitals } from '../../src/core/measure/worker-vitals.ts'
import type { Wait } from '../../src/core/load/wait-time.ts'
import { MOST_REPAID_US } from '../../src/worker/schedule/closed.ts'
import { evidence, floor, healthy, quietHost, silentTarget } from '../support/evidence.ts'
import { aPlan } from '../support/plan.ts'

const RANK: Readonly<Record<VerdictLevel | 'note', number>> = { note: 0, sound: 0, suspect: 1, void: 2 }

const vitals = fc.record<Partial<WorkerVitals>>(
  {
    utilization: fc.constantFrom(0.3, 0.79, 0.81, 0.94, 0.96, 1),
    gcMs: fc.constantFrom(0, 99, 101, 500),
    lagMs: fc
      .constantFrom(0.1, 0.9, 1.5, 4, 6, 50)
      .map((mean) => ({ p50: mean, p99: mean, max: mean, mean })),
    runQueueMs: fc.constantFrom(0, 50, 150, 500),
    awayMs: fc.constantFrom(0, 50, 150, 900),
    loopDelayMs: fc.constantFrom(1, 50, 150, 2500).map((max) => ({ p50: 1, p99: max, max })),
  },
  { requiredKeys: [] },
)
const worse = fc.record({
  complete: fc.boolean(),
  steal: fc.constantFrom(0, 0.05, 0.2),
  throttledMs: fc.constantFrom(0, 40, 60),
  memoryPressure: fc.constantFrom(0, 0.05, 0.5),
  lessMemoryBytes: fc.constantFrom(0, 1e9, 3.9e9),
  lessPorts: fc.constantFrom(0, 10_000, 27_900),
  connects: fc.boolean(),
  moreFiles: fc.constantFrom(0, 10_000, 19_900),
  retransmits: fc.constantFrom(0, 1, 50),
  overflows: fc.constantFrom(0, 3),
  targetBusy: fc.constantFrom(0, 0.5, 1),
  vitals,
})
type Worse = typeof worse extends fc.Arbitrary<infer T> ? T : never
const seconds = fc.array(worse, { minLength: 10, maxLength: 10 })

const wait = fc.constantFrom<Wait>(
  { kind: 'none' },
  { kind: 'constant', seconds: 0.08 },
  { kind: 'pacing', seconds: 0.1 },
)

/** A second with the worst of what it was and of what is added. */
function worsened(row: SecondRow, bad: Worse): SecondRow {
  const worst = (a: number, b: number | undefined): number => Math.max(a, b ?? 0)
  const [calm, victim] = row.workers
  const core = row.host!.cores![0]!
  const connects = row.phasesMs.connect.mean !== null || bad.connects
  const busy = worst(row.target?.cores[0]?.busy ?? 0, bad.targetBusy)
  return {
    ...row,
    complete: row.complete && bad.complete,
    phasesMs: { ...row.phasesMs, connect: connects ? row.latencyMs : row.phasesMs.connect },
    target: { ...silentTarget, cores: [{ core: 0, busy, iowait: 0, steal: 0 }] },
    host: {
      ...row.host!,
      throttledMs: worst(row.host!.throttledMs!, bad.throttledMs),
      pressure: { ...row.host!.pressure!, memory: worst(row.host!.pressure!.memory!, bad.memoryPressure) },
      memoryAvailableBytes: Math.min(
        row.host!.memoryAvailableBytes!,
        quietHost.memoryAvailableBytes! - bad.lessMemoryBytes,
      ),
      sockets: {
        inUse: worst(row.host!.sockets!.inUse, bad.lessPorts),
        timeWait: 0,
        portsLeft: Math.min(row.host!.sockets!.portsLeft!, 28_000 - bad.lessPorts),
      },
      descriptors: { open: worst(row.host!.descriptors!.open, 40 + bad.moreFiles), limit: 20_000 },
      network: {
        retransmits: worst(row.host!.network!.retransmits, bad.retransmits),
        spuriousRetransmits: 0,
        listenOverflows: worst(row.host!.network!.listenOverflows!, bad.overflows),
        listenDrops: 0,
      },
      cores: [{ ...core, steal: worst(core.steal!, bad.steal) }],
    },
    workers: [
      calm!,
      {
        ...victim!,
        utilization: worst(victim!.utilization, bad.vitals.utilization),
        gcMs: worst(victim!.gcMs, bad.vitals.gcMs),
        runQueueMs: worst(victim!.runQueueMs!, bad.vitals.runQueueMs ?? 0),
        awayMs: worst(victim!.awayMs!, bad.vitals.awayMs ?? 0),
        loopDelayMs:
          (bad.vitals.loopDelayMs?.max ?? 0) > victim!.loopDelayMs!.max
            ? bad.vitals.loopDelayMs!
            : victim!.loopDelayMs,
        lagMs: (bad.vitals.lagMs?.mean ?? 0) > victim!.lagMs!.mean ? bad.vitals.lagMs! : victim!.lagMs,
      },
    ],
  }
}

const rows = (bads: readonly Worse[], base: readonly SecondRow[]): SecondRow[] =>
  base.map((row, second) => worsened(row, bads[second]!))

const start = (
  w: Wait,
  bads: readonly Worse[],
  more: { faults: number; waitedUs: number; lost: boolean },
): Evidence => {
  const good = evidence()
  return {
    ...good,
    plan: aPlan({ wait: w }),
    rows: rows(bads, good.rows),
    generatorFaults: more.faults,
    floorMs: floor(more.waitedUs),
    lostWorkers: more.lost ? [{ worker: 1, second: 3, message: 'gone' }] : [],
  }
}
const more = fc.record({
  faults: fc.constantFrom(0, 0, 1, 50),
  waitedUs: fc.constantFrom(0, 500, 2000, 9000),
  lost: fc.constantFrom(false, false, true),
})

test('worse evidence never makes a better verdict', () => {
  fc.assert(
    fc.property(wait, seconds, seconds, more, more, (w, bad, added, a, b) => {
      const before = start(w, bad, a)
      const after: Evidence = {
        ...before,
        rows: rows(added, before.rows),
        generatorFaults: a.faults + b.faults,
        floorMs: floor(Math.max(a.waitedUs, b.waitedUs)),
        lostWorkers: a.lost ? before.lostWorkers : start(w, bad, b).lostWorkers,
      }
      expect(RANK[judge(after).level]).toBeGreaterThanOrEqual(RANK[judge(before).level])
    }),
  )
})

test('nor does a single piece of it, added to a run that was good so far', () => {
  fc.assert(
    fc.property(wait, fc.nat({ max: 9 }), worse, (w, second, bad) => {
      const good = { ...evidence(), plan: aPlan({ wait: w }) }
      const one = good.rows.map((row) => (row.second === second ? worsened(row, bad) : row))
      expect(RANK[judge({ ...good, rows: one }).level]).toBeGreaterThanOrEqual(RANK[judge(good).level])
    }),
  )
})

test('void means that the plan named a pace, or that a part of the measurement was lost', () => {
  fc.assert(
    fc.property(wait, seconds, more, (w, bad, a) => {
      const given = start(w, bad, a)
      const verdict = judge(given)
      const lost = given.lostWorkers.length > 0 || given.rows.some(({ complete }) => !complete)
      if (verdict.level === 'void') expect(w.kind !== 'none' || lost).toBe(true)
      if (lost) expect(verdict.level).toBe('void')
    }),
  )
})

test('the level is that of the worst reason, and the same evidence gives the same verdict', () => {
  fc.assert(
    fc.property(wait, seconds, more, (w, bad, a) => {
      const verdict = judge(start(w, bad, a))
      expect(RANK[verdict.level]).toBe(Math.max(0, ...verdict.reasons.map(({ level }) => RANK[level])))
      expect(judge(start(w, bad, a))).toEqual(verdict)
    }),
  )
})

test('the order of the workers does not matter', () => {
  fc.assert(
    fc.property(wait, seconds, more, (w, bad, a) => {
      const given = start(w, bad, a)
      const turned = given.rows.map((row) => ({ ...row, workers: [...row.workers].reverse() }))
      expect(judge({ ...given, rows: turned }).level).toBe(judge(given).level)
    }),
  )
})

test('what a platform does not tell is no evidence: null never makes a verdict worse', () => {
  fc.assert(
    fc.property(wait, seconds, more, (w, bad, a) => {
      const told = start(w, bad, a)
      const untold: Evidence = {
        ...told,
        rows: told.rows.map((row) => ({
          ...row,
          host: null,
          target: null,
          workers: row.workers.map((one) => ({
            ...one,
            cpu: null,
            runQueueMs: null,
            runQueueSlices: null,
            loopDelayMs: null,
          })),
        })),
      }
      expect(RANK[judge(untold).level]).toBeLessThanOrEqual(RANK[judge(told).level])
    }),
  )
})

test('the healthy run is really healthy', () => {
  expect(judge(evidence()).level).toBe('sound')
  expect(healthy.utilization).toBeLessThan(0.8)
  expect(quietHost.throttledMs).toBe(0)
})

/** A run of `lengthS` in which all users, with a cycle of `cycleS`, were stopped once for `stopS`; and what that took. */
function stoppedOnce({ lengthS, cycleS, stopS }: { lengthS: number; cycleS: number; stopS: number }): {
  readonly evidence: Evidence
  readonly lostShare: number
} {
  const users = 1000
  const perS = users / cycleS
  const good = evidence()
  // Each user that is due within the stop is late once, and its next iteration is due a cycle after that.
  const lateUsers = users * Math.min(1, stopS / cycleS)
  const leastS = Math.max(0, stopS - cycleS)
  const lateS = (stopS + leastS) / 2
  // Of each delay, the next wait makes up for the first part.
  const waitS = cycleS - 0.02
  const mostS = Math.min(MOST_REPAID_US / 1e6, waitS)
  const partS = Math.max(0, mostS - leastS)
  const repaidS = mostS - partS ** 2 / 2 / (stopS - leastS)
  const endS = Math.ceil(lengthS / 3 + stopS)
  const ended = Math.round(perS + lateUsers)
  const lagMs = (mean: number) => ({ p50: mean, p99: mean, max: mean, mean })
  const each = (seconds: number): number => (1000 * seconds * lateUsers) / ended
  const row = good.rows[0]!
  const rowOf = (second: number): SecondRow => {
    const calm = { ...row, second, finished: Math.round(perS), due: Math.round(perS) }
    if (second === endS) {
      const late = {
        lagMs: lagMs(each(lateS)),
        repaidMs: each(repaidS),
        loopDelayMs: { p50: 1, p99: 1, max: stopS * 1000 },
      }
      return { ...calm, finished: ended, due: ended, workers: [{ ...healthy, ...late }] }
    }
    if (second >= endS - Math.floor(stopS) && second < endS)
      return { ...calm, finished: 0, workers: [{ ...healthy, lagMs: null, loopDelayMs: null, awayMs: 1000 }] }
    return { ...calm, workers: [{ ...healthy, lagMs: lagMs(0.3) }] }
  }
  const lostShare = (lateUsers * (lateS - repaidS)) / (users * lengthS)
  const started = Math.round(perS * lengthS * (1 - lostShare))
  return {
    evidence: {
      ...good,
      plan: aPlan({
        wait: { kind: 'constant', seconds: waitS },
        stages: [{ fromUsers: users, toUsers: users, durationS: lengthS }],
      }),
      iterations: { ...good.iterations, due: started, started },
      rows: Array.from({ length: lengthS }, (_, second) => rowOf(second)),
      loadEndS: lengthS,
    },
    lostShare,
  }
}

test('a run that lost more than 1 % of its planned load to a stop of the generator is never sound, however long it was', () => {
  const run = fc
    .record({
      lengthS: fc.integer({ min: 10, max: 600 }),
      cycleS: fc.constantFrom(0.05, 0.1, 0.5, 1, 5),
      stopS: fc.double({ min: 0.2, max: 30, noNaN: true }),
    })
    .filter(({ lengthS, stopS }) => lengthS / 3 + stopS + 1 < lengthS)
  fc.assert(
    fc.property(run, (one) => {
      const { evidence: found, lostShare } = stoppedOnce(one)
      if (lostShare > 0.011) expect(judge(found).level).not.toBe('sound')
      if (lostShare > 0.06) expect(judge(found).level).toBe('void')
      if (lostShare < 0.004 && Math.ceil(one.stopS) + 1 <= 0.05 * one.lengthS)
        expect(judge(found).level).toBe('sound')
    }),
    { numRuns: 300 },
  )
})
