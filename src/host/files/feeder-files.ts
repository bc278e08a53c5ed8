/**
 * Reads the files of feeders, once, into memory that all workers share. The only importer of csv-parse. Each row is kept
 * as the bytes of its JSON: a million rows of objects would take many times that, in every worker.
 */
import { createRequire } from 'node:module'
import type { FeederPlan } from '../../core/scenario/row-source.ts'
import { guessDelimiter } from '../../core/scenario/delimiter.ts'
import { CorerushError, messageOf } from '../../errors.ts'
import type { FeederRows } from '../../protocol.ts'
import { readBytes, utf8Of } from './text-file.ts'

type CsvParse = typeof import('csv-parse/sync')

const load = createRequire(import.meta.url)
/** Loaded when it is needed. */
const csv = (): CsvParse => load('csv-parse/sync') as CsvParse

/** More does not fit into one buffer. */
const MOST_BYTES = 2 ** 31 - 1
/** So much of a CSV file says what separates its cells. */
const FIRST_LINES_BYTES = 65_536

/** Looks at a row, from 1, and throws where it cannot be used. */
type Look = (row: unknown, number: number) => void

/** The rows of a feeder, and the delimiter that was guessed, if it is no comma. */
export function readFeeder(plan: FeederPlan, look?: Look): FeederRows & { readonly guess: string | null } {
  const rows = new RowBytes()
  let columns: readonly string[] | null = null
  let guess: string | null = null
  try {
    const bytes = readData(plan.path)
    if (plan.format === 'csv') {
      const delimiter = plan.isGuess === true ? delimiterOf(bytes) : plan.delimiter
      if (plan.isGuess === true && delimiter !== ',') guess = delimiter
      columns = readCsv(bytes, delimiter, rows, look)
    } else readJson(bytes.toString('utf8'), rows, look)
  } catch (error) {
    throw unusable(plan.path, reasonOf(error), error)
  }
  if (rows.count === 0) throw unusable(plan.path, 'it has no rows')
  return { columns, guess, ...rows.shared() }
}

/** The parsers quote what they read, and a row may hold a secret. */
export function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'it is no JSON'
  if (!(error instanceof csv().CsvError)) return messageOf(error)
  const [, ...words] = error.code.toLowerCase().split('_')
  const { lines } = error as { readonly lines?: number }
  return `it is no CSV: ${words.join(' ')}${lines === undefined ? '' : `, in line ${lines}`}`
}

const unusable = (path: string, why: string, cause?: unknown): CorerushError =>
  new CorerushError('CORERUSH_SCENARIO', `${path} cannot be used: ${why}`, { cause })

/** The bytes of a file of rows, in UTF-8. */
export const readData = (path: string): Buffer => utf8Of(readBytes(path, MOST_BYTES))

/** The delimiter of a CSV file, by its first lines. */
export const delimiterOf = (bytes: Buffer): string =>
  guessDelimiter(bytes.subarray(0, FIRST_LINES_BYTES).toString('utf8'))

/** Any line end, also several kinds in one file; a column head that ends otherwise than the rows is common. */
const RECORDS = { record_delimiter: ['\r\n', '\n', '\r'], skip_empty_lines: true }

/** Adds the rows, and returns the names of their columns. */
function readCsv(bytes: Buffer, delimiter: string, rows: RowBytes, look?: Look): readonly string[] {
  let columns: readonly string[] = []
  csv().parse(bytes, {
    ...RECORDS,
    delimiter,
    // Kept as they come, and not in the result: it would hold them all.
    on_record: (record: string[]) => {
      if (columns.length === 0) columns = namesOf(record, bytes)
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
export function readCsvColumns(bytes: Buffer, delimiter: string): readonly string[] {
  const [record = []]: string[][] = csv().parse(bytes, { ...RECORDS, delimiter, to: 1 })
  return namesOf(record, bytes)
}

function namesOf(record: readonly string[], bytes: Buffer): readonly string[] {
  const names = record.map((name) => name.trim())
  const other = delimiterOf(bytes)
  if (names.length === 1 && names[0]!.includes(other))
    throw new Error(`its columns seem to be separated by ${JSON.stringify(other)}: say so as its delimiter`)
  const wrong = names.find((name, i) => name === '' || names.indexOf(name) !== i)
  if (wrong !== undefined)
    throw new Error(wrong === '' ? 'a column has no name' : `two columns are called "${wrong}"`)
  return names
}

function readJson(text: string, rows: RowBytes, look?: Look): void {
  const parsed: unknown = JSON.parse(text)
  if (!Array.isArray(parsed)) throw new Error('it must be a list of rows')
  // Where rows become texts, a number is sent as it is written.
  const values = look === undefined ? parsed : (JSON.parse(withNumbersAsTexts(text)) as unknown[])
  for (const value of values) {
    look?.(value, rows.count + 1)
    rows.add(JSON.stringify(value))
  }
}

/** The JSON with numbers as texts that would be written otherwise, such as 1.10 or 12345678901234567890. */
const withNumbersAsTexts = (json: string): string =>
  json.replace(/"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${token}"`,
  )

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
