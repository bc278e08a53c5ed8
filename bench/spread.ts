/** Several measurements of one thing. */

/** Their middle. */
export function median(found: readonly number[]): number {
  const sorted = [...found].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** As `median (least–greatest)`. */
export function spread(found: readonly number[], digits: number): string {
  if (found.length === 0) return '–'
  const [least, greatest] = [Math.min(...found), Math.max(...found)]
  return `${median(found).toFixed(digits)} (${least.toFixed(digits)}–${greatest.toFixed(digits)})`
}
