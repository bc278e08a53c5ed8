/** What the report warns of when the server closed connections that requests were sent on. */
import type { Outcome } from '../request/outcome.ts'
import { showCount, showPercent } from '../units.ts'

/** Retries that are fewer than this part of the requests are the common race, and are counted without a warning. */
const COMMON_RATIO = 0.01

/** Requests that were lost on reused connections: `retried` on new ones, or failed. `isHttp2Shared`: over HTTP/2, whose connections users share. */
export function staleConnectionWarnings(
  finished: number,
  retried: number,
  outcomes: ReadonlyMap<Outcome, number>,
  isHttp2Shared: boolean,
): string[] {
  const failed = outcomes.get('reused.closed') ?? 0
  const lost = failed + retried
  if (lost === 0 || (failed === 0 && retried < finished * COMMON_RATIO)) return []
  const share = finished > 0 ? ` (${showPercent(Math.min(1, lost / finished))})` : ''
  const fates = [
    ...(retried > 0 ? [`${showCount(retried)} retried`] : []),
    ...(failed > 0 ? [`${showCount(failed)} failed as reused.closed`] : []),
  ]
  return [
    `the server closed reused connections under ${showCount(lost)} ${lost === 1 ? 'request' : 'requests'}${share}: ` +
      fates.join(', '),
    isHttp2Shared
      ? 'it closes connections that carry requests, leaves them (GOAWAY), or refuses streams (REFUSED_STREAM): ' +
        'look for limits on its connections, such as their age, requests and streams'
      : 'its keep-alive time-out is shorter than the pause between requests, or it closes connections without ' +
        '"Connection: close"; --no-keepalive makes a connection for each request',
  ]
}
