/** The files whose rows become placeholders: their columns, before there is a plan, and their rows, fit for it. */
import { dataFormat } from '../../core/resolve/request/data-options.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { isHeaderValue } from '../../core/resolve/request/request-options.ts'
import { columnsOf, templateOf } from '../../core/resolve/request/request-template.ts'
import type { FeederRows } from '../../protocol.ts'
import { delimiterOf, readCsvColumns, readData, readFeeder } from './feeder-files.ts'

/** What must be known of a data file before there is a plan. */
export interface DataFile {
  /** The names of its columns. */
  readonly columns: readonly string[]
  /** What separates its cells, and whether that is a guess. */
  readonly delimiter: string
  readonly isGuess: boolean
}

/** Reads the columns of a data file. Throws if it has none. `delimiter` is `null` if none was given. */
export function readDataFile(path: string, delimiter: string | null): DataFile {
  const bytes = readData(path)
  if (dataFormat(path) === 'csv') {
    const used = delimiter ?? delimiterOf(bytes)
    const isGuess = delimiter === null && used !== ','
    return { columns: readCsvColumns(bytes, used), delimiter: used, isGuess }
  }
  const rows: unknown = JSON.parse(bytes.toString('utf8'))
  const first: unknown = Array.isArray(rows) ? rows[0] : null
  if (typeof first !== 'object' || first === null) throw new Error('it must be a list of rows with names')
  return { columns: Object.keys(first), delimiter: ',', isGuess: false }
}

/** The rows of the plan's data, each with a value for every placeholder; a CorerushError names the first that has none. */
export function readRows(plan: Plan): FeederRows[] {
  if (plan.data === null) return []
  const requests = plan.targets?.requests.map(({ request }) => request) ?? [plan.request]
  const columns = requests.map((request) => columnsOf(templateOf(request)))
  const all = new Set(columns.flatMap((of) => [...of.all]))
  const inHeaders = new Set(columns.flatMap((of) => [...of.inHeaders]))
  return [
    readFeeder(plan.data, (row, number) => {
      for (const column of all) {
        const problem = valueProblem(row, column, inHeaders.has(column))
        if (problem !== null) throw new Error(`row ${number} has ${problem}`)
      }
    }),
  ]
}

/** The value is not quoted: it may be a secret. */
function valueProblem(row: unknown, column: string, isInHeader: boolean): string | null {
  const value = typeof row === 'object' && row !== null ? (row as Record<string, unknown>)[column] : undefined
  if (!['string', 'number', 'boolean'].includes(typeof value)) return `no text or number as ${column}`
  const text = String(value)
  if (/\p{Surrogate}/u.test(text)) return `half a character in ${column}`
  return isInHeader && !isHeaderValue(text)
    ? `a line break, or what is not Latin-1, in ${column}, which a header cannot hold`
    : null
}
