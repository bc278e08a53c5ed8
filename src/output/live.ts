/**
 * The live view of a run on a terminal: a few lines that are painted over in place, one write per frame, and plain
 * lines where there is no terminal to paint on. Rendering is pure; `LiveView` and `ProgressLines` do the writing.
 */
import { subjectOf } from '../core/scenario.ts'
import { plannedUsers } from '../core/plan.ts'
import { BUSY, SATURATED } from '../core/rules/limits.ts'
import { printDurationS, showClock, showCount, showMs, showPercent, showRate } from '../core/units.ts'
import type { SecondRow } from '../core/second.ts'
import type { WorkerVitals } from '../core/vitals.ts'
import { CHART_S, coreBlocks, percentileCharts } from './live-charts.ts'
import type { LiveSecond, Output, RunStart, Screen } from './output.ts'
import { bar, flow, renderLine, type Paint, type Span, type Style } from './paint.ts'

/** What a frame shows. */
export interface LiveState {
  readonly run: RunStart
  readonly elapsedS: number
  readonly latest: LiveSecond | null
  /** The seconds that the charts show, the latest last. */
  readonly seconds?: readonly SecondRow[]
  /** The user has asked for the end; what is in flight may still finish. */
  readonly isStopping?: boolean
}

const MOST_WORKERS = 16

/** The lines of one frame. */
export function renderLive(
  { run, elapsedS, latest, seconds = [], isStopping = false }: LiveState,
  style: Style,
): string[] {
  const { plan } = run
  const line = (...spans: Span[]): string => renderLine(spans, style)
  const limitS = plan.durationS
  const left = isStopping
    ? ' · stopping; again ends at once'
    : limitS === null
      ? ''
      : elapsedS < limitS
        ? ` · ${showClock(Math.ceil(limitS - elapsedS))} left`
        : ' · draining'
  const progress =
    limitS !== null
      ? Math.min(1, elapsedS / limitS)
      : plan.requests !== null && latest !== null
        ? Math.min(1, latest.finished / plan.requests)
        : 0
  const lines = [
    line(['corerush ', 'bold'], subjectOf(plan)),
    line(
      [bar(progress, Math.max(4, Math.min(30, style.width - 30))), 'cyan'],
      ` ${showClock(elapsedS)}${left}`,
    ),
  ]
  if (latest === null) return [...lines, line(['the first second is being measured …', 'dim'])]

  const { row, recent } = latest
  const failed = latest.failed
  const item = (label: string, value: string, ...paints: Paint[]): Span[] => [
    [`${label} `, 'dim'],
    [value, ...paints],
  ]
  const section = (...items: Span[][]): string[] => flow('', items, '   ', style)
  const { p50, p95, p99, max } = recent.latencyMs
  lines.push(
    ...section(
      ...(plan.model === 'closed'
        ? [item('users', `${showCount(row.users)} of ${showCount(plannedUsers(plan))}`)]
        : [item('due/s', showCount(row.due)), item('users', showCount(row.users))]),
      item('in flight', showCount(row.inFlight)),
      item('requests', showCount(latest.finished)),
      item('req/s', showRate(row.requestsPerS ?? row.finished), 'bold'),
    ),
    ...section(
      item('last 10 s: p50', showMs(p50)),
      item('p95', showMs(p95)),
      item('p99', showMs(p99)),
      item('max', showMs(max)),
    ),
    ...(plan.model === 'open' && (row.queued > 0 || row.dropped > 0)
      ? section(
          item('waiting', showCount(row.queued), 'yellow'),
          item('dropped', `${showCount(row.dropped)}/s`, 'red'),
        )
      : []),
    ...section(...(failed === 0 ? [item('failed', 'none')] : failures(latest)), ...taskErrors(latest)),
    ...section(...health(row.workers)),
  )
  for (const worker of row.workers.slice(0, MOST_WORKERS)) lines.push(line(...workerBar(worker, style)))
  const hidden = row.workers.length - MOST_WORKERS
  if (hidden > 0) lines.push(line([`and ${hidden} more workers`, 'dim']))
  // Last, so that on a low screen they are what is left out.
  lines.push(...coreBlocks(row.host?.cores ?? null, style), ...percentileCharts(seconds, style))
  return lines
}

/** One plain line for where nothing can be painted over. */
export function renderProgress({ run, elapsedS, latest }: LiveState): string {
  if (latest === null) return `corerush ${showClock(elapsedS)}`
  const { row, recent, failed, finished } = latest
  const busiest = row.workers.reduce((most, { utilization }) => Math.max(most, utilization), 0)
  return [
    `corerush ${showClock(row.second + 1)}`,
    run.plan.model === 'closed'
      ? `users ${row.users}/${plannedUsers(run.plan)}`
      : `due/s ${row.due}  users ${row.users}${row.queued > 0 ? `  waiting ${row.queued}` : ''}${row.dropped > 0 ? `  dropped ${row.dropped}` : ''}`,
    `requests ${finished}`,
    `req/s ${showRate(row.requestsPerS ?? row.finished)}`,
    `p50 ${showMs(recent.latencyMs.p50)}`,
    `p95 ${showMs(recent.latencyMs.p95)}`,
    `p99 ${showMs(recent.latencyMs.p99)}`,
    `failed ${failed}`,
    ...(latest.taskErrors > 0 ? [`task errors ${latest.taskErrors}`] : []),
    `busiest worker ${showPercent(busiest)}`,
  ].join('  ')
}

const taskErrors = ({ taskErrors }: LiveSecond): Span[][] =>
  taskErrors === 0
    ? []
    : [
        [
          ['task errors ', 'dim'],
          [showCount(taskErrors), 'red'],
        ],
      ]

function failures({ failed, finished, outcomes }: LiveSecond): Span[][] {
  const ratio = finished > 0 ? Math.min(1, failed / finished) : 1
  return [
    [
      ['failed ', 'dim'],
      [`${showCount(failed)} (${showPercent(ratio)})`, 'red'],
    ],
    ...[...outcomes]
      .filter(([outcome]) => outcome !== 'ok')
      .sort(([, a], [, b]) => b - a)
      .map(([outcome, n]): Span[] => [[`${outcome} ${showCount(n)}`, 'red']]),
  ]
}

function health(workers: readonly WorkerVitals[]): Span[][] {
  const most = (value: (worker: WorkerVitals) => number | null | undefined): number | null => {
    const values = workers.map(value).filter((v) => v !== null && v !== undefined)
    return values.length > 0 ? Math.max(...values) : null
  }
  const busiest = most(({ utilization }) => utilization) ?? 0
  const [word, paint]: [string, Paint] =
    busiest > SATURATED ? ['saturated', 'red'] : busiest > BUSY ? ['busy', 'yellow'] : ['healthy', 'green']
  const item = (label: string, value: number | null): Span[] => [[`${label} `, 'dim'], showMs(value)]
  return [
    [
      ['generator ', 'dim'],
      [word, paint],
    ],
    item(
      'lag p99',
      most(({ lagMs }) => lagMs?.p99),
    ),
    item(
      'loop delay',
      most(({ loopDelayMs }) => loopDelayMs?.max),
    ),
    item(
      'gc',
      most(({ gcMs }) => gcMs),
    ),
  ]
}

function workerBar({ worker, utilization }: WorkerVitals, style: Style): Span[] {
  const paint: Paint = utilization > SATURATED ? 'red' : utilization > BUSY ? 'yellow' : 'green'
  const width = Math.max(4, Math.min(40, style.width - 20))
  return [
    [`worker ${String(worker).padEnd(3)}`, 'dim'],
    [bar(utilization, width), paint],
    ` ${showPercent(utilization)}`,
  ]
}

const FRAME_MS = 250
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** Terminals that know them show all between the two at once; the others ignore them. */
const BEGIN_FRAME = '\u001b[?2026h'
const END_FRAME = '\u001b[?2026l'

/** An output that tells the user that the order to stop has been heard. */
export interface Stoppable {
  stopping(): void
}

export class LiveView implements Output, Stoppable {
  readonly name = 'live view'
  readonly #screen: Screen
  readonly #color: boolean
  #run: RunStart | null = null
  #latest: LiveSecond | null = null
  #seconds: readonly SecondRow[] = []
  #isStopping = false
  #painted = 0
  #timer: NodeJS.Timeout | null = null

  constructor(screen: Screen, color: boolean) {
    this.#screen = screen
    this.#color = color
  }

  start(run: RunStart): void {
    this.#run = run
    for (const warning of run.warnings)
      this.#screen.write(
        renderLine([['warning: ', 'yellow'], warning], { color: this.#color, width: Infinity }) + '\n',
      )
    this.#screen.write(HIDE_CURSOR)
    this.#paint()
    this.#timer = setInterval(() => this.#paint(), FRAME_MS)
  }

  second(live: LiveSecond): void {
    this.#latest = live
    this.#seconds = [...this.#seconds, live.row].slice(-CHART_S)
  }

  stopping(): void {
    this.#isStopping = true
    if (this.#timer !== null) this.#paint()
  }

  finish(): void {
    this.restore()
  }

  /** Leaves the terminal as it was, without the view; safe to call at any time and more than once. */
  restore(): void {
    if (this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
    this.#screen.write(this.#rewind() + '\u001b[0J' + SHOW_CURSOR)
    this.#painted = 0
  }

  #paint(): void {
    const run = this.#run!
    // The last column stays free: a full line would wrap on some terminals.
    const width = Math.max(1, (this.#screen.columns || 80) - 1)
    const lines = renderLive(
      {
        run,
        elapsedS: Math.max(0, run.elapsedS()),
        latest: this.#latest,
        seconds: this.#seconds,
        isStopping: this.#isStopping,
      },
      { color: this.#color, width },
    ).slice(0, Math.max(1, (this.#screen.rows || 24) - 1))
    const frame = lines.map((text) => `${text}\u001b[K\n`).join('')
    this.#screen.write(`${BEGIN_FRAME}${this.#rewind()}${frame}\u001b[0J${END_FRAME}`)
    this.#painted = lines.length
  }

  #rewind(): string {
    return this.#painted > 0 ? `\u001b[${this.#painted}F` : ''
  }
}

const LINE_EVERY_S = 5

/** One plain line every five seconds. */
export class ProgressLines implements Output, Stoppable {
  readonly name = 'progress'
  readonly #stream: Screen
  #run: RunStart | null = null

  constructor(stream: Screen) {
    this.#stream = stream
  }

  start(run: RunStart): void {
    this.#run = run
    for (const warning of run.warnings)
      this.#stream.write(renderLine([`warning: ${warning}`], { color: false, width: Infinity }) + '\n')
  }

  second(live: LiveSecond): void {
    if ((live.row.second + 1) % LINE_EVERY_S !== 0) return
    const run = this.#run!
    this.#stream.write(`${renderProgress({ run, elapsedS: live.row.second + 1, latest: live })}\n`)
  }

  stopping(): void {
    const graceS = this.#run?.plan.gracefulStopS ?? 0
    const wait = graceS > 0 ? `requests in flight have ${printDurationS(graceS)} to end` : 'the load ends'
    this.#stream.write(`corerush is stopping: ${wait}; a second signal ends it at once, without a report\n`)
  }
}

/** Only what must not be missed: the warnings before the run. */
export class WarningLines implements Output {
  readonly name = 'warnings'
  readonly #stream: Screen

  constructor(stream: Screen) {
    this.#stream = stream
  }

  start({ warnings }: RunStart): void {
    for (const warning of warnings)
      this.#stream.write(renderLine([`warning: ${warning}`], { color: false, width: Infinity }) + '\n')
  }
}
