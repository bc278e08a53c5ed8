/** The cookies of one user, as a call sees them. Only scenarios load the implementation, `scenario/jar.ts`. */
import type { RequestPlan } from '../../core/request/request.ts'

export interface Cookies {
  /** The Cookie header that goes with a request; empty if no cookie does. */
  headerFor(request: RequestPlan): string
  /** Stores what the Set-Cookie headers of a response to this request ask for; what breaks the rules is counted, not kept. */
  keep(request: RequestPlan, setCookies: readonly string[]): void
  /** The value of a cookie that would go to this URL; `undefined` if there is none of this name. */
  get(name: string, url: string): string | undefined
  /** Stores a cookie written as Set-Cookie has it; throws a TypeError if it cannot be kept. */
  set(text: string, url: string): void
  clear(): void
}
