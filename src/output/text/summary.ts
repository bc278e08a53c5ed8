/** The summary at the end of a run. Pure: a report in, text out. */
import { busiestOf } from '../../core/measure/agent-utilization.ts'
import type { AgentReport } from '../../core/measure/host-facts.ts'
import type { Metrics, PercentileName } from '../../core/measure/metrics.ts'
import { subjectOf } from '../../core/scenario/script-plan.ts'
import { recordsWords } from '../../core/report/records-report.ts'
import type { Report } from '../../core/report/report.ts'
import { showFigure } from '../../core/threshold/threshold-metric.ts'
import { showCount, showMany, showMs, showPercent, showRate } from '../../core/units.ts'
import { amendmentWords } from '../../core/plan/amendment.ts'
import { threadName } from '../../core/plan/witness.ts'
import { peakRate } from '../../core/load/arrivals.ts'
import { replayTitle } from '../../core/plan/replay-words.ts'
import { plannedUsers } from '../../core/plan/plan.ts'
import { customLines } from './custom-lines.ts'
import { failures, taskErrors } from './failure-lines.ts'
import { latency, showPercentile } from './latency-lines.ts'
import { flow, renderLine, type Span, type Style } from './paint.ts'
import { section } from './section.ts'
import { iterationLines, waitWords } from './scenario-words.ts'
import { slowestLines } from './slowest-lines.ts'
import { renderTable, type Column } from './text-table.ts'
import { transactionLines } from './transaction-lines.ts'
import { renderHeld } from './comparison-text.ts'
import { httpFacts, sharingFacts, transportWords } from './http-words.ts'
import { renderTarget } from './target-lines.ts'
import { renderVerdict } from './verdict-text.ts'

export type { Style } from './paint.ts'

const MOST_NAMES = 50
const MOST_WORKERS = 8

/** The whole summary, ending in a newline. */
export function renderSummary(report: Report, style: Style): string {
  const line = (...spans: Span[]): string => renderLine(spans, style)
  const sections = [
    head(report, style),
    warnings(report, line),
    requests(report, style),
    transactionLines(report.transactions, style),
    arrivals(report, style),
    latency(report, style),
    iterationLines(report, style),
    customLines(report, style),
    slowestLines(report, style),
    records(report, style),
    failures(report, style),
    taskErrors(report, style),
    thresholds(report, line),
    [...generator(report, style), ...renderTarget(report, style)],
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

/** The plan, and how the run ended, in a few phrases. */
export function factsOf(report: Report): string[] {
  const { plan } = report
  const users = plannedUsers(plan)
  const ended = {
    duration: null,
    requests: 'all requests sent',
    iterations: 'all iterations started',
    until: 'precise enough',
    threshold: 'stopped by a threshold',
    SIGINT: 'interrupted',
    SIGTERM: 'terminated',
    SIGHUP: 'hung up',
    abort: 'aborted',
    workers: 'all workers died',
    agents: 'an agent was lost',
    memory: 'stopped, short of memory',
    stuck: 'stopped, as no task would end',
    scenario: 'stopped by the scenario',
    users: 'all users stopped',
    data: 'all rows sent',
  }[report.stoppedBy]
  return [
    `${plan.model} model`,
    ...(plan.model === 'closed'
      ? [showMany(users, 'user'), waitWords(plan)]
      : [
          `up to ${showRate(peakRate(plan.stages))}/s`,
          plan.replay === undefined ? `${plan.arrival} arrivals` : replayTitle(plan.replay),
          `at most ${showCount(users)} users`,
        ]),
    ...sharingFacts(plan),
    ...httpFacts(plan),
    workerWords(report),
    ...(plan.transport !== 'wire' && plan.undiciFor === null ? [] : [`transport ${transportWords(plan)}`]),
    `${report.loadS.toFixed(1)} s of load`,
    ...(report.warmupS > 0
      ? [`after ${report.warmupS} s of warm-up${plan.warmupAuto ? ', until the level held' : ''}`]
      : []),
    ...report.until.map(precisionWords),
    ...(report.amendments.length === 0 ? [] : [`amended ${amendmentWords(report.amendments)}`]),
    ...(ended === null ? [] : [ended]),
  ]
}

/** "8 workers", "2 agents with 8 workers" */
export const workerWords = ({ agents, workers }: Pick<Report, 'agents' | 'workers'>): string =>
  agents === undefined
    ? showMany(workers, 'worker')
    : `${showMany(agents.length, 'agent')} with ${showMany(workers, 'worker')}`

/** "p99 24.4 ms ± 4.3 % (95 %)", of a rate in requests per second. */
function precisionWords({ figure, actual, precision }: Report['until'][number]): string {
  const value = figure.endsWith('rps') ? `${showRate(actual)}/s` : showMs(actual)
  return precision === null
    ? `${figure} of unknown precision`
    : `${figure} ${value} ± ${(100 * precision).toFixed(1)} % (95 %)`
}

function head(report: Report, style: Style): string[] {
  return [
    renderLine([['corerush', 'bold'], ` ${report.version} · ${subjectOf(report.plan)}`], style),
    ...flow(
      '',
      factsOf(report).map((fact) => [[fact, 'dim']]),
      ' · ',
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

/** Arrivals of the open model: due, started, dropped. Empty in the closed model, where every due iteration starts. */
function arrivals(report: Report, style: Style): string[] {
  if (report.model === 'closed') return []
  const { carriedIn, due, started, dropped, unstarted } = report.iterations
  const item = (n: number, what: string, bad = false): Span[] => [
    bad && n > 0 ? [showCount(n), 'red'] : showCount(n),
    ` ${what}`,
  ]
  return section(
    'arrivals',
    [
      ...(carriedIn > 0 ? [item(carriedIn, 'carried in')] : []),
      item(due, 'due'),
      item(started, 'started'),
      item(dropped, 'dropped', true),
      item(unstarted, 'never started', true),
    ],
    style,
  )
}

/** Where records of single requests are, and how many. */
const records = ({ records: made }: Report, style: Style): string[] =>
  made === undefined
    ? []
    : section(
        'records',
        [
          recordsWords(made),
          ...(made.dropped === 0 ? [] : [[[`${showCount(made.dropped)} missing`, 'red'] as const]]),
        ],
        style,
      )

function thresholds(report: Report, line: Line): string[] {
  const isVoid = report.verdict.level === 'void'
  return report.thresholds.map(({ expression, ok, level, actual, unit }) =>
    isVoid
      ? line(['–', 'dim'], ` ${expression}`, [
          `  ${showFigure(actual, unit)}, not evaluated: the run is void`,
          'dim',
        ])
      : line(ok ? ['✓', 'green'] : level === 'warn' ? ['!', 'yellow'] : ['✗', 'red'], ` ${expression}`, [
          `  ${showFigure(actual, unit)}`,
          'dim',
        ]),
  )
}

/** "alpha with 4 workers, the busiest 45% (max 62%), clock ± 0.31 ms" */
function agentWords(agent: AgentReport, load: Report['timeline']): string {
  const { name, workers, clock, lost, stoppedBy } = agent
  const { mean, max } = busiestOf(agent, load)
  const busy = mean === null ? '' : `, the busiest ${showPercent(mean)} (max ${showPercent(max)})`
  const bound = clock === null ? '' : `, clock ± ${showMs(clock.boundMs)}`
  const end = lost !== null ? `, lost in second ${lost.second}` : stoppedBy === null ? '' : ', ended early'
  return `${name} with ${showMany(workers[1] - workers[0] + 1, 'worker')}${busy}${bound}${end}`
}

function generator(report: Report, style: Style): string[] {
  const load = report.timeline.filter(({ phase }) => phase === 'load')
  const { lagMs } = report.total
  const lag = [`lag p50 ${showMs(lagMs.p50)}`, `p99 ${showMs(lagMs.p99)}`, `max ${showMs(lagMs.max)}`]
  if (report.agents === undefined) {
    const shown = utilizations(report, load)
    return shown.length === 0 ? [] : [...section('generator', shown, style), ...section('', lag, style)]
  }
  const agents = report.agents.map((agent) => agentWords(agent, load))
  return [...section('agents', agents, style), ...section('generator', lag, style)]
}

/** "worker 0 45% (max 62%)" for the first workers; empty if none reported a second of the load. */
function utilizations(report: Report, load: Report['timeline']): string[] {
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
  const all = [...byWorker].sort(([a], [b]) => a - b)
  const shown = all
    .slice(0, MOST_WORKERS)
    .map(
      ([worker, { sum, n, worst }]) =>
        `${threadName(report.plan, worker).replace('the ', '')} ${showPercent(sum / n)} (max ${showPercent(worst)})`,
    )
  if (all.length > shown.length) shown.push(`and ${all.length - shown.length} more`)
  return shown
}
