import { expect, test } from 'vitest'
import { NdjsonStream, renderNdjson } from '../../../src/output/file/ndjson.ts'
import type { LiveSecond } from '../../../src/output/output.ts'
import { planOf, reportOf, textOf, type Second } from '../../support/reports.ts'

type Line = Record<string, unknown>
const parse = (text: string): Line[] => {
  expect(text.endsWith('\n')).toBe(true)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}
test('no text in it is a command to a runner of GitHub Actions, and it reads back the same', () => {
  const name = 'a ##[error]b'
  const line = textOf(renderNdjson(reportOf(planOf({ workers: 1, name }), [{ ok: { [name]: [10] } }])))
  expect(line).not.toContain('##[')
  expect(parse(line).at(-1)).toHaveProperty(['byName', name])
})

const RUN: Second[] = [{ ok: { 'A\n': [10] } }, { second: 1, ok: { 'A\n': [20, 30] } }]
const report = reportOf(planOf({ workers: 1 }), RUN)

test('each second once with the fields of the timeline, then the report without it', () => {
  const lines = parse(textOf(renderNdjson(report)))
  expect(lines.slice(0, -1)).toEqual(
    report.timeline.map((row) => JSON.parse(JSON.stringify({ type: 'second', ...row })) as Line),
  )
  const { timeline, ...summary } = report
  expect(lines.at(-1)).toEqual({ type: 'summary', seconds: timeline.length, ...summary })
})

test('a stream says a second when it closes, and again before the summary only if it was corrected', () => {
  let text = ''
  const stream = new NdjsonStream({ write: (more) => (text += more) })
  for (const row of report.timeline) {
    // The second second is incomplete at first: a worker was late.
    const early = row.second === 1 ? { ...row, complete: false, finished: 0 } : row
    stream.second({ row: early } as LiveSecond)
  }
  expect(parse(text)).toHaveLength(2)
  stream.finish(report)
  const lines = parse(text)
  expect(lines.map(({ type, second, complete }) => [type, second, complete])).toEqual([
    ['second', 0, true],
    ['second', 1, false],
    ['second', 1, true],
    ['summary', undefined, undefined],
  ])
  const last = new Map(lines.filter(({ type }) => type === 'second').map((line) => [line['second'], line]))
  expect([...last.values()]).toEqual(parse(textOf(renderNdjson(report))).slice(0, -1))
})
