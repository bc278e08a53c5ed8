/**
 * One worker's stripe of the run: worker `index` of `of`, both counted from 0 and 1. Nothing is ever divided, so nothing is
 * lost or rounded.
 *
 * Without a witness, user k, arrival k and data row k belong to worker k mod `of`. With one, every `every`-th thing is the
 * witness's, whose index is `of`; the workers share the others in the same way, counted without gaps.
 */
export interface Share {
  readonly index: number
  readonly of: number
  /** `null` without a witness. */
  readonly every?: number | null
}

/** The shares of all threads of a plan: those of its workers, and then that of its witness, if it has one. */
export function sharesOf({ workers, witness }: { workers: number; witness: number | null }): Share[] {
  const every = witness === null ? {} : { every: witness }
  return Array.from({ length: workers + (witness === null ? 0 : 1) }, (_, index) => ({
    index,
    of: workers,
    ...every,
  }))
}

/** How many of `n` indivisible things fall to this share; sums to `n`, and never shrinks as `n` grows. */
export function portion(n: number, { index, of, every = null }: Share): number {
  if (every === null) return stripe(n, index, of)
  const witnessed = Math.floor(n / every)
  return index === of ? witnessed : stripe(n - witnessed, index, of)
}

const stripe = (n: number, index: number, of: number): number => Math.max(0, Math.ceil((n - index) / of))

/** The run-wide number of this share's `i`-th thing. */
export function globalIndex(i: number, { index, of, every = null }: Share): number {
  if (every === null) return index + i * of
  if (index === of) return i * every + every - 1
  const among = index + i * of
  return among + Math.floor(among / (every - 1))
}

/** The part of the load that falls to this share, from 0 to 1. */
export function weightOf({ index, of, every = null }: Share): number {
  if (every === null) return 1 / of
  return index === of ? 1 / every : (1 - 1 / every) / of
}
