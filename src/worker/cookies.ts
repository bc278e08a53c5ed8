/** What a user keeps of the cookies that it was sent; how, a library says (`scenario/jar.ts`), which only scenarios load. */
import type { RequestPlan } from '../core/request/request.ts'

export interface Cookies {
  /** The Cookie header that goes with a request; empty when none does. */
  headerFor(request: RequestPlan): string
  /** Takes in the Set-Cookie headers of a response to this request; what breaks the rules is left out. */
  keep(request: RequestPlan, setCookies: readonly string[]): void
  get(name: string, url: string): string | undefined
  set(text: string, url: string): void
  clear(): void
}
