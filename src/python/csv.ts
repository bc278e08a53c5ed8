/** `csv.reader` and `csv.DictReader`, of a text or its lines. */
import { list } from './value.ts'

/** The cells of each line. */
export function csvLines(source: any): string[][] {
  const text = typeof source === 'string' ? source : (list(source) as string[]).join('')
  const rows: string[][] = []
  let row: string[] = []
  for (const [whole, quoted, plain = '', end = ''] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|\r|\n|$)/g,
  )) {
    if (whole === '' && row.length === 0) break
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    // An empty line has no cells.
    if (row.length > 1 || row[0] !== '' || quoted !== undefined) rows.push(row)
    row = []
    if (end === '') break
  }
  return rows
}

/** Each line as a dict by the names of the first. */
export function csvRows(source: any): Record<string, string>[] {
  const [names = [], ...rows] = csvLines(source)
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i] ?? ''])))
}
