/** Tables: real ones, which any reader can read, and sortable by a button in each heading. */
import { element, shown, type Child } from './element.ts'

export interface Column<Row> {
  readonly title: string
  /** What the title is short for. */
  readonly hint?: string
  readonly isText?: boolean
  readonly cell: (row: Row) => Child
  /** What the column is sorted by; without it, it is not. Null goes last, whatever the direction. */
  readonly by?: (row: Row) => number | string | null
  readonly mark?: (row: Row) => string | null
}

export interface TableOptions<Row> {
  /** What the table is of, for those who do not see where it stands. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  /** Below all rows, however they are sorted. */
  readonly foot?: Row
}

export function table<Row>({ label, columns, rows, foot }: TableOptions<Row>): HTMLElement {
  const body = element('tbody')
  const heads = columns.map((column) => element('th', { scope: 'col', ...alignOf(column) }))
  const fill = (sorted: readonly Row[]): void =>
    body.replaceChildren(...sorted.map((row) => renderRow(columns, row)))
  const sort = (at: number, direction: 'ascending' | 'descending'): void => {
    for (const [i, head] of heads.entries()) {
      if (i === at) head.setAttribute('aria-sort', direction)
      else head.removeAttribute('aria-sort')
    }
    fill(sortRows(rows, columns[at]!.by!, direction))
  }
  for (const [i, { title, hint, by, isText }] of columns.entries()) {
    const head = heads[i]!
    if (hint !== undefined) head.title = hint
    if (by === undefined) {
      head.append(title)
      continue
    }
    const button = element('button', { type: 'button' }, title)
    button.addEventListener('click', () => {
      const first = isText === true ? 'ascending' : 'descending'
      const other = first === 'ascending' ? 'descending' : 'ascending'
      sort(i, head.getAttribute('aria-sort') === first ? other : first)
    })
    head.append(button)
  }
  fill(rows)
  return element(
    'div',
    // What scrolls sideways must be reachable without a mouse.
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label },
    element(
      'table',
      {},
      element('caption', {}, label),
      element('thead', {}, element('tr', {}, ...heads)),
      body,
      foot === undefined ? null : element('tfoot', {}, renderRow(columns, foot)),
    ),
  )
}

function renderRow<Row>(columns: readonly Column<Row>[], row: Row): HTMLElement {
  const cells = columns.map((column, i) => {
    const mark = column.mark?.(row) ?? null
    const content = column.cell(row)
    const attributes = { ...alignOf(column, mark), ...(i === 0 ? { scope: 'row' } : {}) }
    return element(i === 0 ? 'th' : 'td', attributes, typeof content === 'string' ? shown(content) : content)
  })
  return element('tr', {}, ...cells)
}

function alignOf<Row>({ isText }: Column<Row>, mark: string | null = null): Record<string, string> {
  const classes = [isText === true ? 'text' : null, mark].filter((name) => name !== null)
  return classes.length === 0 ? {} : { class: classes.join(' ') }
}

function sortRows<Row>(
  rows: readonly Row[],
  by: (row: Row) => number | string | null,
  direction: 'ascending' | 'descending',
): Row[] {
  const sign = direction === 'ascending' ? 1 : -1
  return [...rows].sort((left, right) => {
    const a = by(left)
    const b = by(right)
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
    if (typeof a === 'string' || typeof b === 'string')
      return sign * String(a).localeCompare(String(b), 'en', { numeric: true })
    return sign * (a - b)
  })
}
