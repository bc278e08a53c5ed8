/** Runs one after the other: of one plan, or of the same on two targets by turns. */

export interface Turn {
  /** The target of a turn: the one that is compared with, or the one that is judged. */
  readonly side: 'baseline' | 'current'
  /** From 1, among those of its side. */
  readonly number: number
}

/** The most runs on each side: more would be too many ways to permute. */
export const MOST_RUNS = 10

/**
 * A number of runs; of two targets this number of each, in pairs whose order alternates, so that a host that becomes slower
 * favours neither. The last is always one of those that are judged.
 */
export function turnsOf(repeats: number, isInterleaved: boolean): Turn[] {
  const pair = (number: number): Turn[] => {
    const current: Turn = { side: 'current', number }
    if (!isInterleaved) return [current]
    const baseline: Turn = { side: 'baseline', number }
    return (repeats - number) % 2 === 0 ? [baseline, current] : [current, baseline]
  }
  return Array.from({ length: repeats }, (_, i) => pair(i + 1)).flat()
}

/** The spread of the figures of several runs; `null` if none has one. */
export interface Spread {
  readonly least: number
  /** The middle figure; of an even number the mean of the two in the middle. */
  readonly median: number
  readonly greatest: number
}

export function spreadOf(figures: readonly (number | null)[]): Spread | null {
  const sorted = figures.filter((figure) => figure !== null).sort((a, b) => a - b)
  if (sorted.length === 0) return null
  const half = sorted.length / 2
  const median = (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2
  return { least: sorted[0]!, median, greatest: sorted.at(-1)! }
}
