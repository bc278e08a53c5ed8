import { expect, test } from 'vitest'
import { KnownSecrets } from '../../../src/core/request/known-secrets.ts'
import type { CapturedFailure } from '../../../src/core/request/captured.ts'
import type { Outcome } from '../../../src/core/request/outcome.ts'
import { Captures, Glimpse } from '../../../src/worker/record/captures.ts'
import { Exchange } from '../../../src/worker/transport/transport.ts'
import { A_REQUEST, aPlan } from '../../support/plan.ts'

function captures(captureFailures: number, warmupS = 0) {
  const plan = aPlan({ captureFailures, warmupS })
  const kept: CapturedFailure[] = []
  const all = new Captures(plan, { index: 1, of: 3 }, new KnownSecrets(plan), {
    captured: (failure) => void kept.push(failure),
  })
  const exchange = new Exchange({ sent: () => undefined, connecting: () => undefined, done: () => undefined })
  const fails = (outcome: Outcome | 'unfinished', doneS: number): void => {
    exchange.begin({ plan: A_REQUEST, bytesOut: 0, isIdempotent: true, to: '' })
    Object.assign(exchange, { outcome, doneUs: doneS * 1e6 })
    all.look(exchange, 2, new Glimpse())
  }
  return { fails, kept: () => kept.map(({ outcome, atS, worker, user }) => [outcome, atS, worker, user]) }
}

test('a worker keeps the first N of each outcome, with the number of their user in the run', () => {
  const { fails, kept } = captures(2)
  for (const atS of [1, 2, 3]) fails('status', atS)
  fails('connect.refused', 4)
  expect(kept()).toEqual([
    ['status', 1, 1, 7],
    ['status', 2, 1, 7],
    ['connect.refused', 4, 1, 7],
  ])
})

test('it keeps none of the warm-up, none that succeeded, and none that was cut', () => {
  const { fails, kept } = captures(2, 3)
  fails('status', 2.9)
  fails('ok', 3)
  fails('unfinished', 3)
  fails('status', 3)
  expect(kept()).toEqual([['status', 3, 1, 7]])
})

test('of a body it holds no more than its beginning, however it comes, and passes on all of it', () => {
  const glimpse = new Glimpse()
  const heard: (number | string)[] = []
  glimpse.reader = {
    head: (status) => void heard.push(status),
    data: (chunk) => void heard.push(chunk.length),
  }
  glimpse.head(302, ['location', '/'])
  glimpse.data(Buffer.from('moved'))
  glimpse.head(500, ['a', 'b'])
  const piece = Buffer.from('x'.repeat(1500))
  glimpse.data(piece)
  piece.fill('y')
  glimpse.data(piece)
  glimpse.data(piece)
  expect(glimpse.headers).toEqual(['a', 'b'])
  expect(Buffer.from(glimpse.kept).toString()).toBe('x'.repeat(1500) + 'y'.repeat(548))
  expect(heard).toEqual([302, 5, 500, 1500, 1500, 1500])
})
