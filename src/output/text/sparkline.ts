/** Numbers as a row of block characters. */
import { largest } from '../../core/extremes.ts'

export const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/**
 * One block per value, scaled from 0 to `full` or to the highest value; a blank for `null`. More values than `width` are
 * grouped, and each group shows its highest.
 */
export function sparkline(values: readonly (number | null)[], width: number, full?: number): string {
  const perCell = Math.max(1, Math.ceil(values.length / width))
  const cells: (number | null)[] = []
  for (let i = 0; i < values.length; i += perCell) {
    const known = values.slice(i, i + perCell).filter((value) => value !== null)
    cells.push(known.length > 0 ? largest(known) : null)
  }
  const highest = full ?? Math.max(0, ...cells.map((value) => value ?? 0))
  return cells
    .map((value) =>
      value === null ? ' ' : BLOCKS[highest > 0 ? Math.min(7, Math.floor((value / highest) * 8)) : 0]!,
    )
    .join('')
}
