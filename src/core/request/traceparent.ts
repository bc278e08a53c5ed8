/** W3C Trace Context, level 1: the header that a traced request carries, and links to what a tracing system has of it. */
import type { Parsed } from '../units.ts'
import { parseHttpUrl } from './http-url.ts'
import type { Headers } from './request.ts'
import { hasUserinfo } from './userinfo.ts'

/** The trace of a call, and the span of the request in flight. */
export interface Trace {
  readonly traceId: string
  spanId: string
  /** The span of the first request of the call; `null` while that is in flight. */
  parentSpanId: string | null
}

export const TRACEPARENT = 'traceparent'

/** Version 00, sampled. */
export const traceparent = ({ traceId, spanId }: Trace): string => `00-${traceId}-${spanId}-01`

export const hasTraceparent = (headers: Headers): boolean =>
  headers.some(([name]) => name.toLowerCase() === TRACEPARENT)

const PLACE = '{traceId}'

/** Reads a template of links to traces. */
export function parseTraceUrl(template: string): Parsed<string> {
  if (!template.includes(PLACE)) return { problem: `must contain ${PLACE}` }
  const url = parseHttpUrl(template.replaceAll(PLACE, '0'))
  if (url === null) return { problem: 'must be an http or https URL' }
  return hasUserinfo(url)
    ? { problem: 'must have no user and password, as reports show it' }
    : { value: template }
}

export const traceLink = (template: string, traceId: string): string => template.replaceAll(PLACE, traceId)
