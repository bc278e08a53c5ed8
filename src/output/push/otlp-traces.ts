/** Spans of traced requests as OTLP in JSON: an `ExportTraceServiceRequest`, by the conventions for HTTP clients. */
import type { Attributes } from '../../core/export/exported-series.ts'
import type { RequestRecord, RequestSpan } from '../../core/measure/request-record.ts'
import { workerAttributes, type Agents } from '../../core/measure/worker-label.ts'
import { keyValues, nanoseconds } from './otlp-payload.ts'

/** SPAN_KIND_CLIENT, STATUS_CODE_UNSET, STATUS_CODE_ERROR */
const CLIENT = 3
const UNSET = 0
const ERROR = 2

/** What all spans of a run have in common. */
export interface TraceScope {
  readonly resource: Attributes
  readonly version: string
  /** The agents of a run on several hosts; empty on one. */
  readonly agents: Agents
}

/** `startMs` is the wall time of the start instant. */
export function renderSpans(
  spans: readonly RequestSpan[],
  startMs: number,
  { resource, version, agents }: TraceScope,
): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [
          { scope: { name: 'corerush', version }, spans: spans.map((span) => spanOf(span, startMs, agents)) },
        ],
      },
    ],
  })
}

function spanOf(span: RequestSpan, startMs: number, agents: Agents): object {
  const { traceId, spanId, parentSpanId, request } = span
  const { name, sentS, doneS, firstByteMs, outcome } = request
  const at = (s: number): string => nanoseconds(startMs + s * 1000)
  return {
    traceId,
    spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    name,
    kind: CLIENT,
    startTimeUnixNano: at(sentS),
    endTimeUnixNano: at(doneS),
    attributes: keyValues(attributesOf(request, agents)),
    ...(firstByteMs === null
      ? {}
      : { events: [{ timeUnixNano: at(sentS + firstByteMs / 1000), name: 'first byte' }] }),
    status: outcome === 'ok' ? { code: UNSET } : { code: ERROR, message: outcome },
  }
}

function attributesOf(request: RequestRecord, agents: Agents): Attributes {
  const { method, url, status, outcome, worker, user, dueS, sentS } = request
  const { blockedMs, dnsMs, connectMs, tlsMs } = request
  const { hostname, port, protocol } = new URL(url)
  const ms = (name: string, value: number | null): Attributes =>
    value === null ? {} : { [name]: Number(value.toFixed(3)) }
  return {
    'http.request.method': method,
    'url.full': url,
    'server.address': hostname,
    'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
    ...(status === 0 ? {} : { 'http.response.status_code': status }),
    ...(outcome === 'ok' ? {} : { 'error.type': outcome === 'status' ? String(status) : outcome }),
    ...workerAttributes(worker, agents),
    'corerush.user': user,
    // How long it was due before it was sent, in the open model.
    ...ms('corerush.late_ms', dueS < sentS ? (sentS - dueS) * 1000 : null),
    ...ms('corerush.blocked_ms', blockedMs),
    ...ms('corerush.dns_ms', dnsMs),
    ...ms('corerush.connect_ms', connectMs),
    ...ms('corerush.tls_ms', tlsMs),
  }
}
