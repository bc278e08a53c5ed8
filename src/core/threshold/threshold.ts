/**
 * Thresholds: the user's rules about the target. `threshold-metric.ts` lists the metrics, `judge/gate.ts` evaluates a run.
 *
 *     threshold = [ name ":" ] metric operator limit [ window ] [ stage ] [ level ] [ abort ]
 *     name      = the name of a request, whichever its method, or method and name (`POST login`); of iterations.failed
 *                 the name of a scenario, of transaction figures that of a transaction, of taskErrors that of a task,
 *                 alone or with a message (`Pay: no stock`); everything before the last colon
 *     metric    = [ distribution "." ] figure | share | rate | count | own
 *     figure    = "min" | "mean" | "max" | "p" number           ; 0 < number < 100: p50, p99, p99.9
 *     distribution = "latency" | "service" | "failed" | "dns" | "connect" | "tls" | "ttfb" | "download"
 *               | "lag" | "iteration" | "transaction" | "witness"           ; without one: latency
 *     share     = "failed" | "iterations.failed" | "transactions.failed"
 *     rate      = "rps"
 *     count     = "count" | "sent" | "succeeded" | "unfinished" | "due" | "started" | "dropped" | "unstarted"
 *               | "taskErrors" | "transactions.count" | "transactions.unended"
 *     own       = "custom." counter | "custom." trend "." figure   ; metrics of the scenario's own; their limit is a number
 *     operator  = "<" | "<=" | ">" | ">=" | "==" | "!="
 *     limit     = duration | percentage | number                ; a duration needs its unit: 300ms, 1.5s
 *     window    = "over" duration                               ; whole seconds: every such window must hold
 *     stage     = "during" "stage" number                       ; stages are counted from 1
 *     level     = "warn" | "error"                              ; without one: error
 *     abort     = "abort-on-fail" [ "after" duration ]          ; whole seconds of measured load
 *
 * Rules relative to a baseline, `p95 < baseline + 10%`, are in `relative-rule.ts`.
 *
 * `printThreshold` writes one canonical text, and `parseThreshold` reads it back to the same threshold.
 */
import { metricOf, nearestMetric, type Unit } from './threshold-metric.ts'
import { parseDurationS, parseNumber, parseRatePerS, printDurationS, type Parsed } from '../units.ts'

export const OPERATORS = ['<=', '<', '>=', '>', '==', '!='] as const
export type Operator = (typeof OPERATORS)[number]

/** One parsed rule. */
export interface Threshold {
  /** Name of the request; `null` for all requests together. */
  readonly name: string | null
  /** The canonical name of the metric, such as `p99` or `ttfb.p90`. */
  readonly metric: string
  readonly operator: Operator
  /** In the unit of the metric: ms, a share from 0 to 1, events per second, or a count. */
  readonly limit: number
  /** Length of the windows that must each hold, in seconds; `null` for the whole run. */
  readonly overS: number | null
  /** Number of the stage it is limited to, from 1; `null` for the whole measured run. */
  readonly stage: number | null
  /** `warn` is reported and fails nothing. */
  readonly level: 'warn' | 'error'
  /** Measured seconds after which a failure stops the run; `null` if it never does. */
  readonly abortAfterS: number | null
}

const SHAPE =
  'must be a threshold such as "p99 < 300ms", "failed < 1%" or "GetPrograms: p95 < 200ms over 10s"'
const LONGEST_LIMIT_S = 3600
/** Windows are kept in memory while they are open. */
const LONGEST_WINDOW_S = 300
const LONGEST_DELAY_S = 30 * 86_400
const MOST = 1e9

/** Reads one threshold; the grammar is at the top of this file. */
export function parseThreshold(text: string): Parsed<Threshold> {
  const colon = text.lastIndexOf(':')
  const name = colon < 0 ? null : text.slice(0, colon).trim()
  if (name === '') return { problem: `${SHAPE}; the name before the colon is empty` }
  const [, word, operator, rest] =
    /^\s*([^\s<>=!]+)\s*(<=|>=|==|!=|<|>)\s*(\S.*)$/s.exec(text.slice(colon + 1)) ?? []
  if (word === undefined || operator === undefined || rest === undefined) return { problem: SHAPE }
  const metric = metricOf(word)
  if (metric === null) {
    const near = nearestMetric(word)
    return {
      problem: `unknown metric; ${near === null ? 'docs/FLAGS.md lists them' : `did you mean ${near}?`}`,
    }
  }
  if (name !== null && metric.namedBy === null)
    return { problem: `cannot name a request: ${metric.name} is known for all requests together only` }
  const [limitText, ...words] = rest.trim().split(/\s+/)
  const limit = parseLimit(limitText!, metric.unit, metric.name)
  if ('problem' in limit) return limit
  const modifiers = parseModifiers(words)
  if ('problem' in modifiers) return modifiers
  if (modifiers.value.level === 'warn' && modifiers.value.abortAfterS !== null)
    return { problem: 'cannot both only warn and abort the run' }
  return {
    value: {
      name,
      metric: metric.name,
      operator: operator as Operator,
      limit: limit.value,
      ...modifiers.value,
    },
  }
}

/** A limit in the unit of its metric, so fine that it is written and read back without loss. */
function parseLimit(text: string, unit: Unit, metric: string): Parsed<number> {
  switch (unit) {
    case 'ms': {
      const seconds = parseDurationS(text)
      // k6's bare numbers are milliseconds, corerush's seconds: a guess would let a gate pass that should not.
      if ('problem' in seconds || !/[a-zµ]$/.test(text))
        return { problem: `must give ${metric} a limit with its unit, such as 300ms or 1.5s` }
      if (seconds.value > LONGEST_LIMIT_S) return { problem: 'must have a limit of at most 1h' }
      return { value: Math.round(seconds.value * 1e6) / 1000 }
    }
    case 'ratio': {
      const isPercent = text.endsWith('%')
      const number = parseNumber(isPercent ? text.slice(0, -1) : text)
      const rule = `must give ${metric} a share as its limit, such as 1% or 0.01`
      if ('problem' in number || number.value < 0) return { problem: rule }
      const ratio = isPercent ? number.value / 100 : number.value
      // "failed < 1" would mean 100 %, and hardly ever does.
      if (ratio > 1 || (!isPercent && ratio === 1)) return { problem: rule }
      return { value: Number(ratio.toFixed(10)) }
    }
    case 'perS': {
      const perS = parseRatePerS(text)
      if ('problem' in perS || perS.value < 0 || perS.value > MOST)
        return { problem: `must give ${metric} a rate as its limit, such as 500, 10k/s or 90/m` }
      return { value: Number(perS.value.toFixed(6)) }
    }
    case 'number': {
      const number = parseNumber(text)
      if ('problem' in number || number.value < 0 || number.value > MOST)
        return { problem: `must give ${metric} a number as its limit, such as 0.5 or 10k` }
      return number
    }
    case 'count': {
      const number = parseNumber(text)
      if ('problem' in number || !Number.isInteger(number.value) || number.value < 0 || number.value > MOST)
        return { problem: `must give ${metric} a whole number as its limit, such as 0 or 10k` }
      return number
    }
  }
}

type Modifiers = Pick<Threshold, 'overS' | 'stage' | 'level' | 'abortAfterS'>

/** What may follow the limit, in the order of the grammar. */
function parseModifiers(words: readonly string[]): Parsed<Modifiers> {
  const left = [...words]
  const take = (...expected: string[]): boolean => {
    if (!expected.every((word, i) => left[i] === word)) return false
    left.splice(0, expected.length)
    return true
  }
  const wholeSeconds = (most: number): number | null => {
    const seconds = parseDurationS(left.shift() ?? '')
    return 'value' in seconds && Number.isInteger(seconds.value) && seconds.value <= most
      ? seconds.value
      : null
  }
  let overS: number | null = null
  let stage: number | null = null
  let abortAfterS: number | null = null
  if (take('over')) {
    overS = wholeSeconds(LONGEST_WINDOW_S)
    if (overS === null || overS < 1)
      return { problem: 'must have a window of whole seconds, from 1s to 5m, after "over"' }
  }
  if (take('during', 'stage')) {
    const text = left.shift() ?? ''
    if (!/^[1-9]\d{0,5}$/.test(text))
      return { problem: 'must have the number of a stage, counted from 1, after "during stage"' }
    stage = Number(text)
  }
  const level = take('warn') ? 'warn' : 'error'
  if (level === 'error') take('error')
  if (take('abort-on-fail')) {
    abortAfterS = take('after') ? wholeSeconds(LONGEST_DELAY_S) : 0
    if (abortAfterS === null)
      return { problem: 'must have a delay of whole seconds after "abort-on-fail after"' }
  }
  if (left.length > 0)
    return {
      problem: `cannot have "${left.join(' ')}" there; after the limit come, in this order: over 10s, during stage 2, warn, abort-on-fail after 5s`,
    }
  return { value: { overS, stage, level, abortAfterS } }
}

/** The threshold as one writes it. */
export function printThreshold({
  name,
  metric,
  operator,
  limit,
  overS,
  stage,
  level,
  abortAfterS,
}: Threshold): string {
  return [
    ...(name === null ? [] : [`${name}:`]),
    metric,
    operator,
    printLimit(limit, metricOf(metric)!.unit),
    ...(overS === null ? [] : ['over', printDurationS(overS)]),
    ...(stage === null ? [] : ['during stage', String(stage)]),
    ...(level === 'warn' ? ['warn'] : []),
    ...(abortAfterS === null ? [] : ['abort-on-fail']),
    ...(abortAfterS === null || abortAfterS === 0 ? [] : ['after', printDurationS(abortAfterS)]),
  ].join(' ')
}

function printLimit(limit: number, unit: Unit): string {
  switch (unit) {
    case 'ms':
      return limit < 1000 ? `${limit}ms` : printDurationS(limit / 1000)
    case 'ratio':
      // Eight decimals of a per cent are all that parsing keeps.
      return `${(limit * 100).toFixed(8).replace(/\.?0{1,20}$/, '')}%`
    case 'perS':
    case 'count':
    case 'number':
      return String(limit)
  }
}

const whole = (metric: string, operator: Operator, limit: number): Threshold => ({
  name: null,
  metric,
  operator,
  limit,
  overS: null,
  stage: null,
  level: 'error',
  abortAfterS: null,
})
const SOMETHING_SUCCEEDED = whole('succeeded', '>', 0)
const HARDLY_ANYTHING_FAILED = whole('failed', '<', 0.01)

const HARDLY_ANY_ITERATION_FAILED = whole('iterations.failed', '<', 0.01)

/**
 * The rules of a run. Something succeeded, always. Less than 1 % of the requests, and with a scenario of the iterations,
 * failed, unless the user has a rule on the same metric for the whole run. And the user's own.
 */
export function withDefaults(own: readonly Threshold[], hasScenario: boolean): readonly Threshold[] {
  const isReplaced = (rule: Threshold): boolean =>
    own.some(
      ({ metric, name, overS, stage }) =>
        metric === rule.metric && name === null && overS === null && stage === null,
    )
  const replaceable = [HARDLY_ANYTHING_FAILED, ...(hasScenario ? [HARDLY_ANY_ITERATION_FAILED] : [])]
  const rules = [SOMETHING_SUCCEEDED, ...replaceable.filter((rule) => !isReplaced(rule))]
  const written = new Set(own.map(printThreshold))
  return [...rules.filter((rule) => !written.has(printThreshold(rule))), ...own]
}
