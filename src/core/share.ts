/**
 * One worker's stripe of the run: worker `index` of `of`, both counted from 0 and 1.
 * User k, arrival k and data row k belong to worker k mod `of`; nothing is ever divided, so nothing is lost or rounded.
 */
export interface Share {
  readonly index: number
  readonly of: number
}

/** How many of `n` indivisible things fall to this share; sums to `n`, differs by at most 1, never shrinks as `n` grows. */
export const portion = (n: number, { index, of }: Share): number => Math.max(0, Math.ceil((n - index) / of))

/** The run-wide number of this share's `i`-th thing. */
export const globalIndex = (i: number, { index, of }: Share): number => index + i * of
