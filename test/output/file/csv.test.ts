import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CSV_FILES, LocustCsv, renderCsv, type CsvFile } from '../../../src/output/file/csv.ts'
import { FileDestination, type Destination } from '../../../src/output/destination.ts'
import { withFolder } from '../../support/cli.ts'
import { planOf, reportOf, textOf, type Second } from '../../support/reports.ts'

/** The four files of a run, by name, and its report. */
function filesOf(seconds: readonly Second[], options = {}) {
  const files = {} as Record<CsvFile, string>
  const destinations = Object.fromEntries(
    CSV_FILES.map((file): [CsvFile, Destination] => [
      file,
      { name: file, check: () => undefined, write: (text) => void (files[file] = textOf(text)) },
    ]),
  ) as Record<CsvFile, Destination>
  const csv = new LocustCsv('run', destinations)
  const report = reportOf(planOf({ workers: 1, ...options }), seconds, {}, (second) => csv.settled(second))
  void csv.finish(report)
  return { files, report }
}
const table = (csv: string): Record<string, string>[] => {
  const [titles, ...rows] = csv
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','))
  return rows.map((row) => Object.fromEntries(titles!.map((title, i) => [title, row[i]!])))
}

const RUN: Second[] = [
  { ok: { 'GET A': [10, 20, 30, 40], 'POST A': [5] }, users: 7 },
  {
    second: 1,
    ok: { 'GET A': [50] },
    failures: [['POST A', 'status', 'status 500', 2]],
    unfinished: 1,
    users: 9,
  },
]

test("the four files have Locust's names and columns", async () => {
  await withFolder((folder) => {
    const file = (name: string) =>
      new FileDestination(join(folder, name), { stream: { write: () => undefined }, name: 'nowhere' })
    const csv = new LocustCsv(
      'run',
      Object.fromEntries(CSV_FILES.map((name) => [name, file(`run_${name}.csv`)])) as never,
    )
    csv.check()
    void csv.finish(reportOf(planOf({ workers: 1 }), RUN))
    expect(readdirSync(folder).sort()).toEqual([
      'run_exceptions.csv',
      'run_failures.csv',
      'run_stats.csv',
      'run_stats_history.csv',
    ])
    const titles = (name: string): string => readFileSync(join(folder, name), 'utf8').split('\r\n')[0]!
    expect(titles('run_stats.csv')).toBe(
      'Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,' +
        'Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%',
    )
    expect(titles('run_stats_history.csv')).toBe(
      'Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,' +
        'Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,' +
        'Total Min Response Time,Total Max Response Time,Total Average Content Size',
    )
    expect(titles('run_failures.csv')).toBe('Method,Name,Error,Occurrences,First Seen,Last Seen')
    expect(titles('run_exceptions.csv')).toBe('Count,Message,Traceback,Nodes')
  })
})

test('they agree with the report to the request, the last second included', () => {
  const { files, report } = filesOf(RUN)
  const stats = table(files.stats)
  expect(stats.map(({ Type, Name }) => [Type, Name])).toEqual([
    ['GET', 'A'],
    ['POST', 'A'],
    ['', 'Aggregated'],
  ])
  for (const [row, metrics] of [
    [stats[0]!, report.byName['GET A']!],
    [stats[1]!, report.byName['POST A']!],
    [stats[2]!, report.total],
  ] as const) {
    const { latencyMs } = metrics
    expect({
      requests: Number(row['Request Count']),
      failures: Number(row['Failure Count']),
      mean: Number(row['Average Response Time']),
      max: Number(row['Max Response Time']),
      p50: Number(row['50%']),
      p99: Number(row['99%']),
      p100: Number(row['100%']),
      perS: Number(row['Requests/s']),
    }).toEqual({
      requests: metrics.finished + metrics.unfinished,
      failures: metrics.failed + metrics.unfinished,
      mean: latencyMs.mean,
      max: latencyMs.max,
      p50: latencyMs.p50,
      p99: latencyMs.p99,
      p100: latencyMs.max,
      perS: metrics.requestsPerS,
    })
  }
  const history = table(files.stats_history)
  expect(
    history.map((row) => [row['User Count'], row['Total Request Count'], row['Total Failure Count']]),
  ).toEqual([
    ['7', '5', '0'],
    ['9', '9', '3'],
  ])
  expect(Number(history[1]!.Timestamp) - Number(history[0]!.Timestamp)).toBe(1)
  expect(history.at(-1)!['99.9%']).toBe(stats.at(-1)!['99.9%'])
  const failures = table(files.failures)
  expect(failures.map((row) => [row.Method, row.Name, row.Error, row.Occurrences])).toEqual([
    ['POST', 'A', 'status: status 500', '2'],
    ['GET', 'A', 'unfinished when the drain ended', '1'],
  ])
  expect(failures[0]!['First Seen']).toBe('2026-01-02T03:04:07.178Z')
})

test('the warm-up is in none of them; a run without a request has its rows too', () => {
  const { files } = filesOf(RUN, { warmup: '1s' })
  expect(table(files.stats).at(-1)).toMatchObject({ Name: 'Aggregated', 'Request Count': '4' })
  expect(table(files.stats_history)).toHaveLength(1)
  const empty = filesOf([{}]).files
  expect(table(empty.stats)).toEqual([
    expect.objectContaining({ Name: 'Aggregated', 'Request Count': '0', '50%': 'N/A', 'Requests/s': '0' }),
  ])
})

test('no cell is a formula, breaks its row, or steers a terminal', () => {
  expect(
    renderCsv(
      ['a'],
      [
        ['=1+1'],
        ['+1'],
        ['-2'],
        ['-cmd'],
        ['@x'],
        ['\t=1'],
        ['a,"b"\n'],
        ['\u001b[31m'],
        ['5-3'],
        [-1.5],
        [null],
      ],
    ),
  ).toBe(
    [
      'a',
      "'=1+1",
      "'+1",
      '-2',
      "'-cmd",
      "'@x",
      "'\t=1",
      '"a,""b""\n"',
      '�[31m',
      '5-3',
      '-1.5',
      'N/A',
      '',
    ].join('\r\n'),
  )
})

test('a file that cannot be written keeps none of the others from it', () => {
  const written: string[] = []
  const destinations = Object.fromEntries(
    CSV_FILES.map((name): [CsvFile, Destination] => [
      name,
      {
        name,
        check: () => undefined,
        write() {
          if (name.startsWith('stats')) throw new Error('could not be written')
          written.push(name)
        },
      },
    ]),
  ) as Record<CsvFile, Destination>
  expect(() => new LocustCsv('run', destinations).finish(reportOf(planOf(), [{}]))).toThrow(
    'stats could not be written; stats_history could not be written',
  )
  expect(written).toEqual(['failures', 'exceptions'])
})
