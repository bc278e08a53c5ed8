/** `--web [PORT]`: the live page, and the runs that are started from its form. */
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/options.ts'
import type { Plan } from '../core/plan/plan.ts'
import { redactUrlText } from '../core/request/secret.ts'
import { parseDurationS, parseNumber, parseRatePerS } from '../core/units.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import type { RunControl } from '../host/control.ts'
import { LivePage, type PageBeginning } from '../output/web/live-page.ts'
import { readLiveFiles, readPageFiles } from '../output/file/page-files.ts'
import { DEFAULT_WEB_PORT, WebServer, type WebActions } from '../output/web/web-server.ts'
import {
  FORM_FIELDS,
  type FormField,
  type FormProblem,
  type FormWords,
  type LoadTarget,
  type LoadWords,
} from '../output/web/web-messages.ts'
import { type Command } from './args.ts'
import { renderProblem } from './problem.ts'
import { readPort } from './metrics-port.ts'

export interface WebOptions {
  readonly port: number
  /** Nobody said what the load is: the page asks. */
  readonly hasForm: boolean
}

/** What says how much load there is, as the stages of a scenario do; a URL alone does not. */
const LOADS: readonly string[] = ['users', 'rate', 'stage', 'requests', 'iterations']
/** The flags of the fields. */
const FLAGS: Readonly<Record<FormField, string>> = {
  url: 'url',
  users: 'users',
  spawnRate: 'spawn-rate',
  wait: 'wait',
  rate: 'rate',
  duration: 'duration',
}
/** They are about runs whose number is known, and files that the next run would write over. */
const NOT_WITH_FORM: readonly string[] = ['out', 'save-baseline', 'repeat', 'against']

/** Null without the flag, and where it is wrong, which is added to the problems; `plan` is null where there is none. */
export function readWeb(
  command: Command,
  plan: Plan | null,
  environment: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
): WebOptions | null {
  const port = readPort(command, 'web', DEFAULT_WEB_PORT, problems)
  if (port === null) return null
  const { texts, lists } = command
  const isGiven = (flag: string): boolean => texts.has(flag) || lists.has(flag)
  const hasForm = !LOADS.some(isGiven) && (plan?.scenario?.stages ?? null) === null
  if (hasForm) {
    if (isInCi(environment))
      problems.push({
        option: 'web',
        message: 'waits for somebody to fill in its form, and CI has nobody: say --users or --rate',
      })
    for (const flag of NOT_WITH_FORM.filter(isGiven))
      problems.push({
        option: flag,
        message: 'does not go with the start form of --web: say --users or --rate, or take its downloads',
      })
  }
  return { port, hasForm }
}

export const isInCi = ({ CI }: Readonly<Record<string, string | undefined>>): boolean =>
  CI !== undefined && CI !== '' && CI !== 'false'

/** Listens, and says where; throws when it cannot. */
export async function openWeb(
  port: number,
  beginning: PageBeginning,
  actions: WebActions,
): Promise<WebServer> {
  try {
    const files = { live: readLiveFiles(), report: readPageFiles() }
    const web = await WebServer.listen(port, new LivePage(beginning), files, actions)
    process.stderr.write(`corerush: live page at ${web.url}\n`)
    return web
  } catch (error) {
    throw new OptionsError([{ option: 'web', message: `cannot be served: ${messageOf(error)}` }])
  }
}

/** Changes the load of a run under way, by the words of the page; resolves to why not, or null. */
export async function amend(
  control: RunControl | null,
  { of }: LoadTarget,
  { value = '', over }: LoadWords,
): Promise<string | null> {
  const asked = of === 'users' ? parseNumber(value) : parseRatePerS(value)
  if ('problem' in asked) return `${of === 'users' ? 'users' : 'the rate'} ${asked.problem}, got "${value}"`
  const span = over === undefined ? null : parseDurationS(over)
  if (span !== null && 'problem' in span) return `the span ${span.problem}, got "${over}"`
  const overS = span === null ? {} : { overS: span.value }
  try {
    await control!.amend(
      of === 'users' ? { users: asked.value, ...overS } : { ratePerS: asked.value, ...overS },
    )
    return null
  } catch (error) {
    return messageOf(error)
  }
}

/** What the form begins with: what was said already, unless there is a secret in it. */
export function formOf({ texts }: Command, shown: (text: string) => string): FormWords {
  const said = FORM_FIELDS.map((field) => [field, texts.get(FLAGS[field])] as const)
  return showable(Object.fromEntries(said.filter(([, text]) => text !== undefined)), shown)
}

/** The words without those that hold a secret: `***` in their place would come back as if it were meant. */
function showable(words: FormWords, shown: (text: string) => string): FormWords {
  const open = Object.entries(words).filter(([, text]) => redactUrlText(shown(text)) === text)
  return Object.fromEntries(open)
}

/** The command with the words of the form in place of its own; what the form did not show, and nobody replaced, stays. */
export function withForm(command: Command, words: FormWords, shown: (text: string) => string): Command {
  const texts = new Map(command.texts)
  for (const field of FORM_FIELDS) {
    const word = words[field]
    if (word !== undefined) texts.set(FLAGS[field], word)
    else if (formOf(command, shown)[field] !== undefined) texts.delete(FLAGS[field])
  }
  return { ...command, texts }
}

/** How the command makes a plan, and what it does with it. */
export interface FormRuns {
  readonly planOf: (command: Command, problems: Problem[]) => Promise<Plan | null>
  /** What may be shown of a text. */
  readonly shown: (text: string) => string
  /** Of the run under way. */
  readonly control: () => RunControl | null
  /** Makes one run, and resolves to its exit code. */
  readonly make: (plan: Plan, page: LivePage, signal: AbortSignal) => Promise<number>
}

/** Runs as they are started from the form, one after the other, until the signal; the exit code is the last one's. */
export async function serveForm(
  command: Command,
  port: number,
  signal: AbortSignal,
  { planOf, shown, control, make }: FormRuns,
): Promise<number> {
  const asked: Plan[] = []
  let waiting = new AbortController()
  let stopping = new AbortController()
  const web = await openWeb(
    port,
    { phase: 'waiting', form: formOf(command, shown), staysOpen: true },
    {
      stop: () => stopping.abort(),
      amend: (load, words) => amend(control(), load, words),
      async start(words) {
        web.page.change({ form: showable(words, shown) })
        const problems: Problem[] = []
        try {
          const plan = await planOf(withForm(command, words, shown), problems)
          if (plan === null || problems.length > 0)
            return problems.map((problem) => problemOf({ ...problem, message: shown(problem.message) }))
          asked.push(plan)
        } catch (error) {
          // A scenario file, which may have changed since the last run, can be wrong in any way.
          return [{ field: null, message: shown(messageOf(error)) }]
        }
        waiting.abort()
        return []
      },
    },
  )
  let exitCode: number = EXIT.ok
  try {
    while (!signal.aborted) {
      waiting = new AbortController()
      if (asked.length === 0) await web.stayUntil(AbortSignal.any([signal, waiting.signal]))
      const plan = asked.shift()
      if (plan === undefined) break
      stopping = new AbortController()
      try {
        exitCode = await make(plan, web.page, AbortSignal.any([signal, stopping.signal]))
      } catch (error) {
        exitCode = error instanceof CorerushError ? error.exitCode : EXIT.unexpected
        const phase = web.page.report === null ? 'waiting' : 'ended'
        web.page.change({ phase, failure: shown(messageOf(error)) })
      }
    }
    return exitCode
  } finally {
    await web.close()
  }
}

function problemOf(problem: Problem): FormProblem {
  const field = FORM_FIELDS.find((one) => one === problem.option && problem.place === undefined) ?? null
  return { field, message: field === null ? renderProblem(problem) : problem.message }
}
