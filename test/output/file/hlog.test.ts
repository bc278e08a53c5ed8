import { decodeFromCompressedBase64, HistogramLogReader, type Histogram } from 'hdr-histogram-js'
import { expect, test } from 'vitest'
import { HistogramLog } from '../../../src/output/file/hlog.ts'
import { planOf, reportOf, textOf, type Second } from '../../support/reports.ts'

function logOf(seconds: readonly Second[], options = {}) {
  let text = ''
  const log = new HistogramLog({
    name: '-',
    check: () => undefined,
    write: (all) => void (text = textOf(all)),
  })
  const report = reportOf(planOf({ workers: 1, ...options }), seconds, {}, (second) => log.settled(second))
  void log.finish(report)
  return { text, report }
}

/** Every interval of a log, as the library's own reader finds it. */
function intervals(text: string): Histogram[] {
  const reader = new HistogramLogReader(text)
  const found: Histogram[] = []
  for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram())
    found.push(next)
  return found
}

const many = (n: number, from: number): number[] => Array.from({ length: n }, (_, i) => from + i * 0.37)
const RUN: Second[] = [
  { ok: { A: many(500, 3), 'B, b': many(20, 900) } },
  { second: 1 },
  { second: 2, ok: { A: many(100, 50) } },
]

test('what tools read from it, merged, is what the report says', () => {
  const { text, report } = logOf(RUN, { duration: '3s' })
  const found = intervals(text)
  const whole = found.filter(({ tag }) => tag === 'NO TAG')
  expect(whole.map(({ startTimeStampMsec }) => startTimeStampMsec - whole[0]!.startTimeStampMsec)).toEqual([
    0, 2000,
  ])
  expect(whole[0]!.startTimeStampMsec).toBe(Date.parse(report.startedAt))
  const merged = whole[0]!
  merged.add(whole[1]!)
  const { latencyMs, succeeded } = report.total
  expect(merged.totalCount).toBe(succeeded)
  for (const [name, q] of [
    ['p50', 50],
    ['p95', 95],
    ['p99', 99],
  ] as const)
    expect(merged.getValueAtPercentile(q) / 1000).toBe(latencyMs[name])
  const own = found.filter(({ tag }) => tag === 'B_b')
  expect(own.map(({ totalCount }) => totalCount)).toEqual([20])
})

test('the columns: start, length and maximum of each interval, then the histogram in V2', () => {
  const { text } = logOf([{ ok: { A: [10, 20] } }])
  const [line] = text.split('\n').filter((one) => /^\d/.test(one))
  const [start, length, max, encoded] = line!.split(',')
  expect([start, length, max]).toEqual(['0.000', '1.000', '20.000'])
  expect(encoded).toMatch(/^HISTFA/)
  expect(decodeFromCompressedBase64(encoded!).totalCount).toBe(2)
  expect(text).toMatch(
    /^#\[Logged with corerush .*\n#\[Histogram log format version 1\.3\]\n#\[StartTime: \d/,
  )
})

test('the warm-up is left out, and a run without a request is a log without lines', () => {
  expect(intervals(logOf(RUN, { duration: '3s', warmup: '1s' }).text)).toHaveLength(1)
  expect(intervals(logOf([{}]).text)).toEqual([])
})
