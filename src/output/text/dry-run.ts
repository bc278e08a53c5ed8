/** The text of `--dry-run`: the plan, and the share of each worker in each stage. Pure. */
import { showDelimiter } from '../../core/scenario/delimiter.ts'
import { printAllowedHost } from '../../core/resolve/request/allowed-hosts.ts'
import { arrivalsBy, peakRate } from '../../core/load/arrivals.ts'
import { flagOf, isRead, type Declaration } from '../../core/options/declaration.ts'
import { DECLARATIONS } from '../../core/options/declarations.ts'
import { PLANNED_DEFAULTS } from '../../core/options/option-readers.ts'
import type { PlannedOptions } from '../../core/options/options.ts'
import { capacityShare, soundPerS, type Capacity } from '../../core/plan/sound-capacity.ts'
import { replayWarnings, stampWords } from '../../core/plan/replay-words.ts'
import type { ReplayPlan } from '../../core/resolve/replay-options.ts'
import { plannedWait } from '../../core/plan/predicted-wait.ts'
import { plannedPerS, plannedUsers, type ClosedPlan, type OpenPlan, type Plan } from '../../core/plan/plan.ts'
import { bodyLength, type RequestPlan } from '../../core/request/request.ts'
import { redactPlan } from '../../core/plan/redact.ts'
import { printRelative } from '../../core/threshold/relative-rule.ts'
import { isOneRequest } from '../../core/scenario/script-plan.ts'
import { globalIndex, portion, sharesOf, type Share } from '../../core/share.ts'
import { workerLabel } from '../../core/measure/worker-label.ts'
import { activeSpans } from '../../core/load/stages.ts'
import { printStatuses } from '../../core/request/status.ts'
import { printThreshold } from '../../core/threshold/threshold.ts'
import { longestWarmupS } from '../../core/resolve/precision-options.ts'
import { printPrecision } from '../../core/threshold/precision-rule.ts'
import type { TargetsPlan } from '../../core/resolve/request/targets-options.ts'
import {
  printDurationS,
  showBytes,
  showCount,
  showMany,
  showMs,
  showPercent,
  showRate,
} from '../../core/units.ts'
import { httpFacts, sharingFacts, transportWords } from './http-words.ts'
import { loadChart } from './load-chart.ts'
import { renderLine, type Style } from './paint.ts'
import { scenarioRows, waitWords } from './scenario-words.ts'
import { renderTable, type Column } from './text-table.ts'

/** `capacity` is the measured capacity of this host; `null` if it was never measured. */
export function renderPlan(
  plan: Plan,
  style: Style,
  capacity: Capacity | null = null,
  agents: readonly PlannedAgent[] = [],
): string {
  const rows: Row[] = [
    ...sentRows(plan),
    ...loadRows(plan),
    ...judgingRows(plan),
    ...(agents.length > 0 ? [] : [...needs(plan, capacity), ...waits(plan, capacity)]),
    ...agentRows(plan, agents),
  ]
  return [
    renderLine([['dry run: nothing is sent', 'bold']], style),
    ...rows.map(([title, text]) => renderLine([[title.padEnd(10), 'dim'], text], style)),
    ...loadChart(plan, style),
    '',
    ...renderTable(
      columnsOf(plan).map((column) =>
        column === WORKER && agents.length > 0 ? labelColumn(agents) : column,
      ),
      stageRows(plan),
      style,
    ),
    '',
  ].join('\n')
}

/** What is sent, and where it may go. */
function sentRows(plan: Plan): Row[] {
  const { request, targets, targetMetrics } = redactPlan(plan)
  return [
    ...subject(plan, request, targets),
    ...request.headers.map(([name, value]): Row => ['header', `${name}: ${value}`]),
    ...(isOneRequest(plan) ? [body(plan.request)] : []),
    ...data(plan),
    ...rowIf(targetMetrics !== null, 'metrics', () => targetMetrics!),
    ['success', `status ${printStatuses(request.expectStatus)}`],
    ...[...sharingFacts(plan), ...httpFacts(plan)].map((fact): Row => ['http', fact]),
    ...(plan.allowedHosts ?? []).map((host): Row => ['allowed', printAllowedHost(host)]),
  ]
}

/** How much, when and over what. */
const loadRows = (plan: Plan): Row[] => [
  ...(plan.model === 'closed' ? closed(plan) : open(plan)),
  ...warmup(plan),
  ...rowIf(
    plan.waitForTargetS > 0,
    'starts',
    () => `when the target accepts connections, within ${printDurationS(plan.waitForTargetS)}`,
  ),
  ['ends', ending(plan)],
  [
    'time-outs',
    `${printDurationS(plan.timeoutS)} per request, ${printDurationS(plan.connectTimeoutS)} to connect`,
  ],
  ['transport', transportWords(plan)],
  ['seed', String(plan.seed)],
  ...otherOptions(plan),
]

/** What is kept of it, and held against it. */
const judgingRows = (plan: Plan): Row[] => [
  ...rowIf(
    plan.captureFailures > 0,
    'captures',
    () => `the first ${plan.captureFailures} failing exchanges of each outcome`,
  ),
  ...plan.thresholds.map((threshold): Row => ['threshold', printThreshold(threshold)]),
  ...(plan.baseline?.rules ?? []).map((rule): Row => [
    'compared',
    `${printRelative(rule)}, with ${plan.baseline!.runs.join(', ')}`,
  ]),
]

const agentRows = (plan: Plan, agents: readonly PlannedAgent[]): Row[] =>
  agents.map(({ name, workers: [first, last] }) => [
    'agent',
    `${name}: ${last - first + 1} of ${showMany(plan.workers, 'worker')}, ${showMany(usersOf(plan, first, last), 'user')} at most`,
  ])

/** A title and its text, a line. */
type Row = [title: string, text: string]

const rowIf = (isShown: boolean, title: string, text: () => string): Row[] =>
  isShown ? [[title, text()]] : []

const columnsOf = (plan: Plan): Column<StageRow>[] =>
  plan.model === 'closed' ? closedColumns(plan) : openColumns(plan)

/** An agent that is to carry the shares of these workers. */
export interface PlannedAgent {
  readonly name: string
  readonly workers: readonly [first: number, last: number]
}

/** Workers by the labels that they have on several hosts. */
const labelColumn = (agents: readonly PlannedAgent[]): Column<StageRow> => ({
  title: 'worker',
  align: 'left',
  cell: ({ share: { index } }) => workerLabel(index, agents),
})

/** The users that fall to these workers. */
function usersOf(plan: Plan, first: number, last: number): number {
  const users = plannedUsers(plan)
  return sharesOf(plan)
    .filter(({ index }) => index >= first && index <= last)
    .reduce((sum, share) => sum + portion(users, share), 0)
}

function warmup(plan: Plan): [string, string][] {
  if (plan.warmupAuto)
    return [['warm-up', `until the level holds, at most the first ${printDurationS(longestWarmupS(plan))}`]]
  return plan.warmupS > 0 ? [['warm-up', `the first ${printDurationS(plan.warmupS)} are not measured`]] : []
}

/** Options of the plan that another row shows. */
const SHOWN: readonly (keyof PlannedOptions)[] = [
  ...(['requests', 'iterations', 'gracefulStopS', 'waitForTargetS', 'seed'] as const),
  ...([
    'timeoutS',
    'connectTimeoutS',
    'connections',
    'streams',
    'http2',
    'maxRedirects',
    'dnsTtlS',
    'captureFailures',
  ] as const),
]

/** The other options that the plan holds as they are read, if they are not at their defaults. */
const otherOptions = (plan: Plan): [string, string][] =>
  Object.entries<Declaration>(DECLARATIONS).flatMap(([name, declaration]): [string, string][] => {
    const planned = declaration.planned as keyof PlannedOptions | undefined
    if (planned === undefined || SHOWN.includes(planned) || !isRead(declaration.format)) return []
    const value: unknown = plan[planned]
    if (value === PLANNED_DEFAULTS[planned]) return []
    return [['option', `${flagOf(name, declaration)!} ${declaration.format.print(value)}`]]
  })

function body(request: RequestPlan): [string, string] {
  const bytes = bodyLength(request.body)
  return ['body', bytes === 0 ? 'none' : showBytes(bytes)]
}

/** The data file of the placeholders. */
function data({ data }: Plan): [string, string][] {
  if (data === null) return []
  const end = data.end === 'stop' ? '; the load ends with the last row' : ''
  const guess = data.isGuess ? ' (a guess)' : ''
  const cells = data.delimiter === ',' ? '' : `, cells separated by ${showDelimiter(data.delimiter)}${guess}`
  return [['data', `${data.path}, ${data.order}${cells}${end}`]]
}

/** What is sent: the request, the targets, or the scenario. */
function subject(
  plan: Plan,
  { method, url, name }: RequestPlan,
  targets: TargetsPlan | null,
): [string, string][] {
  if (plan.scenario !== null) return scenarioRows(plan, plan.scenario, url)
  if (targets !== null) return targetRows(targets, plan.model === 'open' && plan.replay !== undefined)
  return [
    ['request', `${method} ${url}`],
    ['name', name],
  ]
}

/** Requests of a targets file that are listed one by one. */
const MOST_TARGETS = 12

function targetRows({ file, requests }: TargetsPlan, isLog: boolean): [string, string][] {
  const sum = requests.reduce((total, { weight }) => total + weight, 0)
  const more = requests.length - MOST_TARGETS
  return [
    [isLog ? 'names' : 'targets', file],
    ...requests
      .slice(0, MOST_TARGETS)
      .map(({ weight, request: { method, url, name } }): [string, string] => [
        showPercent(weight / sum),
        `${method} ${url}, as ${name}`,
      ]),
    ...(more > 0 ? [['', `and ${showCount(more)} more requests`] as [string, string]] : []),
  ]
}

function closed(plan: ClosedPlan): [string, string][] {
  const users = plannedUsers(plan)
  const perS = plannedPerS(plan)
  return [
    ['model', `closed: up to ${showMany(users, 'user')}, ${waitWords(plan)}`],
    [
      'at most',
      perS < Infinity
        ? `${showRate(perS)} ${plan.scenario === null ? 'requests' : 'tasks'}/s, if the target answers at once`
        : `as many ${plan.scenario === null ? 'requests' : 'tasks'}/s as target and generator can handle`,
    ],
  ]
}

function open(plan: OpenPlan): [string, string][] {
  const perS = showPerS(peakRate(plan.stages))
  const full =
    plan.onFull === 'queue'
      ? 'then arrivals wait, and the wait counts as latency'
      : 'then arrivals are dropped'
  return [
    ...(plan.replay === undefined
      ? [['model', `open: up to ${perS} iterations/s, ${plan.arrival} arrivals`] as [string, string]]
      : replayRows(plan.replay, perS)),
    ['users', `created on demand, up to ${showCount(plan.maxUsers)}; ${full}`],
  ]
}

/** The log that is replayed: what of it, how fast, and what is left out. */
function replayRows(replay: ReplayPlan, peakPerS: string): [string, string][] {
  const { file, format, requests, speed, from, logS } = replay
  const length = printDurationS(Number(logS.toPrecision(6)))
  return [
    ['model', `open: up to ${peakPerS} requests/s, at the instants of a log`],
    [
      'replay',
      `${showMany(requests, 'request')} of ${file} (${format}), ${length} from ${from} at ${speed}×`,
    ],
    ['', stampWords(replay)],
    ...replayWarnings(replay).map((warning): [string, string] => ['note', warning]),
  ]
}

/** The share of this host's measured capacity that the plan takes; empty if not measured, or if the plan has no pace. */
function needs(plan: Plan, capacity: Capacity | null): [string, string][] {
  const share = capacityShare(capacity, plan)
  if (capacity === null || share === null) return []
  const most = showRate(soundPerS(capacity, plan))
  return [
    [
      'needs',
      `about ${Math.max(1, Math.round(share * 100))}% of the ${most} requests/s that this host can measure soundly (corerush doctor, ${capacity.measuredAt.slice(0, 10)})`,
    ],
  ]
}

/** How long responses are expected to wait for a worker; empty if this host was not measured, or if the plan has no pace. */
function waits(plan: Plan, capacity: Capacity | null): [string, string][] {
  const wait = plannedWait(capacity, plan)
  if (wait === null) return []
  return [
    [
      'waits',
      `about ${showMs(wait.p99Ms)} at p99 for a worker that is ${showPercent(wait.utilization)} busy, on this host and undisturbed`,
    ],
  ]
}

/** One worker's share of one stage, or of the load held after the last one. */
interface StageRow {
  readonly stage: string
  readonly share: Share
  readonly fromS: number
  readonly toS: number
}

/** Plans with more stages, such as those of a shape, are shown as one row per worker. */
const MOST_STAGES = 12

function stageRows(plan: Plan): StageRow[] {
  const rows: StageRow[] = []
  const shares = sharesOf(plan)
  const add = (stage: string, fromS: number, toS: number): void => {
    for (const share of shares) rows.push({ stage, share, fromS, toS })
  }
  if (plan.stages.length > MOST_STAGES && plan.durationS !== null) {
    add(`${printDurationS(plan.durationS)}: ${showCount(plan.stages.length)} stages`, 0, plan.durationS)
    return rows
  }
  let t = 0
  for (const stage of plan.stages) {
    const [from, to] =
      'fromUsers' in stage
        ? [showCount(stage.fromUsers), showCount(stage.toUsers)]
        : [showPerS(stage.fromPerS), `${showPerS(stage.toPerS)}/s`]
    const endS = Math.min(t + stage.durationS, plan.durationS ?? Infinity)
    if (stage.durationS > 0) add(`${printDurationS(endS - t)}: ${from} → ${to}`, t, endS)
    t = endS
  }
  const endS = plan.durationS ?? Infinity
  if (endS > t) {
    const last = plan.stages.at(-1)!
    const value = 'toUsers' in last ? showCount(last.toUsers) : `${showPerS(last.toPerS)}/s`
    add(`${endS === Infinity ? 'then' : printDurationS(endS - t)}: hold ${value}`, t, endS)
  }
  return rows
}

/** A planned rate; exact if it is a whole number. */
const showPerS = (perS: number): string => (Number.isInteger(perS) ? showCount(perS) : showRate(perS))

const STAGE: Column<StageRow> = { title: 'stage', align: 'left', cell: ({ stage }) => stage }
const WORKER: Column<StageRow> = {
  title: 'worker',
  cell: ({ share: { index, of } }) => (index === of ? 'witness' : String(index)),
}

/** The run-wide numbers of the users of a share, of `users` in all. */
const numbersOf = (share: Share, users: number): number[] =>
  Array.from({ length: portion(users, share) }, (_, i) => globalIndex(i, share))

/** The shared connections of a worker. */
const sharedColumn = ({ connections }: Plan): Column<StageRow>[] =>
  connections === null
    ? []
    : [{ title: 'connections', rank: 2, cell: ({ share }) => showCount(portion(connections, share)) }]

function closedColumns(plan: ClosedPlan): Column<StageRow>[] {
  const users = plannedUsers(plan)
  /** Users of this worker that are active at the end of a stage. */
  const active = ({ share }: StageRow, atS: number): number => {
    let n = 0
    for (const k of numbersOf(share, users))
      if (activeSpans(plan.stages, k).some(({ startS, stopS }) => startS < atS && atS < stopS)) n++
    return n
  }
  const starting = (row: StageRow): string => {
    let first = Infinity
    let last = -Infinity
    for (const k of numbersOf(row.share, users))
      for (const { startS } of activeSpans(plan.stages, k))
        if (startS >= row.fromS && startS < row.toS) {
          first = Math.min(first, startS)
          last = Math.max(last, startS)
        }
    return first > last ? 'none' : `${first.toFixed(3)} s … ${last.toFixed(3)} s`
  }
  return [
    STAGE,
    WORKER,
    { title: 'users at end', cell: (row) => showCount(active(row, Math.min(row.toS, 1e12))) },
    { title: 'users start at', rank: 1, cell: starting },
    ...sharedColumn(plan),
  ]
}

function openColumns(plan: OpenPlan): Column<StageRow>[] {
  const most = Math.min(plan.requests ?? Infinity, plan.iterations ?? Infinity)
  const arrivals = ({ share, fromS, toS }: StageRow): string => {
    // Arrival n is due when the area under the rate reaches n, so ⌈area⌉ arrivals are due before an instant.
    const before = (atS: number): number => Math.min(most, Math.ceil(arrivalsBy(plan.stages, atS) - 1e-6))
    const to = toS === Infinity ? most : before(toS)
    if (to === Infinity) return 'until stopped'
    return showCount(portion(to, share) - portion(before(fromS), share))
  }
  const users = ({ share }: StageRow): string => showCount(portion(plan.maxUsers, share))
  return [
    STAGE,
    WORKER,
    { title: plan.arrival === 'poisson' ? 'arrivals expected' : 'arrivals', cell: arrivals },
    { title: 'max users', rank: 1, cell: users },
    ...sharedColumn(plan),
  ]
}

function ending({ durationS, requests, iterations, gracefulStopS, until }: Plan): string {
  const after = [
    ...(until.length === 0 ? [] : [`when the load has given ${until.map(printPrecision).join(' and ')}`]),
    ...(durationS === null
      ? []
      : [`${until.length === 0 ? '' : 'at the latest '}after ${printDurationS(durationS)}`]),
    ...(requests === null ? [] : [`after exactly ${showCount(requests)} requests across all workers`]),
    ...(iterations === null ? [] : [`after exactly ${showCount(iterations)} iterations across all workers`]),
  ].join(' or ')
  return `${after === '' ? 'when it is stopped' : after}; then up to ${printDurationS(gracefulStopS)} for requests in flight`
}
