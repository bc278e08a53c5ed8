/** A row of numbers as a row of blocks. */
import { largest } from '../../core/extremes.ts'

export const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/**
 * One block for each value, from 0 to `full`, or to the highest; a blank where there is none. More values than `width`
 * are gathered, the highest of each group is shown.
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
