/** The summary at the end of a run, for a person. Pure: a report in, text out. */
import {
  isReliable,
  PERCENTILES,
  type LatencySummary,
  type Metrics,
  type PercentileName,
} from '../core/metrics.ts'
import { subjectOf } from '../core/scenario.ts'
import type { Report } from '../core/report.ts'
import { showFigure } from '../core/threshold-metric.ts'
import { showBytes, showCount, showMs, showPercent, showRate } from '../core/units.ts'
import { amendmentWords } from '../core/amendment.ts'
import { peakRate } from '../core/arrivals.ts'
import { plannedUsers } from '../core/plan.ts'
import { customLines } from './custom.ts'
import { clip, flow, printable, renderLine, widthOf, type Span, type Style } from './paint.ts'
import { iterationLines, waitWords } from './scenarios.ts'
import { renderTable, type Column } from './table.ts'
import { renderHeld } from './comparison.ts'
import { httpFacts, transportWords } from './http.ts'
import { renderTarget } from './target.ts'
import { renderVerdict } from './verdict.ts'

export type { Style } from './paint.ts'

const MOST_NAMES = 50
const MOST_ERRORS = 10
const MOST_WORKERS = 8
const MOST_ADDRESSES = 8
const WEAK = '~'
const DOT = ' · '
/** Columns of the labels on the left. */
const LABEL = 10

/** The whole summary, ending in a newline. */
export function renderSummary(report: Report, style: Style): string {
  const line = (...spans: Span[]): string => renderLine(spans, style)
  const sections = [
    head(report, style),
    warnings(report, line),
    requests(report, style),
    arrivals(report, style),
    latency(report, style),
    iterationLines(report, LABEL, style),
    customLines(report, LABEL, style),
    errors(report, style),
    taskErrors(report, style),
    thresholds(report, line),
    [...generator(report, style), ...renderTarget(report, LABEL, style)],
    renderVerdict(report, style),
    renderHeld(report.comparison, style),
  ]
  return (
    sections
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join('\n'))
      .join('\n\n') + '\n'
  )
}

type Line = (...spans: Span[]) => string

/** The plan and how it ended, in a few phrases. */
export function factsOf(report: Report): string[] {
  const { plan } = report
  const users = plannedUsers(plan)
  const ended = {
    duration: null,
    requests: 'all requests sent',
    iterations: 'all iterations started',
    threshold: 'stopped by a threshold',
    SIGINT: 'interrupted',
    SIGTERM: 'terminated',
    abort: 'aborted',
    workers: 'all workers died',
    scenario: 'stopped by the scenario',
    users: 'all users stopped',
  }[report.stoppedBy]
  return [
    `${plan.model} model`,
    ...(plan.model === 'closed'
      ? [`${showCount(users)} user${users === 1 ? '' : 's'}`, waitWords(plan)]
      : [
          `up to ${showRate(peakRate(plan.stages))}/s`,
          `${plan.arrival} arrivals`,
          `at most ${showCount(users)} users`,
        ]),
    ...httpFacts(plan),
    `${report.workers} worker${report.workers === 1 ? '' : 's'}`,
    ...(plan.transport === 'undici' && plan.undiciFor === null ? [] : [`transport ${transportWords(plan)}`]),
    `${report.loadS.toFixed(1)} s of load`,
    ...(plan.warmupS > 0 ? [`after ${plan.warmupS} s of warm-up`] : []),
    ...(report.amendments.length === 0 ? [] : [`amended ${amendmentWords(report.amendments)}`]),
    ...(ended === null ? [] : [ended]),
  ]
}

function head(report: Report, style: Style): string[] {
  return [
    renderLine([['corerush', 'bold'], ` ${report.version} · ${subjectOf(report.plan)}`], style),
    ...flow(
      '',
      factsOf(report).map((fact) => [[fact, 'dim']]),
      DOT,
      style,
    ),
  ]
}

const warnings = (report: Report, line: Line): string[] =>
  report.warnings.map((warning) => line(['warning: ', 'yellow'], warning))

interface RequestRow {
  readonly name: string
  readonly metrics: Metrics
}

function requests(report: Report, style: Style): string[] {
  const named: RequestRow[] = Object.entries(report.byName).map(([name, metrics]) => ({ name, metrics }))
  const rows = [...named.slice(0, MOST_NAMES), { name: 'total', metrics: report.total }]
  const more = named.length - MOST_NAMES
  const percentile = (name: PercentileName, title: string, rank: number): Column<RequestRow> => ({
    title,
    rank,
    cell: ({ metrics }) => showPercentile(metrics.latencyMs, name),
  })
  const columns: Column<RequestRow>[] = [
    { title: 'name', align: 'left', cell: ({ name }) => name },
    { title: 'requests', rank: 1, cell: ({ metrics }) => showCount(metrics.finished + metrics.unfinished) },
    {
      title: 'failed',
      cell: ({ metrics }) => showPercent(metrics.failedRatio),
      paint: ({ metrics }) => ((metrics.failedRatio ?? 0) > 0 ? 'red' : null),
    },
    { title: 'req/s', rank: 2, cell: ({ metrics }) => showRate(metrics.requestsPerS) },
    percentile('p50', 'p50', 3),
    percentile('p95', 'p95', 4),
    percentile('p99', 'p99', 0),
    { title: 'max', rank: 5, cell: ({ metrics }) => showMs(metrics.latencyMs.max) },
  ]
  return [
    ...renderTable(columns, rows, style),
    ...(more > 0 ? [renderLine([[`and ${more} more names; the report has them all`, 'dim']], style)] : []),
  ]
}

/** Marked when too few samples lie beyond it. */
function showPercentile(summary: LatencySummary, name: PercentileName): string {
  const shown = showMs(summary[name])
  return summary[name] === null || isReliable(summary, name) ? shown : WEAK + shown
}

/** What became of the iterations the plan wanted; in the closed model each one that is due starts. */
function arrivals(report: Report, style: Style): string[] {
  if (report.model === 'closed') return []
  const { carriedIn, due, started, dropped, unstarted } = report.iterations
  const item = (n: number, what: string, bad = false): Span[] => [
    bad && n > 0 ? [showCount(n), 'red'] : showCount(n),
    ` ${what}`,
  ]
  return flow(
    ['arrivals'.padEnd(LABEL), 'dim'],
    [
      ...(carriedIn > 0 ? [item(carriedIn, 'carried in')] : []),
      item(due, 'due'),
      item(started, 'started'),
      item(dropped, 'dropped', true),
      item(unstarted, 'never started', true),
    ],
    DOT,
    style,
  )
}

function latency(report: Report, style: Style): string[] {
  const { total, connections, verdict } = report
  const summary = total.latencyMs
  const section = (label: string, ...items: string[]): string[] =>
    flow(
      [label.padEnd(LABEL), 'dim'],
      items.map((item) => [item]),
      DOT,
      style,
    )
  const lines: string[] = []
  if (summary.mean !== null) {
    const percentiles = PERCENTILES.map(([name]) => `${label(name)} ${showPercentile(summary, name)}`)
    const bounds = (['p50', 'p95', 'p99'] as const).map(
      (name) => `${name} ≤ ${showMs(verdict.errorBoundMs[name])}`,
    )
    lines.push(
      ...section(
        'latency',
        `min ${showMs(summary.min)}`,
        `mean ${showMs(summary.mean)}`,
        `max ${showMs(summary.max)}`,
      ),
      ...section('', ...percentiles, ...(isWeak(summary) ? [`${WEAK} too few samples`] : [])),
      ...section('own share', ...bounds, 'what the generator may have added'),
      ...(report.model === 'closed'
        ? section('model', 'closed: latency is service time', 'a slow server slows its users')
        : [
            ...section(
              'service',
              ...PERCENTILES.map(([name]) => `${label(name)} ${showPercentile(total.serviceMs, name)}`),
            ),
            ...section(
              'model',
              'open: latency counts from when an iteration was due',
              'service time from when it was sent',
            ),
          ]),
    )
  }
  const failed = total.failedMs
  if (failed.mean !== null)
    lines.push(
      ...section(
        'failed in',
        `p50 ${showMs(failed.p50)}`,
        `p99 ${showMs(failed.p99)}`,
        `max ${showMs(failed.max)}`,
      ),
    )
  lines.push(
    ...section(
      'traffic',
      `${showCount(connections.opened)} connection${connections.opened === 1 ? '' : 's'} opened`,
      `${showBytes(total.bytesOut)} sent`,
      `${showBytes(total.bytesIn)} received`,
    ),
    ...Object.entries(report.addresses).flatMap(([host, found]) =>
      section('addresses', `${host} ${found.slice(0, MOST_ADDRESSES).join(', ')}${more(found)}`),
    ),
  )
  return lines
}

const more = (found: readonly string[]): string =>
  found.length > MOST_ADDRESSES ? ` and ${found.length - MOST_ADDRESSES} more` : ''

const label = (name: PercentileName): string => name.replace('_', '.')

const isWeak = (summary: LatencySummary): boolean => !isReliable(summary, 'p99_9')

/** What tasks threw; a request that failed is no error of its task. */
function taskErrors(report: Report, style: Style): string[] {
  const rows = report.taskErrors.slice(0, MOST_ERRORS)
  const more = report.taskErrors.length - rows.length
  if (rows.length === 0) return []
  return [
    ...renderTable<Report['taskErrors'][number]>(
      [
        { title: 'task errors', align: 'left', cell: ({ task }) => clip(printable(task), 24) },
        { title: 'count', cell: ({ count }) => showCount(count), paint: () => 'red' },
        { title: 'message', rank: 1, align: 'left', cell: ({ message }) => printable(message) },
      ],
      rows,
      { ...style, width: Infinity },
    ).map((row) => clipPainted(row, style)),
    ...(more > 0 ? [renderLine([[`and ${more} more; the report has them all`, 'dim']], style)] : []),
  ]
}

function errors(report: Report, style: Style): string[] {
  const rows = report.errors.slice(0, MOST_ERRORS)
  const unfinished = report.total.unfinished
  if (rows.length === 0 && unfinished === 0) return []
  const lines = renderTable<Report['errors'][number]>(
    [
      { title: 'failures', align: 'left', cell: ({ outcome }) => outcome },
      { title: 'count', cell: ({ count }) => showCount(count), paint: () => 'red' },
      {
        title: 'seconds',
        rank: 3,
        cell: ({ firstS, lastS }) => `${Math.floor(firstS)}–${Math.floor(lastS)}`,
      },
      { title: 'name', rank: 2, align: 'left', cell: ({ name }) => clip(printable(name), 24) },
      { title: 'message', rank: 1, align: 'left', cell: ({ message }) => message },
    ],
    rows,
    // A long message is clipped at the window's edge rather than left out.
    { ...style, width: Infinity },
  ).map((row) => clipPainted(row, style))
  if (rows.length === 0) lines.length = 0
  const more = report.errors.length - rows.length
  if (more > 0) lines.push(renderLine([[`and ${more} more; the report has them all`, 'dim']], style))
  const kept = report.capturedFailures.length
  if (kept > 0)
    lines.push(
      renderLine(
        [
          ['captured', 'dim'],
          `  ${showCount(kept)} failing exchange${kept === 1 ? '' : 's'}: capturedFailures in the JSON report`,
        ],
        style,
      ),
    )
  if (unfinished > 0)
    lines.push(
      renderLine(
        [
          ['unfinished', 'red'],
          `  ${showCount(unfinished)} ${unfinished === 1 ? 'request' : 'requests'} had no answer when the drain ended`,
        ],
        style,
      ),
    )
  return lines
}

/** Clips a line that may hold colours; only colours that picocolors writes occur in it. */
function clipPainted(painted: string, style: Style): string {
  const spans = painted.split(/(\u001b\[\d+m)/)
  let left = style.width
  return spans
    .map((span) => {
      if (span.startsWith('\u001b[')) return span
      const shown = clip(span, Math.max(0, left))
      left -= widthOf(shown)
      return shown
    })
    .join('')
}

function thresholds(report: Report, line: Line): string[] {
  const isVoid = report.verdict.level === 'void'
  return report.thresholds.map(({ expression, ok, level, actual, unit }) =>
    isVoid
      ? line(['–', 'dim'], ` ${expression}`, [
          `  ${showFigure(actual, unit)}, not judged: the run is void`,
          'dim',
        ])
      : line(ok ? ['✓', 'green'] : level === 'warn' ? ['!', 'yellow'] : ['✗', 'red'], ` ${expression}`, [
          `  ${showFigure(actual, unit)}`,
          'dim',
        ]),
  )
}

function generator(report: Report, style: Style): string[] {
  const load = report.timeline.filter(({ phase }) => phase === 'load')
  const byWorker = new Map<number, { worst: number; sum: number; n: number }>()
  for (const { workers } of load)
    for (const { worker, utilization } of workers) {
      const seen = byWorker.get(worker) ?? { worst: 0, sum: 0, n: 0 }
      byWorker.set(worker, {
        worst: Math.max(seen.worst, utilization),
        sum: seen.sum + utilization,
        n: seen.n + 1,
      })
    }
  if (byWorker.size === 0) return []
  const all = [...byWorker].sort(([a], [b]) => a - b)
  const shown = all
    .slice(0, MOST_WORKERS)
    .map(
      ([worker, { sum, n, worst }]) => `worker ${worker} ${showPercent(sum / n)} (max ${showPercent(worst)})`,
    )
  if (all.length > shown.length) shown.push(`and ${all.length - shown.length} more`)
  const { lagMs } = report.total
  const section = (label: string, items: string[]): string[] =>
    flow(
      [label.padEnd(LABEL), 'dim'],
      items.map((item) => [item]),
      DOT,
      style,
    )
  return [
    ...section('generator', shown),
    ...section('', [`lag p50 ${showMs(lagMs.p50)}`, `p99 ${showMs(lagMs.p99)}`, `max ${showMs(lagMs.max)}`]),
  ]
}
