/** The middle of several measurements. */
export function median(found: readonly number[]): number {
  const sorted = [...found].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
