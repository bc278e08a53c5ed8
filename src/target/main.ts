/** The command `corerush target`: its options, and what it says when it starts and when it ends. */
import {
  parseNumber,
  parseRatePerS,
  showBytes,
  showCount,
  showMany,
  showPercent,
  showRate,
  type Parsed,
} from '../core/units.ts'
import type { StatusShare } from './answers.ts'
import { parseLatency, printLatency } from './latency.ts'
import { startTarget, TARGET_DEFAULTS, type TargetCounts, type TargetOptions } from './server.ts'

/** The options as the user wrote them. */
export interface RawTargetOptions {
  readonly host?: string | undefined
  readonly port?: string | undefined
  readonly latency?: string | undefined
  /** `503` for every answer, or `503:0.05` for one in twenty; several add up. */
  readonly status?: readonly string[] | undefined
  /** Requests served per second; the rest queue. */
  readonly capacity?: string | undefined
  readonly bodyBytes?: string | undefined
  readonly seed?: string | undefined
}

export interface TargetProblem {
  /** The option's name in camel case. */
  readonly option: string
  readonly message: string
}

/** Where the command writes to, and what ends it. */
export interface TargetIo {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly signal: AbortSignal
}

/** Serves until the signal fires; resolves with what was served when the target has stopped. */
export async function runTarget(options: TargetOptions, io: TargetIo): Promise<TargetCounts> {
  const target = await startTarget(options)
  io.stdout.write(`corerush target listening on ${target.url}\n`)
  io.stderr.write(`${renderSettings(options)}\n`)
  await new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve()
    else io.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const counts = await target.stop()
  io.stdout.write(renderCounts(counts))
  return counts
}

/** What the target does to a request, in one line: `answers after lognormal:20ms,0.5 with 200 B, 5% of them 503 (seed 1)`. */
export function renderSettings(options: TargetOptions): string {
  const { latency, bodyBytes, statuses, capacityPerS, seed } = { ...TARGET_DEFAULTS, ...options }
  const instant = latency.kind === 'constant' && latency.seconds === 0
  const when = instant ? 'at once' : `after ${printLatency(latency)}`
  const others = statuses.map(({ status, ratio }) => `, ${showPercent(ratio)} of them ${status}`).join('')
  const most = capacityPerS === Infinity ? '' : `, at most ${showRate(capacityPerS)}/s`
  return `answers ${when} with ${showBytes(bodyBytes)}${others}${most} (seed ${seed}); Ctrl-C stops it`
}

/** The closing lines: answers and connections, then the statuses when there was more than one. */
export function renderCounts({ requests, connections, statuses }: TargetCounts): string {
  const byStatus = Object.entries(statuses)
  const answered = byStatus.reduce((sum, [, n]) => sum + n, 0)
  const lines = [
    `corerush target answered ${showMany(answered, 'request')} on ${showMany(connections, 'connection')}`,
    ...(byStatus.length > 1 ? byStatus.map(([status, n]) => `  ${status}  ${showCount(n)}`) : []),
    ...(requests > answered ? [`  ${showMany(requests - answered, 'request')} not answered`] : []),
  ]
  return `${lines.join('\n')}\n`
}

const LARGEST_BODY_BYTES = 100_000_000

/** Resolves the user's options, or returns every problem found. */
export function resolveTargetOptions(
  raw: RawTargetOptions,
): { readonly options: Required<TargetOptions> } | { readonly problems: readonly TargetProblem[] } {
  const problems: TargetProblem[] = []
  /** Reads one option; its default stands in where it is absent, or wrong and the rest is still to be checked. */
  const read = <T>(
    option: string,
    text: string | undefined,
    parse: (text: string) => Parsed<T>,
    unset: T,
  ): T => {
    if (text === undefined) return unset
    const parsed = parse(text)
    if ('value' in parsed) return parsed.value
    problems.push({ option, message: `${parsed.problem}, got ${show(text)}` })
    return unset
  }
  const statuses = (raw.status ?? []).map((text) => read('status', text, parseStatusShare, null))
  const options = {
    host: read('host', raw.host, parseHost, TARGET_DEFAULTS.host),
    port: read('port', raw.port, whole('a port', 65_535), TARGET_DEFAULTS.port),
    latency: read('latency', raw.latency, parseLatency, TARGET_DEFAULTS.latency),
    statuses: statuses.filter((share) => share !== null),
    capacityPerS: read('capacity', raw.capacity, parseCapacity, TARGET_DEFAULTS.capacityPerS),
    bodyBytes: read(
      'bodyBytes',
      raw.bodyBytes,
      whole('a whole number', LARGEST_BODY_BYTES),
      TARGET_DEFAULTS.bodyBytes,
    ),
    seed: read('seed', raw.seed, whole('a whole number', 0xffff_ffff), TARGET_DEFAULTS.seed),
  }
  const covered = options.statuses.reduce((sum, { ratio }) => sum + ratio, 0)
  // Ratios such as 0.1 do not add up to exactly 1.
  if (covered > 1 + 1e-9)
    problems.push({
      option: 'status',
      message: `must have ratios that add up to at most 1, got ${Number(covered.toPrecision(6))}`,
    })
  return problems.length > 0 ? { problems } : { options }
}

/** Reads `503` (every answer) or `503:0.05` (one in twenty). */
export function parseStatusShare(text: string): Parsed<StatusShare> {
  const problem =
    'must be a status from 200 to 599 with an optional ratio from 0 to 1, such as 503 or 503:0.05'
  const match = /^\s*([2-5]\d\d)(?::(.+))?$/.exec(text)
  if (!match) return { problem }
  const ratio = parseNumber(match[2] ?? '1')
  if ('problem' in ratio || ratio.value < 0 || ratio.value > 1) return { problem }
  return { value: { status: Number(match[1]), ratio: ratio.value } }
}

/** Reads `500`, `2k/s` or `90/m`. */
function parseCapacity(text: string): Parsed<number> {
  const perS = parseRatePerS(text)
  return 'value' in perS && perS.value > 0
    ? perS
    : { problem: 'must be a rate above 0, such as 500, 2k/s or 90/m' }
}

const whole =
  (what: string, most: number) =>
  (text: string): Parsed<number> => {
    const parsed = parseNumber(text)
    return 'value' in parsed && Number.isInteger(parsed.value) && parsed.value >= 0 && parsed.value <= most
      ? parsed
      : { problem: `must be ${what} from 0 to ${most}` }
  }

const parseHost = (text: string): Parsed<string> =>
  /^[\w.:-]+$/.test(text) ? { value: text } : { problem: 'must be an address or a host name' }

const show = (text: string): string =>
  text === '' ? 'nothing' : 'value' in parseNumber(text) ? text : `"${text}"`
