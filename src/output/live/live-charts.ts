/** Charts of the live view: percentiles over the last minute, workers and cores of this host. Pure. */
import { BUSY, SATURATED } from '../../core/judge/rules/limits.ts'
import type { SecondRow } from '../../core/measure/second.ts'
import { showMs, showPercent } from '../../core/units.ts'
import type { CoreVitals, WorkerVitals } from '../../core/measure/worker-vitals.ts'
import { bar, renderLine, type Span, type Style } from '../text/paint.ts'
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
  const columns = style.width >= WIDE ? 4 : style.width >= PAIR_WIDTH ? 2 : 1
  const isPaired =
    columns > 1 && cores !== null && cores.length > 0 && cores.length <= (MOST_ROWS * columns) / 2
  const cells: (readonly [label: string, busy: number] | null)[] = []
  for (let i = 0; i < Math.max(workers.length, isPaired ? cores.length : 0); i++) {
    const worker = workers[i]
    const name = worker?.worker === witness ? 'witness' : `worker ${worker?.worker}`
    cells.push(worker === undefined ? null : [name, worker.utilization])
    if (!isPaired) continue
    const core = cores[i]
    cells.push(core === undefined ? null : [`core ${core.core}`, core.busy])
  }
  const width = Math.floor((style.width - GAP.length * (columns - 1)) / columns)
  const barWidth = Math.max(4, Math.min(40, width - LABEL - PERCENT))
  const cell = (of: (typeof cells)[number]): Span[] => {
    if (of === null) return [' '.repeat(LABEL + barWidth + PERCENT)]
    const [label, busy] = of
    const paint = busy > SATURATED ? 'red' : busy > BUSY ? 'yellow' : 'green'
    return [[label.padEnd(LABEL), 'dim'], [bar(busy, barWidth), paint], showPercent(busy).padStart(PERCENT)]
  }
  const lines: string[] = []
  for (let i = 0; i < cells.length && lines.length < MOST_ROWS; i += columns) {
    const row = cells.slice(i, i + columns)
    lines.push(
      renderLine(
        row.flatMap((of, k) => [...(k === 0 ? [] : [GAP]), ...cell(of)]),
        style,
      ).trimEnd(),
    )
  }
  const hidden = workers.length - (MOST_ROWS * columns) / (isPaired ? 2 : 1)
  if (hidden > 0) lines.push(renderLine([[`and ${hidden} more workers`, 'dim']], style))
  return isPaired ? lines : [...lines, ...coreBlocks(cores, style)]
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
