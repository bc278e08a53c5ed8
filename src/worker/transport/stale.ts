/**
 * A request on a connection that the server has closed: the close and the request crossed each other, or the server
 * closes connections that it has promised to keep. It is an outcome of its own, because it says something about keep-alive
 * and nothing about the answer, and the request may be sent again (RFC 9110, 9.2.2; RFC 9112, 9.3.1).
 */
import type { Outcome } from '../../core/request/outcome.ts'
import type { Turn } from '../time/turn.ts'
import type { Exchange } from './transport.ts'

/** Whether this loss came on a connection that had carried other requests, before any byte of the answer. */
export const isStale = ({ reused, firstByteUs }: Exchange, outcome: Outcome): boolean =>
  reused && firstByteUs === 0 && (outcome === 'headers.closed' || outcome === 'headers.reset')

/** The exchange is sent again from now on, on a new connection. */
export function retry(exchange: Exchange, nowUs: number, turn: Turn): void {
  exchange.isRetried = true
  exchange.reused = false
  exchange.phase = 'connect'
  // The loss was a step of it, and may have waited for this thread.
  exchange.ownUs += turn.waitedUs(nowUs)
  exchange.listener.connecting(nowUs)
}
