/**
 * A frame of the live view: lines that fit the window, the most important first, because a low window cuts the rest. Pure.
 */
import { plannedUsers } from '../../core/plan/plan.ts'
import { witnessOf } from '../../core/plan/witness.ts'
import type { Judgement } from '../../core/report/judgement.ts'
import { BUSY, SATURATED } from '../../core/judge/rules/limits.ts'
import { subjectOf } from '../../core/scenario/script-plan.ts'
import type { AgentState } from '../../core/measure/host-facts.ts'
import type { SecondRow } from '../../core/measure/second.ts'
import { showClock, showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import type { WorkerVitals } from '../../core/measure/worker-vitals.ts'
import { agentBars, coreBars, percentileCharts } from './live-charts.ts'
import { renderLiveTable, type KeyState } from './live-table.ts'
import type { LiveSecond, RunStart } from '../output.ts'
import { bar, flow, renderLine, type Paint, type Span, type Style } from '../text/paint.ts'

/** State shown by a frame. */
export interface LiveState {
  readonly run: RunStart
  readonly elapsedS: number
  readonly latest: LiveSecond | null
  /** The latest evaluation of thresholds and measurement. */
  readonly judgement?: Judgement | null
  /** Seconds shown by the charts, the latest last. */
  readonly seconds?: readonly SecondRow[]
  /** Whether a stop was requested and requests in flight may still finish. */
  readonly isStopping?: boolean
  /** The agents that do the work; `null`, or absent, if this process does it. */
  readonly agents?: readonly AgentState[] | null
  /** State set by keys; `null` if the terminal has no keyboard. */
  readonly keys?: KeyState | null
}

/** Lines of the help; `hasAgents`: other hosts do the work. */
const helpOf = (hasAgents: boolean): readonly (readonly [key: string, meaning: string])[] => [
  ['q', 'stop the run gracefully; press again to quit at once'],
  ['p', 'pause this view; the run continues'],
  ['tab', 'show the next table'],
  ...(hasAgents ? [['a', "show or hide the bars of the agents' workers"] as const] : []),
  ['+ -', 'raise or lower the load by 10%'],
  ['?', 'show or hide this help'],
]

/** Lines of one frame, at most `rows`. */
export function renderLive(state: LiveState, style: Style, rows = Infinity): string[] {
  const { run, latest, judgement = null, seconds = [], keys = null, agents = null } = state
  const line = (...spans: Span[]): string => renderLine(spans, style)
  const lines = [line(['corerush ', 'bold'], subjectOf(run.plan)), progressLine(state, style)]
  if (latest === null) return [...lines, line(['measuring the first second …', 'dim'])].slice(0, rows)
  const { row } = latest
  lines.push(
    ...numbers(state, latest, style),
    ...(judgement === null ? [] : thresholdSigns(judgement, style)),
    ...health(row.workers, judgement, style),
    ...(agents === null
      ? coreBars(row.workers, row.host?.cores ?? null, style, witnessOf(run.plan))
      : agentBars(agents, row.workers, style, keys?.isUnfolded)),
    ...percentileCharts(seconds, style),
  )
  if (keys?.showsHelp === true)
    lines.push(...helpOf(agents !== null).map(([key, meaning]) => line([key.padEnd(5), 'bold'], meaning)))
  // A table with a single row says less than the charts above it.
  else if (rows - lines.length >= 3)
    lines.push(...renderLiveTable(keys, latest, style, rows - lines.length, agents))
  return lines.slice(0, rows)
}

function progressLine({ run, elapsedS, latest, isStopping, keys }: LiveState, style: Style): string {
  const { durationS, requests, iterations } = run.plan
  const left =
    isStopping === true
      ? ' · stopping; press again to quit'
      : durationS === null
        ? ''
        : elapsedS < durationS
          ? ` · ${showClock(Math.ceil(durationS - elapsedS))} left`
          : ' · draining'
  // With several limits, the nearest one ends the load.
  const progress = Math.max(
    durationS === null ? 0 : elapsedS / durationS,
    requests === null ? 0 : (latest?.finished ?? 0) / requests,
    iterations === null ? 0 : (latest?.iterations ?? 0) / iterations,
  )
  const width = Math.max(4, Math.min(30, style.width - 30))
  const view: Span[] = keys?.isPaused === true ? [[' · view paused', 'yellow']] : []
  return renderLine([[bar(progress, width), 'cyan'], ` ${showClock(elapsedS)}${left}`, ...view], style)
}

const item = (label: string, value: string, ...paints: Paint[]): Span[] => [
  [`${label} `, 'dim'],
  [value, ...paints],
]
const section = (style: Style, ...items: Span[][]): string[] => flow('', items, '   ', style)

function numbers({ run }: LiveState, latest: LiveSecond, style: Style): string[] {
  const { plan } = run
  const { row, recent } = latest
  const { p50, p95, p99, max } = recent.latencyMs
  return [
    ...section(
      style,
      ...(plan.model === 'closed'
        ? [item('users', `${showCount(row.users)} of ${showCount(plannedUsers(plan))}`)]
        : [item('due/s', showCount(row.due)), item('users', showCount(row.users))]),
      item('in flight', showCount(row.inFlight)),
      item('requests', showCount(latest.finished)),
      item('req/s', showRate(row.requestsPerS ?? row.finished), 'bold'),
    ),
    ...section(
      style,
      item('last 10 s: p50', showMs(p50)),
      item('p95', showMs(p95)),
      item('p99', showMs(p99)),
      item('max', showMs(max)),
      ...(row.witness === undefined ? [] : [item('witness p95, 1 s', showMs(row.witness.latencyMs.p95))]),
    ),
    ...(plan.model === 'open' && (row.queued > 0 || row.dropped > 0)
      ? section(
          style,
          item('waiting', showCount(row.queued), 'yellow'),
          item('dropped', `${showCount(row.dropped)}/s`, 'red'),
        )
      : []),
    ...section(
      style,
      ...(latest.failed === 0 ? [item('failed', 'none')] : failures(latest)),
      ...(latest.taskErrors === 0 ? [] : [item('task errors', showCount(latest.taskErrors), 'red')]),
    ),
  ]
}

function failures({ failed, finished, outcomes }: LiveSecond): Span[][] {
  const ratio = finished > 0 ? Math.min(1, failed / finished) : 1
  return [
    item('failed', `${showCount(failed)} (${showPercent(ratio)})`, 'red'),
    ...[...outcomes]
      .filter(([outcome]) => outcome !== 'ok')
      .sort(([, a], [, b]) => b - a)
      .map(([outcome, n]): Span[] => [[`${outcome} ${showCount(n)}`, 'red']]),
  ]
}

/** A sign per threshold: its result if the run ended now. */
function thresholdSigns({ thresholds }: Judgement, style: Style): string[] {
  const shown = thresholds.map(({ expression, ok, level, samples }): Span[] => {
    const [sign, paint]: [string, Paint] = ok
      ? ['✓', 'green']
      : samples === 0
        ? ['·', 'dim']
        : level === 'warn'
          ? ['!', 'yellow']
          : ['✗', 'red']
    return [[`${sign} `, paint], expression]
  })
  return shown.length === 0 ? [] : section(style, ...shown)
}

const VERDICT_PAINT = { sound: 'green', suspect: 'yellow', void: 'red' } as const
/** Reasons shown; more would push the rest off a low screen. */
const MOST_REASONS = 3

function health(workers: readonly WorkerVitals[], judgement: Judgement | null, style: Style): string[] {
  const most = (value: (worker: WorkerVitals) => number | null | undefined): number | null => {
    const values = workers.map(value).filter((v) => v !== null && v !== undefined)
    return values.length > 0 ? Math.max(...values) : null
  }
  const busiest = most(({ utilization }) => utilization) ?? 0
  const [word, paint]: [string, Paint] =
    busiest > SATURATED ? ['saturated', 'red'] : busiest > BUSY ? ['busy', 'yellow'] : ['healthy', 'green']
  const measured = (label: string, value: (worker: WorkerVitals) => number | null | undefined): Span[] =>
    item(label, showMs(most(value)))
  return [
    ...section(
      style,
      item('generator', word, paint),
      measured('lag p99', ({ lagMs }) => lagMs?.p99),
      measured('loop delay', ({ loopDelayMs }) => loopDelayMs?.max),
      measured('gc', ({ gcMs }) => gcMs),
    ),
    ...(judgement === null ? [] : measurementSoFar(judgement, style)),
  ]
}

function measurementSoFar({ verdict }: Judgement, style: Style): string[] {
  const codes = verdict.reasons.filter(({ level }) => level !== 'note').map(({ code }) => code)
  const hidden = codes.length - MOST_REASONS
  return section(
    style,
    item('measurement so far', verdict.level, VERDICT_PAINT[verdict.level]),
    ...codes.slice(0, MOST_REASONS).map((code): Span[] => [code]),
    ...(hidden > 0 ? [[[`and ${hidden} more`, 'dim'] as const]] : []),
  )
}
