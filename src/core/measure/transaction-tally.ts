/**
 * Transactions of a scenario: named spans over several requests, counted by name. Mergeable, and as plain values they
 * can cross a thread.
 */
import { Histogram, type PackedHistogram } from './histogram.ts'
import { summarize, type LatencySummary } from './metrics.ts'

export const TRANSACTION_COUNTS = ['started', 'finished', 'finishedInLoad', 'failed', 'unended'] as const
type CountName = (typeof TRANSACTION_COUNTS)[number]

/** Counts of transactions of one name. */
export type TransactionCounts = Readonly<Record<CountName, number>>

/** Distinct transaction names of a scenario in a worker; further ones are counted under this name. */
export const MOST_TRANSACTIONS = 200
export const OTHER_TRANSACTIONS = '(other transactions)'

export class TransactionTally implements Record<CountName, number> {
  started = 0
  /** Transactions that ran to their end, the failed ones among them. */
  finished = 0
  finishedInLoad = 0
  /** Finished transactions that threw, or of whose requests one failed. */
  failed = 0
  /** Transactions that were still open when their task, user or run ended. */
  unended = 0
  readonly duration: Histogram
  readonly failedDuration: Histogram

  constructor(wide: boolean) {
    this.duration = new Histogram({ wide })
    this.failedDuration = new Histogram({ wide })
  }

  clear(): void {
    for (const name of TRANSACTION_COUNTS) this[name] = 0
    this.duration.clear()
    this.failedDuration.clear()
  }
}

export type PackedTransaction = TransactionCounts & {
  readonly name: string
  readonly duration: PackedHistogram | null
  readonly failedDuration: PackedHistogram | null
}

/** A copy as plain values. */
export const packTransaction = (name: string, tally: TransactionTally): PackedTransaction => ({
  name,
  started: tally.started,
  finished: tally.finished,
  finishedInLoad: tally.finishedInLoad,
  failed: tally.failed,
  unended: tally.unended,
  duration: tally.duration.pack(),
  failedDuration: tally.failedDuration.pack(),
})

/** Whether anything was counted. */
export const isUsed = (counts: TransactionCounts): boolean =>
  TRANSACTION_COUNTS.some((name) => counts[name] > 0)

export function mergeTransaction(into: TransactionTally, from: PackedTransaction): void {
  for (const name of TRANSACTION_COUNTS) into[name] += from[name]
  into.duration.add(from.duration)
  into.failedDuration.add(from.failedDuration)
}

/** Transactions of one name, as reported. */
export interface TransactionReport {
  readonly started: number
  /** Transactions that ran to their end, the failed ones among them. */
  readonly finished: number
  /** Finished transactions that threw, or of whose requests one failed. */
  readonly failed: number
  /** Transactions that were still open when their task, user or run ended. */
  readonly unended: number
  /** failed / finished; `null` if none finished. */
  readonly failedRatio: number | null
  /** Transactions finished inside the load span per second of it; `null` outside the load. */
  readonly perS: number | null
  /** Time from the start to the end of those that succeeded, pauses included. */
  readonly durationMs: LatencySummary
  /** The same of those that failed. */
  readonly failedMs: LatencySummary
}

/** Share of finished transactions that failed; `null` if none finished. */
export const transactionsFailed = ({
  failed,
  finished,
}: Pick<TransactionCounts, 'failed' | 'finished'>): number | null => (finished > 0 ? failed / finished : null)

/** Reports transactions by name, in the order of their names; of a single second without those that did nothing. */
export const transactionReports = (
  transactions: ReadonlyMap<string, TransactionTally>,
  loadS: number,
): Readonly<Record<string, TransactionReport>> =>
  Object.fromEntries(
    [...transactions]
      .filter(([, tally]) => isUsed(tally))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, tally]) => [name, reportOf(tally, loadS)]),
  )

const reportOf = (tally: TransactionTally, loadS: number): TransactionReport => ({
  started: tally.started,
  finished: tally.finished,
  failed: tally.failed,
  unended: tally.unended,
  failedRatio: transactionsFailed(tally),
  perS: loadS > 0 ? Math.round((tally.finishedInLoad / loadS) * 1000) / 1000 : null,
  durationMs: summarize(tally.duration),
  failedMs: summarize(tally.failedDuration),
})
