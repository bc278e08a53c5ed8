import { describe, expect, test } from 'vitest'
import { Histogram } from '../../../src/core/measure/histogram.ts'
import { deriveMetrics, percentilesMs } from '../../../src/core/measure/metrics.ts'
import { RequestTally } from '../../../src/core/measure/request-tally.ts'
import type { SecondRow } from '../../../src/core/measure/second.ts'
import type { Evidence, Reason } from '../../../src/core/judge/rules/evidence.ts'
import { judge } from '../../../src/core/judge/verdict.ts'
import { aRow, evidence, floor, healthy, quietHost, rowsWhere, silentTarget } from '../../support/evidence.ts'
import { anOpenPlan, aPlan } from '../../support/plan.ts'

const always = (): boolean => true
const noPace = aPlan({ wait: { kind: 'none' } })
/** The users of the evidence wait 80 ms and are served in 20 ms: a cycle of 100 ms. */
const lag = (meanMs: number): { lagMs: { p50: number; p99: number; max: number; mean: number } } => ({
  lagMs: { p50: meanMs, p99: meanMs, max: meanMs, mean: meanMs },
})
const reasons = (different: Partial<Evidence>): readonly Reason[] => judge(evidence(different)).reasons
const found = (different: Partial<Evidence>): string[] =>
  reasons(different).map(({ level, code }) => `${level} ${code}`)

describe('good evidence', () => {
  test('is sound, with the bound of each percentile and nothing to say', () => {
    expect(judge(evidence())).toEqual({
      level: 'sound',
      limit: 'none',
      latencyBy: 'workers',
      errorBoundMs: { p50: 0.1, p75: 0.1, p90: 0.1, p95: 0.1, p99: 0.1, p99_9: 0.1 },
      reasons: [],
    })
  })

  test('without a pace, what limits a healthy run is the target', () => {
    expect(judge(evidence({ plan: noPace }))).toMatchObject({ level: 'sound', limit: 'target' })
  })

  test('what limits a run is the shared connections where half of the requests waited for one', () => {
    const limited = (blockedUs: number, count: number) => {
      const tally = new RequestTally(false)
      for (let n = 0; n < 100; n++) {
        tally.histogram('latency').record(20_000)
        tally.histogram('blocked').record(n < count ? blockedUs : 0)
      }
      tally.finished = tally.succeeded = 100
      const total = deriveMetrics(tally, { loadS: 10, carriedIn: 0 })
      return [judge(evidence({ total })).limit, judge(evidence({ total, plan: noPace })).limit]
    }
    expect(limited(5000, 60)).toEqual(['connections', 'connections'])
    expect(limited(5000, 40)).toEqual(['none', 'target'])
    expect(limited(1000, 60)).toEqual(['none', 'target'])
  })

  test('a platform that does not tell is no evidence against it', () => {
    const silent = { cpu: null, runQueueMs: null, runQueueSlices: null, loopDelayMs: null, lagMs: null }
    expect(judge(evidence({ rows: rowsWhere(always, silent, { host: null }) })).level).toBe('sound')
  })

  test('a run without a single sample is judged, with bounds that are null', () => {
    const total = deriveMetrics(new RequestTally(false), { loadS: 10, carriedIn: 0 })
    const verdict = judge(evidence({ total, floorMs: percentilesMs(new Histogram()), rows: [] }))
    expect(verdict).toMatchObject({ level: 'sound', limit: 'none', errorBoundMs: { p50: null, p99_9: null } })
  })

  test('no evidence that is merely imperfect makes a reason: one bad second of twenty', () => {
    const one = (second: number): boolean => second === 3
    const doubled = (vitals: Parameters<typeof rowsWhere>[1]): Evidence['rows'] => [
      ...rowsWhere(one, vitals),
      ...rowsWhere(() => false, {}),
    ]
    const rows = doubled({ utilization: 0.99, gcMs: 300, ...lag(20) })
    const iterations = { ...evidence().iterations, due: 2000, started: 2000 }
    expect(found({ rows, loadEndS: 20, iterations })).toEqual([])
  })
})

describe('a part of the measurement was lost: void, whatever the plan', () => {
  test.each([
    ['with a pace', evidence().plan],
    ['without', noPace],
  ])('%s', (_, plan) => {
    expect(found({ plan, lostWorkers: [{ worker: 1, second: 4, message: 'out of memory' }] })).toEqual([
      'void worker.lost',
    ])
    expect(found({ plan, rows: rowsWhere((second) => second === 7, {}, { complete: false }) })).toEqual([
      'void seconds.missing',
    ])
  })

  test('the reason says who and when', () => {
    expect(reasons({ lostWorkers: [{ worker: 1, second: 4, message: 'out of memory' }] })).toMatchObject([
      { worker: 1, fromS: 4, toS: 9, message: expect.stringContaining('out of memory') as string },
    ])
    expect(
      reasons({ rows: rowsWhere((second) => second === 3 || second === 7, {}, { complete: false }) }),
    ).toMatchObject([{ fromS: 3, toS: 7, message: '2 of 10 seconds lack the report of a worker' }])
  })

  test('the second that a dead worker took with it is reported once', () => {
    expect(
      found({
        lostWorkers: [{ worker: 1, second: 4, message: 'gone' }],
        rows: rowsWhere((second) => second === 4, {}, { complete: false }),
      }),
    ).toEqual(['void worker.lost'])
  })
})

describe('a worker without time', () => {
  const half = (second: number): boolean => second >= 5

  test('void when the plan named a pace and half of the seconds missed it', () => {
    const rows = rowsWhere(half, { utilization: 0.99, ...lag(6) })
    expect(found({ rows })).toEqual(['void generator.saturated'])
    expect(reasons({ rows })).toMatchObject([{ worker: 1, fromS: 5, toS: 9 }])
    expect(judge(evidence({ rows })).limit).toBe('generator')
  })

  test('users without waits that simply run at full speed: suspect, a lower bound for the target', () => {
    const rows = rowsWhere(half, { utilization: 0.99, ...lag(6) })
    expect(judge(evidence({ plan: noPace, rows }))).toMatchObject({
      level: 'suspect',
      limit: 'generator',
      reasons: [{ code: 'generator.full-speed', worker: 1, fromS: 5, toS: 9 }],
    })
  })

  test('a run that the generator limits says what auto would have cost, if that was measured', () => {
    const rows = rowsWhere(half, { utilization: 0.99, ...lag(6) })
    const advice = (different: Partial<Evidence>): string => reasons({ rows, ...different })[0]!.advice
    const said =
      / --transport auto takes wire for this plan, which costs at most about 48% of the CPU per request/
    for (const plan of [aPlan({ wait: { kind: 'constant', seconds: 0.08 } }), noPace]) {
      expect(advice({ plan, costOfAuto: 0.483 })).toMatch(said)
      expect(advice({ plan })).not.toMatch(/--transport/)
    }
  })

  test('busy but in time is suspect for its latencies only', () => {
    expect(found({ rows: rowsWhere(half, { utilization: 0.9 }) })).toEqual(['suspect generator.busy'])
    expect(found({ rows: rowsWhere(half, { utilization: 0.99 }) })).toEqual(['suspect generator.busy'])
  })

  test('a loop that works in bursts is idle between them, and still did not hold the pace', () => {
    expect(found({ rows: rowsWhere(always, { utilization: 0.3, ...lag(300) }) })).toEqual([
      'void generator.saturated',
    ])
    // One of two workers 15 ms late in a cycle of 100 ms: 8 % of the load were never asked for.
    expect(found({ rows: rowsWhere(always, { utilization: 0.3, ...lag(15) }) })).toEqual(['void pace.missed'])
    expect(found({ rows: rowsWhere(half, { utilization: 0.3, ...lag(15) }) })).toEqual(['suspect pace.late'])
  })

  test('late but not busy is a pace that was not quite held', () => {
    expect(found({ rows: rowsWhere(half, lag(2)) })).toEqual(['suspect pace.late'])
    expect(found({ rows: rowsWhere(half, lag(0.9)) })).toEqual([])
  })

  test('a response that waited makes no start late: it counts if it takes more of the load than is allowed', () => {
    const waited = (ms: number) => ({ waitedMs: ms, waitSpreadMs: { p50: ms, p99: ms, max: ms } })
    const first = (second: number): boolean => second === 0
    // 1.5 ms of a cycle of 100 ms, of half of the users in one of ten seconds.
    expect(found({ rows: rowsWhere(first, waited(1.5)) })).toEqual([])
    expect(found({ rows: rowsWhere(first, lag(1.5)) })).toEqual(['suspect pace.late'])
    // In all of them it is 1.25 % of the load, or 0.55 %, beside 0.4 % by late starts.
    expect(found({ rows: rowsWhere(always, waited(2.5)) })).toEqual(['suspect pace.late'])
    expect(found({ rows: rowsWhere(always, waited(1.1)) })).toEqual([])
    // A pacing longer than the response took makes up for all of it.
    const plan = aPlan({ wait: { kind: 'pacing', seconds: 0.1 } })
    expect(found({ plan, rows: rowsWhere(always, waited(2.5)) })).toEqual([])
    const short = aPlan({ wait: { kind: 'pacing', seconds: 0.01 } })
    expect(found({ plan: short, rows: rowsWhere(always, waited(2.5)) })).not.toEqual([])
  })

  test('late against a pacing is late against the longer of pace and service', () => {
    const stages = [{ fromUsers: 100, toUsers: 100, durationS: 10 }]
    const plan = aPlan({ wait: { kind: 'pacing', seconds: 1 }, stages })
    expect(found({ plan, rows: rowsWhere(half, lag(9)) })).toEqual([])
    expect(found({ plan, rows: rowsWhere(half, lag(11)) })).toEqual(['suspect pace.late'])
  })

  test('what happens in the drain is no part of the load', () => {
    const rows = rowsWhere(always, { utilization: 1, gcMs: 900, ...lag(50) }, { phase: 'drain' })
    expect(found({ rows })).toEqual([])
  })
})

test('arrivals that are dropped after a stop of the generator are its own', () => {
  const durationS = 60
  const plan = anOpenPlan({
    ...{ durationS, workers: 2, onFull: 'drop' },
    stages: [{ fromPerS: 100, toPerS: 100, durationS }],
  })
  const iterations = { ...evidence().iterations, due: 6000, started: 5900, dropped: 100 }
  const rowsWith = (delayMs: number) =>
    Array.from({ length: durationS }, (_, second) => {
      const loopDelayMs = { p50: 1, p99: delayMs, max: delayMs }
      const late = { dropped: 100, workers: [healthy, { ...healthy, worker: 1, loopDelayMs }] }
      return aRow(second, second === 30 ? late : {})
    })
  const levels = (delayMs: number) =>
    found({ plan, rows: rowsWith(delayMs), iterations, loadEndS: durationS })
  expect(levels(2000)).toContain('suspect pace.late')
  expect(levels(1)).toEqual(['note users.exhausted'])
})

describe('counts that are short of the plan convict, though nothing else was seen', () => {
  const started = (n: number) => ({ iterations: { ...evidence().iterations, due: n, started: n } })

  test('closed: 10 users for 9.5 s of full strength, with a cycle of 100 ms', () => {
    expect(found(started(935))).toEqual([])
    expect(found(started(920))).toEqual(['suspect pace.short'])
    expect(found(started(800))).toEqual(['void pace.short'])
    expect(judge(evidence(started(800))).limit).toBe('generator')
    // Without a wait there is no plan to be short of.
    expect(found({ plan: noPace, ...started(10) })).toEqual([])
  })

  test('open: 1,000 arrivals', () => {
    const plan = anOpenPlan()
    expect(found({ plan, ...started(992) })).toEqual([])
    expect(found({ plan, ...started(980) })).toEqual(['suspect pace.short'])
    expect(found({ plan, ...started(900) })).toEqual(['void pace.short'])
    // A count ends the load when it is reached, whatever the rate was.
    expect(found({ plan: { ...plan, requests: 900 }, ...started(900) })).toEqual([])
    // Arrivals that found no free user are a matter of the target.
    const full = rowsWhere(always, {}, { queued: 5 })
    const waiting = { ...started(900).iterations, due: 1000, unstarted: 100 }
    expect(found({ plan, rows: full, iterations: waiting })).toEqual(['note users.exhausted'])
  })
})

describe('what limits a run', () => {
  const at = (isBad: (second: number) => boolean, connectMs: number) => {
    const network = { ...quietHost.network!, listenOverflows: 1 }
    const connect = { ...aRow(0).serviceMs, max: connectMs }
    const phasesMs = { ...aRow(0).phasesMs, connect }
    return rowsWhere(isBad, {}, { phasesMs, host: { ...quietHost, network } })
  }

  test('one full accept queue in a long run does not, but many do that made connections wait', () => {
    const long = Array.from({ length: 3 }, () => rowsWhere(() => false, {})).flat()
    long[3] = at((second) => second === 3, 1010)[3]!
    const rows = long.map((row, second) => ({ ...row, second }))
    const iterations = { ...evidence().iterations, due: 3000, started: 3000 }
    const once = judge(evidence({ rows, loadEndS: 30, iterations }))
    expect(once).toMatchObject({ limit: 'none', reasons: [{ code: 'network.overflows' }] })
    expect(judge(evidence({ rows: at(always, 1010) })).limit).toBe('network')
    expect(judge(evidence({ rows: at(always, 3) })).limit).toBe('none')
  })

  test('a target that fills one of its many cores', () => {
    const cores = [0.1, 0.99, 0.1, 0.1].map((busy, core) => ({ core, busy, iowait: 0, steal: 0 }))
    const target = { ...silentTarget, cores }
    const rows = rowsWhere(always, {}, { target })
    expect(judge(evidence({ rows }))).toMatchObject({
      limit: 'target',
      reasons: [{ code: 'target.busy', message: expect.stringContaining('core 1 of the target') as string }],
    })
    expect(found({ rows: rowsWhere((second) => second < 2, {}, { target }) })).toEqual([])
  })

  test('the worker that is named as blocked is the one of the load, not of the warm-up', () => {
    const delay = (maxMs: number) => ({ loopDelayMs: { p50: 1, p99: maxMs, max: maxMs } })
    const rows = rowsWhere((second) => second === 5, delay(300))
    rows[0] = aRow(0, {
      phase: 'warmup',
      workers: [
        { ...healthy, ...delay(900) },
        { ...healthy, worker: 1 },
      ],
    })
    expect(reasons({ rows })).toMatchObject([{ code: 'generator.blocked', worker: 1 }])
  })
})

describe('a witness', () => {
  const all = (value: number | null) => ({
    ...{ p50: value, p75: value, p90: value, p95: value, p99: value, p99_9: value },
  })
  /** Percentiles of 20 ms, of which the witness knows so much. */
  const witnessed = (lowMs: number | null, highMs: number | null, valueMs = 20): Partial<Evidence> => ({
    witness: {
      samples: 1000,
      latencyMs: all(valueMs),
      floorMs: all(valueMs - 0.1),
      ...{ lowMs: all(lowMs), highMs: all(highMs), farLowMs: all(lowMs), farHighMs: all(highMs) },
    },
  })
  const busy = { rows: rowsWhere(always, { utilization: 0.9 }), floorMs: floor(5000) }

  test('lifts what the workers’ bounds say against the latencies, and says whose the figures are', () => {
    expect(judge(evidence({ ...busy, ...witnessed(19.5, 20.5) }))).toMatchObject({
      level: 'sound',
      latencyBy: 'witness',
      reasons: [
        { code: 'generator.busy', level: 'note' },
        { code: 'latency.inflated', level: 'note' },
      ],
    })
    expect(judge(evidence({ ...busy, ...witnessed(19.5, 20.5) })).limit).toBe('none')
    expect(judge(evidence(witnessed(19.5, 20.5))).latencyBy).toBe('workers')
  })

  test('lifts nothing with too few samples, or where both together leave more than is allowed', () => {
    for (const few of [{}, witnessed(null, null), witnessed(17, 20), witnessed(null, 20)])
      expect(judge(evidence({ ...busy, ...few }))).toMatchObject({ level: 'suspect', latencyBy: 'workers' })
    // Neither is precise enough alone: the workers say 15 to 20 ms, the witness 19.2 to 23 ms.
    expect(judge(evidence({ ...busy, ...witnessed(19.2, 23) })).level).toBe('sound')
    // The workers say 15 to 20 ms, and that is all.
    expect(judge(evidence({ ...busy, ...witnessed(17.5, 18.4, 18) })).level).toBe('sound')
  })

  test('lifts nothing about the load, lost seconds or a host that holds everything back', () => {
    const late = { lagMs: { p50: 15, p99: 15, max: 15, mean: 15 } }
    for (const [code, rows] of [
      ['void pace.missed', rowsWhere(always, late).map((row) => ({ ...row, workers: row.workers.slice(1) }))],
      ['suspect host.contended', rowsWhere(always, { runQueueMs: 350 })],
      ['suspect generator.paused', rowsWhere(always, { awayMs: 300 })],
    ] as const) {
      const reasons = found({ rows, floorMs: floor(5000), ...witnessed(19.5, 20.5) })
      expect(reasons).toContain(code)
      expect(reasons).toContain('note latency.inflated')
    }
  })

  test('that contradicts the workers shows a bound that does not hold, on either side, and lifts nothing then', () => {
    for (const [low, high, value] of [
      [12, 14, 13],
      [21, 23, 22],
    ] as const) {
      const verdict = judge(evidence({ ...busy, ...witnessed(low, high, value) }))
      expect(verdict).toMatchObject({ level: 'suspect', latencyBy: 'workers' })
      expect(verdict.reasons.map(({ code }) => code)).toContain('bound.broken')
    }
    // Within the way through the kernel nobody contradicts anybody.
    expect(found({ ...witnessed(20.1, 20.5, 20.3) })).toEqual([])
  })

  test('that is late, stopped or lost is named as what it is', () => {
    const plan = aPlan({ wait: { kind: 'constant', seconds: 0.08 }, witness: 53 })
    const rows = rowsWhere((second) => second === 5, { awayMs: 400 })
    expect(reasons({ plan, rows })).toMatchObject([
      { code: 'generator.paused', message: expect.stringMatching(/^the witness stood still/) as string },
    ])
    // Its share of the load is a fifty-third: 15 ms of its cycles of 100 ms are no loss that counts.
    const late = rowsWhere(always, { lagMs: { p50: 15, p99: 15, max: 15, mean: 15 } })
    expect(found({ plan, rows: late })).not.toContain('void pace.missed')
    expect(found({ rows: late })).toContain('void pace.missed')
  })
})

describe('latencies that may be the generator’s own', () => {
  test('up to 1 ms or 5 % is sound, beyond is suspect with the bound', () => {
    // 5 % of 20 ms is 1 ms.
    expect(found({ floorMs: floor(950) })).toEqual([])
    expect(found({ floorMs: floor(1100) })).toEqual(['suspect latency.inflated'])
    expect(judge(evidence({ floorMs: floor(5000) })).errorBoundMs.p99).toBeCloseTo(5, 1)
  })

  test('a percentile with too few samples accuses nobody, and is named', () => {
    const few = new RequestTally(false)
    few.succeeded = 15
    const latencyFloor = new Histogram()
    for (let i = 0; i < 15; i++) {
      few.histogram('latency').record(20_000)
      latencyFloor.record(0)
    }
    const total = deriveMetrics(few, { loadS: 10, carriedIn: 0 })
    const few15 = { total, floorMs: percentilesMs(latencyFloor), latencies: 15 }
    expect(found(few15)).toEqual(['note samples.few'])
    expect(reasons(few15)).toMatchObject([
      {
        message: '15 latencies are too few to rely on p50 to p99',
        advice: 'run longer: p99 needs 1,000 requests',
      },
    ])
  })

  test('the seconds concerned are those with delays', () => {
    const rows = rowsWhere((second) => second === 2 || second === 4, {
      loopDelayMs: { p50: 1, p99: 9, max: 9 },
    })
    expect(reasons({ rows, floorMs: floor(3000) })).toMatchObject([{ fromS: 2, toS: 4 }])
  })
})

describe('troubles of the host and the runtime are suspect', () => {
  test('garbage collection', () => {
    expect(found({ rows: rowsWhere(always, { gcMs: 150 }) })).toEqual(['suspect gc.long'])
  })

  test('steal', () => {
    const host = { ...quietHost, cores: [{ core: 0, busy: 0.9, iowait: 0, steal: 0.3 }] }
    expect(found({ rows: rowsWhere((s) => s < 3, {}, { host }) })).toEqual(['suspect host.steal'])
    expect(found({ rows: rowsWhere((s) => s < 2, {}, { host }) })).toEqual([])
  })

  test('throttling by a quota', () => {
    const host = { ...quietHost, throttledMs: 80 }
    expect(found({ rows: rowsWhere((s) => s < 3, {}, { host }) })).toEqual(['suspect host.throttled'])
  })

  test('no port or descriptor left', () => {
    expect(found({ generatorFaults: 1 })).toEqual(['suspect generator.faults'])
    expect(judge(evidence({ plan: noPace, generatorFaults: 1 })).limit).toBe('generator')
  })
})

describe('in the open model', () => {
  const plan = anOpenPlan({ maxUsers: 50 })
  const { iterations } = evidence()

  test('healthy workers that start what is due are sound, and nothing limits them', () => {
    expect(judge(evidence({ plan }))).toMatchObject({ level: 'sound', limit: 'none', reasons: [] })
  })

  test('the rate is a pace: saturated workers that start late are void', () => {
    const saturated = { utilization: 0.99, ...lag(60) }
    expect(found({ plan, rows: rowsWhere(always, saturated) })).toEqual(['void generator.saturated'])
    expect(reasons({ plan, rows: rowsWhere(always, saturated) })[0]!.advice).toContain('lower rate')
    expect(judge(evidence({ plan, rows: rowsWhere(always, saturated) })).limit).toBe('generator')
  })

  test('late by more than a hundredth of a second is suspect, whatever the service time', () => {
    expect(found({ plan, rows: rowsWhere(always, lag(11)) })).toEqual(['suspect pace.late'])
    expect(found({ plan, rows: rowsWhere(always, lag(9)) })).toEqual([])
    expect(reasons({ plan, rows: rowsWhere(always, lag(11)) })[0]!.message).toContain('of a second')
  })

  test('busy all the time but punctual is no full speed, only busy', () => {
    expect(found({ plan, rows: rowsWhere(always, { utilization: 0.99 }) })).toEqual([
      'suspect generator.busy',
    ])
  })

  describe('arrivals that found all users busy are a note, and no fault of the generator', () => {
    const serviceMs = { ...aRow(0).serviceMs, p99: 2000 }
    const queued = (n: number) =>
      rowsWhere((second) => second >= 3 && second < 6, {}, { queued: n, due: 100, serviceMs })

    test('waiting: as many users more as ever waited at once would have done', () => {
      const verdict = judge(
        evidence({ plan, rows: queued(120), iterations: { ...iterations, unstarted: 7 } }),
      )
      expect(verdict).toMatchObject({ level: 'sound', limit: 'target' })
      expect(verdict.reasons).toMatchObject([
        {
          code: 'users.exhausted',
          level: 'note',
          message: 'in 3 of 10 s arrivals found all 50 users busy; 7 never started',
          fromS: 3,
          toS: 5,
        },
      ])
      expect(verdict.reasons[0]!.advice).toContain('about --max-users 170 ')
    })

    test('waiting: no more than the rate keeps busy, however long the queue grew', () => {
      expect(reasons({ plan, rows: queued(900) })[0]!.advice).toContain('about --max-users 200 ')
    })

    test('waiting, and all of them served in the end', () => {
      expect(reasons({ plan, rows: queued(1) })).toMatchObject([
        { message: 'in 3 of 10 s arrivals found all 50 users busy and waited' },
      ])
    })

    test('dropped: as many users as the rate keeps busy by the service time of the worst second', () => {
      const dropping = { ...plan, onFull: 'drop' } as const
      const slow = { ...aRow(0).serviceMs, p99: 2000 }
      const rows = rowsWhere((second) => second === 4, {}, { due: 100, dropped: 40, serviceMs: slow })
      const found_ = reasons({ plan: dropping, rows, iterations: { ...iterations, dropped: 40 } })
      expect(found_).toMatchObject([
        {
          code: 'users.exhausted',
          level: 'note',
          message: 'in 1 of 10 s arrivals found all 50 users busy; 40 were dropped',
        },
      ])
      expect(found_[0]!.advice).toContain('about --max-users 200 ')
    })

    test('dropped: never fewer than there were, though what ended was quick', () => {
      const rows = rowsWhere((second) => second === 4, {}, { dropped: 1 })
      expect(reasons({ plan: { ...plan, onFull: 'drop' }, rows })[0]!.advice).toContain('--max-users 51 ')
    })

    test('a queue of the drain, which is none, or of a closed run, which has none, is not looked at', () => {
      expect(found({ plan, rows: rowsWhere(always, {}, { queued: 5, phase: 'drain' }) })).toEqual([])
      expect(found({ rows: queued(5) })).toEqual([])
    })

    test('are no finding where the generator itself kept them busy', () => {
      const rows = rowsWhere(always, { utilization: 0.99, ...lag(60) }, { queued: 5 })
      expect(found({ plan, rows })).toEqual(['void generator.saturated'])
      expect(judge(evidence({ plan, rows })).limit).toBe('generator')
    })
  })
})

describe('times in which a worker did nothing for its users', () => {
  const once = (second: number): boolean => second === 3
  const delay = (maxMs: number) => ({ loopDelayMs: { p50: 1, p99: maxMs, max: maxMs } })

  test('a loop that was blocked for three seconds', () => {
    // Its seconds are reported when it comes back, and the delay in the one in which it does.
    const rows = rowsWhere((second) => second === 5, { utilization: 0.7, ...delay(2900) })
    expect(found({ rows })).toEqual(['suspect generator.blocked'])
    expect(reasons({ rows }).find(({ code }) => code === 'generator.blocked')).toMatchObject({
      worker: 1,
      fromS: 3,
      toS: 5,
      message: expect.stringContaining('blocked for up to 2.90 s') as string,
    })
  })

  test('a process that was stopped is distinguished from one that computed', () => {
    const rows = rowsWhere(once, { ...delay(900), awayMs: 890 })
    expect(found({ rows })).toEqual(['suspect generator.paused'])
    expect(reasons({ rows })[0]!.message).toContain('stood still for 890 ms in 1 of 10 s')
    expect(judge(evidence({ rows })).limit).toBe('generator')
  })

  test('once in a long run, it is a note', () => {
    const rows = Array.from({ length: 3 }, () => rowsWhere(() => false, {})).flat()
    rows[3] = rowsWhere(once, { ...delay(900), awayMs: 890 })[3]!
    const iterations = { ...evidence().iterations, due: 3000, started: 3000 }
    const long = { rows: rows.map((row, second) => ({ ...row, second })), loadEndS: 30, iterations }
    expect(found(long)).toEqual(['note generator.paused'])
    expect(judge(evidence(long)).level).toBe('sound')
  })

  test('without a pace it is what it took from the throughput', () => {
    const rows = Array.from({ length: 6 }, () => rowsWhere(() => false, {})).flat()
    const at = (ms: number) => {
      rows[3] = rowsWhere(once, { ...delay(ms), awayMs: 890 })[3]!
      return { plan: noPace, rows: rows.map((row, second) => ({ ...row, second })), loadEndS: 60 }
    }
    expect(found(at(500))).toEqual(['note generator.paused'])
    expect(found(at(900))).toEqual(['suspect generator.paused'])
  })

  test('a stop that took more of the plan than it can spare is void, however short the run', () => {
    // The users of one worker came 400 ms late in two of ten seconds, with a cycle of 100 ms.
    const rows = rowsWhere((second) => second === 3 || second === 4, {
      ...delay(900),
      awayMs: 890,
      ...lag(400),
    })
    expect(found({ rows })).toEqual(['void pace.missed', 'suspect generator.paused'])
  })
})

describe('a host that is not the generator’s alone', () => {
  const some = (second: number): boolean => second < 3

  test('others on its cores', () => {
    const host = { ...quietHost, cores: quietHost.cores!.map((core) => ({ ...core, busy: 1 })) }
    expect(found({ rows: rowsWhere(some, { runQueueMs: 350 }, { host }) })).toEqual([
      'suspect host.contended',
    ])
    const rows = rowsWhere(some, { runQueueMs: 250 }, { host })
    expect(found({ rows })).toEqual(['note host.contended'])
    expect(reasons({ rows })[0]!.message).toBe(
      'worker 1 waited for a core for more than 100 ms of each second in 3 of 10 s, up to 250 ms; others on this host kept up to 1.4 cores busy',
    )
  })

  test('no memory left, or work that waits for it', () => {
    const short = { ...quietHost, memoryAvailableBytes: 100e6 }
    expect(found({ rows: rowsWhere(some, {}, { host: short }) })).toEqual(['suspect host.memory'])
    const stalled = { ...quietHost, pressure: { cpu: null, memory: 0.3, io: null } }
    expect(found({ rows: rowsWhere(some, {}, { host: stalled }) })).toEqual(['suspect host.memory'])
  })

  test('one hot core beside idle ones is worth a note, and the core is named', () => {
    const cores = [0.1, 0.99, 0.1, 0.1].map((busy, core) => ({ core, busy, iowait: 0, steal: 0 }))
    const rows = rowsWhere(some, {}, { host: { ...quietHost, cores } })
    expect(reasons({ rows })).toMatchObject([{ code: 'core.hot', level: 'note', core: 1, fromS: 0, toS: 2 }])
    expect(
      found({ rows: rowsWhere(some, {}, { host: { ...quietHost, cores: cores.slice(1, 2) } }) }),
    ).toEqual([])
  })
})

test('what the platform does not count is said', () => {
  const unseen = { cpu: null, runQueueMs: null, runQueueSlices: null, awayMs: null }
  const workers = [{ ...healthy, ...unseen }]
  expect(found({ rows: rowsWhere(always, {}, { workers }) })).toEqual(['note host.unseen'])
  const unknown = { ...quietHost, memoryAvailableBytes: null, pressure: null }
  expect(found({ rows: rowsWhere(always, {}, { host: unknown }) })).toEqual([])
})

test('a run of two days is judged like any other: its seconds do not have to fit on the stack', () => {
  const row = aRow(0, {
    workers: [{ ...healthy, utilization: 0.9, awayMs: 200, gcMs: 200, runQueueMs: 400, ...lag(50) }],
    host: { ...quietHost, throttledMs: 90, memoryAvailableBytes: 1 },
    queued: 5,
  })
  const rows = Array.from({ length: 150_000 }, (_, second) => ({ ...row, second }))
  for (const plan of [anOpenPlan(), aPlan()])
    expect(found({ plan, rows, loadEndS: rows.length })).toContain('suspect host.memory')
})

describe('limits of the network stack', () => {
  const hostWith = (different: Partial<typeof quietHost>, row: Partial<SecondRow> = {}) => ({
    rows: rowsWhere(always, {}, { host: { ...quietHost, ...different }, ...row }),
  })

  test('few local ports left', () => {
    const sockets = { inUse: 7000, timeWait: 20_000, portsLeft: 1200 }
    const few = {
      rows: rowsWhere(
        always,
        {},
        { host: { ...quietHost, sockets }, phasesMs: { ...aRow(0).phasesMs, connect: aRow(0).latencyMs } },
      ),
    }
    // Who opens no connection needs no port.
    expect(found(hostWith({ sockets }))).toEqual([])
    // Sockets of others count as well: only faults tell that this run is short of them.
    expect(found(few)).toEqual(['note ports.few'])
    expect(found({ ...few, generatorFaults: 3 })).toContain('suspect ports.few')
    const plan = aPlan({ localAddresses: ['127.0.0.1', '127.0.0.2'] })
    expect(found({ ...few, plan })).toEqual([])
    expect(reasons(few)[0]!.message).toBe(
      '1,200 local ports were left in 10 of 10 s; 20,000 were held by closed connections (TIME_WAIT)',
    )
    expect(judge(evidence(few)).limit).toBe('none')
    expect(found(hostWith({ sockets: { inUse: 1, timeWait: 20_000, portsLeft: null } }))).toEqual([])
  })

  test('few descriptors left', () => {
    expect(found(hostWith({ descriptors: { open: 990, limit: 1024 } }))).toEqual(['note descriptors.few'])
    expect(found(hostWith({ descriptors: { open: 990, limit: null } }))).toEqual([])
  })

  test('segments that were lost limit the run where a request shows it; those sent again in vain are no loss', () => {
    const network = { retransmits: 40, spuriousRetransmits: 0, listenOverflows: 0, listenDrops: 0 }
    const lossy = hostWith({ network })
    expect(judge(evidence(lossy))).toMatchObject({ level: 'sound', limit: 'none' })
    expect(found(lossy)).toEqual(['note network.retransmits'])
    const serviceMs = { ...aRow(0).serviceMs, p50: 20, max: 225 }
    expect(judge(evidence(hostWith({ network }, { serviceMs }))).limit).toBe('network')
    const probed = hostWith({ network: { ...network, spuriousRetransmits: 39 } }, { serviceMs })
    expect(judge(evidence(probed))).toMatchObject({ limit: 'none', reasons: [] })
  })

  test('an accept queue that was full', () => {
    const full = hostWith({
      network: { retransmits: 0, spuriousRetransmits: 0, listenOverflows: 5, listenDrops: 5 },
    })
    expect(reasons(full)).toMatchObject([
      { code: 'network.overflows', message: expect.stringContaining('50 connections') as string },
    ])
  })
})

test('every reason says what to do about it', () => {
  for (const different of [
    { lostWorkers: [{ worker: 0, second: 0, message: 'x' }] },
    { rows: rowsWhere(always, { utilization: 0.99, gcMs: 200, ...lag(50) }, { complete: false }) },
    { plan: noPace, rows: rowsWhere(always, { utilization: 0.99 }), floorMs: floor(9000) },
  ])
    for (const reason of reasons(different)) {
      expect(reason.advice).not.toBe('')
      expect(reason.message).not.toMatch(/NaN|undefined|Infinity|null/)
      expect(reason.fromS).toBeLessThanOrEqual(reason.toS)
    }
})
