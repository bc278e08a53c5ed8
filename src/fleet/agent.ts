/**
 * The agent: waits on a host for a coordinator, belongs to one at a time, and carries its part of a run with the workers
 * of this host. It is to its workers what the main thread is in a run on one host.
 */
import { WireFault } from '../core/fleet/shape.ts'
import { printAllowedHost } from '../core/resolve/request/allowed-hosts.ts'
import type { AgentParts } from './agent-parts.ts'
import { Claim } from './claim.ts'
import { subjectsOf } from '../core/fleet/subjects.ts'
import { decode, encode, PROTOCOL, question, readOrder, type Answer, type Card } from './messages.ts'

export class Agent {
  readonly #parts: AgentParts
  readonly #instance: string
  readonly #answers: { end(): void }[]
  #claim: Claim | null = null
  #isLeaving = false
  #setGone = (): void => undefined
  /** Resolves when the agent has left. */
  readonly gone: Promise<void>

  /** Begins to listen. */
  constructor(parts: AgentParts) {
    const { bus, realm, name } = parts
    const subjects = subjectsOf(realm)
    this.#parts = parts
    this.#instance = bus.newId()
    this.gone = new Promise((resolve) => (this.#setGone = resolve))
    this.#answers = [
      bus.answer(subjects.find, (bytes) => this.#found(bytes)),
      bus.answer(subjects.order(name, this.#instance), (bytes) => this.#ordered(bytes)),
    ]
  }

  /** Ends the load under way, hands over what it counted, and leaves. */
  leave(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    if (this.#claim === null) this.#end()
    else this.#claim.leave('sigterm')
  }

  /** What this agent says of itself. */
  card(): Card {
    const { name, labels, version, host, workers, spareDescriptors, soundPerS, policy, link } = this.#parts
    return {
      ...{ name, labels, version, host, workers, spareDescriptors, soundPerS, link },
      instance: this.#instance,
      node: host.node,
      protocol: PROTOCOL,
      state: this.#claim === null ? 'idle' : this.#claim.isRunning ? 'running' : 'claimed',
      coordinator: this.#claim?.coordinator ?? null,
      accepts: {
        hosts: policy.allowedHosts?.map(printAllowedHost) ?? ['*'],
        scenarios: policy.acceptsScenarios,
        ratePerS: policy.maxPerS,
        users: policy.maxUsers,
      },
    }
  }

  #found(bytes: Uint8Array): Uint8Array | null {
    if (this.#isLeaving) return null
    const { where } = this.#read(() => question(decode(bytes))) ?? { where: null }
    if (where === null) return null
    const isMeant = Object.entries(where).every(([key, value]) => this.#parts.labels[key] === value)
    return isMeant ? encode(this.card()) : null
  }

  async #ordered(bytes: Uint8Array): Promise<Uint8Array | null> {
    const order = this.#read(() => readOrder(bytes))
    if (order === null) return encode({ refused: 'cannot read the order' } satisfies Answer)
    if (this.#claim === null && order.type === 'claim' && !this.#isLeaving)
      this.#claimed(new Claim(this.#parts, order))
    const claim = this.#claim
    if (claim === null || claim.id !== order.run) return encode({ refused: this.#whyNot() } satisfies Answer)
    return encode(await claim.order(order))
  }

  #whyNot(): string {
    if (this.#claim !== null) return `is claimed by ${this.#claim.coordinator}`
    return this.#isLeaving ? 'is leaving' : 'is not claimed any more'
  }

  #claimed(claim: Claim): void {
    this.#claim = claim
    this.#parts.log(`claimed by ${claim.coordinator}`)
    void claim.over.then(() => {
      this.#claim = null
      this.#parts.log('idle')
      if (this.#isLeaving || this.#parts.isOnce) this.#end()
    })
  }

  #end(): void {
    this.#isLeaving = true
    for (const answer of this.#answers) answer.end()
    this.#setGone()
  }

  /** What others sent; `null`, and a line in the log, if it cannot be read. */
  #read<T>(read: () => T): T | null {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof WireFault)) throw error
      this.#parts.log(`a message that ${error.message} was ignored`)
      return null
    }
  }
}
