/**
 * Reads the files of feeders, once, into memory that all workers share. The only importer of csv-parse. Each row is kept
 * as the bytes of its JSON: a million rows of objects would take many times that, in every worker.
 */
import { readFileSync } from 'node:fs'
import { CsvError, parse } from 'csv-parse/sync'
import type { FeederPlan } from '../../core/scenario/row-source.ts'
import { CorerushError, messageOf } from '../../errors.ts'
import type { FeederRows } from '../../protocol.ts'

/** Looks at a row, from 1, and throws where it cannot be used. */
type Look = (row: unknown, number: number) => void

export function readFeeder(plan: FeederPlan, look?: Look): FeederRows {
  const rows = new RowBytes()
  let columns: readonly string[] | null = null
  try {
    const bytes = readFileSync(plan.path)
    if (plan.format === 'csv') columns = readCsv(bytes, plan.delimiter, rows, look)
    else readJson(bytes, rows, look)
  } catch (error) {
    throw unusable(plan.path, reasonOf(error), error)
  }
  if (rows.count === 0) throw unusable(plan.path, 'it has no rows')
  return { columns, ...rows.shared() }
}

/** The parsers quote what they read, and a row may hold a secret. */
export function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'it is no JSON'
  if (!(error instanceof CsvError)) return messageOf(error)
  const [, ...words] = error.code.toLowerCase().split('_')
  const { lines } = error as { readonly lines?: number }
  return `it is no CSV: ${words.join(' ')}${lines === undefined ? '' : `, in line ${lines}`}`
}

const unusable = (path: string, why: string, cause?: unknown): CorerushError =>
  new CorerushError('CORERUSH_SCENARIO', `${path} cannot be used: ${why}`, { cause })

/** Adds the rows, and returns the names of their columns. */
function readCsv(bytes: Buffer, delimiter: string, rows: RowBytes, look?: Look): readonly string[] {
  let columns: readonly string[] = []
  parse(bytes, {
    bom: true,
    delimiter,
    skip_empty_lines: true,
    // Kept as they come, and not in the result: it would hold them all.
    on_record: (record: string[]) => {
      if (columns.length === 0) columns = namesOf(record)
      else {
        look?.(Object.fromEntries(columns.map((column, i) => [column, record[i]])), rows.count + 1)
        rows.add(JSON.stringify(record))
      }
      return null
    },
  })
  return columns
}

/** The names of the columns alone. */
export function readCsvColumns(bytes: Buffer): readonly string[] {
  const [record = []]: string[][] = parse(bytes, { bom: true, skip_empty_lines: true, to: 1 })
  return namesOf(record)
}

function namesOf(record: readonly string[]): readonly string[] {
  const names = record.map((name) => name.trim())
  const wrong = names.find((name, i) => name === '' || names.indexOf(name) !== i)
  if (wrong !== undefined)
    throw new Error(wrong === '' ? 'a column has no name' : `two columns are called "${wrong}"`)
  return names
}

function readJson(bytes: Buffer, rows: RowBytes, look?: Look): void {
  const values: unknown = JSON.parse(bytes.toString('utf8'))
  if (!Array.isArray(values)) throw new Error('it must be a list of rows')
  for (const value of values) {
    look?.(value, rows.count + 1)
    rows.add(JSON.stringify(value))
  }
}

const FIRST_BYTES = 1 << 16

/** Rows as bytes, one after the other, and where each ends. */
class RowBytes {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  #used = 0
  readonly #ends: number[] = []

  get count(): number {
    return this.#ends.length
  }

  add(text: string): void {
    const most = this.#used + Buffer.byteLength(text)
    if (most > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(most, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, this.#used)
      this.#bytes = larger
    }
    this.#used += this.#bytes.write(text, this.#used)
    this.#ends.push(this.#used)
  }

  shared(): Pick<FeederRows, 'text' | 'ends'> {
    const text = new SharedArrayBuffer(this.#used)
    Buffer.from(text).set(this.#bytes.subarray(0, this.#used))
    const ends = new SharedArrayBuffer(this.#ends.length * Float64Array.BYTES_PER_ELEMENT)
    new Float64Array(ends).set(this.#ends)
    return { text, ends }
  }
}
