/**
 * Headers that a user's tasks set for all its further requests, such as the token of its login. They are added to prepared
 * requests, as cookies are, so that users with different tokens share one prepared request.
 */
import { isOfOrigin } from '../../core/request/redirect.ts'
import type { Headers, RequestPlan } from '../../core/request/request.ts'
import { checkHeaders } from '../../core/resolve/request/request-options.ts'
import type { HeaderSetter } from '../../scenario/http.ts'
import { described } from '../../scenario/value.ts'

/** Requests whose headers are kept; tasks can make any number of them. */
const MOST_KEPT = 100

export class UserHeaders implements HeaderSetter {
  /** Name and value by the name in lower case. */
  readonly #fields = new Map<string, readonly [name: string, value: string]>()
  readonly #origin: string
  readonly #kept = new Map<RequestPlan, Headers>()
  /** The names in lower case, sorted; part of what identifies a prepared request. */
  names: readonly string[] = []

  /** `origin` is that of the base URL, which headers with secrets are for. */
  constructor(origin: string) {
    this.#origin = origin
  }

  get(name: string): string | undefined {
    return this.#fields.get(nameOf(name))?.[1]
  }

  has(name: string): boolean {
    return this.#fields.has(nameOf(name))
  }

  set(name: string, value: string): void {
    const text: unknown = typeof value === 'number' ? String(value) : value
    if (typeof text !== 'string')
      throw new TypeError(
        `http.headers.set needs the value of ${nameOf(name)} as text, got ${described(text)}`,
      )
    checkHeaders([[nameOf(name), text]], (_, message): never => {
      throw new TypeError(`headers ${message}`)
    })
    this.#fields.set(nameOf(name), [name, text])
    this.#changed()
  }

  delete(name: string): void {
    this.#fields.delete(nameOf(name))
    this.#changed()
  }

  clear(): void {
    this.#fields.clear()
    this.#changed()
  }

  /** The headers that go with a request: without those that it has itself, and without secrets to another origin. */
  headersFor(request: RequestPlan): Headers {
    let headers = this.#kept.get(request)
    if (headers !== undefined) return headers
    const own = new Set(request.headers.map(([name]) => name.toLowerCase()))
    const isElsewhere = new URL(request.url).origin !== this.#origin
    headers = [...this.#fields]
      .filter(([name]) => !own.has(name) && !(isElsewhere && isOfOrigin(name)))
      .map(([, field]) => field)
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear()
    this.#kept.set(request, headers)
    return headers
  }

  #changed(): void {
    this.#kept.clear()
    this.names = [...this.#fields.keys()].sort()
  }
}

function nameOf(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name.toLowerCase()
  throw new TypeError(`a header needs a name, got ${described(name)}`)
}
