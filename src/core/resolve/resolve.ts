/**
 * The user's words into `ResolvedOptions`: every field present, in base units, sensible each on its own and together.
 * All problems are reported together, each with the option, the rule and the value.
 */
import { forbiddenHost, forbids } from './request/allowed-hosts.ts'
import { readBaseline, type BaselinePlan } from './baseline-options.ts'
import { resolveHttp, type HttpPlan } from './request/http-options.ts'
import { mixedLoad, withLoad } from './mix-options.ts'
import { mostUsers, resolveLoad, withStages, type ClosedLoad, type OpenLoad } from './load-options.ts'
import {
  DEFAULTS,
  MOST_CAPTURED,
  MOST_REQUESTS,
  MOST_WORKERS,
  OPTION_NAMES,
  type HostDefaults,
  type Options,
  type Problem,
} from '../options/options.ts'
import { readersOf, show } from '../options/option-readers.ts'
import { readMetricsUrl } from './request/request-options.ts'
import { resolveRequests, type NamedFiles, type SentRequests } from './request/sent-requests.ts'
import { nearest } from '../suggest.ts'
import { resolveTransport, type ChosenTransport } from './transport-options.ts'
import type { ScriptPlan } from '../scenario/script-plan.ts'
import { tagged } from './tag-options.ts'
import { readThresholds } from './threshold-options.ts'
import type { Threshold } from '../threshold/threshold.ts'
import { parseDurationS, parseNumber } from '../units.ts'

/** Every option present, in base units, known to be sensible each on its own and together. */
export interface ResolvedOptions extends SentRequests, ChosenTransport {
  readonly scenario: ScriptPlan | null
  readonly load: ClosedLoad | OpenLoad
  readonly durationS: number | null
  readonly requests: number | null
  readonly iterations: number | null
  readonly warmupS: number
  readonly gracefulStopS: number
  readonly waitForTargetS: number
  readonly workers: number
  readonly seed: number
  readonly timeoutS: number
  readonly connectTimeoutS: number
  readonly insecure: boolean
  readonly keepAlive: boolean
  readonly http: HttpPlan
  readonly thresholds: readonly Threshold[]
  readonly baseline: BaselinePlan | null
  readonly captureFailures: number
  readonly targetMetrics: string | null
}

/** Resolves the user's options and what was read of their scenario and other files, or returns every problem found. */
export function resolveOptions(
  asked: Options,
  host: HostDefaults,
  scenario: ScriptPlan | null = null,
  files: NamedFiles = { columns: [], targets: null },
): { readonly resolved: ResolvedOptions } | { readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const options = withStages(asked, scenario)
  const readers = readersOf(options, problems)
  const { wrong, read, count, duration, flag } = readers

  for (const key of Object.keys(options)) {
    if (options[key as keyof Options] === undefined || OPTION_NAMES.includes(key as keyof Options)) continue
    const near = nearest(key, OPTION_NAMES)
    wrong(key, near === null ? 'is not an option' : `is not an option; did you mean ${near}?`)
  }

  const chosen = tagged(scenario, options, wrong)
  const { sent, url, names } = resolveRequests(options, scenario, files, readers, problems)

  const ownLoad = resolveLoad(options, host, readers)
  const script = chosen === null ? null : withLoad(chosen, ownLoad, options)
  const load = script === null ? ownLoad : mixedLoad(script, ownLoad, options, wrong)
  const requests = count('requests', MOST_REQUESTS)
  const iterations = count('iterations', MOST_REQUESTS)
  const durationS = duration('duration', 'above 0')
  const warmupS =
    read<number>('warmup', parseDurationS, (s) => (Number.isInteger(s) ? null : 'must be whole seconds')) ?? 0
  const gracefulStopS = duration('gracefulStop', 'at least 0')
  const waitForTargetS = duration('waitForTarget', 'above 0')
  const workers = count('workers', MOST_WORKERS)
  const seed = read<number>('seed', parseNumber, (n) =>
    Number.isInteger(n) && n >= 0 && n <= 0xffff_ffff ? null : 'must be a whole number from 0 to 4294967295',
  )
  const transport = resolveTransport(options, readers)
  const timeoutS = duration('timeout', 'above 0')
  const connectTimeoutS = duration('connectTimeout', 'above 0')
  const insecure = flag('insecure')
  const keepAlive = flag('keepAlive')
  const http = resolveHttp(options, url, sent.headers, readers)
  const elsewhere = (sent.targets?.requests ?? []).map(({ request }) =>
    forbiddenHost(http, new URL(request.url)),
  )
  for (const to of new Set(elsewhere)) if (to !== null) wrong('targets', forbids(http.allowedHosts!, to))
  const captureFailures = read<number>('captureFailures', parseNumber, (n) =>
    Number.isInteger(n) && n >= 0 && n <= MOST_CAPTURED
      ? null
      : `must be a whole number from 0 to ${MOST_CAPTURED}`,
  )
  const targetMetrics = readMetricsUrl(options.targetMetrics, wrong)

  const given = (option: keyof Options): boolean => options[option] !== undefined
  const staged = load.stages?.reduce((sum, stage) => sum + stage.durationS, 0) ?? null
  const isCounted = requests !== null || iterations !== null
  const loadS = staged ?? durationS ?? (isCounted ? null : DEFAULTS.durationS)
  if (staged !== null) {
    const clash = (['duration', 'requests', 'iterations'] as const).filter(
      (key) => options[key] !== undefined,
    )
    for (const key of clash)
      wrong(key, `does not go with stages, which say how long the load is, got ${show(options[key])}`)
  }
  if (loadS !== null && warmupS > 0 && warmupS >= loadS)
    wrong('warmup', `must be shorter than the load of ${loadS} s, got ${show(options.warmup)}`)
  if (load.model === 'closed' && load.stages === null && loadS !== null && load.rampUpS > loadS)
    wrong(
      given('rampUp') ? 'rampUp' : 'spawnRate',
      `must have all users started within the load of ${loadS} s; so it would take ${load.rampUpS} s`,
    )
  if (load.model === 'open' && load.stages === null && loadS !== null && load.rampUpS > loadS)
    wrong('rampUp', `must reach the rate within the load of ${loadS} s, got ${show(options.rampUp)}`)
  const most = load.model === 'open' ? load.maxUsers : Infinity
  if (workers !== null && workers > most)
    wrong('maxUsers', `must be at least one for each of the ${workers} workers, got ${most}`)

  const baseline = readBaseline(options, wrong)
  const thresholds = readThresholds(
    options.thresholds,
    {
      // What a task sends is known when it is sent.
      names,
      scenario,
      stages: load.stages ?? [],
      measuredS: loadS === null ? null : loadS - warmupS,
      warmupS,
      hasBaseline: options.baseline !== undefined,
    },
    wrong,
  )

  if (problems.length > 0 || url === null) return { problems }
  const users = load.model === 'open' ? load.maxUsers : mostUsers(load)
  return {
    resolved: {
      scenario: script,
      ...sent,
      load,
      durationS: loadS,
      requests,
      iterations,
      warmupS,
      gracefulStopS: gracefulStopS ?? DEFAULTS.gracefulStopS,
      waitForTargetS: waitForTargetS ?? 0,
      // A worker without a user would only cost its start-up.
      workers: workers ?? Math.max(1, Math.min(host.cores, users)),
      seed: seed ?? DEFAULTS.seed,
      ...transport,
      timeoutS: timeoutS ?? DEFAULTS.timeoutS,
      connectTimeoutS: connectTimeoutS ?? DEFAULTS.connectTimeoutS,
      insecure: insecure ?? false,
      keepAlive: keepAlive ?? true,
      http,
      thresholds,
      baseline,
      captureFailures: captureFailures ?? 0,
      targetMetrics,
    },
  }
}
