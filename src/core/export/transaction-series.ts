/** Series of the transactions of a scenario, over the settled seconds. */
import type { Tally } from '../measure/tally.ts'
import { Buckets } from './buckets.ts'
import type { Attributes, Point, Series } from './exported-series.ts'

interface Totals {
  readonly succeeded: Buckets
  readonly failed: Buckets
  unended: number
}

export class TransactionSeries {
  readonly #names = new Map<string, Totals>()

  /** A settled second after the warm-up. */
  add({ transactions }: Tally): void {
    for (const [name, { duration, failedDuration, unended }] of transactions) {
      let totals = this.#names.get(name)
      if (totals === undefined)
        this.#names.set(name, (totals = { succeeded: new Buckets(), failed: new Buckets(), unended: 0 }))
      totals.succeeded.add(duration.pack())
      totals.failed.add(failedDuration.pack())
      totals.unended += unended
    }
  }

  /** Empty if the scenario has no transactions. */
  series(): Series[] {
    if (this.#names.size === 0) return []
    const names = [...this.#names]
    return [
      {
        name: 'corerush.transaction.duration',
        unit: 's',
        kind: 'histogram',
        help: 'Time from the start to the end of transactions; those with an error type failed',
        points: names.flatMap(([name, { succeeded, failed }]) => [
          ...point(named(name), succeeded),
          ...point({ ...named(name), 'error.type': '_OTHER' }, failed),
        ]),
      },
      {
        name: 'corerush.transactions.unended',
        unit: '{transaction}',
        kind: 'sum',
        help: 'Transactions that were still open when their task, user or run ended',
        points: names.map(([name, { unended }]) => ({ attributes: named(name), value: unended })),
      },
    ]
  }
}

const named = (name: string): Attributes => ({ 'corerush.transaction.name': name })

const point = (attributes: Attributes, value: Buckets): Point<Buckets>[] =>
  value.count > 0 ? [{ attributes, value }] : []
