/** The pages that a command serves: `--metrics [PORT]`, which Prometheus reads, and `--web [PORT]`, the live page. */
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/problem.ts'
import type { Plan } from '../core/plan/plan.ts'
import { parseDurationS, parseNumber, parseRatePerS } from '../core/units.ts'
import { messageOf } from '../errors.ts'
import type { RunControl } from '../host/control.ts'
import { readLiveFiles, readPageFiles } from '../output/file/page-files.ts'
import { LivePage, type PageBeginning } from '../output/web/live-page.ts'
import { DEFAULT_PORT, MetricsPage } from '../output/web/metrics-page.ts'
import type { LoadTarget, LoadWords } from '../output/web/web-messages.ts'
import { DEFAULT_WEB_PORT, WebServer, type WebActions } from '../output/web/web-server.ts'
import type { Command } from './command.ts'
import type { ListName, TextName } from './flags.ts'

export interface WebOptions {
  readonly port: number
  /** Nothing says how much load there is, so the page asks. */
  readonly hasForm: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** Options that set how much load there is, as the stages of a scenario do; a URL alone does not. */
const LOADS = ['users', 'rate', 'stages', 'requests', 'iterations'] as const
/** Options about runs whose number is known, and about files that the next run would write over. */
const NOT_WITH_FORM = ['outputs', 'saveBaseline', 'repeat', 'against'] as const

/** Reads the port of the metrics page; `null` without the flag, and if it is wrong, which is added to the problems. */
export const readMetricsPort = (command: Command, problems: Problem[]): number | null =>
  readPort(command, 'metrics', DEFAULT_PORT, problems)

/**
 * Reads what is said of the live page; `null` without the flag, and if it is wrong, which is added to the problems.
 * `plan` is `null` if the command makes none.
 */
export function readWeb(
  command: Command,
  plan: Plan | null,
  environment: Environment,
  problems: Problem[],
): WebOptions | null {
  const port = readPort(command, 'web', DEFAULT_WEB_PORT, problems)
  if (port === null) return null
  const { texts, lists } = command
  const isGiven = (option: TextName | ListName): boolean =>
    texts.has(option as TextName) || lists.has(option as ListName)
  const hasForm = !LOADS.some(isGiven) && (plan?.scenario?.stages ?? null) === null
  if (!hasForm) return { port, hasForm }
  if (isInCi(environment))
    problems.push({
      option: 'web',
      message: 'waits for someone to fill in its form, and CI has nobody: use --users or --rate',
    })
  for (const option of NOT_WITH_FORM.filter(isGiven))
    problems.push({
      option,
      message: 'does not go with the start form of --web: use --users or --rate, or its downloads',
    })
  return { port, hasForm }
}

export const isInCi = ({ CI }: Environment): boolean => CI !== undefined && CI !== '' && CI !== 'false'

function readPort(
  { texts, switches }: Command,
  option: 'metrics' | 'web',
  defaultPort: number,
  problems: Problem[],
): number | null {
  const text = texts.get(option)
  if (text === undefined) return null
  const wrong = (message: string): null => {
    problems.push({ option, message })
    return null
  }
  if (switches.get('dryRun') === true) return wrong('does not go with --dry-run, which runs nothing')
  const port = text === '' ? defaultPort : /^\d{1,5}$/.test(text) ? Number(text) : Infinity
  return port <= 65_535 ? port : wrong(`must be a port from 0 (any) to 65535, got "${text}"`)
}

/** Serves the metrics page and prints its address; rejects with an OptionsError if it cannot. */
export const openMetrics = (port: number): Promise<MetricsPage> =>
  served('metrics', 'metrics', () => MetricsPage.listen(port))

/** Serves the live page and prints its address; rejects with an OptionsError if it cannot. */
export const openWeb = (port: number, beginning: PageBeginning, actions: WebActions): Promise<WebServer> =>
  served('web', 'live page', () => {
    const files = { live: readLiveFiles(), report: readPageFiles() }
    return WebServer.listen(port, new LivePage(beginning), files, actions)
  })

async function served<S extends { readonly url: string }>(
  option: string,
  name: string,
  listen: () => Promise<S>,
): Promise<S> {
  try {
    const page = await listen()
    process.stderr.write(`corerush: ${name} at ${page.url}\n`)
    return page
  } catch (error) {
    throw new OptionsError([{ option, message: `cannot be served: ${messageOf(error)}` }])
  }
}

/** Changes the load of the run under way by the words of the live page; resolves to why not, or `null`. */
export async function amendLoad(
  control: RunControl | null,
  { of }: LoadTarget,
  { value = '', over }: LoadWords,
): Promise<string | null> {
  const asked = of === 'users' ? parseNumber(value) : parseRatePerS(value)
  if ('problem' in asked) return `${of === 'users' ? 'users' : 'the rate'} ${asked.problem}, got "${value}"`
  const span = over === undefined ? null : parseDurationS(over)
  if (span !== null && 'problem' in span) return `the span ${span.problem}, got "${over}"`
  if (control === null) return 'nothing is running'
  const overS = span === null ? {} : { overS: span.value }
  try {
    await control.amend(
      of === 'users' ? { users: asked.value, ...overS } : { ratePerS: asked.value, ...overS },
    )
    return null
  } catch (error) {
    return messageOf(error)
  }
}
