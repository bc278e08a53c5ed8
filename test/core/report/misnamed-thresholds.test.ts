/** A threshold about requests that names a transaction is warned of, with the one that was meant. */
import { expect, test } from 'vitest'
import { RequestTally } from '../../../src/core/measure/request-tally.ts'
import { Tally } from '../../../src/core/measure/tally.ts'
import { misnamedThresholds } from '../../../src/core/report/misnamed-thresholds.ts'
import { parseThreshold, printThreshold } from '../../../src/core/threshold/threshold.ts'

test.each([
  ['checkout: p95 < 2s', 'write "checkout: transaction.p95 < 2s"'],
  ['checkout: failed < 1%', 'write "checkout: transactions.failed < 1%"'],
  ['checkout: p99 < 2s over 10s warn', 'write "checkout: transaction.p99 < 2s over 10s warn"'],
  ['checkout: ttfb.p99 < 2s', null],
])('%s', (given, instead) => {
  const parsed = parseThreshold(given)
  if ('problem' in parsed) throw new Error(parsed.problem)
  const own = [parsed.value]
  const tally = new Tally({ wide: true })
  const warnings = (samples = 0): string[] =>
    misnamedThresholds(
      own,
      own.map((one) => ({ samples, expression: printThreshold(one) })),
      tally,
    )
  expect(warnings()).toEqual([])
  tally.transaction('checkout')
  const about = `the threshold "${given}" is about requests, and checkout is a transaction`
  expect(warnings()).toEqual([instead === null ? about : `${about}: ${instead}`])
  expect(warnings(1)).toEqual([])
  // A request of this name is what it is about.
  tally.requests.set('GET checkout', new RequestTally(true))
  expect(warnings()).toEqual([])
})
