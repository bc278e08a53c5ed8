/** "Did you mean": the nearest right name to a wrong one. */
import { distance } from 'fastest-levenshtein'

/** The nearest of `names`, or `null` if none is near enough to be what was meant. */
export function nearest(wrong: string, names: Iterable<string>): string | null {
  let best: string | null = null
  let bestDistance = Infinity
  for (const name of names) {
    const d = name.startsWith(wrong) && wrong.length >= 3 ? 1 : slips(wrong.toLowerCase(), name.toLowerCase())
    if (d < bestDistance) [best, bestDistance] = [name, d]
  }
  return bestDistance <= Math.max(1, Math.floor(wrong.length / 3)) ? best : null
}

/** `; did you mean NAME?` for the nearest of `words`; empty if none is near enough. */
export function didYouMean(word: string, words: readonly string[]): string {
  const near = nearest(word, words)
  return near === null ? '' : `; did you mean ${near}?`
}

/** Letters that are missing, too many or wrong; two that changed places are one slip. */
function slips(a: string, b: string): number {
  const d = distance(a, b)
  return d === 2 && sorted(a) === sorted(b) ? 1 : d
}

const sorted = (word: string): string => Array.from(word).sort().join('')
