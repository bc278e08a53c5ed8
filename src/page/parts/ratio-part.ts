/** Scenarios and tasks by their weights: what share of the users and of the iterations each has. */
import { plannedUsers } from '../../core/plan/plan.ts'
import { mixOf } from '../../core/scenario/mix.ts'
import { taskShares, type TaskShare } from '../../core/scenario/task-shares.ts'
import type { ScenarioPlan } from '../../core/scenario/script-plan.ts'
import { showCount, showPercent } from '../../core/units.ts'
import type { ReportView } from '../../output/view/view.ts'
import { element, section } from './element.ts'
import { table } from './sortable-table.ts'

type Row = TaskShare | { readonly scenario: string; readonly share: number; readonly users: number | null }

/** `null` without a scenario file. */
export function ratios({ report }: ReportView): HTMLElement | null {
  const { plan, iterations } = report
  if (plan.scenario === null) return null
  const { scenarios } = plan.scenario
  const ended = Object.values(iterations.byScenario).reduce((sum, { finished }) => sum + finished, 0)
  const measured = (row: Row): string => {
    if (!('scenario' in row)) return ''
    const counts = iterations.byScenario[row.scenario]
    return counts === undefined || ended === 0 ? '' : showPercent(counts.finished / ended)
  }
  return section(
    'ratios',
    'Ratios',
    table<Row>({
      label: 'Scenarios and tasks by weight',
      rows: rowsOf(report.plan, scenarios),
      columns: [
        { title: 'scenario or task', isText: true, cell: nameCell },
        {
          title: plan.model === 'open' ? 'of the iterations' : 'of the users',
          cell: (row) => ('scenario' in row ? showPercent(row.share) : ''),
        },
        {
          title: 'users',
          cell: (row) => ('scenario' in row && row.users !== null ? showCount(row.users) : ''),
        },
        { title: 'within its group', cell: (row) => ('scenario' in row ? '' : showPercent(row.within)) },
        { title: 'iterations measured', hint: 'share of those that finished', cell: measured },
      ],
    }),
    element(
      'p',
      { class: 'note' },
      'As planned, by the weights: how often each is chosen among those beside it. Users stay in a group until a task leaves it.',
    ),
  )
}

function rowsOf(plan: ReportView['report']['plan'], scenarios: readonly ScenarioPlan[]): Row[] {
  const weights = scenarios.reduce((sum, { weight }) => sum + weight, 0)
  const users = plannedUsers(plan)
  const mix = plan.model === 'closed' ? mixOf(scenarios, users) : null
  return scenarios.flatMap((scenario, place): Row[] => {
    const own = mix === null ? null : mix.filter((one) => one === place).length
    const share = own === null ? scenario.weight / weights : own / Math.max(1, users)
    return [{ scenario: scenario.name ?? 'users', share, users: own }, ...taskShares(scenario)]
  })
}

function nameCell(row: Row): HTMLElement {
  if ('scenario' in row) return element('strong', {}, row.scenario)
  const indent = '\u2003'.repeat(row.depth + 1)
  return element('span', {}, `${indent}${row.name}${row.isGroup ? ' (group)' : ''}`)
}
