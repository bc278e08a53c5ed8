import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Report } from '../../../src/core/report/report.ts'
import { bucketFor, decimate, type Extremes, type Values } from '../../../src/output/text/decimation.ts'
import { heatMapOf, percentileCurve } from '../../../src/output/text/distribution.ts'
import { viewOf, type ReportView } from '../../../src/output/view/view.ts'
import { EVIL, longReport, page, PAGE_FILES } from '../../support/page.ts'
import { planOf, reportOf } from '../../support/reports.ts'

const REPORT = longReport(['GET /a', '<b>', '__proto__'], 40, { warmup: '5s' })

const viewIn = (html: string): ReportView =>
  JSON.parse(/<script type="application\/json" id="view">(.*?)<\/script>/s.exec(html)![1]!) as ReportView

test('whatever was said, the file has three scripts at most and reads back the same figures', () => {
  const html = page(
    longReport([EVIL, 'GET /a'], 12, { name: EVIL, url: `http://127.0.0.1/?q=${encodeURIComponent(EVIL)}` }),
  )
  expect(html.match(/<script/g)).toHaveLength(2)
  expect(html.match(/<\/script/g)).toHaveLength(2)
  expect(html).not.toContain('<img')
  expect(html).not.toContain('##[')
  const view = viewIn(html)
  expect(view.report.errors[0]!.message).toBe(EVIL)
  expect(view.names.tracks.map(([name]) => name)).toContain(EVIL)
})

test('nothing may run or be fetched but the script and the style in it', () => {
  const html = page(REPORT)
  const policy = /http-equiv="Content-Security-Policy" content="(.*?)"/.exec(html)![1]!
  const hash = (tag: string): string => {
    const text = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(html)![1]!
    return createHash('sha256').update(text).digest('base64')
  }
  expect(policy).toBe(
    `default-src 'none'; script-src 'sha256-${hash('script')}'; style-src 'sha256-${hash('style')}'; base-uri 'none'; form-action 'none'`,
  )
  expect(html).not.toMatch(/\b(src|href|srcset)="/)
  expect(html).not.toMatch(/\sstyle="|\son\w+="/)
})

test('without its figures the file is below 200 kB, and carries the licence of what is in it', () => {
  const html = page(REPORT)
  expect(html.length - JSON.stringify(viewOf(REPORT)).length).toBeLessThan(200_000)
  expect(PAGE_FILES.script).toContain('Permission is hereby granted, free of charge')
})

test('the figures are those of the report', () => {
  const { report } = viewIn(page(REPORT))
  expect({ ...report, timeline: REPORT.timeline }).toEqual(REPORT)
})

test('decimation keeps the extremes of each bucket, and loses no second', () => {
  const value = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: null })
  fc.assert(
    fc.property(fc.array(value, { maxLength: 300 }), fc.integer({ min: 1, max: 40 }), (values, bucketS) => {
      const { low, high } = decimate(values, bucketS)
      expect(low).toHaveLength(Math.ceil(values.length / bucketS))
      const shown = decimate(values, 1).low
      for (const [i, from] of low.entries()) {
        const bucket = shown.slice(i * bucketS, (i + 1) * bucketS).filter((one) => one !== null)
        expect(from).toBe(bucket.length === 0 ? null : Math.min(...bucket))
        expect(high === null ? from : high[i]).toBe(bucket.length === 0 ? null : Math.max(...bucket))
      }
    }),
  )
})

test('seconds beyond the limit are joined: never more points than allowed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 2, max: 4000 }), (seconds, most) => {
      const bucketS = bucketFor(seconds, most)
      const points = Math.ceil(seconds / bucketS) * (bucketS === 1 ? 1 : 2)
      // An odd number has room for one pair less.
      expect(points).toBeLessThanOrEqual(most)
    }),
  )
})

test('ten hours are no more than a screen can show', () => {
  const rows = longReport(['GET /a'], 20).timeline
  const long: Report = {
    ...REPORT,
    timeline: Array.from({ length: 36_000 }, (_, second) => ({ ...rows[second % rows.length]!, second })),
  }
  const view = viewOf(long)
  const longest = (lines: Readonly<Record<string, Extremes>>): number =>
    Math.max(...Object.values(lines).map(({ low, high }) => low.length + (high?.length ?? 0)))
  expect(longest(view.total.lines)).toBeLessThanOrEqual(2000)
  expect(view.heatMap.columns.length).toBeLessThanOrEqual(600)
  const highest = (values: Values): number => Math.max(...values.map((value) => value ?? 0))
  expect(highest(view.total.lines['max']!.high!)).toBeCloseTo(900, 0)
})

test('the heat map counts every request of every second once', () => {
  const { timeline } = REPORT
  const inHistograms = timeline.flatMap(({ histogram }) => histogram.counts).reduce((a, b) => a + b, 0)
  const { columns } = heatMapOf(timeline)
  expect(columns).toHaveLength(timeline.length)
  expect(columns.flatMap(({ counts }) => counts).reduce((a, b) => a + b, 0)).toBe(inHistograms)
})

test('the percentile curve rises, ends at one request and the maximum, and leaves the warm-up out', () => {
  const { timeline, total } = REPORT
  const curve = percentileCurve(timeline, total.latencyMs.max)
  const counted = timeline
    .filter(({ phase }) => phase !== 'warmup')
    .flatMap(({ histogram }) => histogram.counts)
    .reduce((a, b) => a + b, 0)
  expect(curve.at(-1)).toEqual({ over: counted, ms: total.latencyMs.max })
  for (const [i, { over, ms }] of curve.entries()) {
    expect(over).toBeGreaterThan(curve[i - 1]?.over ?? 0)
    expect(ms).toBeGreaterThanOrEqual(curve[i - 1]?.ms ?? 0)
  }
  expect(percentileCurve([], null)).toEqual([])
})

test('where nothing was measured there is nothing, not zero', () => {
  const view = viewOf(reportOf(planOf(), [{ second: 0 }, { second: 1 }]))
  expect(view.total.lines['p99']!.low).toEqual([null, null])
  expect(view.total.lines['failed']!.low).toEqual([0, 0])
  expect(view.cores.units).toEqual([])
  expect(view.workers.units).toHaveLength(1)
  expect(viewOf(reportOf(planOf({ wait: undefined }), [{ second: 0 }])).total.lines['planned']!.low).toEqual([
    null,
  ])
})

test('the planned rate is that of the stages, in the open model exactly', () => {
  const plan = planOf({
    users: undefined,
    wait: undefined,
    duration: undefined,
    stages: ['2s:100/s', '2s:100/s'],
  })
  const view = viewOf(
    reportOf(
      plan,
      [0, 1, 2, 3].map((second) => ({ second, ok: { a: [1] } })),
      { durationS: 4 },
    ),
  )
  expect(view.total.lines['planned']!.low).toEqual([25, 75, 100, 100])
})
