/**
 * How a request ended: a closed set of classes, the phase of the exchange it had reached and the reason.
 * `ok` is success; `status` and `check` are complete responses that the plan did not accept; `host` is a request, or a
 * redirect, to a host that the plan does not allow; `reused.closed` is a request on a connection that had carried others
 * and was closed before a byte of the answer came; all others never brought a complete response.
 */
export const OUTCOMES = [
  'ok',
  'status',
  'check',
  'host',
  'blocked.timeout',
  'dns.not-found',
  'dns.failed',
  'dns.timeout',
  'connect.refused',
  'connect.reset',
  'connect.timeout',
  'connect.unreachable',
  'connect.no-port',
  'connect.no-descriptor',
  'connect.failed',
  'tls.certificate',
  'tls.failed',
  'tls.timeout',
  'reused.closed',
  'headers.reset',
  'headers.closed',
  'headers.malformed',
  'headers.timeout',
  'headers.failed',
  'body.reset',
  'body.closed',
  'body.malformed',
  'body.timeout',
  'body.failed',
  'body.too-large',
  'body.encoding',
] as const

export type Outcome = (typeof OUTCOMES)[number]

/** How far an exchange had come. `blocked` is the wait for a shared connection; `headers` begins with the write of the request, `body` when the headers were read. */
export type Phase = 'blocked' | 'dns' | 'connect' | 'tls' | 'headers' | 'body'

/** The deadline of the plan cut the request off; the latency reached is a lower bound of what a user would have felt. */
export const isTimeout = (outcome: Outcome): boolean => outcome.endsWith('.timeout')

/**
 * The connection could not or must not be made, or broke before the response was complete: the user backs off before it
 * tries again, so that a dead target does not cost a core. Time-outs on an open connection have waited long enough, and
 * a connection that the server closed between two requests does not mean that it is dead.
 */
export const isConnectionFailure = (outcome: Outcome): boolean =>
  outcome !== 'ok' &&
  outcome !== 'status' &&
  outcome !== 'check' &&
  outcome !== 'reused.closed' &&
  outcome !== 'blocked.timeout' &&
  outcome !== 'headers.timeout' &&
  outcome !== 'body.timeout' &&
  outcome !== 'body.too-large' &&
  outcome !== 'body.encoding'

/** The fault lies with the generator's host, not with the target. */
export const isGeneratorFault = (outcome: Outcome): boolean =>
  outcome === 'connect.no-port' || outcome === 'connect.no-descriptor'
