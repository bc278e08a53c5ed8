/**
 * The user's words into `ResolvedOptions`: every field present, in base units, sensible each on its own and together.
 * All problems are reported together, each with the option, the rule and the value.
 */
import { LIBRARY_OPTIONS, type LibraryOption } from '../options/declarations.ts'
import { DEFAULTS, type HostDefaults } from '../options/limits.ts'
import { readersOf, readPlanned, show, type Readers, type Wrong } from '../options/option-readers.ts'
import type { Options, PlannedOptions } from '../options/options.ts'
import type { Problem } from '../options/problem.ts'
import type { ScriptPlan } from '../scenario/script-plan.ts'
import { hasTraceparent } from '../request/traceparent.ts'
import { bareHost, unusedPairs } from '../request/route.ts'
import { didYouMean, nearest } from '../suggest.ts'
import type { Threshold } from '../threshold/threshold.ts'
import { readBaseline, type BaselinePlan } from './baseline-options.ts'
import { checkSharers } from './connection-options.ts'
import { resolveLoad, withStages, type ClosedLoad, type OpenLoad } from './load-options.ts'
import { mixedLoad, withLoad } from './mix-options.ts'
import { forbiddenHost, forbids } from './request/allowed-hosts.ts'
import { resolveHttp, type HttpPlan } from './request/http-options.ts'
import { readMetricsUrl } from './request/request-options.ts'
import { resolveRequests, type NamedFiles, type SentRequests } from './request/sent-requests.ts'
import { chosenScenarios } from './scenario-options.ts'
import { withOwn, type LoadedScript } from './own-options.ts'
import { withHttp } from './scenario-http.ts'
import { checkPrecision, longestWarmupS, readPrecision, type PrecisionPlan } from './precision-options.ts'
import { readReplay } from './replay-options.ts'
import { tagged } from './tag-options.ts'
import { readThresholds } from './threshold-options.ts'
import { resolveTransport, type ChosenTransport } from './transport-options.ts'

/** Every option present, in base units, known to be sensible each on its own and together. */
export interface ResolvedOptions extends SentRequests, ChosenTransport {
  readonly scenario: ScriptPlan | null
  readonly load: ClosedLoad | OpenLoad
  /** Seconds of load, ramps included; `null` if only a count ends it. */
  readonly durationS: number | null
  readonly sigtermStopS: number
  readonly workers: number
  /** Whether the run may have a witness. */
  readonly witness: boolean
  /** What is measured, and how precisely. */
  readonly precision: PrecisionPlan
  readonly http: HttpPlan
  readonly thresholds: readonly Threshold[]
  readonly baseline: BaselinePlan | null
  readonly targetMetrics: string | null
  /** The options that are the plan's as they are read. */
  readonly planned: PlannedOptions
}

/** Resolves the user's options and what was read of their scenario and other files, or returns every problem found. */
export function resolveOptions(
  asked: Options,
  host: HostDefaults,
  loaded: LoadedScript | null = null,
  files: NamedFiles = { columns: [], targets: null },
): { readonly resolved: ResolvedOptions } | { readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const { options, scenario, chosen } = resolveScenario(asked, loaded, files, problems)
  const readers = readersOf(options, problems)
  const { wrong } = readers
  refuseUnknown(options, wrong)

  const { sent, url, rows } = resolveRequests(options, scenario, files, readers, problems)
  const planned = readPlanned(readers)
  const replay = readReplay(options, files.replay ?? null, readers)
  const ownLoad = resolveLoad(options, { host, planned, scenario: chosen, replay }, readers)
  const plannedScript = chosen === null ? null : withLoad(chosen, ownLoad, options)
  const load = plannedScript === null ? ownLoad : mixedLoad(plannedScript, ownLoad, options, wrong)
  checkRetries(options, planned, wrong)
  checkTrace(sent, planned, wrong)
  const workers = readers.value('workers')
  const transport = resolveTransport(options, readers)
  const http = resolveHttp(options, planned, url, sent.headers, readers)
  checkTargets(sent, http, wrong)
  checkConnectTo(sent, url, scenario, http, wrong)
  if (scenario === null) refuseWithoutScenario(options, wrong)
  const targetMetrics = readMetricsUrl(options.targetMetrics, wrong)
  const precision = readPrecision(options, rows, readers)
  const durationS = resolveDuration(options, load, planned, readers)
  checkPrecision(options, precision, load, durationS, wrong)
  checkRamps(options, load, durationS, wrong)
  const mostWorkers = checkSharers(options, planned, { load, workers, host, scenario: chosen }, readers)
  const baseline = readBaseline(options, wrong)
  const thresholds = readThresholds(
    options.thresholds,
    {
      rows,
      scenario,
      stages: load.stages ?? [],
      measuredS: durationS === null ? null : durationS - longestWarmupS({ ...precision, durationS }),
      warmupS: longestWarmupS({ ...precision, durationS }),
      hasBaseline: options.baseline !== undefined,
      sharesConnections: options.connections !== undefined,
    },
    wrong,
  )
  if (problems.length > 0 || url === null) return { problems }
  return {
    resolved: {
      ...{ scenario: plannedScript, ...sent, load, durationS, precision },
      // A worker without a user, or without a connection for its users, would only cost its start-up.
      workers: workers ?? Math.max(1, Math.min(host.cores, mostWorkers)),
      ...{ ...transport, http, witness: readers.value('witness') ?? true },
      ...{ thresholds, baseline, targetMetrics, planned },
      sigtermStopS:
        options.gracefulStop === undefined
          ? Math.min(SIGTERM_STOP_S, planned.gracefulStopS)
          : planned.gracefulStopS,
    },
  }
}

/** The options with those of the scenario file, the file's scenarios, and those of them that are run. */
function resolveScenario(
  asked: Options,
  loaded: LoadedScript | null,
  files: NamedFiles,
  problems: Problem[],
): { readonly options: Options; readonly scenario: ScriptPlan | null; readonly chosen: ScriptPlan | null } {
  const { wrong } = readersOf(asked, problems)
  if (loaded === null) {
    tagged(chosenScenarios(null, asked, wrong), asked, wrong)
    return { options: asked, scenario: null, chosen: null }
  }
  const { own = [], ...scenario } = loaded
  const picked = tagged(chosenScenarios(scenario, asked, wrong), asked, wrong)!
  const firstOwn = own[picked.scenarios[0]?.index ?? 0] ?? {}
  const { options } = withOwn(withStages(asked, scenario), firstOwn)
  return { options, scenario, chosen: withHttp(picked, own, { asked, files, firstOwn, problems }) }
}

/** Requests in flight have this time after SIGTERM unless `gracefulStop` is given: `docker stop` kills after 10 s. */
const SIGTERM_STOP_S = 8

function refuseUnknown(options: Options, wrong: Wrong): void {
  for (const name of Object.keys(options))
    if (options[name as keyof Options] !== undefined && !LIBRARY_OPTIONS.includes(name as LibraryOption))
      wrong(name, `is not an option${didYouMean(name, LIBRARY_OPTIONS)}`)
}

/** Options that are about scenarios, and what they are for. */
const OF_SCENARIOS = {
  maxReadBytes: 'responses that tasks of a scenario read',
  setupTimeout: 'the setup and teardown of a scenario',
  set: 'the options of a scenario file',
} as const

function refuseWithoutScenario(options: Options, wrong: Wrong): void {
  for (const name of ['maxReadBytes', 'setupTimeout', 'set'] as const)
    if (options[name] !== undefined) wrong(name, `is for ${OF_SCENARIOS[name]}, and there is none`)
}

/** Refuses pairs of `connectTo` that no request takes: what was meant for another server would go to the real one. */
function checkConnectTo(
  { targets }: SentRequests,
  url: URL | null,
  scenario: ScriptPlan | null,
  { connectTo, maxRedirects }: HttpPlan,
  wrong: Wrong,
): void {
  if (url === null || connectTo.length === 0) return
  const urls = targets === null ? [url] : targets.requests.map(({ request }) => new URL(request.url))
  const hosts = [...new Set(urls.map(({ host }) => host))]
  for (const at of unusedPairs(connectTo, urls)) {
    const { host, port } = connectTo[at]!
    // What is for everything else may find nothing left.
    if (host === null && port === null) continue
    const near =
      host === null
        ? null
        : nearest(
            host,
            urls.map(({ hostname }) => bareHost(hostname)),
          )
    // Tasks and redirects can go anywhere, but hardly to a name that is one slip from the target's.
    if ((scenario !== null || maxRedirects > 0) && (near === null || near === host)) continue
    const hint = near === null || near === host ? '' : `; did you mean ${near}?`
    const more = hosts.length > MOST_SHOWN ? ` and ${hosts.length - MOST_SHOWN} more` : ''
    const where = `${hosts.slice(0, MOST_SHOWN).join(', ')}${more}`
    wrong(
      'connectTo',
      `matches no request: they go to ${where}, and the first pair that matches counts${hint}`,
      at,
    )
  }
}

/** Hosts that a message lists. */
const MOST_SHOWN = 5

function checkRetries({ retryStale }: Options, { keepAlive }: PlannedOptions, wrong: Wrong): void {
  if (retryStale === true && !keepAlive)
    wrong('retryStale', 'is about reused connections, and without keepAlive none is reused')
}

/** Refuses traces where requests carry one of the user's own, and links without traces. */
function checkTrace({ headers }: SentRequests, { trace, traceUrl }: PlannedOptions, wrong: Wrong): void {
  if (trace !== null && hasTraceparent(headers))
    wrong('trace', 'sends a traceparent header, and headers have one already')
  if (trace === null && traceUrl !== null) wrong('traceUrl', 'is a link to traces: it needs trace')
}

/** Refuses requests of a targets file to hosts that are not allowed. */
function checkTargets({ targets }: SentRequests, http: HttpPlan, wrong: Wrong): void {
  const forbidden = (targets?.requests ?? []).map(({ request }) => forbiddenHost(http, new URL(request.url)))
  for (const host of new Set(forbidden))
    if (host !== null) wrong('targets', forbids(http.allowedHosts!, host))
}

/** The length of the load in seconds, from the log, stages, duration or default; `null` if only a count or an order to stop ends it. */
function resolveDuration(
  options: Options,
  load: ClosedLoad | OpenLoad,
  { requests, iterations }: PlannedOptions,
  { wrong, value }: Readers,
): number | null {
  if (load.model === 'open' && load.replay !== null) return load.replay.durationS
  const { stages } = load
  const durationS = value('duration') ?? value('maxDuration')
  if (stages !== null)
    for (const option of ['duration', 'requests', 'iterations'] as const)
      if (options[option] !== undefined)
        wrong(
          option,
          `does not go with stages, which set the length of the load, got ${show(options[option])}`,
        )
  const stagedS = stages?.reduce((sum, stage) => sum + stage.durationS, 0)
  const isCounted = requests !== null || iterations !== null
  if (stagedS === undefined && durationS === null && options.until !== undefined) return DEFAULTS.maxDurationS
  if (stagedS === undefined && durationS === 0) return null
  return stagedS ?? durationS ?? (isCounted ? null : DEFAULTS.durationS)
}

/** Refuses a ramp that is longer than the load. */
function checkRamps(
  options: Options,
  { model, stages, rampUpS }: ClosedLoad | OpenLoad,
  durationS: number | null,
  wrong: Wrong,
): void {
  if (stages !== null || durationS === null || rampUpS <= durationS) return
  if (model === 'closed')
    wrong(
      options.rampUp !== undefined ? 'rampUp' : 'spawnRate',
      `must start all users within the load of ${durationS} s; this would take ${rampUpS} s`,
    )
  else wrong('rampUp', `must reach the rate within the load of ${durationS} s, got ${show(options.rampUp)}`)
}
