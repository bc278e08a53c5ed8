/** What a server or a name says stays a text in every output: it steers no terminal, no runner, no browser, no spreadsheet. */
import { describe, expect, test } from 'vitest'
import type { Report } from '../../src/core/report/report.ts'
import { LocustCsv } from '../../src/output/file/csv.ts'
import { piecesOf, type Pieces } from '../../src/output/whole-file.ts'
import { renderPlan } from '../../src/output/text/dry-run.ts'
import { renderAnnotations, renderStepSummary } from '../../src/output/file/github.ts'
import { HistogramLog } from '../../src/output/file/hlog.ts'
import { renderJson } from '../../src/output/file/json.ts'
import { renderJunit } from '../../src/output/file/junit.ts'
import { renderLive } from '../../src/output/live/live-frame.ts'
import { renderNdjson } from '../../src/output/file/ndjson.ts'
import { renderSummary } from '../../src/output/text/summary.ts'
import { planOf, reportOf, textOf, type Second } from '../support/reports.ts'

const HOSTILE = [
  '\u001b[31mred\u001b]0;title\u0007',
  'C1 \u009b31m and \u0085 and \u2028',
  'right to left \u202egnp.exe',
  '::error::stopped',
  ' ::add-mask::x',
  '::stop-commands::x\n::set-output name=a::b',
  'a ##[error]b',
  '<script>alert(1)</script> & "quoted" \'so\'',
  '=cmd|/c calc!A1',
  '\t@SUM(1+1)*cmd|',
  '| a | pipe | [link](javascript:alert(1)) `code` ![x](y)',
  ']]> <!-- \u0000 \uffff \ud800',
] as const

/** A report in which everything that others can word is worded so. */
function reportSaying(text: string): {
  report: Report
  settled: (LocustCsv | HistogramLog)[]
  files: string[]
} {
  const plan = planOf({ name: text.trim() === '' ? 'x' : text, workers: 1 })
  const { name } = plan.request
  const seconds: Second[] = [
    { ok: { [name]: [10, 20], other: [5] }, failures: [[name, 'check', text, 3]] },
    { second: 1, ok: { [name]: [10] } },
  ]
  const files: string[] = []
  const write = (all: string | Pieces): void => void files.push([...piecesOf(all)].join(''))
  const file = () => ({ name: 'file', check: () => undefined, write })
  const outputs = [
    new LocustCsv('csv', { stats: file(), stats_history: file(), failures: file(), exceptions: file() }),
    new HistogramLog(file()),
  ]
  const facts = { warnings: [text], lostWorkers: [{ worker: 0, second: 1, message: text }] }
  const report = reportOf(plan, seconds, facts, (second) => {
    for (const output of outputs) output.settled(second)
  })
  const taskErrors = [{ task: text, message: text, place: text, count: 1, firstS: 0, lastS: 0 }]
  return { report: { ...report, taskErrors }, settled: outputs, files }
}

const STEERS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/
function expectHarmless(text: string): void {
  expect(text).not.toMatch(STEERS)
  expect(text).not.toContain('##[')
}

describe.each(HOSTILE)('%j', (text) => {
  const { report, settled, files } = reportSaying(text)

  test('on a terminal and in the log of a runner', () => {
    const style = { color: false, width: 80 }
    const live = renderLive(
      {
        run: { plan: report.plan, version: '1', startedAt: '', warnings: [], elapsedS: () => 0 },
        elapsedS: 0,
        latest: null,
      },
      style,
    )
    for (const all of [
      renderSummary(report, style),
      renderSummary(report, { ...style, width: Infinity }),
      renderPlan(planOf({ name: text, headers: { 'x-a': '::error::x ##[error]' } }), style),
      live.join('\n'),
    ]) {
      expectHarmless(all)
      expect(all).not.toMatch(/^\s*::/m)
    }
  })

  test('as JSON, which reads back the same', () => {
    const json = textOf(renderJson(report))
    expectHarmless(json)
    expect(json.split('\n')).toHaveLength(2)
    const read = JSON.parse(json) as Report
    expect(read.errors[0]!.message).toBe(text)
    expect(read.byName).toEqual(JSON.parse(JSON.stringify(report.byName)))
    const lines = textOf(renderNdjson(report))
    expectHarmless(lines)
    expect(lines.trimEnd().split('\n')).toHaveLength(report.timeline.length + 1)
  })

  test('as Markdown, in which it is no markup, and as annotations that are ours', () => {
    const summary = renderStepSummary(report)
    expectHarmless(summary)
    expect(summary).not.toMatch(/^\s*::/m)
    expect(summary.replace(/<\/?code>/g, '')).not.toMatch(/[<`\\]|\]\(/)
    // A row has as many cells as its title.
    const failures = summary.split('\n').filter((line) => line.startsWith('| check'))
    for (const row of failures) expect(row.split('|')).toHaveLength(5)
    const annotations = renderAnnotations(report)
    expectHarmless(annotations)
    for (const line of annotations.trimEnd().split('\n'))
      expect(line).toMatch(/^::(error|warning) title=corerush[^:,]*::/)
  })

  test('as XML', () => {
    const xml = renderJunit(report)
    expectHarmless(xml.replace(/[\r\t]/g, ''))
    expect(xml).not.toMatch(/<script|<!|\]\]>|\uffff|\p{Surrogate}/u)
    expect(xml).not.toMatch(/^\s*::/m)
  })

  test('in a spreadsheet, and as a log of histograms', () => {
    for (const output of settled) void output.finish(report)
    expect(files).toHaveLength(5)
    for (const all of files) {
      // In a file of CSV, line breaks and tabs are text.
      expectHarmless(all.replace(/[\r\t]/g, ''))
      for (const cell of all.matchAll(/(?<=^|,)"?\s*[=+@-](?![\d.]+(,|\r?$))[^,\r\n]*/gm))
        expect(cell[0]).toBe('no cell may be a formula')
    }
  })
})
