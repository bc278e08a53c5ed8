/** The planned load over time as a chart of a few lines, for `--dry-run`. Pure. */
import { peakRate, rateAt } from '../../core/load/arrivals.ts'
import { plannedUsers, type Plan } from '../../core/plan/plan.ts'
import { usersAt } from '../../core/load/stages.ts'
import { printDurationS, showCount, showRate } from '../../core/units.ts'
import { renderLine, type Span, type Style } from './paint.ts'
import { BLOCKS } from './sparkline.ts'

const HEIGHT = 4
const WIDEST = 60
const NARROWEST = 10
/** Width of the label column of a dry run. */
const TITLE_WIDTH = 10

/**
 * Users, or arrivals per second, over the load; each column shows the plan at the middle of its span. Empty if the load has
 * a single stage, or no end.
 */
export function loadChart(plan: Plan, style: Style): string[] {
  const endS = plan.durationS
  const peak = plan.model === 'closed' ? plannedUsers(plan) : peakRate(plan.stages)
  if (plan.stages.length < 2 || endS === null) return []
  const highest =
    plan.model === 'closed'
      ? showCount(peak)
      : `${Number.isInteger(peak) ? showCount(peak) : showRate(peak)}/s`
  const width = Math.min(WIDEST, style.width - TITLE_WIDTH - highest.length - 2)
  if (width < NARROWEST) return []
  const eighths = Array.from({ length: width }, (_, column) => {
    const atS = ((column + 0.5) / width) * endS
    const level = plan.model === 'closed' ? usersAt(plan.stages, atS) : rateAt(plan.stages, atS)
    // Anything above zero is visible.
    return level === 0 ? 0 : Math.max(1, Math.round((level / peak) * HEIGHT * 8))
  })
  const line = (title: string, label: string, ...spans: Span[]): string =>
    renderLine(
      [[title.padEnd(TITLE_WIDTH) + label.padStart(highest.length), 'dim'], ...spans],
      style,
    ).trimEnd()
  const end = printDurationS(endS)
  return [
    ...Array.from({ length: HEIGHT }, (_, row) => {
      const below = (HEIGHT - 1 - row) * 8
      const cells = eighths.map((full) => (full <= below ? ' ' : BLOCKS[Math.min(8, full - below) - 1]!))
      const [title, label, axis] = row === 0 ? [titleOf(plan), highest, ' ┤'] : ['', '', ' │']
      return line(title, label, [axis, 'dim'], [cells.join(''), 'cyan'])
    }),
    line('', '0', [` └${'─'.repeat(width)}`, 'dim']),
    line('', '', [`  0s${end.padStart(width - 2)}`, 'dim']),
  ]
}

const titleOf = ({ model }: Plan): string => (model === 'closed' ? 'users' : 'rate')
