/** Where the rows of a feeder come from, and which of them is taken next. */
import { globalIndex, type Share } from '../share.ts'
import { shuffled } from './shuffle.ts'

export const ORDERS = ['sequential', 'random', 'shuffle', 'unique'] as const
export const ENDS = ['recycle', 'stop', 'error'] as const

export interface FeederPlan {
  /** The file, absolute. */
  readonly path: string
  readonly format: 'csv' | 'json'
  /** Between two cells of a CSV file. */
  readonly delimiter: string
  /** No delimiter was given: it is guessed by the first lines of the file. */
  readonly isGuess?: true
  readonly order: (typeof ORDERS)[number]
  /** What happens when all rows are taken. */
  readonly end: (typeof ENDS)[number]
}

/** Why an end does not go with an order; undefined and null are the default one. */
export function endProblem(
  order: FeederPlan['order'],
  end: FeederPlan['end'] | null | undefined,
): string | null {
  if (order === 'random' && end !== undefined && end !== null)
    return 'does not go with random, which has none'
  return order === 'unique' && end === 'recycle' ? 'must not be recycle, or rows were not unique' : null
}

/**
 * The number of the row that a share takes as its `i`-th, of `rows`; `null` if all are taken. The rows, over and over, are
 * one sequence, whose places are striped over the workers as users are: each row is taken as often as any other, and a
 * unique one by no other, without messages between workers.
 */
export function rowNumber(
  { order, end }: Pick<FeederPlan, 'order' | 'end'>,
  rows: number,
  i: number,
  share: Share,
  { seed, random }: { readonly seed: number; readonly random: () => number },
): number | null {
  if (order === 'random') return Math.floor(random() * rows)
  const place = globalIndex(i, share)
  const round = Math.floor(place / rows)
  if (round > 0 && end !== 'recycle') return null
  return order === 'shuffle' ? shuffled(place % rows, rows, seed + round) : place % rows
}
