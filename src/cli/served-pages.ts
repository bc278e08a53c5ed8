/** The pages that a command serves: `--metrics [PORT]`, which Prometheus reads, and `--web [PORT]`, the live page. */
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/problem.ts'
import type { Plan } from '../core/plan/plan.ts'
import { parseDurationS, parseNumber, parseRatePerS } from '../core/units.ts'
import { messageOf } from '../errors.ts'
import type { RunControl } from '../host/control.ts'
import { readLiveFiles, readPageFiles } from '../output/file/page-files.ts'
import { LivePage, type PageBeginning } from '../output/web/live-page.ts'
import type { PageAddress } from '../output/web/page-address.ts'
import { DEFAULT_PORT, MetricsPage } from '../output/web/metrics-page.ts'
import type { LoadTarget, LoadWords } from '../output/web/web-messages.ts'
import { DEFAULT_WEB_PORT, WebServer, type WebActions } from '../output/web/web-server.ts'
import type { Command } from './command.ts'
import type { ListName, TextName } from './flags.ts'
import { readPageAddress } from './page-flags.ts'

export interface WebOptions {
  readonly address: PageAddress
  /** Nothing says how much load there is, so the page asks. */
  readonly hasForm: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** Options that set how much load there is, as the stages of a scenario do; a URL alone does not. */
const LOADS = ['users', 'rate', 'stages', 'replay', 'requests', 'iterations'] as const
/** Options about runs whose number is known, and about files that the next run would write over. */
const NOT_WITH_FORM = ['outputs', 'saveBaseline', 'repeat', 'against'] as const

/** Reads where the metrics page is served; `null` without the flag, and if it is wrong, which is added to the problems. */
export const readMetrics = (command: Command, problems: Problem[]): PageAddress | null =>
  readPageAddress(command, 'metrics', DEFAULT_PORT, problems)

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
  const address = readPageAddress(command, 'web', DEFAULT_WEB_PORT, problems)
  if (address === null) return null
  const { texts, lists } = command
  const isGiven = (option: TextName | ListName): boolean =>
    texts.has(option as TextName) || lists.has(option as ListName)
  const hasForm = !LOADS.some(isGiven) && (plan?.scenario?.stages ?? null) === null
  if (!hasForm) return { address, hasForm }
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
  return { address, hasForm }
}

export const isInCi = ({ CI }: Environment): boolean => CI !== undefined && CI !== '' && CI !== 'false'

/** Serves the metrics page and prints its address; rejects with an OptionsError if it cannot. */
export const openMetrics = (address: PageAddress): Promise<MetricsPage> =>
  served('metrics', address, async () => {
    const page = await MetricsPage.listen(address)
    const { shownToken } = page
    const token = shownToken === null ? '' : ` with Authorization: Bearer ${shownToken}`
    say(`metrics at ${page.url}${token}`)
    return page
  })

/** Serves the live page and prints its address; rejects with an OptionsError if it cannot. */
export const openWeb = (
  address: PageAddress,
  beginning: PageBeginning,
  actions: WebActions,
): Promise<WebServer> =>
  served('web', address, async () => {
    const files = { live: readLiveFiles(), report: readPageFiles() }
    const server = await WebServer.listen(address, new LivePage(beginning), files, actions)
    say(`live page at ${server.url}${address.token === null ? '' : ', which asks for the token'}`)
    return server
  })

async function served<S extends { readonly isOnLoopback: boolean }>(
  option: 'web' | 'metrics',
  { tls }: PageAddress,
  open: () => Promise<S>,
): Promise<S> {
  try {
    const page = await open()
    if (!page.isOnLoopback && tls === null)
      say('that address is not encrypted: its network can read the token; see --web-cert')
    return page
  } catch (error) {
    throw new OptionsError([{ option, message: `cannot be served: ${messageOf(error)}` }])
  }
}

const say = (text: string): void => void process.stderr.write(`corerush: ${text}\n`)

/** Changes the load of the run under way by the words of the live page; resolves to why not, or `null`. */
export async function amendLoad(
  control: RunControl | null,
  { of, durationS }: LoadTarget,
  { value = '', over, end }: LoadWords,
): Promise<string | null> {
  if (end !== undefined) return extend(control, durationS, end)
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

/** Changes the length of the load: to `10m`, to `+5m` more than now, to 0 for until it is stopped. */
async function extend(
  control: RunControl | null,
  durationS: number | null,
  end: string,
): Promise<string | null> {
  const isMore = end.startsWith('+')
  const span = parseDurationS(isMore ? end.slice(1) : end)
  if ('problem' in span) return `the length ${span.problem}, got "${end}"`
  if (isMore && durationS === null) return 'the load has no end that could be moved: give its whole length'
  if (control === null) return 'nothing is running'
  const wholeS = isMore ? durationS! + span.value : span.value
  try {
    await control.amend({ durationS: wholeS === 0 ? null : wholeS })
    return null
  } catch (error) {
    return messageOf(error)
  }
}
