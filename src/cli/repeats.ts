/** `--repeat` and `--against`: how many runs, and beside which other target. */
import { forbiddenHost, forbids } from '../core/resolve/request/allowed-hosts.ts'
import { provable } from '../core/compare/comparison.ts'
import { OptionsError } from '../core/options/options-error.ts'
import type { Options } from '../core/options/options.ts'
import type { Problem } from '../core/options/problem.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { RequestPlan } from '../core/request/request.ts'
import { bareHost, portOf, routeOf } from '../core/request/route.ts'
import { parseHttpUrl } from '../core/request/http-url.ts'
import { redactUrlText } from '../core/request/redacted-url.ts'
import { MOST_RUNS, type Turn } from '../core/compare/run-series.ts'
import { parseNumber } from '../core/units.ts'
import type { Series } from '../host/repeated-runs.ts'
import type { Output } from '../output/output.ts'
import type { Command } from './command.ts'
import { isOtlp, readOutputs } from './output-flags.ts'

export interface Repeats {
  /** `null` if the user did not say. */
  readonly repeats: number | null
  /** The origin of the other target; `null` for none. */
  readonly against: string | null
}

/** Adds what is wrong with them to the problems. */
export function readRepeats({ texts, lists }: Command, problems: Problem[]): Repeats {
  const text = texts.get('repeat')
  let repeats: number | null = null
  if (text !== undefined) {
    const parsed = parseNumber(text)
    if ('value' in parsed && Number.isInteger(parsed.value) && parsed.value >= 1 && parsed.value <= MOST_RUNS)
      repeats = parsed.value
    else
      problems.push({
        option: 'repeat',
        message: `must be a whole number from 1 to ${MOST_RUNS}, got "${text}"`,
      })
  }
  const against = texts.get('against') ?? null
  if (against !== null) {
    const wrong = (message: string): void => void problems.push({ option: 'against', message })
    if (!isOrigin(against))
      wrong(
        `must be an origin such as http://127.0.0.1:8080, for all else is that of --url, got "${redactUrlText(against)}"`,
      )
    if (lists.has('baseline')) wrong('is what is compared with, and so is --baseline')
    if (texts.has('unixSocket')) wrong('does not go with --unix-socket, which would be the same for both')
  }
  return { repeats, against: against === null || !isOrigin(against) ? null : new URL(against).origin }
}

/** Refuses several runs of a load that goes on until it is stopped: an order to stop ends them all. */
export function refuseEndless(plan: Plan, { repeats, against }: Repeats, problems: Problem[]): void {
  const hasEnd = plan.durationS !== null || plan.requests !== null || plan.iterations !== null
  if (!hasEnd && ((repeats ?? 1) > 1 || against !== null))
    problems.push({ option: 'duration', message: 'of 0 goes with one run only, which is stopped by hand' })
}

function isOrigin(text: string): boolean {
  const url = parseHttpUrl(text)
  return url !== null && url.href === `${url.origin}/`
}

/** With another target the rules of the run are relative to that one. */
export const withAgainst = (options: Options, { against }: Repeats): Options =>
  against === null ? options : { ...options, baseline: [against] }

/** The same plan for the other target; adds a problem when it would be another one there. */
export function otherPlanOf(plan: Plan, { against }: Repeats, problems: Problem[]): Plan | null {
  if (against === null) return null
  const { origin, protocol } = new URL(plan.request.url)
  if (protocol !== new URL(against).protocol)
    problems.push({ option: 'against', message: `must be ${protocol}// as --url is, got "${against}"` })
  const there = (request: RequestPlan): RequestPlan => ({
    ...request,
    url: request.url.startsWith(`${origin}/`) ? against + request.url.slice(origin.length) : request.url,
  })
  const targets = plan.targets && {
    ...plan.targets,
    requests: plan.targets.requests.map((one) => ({ ...one, request: there(one.request) })),
  }
  const { url } = there(plan.request)
  if (plan.proxy === null && isSameRoute(plan, url))
    problems.push({
      option: 'against',
      message: 'must lead to another server than --url, and --connect-to leads both to one',
    })
  const to = forbiddenHost(plan, new URL(url))
  if (to !== null) problems.push({ option: 'against', message: forbids(plan.allowedHosts!, to) })
  // The exporter is the other server's.
  return { ...plan, request: there(plan.request), targets, targetMetrics: null }
}

/** Whether connections for this URL go where those of the plan's own go. */
function isSameRoute(plan: Plan, url: string): boolean {
  const [own, other] = [plan.request.url, url].map((one) => {
    const { protocol, hostname, port } = new URL(one)
    return JSON.stringify(routeOf(plan, protocol, bareHost(hostname), portOf({ protocol, port })))
  })
  return own === other
}

/** The outputs of each of several runs, whose side and number go into the names of their files; throws what keeps them from being written. */
export function readNumbered(command: Command, turns: readonly Turn[]): (turn: Turn) => readonly Output[] {
  const problems: Problem[] = []
  for (const text of command.lists.get('outputs') ?? [])
    if (text.endsWith('=-'))
      problems.push({ option: 'outputs', message: `needs a file for each of several runs, got "${text}"` })
  const outputs = new Map(turns.map((turn) => [turn, readOutputs(numbered(command, turn), problems).outputs]))
  if (problems.length > 0) throw new OptionsError(problems)
  return (turn) => outputs.get(turn)!
}

function numbered(command: Command, { side, number }: Turn): Command {
  const mark = side === 'baseline' ? `-baseline-${number}` : `-${number}`
  const out = (command.lists.get('outputs') ?? []).map((text) => {
    const [, kind, path, extension = ''] = /^([^=]+)=(.+?)(\.[^./\\]+)?$/s.exec(text) ?? []
    // A job summary is added to, run after run, and a collector is no file.
    return path === undefined || kind === 'github' || isOtlp(text)
      ? text
      : `${kind}=${path}${mark}${extension}`
  })
  return { ...command, lists: new Map([...command.lists, ['outputs', out]]) }
}

/** Says, before the first of several runs, what they can prove and what they cannot. */
export function provability({ plan, turns, comparands }: Series): string[] {
  if (comparands === null || plan.baseline === null) return []
  const current = turns.filter(({ side }) => side === 'current').length
  const { baseline, isInterleaved, warnings } = comparands
  const runs = { baseline: isInterleaved ? current : baseline.length, current }
  const proof = provable(runs, plan.baseline.rules.length, isInterleaved)
  return [...(proof === null ? [] : [proof]), ...warnings.map((text) => `warning: ${text}`)]
}
