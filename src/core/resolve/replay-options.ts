/** The replay of an access log, as the options say: which part of the log, how fast, and the load that it comes to. */
import { peakRate, type RateStage } from '../load/arrivals.ts'
import { countBelow, replayStages, type ReplaySpan } from '../load/replay.ts'
import type { LogFormat } from '../log/log-line.ts'
import { instantText } from '../log/log-time.ts'
import type { LeftOut, ReplayLog } from '../log/replay-index.ts'
import { LogRows } from '../log/replay-rows.ts'
import type { ReplayFrom } from '../log/replay-from.ts'
import { MOST_PER_S } from '../options/limits.ts'
import { show, type Readers } from '../options/option-readers.ts'
import type { Options } from '../options/options.ts'
import { printDurationS, showCount } from '../units.ts'

/** The part of a log that a run replays, and what of the log it does not. */
export interface ReplayPlan extends ReplaySpan {
  /** The log, absolute. */
  readonly file: string
  readonly format: LogFormat
  /** The instant of the log at which the run begins, ISO 8601. */
  readonly from: string
  /** Seconds of the log that are replayed. */
  readonly logS: number
  /** Whether the log has whole seconds, so that the requests of one are spread evenly over it. */
  readonly isSpread: boolean
  /** Whether the lines of the log were not in the order of their instants, and were sorted. */
  readonly wasUnordered: boolean
  /** Whether requests with methods that are not safe are sent too, without bodies. */
  readonly hasUnsafe: boolean
  readonly leftOut: readonly LeftOut[]
}

export interface ReplayLoad {
  readonly plan: ReplayPlan
  readonly stages: readonly RateStage[]
  readonly durationS: number
}

/** Options that a log leaves no room for, and why. */
const NOT_WITH_REPLAY = {
  users: 'the log sets the load',
  rate: 'the log sets the load',
  stages: 'the log sets the load',
  rampUp: 'the log sets the load',
  spawnRate: 'the log sets the load',
  wait: 'the log sets the load',
  arrival: 'the log sets the load',
  until: 'the load ends with the log',
  maxDuration: 'the load ends with the log',
  scenario: 'the log sets what is sent',
  targets: 'the log sets what is sent',
  method: 'the log sets what is sent',
  body: 'the log sets what is sent, and it has no bodies',
  name: 'the paths of the log are the names',
  data: 'the log sets what is sent',
} as const satisfies Partial<Record<keyof Options, string>>

/** The load of a log; `null` if no log is replayed, or if something is wrong with it. */
export function readReplay(
  options: Options,
  log: ReplayLog | null,
  { wrong, value }: Readers,
): ReplayLoad | null {
  if (options.replay === undefined) {
    for (const option of ['speed', 'replayFrom', 'replayUnsafe'] as const)
      if (options[option] !== undefined) wrong(option, 'is about a log that is replayed: it needs replay')
    return null
  }
  for (const [option, why] of Object.entries(NOT_WITH_REPLAY))
    if (options[option as keyof Options] !== undefined) wrong(option, `does not go with replay: ${why}`)
  if (typeof options.replay !== 'string' || options.replay === '')
    return wrong('replay', `must be a file, got ${show(options.replay)}`)
  const speed = value('speed') ?? 1
  const from = value('replayFrom')
  // 0: until it is stopped, or the log ends.
  const longestS = value('duration') || Infinity
  if (log === null) return null
  const fromUs = from === null ? 0 : offsetOf(from, log)
  if (!((fromUs >= 0 && fromUs < log.spanUs) || fromUs === 0))
    return wrong(
      'replayFrom',
      `must be within the log, which is from ${instantText(log.firstUs)} to ${instantText(log.firstUs + log.spanUs)}, got ${show(options.replayFrom)}`,
    )
  return loadOf(log, { fromUs, speed }, longestS, options, wrong)
}

const offsetOf = (from: ReplayFrom, { firstUs }: ReplayLog): number =>
  'afterS' in from ? from.afterS * 1e6 : from.atUs - firstUs

/** The end of a log with finer instants than seconds comes this long after its last request, so that it is part of the load. */
const LAST_MOMENT_S = 0.001

function loadOf(
  log: ReplayLog,
  { fromUs, speed }: { readonly fromUs: number; readonly speed: number },
  longestS: number,
  options: Options,
  wrong: Readers['wrong'],
): ReplayLoad | null {
  const rows = new LogRows(log.rows)
  const restS = (log.spanUs - fromUs) / 1e6 / speed
  // Whole milliseconds, as a person reads them; a request at the very end of the load would not be part of it.
  const endS = log.isSpread ? restS : Math.ceil((restS + LAST_MOMENT_S) * 1000) / 1000
  const durationS = Math.min(longestS, endS)
  const first = countBelow(rows, fromUs)
  const end = countBelow(rows, fromUs + durationS * speed * 1e6 - HAIR_US * speed)
  const span: ReplaySpan = { first, fromUs, requests: end - first, speed }
  if (span.requests === 0)
    return wrong(
      'replay',
      `must have requests in the part that is replayed: from ${instantText(log.firstUs + fromUs)}, for ${printDurationS(durationS * speed)} of the log`,
    )
  if (durationS > LONGEST_S)
    return wrong(
      'replay',
      `must not take longer than 30d, and takes ${printDurationS(Math.round(durationS))}: choose a duration or a higher speed`,
    )
  const stages = replayStages(rows, span, durationS)
  const peakPerS = peakRate(stages)
  if (peakPerS > MOST_PER_S)
    return wrong(
      'speed',
      `must leave at most ${MOST_PER_S} requests per second, and the log comes to ${showCount(Math.ceil(peakPerS))}, got ${show(options.speed)}`,
    )
  const plan: ReplayPlan = {
    ...span,
    file: options.replay!,
    format: log.format,
    from: instantText(log.firstUs + fromUs),
    logS: durationS * speed,
    isSpread: log.isSpread,
    wasUnordered: log.wasUnordered,
    hasUnsafe: options.replayUnsafe === true,
    leftOut: log.leftOut,
  }
  return { plan, stages, durationS }
}

/** What is due so shortly before the end of the load is due at its end: rounding. */
const HAIR_US = 0.001
const LONGEST_S = 30 * 86_400
