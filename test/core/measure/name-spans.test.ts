/** Names over time take bounded memory, and nothing of them is lost: sums are exact, extremes are kept. */
import { expect, test } from 'vitest'
import { NameSpans } from '../../../src/core/measure/name-spans.ts'
import type { SecondRow } from '../../../src/core/measure/second.ts'
import { requestTrack, nameBucketFor } from '../../../src/output/view/tracks.ts'
import { planOf, reportOf, snapshotOf, type Second } from '../../support/reports.ts'
import { Timeline } from '../../../src/core/measure/timeline.ts'

/** Seconds in which each name has so many requests of this latency. */
const seconds: readonly Second[] = Array.from({ length: 40 }, (_, second) => ({
  second,
  ok: {
    ...(second % 3 === 0 ? { rare: [5] } : {}),
    steady: Array.from({ length: 1 + (second % 4) }, () => (second === 21 ? 900 : 20 + second)),
  },
  failures: second === 22 ? [['steady', 'status', 'status 500', 3]] : [],
}))
const plan = planOf({ workers: 1, duration: '40s', warmup: 3 })
const { timeline: whole } = reportOf(plan, seconds)

/** The same rows, of which at most so many figures of names are kept. */
function kept(most: number): { rows: SecondRow[]; spanS: number } {
  const rows = [...whole]
  const names = new NameSpans(rows, most)
  for (const second of rows.keys()) names.settled(second)
  return { rows, spanS: names.spanS }
}
const figures = (rows: readonly SecondRow[]): number =>
  rows.reduce((n, { byName }) => n + Object.keys(byName).length, 0)

test.each([1000, 54, 30, 17, 6])('at most %i figures: counts, seconds and extremes stay', (most) => {
  const { rows, spanS } = kept(most)
  expect(figures(rows)).toBeLessThanOrEqual(most)
  expect(spanS === 1).toBe(figures(whole) <= most)
  expect(rows.reduce((n, { byNameS }) => n + byNameS, 0)).toBe(whole.length)
  for (const name of ['rare', 'steady']) {
    const sum = (of: readonly SecondRow[], key: 'sent' | 'finished' | 'failed' | 'bytesIn'): number =>
      of.reduce((n, { byName }) => n + (byName[name]?.[key] ?? 0), 0)
    for (const key of ['sent', 'finished', 'failed', 'bytesIn'] as const)
      expect(sum(rows, key)).toBe(sum(whole, key))
    const top = (of: readonly SecondRow[]): number =>
      Math.max(...of.map(({ byName }) => byName[name]?.latencyMs.max ?? 0))
    expect(top(rows)).toBe(top(whole))
    const area = (of: readonly SecondRow[]): number =>
      of.reduce((n, { byName, byNameS }) => n + (byName[name]?.requestsPerS ?? 0) * byNameS, 0)
    expect(area(rows)).toBeCloseTo(area(whole), 1)
  }
  // No span holds seconds of the warm-up and of the load.
  for (const [second, { phase, byNameS }] of rows.entries())
    for (let i = 0; i < byNameS; i++) expect(rows[second + i]!.phase).toBe(phase)
})

test('a chart shows the lowest and the highest second, joined or not', () => {
  const { rows, spanS } = kept(30)
  const bucketS = nameBucketFor(rows, 2)
  expect(bucketS % spanS).toBe(0)
  expect(requestTrack(rows, 'steady', bucketS)).toEqual(requestTrack(whole, 'steady', bucketS))
})

test('the timeline of very many names stays small, and its report says what it did', () => {
  const timeline = new Timeline(1, 300)
  const names = Array.from({ length: 200 }, (_, i) => `name ${i}`)
  const ok = Object.fromEntries(names.map((name) => [name, [20]]))
  const snapshot = snapshotOf({ ok })
  for (let second = 0; second < 300; second++) {
    timeline.add({ ...snapshot, second })
    timeline.close(second + 1)
  }
  // Of the last seconds, which can still be corrected, every name is there.
  expect(figures(timeline.rows)).toBeLessThanOrEqual(36_000 + 10 * 200)
  expect(timeline.nameSpanS).toBe(2)
  expect(figures(timeline.rows.slice(-10))).toBe(2000)
})
