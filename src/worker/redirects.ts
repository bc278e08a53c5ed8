/** The hops of redirects, prepared once for each pair of a request and a location. */
import { isRedirect, redirected } from '../core/redirect.ts'
import { oneLine } from './transport/fault.ts'
import type { Prepared, Transport } from './transport/transport.ts'

/** A request that a redirect asks for. */
export interface Hop {
  readonly request: Prepared
  /** It goes to another origin than the plan's request, and so over another connection. */
  readonly isElsewhere: boolean
}

/** Locations that are all different, with a token in them, are not kept for ever. */
const MOST_KEPT = 1000

export class Redirects {
  readonly #transport: Transport
  readonly #origin: string
  readonly #most: number
  readonly #hops = new Map<Prepared, Map<string, Hop | { readonly problem: string }>>()
  #kept = 0

  constructor(transport: Transport, url: string, most: number) {
    this.#transport = transport
    this.#origin = new URL(url).origin
    this.#most = most
  }

  /** Whether a response asks for a hop that may still be followed, after so many of them. */
  asks(status: number, location: string, followed: number): boolean {
    return followed < this.#most && location !== '' && isRedirect(status)
  }

  /** What follows the request, or why nothing does. */
  follow(request: Prepared, status: number, location: string): Hop | { readonly problem: string } {
    if (this.#kept >= MOST_KEPT) {
      this.#hops.clear()
      this.#kept = 0
    }
    const key = `${status} ${location}`
    let ofRequest = this.#hops.get(request)
    if (ofRequest === undefined)
      this.#hops.set(request, (ofRequest = new Map<string, Hop | { readonly problem: string }>()))
    let hop = ofRequest.get(key)
    if (hop === undefined) {
      hop = this.#prepare(request, status, location)
      ofRequest.set(key, hop)
      this.#kept++
    }
    return hop
  }

  #prepare(request: Prepared, status: number, location: string): Hop | { readonly problem: string } {
    const plan = redirected(request.plan, status, location)
    if ('problem' in plan) return { problem: oneLine(plan.problem) }
    return {
      request: this.#transport.prepare(plan),
      isElsewhere: new URL(plan.url).origin !== this.#origin,
    }
  }
}
