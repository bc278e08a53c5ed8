/** Series of the scenario's own metrics: counters since the start, and trends of the last seconds. */
import { Histogram, type PackedHistogram } from '../measure/histogram.ts'
import type { Tally } from '../measure/tally.ts'
import type { Series } from './exported-series.ts'

const QUANTILES = [0.5, 0.95, 0.99, 1] as const
/** Trends are kept in thousandths. */
const THOUSAND = 1000

export class CustomSeries {
  readonly #windowS: number
  readonly #sums = new Map<string, number>()
  readonly #counts = new Map<string, number>()
  /** The values of the last seconds, by the name of their trend. */
  readonly #recent: ReadonlyMap<string, PackedHistogram>[] = []

  constructor(windowS: number) {
    this.#windowS = windowS
  }

  /** A settled second; of the warm-up nothing is counted up. */
  add({ counters, trends }: Tally, isWarmup: boolean): void {
    const values = new Map<string, PackedHistogram>()
    for (const [name, histogram] of trends) {
      const packed = histogram.pack()
      if (packed !== null) values.set(name, packed)
    }
    this.#recent.push(values)
    if (this.#recent.length > this.#windowS) this.#recent.shift()
    if (isWarmup) return
    for (const [name, sum] of counters) this.#sums.set(name, (this.#sums.get(name) ?? 0) + sum)
    for (const [name, { count }] of trends) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count)
  }

  /** Empty if the scenario has no metrics of its own. */
  series(): Series[] {
    const sums = [...this.#sums].map(([name, value]) => ({ attributes: named(name), value }))
    const counts = [...this.#counts].map(([name, value]) => ({ attributes: named(name), value }))
    return [
      ...(sums.length === 0
        ? []
        : [
            {
              name: 'corerush.custom.counter',
              unit: '{value}',
              kind: 'sum',
              help: "Counters of the scenario's own",
              points: sums,
            } as const,
          ]),
      ...(counts.length === 0
        ? []
        : [
            {
              name: 'corerush.custom.values',
              unit: '{value}',
              kind: 'sum',
              help: "How many values trends of the scenario's own were given",
              points: counts,
            } as const,
            {
              name: 'corerush.custom.trend',
              unit: '{value}',
              kind: 'gauge',
              help: `Values of these trends over the last ${this.#windowS} s`,
              points: this.#quantiles(),
            } as const,
          ]),
    ]
  }

  #quantiles() {
    const all = new Map<string, Histogram>()
    for (const second of this.#recent)
      for (const [name, packed] of second) {
        const histogram = all.get(name) ?? new Histogram()
        histogram.add(packed)
        all.set(name, histogram)
      }
    return [...all].flatMap(([name, histogram]) =>
      QUANTILES.map((q) => ({
        attributes: { ...named(name), quantile: String(q) },
        value: histogram.quantileUs(q)! / THOUSAND,
      })),
    )
  }
}

const named = (name: string) => ({ 'corerush.metric.name': name })
