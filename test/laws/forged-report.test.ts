/** A stored report may be anybody's: whatever stands in it, it is refused with a reason or shown, and nothing breaks. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareReports, differencesAmong } from '../../src/core/compare/run-comparison.ts'
import type { Report } from '../../src/core/report/report.ts'
import { defaultRules } from '../../src/core/threshold/relative-rule.ts'
import { reportProblem } from '../../src/host/kept/stored-runs.ts'
import { renderComparisonHtml } from '../../src/output/file/html.ts'
import { renderComparison } from '../../src/output/text/comparison-text.ts'
import { comparisonViewOf } from '../../src/output/view/comparison-view.ts'
import { planOf, reportOf } from '../support/reports.ts'

const honest = JSON.parse(
  JSON.stringify(
    reportOf(
      planOf({ workers: 1, duration: '3s', thresholds: ['p95 < 1s'] }),
      [0, 1, 2].map((second) => ({
        second,
        ok: { A: [20, 30], B: [40] },
        failures: [['B', 'status', 'status 500', 1]],
        taskErrors: [['t', 'no', 1]],
        unfinished: 1,
      })),
    ),
  ),
) as Report
const FILES = { script: '', style: '' }

/** All that `corerush compare --out html` does with a run. */
function show(forged: Report): void {
  for (const [before, after] of [
    [honest, forged],
    [forged, honest],
  ] as const) {
    differencesAmong([before], [after])
    const comparison = compareReports([before], [after], defaultRules(0.05), false)
    renderComparison(comparison, { color: false, width: 80 })
    const named = [before, after].map((report) => ({ source: 'x', report })) as [never, never]
    renderComparisonHtml(comparisonViewOf(...named, comparison, []), FILES)
  }
}

type Json = unknown
/** Every place in a value, as the keys that lead to it. */
function placesIn(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, part]) => placesIn(part, [...path, key]))]
}

/** A copy with something else in that place; `undefined`: without it. */
function forge(path: readonly string[], to: Json): Report {
  const copy = structuredClone(honest) as unknown as Record<string, unknown>
  const holder = path.slice(0, -1).reduce<Record<string, unknown>>((at, key) => at[key] as never, copy)
  const key = path.at(-1)!
  if (to === undefined) {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else Reflect.deleteProperty(holder, key)
  } else holder[key] = to
  return copy as unknown as Report
}

const VALUES: readonly Json[] = [
  ...[undefined, null, 0, -1, 1.5, 1e9, 1e300, '', 'x', '__proto__', true],
  ...[[], {}, [1], { a: 1 }],
]
const places = placesIn(honest).slice(1)
/** Places high up, of which there are few, as often as all others. */
const aPlace = fc.oneof(
  fc.constantFrom(...places.filter(({ length }) => length <= 2)),
  fc.constantFrom(...places),
)

test('a forged report is refused, or compared and shown', () => {
  expect(reportProblem(honest)).toBeNull()
  let refused = 0
  fc.assert(
    fc.property(aPlace, fc.constantFrom(...VALUES), (path, to) => {
      const forged = forge(path, to)
      if (reportProblem(forged) === null) show(forged)
      else refused++
    }),
    { numRuns: 200 },
  )
  // Some of both.
  expect(refused).toBeGreaterThan(20)
  expect(refused).toBeLessThan(200)
})
