import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import {
  FIELD,
  PER_OUTCOME,
  ringMemory,
  ROW_OUTCOMES,
  RowReader,
  RowWriter,
  type RequestRow,
} from '../../../src/core/measure/request-rows.ts'
import { COLUMNS, headOf, RequestLines, type LineFormat } from '../../../src/output/file/request-lines.ts'

const NAMES = [
  'GET /items',
  '=HYPERLINK("http://h/")',
  'a "quoted", name',
  'two\r\nlines ##[group]x',
  'ünï ☃ \u001b[31m\u2028',
  '-1 + @x',
]
const [US, DAY] = [1e6, 86_400 * 1e6]

/** Records that cover the edges of every field, as their reader has them. */
function reader(): RowReader {
  const memory = ringMemory(64)
  const writer = new RowWriter(memory)
  const write = (fields: Partial<Record<keyof typeof FIELD, number>>, traceId?: string): void => {
    const at = writer.claim()
    const usual = {
      method: 0,
      scenario: 0,
      user: 0,
      due: 0,
      sent: 0,
      done: 0,
      blocked: -1,
      dns: -1,
      connect: -1,
      tls: -1,
      firstByte: -1,
    }
    for (const [field, value] of Object.entries({
      name: 0,
      ...usual,
      result: 0,
      bytesIn: 0,
      bytesOut: 0,
      ...fields,
    }))
      writer.values[at + FIELD[field as keyof typeof FIELD]] = value
    if (traceId !== undefined) writer.trace(at, traceId)
  }
  write({ due: -1000, sent: -7, done: 1, result: 200 })
  write({
    due: 5,
    sent: 12 * US + 34,
    done: 40 * DAY + 999_999,
    blocked: 1234,
    dns: 0,
    connect: 1,
    tls: 999,
    firstByte: 60 * US,
    user: 999_999,
  })
  write({ bytesIn: 1e9, bytesOut: 123_456_789_012_345, done: 1e15 }, '01ab00cdef0000000000000000000009')
  for (const [i] of NAMES.entries()) write({ name: i, method: i % 2, scenario: i % 3, user: 10 ** i })
  for (const [i] of ROW_OUTCOMES.entries()) write({ result: i * PER_OUTCOME + (i % 2) * 599 })
  const made = new RowReader(3, memory)
  const words = { names: NAMES, methods: ['GET', 'PURGE'], scenarios: ['buy "now"', '@home'] }
  made.handed(writer.hand(words)!)
  return made
}

const textOf = (format: LineFormat, rows: RowReader): string =>
  Buffer.concat([headOf(format), new RequestLines(format).render(rows.next(1000))]).toString()

test('a line of JSON is the record, whatever is in it', () => {
  const lines = textOf('ndjson', reader()).trimEnd().split('\n')
  const rows: RequestRow[] = [...reader().next(1000)]
  expect(lines).toHaveLength(rows.length)
  expect(lines.map((line) => JSON.parse(line) as RequestRow)).toEqual(rows)
  expect(Object.keys(JSON.parse(lines[0]!) as object)).toEqual(COLUMNS)
  expect(lines.join('')).not.toMatch(/##\[|[\u007f-\u009f\u2028]|\u001b/)
  expect(rows[1]).toMatchObject({
    dueS: 0.000005,
    doneS: 3_456_000.999999,
    blockedMs: 1.234,
    dnsMs: 0,
    firstByteMs: 60_000,
    worker: 3,
  })
  expect(rows[2]).toMatchObject({
    bytesOut: 123_456_789_012_345,
    traceId: '01ab00cdef0000000000000000000009',
  })
  expect(lines[0]).toMatchInlineSnapshot(
    `"{"name":"GET /items","method":"GET","scenario":null,"worker":3,"user":0,"dueS":-0.001000,"sentS":-0.000007,"doneS":0.000001,"latencyMs":1.001,"blockedMs":null,"dnsMs":null,"connectMs":null,"tlsMs":null,"firstByteMs":null,"status":200,"outcome":"ok","bytesIn":0,"bytesOut":0,"traceId":null}"`,
  )
})

test('a line of CSV has the same values, no cell is a formula, and quotes and line breaks stay in their cell', () => {
  const csv = textOf('csv', reader())
  const read = parse<Record<string, string>>(csv, { columns: true })
  const rows = [...reader().next(1000)]
  expect(read).toHaveLength(rows.length)
  for (const [i, row] of rows.entries()) {
    expect(Object.keys(read[i]!)).toEqual(COLUMNS)
    for (const column of COLUMNS) {
      const [cell, value] = [read[i]![column]!, row[column]]
      if (value === null) expect(cell).toBe('')
      else if (typeof value === 'number') expect(Number(cell)).toBe(value)
      else expect(cell).not.toMatch(/^\s*[=+\-@\t]|[\u0000-\u0008\u001b]|##\[/)
    }
  }
  expect(read.slice(3, 7).map(({ name }) => name)).toEqual([
    'GET /items',
    `'=HYPERLINK("http://h/")`,
    'a "quoted", name',
    'two\r\nlines #�[group]x',
  ])
  expect(read[4]!['scenario']).toBe('buy "now"')
  expect(read[5]!['scenario']).toBe("'@home")
})
