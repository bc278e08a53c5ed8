/** The small charts of the live view: percentiles over the last minute, and the cores of this host. Pure. */
import type { SecondRow } from '../core/second.ts'
import { showMs, showPercent } from '../core/units.ts'
import type { CoreVitals } from '../core/vitals.ts'
import { renderLine, type Style } from './paint.ts'
import { sparkline } from './sparkline.ts'

/** How many seconds the charts show. */
export const CHART_S = 60

/** One row of blocks for each percentile, each to its own highest second; nothing where there is no course to show. */
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

/** One block for each core, full when it was busy for the whole second; nothing where the platform does not say. */
export function coreBlocks(cores: readonly CoreVitals[] | null, style: Style): string[] {
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
