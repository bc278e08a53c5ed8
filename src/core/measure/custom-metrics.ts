/** Metrics of a scenario's own: what they are called, and what the report says of them. */
import { summarize, type LatencySummary } from './metrics.ts'
import type { Tally } from './tally.ts'

export type CustomKind = 'counter' | 'trend'

export interface CustomMetricPlan {
  readonly name: string
  readonly kind: CustomKind
}

export const CUSTOM_NAME = /^[A-Za-z_]\w{0,63}$/
/** A trend keeps three decimals in a histogram that ends at 3.6 billion. */
export const MOST_VALUE = 3_600_000

/** The sum of what was counted; or the distribution of the values, in their own unit. */
export type CustomReport =
  | { readonly kind: 'counter'; readonly sum: number }
  | ({ readonly kind: 'trend'; readonly count: number } & LatencySummary)

/** Reports every metric, also those that nothing was added to. */
export const customReport = (
  metrics: readonly CustomMetricPlan[],
  tally: Tally,
): Readonly<Record<string, CustomReport>> =>
  Object.fromEntries(
    metrics.map(({ name, kind }): [string, CustomReport] => {
      if (kind === 'counter') return [name, { kind, sum: tally.counters.get(name) ?? 0 }]
      const histogram = tally.trends.get(name) ?? null
      return [name, { kind, count: histogram?.count ?? 0, ...summarize(histogram) }]
    }),
  )

/** Reports the metrics that something was added to. */
export const customAdded = ({ counters, trends }: Tally): CustomMetricPlan[] => [
  ...[...counters.keys()].map((name): CustomMetricPlan => ({ name, kind: 'counter' })),
  ...[...trends.keys()].map((name): CustomMetricPlan => ({ name, kind: 'trend' })),
]
