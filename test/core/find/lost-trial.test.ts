/** A trial is given up when, and only when, no goal can hold any more. */
import { expect, test } from 'vitest'
import { isLost } from '../../../src/core/find/lost-trial.ts'
import type { HeldSeconds } from '../../../src/core/find/backlog.ts'
import { Tally } from '../../../src/core/measure/tally.ts'
import type { SettledSecond } from '../../../src/core/measure/timeline.ts'
import { parseThreshold } from '../../../src/core/threshold/threshold.ts'
import { aPlan, anOpenPlan } from '../../support/plan.ts'

const PLAN = anOpenPlan()
const LOAD = 100

interface Second {
  readonly slow?: number
  readonly failed?: number
  readonly inFlight?: number
}

/** A second of 100 requests at 10 ms, but for those that are slow (1 s) or fail. */
function second({ slow = 0, failed = 0, inFlight = 1 }: Second, at: number): SettledSecond {
  const tally = new Tally()
  const request = tally.request('GET /')
  for (let i = 0; i < LOAD; i++) {
    request.sent++
    request.finished++
    if (i < failed) {
      request.failed++
      request.histogram('failedLatency').record(10_000)
    } else {
      request.succeeded++
      request.histogram('latency').record(i < failed + slow ? 1e6 : 10_000)
    }
  }
  const row = { due: LOAD, sent: LOAD, dropped: 0, inFlight, queued: 0 } as SettledSecond['row']
  return { second: at, phase: 'load', loadS: 1, tally, all: request, witness: null, row }
}

const held = (...seconds: Second[]): HeldSeconds => ({
  seconds: seconds.map(second),
  earlier: [],
  changedAtS: 0,
  growth: 0.01,
})
const goals = (...texts: string[]): Parameters<typeof isLost>[1] =>
  texts.map((text) => {
    const parsed = parseThreshold(text)
    if ('problem' in parsed) throw new Error(parsed.problem)
    return { text, thresholds: [parsed.value] }
  })

test.each<[boolean, string[], HeldSeconds, number]>([
  // Of 500 requests 1 % may fail: with 4 s to go, 6 are too many and 5 are not, for 102 more may come than were seen.
  [true, ['failed < 1%'], held({ failed: 6 }), 4],
  [false, ['failed < 1%'], held({ failed: 5 }), 4],
  [true, ['failed < 1%'], held({ failed: 5 }), 3],
  // The same of a percentile.
  [true, ['p99 < 300ms'], held({ slow: 6 }), 4],
  [false, ['p99 < 300ms'], held({ slow: 5 }), 4],
  // A looser goal may still hold.
  [false, ['p99 < 300ms', 'p99 < 2s'], held({ slow: 50 }), 4],
  [true, ['p99 < 300ms', 'p99 < 500ms'], held({ slow: 50 }), 4],
  // What waits may still be served, unless it is too much.
  [true, ['p99 < 2s'], held({}, { inFlight: 60 }), 3],
  [false, ['p99 < 2s'], held({}, { inFlight: 10 }), 3],
  // Nothing is left to be saved.
  [false, ['failed < 1%'], held({ failed: 50 }), 0],
  // More requests do not raise a rate that is to be high, as far as anybody knows.
  [false, ['rps > 1000'], held({}), 4],
])('lost: %s, with %j', (lost, texts, seconds, leftS) => {
  expect(isLost(PLAN, goals(...texts), LOAD, seconds, leftS)).toBe(lost)
})

test('what bounds the requests to come must be known: users loop, and arrivals of a Poisson process vary', () => {
  const failed = held({ failed: 6 })
  expect(isLost(aPlan(), goals('failed < 1%'), LOAD, failed, 4)).toBe(false)
  expect(isLost({ ...PLAN, arrival: 'poisson' }, goals('failed < 1%'), LOAD, failed, 4)).toBe(false)
  expect(isLost({ ...PLAN, arrival: 'poisson' }, goals('failed < 1%'), LOAD, held({ failed: 7 }), 4)).toBe(
    true,
  )
  expect(isLost({ ...PLAN, maxRedirects: 1 }, goals('failed < 1%'), LOAD, failed, 4)).toBe(false)
})
