/**
 * A report as a page shows it: its figures unchanged, its timeline reduced to the points of a screen. Plain JSON, made by
 * Node and read by `src/page`. Pure.
 */
import type { ThresholdResult } from '../../core/judge/gate.ts'
import { busiestOf } from '../../core/measure/agent-utilization.ts'
import type { AgentReport } from '../../core/measure/host-facts.ts'
import type { SecondRow } from '../../core/measure/second.ts'
import type { Report } from '../../core/report/report.ts'
import { subjectOf } from '../../core/scenario/script-plan.ts'
import { showFigure } from '../../core/threshold/threshold-metric.ts'
import { bucketFor, type Track } from '../text/decimation.ts'
import { heatMapOf, percentileCurve, type CurvePoint, type HeatMap } from '../text/distribution.ts'
import { factsOf } from '../text/summary.ts'
import {
  agentCoreTracks,
  agentTracks,
  coreTracks,
  nameBucketFor,
  requestTrack,
  statusTrack,
  totalTrack,
  workerTracks,
  type Unit,
} from './tracks.ts'
import { BOTTLENECK, sentenceOf } from '../text/verdict-text.ts'

/** Limits on the points drawn. */
interface Points {
  /** Points per line. */
  readonly line: number
  /** Points per line, summed over all request names. */
  readonly named: number
  /** Points of all workers together, and of all cores together. */
  readonly units: number
  /** Whether the percentile curve is included. */
  readonly hasCurve: boolean
}

export const PAGE_POINTS: Points = { line: 2000, named: 36_000, units: 60_000, hasCurve: true }
/** Limits for the live page, which is rendered every second. */
export const LIVE_POINTS: Points = { line: 600, named: 6000, units: 12_000, hasCurve: false }
const LEAST_NAMED_POINTS = 100

export interface ThresholdView {
  readonly expression: string
  readonly state: 'passed' | 'warned' | 'failed' | 'unevaluated'
  readonly measured: string
  readonly samples: number
}

export interface ReportView {
  /** The report without its timeline. */
  readonly report: Omit<Report, 'timeline'>
  readonly words: {
    readonly subject: string
    readonly facts: readonly string[]
    readonly sentence: string
    readonly bottleneck: string
  }
  readonly thresholds: readonly ThresholdView[]
  /** Seconds shown, and the seconds at which the warm-up ends and the drain begins. */
  readonly endS: number
  readonly warmupEndS: number
  readonly drainS: number
  /** Seconds that at least one worker did not report. */
  readonly incomplete: readonly number[]
  readonly total: Track
  readonly statuses: Track
  readonly names: {
    readonly bucketS: number
    readonly tracks: readonly (readonly [string, Track['lines']])[]
  }
  /** Workers; or agents, by their places in the report, where seconds keep only some of the workers. */
  readonly workers: {
    readonly bucketS: number
    readonly units: readonly Unit[]
    readonly of: 'worker' | 'agent'
  }
  /** The agents of a run on several hosts; empty on one. */
  readonly agents: readonly AgentView[]
  /** Cores of this host; or all cores of each agent together. */
  readonly cores: {
    readonly bucketS: number
    readonly units: readonly Unit[]
    readonly of: 'core' | 'agent'
  }
  /** Cores of the target, with `--target-metrics`. */
  readonly target: { readonly bucketS: number; readonly units: readonly Unit[] }
  readonly heatMap: HeatMap
  readonly curve: readonly CurvePoint[]
}

export function viewOf(report: Report, most = PAGE_POINTS): ReportView {
  const { timeline: rows, ...rest } = report
  const seconds = rows.length
  const names = Object.keys(report.byName)
  const bucketS = bucketFor(seconds, most.line)
  /** The width for this many lines that share this many points. */
  const sharedBucketS = (points: number, lines: number): number =>
    bucketFor(seconds, Math.min(most.line, Math.max(LEAST_NAMED_POINTS, Math.round(points / lines))))
  const nameBucketS = nameBucketFor(rows, sharedBucketS(most.named, names.length))
  const coreBucketS = sharedBucketS(most.units, mostCores(rows))
  const workerBucketS = sharedBucketS(most.units, report.workers)
  return {
    report: rest,
    words: {
      subject: subjectOf(report.plan),
      facts: factsOf(report),
      sentence: sentenceOf(report),
      bottleneck: BOTTLENECK[report.verdict.limit],
    },
    thresholds: report.thresholds.map((result) => thresholdView(result, report.verdict.level === 'void')),
    endS: seconds,
    warmupEndS: secondWhere(rows, ({ phase }) => phase !== 'warmup'),
    drainS: secondWhere(rows, ({ phase }) => phase === 'drain'),
    incomplete: rows.filter(({ complete }) => !complete).map(({ second }) => second),
    total: totalTrack(report, bucketS),
    statuses: statusTrack(report, bucketS),
    names: {
      bucketS: nameBucketS,
      tracks: names.map((name) => [name, requestTrack(rows, name, nameBucketS)]),
    },
    ...hostsView(report, workerBucketS, coreBucketS),
    target: { bucketS: coreBucketS, units: coreTracks(rows, 'target', coreBucketS) },
    heatMap: heatMapOf(rows),
    curve: most.hasCurve ? percentileCurve(rows, report.total.latencyMs.max) : [],
  }
}

/** An agent of the report, and how busy the busiest of its workers was in the load: mean and maximum over the seconds. */
export interface AgentView extends AgentReport {
  readonly busy: { readonly mean: number | null; readonly max: number | null }
}

/** Workers, cores and agents over time. */
function hostsView(
  report: Report,
  bucketS: number,
  coreBucketS: number,
): Pick<ReportView, 'workers' | 'cores' | 'agents'> {
  const { timeline: rows, agents = [] } = report
  const load = rows.filter(({ phase }) => phase === 'load')
  const areSome = rows.some(({ workersSummary }) => workersSummary !== undefined)
  return {
    workers: {
      bucketS,
      units: areSome ? agentTracks(rows, agents, bucketS) : workerTracks(rows, bucketS),
      of: areSome ? 'agent' : 'worker',
    },
    cores: {
      bucketS: coreBucketS,
      units:
        report.agents === undefined
          ? coreTracks(rows, 'host', coreBucketS)
          : agentCoreTracks(rows, agents, coreBucketS),
      of: report.agents === undefined ? 'core' : 'agent',
    },
    agents: agents.map((agent) => ({ ...agent, busy: busiestOf(agent, load) })),
  }
}

function thresholdView(
  { expression, ok, level, actual, unit, samples }: ThresholdResult,
  isVoid: boolean,
): ThresholdView {
  const state = isVoid ? 'unevaluated' : ok ? 'passed' : level === 'warn' ? 'warned' : 'failed'
  return { expression, state, measured: showFigure(actual, unit), samples }
}

/** The index of the first such row; the number of rows if there is none. */
function secondWhere(rows: readonly SecondRow[], is: (row: SecondRow) => boolean): number {
  const at = rows.findIndex(is)
  return at === -1 ? rows.length : at
}

/** The most cores that any second has, of this host or of the target; at least 1. */
const mostCores = (rows: readonly SecondRow[]): number =>
  rows.reduce(
    (most, { host, target }) => Math.max(most, host?.cores?.length ?? 0, target?.cores.length ?? 0),
    1,
  )
