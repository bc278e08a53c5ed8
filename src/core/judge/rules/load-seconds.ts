/** The seconds that rules look at, and what they ask of them. */
import { largest, smallest } from '../../extremes.ts'
import type { Evidence } from './evidence.ts'
import type { SecondRow } from '../../measure/second.ts'
import type { WorkerVitals } from '../../measure/worker-vitals.ts'

/** The seconds of the load; one of which less than half is load counts only where there is no other. */
export function loadSeconds({ rows, loadEndS }: Pick<Evidence, 'rows' | 'loadEndS'>): SecondRow[] {
  const load = rows.filter(({ phase }) => phase === 'load')
  const whole = load.filter(({ second }) => loadEndS - second >= 0.5)
  return whole.length > 0 ? whole : load
}

/** From the first to the last of these seconds. */
export function extent(rows: readonly { readonly second: number }[]): { fromS: number; toS: number } {
  const seconds = rows.map(({ second }) => second)
  return { fromS: smallest(seconds), toS: largest(seconds) }
}

/** The worker, in any of these seconds, of which this is largest. */
export function worstWorker(
  rows: readonly SecondRow[],
  of: (worker: WorkerVitals, row: SecondRow) => number,
): WorkerVitals {
  let worst: WorkerVitals | null = null
  let most = -Infinity
  for (const row of rows)
    for (const worker of row.workers) {
      const value = of(worker, row)
      // Of equals the first by number, so that the order of the reports does not matter.
      if (worst !== null && (value < most || (value === most && worker.worker >= worst.worker))) continue
      worst = worker
      most = value
    }
  return worst!
}

/** Arrivals found all users busy in this second. */
export const isFull = ({ queued, dropped }: SecondRow): boolean => queued > 0 || dropped > 0

/** "in 3 of 10 s" */
export const inSeconds = (some: readonly unknown[], all: readonly unknown[]): string =>
  `in ${some.length} of ${all.length} s`
