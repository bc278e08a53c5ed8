/** What a task asks of a stream: the options of its request, and where its times go. */
import { didYouMean } from '../../core/suggest.ts'
import type { RequestOptions, StreamOptions } from '../../scenario/http.ts'
import { isTrend, type Trend } from '../../scenario/metric.ts'
import { described, isRecord } from '../../scenario/value.ts'
import { REQUEST_OPTIONS } from './requests.ts'

export interface StreamRequest {
  readonly method: string
  /** The options of its request. */
  readonly options: RequestOptions
  readonly firstEvent: Trend | null
  readonly eventGap: Trend | null
}

/** Options of a request that a stream cannot have. */
const OTHERS: ReadonlySet<string> = new Set(['read', 'check', 'compressed', 'expectFailure'])

const OPTIONS: ReadonlySet<string> = new Set([
  ...[...REQUEST_OPTIONS].filter((option) => !OTHERS.has(option)),
  'method',
  'firstEvent',
  'eventGap',
])

/** Reads the options of a stream; a TypeError names what is wrong. Those of its request are read with the request. */
export function streamRequest(given: StreamOptions): StreamRequest {
  const all: unknown = given
  if (typeof all !== 'object' || all === null || Array.isArray(all) || !isRecord(all))
    throw new TypeError(`the options of a stream must be an object, got ${described(all)}`)
  for (const option in all)
    if (!OPTIONS.has(option))
      throw new TypeError(`${option} is not an option of a stream${didYouMean(option, [...OPTIONS])}`)
  const { method = 'GET', firstEvent, eventGap, ...options } = given
  if (typeof (method as unknown) !== 'string')
    throw new TypeError(`method must be a text, got ${described(method)}`)
  return {
    method,
    options,
    firstEvent: trendIn('firstEvent', firstEvent),
    eventGap: trendIn('eventGap', eventGap),
  }
}

function trendIn(option: string, given: unknown): Trend | null {
  if (given === undefined) return null
  if (isTrend(given)) return given
  throw new TypeError(
    `${option} must be a trend that the file makes, trend('name'), got ${typeof given === 'string' ? 'a string' : described(given)}`,
  )
}
