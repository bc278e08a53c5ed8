/** Latency and traffic in the summary. Pure. */
import {
  isReliable,
  PERCENTILES,
  type LatencySummary,
  type PercentileName,
} from '../../core/measure/metrics.ts'
import type { ChallengeCounts } from '../../core/measure/tally.ts'
import type { Report } from '../../core/report/report.ts'
import type { WitnessReport } from '../../core/report/witness-report.ts'
import { allowedMs } from '../../core/judge/rules/witness-rules.ts'
import { showBytes, showCount, showMany, showMs } from '../../core/units.ts'
import type { Style } from './paint.ts'
import { section } from './section.ts'

const MOST_ADDRESSES = 8
const WEAK = '~'

/** A percentile; `~` marks one with too few samples beyond it. */
export function showPercentile(summary: LatencySummary, name: PercentileName): string {
  const shown = showMs(summary[name])
  return summary[name] === null || isReliable(summary, name) ? shown : WEAK + shown
}

/** Latency, how long failed requests took, and traffic. */
export function latency(report: Report, style: Style): string[] {
  const { total, connections } = report
  const summary = total.latencyMs
  const line = (label: string, ...items: string[]): string[] => section(label, items, style)
  const lines: string[] = []
  if (summary.mean !== null) {
    const percentiles = PERCENTILES.map(([name]) => `${label(name)} ${showPercentile(summary, name)}`)
    lines.push(
      ...line(
        'latency',
        `min ${showMs(summary.min)}`,
        `mean ${showMs(summary.mean)}`,
        `max ${showMs(summary.max)}`,
      ),
      ...line('', ...percentiles, ...(isWeak(summary) ? [`${WEAK} too few samples`] : [])),
      ...(report.model === 'closed'
        ? line('model', 'closed: latency is service time', 'a slow server slows its users')
        : [
            ...line(
              'service',
              ...PERCENTILES.map(([name]) => `${label(name)} ${showPercentile(total.serviceMs, name)}`),
            ),
            ...line(
              'model',
              'open: latency counts from when an iteration was due',
              'service time from when it was sent',
            ),
          ]),
      ...blockedLines(total.phasesMs.blocked, style),
      ...witnessLines(report, style),
    )
  }
  const failed = total.failedMs
  if (failed.mean !== null)
    lines.push(
      ...line(
        'failed in',
        `p50 ${showMs(failed.p50)}`,
        `p99 ${showMs(failed.p99)}`,
        `max ${showMs(failed.max)}`,
      ),
    )
  lines.push(
    ...line(
      'traffic',
      `${showMany(connections.opened, 'connection')} opened`,
      ...(connections.retried > 0
        ? [`${showMany(connections.retried, 'request')} retried on a new one`]
        : []),
      `${showBytes(total.bytesOut)} of bodies sent`,
      `${showBytes(total.bytesIn)} received`,
      ...(total.bytesDecoded > 0 ? [`${showBytes(total.bytesDecoded)} decoded`] : []),
      ...challengeWords(report.challenges),
    ),
    ...Object.entries(report.addresses).flatMap(([host, found]) =>
      line('addresses', `${host} ${found.slice(0, MOST_ADDRESSES).join(', ')}${more(found)}`),
    ),
  )
  return lines
}

/** Answered digest challenges; empty without any. */
const challengeWords = ({ answered, stale }: ChallengeCounts): string[] =>
  answered === 0
    ? []
    : [
        `${showMany(answered, 'digest challenge')} answered` +
          (stale === 0 ? '' : ` (${showCount(stale)} for a stale nonce)`),
      ]

const more = (found: readonly string[]): string =>
  found.length > MOST_ADDRESSES ? ` and ${found.length - MOST_ADDRESSES} more` : ''

/** How long requests waited for a shared connection; empty where none are shared. */
const blockedLines = (blocked: LatencySummary | undefined, style: Style): string[] =>
  blocked === undefined
    ? []
    : section(
        'blocked',
        [
          ...(['p50', 'p90', 'p99'] as const).map((name) => `${name} ${showPercentile(blocked, name)}`),
          `max ${showMs(blocked.max)}`,
          'wait for a shared connection, part of the latency',
        ],
        style,
      )

/** What an idle thread measured; empty without a witness. */
function witnessLines({ witness }: Report, style: Style): string[] {
  if (witness === null) return []
  return section(
    'witness',
    [
      ...(['p50', 'p90', 'p99'] as const).map((name) => witnessWords(witness, name)),
      showMany(witness.requests, 'request'),
    ],
    style,
  )
}

/** "p99 22.9 ms ≤ 0.2 ms" with the generator error; "p99 22.1 to 24.9 ms" if its samples say no more. */
export function witnessWords(witness: WitnessReport, name: PercentileName): string {
  const value = witness.latencyMs[name]
  const interval = witness.intervalMs[name]
  if (value === null || interval === null) return `${label(name)} –`
  const isPoint = Math.max(value - interval[0], interval[1] - value) <= allowedMs(value)
  return isPoint
    ? `${label(name)} ${showMs(value)} ≤ ${showMs(witness.errorBoundMs[name])}`
    : `${label(name)} ${showMs(interval[0])} to ${showMs(interval[1])}`
}

const label = (name: PercentileName): string => name.replace('_', '.')

const isWeak = (summary: LatencySummary): boolean => !isReliable(summary, 'p99_9')
