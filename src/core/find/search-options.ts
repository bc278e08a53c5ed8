/** The options of a search: the range of the load, the goals, and the options of a run that it cannot take. */
import type { Problem } from '../options/problem.ts'
import { metricOf } from '../threshold/threshold-metric.ts'
import { parseThreshold, printThreshold, type Threshold } from '../threshold/threshold.ts'
import { parseNumber, parseRatePerS } from '../units.ts'
import type { Goal } from './goal.ts'

export interface LoadRange {
  readonly unit: 'users' | 'ratePerS'
  readonly least: number
  /** `null` if only the target and the generator end the climb. */
  readonly most: number | null
}

/** The words of the command line, by the names of their options. */
interface Words {
  readonly texts: ReadonlyMap<string, string>
  readonly switches: ReadonlyMap<string, boolean>
  readonly lists: ReadonlyMap<string, readonly string[]>
}

/** Options about single requests. */
function keeping(...options: readonly string[]): Record<string, string> {
  return Object.fromEntries(options.map((option) => [option, 'a search keeps no single requests']))
}

/** Options of a run that a search decides for itself, or that make no sense with it. */
const NOT_HERE: Readonly<Record<string, string>> = {
  stages: 'the search sets the load',
  replay: 'the search sets the load',
  rampUp: 'the search sets the load',
  spawnRate: 'the search sets the load',
  duration: 'a search ends by itself, at the latest after --max-time',
  requests: 'a search ends by itself, at the latest after --max-time',
  iterations: 'a search ends by itself, at the latest after --max-time',
  warmup: 'the first trial is not counted',
  until: 'a search ends by itself, at the latest after --max-time',
  maxDuration: 'a search ends by itself, at the latest after --max-time',
  repeat: 'a search repeats its trials',
  against: 'a search has one target',
  keep: 'a search is no run of a history; keep it with --out json=FILE',
  saveBaseline: 'keep a search with --out json=FILE',
  ...keeping('captureFailures', 'captureSlowest', 'sampleRequests', 'traceUrl'),
  web: 'a search has no page yet; --out html=FILE shows it when it has ended',
  metrics: 'a search exports no metrics',
}

export const searchProblems = ({ texts, lists, switches }: Words): Problem[] =>
  Object.entries(NOT_HERE)
    .filter(([option]) => texts.has(option) || lists.has(option) || switches.get(option) === true)
    .map(([option, why]) => ({ option, message: `does not go with find: ${why}` }))

/** Reads `A..B`, `A..`, `..B` of `--rate` or `--users`; `null`, and a problem, if there is no such range. */
export function readLoadRange(texts: Words['texts'], problems: Problem[]): LoadRange | null {
  const [rate, users] = [texts.get('rate'), texts.get('users')]
  if ((rate === undefined) === (users === undefined)) {
    problems.push({
      option: rate === undefined ? 'rate' : 'users',
      message:
        rate === undefined
          ? 'is required, or --users: the range to search, such as --rate 100/s..20k/s'
          : 'does not go with --rate: a search has one load',
    })
    return null
  }
  const isRate = rate !== undefined
  const option = isRate ? 'rate' : 'users'
  const text = rate ?? users!
  const refuse = (message: string): null => {
    problems.push({ option, message: `${message}, got "${text}"` })
    return null
  }
  const ends = text.split('..')
  if (ends.length !== 2)
    return refuse(`must be a range such as ${isRate ? '100/s..20k/s' : '50..5000'} (100.. has no upper end)`)
  const read = (end: string, open: number | null): number | null => {
    if (end.trim() === '') return open
    const parsed = isRate ? parseRatePerS(end) : parseNumber(end)
    return 'value' in parsed ? parsed.value : NaN
  }
  const least = read(ends[0]!, 1)!
  const most = read(ends[1]!, null)
  const isValid = (value: number): boolean => value > 0 && (isRate || Number.isInteger(value))
  if (!isValid(least) || (most !== null && !isValid(most)))
    return refuse(
      isRate ? 'must be a range of rates above 0' : 'must be a range of whole numbers of users, from 1',
    )
  if (most !== null && most < least) return refuse('must begin with the smaller load')
  return { unit: isRate ? 'ratePerS' : 'users', least, most }
}

/** The goals: each `--goal` with all thresholds, or the thresholds alone. */
export function readGoals(lists: Words['lists'], problems: Problem[]): Goal[] {
  const read = (option: 'thresholds' | 'goals'): Threshold[] =>
    (lists.get(option) ?? []).flatMap((text, at) => {
      const parsed = parseThreshold(text)
      const problem =
        'problem' in parsed
          ? parsed.problem
          : parsed.value.overS !== null || parsed.value.stage !== null || parsed.value.abortAfterS !== null
            ? 'must hold over a whole trial: without over, during and abort-on-fail'
            : parsed.value.level === 'warn'
              ? 'must decide: a threshold that only warns does not end the climb'
              : parsed.value.metric.startsWith('witness.')
                ? 'must not be about the witness, which trials do not have'
                : null
      if (problem !== null) problems.push({ option, message: `${problem}, got "${text}"`, at })
      return 'value' in parsed ? [parsed.value] : []
    })
  const common = read('thresholds')
  const own = read('goals')
  const goals = own.length === 0 ? [common] : own.map((threshold) => [threshold, ...common])
  if (goals.some((thresholds) => !thresholds.some(isAboutTarget)))
    problems.push({
      option: 'thresholds',
      message: 'must say what is to hold: at least one about latency or failures, such as "p99 < 300ms"',
    })
  for (const thresholds of goals) {
    const pair = contradiction(thresholds)
    if (pair !== null)
      problems.push({
        option: own.length > 0 ? 'goals' : 'thresholds',
        message: `contradict each other, so that no load can hold: ${pair.map((one) => `"${printThreshold(one)}"`).join(' and ')}`,
      })
  }
  return goals.map((thresholds) => ({ text: thresholds.map(printThreshold).join(', '), thresholds }))
}

/** Two thresholds of the same figure that it cannot meet both; `null` for none. */
function contradiction(thresholds: readonly Threshold[]): readonly [Threshold, Threshold] | null {
  for (const most of thresholds.filter(({ operator }) => operator.startsWith('<')))
    for (const least of thresholds.filter(({ operator }) => operator.startsWith('>')))
      if (
        most.metric === least.metric &&
        most.name === least.name &&
        (most.limit < least.limit ||
          (most.limit === least.limit && (most.operator !== '<=' || least.operator !== '>=')))
      )
        return [most, least]
  return null
}

/** Whether a threshold is about latency or failures, and not only about counts. */
function isAboutTarget({ metric }: Threshold): boolean {
  const unit = metricOf(metric)?.unit
  return unit === 'ms' || unit === 'ratio'
}
