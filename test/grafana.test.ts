/** The dashboard asks for nothing that a scrape, or a collector, would not have. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseExposition } from '../src/core/measure/exposition.ts'
import { Telemetry } from '../src/core/export/telemetry.ts'
import type { CoreVitals } from '../src/core/measure/worker-vitals.ts'
import { renderOtlp } from '../src/output/push/otlp-payload.ts'
import { renderPrometheus } from '../src/output/web/prometheus.ts'
import { planOf, reportOf } from './support/reports.ts'

interface Dashboard {
  readonly uid: string
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] }
  readonly panels: readonly {
    readonly id: number
    readonly title: string
    readonly datasource: { readonly uid: string }
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[]
  }[]
}
const text = readFileSync(new URL('../docs/grafana/corerush.json', import.meta.url), 'utf8')
const dashboard = JSON.parse(text) as Dashboard

/** All that a whole run on several hosts exports, requests that failed and never ended among them. */
const series = (() => {
  const plan = planOf({ workers: 1 })
  const telemetry = new Telemetry(plan, [{ name: 'alpha', workers: [0, 0] }])
  const core: CoreVitals = { core: 0, busy: 0.5, iowait: 0, steal: 0 }
  const seconds = [
    { ok: { A: [5, 20] }, failures: [['A', 'status', 'status 503', 1]] as const, unfinished: 1 },
  ]
  const report = reportOf(plan, seconds, {}, (second) => {
    const host = { ...second.row.host, cores: [core] } as NonNullable<typeof second.row.host>
    const counts = { users: 1, inFlight: 0, sent: 1, finished: 1, workersCpu: 0.5 }
    const agents = [{ agent: 'alpha', host, ...counts }]
    telemetry.settle({ ...second, row: { ...second.row, host: null, agents } })
  })
  telemetry.finish(report)
  return telemetry.series()
})()

const samples = parseExposition(renderPrometheus(series), () => true)
const scraped = new Set(samples.map(({ name }) => name))
/** Of the labels, those of a target are Prometheus's own. */
const labels = new Set(['job', 'instance', ...samples.flatMap((sample) => Object.keys(sample.labels))])

/** As the specification has a collector write them; exponential histograms become native ones, which have no parts. */
const collected = (() => {
  const { resourceMetrics } = JSON.parse(
    renderOtlp(series, { startMs: 0, endS: 1 }, { resource: {}, version: '1.2.3' }),
  ) as { resourceMetrics: { scopeMetrics: { metrics: { name: string; unit: string; sum?: object }[] }[] }[] }
  const units: Record<string, string> = { s: '_seconds', By: '_bytes', '1': '_ratio' }
  return new Set(
    resourceMetrics[0]!.scopeMetrics[0]!.metrics.map(
      ({ name, unit, sum }) =>
        name.replaceAll('.', '_') + (units[unit] ?? '') + (sum === undefined ? '' : '_total'),
    ),
  )
})()

/** The metrics and the labels in an expression, or in the query of a variable. */
function wordsOf(query: string): { readonly metrics: string[]; readonly labels: string[] } {
  const found: string[] = []
  const bare = query
    .replace(/(\w+)\s*(?:=~|!=|!~|=)\s*"[^"]*"/g, (_, label: string) => (found.push(label), ''))
    .replace(/ by \(([^)]*)\)/g, (_, list: string) => (found.push(...list.split(', ')), ''))
    .replace(/, (\w+)\)$/, (whole, label: string) =>
      query.startsWith('label_values') ? (found.push(label), '') : whole,
    )
  return { metrics: bare.match(/\b(?:corerush|http)_\w+/g) ?? [], labels: found }
}

const queries = [
  ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...dashboard.templating.list.flatMap(({ definition }) => definition ?? []),
]

test('it is a dashboard, for any data source and of no machine', () => {
  expect(dashboard).toMatchObject({ uid: 'corerush', schemaVersion: 39 })
  expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance', 'name'])
  expect(new Set(dashboard.panels.map(({ datasource }) => datasource.uid))).toEqual(
    new Set(['${datasource}']),
  )
  const ids = dashboard.panels.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(text).not.toMatch(/https?:|localhost|\d+\.\d+\.\d+\.\d+/)
})

test.each(queries)('%s', (query) => {
  const { metrics, labels: asked } = wordsOf(query)
  expect(metrics.length).toBeGreaterThan(0)
  for (const metric of metrics) {
    const histogram = metric.replace(/_bucket$/, '')
    if (histogram !== metric || scraped.has(`${metric}_bucket`)) {
      // Classic buckets or a native histogram: where it asks for the one, it asks for the other.
      expect(metrics).toEqual(expect.arrayContaining([`${histogram}_bucket`, histogram]))
      expect([scraped.has(`${histogram}_bucket`), collected.has(histogram)]).toEqual([true, true])
    } else expect([metric, scraped.has(metric), collected.has(metric)]).toEqual([metric, true, true])
  }
  expect(asked.filter((label) => !labels.has(label))).toEqual([])
})

test('every series is shown, and every label that is named in a legend is there', () => {
  const shown = new Set(queries.flatMap((query) => wordsOf(query).metrics))
  const missing = [...collected].filter((name) => !shown.has(name))
  expect(missing).toEqual(['corerush_iterations_finished_total'])
  for (const { targets, title } of dashboard.panels)
    for (const { legendFormat } of targets)
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(labels, title).toContain(label)
})
