/** A series as monitoring systems take it, by OpenTelemetry's words. */
import type { Buckets } from './buckets.ts'

export type Attributes = Readonly<Record<string, string | number>>

export interface Point<V> {
  readonly attributes: Attributes
  readonly value: V
}

interface SeriesBase {
  /** As OpenTelemetry names it. */
  readonly name: string
  /** Unit in UCUM; for counts a word in braces. */
  readonly unit: string
  readonly help: string
}
/** Sums only grow; a gauge is what was true last; histograms are of durations and grow as well. */
export type Series = SeriesBase &
  (
    | { readonly kind: 'sum' | 'gauge'; readonly points: readonly Point<number>[] }
    | { readonly kind: 'histogram'; readonly points: readonly Point<Buckets>[] }
  )

/** One that has a single value. */
export const gauge = (name: string, unit: string, help: string, value: number): Series => ({
  name,
  unit,
  kind: 'gauge',
  help,
  points: [{ attributes: {}, value }],
})
