/** Text tables that fit the width: the least important columns are dropped first, then the first column is clipped. */
import { clip, pad, printable, renderLine, widthOf, type Paint, type Style } from './paint.ts'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
  readonly align?: 'left' | 'right'
  /** Columns with higher ranks are dropped first; rank 0 stays. */
  readonly rank?: number
  readonly paint?: (row: Row) => Paint | null
}

const GAP = '  '
const NARROWEST_FIRST = 12

/** Lines of a table, the titles first. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  style: Style,
): string[] {
  // Widths are those of the printable text: a control character has none, its replacement has one.
  const textOf = (column: Column<Row>, row: Row): string => printable(column.cell(row))
  let shown = columns.map((column) => ({
    column,
    width: Math.max(widthOf(column.title), ...rows.map((row) => widthOf(textOf(column, row)))),
  }))
  const total = (): number =>
    shown.reduce((sum, { width }) => sum + width, 0) + GAP.length * (shown.length - 1)
  const excess = (): number => total() - style.width
  while (excess() > Math.max(0, shown[0]!.width - NARROWEST_FIRST)) {
    const leastImportant = shown.reduce((a, b) => ((b.column.rank ?? 0) >= (a.column.rank ?? 0) ? b : a))
    if ((leastImportant.column.rank ?? 0) === 0) break
    shown = shown.filter((one) => one !== leastImportant)
  }
  const over = excess()
  if (over > 0) shown[0]!.width = Math.max(1, shown[0]!.width - over)

  const line = (cells: (shownColumn: (typeof shown)[number]) => readonly [string, ...Paint[]]): string =>
    renderLine(
      shown.flatMap((one, i) => {
        const [text, ...paints] = cells(one)
        const { width, column } = one
        const align = column.align ?? 'right'
        const isLast = i === shown.length - 1
        // Trailing blanks would be inside the colour sequence and survive trimEnd.
        const cell = isLast && align === 'left' ? clip(text, width) : pad(clip(text, width), width, align)
        return i === 0 ? [[cell, ...paints] as const] : [GAP, [cell, ...paints] as const]
      }),
      style,
    ).trimEnd()
  return [
    line(({ column }) => [column.title, 'dim']),
    ...rows.map((row) =>
      line(({ column }) => {
        const paint = column.paint?.(row) ?? null
        return paint === null ? [textOf(column, row)] : [textOf(column, row), paint]
      }),
    ),
  ]
}
