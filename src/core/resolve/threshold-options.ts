/** The thresholds among the options: parses each and checks it against the plan. */
import type { CustomMetricPlan } from '../measure/custom-metrics.ts'
import { show, type Wrong } from '../options/option-readers.ts'
import type { Options } from '../options/options.ts'
import { isRelative } from '../threshold/relative-rule.ts'
import { stageSpan, type StageText } from '../load/stage.ts'
import { NOT_AWAITED } from '../measure/task-error.ts'
import type { ScenarioPlan, ScriptPlan } from '../scenario/script-plan.ts'
import { callName, isOfRow, partsOf } from '../request/row.ts'
import { nearest } from '../suggest.ts'
import { metricOf } from '../threshold/threshold-metric.ts'
import { parseThreshold, printThreshold, type Threshold } from '../threshold/threshold.ts'

/** What a threshold can refer to. */
export interface ThresholdContext {
  /** The rows of all requests; `null` if they are not known yet. */
  readonly rows: readonly string[] | null
  /** Names its scenarios, its tasks and its own metrics; `null` without a scenario. */
  readonly scenario: Pick<ScriptPlan, 'scenarios' | 'metrics'> | null
  /** The stages as they were written; empty if users or a rate were given. */
  readonly stages: readonly StageText[]
  readonly warmupS: number
  /** Seconds of load without the warm-up; `null` if only a count ends it. */
  readonly measuredS: number | null
  /** Whether rules may be relative to a baseline; `readBaseline` reads those. */
  readonly hasBaseline: boolean
  /** Whether requests may wait for a connection. */
  readonly sharesConnections: boolean
}

export function readThresholds(
  raw: Options['thresholds'],
  context: ThresholdContext,
  wrong: Wrong,
): Threshold[] {
  if (raw === undefined) return []
  const texts: readonly unknown[] = Array.isArray(raw) ? raw : [raw]
  const thresholds: Threshold[] = []
  const seen = new Set<string>()
  for (const [at, text] of texts.entries()) {
    if (context.hasBaseline && typeof text === 'string' && isRelative(text)) continue
    const parsed = typeof text === 'string' ? readThreshold(text) : { problem: 'must be text' }
    const problem = 'problem' in parsed ? parsed.problem : misfit(parsed.value, context)
    if (problem !== null) wrong('thresholds', `${problem}, got ${show(text)}`, at)
    else if ('value' in parsed) {
      const expression = printThreshold(parsed.value)
      if (seen.has(expression)) wrong('thresholds', `must be given once each, got "${expression}" twice`, at)
      seen.add(expression)
      thresholds.push(parsed.value)
    }
  }
  return thresholds
}

const readThreshold = (text: string): ReturnType<typeof parseThreshold> =>
  isRelative(text)
    ? { problem: 'cannot be relative to a baseline, for there is none: name one with baseline' }
    : parseThreshold(text)

/** Why this threshold can never have data in the plan; `null` if it can. */
function misfit(
  { name, metric, stage, overS, abortAfterS }: Threshold,
  context: ThresholdContext,
): string | null {
  const { stages, warmupS, measuredS } = context
  const unknown = unknownName(name, metric, context)
  if (unknown !== null) return unknown
  let spanS = measuredS
  if (stage !== null) {
    const span = stageSpan(stages, stage)
    if (span === null) return `unknown stage; the number of stages is ${stages.length}`
    spanS = Math.floor(span.toS) - Math.max(warmupS, Math.ceil(span.fromS))
    if (spanS < 1) return 'must name a stage with at least one whole second of measured load'
  }
  if (overS !== null && spanS !== null && overS > Math.floor(spanS))
    return `must have a window that fits into the ${Math.floor(Math.max(0, spanS))} whole seconds it is about`
  if (abortAfterS !== null && measuredS !== null && abortAfterS >= measuredS)
    return `must have a delay shorter than the measured load of ${measuredS} s`
  return null
}

/** Why the metric, or the name before it, is none of the plan; `null` if it is. */
function unknownName(name: string | null, metric: string, context: ThresholdContext): string | null {
  const { rows, scenario, sharesConnections } = context
  if (metric.startsWith('blocked.') && !sharesConnections)
    return `cannot have ${metric} without connections: each user has its own, and waits for none`
  if (metric.startsWith('custom.')) return unknownCustom(metric, scenario?.metrics ?? [])
  const { namedBy } = metricOf(metric)!
  if ((namedBy === 'task' || namedBy === 'transaction') && scenario === null)
    return `cannot have ${metric} without a scenario`
  // Which transactions there are shows only when they begin.
  if (name === null || namedBy === 'transaction') return null
  if (namedBy === 'request') {
    const call = callName(name)
    const others = (rows ?? []).map((row) => partsOf(row).name)
    return rows === null || rows.some((row) => isOfRow(row, call))
      ? null
      : unlisted(name, rows, 'a request of the plan', others)
  }
  const scenarios = scenario?.scenarios ?? []
  if (namedBy === 'scenario') {
    const named = scenarios.flatMap((one) => one.name ?? [])
    return named.length === 0
      ? `cannot name a scenario: none has a name`
      : unlisted(name, named, 'a scenario of the file')
  }
  const tasks = scenarios.flatMap((one) => taskNames(one))
  const [task] = tasks.filter((one) => name.startsWith(`${one}: `))
  return task === undefined ? unlisted(name, [...tasks, NOT_AWAITED], 'a task of the scenario') : null
}

/** The names of all that a scenario runs, as task errors have them. */
const taskNames = ({ name, tasks }: ScenarioPlan): string[] =>
  [...tasks.map((task) => task.name), 'onStart', 'onStop', 'onRequest'].map((task) =>
    name === null ? task : `${name}: ${task}`,
  )

/** `names` are shown if none is near; `others` mean the same things and may be near. */
function unlisted(
  name: string,
  names: readonly string[],
  what: string,
  others: readonly string[] = [],
): string | null {
  if (names.includes(name)) return null
  const near = nearest(name, [...names, ...others])
  const known = names.map((one) => `"${one}"`).join(', ')
  return `must name ${what}, ${near === null ? `which are ${known}` : `did you mean "${near}"?`}`
}

function unknownCustom(metric: string, custom: readonly CustomMetricPlan[]): string | null {
  const [, name, figure] = metric.split('.')
  const known = custom.find((one) => one.name === name)
  if (known === undefined) {
    const near = nearest(
      name!,
      custom.map((one) => one.name),
    )
    return `unknown metric of the scenario${near === null ? '' : `; did you mean custom.${near}?`}`
  }
  if (known.kind === 'counter' && figure !== undefined) return `must be custom.${name!}, which is a counter`
  if (known.kind === 'trend' && figure === undefined)
    return `must have a figure of custom.${name!}, such as custom.${name!}.p95`
  return null
}
