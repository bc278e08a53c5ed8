/**
 * An agent's claim: it belongs to one coordinator for as long as it hears from it. When nothing was heard for the lease,
 * the load ends by itself, and what was not handed over is not wanted any more, because the coordinator has given it up.
 */
import { AgentRun, type StoppedEarly } from './agent-run.ts'
import type { AgentParts } from './agent-parts.ts'
import { FleetClock } from './clock.ts'
import { subjectsOf } from '../core/fleet/subjects.ts'
import { type Answer, type Order } from './messages.ts'

const TICK_MS = 100
/** Whatever a coordinator asks for: an agent does not go on for longer without a word of it. */
const LONGEST_LEASE_S = 60

export class Claim {
  readonly id: string
  readonly coordinator: string
  /** Resolves when the claim is over and the agent is free again. */
  readonly over: Promise<void>
  readonly #parts: AgentParts
  readonly #leaseUs: number
  readonly #lease = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)
  readonly #leaseUntil = new Float64Array(this.#lease)
  readonly #clock: FleetClock
  readonly #abort = new AbortController()
  readonly #stopTicking: () => void
  #run: AgentRun | null = null
  #isLeaving = false
  #setOver = (): void => undefined
  /** Answers to the orders so far: one that is repeated is answered and not obeyed again. */
  readonly #answers = new Map<number, Promise<Answer>>()

  constructor(parts: AgentParts, { run, coordinator, leaseS }: Order & { readonly type: 'claim' }) {
    const { bus, time, realm, name } = parts
    this.#parts = parts
    this.id = run
    this.coordinator = coordinator
    this.#leaseUs = Math.min(leaseS, LONGEST_LEASE_S) * 1e6
    this.over = new Promise((resolve) => (this.#setOver = resolve))
    this.#renew(time.nowUs())
    this.#clock = new FleetClock({
      ...{ bus, time },
      subject: subjectsOf(realm).clock(run, name),
      heard: (askedUs) => this.#renew(askedUs),
      givenUp: () => this.#givenUp(),
      steered: (ppm) => this.#run?.slew(ppm),
      signal: this.#abort.signal,
    })
    this.#stopTicking = time.every(TICK_MS, () => this.#tick())
    void this.#clock.run()
  }

  get isRunning(): boolean {
    return this.#run?.hasStarted === true
  }

  /** Obeys an order of the coordinator, once. */
  order(order: Order): Promise<Answer> {
    const known = this.#answers.get(order.n)
    if (known !== undefined) return known
    const answer = this.#obey(order)
    this.#answers.set(order.n, answer)
    return answer
  }

  /** Ends the load under way, if there is one, and then the claim. */
  leave(by: StoppedEarly): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    if (this.#run === null) void this.#end()
    else this.#run.endLoad(by)
  }

  async #obey(order: Order): Promise<Answer> {
    switch (order.type) {
      case 'claim':
        return { workers: this.#parts.workers }
      case 'check':
        return {}
      case 'release':
        this.#parts.log('released')
        void this.#end()
        return {}
      case 'prepare':
        if (this.#isLeaving) return { refused: 'is leaving' }
        // An earlier run of the series that has not ended is not wanted any more.
        await this.#run?.cancel()
        this.#prepare(order)
        return {}
    }
    const run = this.#run
    if (run?.turn !== order.turn) return { refused: 'is not at work for this run' }
    switch (order.type) {
      case 'start':
        return run.start(order.atUs)
      case 'stop':
        run.stop(order.loadEndS, order.gracefulStopS)
        return {}
      case 'amend':
        return run.amend(order)
      case 'cancel':
        await run.cancel()
        return {}
    }
  }

  #prepare(order: Order & { readonly type: 'prepare' }): void {
    const { realm, name } = this.#parts
    const subjects = subjectsOf(realm)
    const run = new AgentRun(
      this.#parts,
      {
        clock: this.#clock,
        lease: this.#lease,
        signal: this.#abort.signal,
        givenUp: () => this.#givenUp(),
        subjects: {
          tell: subjects.tell(this.id, name),
          second: subjects.second(this.id, name),
          tickets: subjects.tickets(this.id, name),
          blobs: subjects.blobs(this.id, name),
        },
      },
      order,
    )
    this.#run = run
    void run.over.then(() => {
      if (this.#run === run) this.#run = null
      if (this.#isLeaving) void this.#end()
    })
    void run.prepare()
  }

  #renew(askedUs: number): void {
    this.#leaseUntil[0] = Math.max(this.#leaseUntil[0]!, askedUs + this.#leaseUs)
  }

  #tick(): void {
    if (!this.#abort.signal.aborted && this.#parts.time.nowUs() > this.#leaseUntil[0]!) {
      const seconds = this.#leaseUs / 1e6
      this.#parts.log(`heard nothing of ${this.coordinator} for ${seconds} s: the load ends`)
      this.#leaseOver()
    }
    this.#run?.tick()
  }

  /** The coordinator is gone: a load under way drains as planned; a drain that had begun ends, as nobody waits for it. */
  #leaseOver(): void {
    const run = this.#run
    const isDraining = run?.isDraining === true
    this.leave('lease')
    // Nobody waits for what it would still hand over.
    this.#abort.abort()
    if (isDraining) void run.cancel()
    else void run?.drained().then(() => run.cancel())
  }

  /** The coordinator does not hear this agent any more: its load must end, and nothing of it is wanted. */
  #givenUp(): void {
    if (this.#abort.signal.aborted) return
    this.#parts.log(`${this.coordinator} has given this agent up`)
    this.#leaseOver()
  }

  async #end(): Promise<void> {
    this.#isLeaving = true
    this.#abort.abort()
    await this.#run?.cancel()
    this.#stopTicking()
    this.#setOver()
  }
}
