/** The start form of the live page: the runs that are started from it, one after the other. */
import { basename } from 'node:path'
import { printWait } from '../core/load/wait-time.ts'
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/problem.ts'
import type { Plan } from '../core/plan/plan.ts'
import { redactUrlText } from '../core/request/redacted-url.ts'
import { isSecretOption, shownOption, type ScriptOptionPlan } from '../core/scenario/script-options.ts'
import type { ScenarioPlan, ScriptPlan } from '../core/scenario/script-plan.ts'
import { showMany } from '../core/units.ts'
import { withoutSecrets } from '../core/request/secret-set.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import { conduct } from '../host/run.ts'
import { readScript } from '../host/run-plan.ts'
import { renderSummary } from '../output/text/summary.ts'
import type { PageAddress } from '../output/web/page-address.ts'
import {
  FORM_FIELDS,
  FORM_LISTS,
  optionField,
  type FormFile,
  type FormOption,
  type FormProblem,
  type FormWords,
} from '../output/web/web-messages.ts'
import { optionsOf, type Command } from './command.ts'
import { readPlan } from './command-plan.ts'
import { keepRecords } from './keep-records.ts'
import type { Hosts } from './fleet-options.ts'
import { renderProblem } from './problem.ts'
import type { RunConsole } from './run-console.ts'
import type { Settings } from './settings.ts'
import { styleOf } from './style.ts'

/** Throws what is wrong with a command whose runs are started from the form, but for what is missing that the form asks for. */
export function checkForForm(command: Command, problems: readonly Problem[]): void {
  const isAsked = ({ option }: Problem): boolean =>
    FORM_FIELDS.some((field) => field === option) &&
    !command.texts.has(option as never) &&
    !command.lists.has(option as never)
  const wrong = problems.filter((one) => !isAsked(one) || command.problems.includes(one))
  if (wrong.length > 0) throw new OptionsError(wrong)
}

/**
 * Serves the form at this address and makes the runs that are started from it, until the terminal ends that. Resolves to
 * the exit code of the last run. `hosts` are agents that carry them out; this host if `null`.
 */
export async function serveForm(
  settings: Settings,
  address: PageAddress,
  around: RunConsole,
  hosts: Hosts | null = null,
): Promise<number> {
  const script = await readScript(optionsOf(settings.command))
  const options = script?.options ?? []
  const runs = new FormRuns(settings, around, options, hosts)
  around.rest()
  const shown = {
    form: runs.form,
    options: options.map(fieldOf),
    ...(script === null ? {} : { file: fileOf(script, (text) => withoutSecrets(text, settings.secrets)) }),
  }
  await around.openPage(address, shown, runs.start)
  return runs.untilEnd()
}

/** What the form shows of a scenario file. */
export function fileOf({ file, baseUrl, scenarios }: ScriptPlan, shown: (text: string) => string): FormFile {
  const waitOf = ({ wait }: ScenarioPlan): string =>
    wait === null || wait.kind === 'none' ? 'no wait' : `wait ${printWait(wait)}`
  const waits = new Set(scenarios.map(waitOf))
  const [wait = 'no wait'] = waits
  // A name with a comma cannot be chosen: the option separates names by commas.
  const isChoice = scenarios.length > 1 && !scenarios.some(({ name }) => name === null || name.includes(','))
  const says = (one: ScenarioPlan): string =>
    [
      one.users === null ? `weight ${one.weight}` : showMany(one.users, 'user'),
      showMany(one.tasks.length, 'task'),
      ...(waits.size > 1 ? [waitOf(one)] : []),
    ].join(', ')
  return {
    name: basename(file),
    baseUrl: baseUrl === null ? null : redactUrlText(shown(baseUrl)),
    wait: waits.size > 1 ? 'as each scenario says' : wait.replace('wait ', '').replace('no wait', 'none'),
    scenarios: isChoice ? scenarios.map((one) => [one.name!, says(one)] as const) : [],
    tags: [...new Set(scenarios.flatMap(({ tasks }) => tasks.flatMap(({ tags }) => tags)))].sort(),
  }
}

const fieldOf = (option: ScriptOptionPlan): FormOption => ({
  name: option.name,
  description: [option.description, option.choices?.join(', ') ?? '']
    .filter((text) => text !== '')
    .join(': '),
  sample: String(shownOption(option).default),
})

class FormRuns {
  readonly #command: Command
  readonly #around: RunConsole
  readonly #options: readonly ScriptOptionPlan[]
  readonly #hosts: Hosts | null
  /** What may be shown of a text. */
  readonly #shown: (text: string) => string
  readonly #plans: Plan[] = []
  /** Aborted when there is a plan. */
  #waiting = new AbortController()

  constructor(
    { command, secrets }: Settings,
    around: RunConsole,
    options: readonly ScriptOptionPlan[],
    hosts: Hosts | null,
  ) {
    this.#hosts = hosts
    this.#command = command
    this.#options = options
    this.#around = around
    this.#shown = (text) => withoutSecrets(text, secrets)
  }

  /** What the form begins with. */
  get form(): FormWords {
    return formOf(this.#command, this.#shown, this.#options)
  }

  /** Starts a run by the words of the form; resolves to what is wrong with them. */
  readonly start = async (words: FormWords): Promise<readonly FormProblem[]> => {
    this.#around.page!.change({ form: showable(words, this.#shown) })
    const problems: Problem[] = []
    try {
      const command = withForm(this.#command, words, this.#shown, this.#options)
      const plan = await readPlan(
        command,
        { repeats: null, against: null },
        problems,
        this.#hosts === null
          ? undefined
          : { defaults: this.#hosts.defaults, script: await readScript(optionsOf(command)) },
      )
      if (plan === null || problems.length > 0)
        return problems.map((problem) => problemOf({ ...problem, message: this.#shown(problem.message) }))
      this.#hosts?.check(plan)
      this.#plans.push(plan)
    } catch (error) {
      // A scenario file, which may have changed since the last run, can be wrong in any way.
      return [{ field: null, message: this.#shown(messageOf(error)) }]
    }
    this.#waiting.abort()
    return []
  }

  /** Makes the runs until the terminal ends that; resolves to the exit code of the last one. */
  async untilEnd(): Promise<number> {
    const { signal } = this.#around.terminal
    let exitCode: number = EXIT.ok
    while (!signal.aborted) {
      this.#waiting = new AbortController()
      if (this.#plans.length === 0)
        await this.#around.stayUntil(AbortSignal.any([signal, this.#waiting.signal]))
      const plan = this.#plans.shift()
      if (plan !== undefined) exitCode = await this.#make(plan)
    }
    return exitCode
  }

  async #make(plan: Plan): Promise<number> {
    const { signal, terminal, page } = this.#around
    try {
      const outputs = this.#around.outputsOfNext()
      const hooks = { signal, outputs, onStart: terminal.begun }
      const report = await conduct(plan, hooks, this.#hosts?.hire ?? undefined)
      const { stdout } = process
      stdout.write(renderSummary(this.#around.forSummary(report, stdout), styleOf(stdout, this.#command)))
      const isKept = keepRecords([report], this.#command)
      return report.exitCode === EXIT.ok && !isKept ? EXIT.unexpected : report.exitCode
    } catch (error) {
      const phase = page!.report() === null ? 'waiting' : 'ended'
      page!.change({ phase, failure: this.#shown(messageOf(error)) })
      return error instanceof CorerushError ? error.exitCode : EXIT.unexpected
    } finally {
      this.#around.rest()
    }
  }
}

/** Returns what the form begins with: what the command says already, unless there is a secret in it. */
export function formOf(
  { texts, lists }: Command,
  shown: (text: string) => string,
  options: readonly ScriptOptionPlan[] = [],
): FormWords {
  const said = FORM_FIELDS.map(
    (field) => [field, isList(field) ? lists.get(field)?.join(',') : texts.get(field)] as const,
  )
  const set = options
    .filter((option) => option.value !== option.default && !isSecretOption(option))
    .map((option) => [optionField(option), String(option.value)] as const)
  const words: FormWords = Object.fromEntries([...said, ...set].filter(([, text]) => text !== undefined))
  return showable(words, shown)
}

/** Returns the words without those that hold a secret: `***` in their place would come back as if it were meant. */
function showable(words: FormWords, shown: (text: string) => string): FormWords {
  const open = Object.entries(words).filter(([, text = '']) => redactUrlText(shown(text)) === text)
  return Object.fromEntries(open)
}

/** Returns the command with the words of the form in place of its own. What the form did not show, and no word replaced, stays. */
export function withForm(
  command: Command,
  words: FormWords,
  shown: (text: string) => string,
  options: readonly ScriptOptionPlan[] = [],
): Command {
  const begun = formOf(command, shown, options)
  const texts = new Map(command.texts)
  const lists = new Map(command.lists)
  for (const field of FORM_FIELDS) {
    const word = words[field]
    if (word === undefined && begun[field] === undefined) continue
    if (isList(field)) {
      if (word === undefined) lists.delete(field)
      else lists.set(field, word.split(','))
    } else if (word === undefined) texts.delete(field)
    else texts.set(field, word)
  }
  // As in the form of Locust: until it is stopped. A precision ends the load as well.
  if (words.duration === undefined && !lists.has('until')) texts.set('duration', '0')
  const set = options.flatMap((option): string[] => {
    const word = words[optionField(option)]
    if (word !== undefined) return [`${option.name}=${word}`]
    // An emptied field is the default, whatever a config says.
    return begun[optionField(option)] === undefined ? [] : [`${option.name}=${option.default}`]
  })
  if (set.length > 0) lists.set('set', [...(lists.get('set') ?? []), ...set])
  return { ...command, texts, lists }
}

const isList = (field: string): field is (typeof FORM_LISTS)[number] =>
  FORM_LISTS.some((list) => list === field)

function problemOf(problem: Problem): FormProblem {
  const field = FORM_FIELDS.find((one) => one === problem.option && problem.place === undefined) ?? null
  return { field, message: field === null ? renderProblem(problem) : problem.message }
}
