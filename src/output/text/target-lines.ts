/** CPU and memory of the target in the summary, from its node_exporter. Pure. */
import { largest } from '../../core/extremes.ts'
import { targetBusy } from '../../core/measure/node-exporter.ts'
import type { Report } from '../../core/report/report.ts'
import { showBytes, showPercent } from '../../core/units.ts'
import type { TargetVitals } from '../../core/measure/worker-vitals.ts'
import type { Style } from './paint.ts'
import { section } from './section.ts'

/** Means over the load, and the busiest second; empty without an answer. */
export function renderTarget(report: Report, style: Style): string[] {
  const seen = report.timeline.flatMap(({ phase, target: vitals }) =>
    phase === 'load' && vitals !== null ? [vitals] : [],
  )
  if (seen.length === 0) return []
  const of = (value: (vitals: TargetVitals) => number | null): number[] =>
    seen.map(value).filter((one) => one !== null)
  const mean = (values: readonly number[]): number | null =>
    values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length
  const most = (values: readonly number[]): number | null => (values.length === 0 ? null : largest(values))
  const busy = of(targetBusy)
  const used = of(({ memoryTotalBytes: all, memoryAvailableBytes: left }) =>
    all === null || left === null || all === 0 ? null : 1 - left / all,
  )
  const bytes = (values: readonly number[]): string => {
    const value = mean(values)
    return value === null ? '–' : showBytes(Math.round(value))
  }
  return section(
    'target',
    [
      `CPU ${showPercent(mean(busy))} (max ${showPercent(most(busy))})`,
      `memory ${showPercent(mean(used))}`,
      `load ${mean(of(({ load1 }) => load1))?.toFixed(2) ?? '–'}`,
      `${bytes(of(({ bytesInPerS }) => bytesInPerS))}/s in`,
      `${bytes(of(({ bytesOutPerS }) => bytesOutPerS))}/s out`,
    ],
    style,
  )
}
