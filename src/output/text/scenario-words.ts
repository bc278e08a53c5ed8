/** Tasks and waits of a scenario as text. */
import { mixOf } from '../../core/scenario/mix.ts'
import { plannedUsers, type ClosedPlan, type Plan } from '../../core/plan/plan.ts'
import { shownOption, type ScriptOptionPlan } from '../../core/scenario/script-options.ts'
import type { ScenarioHttp, ScenarioPlan, ScriptPlan } from '../../core/scenario/script-plan.ts'
import { printDurationS, showCount, showMany, showPercent } from '../../core/units.ts'
import type { ScenarioCounts } from '../../core/measure/tally.ts'
import type { Report } from '../../core/report/report.ts'
import type { Span, Style } from './paint.ts'
import { section } from './section.ts'
import { printWait, type Wait } from '../../core/load/wait-time.ts'

const wordsOf = (wait: Wait): string => (wait.kind === 'none' ? 'no wait' : `wait ${printWait(wait)}`)

/** The wait of all users, or a note that scenarios have different ones. */
export function waitWords({ wait, scenario }: ClosedPlan): string {
  const waits = new Set((scenario?.scenarios ?? []).map((one) => wordsOf(one.wait ?? { kind: 'none' })))
  return waits.size > 1 ? 'waits vary by scenario' : wordsOf(wait)
}

/** The file and the tasks of each scenario; with several scenarios, the users of each or its share of the iterations. */
export function scenarioRows(plan: Plan, script: ScriptPlan, url: string): [string, string][] {
  const { file, scenarios } = script
  const weights = scenarios.reduce((sum, { weight }) => sum + weight, 0)
  const mix = scenarios.length > 1 ? mixOf(scenarios, plannedUsers(plan)) : new Uint16Array()
  return [
    ['scenario', file],
    ['base URL', url],
    ...scenarios.flatMap(({ name, http }): [string, string][] =>
      http === null ? [] : [[`of ${name ?? ''}`, httpWords(http, url)]],
    ),
    ...script.options.map(shownOption).map(optionRow),
    ...scenarios.map((scenario, place): [string, string] => {
      if (scenario.name === null || scenarios.length === 1) return ['tasks', tasks(scenario)]
      if (plan.model === 'open')
        return [
          scenario.name,
          `${showPercent(scenario.weight / weights)} of the iterations: ${tasks(scenario)}`,
        ]
      const users = mix.filter((one) => one === place).length
      const wait = wordsOf(scenario.wait ?? { kind: 'none' })
      return [scenario.name, `${showMany(users, 'user')}, ${wait}: ${tasks(scenario)}`]
    }),
  ]
}

const optionRow = ({ name, value, default: usual }: ScriptOptionPlan): [string, string] => [
  'set',
  `${name}=${value}${value === usual ? '' : ` (default ${usual})`}`,
]

/** Finished, failed and cut off iterations: of each named scenario, otherwise in total; and failures of `onStart`, `onStop`. */
export function iterationLines({ plan, iterations, lifecycle }: Report, style: Style): string[] {
  if (plan.scenario === null) return []
  const { skipped, byScenario } = iterations
  const all = Object.entries(byScenario)
  const items = all.length === 0 ? [iterationWords('', iterations)] : all.map((one) => iterationWords(...one))
  const rest: Span[][] = skipped > 0 ? [[`${showCount(skipped)} stopped in onStart`]] : []
  const failed = Object.entries(lifecycle)
    .filter(([, counts]) => counts.failed > 0)
    .map(([name, counts]): Span[] => [
      [`${name} failed ${showCount(counts.failed)} of ${showMany(counts.started, 'time')}`, 'red'],
    ])
  return section('tasks', [...items, ...rest, ...failed], style)
}

function iterationWords(name: string, { finished, failed, unfinished, stuck }: ScenarioCounts): Span[] {
  const words = (n: number, what: string): Span[] => (n > 0 ? [[`, ${showCount(n)} ${what}`, 'red']] : [])
  return [
    `${name === '' ? '' : `${name} `}${showCount(finished)}${name === '' ? ' finished' : ''}`,
    ...words(failed, 'failed'),
    ...(unfinished > stuck ? [`, ${showCount(unfinished - stuck)} cut off by the end of the drain`] : []),
    ...words(stuck, 'never ended'),
  ]
}

/** The tasks with their shares, those of a group in parentheses: `Home 25%, shop 75% (View 50%, Buy 50%)`. */
const tasks = (scenario: ScenarioPlan): string => tasksWithin(scenario, '', scenario.isSequence)

function tasksWithin(scenario: ScenarioPlan, group: string, isSequence: boolean): string {
  const own = ({ name }: { readonly name: string }): string => name.slice(group === '' ? 0 : group.length + 1)
  const words = [
    ...scenario.tasks
      .filter((one) => one.group === group)
      .map((one) => ({ ...one, words: own(one), inside: '' })),
    ...scenario.groups
      .filter((one) => one.group === group)
      .map((one) => ({ ...one, words: own(one), inside: tasksWithin(scenario, one.name, one.isSequence) }))
      // Tags can leave a group without a task.
      .filter(({ inside }) => inside !== ''),
  ].sort((a, b) => a.at - b.at)
  const sum = words.reduce((total, { weight }) => total + weight, 0)
  const inside = (text: string): string => (text === '' ? '' : ` (${text})`)
  return words
    .map((one) => `${one.words}${isSequence ? '' : ` ${showPercent(one.weight / sum)}`}${inside(one.inside)}`)
    .join(isSequence ? ', then ' : ', ')
}

/** How the requests of a scenario go that do not go as those of the first. */
function httpWords({ request, ...http }: ScenarioHttp, baseUrl: string): string {
  const { insecure, http2, proxy, ca, cert, maxRedirects, timeoutS } = http
  return [
    request.url === baseUrl ? 'the same base URL' : request.url,
    ...(http2 ? ['HTTP/2'] : []),
    ...(insecure ? ['insecure'] : []),
    ...(ca === null ? [] : ['own authorities']),
    ...(cert === null ? [] : ['client certificate']),
    ...(proxy === null ? [] : [`proxy ${proxy.host}:${proxy.port}`]),
    ...(maxRedirects > 0 ? [`at most ${showMany(maxRedirects, 'redirect')}`] : []),
    `time-out ${printDurationS(timeoutS)}`,
  ].join(', ')
}
