/** The hops of redirects, prepared once for each pair of a request and a location. */
import { forbiddenHost } from '../../core/resolve/request/allowed-hosts.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { isRedirect, redirected } from '../../core/request/redirect.ts'
import type { RequestTally } from '../../core/measure/request-tally.ts'
import type { Recorder } from '../record/recorder.ts'
import { oneLine } from '../transport/fault.ts'
import type { Prepared, Transport } from '../transport/transport.ts'

/** A request that a redirect asks for. */
export interface Hop {
  readonly request: Prepared
  /** The row that it counts in. */
  readonly tally: RequestTally
  /** Whether it goes to another origin than the plan's request, and so over another connection. */
  readonly isElsewhere: boolean
}

/** Why nothing follows. */
export interface DeadEnd {
  readonly outcome: 'status' | 'host'
  readonly problem: string
}

/** Locations that are all different, with a token in them, are not kept for ever. */
const MOST_KEPT = 1000

export class Redirects {
  readonly #transport: Transport
  readonly #plan: Plan
  readonly #recorder: Recorder
  readonly #origin: string
  readonly #hops = new Map<Prepared, Map<string, Hop | DeadEnd>>()
  #kept = 0

  constructor(transport: Transport, plan: Plan, recorder: Recorder) {
    this.#transport = transport
    this.#recorder = recorder
    this.#plan = plan
    this.#origin = new URL(plan.request.url).origin
  }

  /** Whether a response asks for a hop that may still be followed, after this many hops of at most `most`. */
  asks(status: number, location: string, followed: number, most: number): boolean {
    return followed < most && location !== '' && isRedirect(status)
  }

  /** What follows the request, or why nothing does. */
  follow(request: Prepared, status: number, location: string): Hop | DeadEnd {
    if (this.#kept >= MOST_KEPT) {
      this.#hops.clear()
      this.#kept = 0
    }
    const key = `${status} ${location}`
    let ofRequest = this.#hops.get(request)
    if (ofRequest === undefined) this.#hops.set(request, (ofRequest = new Map<string, Hop | DeadEnd>()))
    let hop = ofRequest.get(key)
    if (hop === undefined) {
      hop = this.#prepare(request, status, location)
      ofRequest.set(key, hop)
      this.#kept++
    }
    return hop
  }

  #prepare(request: Prepared, status: number, location: string): Hop | DeadEnd {
    const plan = redirected(request.plan, status, location)
    if ('problem' in plan) return { outcome: 'status', problem: oneLine(plan.problem) }
    const url = new URL(plan.url)
    const to = forbiddenHost(this.#plan, url)
    return to === null
      ? {
          request: this.#transport.prepare(plan),
          tally: this.#recorder.requestTally(plan),
          isElsewhere: url.origin !== this.#origin,
        }
      : { outcome: 'host', problem: `status ${status} leads to ${to}, which is not allowed` }
  }
}
