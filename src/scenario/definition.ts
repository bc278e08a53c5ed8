/** Reads a definition: whatever an author's code can get wrong is reported before anything is sent. */
import type { ScenarioPlan, ScriptPlan, TaskPlan } from '../core/scenario/script-plan.ts'
import { didYouMean } from '../core/suggest.ts'
import { MOST_USERS } from '../core/options/limits.ts'
import { parseWait, printWait, type Wait } from '../core/load/wait-time.ts'
import type { CustomMetricPlan } from '../core/measure/custom-metrics.ts'
import { ENDS, endProblem, ORDERS, type FeederPlan } from '../core/scenario/row-source.ts'
import { readStages } from '../core/resolve/load-options.ts'
import type { AskedFeeder } from './feeder.ts'
import type { ScenarioDefinition } from './scenario.ts'

const FIELDS = [
  'name',
  'weight',
  'users',
  'baseUrl',
  'wait',
  'setup',
  'teardown',
  'onStart',
  'onStop',
  'order',
  'cookies',
  'stages',
  'tasks',
]

const FUNCTIONS = ['setup', 'teardown', 'onStart', 'onStop'] as const

/** A feeder, and where its file is. */
export type LocatedFeeder = Omit<AskedFeeder, 'feeder'> & { readonly path: string }

type Definition = ScenarioDefinition<unknown, unknown>

/** What the plan says of a file with these scenarios. */
export function planOf(
  file: string,
  definitions: readonly Definition[],
  feeders: readonly LocatedFeeder[] = [],
  metrics: readonly CustomMetricPlan[] = [],
): { readonly plan: Omit<ScriptPlan, 'sha256'> | null; readonly problems: readonly string[] } {
  const problems: string[] = []
  const isOne = definitions.length === 1
  const scenarios = definitions.map((definition, index) => {
    const own: string[] = []
    const scenario = readScenario(definition, index, own)
    const called = isOne ? '' : `scenario ${scenario.name ?? index + 1}: `
    problems.push(...own.map((problem) => called + problem))
    return scenario
  })
  const names = scenarios.map(({ name }) => name)
  if (!isOne && (names.includes(null) || new Set(names).size < names.length))
    problems.push('each of several scenarios must have a name of its own')
  const bases = new Set(definitions.flatMap(({ baseUrl }) => baseUrl ?? []))
  if (bases.size > 1)
    problems.push('scenarios of one file must have one baseUrl; requests can go to any absolute URL')
  const [baseUrl = null] = bases
  const stages = stagesOf(definitions, problems)
  const fed = feeders.map((feeder) => readFeeder(feeder, problems))
  const plan = { file, baseUrl, stages, scenarios, feeders: fed, metrics }
  return { plan: problems.length > 0 ? null : plan, problems }
}

/** The load that the file says, of all its users: so one scenario says it. */
function stagesOf(definitions: readonly Definition[], problems: string[]): readonly string[] | null {
  const said = definitions.flatMap(({ stages }) => (stages === undefined ? [] : [stages]))
  if (said.length > 1)
    problems.push('only one of several scenarios can have stages, which are the load of all users')
  const [stages] = said
  if (stages === undefined) return null
  readStages(stages, (_, message) => {
    problems.push(`stages ${message}`)
    return null
  })
  return typeof stages === 'string' ? stages.split(',') : stages
}

function readScenario(definition: Definition, index: number, problems: string[]): ScenarioPlan {
  for (const field of Object.keys(definition))
    if (!FIELDS.includes(field))
      problems.push(`${field} is not a field of a scenario${didYouMean(field, FIELDS)}`)
  const { name = null, weight = 1, users = null } = definition
  const { baseUrl = null, wait = null, order = 'weights', onStart, cookies = true } = definition
  if (name !== null && (typeof (name as unknown) !== 'string' || name.trim() === ''))
    problems.push('name must be a text')
  if (!isWeight(weight)) problems.push('weight must be a number of at least 0')
  if (users !== null && !(Number.isInteger(users) && users > 0 && users <= MOST_USERS))
    problems.push(`users must be a whole number from 1 to ${MOST_USERS}`)
  if (users !== null && definition.weight !== undefined)
    problems.push('weight does not go with users, which says it exactly')
  if (baseUrl !== null && typeof (baseUrl as unknown) !== 'string') problems.push('baseUrl must be a text')
  if (wait !== null && typeof wait !== 'function' && !isWait(wait))
    problems.push(
      "wait must be made by between, constant, pacing or throughput, such as between('0.9s', '1.1s'), or be a function",
    )
  for (const field of FUNCTIONS)
    if (definition[field] !== undefined && typeof (definition[field] as unknown) !== 'function')
      problems.push(`${field} must be a function`)
  if (typeof (cookies as unknown) !== 'boolean') problems.push('cookies must be true or false')
  if (!['weights', 'sequence'].includes(order)) problems.push('order must be weights or sequence')
  const tasks = readTasks(definition.tasks, problems)
  return {
    index,
    name,
    weight,
    users,
    wait: typeof wait === 'function' ? { kind: 'own' } : wait,
    isSequence: order === 'sequence',
    keepsCookies: cookies,
    hasSetup: definition.setup !== undefined || definition.teardown !== undefined,
    hasStart: onStart !== undefined,
    tasks,
  }
}

/** As the builders make it: what they make prints to the words that they were made of. */
function isWait(wait: unknown): wait is Wait {
  try {
    return 'value' in parseWait(printWait(wait as Wait))
  } catch {
    return false
  }
}

const isWeight = (weight: unknown): weight is number =>
  typeof weight === 'number' && weight >= 0 && weight < Infinity

const isTags = (tags: unknown): tags is string[] =>
  Array.isArray(tags) &&
  tags.every((tag: unknown) => typeof tag === 'string' && tag.trim() === tag && /^[^,]+$/.test(tag))

function readTasks(tasks: unknown, problems: string[]): TaskPlan[] {
  if (typeof tasks !== 'object' || tasks === null || Object.keys(tasks).length === 0) {
    problems.push('tasks must have at least one task')
    return []
  }
  const read: TaskPlan[] = []
  for (const [name, task] of Object.entries(tasks as Record<string, unknown>)) {
    if (typeof task === 'function') {
      read.push({ name, weight: 1, tags: [] })
      continue
    }
    const { weight = 1, tags = [], run } = (task ?? {}) as { weight?: unknown; tags?: unknown; run?: unknown }
    if (typeof run !== 'function') problems.push(`tasks.${name} must be a function, or have one as run`)
    else if (!isWeight(weight)) problems.push(`tasks.${name}.weight must be a number of at least 0`)
    else if (!isTags(tags)) problems.push(`tasks.${name}.tags must be a list of texts without commas`)
    else if (weight > 0) read.push({ name, weight, tags })
  }
  if (read.length === 0 && problems.length === 0)
    problems.push('tasks must have a task with a weight above 0')
  return read
}

const FEEDER_FIELDS = ['order', 'end', 'delimiter']

function readFeeder({ path, format, options }: LocatedFeeder, problems: string[]): FeederPlan {
  const wrong = (problem: string): void => void problems.push(`feeder ${path}: ${problem}`)
  const { order = 'sequential', end = order === 'unique' ? 'stop' : 'recycle', delimiter = ',' } = options
  for (const field of Object.keys(options))
    if (!FEEDER_FIELDS.includes(field))
      wrong(`${field} is not an option of a feeder${didYouMean(field, FEEDER_FIELDS)}`)
  if (!ORDERS.includes(order)) wrong(`order must be one of ${ORDERS.join(', ')}`)
  if (!ENDS.includes(end)) wrong(`end must be one of ${ENDS.join(', ')}`)
  const unfit = endProblem(order, options.end)
  if (unfit !== null) wrong(`end ${unfit}`)
  if (typeof (delimiter as unknown) !== 'string' || delimiter === '') wrong('delimiter must be a text')
  if (format === 'json' && options.delimiter !== undefined) wrong('delimiter is of CSV files')
  return { path, format, delimiter, order, end }
}
