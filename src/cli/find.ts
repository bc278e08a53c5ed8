/** The command `corerush find`: the highest load that a target holds. */
import { readFileSync } from 'node:fs'
import type { FindReport } from '../core/find/find-report.ts'
import type { FindSettings } from '../core/find/answer.ts'
import { FIND_SCHEMA } from '../core/find/find-report.ts'
import { readGoals, readLoadRange, searchProblems, type LoadRange } from '../core/find/search-options.ts'
import { MOST_USERS } from '../core/options/limits.ts'
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/problem.ts'
import { isRead, hasFallback } from '../core/options/declaration.ts'
import { parseNumber } from '../core/units.ts'
import { EXIT, messageOf } from '../errors.ts'
import { find, type FindHooks, type FindPlan } from '../host/find.ts'
import type { Hire } from '../host/workforce.ts'
import { FileDestination, StreamDestination, type Destination } from '../output/destination.ts'
import { renderFindHtml } from '../output/file/find-html.ts'
import { renderFindGithub, renderFindJunit } from '../output/file/find-ci.ts'
import { FindView } from '../output/live/find-view.ts'
import { printable } from '../output/text/paint.ts'
import { renderFind, renderTrial, renderTrialHead } from '../output/text/find-text.ts'
import type { Command } from './command.ts'
import { readPlan } from './command-plan.ts'
import { readFleet } from './fleet-options.ts'
import { COMMAND_FLAGS } from './flags.ts'
import { isInCi } from './served-pages.ts'
import { onAgents, someAgents, type PlannedFor } from './on-agents.ts'
import { withSettings } from './settings.ts'
import { styleOf } from './style.ts'
import { listenToSignals } from './stop-signals.ts'

export const findCommand = (typed: Command): Promise<number> =>
  withSettings(typed, async ({ command, said }) => {
    const problems: Problem[] = []
    const fleet = readFleet(command, problems, said)
    if (problems.length > 0) throw new OptionsError([...command.problems, ...problems])
    if (fleet === null) return carryOut(await readSearch(command))
    const planned = await someAgents(command)
    await readSearch(command, planned)
    return onAgents(fleet, false, async (hosts) => {
      const read = await readSearch(command, { ...planned, defaults: hosts.defaults })
      hosts.check(read.asked.plan)
      return carryOut(read, hosts.hire ?? undefined)
    })
  })

const KINDS = {
  json: (report: FindReport): string => `${JSON.stringify(report, null, 2)}\n`,
  html: renderFindHtml,
  junit: renderFindJunit,
  github: renderFindGithub,
} as const
type Kind = keyof typeof KINDS

/** What a command line says of a search. */
interface ReadSearch {
  readonly command: Command
  readonly asked: FindPlan
  readonly outputs: readonly FindOutput[]
}

/** Throws all that is wrong with it. `planned` is where it is made for; this host if undefined. */
async function readSearch(command: Command, planned?: PlannedFor): Promise<ReadSearch> {
  const problems: Problem[] = [...command.problems, ...searchProblems(command)]
  const range = readLoadRange(command.texts, problems)
  const goals = readGoals(command.lists, problems)
  const settings = readSettings(command, range ?? { least: 1, most: null }, problems)
  const outputs = readFindOutputs(command, problems)
  const baseline = readBaseline(command, problems)
  const plan =
    range === null
      ? null
      : await readPlan(
          asRun(command, range, settings),
          { repeats: null, against: null },
          problems,
          planned,
          // Workers and connections are those of the largest load.
          range.unit === 'users' ? { laterUsers: range.most ?? MOST_USERS } : {},
        )
  if (plan === null || problems.length > 0) throw new OptionsError(problems)
  return { command, asked: { plan, goals, settings, baseline }, outputs }
}

async function carryOut({ command, asked, outputs }: ReadSearch, hire?: Hire): Promise<number> {
  const { plan } = asked
  const watch = watchSearch(command, plan.model === 'closed' ? 'users' : 'ratePerS')
  const { view } = watch
  const signals = listenToSignals({
    heard: () => view?.stopping(),
    restore: () => view?.restore(),
    resume: () => view?.resume(),
  })
  try {
    const report = await find(
      asked,
      { signal: signals.signal, ...watch.hooks, outputs: view === null ? [] : [view] },
      hire,
    )
    return await write(report, outputs, command)
  } finally {
    view?.restore()
    signals.release()
  }
}

interface Watch {
  readonly view: FindView | null
  readonly hooks: Pick<FindHooks, 'onTrial' | 'onStep'>
}

/** What shows the search: a live view on a terminal, lines elsewhere and in CI, nothing with --quiet. */
function watchSearch(command: Command, unit: FindReport['unit']): Watch {
  const { stderr } = process
  if (command.switches.get('quiet') === true) return { view: null, hooks: {} }
  const style = styleOf(stderr, command)
  if (stderr.isTTY && process.env['TERM'] !== 'dumb' && !isInCi(process.env)) {
    const view = new FindView(stderr, style.color, unit)
    const hooks: Watch['hooks'] = {
      onTrial: (trial, answers) => view.trial(trial, answers),
      onStep: (words) => view.step(words),
    }
    return { view, hooks }
  }
  let isFirst = true
  const hooks: Watch['hooks'] = {
    onTrial(trial) {
      if (isFirst) stderr.write(`${renderTrialHead(style)}\n`)
      isFirst = false
      stderr.write(`${renderTrial(trial, unit, style)}\n`)
    },
    onStep(words) {
      stderr.write(`corerush: ${printable(words)}\n`)
    },
  }
  return { view: null, hooks }
}

/** The run that carries the trials: it begins with the smallest load, and lasts longer than the search. */
function asRun(command: Command, range: LoadRange, settings: FindSettings): Command {
  const texts = new Map(command.texts)
  const lists = new Map(command.lists)
  texts.set(range.unit === 'users' ? 'users' : 'rate', String(range.least))
  texts.set('duration', `${settings.maxTimeS + settings.confirmS + SLACK_S}s`)
  lists.delete('baseline')
  // Goals are judged by the search; the run itself must not fail, nor stop, for them.
  lists.set('thresholds', ['failed <= 100%'])
  lists.delete('outputs')
  // Trials are judged by seconds that have no witness of their own.
  const switches = new Map(command.switches).set('witness', false)
  return { ...command, texts, lists, switches }
}

/** Time for the last rest and for the probe after it. */
const SLACK_S = 120

function readSettings(
  command: Command,
  range: Pick<LoadRange, 'least' | 'most'>,
  problems: Problem[],
): FindSettings {
  const seconds = (name: 'for' | 'trial' | 'confirm' | 'maxTime'): number => {
    const { format } = COMMAND_FLAGS.find[name]
    const raw = command.texts.get(name)
    const fallback = hasFallback(format) ? format.fallback : 0
    if (raw === undefined || !isRead(format)) return fallback
    const read = format.parse(raw)
    if ('value' in read) return read.value
    problems.push({ option: name, message: `${read.problem}, got "${raw}"` })
    return fallback
  }
  const share = (name: 'tolerate' | 'precision', usual: number, least: number, most: number): number => {
    const raw = command.texts.get(name)
    if (raw === undefined) return usual
    const read = parseNumber(raw.replace(/%$/, ''))
    const value = 'value' in read ? read.value / (raw.endsWith('%') ? 100 : 1) : NaN
    if (value >= least && value <= most) return value
    problems.push({
      option: name,
      message: `must be a share from ${least * 100}% to ${most * 100}%, got "${raw}"`,
    })
    return usual
  }
  const settings: FindSettings = {
    least: range.least,
    most: range.most,
    trialS: seconds('trial'),
    forS: seconds('for'),
    tolerated: share('tolerate', 0.2, 0, 0.9),
    precision: share('precision', 0.02, 0.001, 1),
    confirmS: seconds('confirm'),
    maxTimeS: seconds('maxTime'),
  }
  if (settings.trialS < 1) problems.push({ option: 'trial', message: 'must be at least 1s' })
  if (settings.forS < settings.trialS)
    problems.push({ option: 'for', message: `must be at least as long as a trial (${settings.trialS} s)` })
  if (settings.maxTimeS < settings.forS)
    problems.push({ option: 'maxTime', message: `must be at least as long as --for (${settings.forS} s)` })
  return settings
}

interface FindOutput {
  readonly kind: Kind
  readonly destination: Destination
}

function readFindOutputs({ lists }: Command, problems: Problem[]): FindOutput[] {
  const outputs: FindOutput[] = []
  for (const [at, text] of (lists.get('outputs') ?? []).entries()) {
    const [, word, path] = /^([^=]+)=(.+)$/s.exec(text) ?? []
    if (word === undefined || path === undefined || !Object.hasOwn(KINDS, word)) {
      const kinds = Object.keys(KINDS).join(', ')
      problems.push({
        option: 'outputs',
        message: `must be KIND=PATH here, with one of ${kinds}, got "${text}"`,
        at,
      })
      continue
    }
    const kind = word as Kind
    const fallback = { stream: process.stdout, name: 'standard output' }
    const destination =
      path === '-'
        ? new StreamDestination(process.stdout)
        : new FileDestination(path, fallback, { append: kind === 'github' })
    try {
      destination.check()
      outputs.push({ kind, destination })
    } catch (error) {
      problems.push({ option: 'outputs', message: `${text}: ${messageOf(error)}`, at })
    }
  }
  return outputs
}

/** The earlier search that `--baseline` names. */
function readBaseline({ lists }: Command, problems: Problem[]): FindReport | null {
  const [path, ...more] = lists.get('baseline') ?? []
  if (path === undefined) return null
  if (more.length > 0) problems.push({ option: 'baseline', message: 'takes one search' })
  try {
    const read = JSON.parse(readFileSync(path, 'utf8')) as Partial<FindReport> | null
    if (read?.schema === FIND_SCHEMA && Array.isArray(read.answers) && read.answers.every(isAnswer))
      return read as FindReport
    problems.push({
      option: 'baseline',
      message: `must be the JSON of a search (${FIND_SCHEMA}): ${path} is none`,
    })
  } catch (error) {
    problems.push({ option: 'baseline', message: `cannot be read: ${messageOf(error)}` })
  }
  return null
}

/** Whether a value of a file has what a comparison reads. */
function isAnswer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { goal, lower, upper } = value as Record<string, unknown>
  return typeof goal === 'string' && [lower, upper].every(isLoad)
}

function isLoad(value: unknown): boolean {
  if (value === null) return true
  if (typeof value !== 'object') return false
  const { users, ratePerS } = value as Record<string, unknown>
  return typeof (users ?? ratePerS) === 'number'
}

async function write(report: FindReport, outputs: readonly FindOutput[], command: Command): Promise<number> {
  const ownsStdout = outputs.some(({ destination }) => destination.name === '-')
  const stream = ownsStdout ? process.stderr : process.stdout
  stream.write(renderFind(report, styleOf(stream, command)))
  let isWritten = true
  for (const { kind, destination } of outputs)
    try {
      await destination.write(KINDS[kind](report))
    } catch (error) {
      isWritten = false
      process.stderr.write(`corerush: ${kind}=${destination.name} ${messageOf(error)}\n`)
    }
  const code =
    command.switches.get('fail') === false && JUDGEMENTS.includes(report.exitCode) ? EXIT.ok : report.exitCode
  return code === EXIT.ok && !isWritten ? EXIT.unexpected : code
}

const JUDGEMENTS: readonly number[] = [EXIT.void, EXIT.regression, EXIT.thresholds]
