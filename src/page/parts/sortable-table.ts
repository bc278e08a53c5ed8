/** HTML tables, sortable by a button in each heading. */
import { element, shown, type Child } from './element.ts'

export interface Column<Row> {
  readonly title: string
  /** The tooltip of the title. */
  readonly hint?: string
  readonly isText?: boolean
  readonly cell: (row: Row) => Child
  /** The sort key; a column without one is not sortable. `null` sorts last in both directions. */
  readonly by?: (row: Row) => number | string | null
  readonly mark?: (row: Row) => string | null
}

type Direction = 'ascending' | 'descending'

export interface TableOptions<Row> {
  /** The caption, and the label for screen readers. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  /** A row below all others, whatever the order. */
  readonly foot?: Row
}

/** The options of each table on the page, and how to show newer ones in it. */
const takeOvers = new WeakMap<
  Element,
  { readonly options: unknown; readonly show: (options: unknown) => void }
>()

/** Shows the rows of a newer table in an existing one, in the order chosen by the reader. Returns false if the two are not the same table. */
export function takeOver(old: Element, newer: Element): boolean {
  const [into, from] = [takeOvers.get(old), takeOvers.get(newer)]
  if (into === undefined || from === undefined || labelOf(old) !== labelOf(newer)) return false
  into.show(from.options)
  return true
}

/** The label of an element for screen readers. */
export const labelOf = (one: Element): string | null => one.getAttribute('aria-label')

export function table<Row>(options: TableOptions<Row>): HTMLElement {
  const { label } = options
  let { columns, rows } = options
  const body = element('tbody')
  const foot = element('tfoot')
  const heads = columns.map((column) => element('th', { scope: 'col', ...alignOf(column) }))
  let order: { readonly at: number; readonly direction: Direction } | null = null
  const fill = (): void => {
    const sorted = order === null ? rows : sortRows(rows, columns[order.at]!.by!, order.direction)
    renewRows(
      body,
      sorted.map((row) => renderRow(columns, row)),
    )
  }
  const show = (shown: TableOptions<Row>): void => {
    ;({ columns, rows } = shown)
    fill()
    renewRows(foot, shown.foot === undefined ? [] : [renderRow(columns, shown.foot)])
  }
  const sort = (at: number, direction: Direction): void => {
    for (const [i, head] of heads.entries()) {
      if (i === at) head.setAttribute('aria-sort', direction)
      else head.removeAttribute('aria-sort')
    }
    order = { at, direction }
    fill()
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
  show(options)
  const root = element(
    'div',
    // A region that scrolls must be reachable by keyboard.
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label },
    element(
      'table',
      {},
      element('caption', {}, label),
      element('thead', {}, element('tr', {}, ...heads)),
      body,
      options.foot === undefined ? null : foot,
    ),
  )
  takeOvers.set(root, { options, show: (newer) => show(newer as TableOptions<Row>) })
  return root
}

/** Replaces the rows. Cells with unchanged text stay, with their focus and open details. */
function renewRows(body: HTMLElement, rows: readonly HTMLElement[]): void {
  for (const [i, row] of rows.entries()) {
    const old = body.children[i]
    if (old === undefined) body.append(row)
    else
      for (const [j, cell] of [...row.children].entries()) {
        const before = old.children[j]!
        if (before.textContent !== cell.textContent || before.className !== cell.className)
          before.replaceWith(cell)
      }
  }
  while (body.children.length > rows.length) body.lastElementChild!.remove()
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

/** Rows in the order of a column; `null` sorts last in both directions. */
export function sortRows<Row>(
  rows: readonly Row[],
  by: (row: Row) => number | string | null,
  direction: Direction,
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
