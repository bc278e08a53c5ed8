/** What users do and how long they wait, in words. */
import { mixOf } from '../../core/scenario/mix.ts'
import { plannedUsers, type ClosedPlan, type Plan } from '../../core/plan/plan.ts'
import type { ScenarioPlan, ScriptPlan } from '../../core/scenario/script-plan.ts'
import { showCount, showPercent } from '../../core/units.ts'
import type { Report } from '../../core/report/report.ts'
import type { Span, Style } from './paint.ts'
import { section } from './section.ts'
import { printWait, type Wait } from '../../core/load/wait-time.ts'

const wordsOf = (wait: Wait): string => (wait.kind === 'none' ? 'no wait' : `wait ${printWait(wait)}`)

/** The wait of all users, or that their scenarios have different ones. */
export function waitWords({ wait, scenario }: ClosedPlan): string {
  const waits = new Set((scenario?.scenarios ?? []).map((one) => wordsOf(one.wait ?? { kind: 'none' })))
  return waits.size > 1 ? 'waits of their scenarios' : wordsOf(wait)
}

/** The file and what each of its scenarios does; of several, how many users each has at the most, or its part of the iterations. */
export function scenarioRows(plan: Plan, script: ScriptPlan, url: string): [string, string][] {
  const { file, scenarios } = script
  const weights = scenarios.reduce((sum, { weight }) => sum + weight, 0)
  const mix = scenarios.length > 1 ? mixOf(scenarios, plannedUsers(plan)) : new Uint16Array()
  return [
    ['scenario', file],
    ['base URL', url],
    ...scenarios.map((scenario, place): [string, string] => {
      if (scenario.name === null || scenarios.length === 1) return ['tasks', tasks(scenario)]
      if (plan.model === 'open')
        return [
          scenario.name,
          `${showPercent(scenario.weight / weights)} of the iterations: ${tasks(scenario)}`,
        ]
      const users = mix.filter((one) => one === place).length
      const wait = wordsOf(scenario.wait ?? { kind: 'none' })
      return [scenario.name, `${showCount(users)} user${users === 1 ? '' : 's'}, ${wait}: ${tasks(scenario)}`]
    }),
  ]
}

/** How many iterations of each scenario ended. */
export const iterationLines = ({ iterations }: Report, style: Style): string[] =>
  Object.keys(iterations.byScenario).length === 0
    ? []
    : section(
        'tasks',
        Object.entries(iterations.byScenario).map(([name, { finished, failed }]): Span[] => [
          `${name} ${showCount(finished)}`,
          ...(failed > 0 ? [[`, ${showCount(failed)} failed`, 'red'] as const] : []),
        ]),
        style,
      )

function tasks({ tasks, isSequence }: ScenarioPlan): string {
  if (isSequence) return tasks.map(({ name }) => name).join(', then ')
  const sum = tasks.reduce((total, { weight }) => total + weight, 0)
  return tasks.map(({ name, weight }) => `${name} ${showPercent(weight / sum)}`).join(', ')
}
