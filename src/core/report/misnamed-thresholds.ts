/** Thresholds that name a transaction and are about requests, of which none has that name: they never pass. */
import type { ThresholdResult } from '../judge/gate.ts'
import type { Tally } from '../measure/tally.ts'
import { isOfRow } from '../request/row.ts'
import { metricOf } from '../threshold/threshold-metric.ts'
import { printThreshold, type Threshold } from '../threshold/threshold.ts'

/** Warns of each, with the threshold that was probably meant; the results are those of the thresholds, in their order. */
export const misnamedThresholds = (
  thresholds: readonly Threshold[],
  results: readonly Pick<ThresholdResult, 'samples' | 'expression'>[],
  { transactions, requests }: Pick<Tally, 'transactions' | 'requests'>,
): string[] =>
  thresholds.flatMap((threshold, i) => {
    const { name, metric } = threshold
    if (name === null || results[i]!.samples > 0 || !transactions.has(name)) return []
    if (metricOf(metric)!.namedBy !== 'request') return []
    if ([...requests.keys()].some((row) => isOfRow(row, name))) return []
    const meant = [`transaction.${metric}`, `transactions.${metric}`].find((one) => metricOf(one) !== null)
    const instead = meant === undefined ? '' : `: write "${printThreshold({ ...threshold, metric: meant })}"`
    return [
      `the threshold "${results[i]!.expression}" is about requests, and ${name} is a transaction${instead}`,
    ]
  })
