/** Reads a definition: whatever an author's code can get wrong is reported before anything is sent. */
import type { GroupPlan, ScenarioPlan, TaskPlan } from '../core/scenario/script-plan.ts'
import { didYouMean } from '../core/suggest.ts'
import { MOST_USERS, USUAL_REDIRECTS } from '../core/options/limits.ts'
import { parseWait, printWait, type Wait } from '../core/load/wait-time.ts'
import type { CustomMetricPlan } from '../core/measure/custom-metrics.ts'
import { ENDS, endProblem, ORDERS, type FeederPlan } from '../core/scenario/row-source.ts'
import { readStages } from '../core/resolve/load-options.ts'
import { readersOf, readPlanned } from '../core/options/option-readers.ts'
import type { Problem } from '../core/options/problem.ts'
import { OWN_FIELDS, type LoadedScript, type OwnOptions } from '../core/resolve/own-options.ts'
import { resolveHttp } from '../core/resolve/request/http-options.ts'
import { readHeaders, readUrl } from '../core/resolve/request/request-options.ts'
import type { AskedFeeder } from './feeder.ts'
import type { ScenarioDefinition } from './scenario.ts'

const FIELDS = [
  'name',
  'weight',
  'users',
  ...Object.keys(OWN_FIELDS),
  'wait',
  'setup',
  'teardown',
  'onStart',
  'onRequest',
  'compressed',
  'onStop',
  'order',
  'cookies',
  'stages',
  'tasks',
]

const FUNCTIONS = ['setup', 'teardown', 'onStart', 'onStop', 'onRequest'] as const

/** A feeder, and where its file is. */
export type LocatedFeeder = Omit<AskedFeeder, 'feeder'> & { readonly path: string }

type Definition = ScenarioDefinition<unknown, unknown>

/** What the plan says of a file with these scenarios. */
export function planOf(
  file: string,
  definitions: readonly Definition[],
  feeders: readonly LocatedFeeder[] = [],
  metrics: readonly CustomMetricPlan[] = [],
): { readonly plan: Omit<LoadedScript, 'sha256'> | null; readonly problems: readonly string[] } {
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
  const [baseUrl = null] = definitions.flatMap((one) => one.baseUrl ?? [])
  const own = definitions.map((one) => ownOptions({ baseUrl: baseUrl ?? undefined, ...one }))
  const stages = stagesOf(definitions, problems)
  const fed = feeders.map((feeder) => readFeeder(feeder, problems))
  const plan = { file, baseUrl, stages, scenarios, feeders: fed, options: [], metrics, own }
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
  const { wait = null, order = 'weights', onStart, cookies = true } = definition
  if (name !== null && (typeof (name as unknown) !== 'string' || name.trim() === ''))
    problems.push('name must be a text')
  if (!isWeight(weight)) problems.push('weight must be a number of at least 0')
  if (users !== null && !(Number.isInteger(users) && users > 0 && users <= MOST_USERS))
    problems.push(`users must be a whole number from 1 to ${MOST_USERS}`)
  if (users !== null && definition.weight !== undefined)
    problems.push('weight does not go with users, which says it exactly')
  problems.push(...ownProblems(definition))
  if (wait !== null && typeof wait !== 'function' && !isWait(wait))
    problems.push(
      "wait must be made by between, constant, pacing or throughput, such as between('0.9s', '1.1s'), or be a function",
    )
  for (const field of FUNCTIONS)
    if (definition[field] !== undefined && typeof (definition[field] as unknown) !== 'function')
      problems.push(`${field} must be a function`)
  const { compressed } = definition
  if (compressed !== undefined && typeof (compressed as unknown) !== 'boolean')
    problems.push('compressed must be true or false')
  if (typeof (cookies as unknown) !== 'boolean') problems.push('cookies must be true or false')
  if (!['weights', 'sequence'].includes(order)) problems.push('order must be weights or sequence')
  const { tasks, groups } = readTasks(definition.tasks, problems)
  return {
    index,
    name,
    weight,
    users,
    wait: typeof wait === 'function' ? { kind: 'own' } : wait,
    isSequence: order === 'sequence',
    keepsCookies: cookies,
    http: null,
    sets: [],
    hasSetup: definition.setup !== undefined || definition.teardown !== undefined,
    hasStart: onStart !== undefined,
    tasks,
    groups,
  }
}

/** What the scenario sets of the options for its requests. */
function ownOptions(definition: Definition): OwnOptions {
  const own: Record<string, unknown> = {}
  for (const [field, option] of Object.entries(OWN_FIELDS)) {
    const value: unknown = definition[field as keyof typeof OWN_FIELDS]
    if (value !== undefined) own[option] = value
  }
  const { redirects } = definition
  if (typeof redirects === 'boolean') own['maxRedirects'] = redirects ? USUAL_REDIRECTS : 0
  return own
}

/** What is wrong with these options, by the names of the fields. */
function ownProblems(definition: Definition): string[] {
  const own = ownOptions(definition)
  const found: Problem[] = []
  const readers = readersOf(own, found)
  const { baseUrl } = definition
  const url = baseUrl === undefined ? null : readUrl(baseUrl, readers.wrong)
  const headers = readHeaders(own.headers, readers.wrong)
  resolveHttp(own, readPlanned(readers), url, headers, readers)
  const fields = new Map(Object.entries(OWN_FIELDS).map(([field, option]) => [option as string, field]))
  return found.map(({ option, message }) => `${fields.get(option) ?? option} ${message}`)
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

interface ReadTasks {
  readonly tasks: TaskPlan[]
  readonly groups: GroupPlan[]
}

function readTasks(given: unknown, problems: string[]): ReadTasks {
  const read: ReadTasks = { tasks: [], groups: [] }
  const before = problems.length
  readWithin(given, { group: '', place: 'tasks', tags: [], around: [] }, read, problems)
  if (problems.length > before) return read
  const names = [...read.tasks, ...read.groups].map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) problems.push(`tasks has two tasks or groups called ${twice}`)
  if (read.tasks.length === 0) problems.push('tasks must have a task with a weight above 0')
  return read
}

/** Where tasks stand: in which group, and within which groups by their own tasks. */
interface Place {
  readonly group: string
  /** In the words of a message. */
  readonly place: string
  readonly tags: readonly string[]
  readonly around: readonly unknown[]
}

const TASK_FIELDS = ['run', 'weight', 'tags']
const GROUP_FIELDS = ['tasks', 'order', 'weight', 'tags']

function readWithin(given: unknown, within: Place, read: ReadTasks, problems: string[]): void {
  const { group, place, around } = within
  if (typeof given !== 'object' || given === null || Object.keys(given).length === 0) {
    problems.push(`${place} must have at least one task`)
    return
  }
  if (around.includes(given)) {
    problems.push(`${place} contains itself`)
    return
  }
  for (const [at, [own, task]] of Object.entries(given as Record<string, unknown>).entries()) {
    const name = group === '' ? own : `${group}/${own}`
    const where = `${place}.${own}`
    if (typeof task === 'function') {
      read.tasks.push({ name, group, at, weight: 1, tags: within.tags })
      continue
    }
    const { weight = 1, tags = [], run, tasks, order } = (task ?? {}) as Record<string, unknown>
    const isGroup = tasks !== undefined
    if (typeof run !== 'function' && !isGroup)
      problems.push(`${where} must be a function, have one as run, or be a group with tasks`)
    else if (run !== undefined && isGroup) problems.push(`${where} has run and tasks: a group has no run`)
    else if (!isWeight(weight)) problems.push(`${where}.weight must be a number of at least 0`)
    else if (!isTags(tags)) problems.push(`${where}.tags must be a list of texts without commas`)
    else if (refusesFields(task, isGroup ? GROUP_FIELDS : TASK_FIELDS, where, problems)) continue
    else if (order !== undefined && order !== 'weights' && order !== 'sequence')
      problems.push(`${where}.order must be weights or sequence`)
    else if (weight > 0) {
      const all = [...new Set([...within.tags, ...tags])]
      if (!isGroup) read.tasks.push({ name, group, at, weight, tags: all })
      else {
        read.groups.push({ name, group, at, weight, isSequence: order === 'sequence' })
        const inside = { group: name, place: `${where}.tasks`, tags: all, around: [...around, given] }
        readWithin(tasks, inside, read, problems)
      }
    }
  }
}

function refusesFields(task: unknown, known: readonly string[], where: string, problems: string[]): boolean {
  const unknown = Object.keys(task as object).filter((field) => !known.includes(field))
  for (const field of unknown)
    problems.push(
      `${where}.${field} is not a field of a ${known === GROUP_FIELDS ? 'group' : 'task'}${didYouMean(field, known)}`,
    )
  return unknown.length > 0
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
  const isGuess = format === 'csv' && options.delimiter === undefined
  return { path, format, delimiter, ...(isGuess ? { isGuess } : {}), order, end }
}
