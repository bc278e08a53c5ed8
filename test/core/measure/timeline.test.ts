import { describe, expect, test } from 'vitest'
import type { SecondRow } from '../../../src/core/measure/second.ts'
import { Timeline } from '../../../src/core/measure/timeline.ts'
import { quietHost } from '../../support/evidence.ts'
import { snapshot } from '../../support/snapshots.ts'

const seconds = (rows: readonly SecondRow[]): number[] => rows.map(({ second }) => second)
const sum = (timeline: Timeline): { sent: number; finished: number; unfinished: number } => {
  const total = { sent: 0, finished: 0, unfinished: 0 }
  for (const request of timeline.total.requests.values()) {
    total.sent += request.sent
    total.finished += request.finished
    total.unfinished += request.unfinished
  }
  return total
}

describe('closing a second', () => {
  test('when every worker has reported it, and never before it is over', () => {
    const timeline = new Timeline(2, 10)
    timeline.add(snapshot(0, 0, { sent: 3, finished: 3, users: 2, inFlight: 1 }))
    expect(timeline.close(1.01)).toEqual([])
    timeline.add(snapshot(1, 0, { sent: 4, finished: 3, users: 1 }))
    expect(timeline.close(0.99)).toEqual([])
    const [row] = timeline.close(1.01)
    expect(row).toMatchObject({
      second: 0,
      phase: 'load',
      complete: true,
      sent: 7,
      finished: 6,
      users: 3,
      inFlight: 1,
      due: 7,
      dropped: 0,
      requestsPerS: 6,
    })
    expect(row!.workers.map(({ worker }) => worker)).toEqual([0, 1])
    expect(timeline.close(1.5)).toEqual([])
  })

  test('a blocked worker never stops the clock: 2 s late it closes without it, marked incomplete', () => {
    const timeline = new Timeline(2, 10)
    timeline.add(snapshot(0, 0, { sent: 1, finished: 1 }))
    expect(timeline.close(2.99)).toEqual([])
    expect(timeline.close(3)).toMatchObject([{ second: 0, complete: false, finished: 1 }])
  })

  test('seconds close in order: a reported one waits for the one before it', () => {
    const timeline = new Timeline(1, 10)
    timeline.add(snapshot(0, 1))
    expect(timeline.close(2.5)).toEqual([])
    timeline.add(snapshot(0, 0))
    expect(seconds(timeline.close(2.5))).toEqual([0, 1])
  })

  test('a second of which nobody spoke closes too', () => {
    expect(new Timeline(1, 10).close(4)).toMatchObject([
      { second: 0, complete: false, finished: 0, requestsPerS: 0, host: null },
      { second: 1, complete: false },
    ])
  })

  test('a late snapshot still corrects its second and the total', () => {
    const timeline = new Timeline(2, 10)
    timeline.add(snapshot(0, 0, { sent: 1, finished: 1, tookMs: 5 }))
    timeline.close(3)
    timeline.add(snapshot(1, 0, { sent: 2, finished: 2, tookMs: 50 }))
    expect(timeline.rows).toMatchObject([
      { second: 0, complete: true, finished: 3, requestsPerS: 3, latencyMs: { max: 50 } },
    ])
    expect(sum(timeline)).toEqual({ sent: 3, finished: 3, unfinished: 0 })
  })

  test('however late it comes', () => {
    const timeline = new Timeline(2, 100)
    for (let second = 0; second < 30; second++) timeline.add(snapshot(0, second, { sent: 1, finished: 1 }))
    timeline.close(40)
    timeline.add(snapshot(1, 2, { sent: 5, finished: 5 }))
    expect(timeline.rows[2]).toMatchObject({ complete: true, finished: 6 })
  })

  test("the host's own reading goes with the second", () => {
    const timeline = new Timeline(1, 10)
    timeline.host(0, quietHost)
    timeline.add(snapshot(0, 0))
    expect(timeline.close(1)).toMatchObject([{ host: quietHost }])
  })

  test('requests by name, and all of them together', () => {
    const timeline = new Timeline(2, 10)
    timeline.add(snapshot(0, 0, { name: 'GET /a', sent: 2, finished: 2 }))
    timeline.add(snapshot(1, 0, { name: 'GET /b', sent: 3, finished: 3 }))
    expect(timeline.close(1)).toMatchObject([
      { finished: 5, byName: { 'GET /a': { finished: 2 }, 'GET /b': { finished: 3 } } },
    ])
  })
})

describe('a worker that is done', () => {
  test('does not hold open what comes after', () => {
    const timeline = new Timeline(2, 10)
    timeline.add(snapshot(0, 0))
    timeline.add(snapshot(1, 0))
    timeline.add(snapshot(0, 1))
    timeline.done(1)
    expect(timeline.close(2)).toMatchObject([
      { second: 0, complete: true },
      { second: 1, complete: true },
    ])
  })

  test('still owes what it has not reported before', () => {
    const timeline = new Timeline(1, 10)
    timeline.add(snapshot(0, 1))
    timeline.done(0)
    expect(timeline.close(2.5)).toEqual([])
    expect(timeline.close(3)).toMatchObject([
      { second: 0, complete: false },
      { second: 1, complete: true },
    ])
  })

  test('when all are done, time that goes by makes no more seconds', () => {
    const timeline = new Timeline(2, 2)
    for (const worker of [0, 1]) {
      timeline.add(snapshot(worker, 0, { sent: 1, finished: 1 }))
      timeline.add(snapshot(worker, 1, { sent: 1, finished: 1 }))
      timeline.done(worker)
    }
    timeline.host(4, quietHost)
    timeline.close(9)
    timeline.finish()
    expect(seconds(timeline.rows)).toEqual([0, 1])
  })
})

describe('a worker that is lost', () => {
  const run = (): Timeline => {
    const timeline = new Timeline(2, 10)
    for (let second = 0; second < 3; second++) timeline.add(snapshot(0, second, { sent: 5, finished: 5 }))
    timeline.add(snapshot(1, 0, { sent: 5, finished: 3, inFlight: 2 }))
    timeline.add(snapshot(1, 1, { sent: 4, finished: 5, inFlight: 1 }))
    return timeline
  }

  test('its closed seconds are kept, the one it had open is marked, and nobody waits for more', () => {
    const timeline = run()
    expect(timeline.lost(1)).toBe(2)
    expect(timeline.close(3)).toMatchObject([
      { second: 0, complete: true, finished: 8 },
      { second: 1, complete: true, finished: 10 },
      { second: 2, complete: false, finished: 5 },
    ])
    timeline.add(snapshot(0, 3))
    expect(timeline.close(4)).toMatchObject([{ second: 3, complete: true }])
  })

  test('requests that it had in flight are unfinished: sent = finished + unfinished', () => {
    const timeline = run()
    timeline.lost(1)
    expect(sum(timeline)).toEqual({ sent: 24, finished: 23, unfinished: 1 })
    expect(timeline.close(3).reduce((n, { unfinished }) => n + unfinished, 0)).toBe(1)
  })

  test('arrivals that waited there for a user are unstarted: due = started + dropped + unstarted', () => {
    const timeline = new Timeline(2, 10)
    timeline.add(snapshot(0, 0, { sent: 5, finished: 5 }))
    timeline.add(snapshot(1, 0, { sent: 5, finished: 5, due: 12 }))
    timeline.add(snapshot(1, 1, { sent: 5, finished: 5, due: 2 }))
    timeline.lost(1)
    expect(timeline.total.iterations).toMatchObject({ due: 19, started: 15, dropped: 0, unstarted: 4 })
  })

  test('those of the warm-up are carried in, before that', () => {
    const timeline = new Timeline(1, 10, 1)
    timeline.add(snapshot(0, 0, { sent: 5, finished: 4, due: 12 }))
    timeline.lost(0)
    expect([timeline.carriedInIterations, timeline.carriedIn('GET /')]).toEqual([7, 1])
    expect(timeline.total.iterations).toMatchObject({ due: 0, started: 0, unstarted: 7 })
    expect(sum(timeline)).toEqual({ sent: 0, finished: 0, unfinished: 1 })
  })

  test('a second that was closed without it is corrected', () => {
    const timeline = run()
    timeline.close(5)
    expect(timeline.rows[2]).toMatchObject({ complete: false, unfinished: 0 })
    timeline.lost(1)
    expect(timeline.rows[2]).toMatchObject({ complete: false, unfinished: 1 })
  })

  test('before its first second was over: nothing of it is known, the run goes on', () => {
    const timeline = new Timeline(2, 10)
    expect(timeline.lost(1)).toBe(0)
    timeline.add(snapshot(0, 0, { sent: 1, finished: 1 }))
    timeline.add(snapshot(0, 1, { sent: 1, finished: 1 }))
    expect(timeline.close(2)).toMatchObject([{ complete: false }, { complete: true }])
  })

  test('when all are lost, the last second begun is the last', () => {
    const timeline = run()
    timeline.lost(0)
    timeline.lost(1)
    timeline.host(8, quietHost)
    expect(seconds([...timeline.close(2.5), ...timeline.finish()])).toEqual([0, 1, 2, 3])
  })
})

describe('the end of the load', () => {
  const run = (loadEndS: number, until: number): Timeline => {
    const timeline = new Timeline(1, loadEndS)
    for (let second = 0; second < until; second++) timeline.add(snapshot(0, second, { sent: 2, finished: 2 }))
    timeline.close(until)
    return timeline
  }
  const phases = (timeline: Timeline): string => timeline.rows.map(({ phase }) => phase[0]).join('')

  test('seconds after it are the drain, and have no rate', () => {
    const timeline = run(3, 5)
    expect(phases(timeline)).toBe('llldd')
    expect(timeline.rows.map(({ requestsPerS }) => requestsPerS)).toEqual([2, 2, 2, null, null])
  })

  test('the rate of a second that it cuts is that of the part inside', () => {
    const timeline = run(2.5, 4)
    expect(timeline.rows.map(({ requestsPerS }) => requestsPerS)).toEqual([2, 2, 4, null])
  })

  test('known later than the seconds closed, it corrects them', () => {
    const timeline = run(Infinity, 5)
    expect(phases(timeline)).toBe('lllll')
    timeline.endLoad(2.5)
    expect(phases(timeline)).toBe('llldd')
    expect(timeline.rows.map(({ requestsPerS }) => requestsPerS)).toEqual([2, 2, 4, null, null])
  })

  test('however much later: when the last request hangs, the load ended long ago', () => {
    const timeline = run(Infinity, 40)
    timeline.endLoad(2.5)
    expect(phases(timeline)).toBe(`lll${'d'.repeat(37)}`)
    expect(timeline.rows.slice(0, 4).map(({ requestsPerS }) => requestsPerS)).toEqual([2, 2, 4, null])
    expect(timeline.rows[2]!.byName['GET /']!.requestsPerS).toBe(4)
    expect(timeline.rows[20]!.byName['GET /']!.requestsPerS).toBeNull()
  })
})

describe('warm-up', () => {
  const run = (warmupS: number, loadEndS = 6): Timeline => {
    const timeline = new Timeline(1, loadEndS, warmupS)
    for (let second = 0; second < 7; second++)
      timeline.add(snapshot(0, second, { sent: second < 6 ? 10 : 0, finished: second === 0 ? 7 : 10 }))
    timeline.close(7)
    return timeline
  }

  test('its seconds are kept and marked, but no part of the total', () => {
    const timeline = run(2)
    expect(timeline.rows.map(({ phase }) => phase)).toEqual([
      ...['warmup', 'warmup', 'load', 'load', 'load', 'load', 'drain'],
    ])
    expect(timeline.rows[0]).toMatchObject({ sent: 10, finished: 7, requestsPerS: 7 })
    expect(sum(timeline)).toEqual({ sent: 40, finished: 50, unfinished: 0 })
    expect(timeline.warmupS).toBe(2)
  })

  test('what was in flight when it ended is carried in', () => {
    expect(run(0).carriedIn('GET /')).toBe(0)
    expect(run(1).carriedIn('GET /')).toBe(3)
    expect(run(2).carriedIn('GET /')).toBe(3)
    expect(run(1).carriedIn('GET /another')).toBe(0)
  })

  test('a load that was stopped within it measures nothing', () => {
    const timeline = new Timeline(1, 10, 3)
    timeline.add(snapshot(0, 0, { sent: 2, finished: 2 }))
    timeline.add(snapshot(0, 1, { sent: 2, finished: 2 }))
    timeline.close(2)
    timeline.endLoad(1.5)
    timeline.done(0)
    timeline.finish()
    expect(timeline.rows.map(({ phase }) => phase)).toEqual(['warmup', 'warmup'])
    expect(sum(timeline)).toEqual({ sent: 0, finished: 0, unfinished: 0 })
  })
})

describe('live figures', () => {
  test('are those of the last 10 closed seconds', () => {
    const timeline = new Timeline(1, 100)
    for (let second = 0; second < 25; second++) {
      timeline.add(snapshot(0, second, { sent: 1, finished: 1, tookMs: second + 1 }))
      timeline.close(second + 1)
      const from = Math.max(0, second - 9)
      expect(timeline.recent()).toMatchObject({
        finished: second + 1 - from,
        requestsPerS: 1,
        latencyMs: { min: from + 1, max: second + 1 },
      })
    }
  })

  test('take all names together, with what comes late', () => {
    const timeline = new Timeline(2, 100)
    timeline.add(snapshot(0, 0, { name: 'A', sent: 3, finished: 3, tookMs: 1 }))
    timeline.close(3)
    expect(timeline.recent()).toMatchObject({ finished: 3, latencyMs: { max: 1 } })
    timeline.add(snapshot(1, 0, { name: 'B', sent: 2, finished: 2, tookMs: 9 }))
    expect(timeline.recent()).toMatchObject({ finished: 5, sent: 5, latencyMs: { min: 1, max: 9 } })
  })

  test('a second still open is not among them', () => {
    const timeline = new Timeline(1, 100)
    timeline.add(snapshot(0, 0, { finished: 7 }))
    expect(timeline.recent()).toMatchObject({ finished: 0, requestsPerS: null })
  })

  test('the rate counts the load only', () => {
    const timeline = new Timeline(1, 2)
    for (let second = 0; second < 4; second++)
      timeline.add(snapshot(0, second, { finished: second < 2 ? 3 : 0 }))
    timeline.close(4)
    expect(timeline.recent().requestsPerS).toBe(3)
  })
})

describe('what the target says of itself', () => {
  const vitals = {
    cores: [],
    memoryTotalBytes: 8e9,
    memoryAvailableBytes: 2e9,
    load1: 1,
    bytesInPerS: null,
    bytesOutPerS: null,
    contextSwitchesPerS: null,
  }

  test('stands in its second, whether that is open, closed, or corrected by a late worker', () => {
    const timeline = new Timeline(2, 10)
    timeline.add(snapshot(0, 0, { sent: 1, finished: 1 }))
    timeline.target(0, vitals)
    expect(timeline.close(5)[0]).toMatchObject({ second: 0, complete: false, target: vitals })
    timeline.add(snapshot(1, 0, { sent: 1, finished: 1 }))
    expect(timeline.rows[0]).toMatchObject({ complete: true, target: vitals })
    timeline.target(1, vitals)
    expect(timeline.rows[1]).toMatchObject({ target: vitals })
    expect(timeline.rows[2]).toMatchObject({ target: null })
  })

  test('alone, after the last word of the workers, makes no second', () => {
    const timeline = new Timeline(1, 10)
    timeline.add(snapshot(0, 0, { sent: 1, finished: 1 }))
    timeline.target(3, vitals)
    timeline.done(0)
    expect(seconds(timeline.finish())).toEqual([0])
  })
})

describe('with seconds that keep only some workers', () => {
  const pruned = (row: SecondRow): SecondRow => ({
    ...row,
    workers: row.workers.slice(0, 1),
    workersSummary: {
      ...{ count: row.workers.length, cpu: 0, stoodStillS: 0 },
      delays: { all: { lost: 0, seconds: 0 }, long: { lost: 0, seconds: 0 } },
    },
  })

  test('each settled second is pruned once, in order, before anybody sees it as settled, and stays so when the load ends early', () => {
    const asked: number[] = []
    const settled: number[] = []
    const prune = (row: SecondRow): SecondRow => {
      asked.push(row.second)
      return pruned(row)
    }
    const timeline = new Timeline(
      2,
      10,
      0,
      ({ row }) => settled.push(row.workersSummary!.count),
      null,
      0,
      prune,
    )
    for (const second of [0, 1, 2]) for (const worker of [1, 0]) timeline.add(snapshot(worker, second))
    timeline.add(snapshot(0, 3, { sent: 2, finished: 2 }))
    // What is returned is what is kept; a second that is not whole keeps all workers for now.
    const closed = timeline.close(6)
    expect(closed.map(({ workers }) => workers.length)).toEqual([1, 1, 1, 1])
    expect(closed.map((row) => row === timeline.rows[row.second])).toEqual([true, true, true, true])
    expect(asked).toEqual([0, 1, 2])
    timeline.endLoad(1.5)
    expect(timeline.rows.map(({ phase }) => phase)).toEqual(['load', 'load', 'drain', 'drain'])
    expect(timeline.rows[1]!.workersSummary!.count).toBe(2)
    for (const worker of [0, 1]) timeline.done(worker)
    timeline.finish()
    expect([asked, settled]).toEqual([
      [0, 1, 2, 3],
      [2, 2, 2, 1],
    ])
  })
})
