/** How long a connection may be idle between two requests of its user. */

/** A server's `Keep-Alive: timeout=…` is obeyed this much early, so that a request does not cross its close. */
export const HINT_MARGIN_MS = 500
/** No connection is kept idle longer than this, whatever the server hints. */
export const LONGEST_IDLE_MS = 86_400_000

/** Where the server hints nothing: longer than its user ever waits. */
export const idleLimitMs = (longestIdleS: number): number =>
  Math.min(LONGEST_IDLE_MS, Math.max(60_000, longestIdleS * 1000 + 5_000))
