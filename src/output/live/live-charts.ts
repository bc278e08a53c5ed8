/** Charts of the live view: percentiles over the last minute, workers and cores of this host, agents. Pure. */
import { BUSY, SATURATED } from '../../core/judge/rules/limits.ts'
import { busiestWorker, ownWorkers } from '../../core/measure/agent-utilization.ts'
import type { AgentState } from '../../core/measure/host-facts.ts'
import type { SecondRow } from '../../core/measure/second.ts'
import { workerLabel } from '../../core/measure/worker-label.ts'
import { showMs, showPercent } from '../../core/units.ts'
import type { CoreVitals, WorkerVitals } from '../../core/measure/worker-vitals.ts'
import { bar, clip, renderLine, type Paint, type Span, type Style } from '../text/paint.ts'
import { sparkline } from '../text/sparkline.ts'

/** Seconds shown by the charts. */
export const CHART_S = 60

/** One sparkline per percentile, each scaled to its own maximum; empty before the second second. */
export function percentileCharts(seconds: readonly SecondRow[], style: Style): string[] {
  if (seconds.length < 2) return []
  const width = Math.max(1, Math.min(CHART_S, style.width - 18))
  return (['p50', 'p95', 'p99'] as const).map((percentile) => {
    const values = seconds.slice(-CHART_S).map(({ latencyMs }) => latencyMs[percentile])
    const known = values.filter((value) => value !== null)
    return renderLine(
      [
        [`${percentile} `, 'dim'],
        [sparkline(values, width), 'cyan'],
        [' to ', 'dim'],
        showMs(known.length > 0 ? Math.max(...known) : null),
      ],
      style,
    )
  })
}

/** The least width that holds a worker and a core side by side. */
const PAIR_WIDTH = 56
const WIDE = 120
const GAP = '   '
const LABEL = 10
const PERCENT = 5
const MOST_ROWS = 8

/**
 * A bar per worker and per core, side by side: a saturated worker beside idle cores means that the generator is the limit.
 * With too many cores, or in a narrow window, the cores are one sparkline. `witness` is the number of the witness, or `null`.
 */
export function coreBars(
  workers: readonly WorkerVitals[],
  cores: readonly CoreVitals[] | null,
  style: Style,
  witness: number | null = null,
): string[] {
  const columns = columnsIn(style)
  const isPaired =
    columns > 1 && cores !== null && cores.length > 0 && cores.length <= (MOST_ROWS * columns) / 2
  const cells: Cell[] = []
  for (let i = 0; i < Math.max(workers.length, isPaired ? cores.length : 0); i++) {
    const worker = workers[i]
    const name = worker?.worker === witness ? 'witness' : `worker ${worker?.worker}`
    cells.push(worker === undefined ? null : [name, worker.utilization])
    if (!isPaired) continue
    const core = cores[i]
    cells.push(core === undefined ? null : [`core ${core.core}`, core.busy])
  }
  const lines = cellLines(cells, columns, style)
  const hidden = workers.length - (MOST_ROWS * columns) / (isPaired ? 2 : 1)
  if (hidden > 0) lines.push(renderLine([[`and ${hidden} more workers`, 'dim']], style))
  return isPaired ? lines : [...lines, ...coreBlocks(cores, style)]
}

/** A bar with its label; `null` for an empty place. */
type Cell = readonly [label: string, busy: number] | null

const columnsIn = ({ width }: Style): number => (width >= WIDE ? 4 : width >= PAIR_WIDTH ? 2 : 1)

const busyPaint = (busy: number): Paint => (busy > SATURATED ? 'red' : busy > BUSY ? 'yellow' : 'green')

/** Bars in columns, at most `MOST_ROWS` lines. */
function cellLines(cells: readonly Cell[], columns: number, style: Style): string[] {
  const width = Math.floor((style.width - GAP.length * (columns - 1)) / columns)
  const labelWidth = Math.max(LABEL, ...cells.map((cell) => (cell?.[0].length ?? 0) + 1))
  const barWidth = Math.max(4, Math.min(40, width - labelWidth - PERCENT))
  const spansOf = (cell: Cell): Span[] => {
    if (cell === null) return [' '.repeat(labelWidth + barWidth + PERCENT)]
    const [label, busy] = cell
    return [
      [label.padEnd(labelWidth), 'dim'],
      [bar(busy, barWidth), busyPaint(busy)],
      showPercent(busy).padStart(PERCENT),
    ]
  }
  const lines: string[] = []
  for (let i = 0; i < cells.length && lines.length < MOST_ROWS; i += columns) {
    const row = cells.slice(i, i + columns)
    lines.push(
      renderLine(
        row.flatMap((cell, k) => [...(k === 0 ? [] : [GAP]), ...spansOf(cell)]),
        style,
      ).trimEnd(),
    )
  }
  return lines
}

/** One block per core, full if it was busy for the whole second; empty if the platform does not report cores. */
function coreBlocks(cores: readonly CoreVitals[] | null, style: Style): string[] {
  if (cores === null || cores.length === 0) return []
  const busy = cores.map((core) => core.busy)
  const width = Math.max(1, style.width - 20)
  return [
    renderLine(
      [
        ['cores ', 'dim'],
        [sparkline(busy, width, 1), 'cyan'],
        [' busiest ', 'dim'],
        showPercent(Math.max(...busy)),
      ],
      style,
    ),
  ]
}

/** Agents shown while there is no room for all: those in trouble first, then the busiest. */
const MOST_AGENTS = MOST_ROWS
const STATE_PAINT: Readonly<Record<AgentState['state'], Paint>> = {
  running: 'dim',
  silent: 'yellow',
  ended: 'dim',
  lost: 'red',
}
/** Width of what stands behind the bar of an agent. */
const WORDS = 56

/**
 * A bar for each agent, which is that of its busiest worker, with the worker, the agent's state, when it was heard last,
 * and how well its clock follows. Unfolded, the bars of its workers stand below.
 */
export function agentBars(
  agents: readonly AgentState[],
  workers: readonly WorkerVitals[],
  style: Style,
  isUnfolded = false,
): string[] {
  const all = agents.map((agent) => ({
    agent,
    own: ownWorkers(agent, workers),
    busiest: busiestWorker(agent, workers),
  }))
  const shown = isUnfolded || all.length <= MOST_AGENTS ? all : all.toSorted(byTrouble).slice(0, MOST_AGENTS)
  const labelWidth = Math.min(20, Math.max(LABEL, ...shown.map(({ agent: { name } }) => name.length + 1)))
  const barWidth = Math.max(4, Math.min(24, style.width - labelWidth - PERCENT - WORDS))
  const lines = all
    .filter((one) => shown.includes(one))
    .flatMap(({ agent, own, busiest }) => {
      const busy = busiest?.utilization ?? 0
      const line = renderLine(
        [
          [clip(agent.name, labelWidth - 1).padEnd(labelWidth), 'dim'],
          [bar(busy, barWidth), busyPaint(busy)],
          showPercent(busiest?.utilization ?? null).padStart(PERCENT),
          ...agentWords(agent, busiest),
        ],
        style,
      )
      const label = ({ worker }: WorkerVitals): string => workerLabel(worker, [agent])
      const cells = own.map((one): Cell => [label(one), one.utilization])
      if (!isUnfolded) return [line]
      const rest = own.length === 0 ? 0 : agent.workers[1] - agent.workers[0] + 1 - own.length
      return [
        line,
        ...cellLines(cells, columnsIn(style), style),
        ...(rest > 0 ? [renderLine([[`and ${rest} workers that are less busy`, 'dim']], style)] : []),
      ]
    })
  const hidden = all.length - shown.length
  return hidden === 0 ? lines : [...lines, renderLine([[`and ${hidden} more agents`, 'dim']], style)]
}

function agentWords(
  { name, workers, state, heardS, boundMs }: AgentState,
  busiest: WorkerVitals | null,
): Span[] {
  const worker = busiest === null ? '' : `  ${workerLabel(busiest.worker, [{ name, workers }])}`
  const heard = state === 'ended' ? '' : ` · heard ${heardS.toFixed(1)} s ago`
  const clock = boundMs === null ? '' : ` · clock ± ${showMs(boundMs)}`
  return [
    [`${worker} · `, 'dim'],
    [state, STATE_PAINT[state]],
    [`${heard}${clock}`, 'dim'],
  ]
}

interface SeenAgent {
  readonly agent: AgentState
  readonly busiest: WorkerVitals | null
}

const TROUBLE = { lost: 0, silent: 1, running: 2, ended: 3 } as const

const byTrouble = (a: SeenAgent, b: SeenAgent): number =>
  TROUBLE[a.agent.state] - TROUBLE[b.agent.state] ||
  (b.busiest?.utilization ?? 0) - (a.busiest?.utilization ?? 0)
