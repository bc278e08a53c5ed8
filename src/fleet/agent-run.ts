/** One run of an agent: its crew, from the plan until everything that it counted is handed over. */
import { amendmentRefusal, refusals, restricted, type AgentShare } from '../core/fleet/agent-policy.ts'
import { HostSeconds, turnOf } from '../core/fleet/host-second.ts'
import type { Heap } from '../core/measure/heap-watch.ts'
import type { Snapshot } from '../core/measure/second.ts'
import type { LogEntry } from '../core/measure/task-log.ts'
import type { Plan } from '../core/plan/plan.ts'
import { CorerushError, messageOf } from '../errors.ts'
import type { HostVitalSigns } from '../host/machine/host-vitals.ts'
import { noneGranted } from '../host/ticket-counters.ts'
import type { WorkforceEvents } from '../host/workforce.ts'
import type { Drained } from '../protocol.ts'
import type { AgentCrew, AgentParts } from './agent-parts.ts'
import { unpack } from './cargo.ts'
import type { FleetClock } from './clock.ts'
import type { Answer, Order, Tale } from './messages.ts'
import { Purse } from './purse.ts'
import { Seconds } from './seconds.ts'
import { Teller } from './teller.ts'

export type Prepare = Extract<Order, { readonly type: 'prepare' }>
export type StoppedEarly = 'lease' | 'sigterm'

/** What a run has of its claim. */
export interface ClaimContext {
  readonly clock: FleetClock
  readonly lease: SharedArrayBuffer
  readonly signal: AbortSignal
  readonly givenUp: () => void
  readonly subjects: {
    readonly tell: string
    readonly second: string
    readonly tickets: string
    readonly blobs: string
  }
}

export class AgentRun implements WorkforceEvents {
  readonly turn: number
  /** Resolves when the run is over for this agent, in whatever way. */
  readonly over: Promise<void>
  readonly #parts: AgentParts
  readonly #claim: ClaimContext
  readonly #share: AgentShare
  readonly #order: Prepare
  readonly #abort = new AbortController()
  readonly #teller: Teller
  readonly #handOver: Seconds
  readonly #seconds: HostSeconds
  #purses: Purse[] = []
  #crew: AgentCrew | null = null
  #vitals: HostVitalSigns | null = null
  /** When the run starts, by the coordinator's clock; Infinity before that is known. */
  #startUs = Infinity
  #second = 0
  #amendments = 0
  #stoppedBy: StoppedEarly | null = null
  /** When the load ends, in s of run time, by the plan or by an order. */
  #loadEndS: number
  readonly #warned: string[] = []
  #drained = { lastDoneS: 0, endedS: 0, addresses: {} as Record<string, readonly string[]> }
  #setOver = (): void => undefined

  constructor(parts: AgentParts, claim: ClaimContext, order: Prepare) {
    const { bus, log } = parts
    this.#parts = parts
    this.#claim = claim
    this.#order = order
    this.turn = order.turn
    this.#loadEndS = order.plan.durationS ?? Infinity
    this.#share = { base: order.base, workers: parts.workers, of: order.of }
    this.over = new Promise((resolve) => (this.#setOver = resolve))
    const signal = AbortSignal.any([claim.signal, this.#abort.signal])
    const common = { bus, turn: order.turn, signal, givenUp: claim.givenUp, log }
    this.#teller = new Teller({ ...common, subject: claim.subjects.tell })
    this.#handOver = new Seconds({
      ...common,
      subject: claim.subjects.second,
      clock: () => claim.clock.state(),
    })
    this.#seconds = new HostSeconds(Array.from({ length: parts.workers }, (_, i) => order.base + i))
  }

  #isAborted(): boolean {
    return this.#claim.signal.aborted || this.#abort.signal.aborted
  }

  get hasStarted(): boolean {
    return this.#startUs < Infinity
  }

  /** Whether its load has ended, and what was in flight then is waited for. */
  get isDraining(): boolean {
    return this.hasStarted && this.#elapsedS() >= this.#loadEndS
  }

  /** Gets the crew ready and tells so; or why it cannot be. */
  async prepare(): Promise<void> {
    try {
      const { plan: asked } = this.#order
      const problems = refusals(this.#parts.policy, asked, this.#share)
      if (problems.length > 0) {
        await this.#refuse(problems)
        return
      }
      const allowed = { ...restricted(this.#parts.policy, asked), workers: this.#order.of }
      const part = this.#share.workers / this.#share.of
      const warnings = await this.#parts.prepare(allowed, part, this.#claim.signal)
      if (this.#isAborted()) return
      const { bus } = this.#parts
      const { subjects, signal } = this.#claim
      const { plan, ...supplies } = await unpack(bus, subjects.blobs, allowed, this.#order.cargo, signal)
      if (this.#isAborted()) return
      const tickets = await this.#openPurses(plan)
      if (this.#isAborted()) return
      this.#crew = this.#parts.hire(plan, supplies, this, {
        shares: { base: this.#order.base, count: this.#parts.workers },
        tickets,
        lease: this.#claim.lease,
      })
      // What goes wrong later is reported by `finished`, of which nobody hears before the start.
      void this.#crew.finished.then(
        () => this.#finish(),
        () => undefined,
      )
      await Promise.all([this.#crew.ready, this.#claim.clock.settle()])
      const clock = this.#claim.clock.state()
      if (this.#isAborted()) return
      if (clock === null) await this.#refuse(['has no clock: the coordinator answers no ping'])
      else
        await this.#teller.tell({
          type: 'ready',
          clock,
          warnings: [...new Set([...warnings, ...this.#warned])],
        })
    } catch (error) {
      await this.#refuse([textOf(error)])
    }
  }

  start(atUs: number): Answer {
    const { clock } = this.#claim
    if (this.#crew === null) return { refused: 'is not ready' }
    if (this.hasStarted) return {}
    if (clock.coordinatorUs() > atUs) return { refused: 'heard of the start after its instant' }
    this.#startUs = atUs
    this.#vitals = this.#parts.watch()
    this.#crew.start(clock.hostUs(atUs))
    this.#crew.slew(clock.state()?.ratePpm ?? 0)
    return {}
  }

  stop(loadEndS: number | null, gracefulStopS: number | null): void {
    this.#loadEndS = Math.min(this.#loadEndS, loadEndS ?? this.#elapsedS())
    this.#crew?.stop(loadEndS, gracefulStopS)
  }

  amend({ amendment }: Extract<Order, { readonly type: 'amend' }>): Answer {
    const refused = amendmentRefusal(this.#parts.policy, amendment, this.#share)
    if (refused !== null) return { refused }
    this.#amendments++
    if ('durationS' in amendment) this.#loadEndS = amendment.durationS ?? Infinity
    this.#crew?.amend(amendment)
    return {}
  }

  slew(ppm: number): void {
    if (this.hasStarted) this.#crew?.slew(ppm)
  }

  /** Ends the load before its time, and drains as planned; before the start, the run ends at once. */
  endLoad(by: StoppedEarly): void {
    // After the load there is nothing to end but the drain, which has its own limit.
    if (this.#stoppedBy !== null || this.#elapsedS() >= this.#loadEndS) return
    this.#stoppedBy = by
    if (!this.hasStarted)
      void (by === 'sigterm' ? this.#refuse(['is leaving: it was told to end']) : this.cancel())
    else
      this.#crew!.stop(Math.max(0, this.#elapsedS()), by === 'sigterm' ? this.#order.plan.sigtermStopS : null)
  }

  /** Ends the workers at once; what they have not reported is lost. */
  async cancel(): Promise<void> {
    this.#abort.abort()
    await this.#close()
  }

  /** Resolves when no worker is at work any more. */
  async drained(): Promise<void> {
    // A crew that could not get ready is not at work either.
    await this.#crew?.finished.catch(() => undefined)
  }

  /** Is called every tenth of a second. */
  tick(): void {
    if (!this.hasStarted) return
    const nowS = this.#elapsedS()
    const second = Math.floor(nowS)
    if (second > this.#second && this.#vitals !== null) {
      this.#seconds.host(second - 1, this.#vitals.read())
      this.#second = second
    }
    const { base, of } = this.#order
    for (const part of this.#seconds.take(nowS, turnOf(base, of))) this.#handOver.add(part)
  }

  snapshot(snapshot: Snapshot): void {
    this.#seconds.add(snapshot)
  }

  exhausted(count: 'requests' | 'iterations'): void {
    this.#tell({ type: 'exhausted', count })
  }

  stopRun(reason: string | null): void {
    this.#tell({ type: 'stopRun', reason })
  }

  nearHeapLimit(worker: number, { usedBytes, limitBytes }: Heap): void {
    this.#tell({ type: 'nearHeapLimit', worker, usedBytes, limitBytes })
  }

  deserted(): void {
    this.#tell({ type: 'deserted', amendments: this.#amendments })
  }

  logged(entries: readonly LogEntry[]): void {
    this.#tell({ type: 'logged', entries: [...entries] })
  }

  stuck(isStuck: boolean): void {
    this.#tell({ type: 'stuck', isStuck })
  }

  /** Its workers warn before they are ready. */
  warned(text: string): void {
    this.#warned.push(text)
  }

  leaseOver(): void {
    this.endLoad('lease')
  }

  ended(worker: number, { lastDoneS, endedS, addresses }: Omit<Drained, 'last'>): void {
    this.#seconds.done(worker)
    const { addresses: found } = this.#drained
    for (const [host, more] of Object.entries(addresses))
      found[host] = [...new Set([...(found[host] ?? []), ...more])]
    this.#drained = {
      lastDoneS: Math.max(this.#drained.lastDoneS, lastDoneS),
      endedS: Math.max(this.#drained.endedS, endedS),
      addresses: found,
    }
  }

  lost(worker: number, message: string): void {
    const second = this.#seconds.lost(worker)
    // Before the start the crew does not get ready, which is what is told.
    if (this.hasStarted) this.#tell({ type: 'lost', worker, second, message })
  }

  #elapsedS(): number {
    return (this.#claim.clock.coordinatorUs() - this.#startUs) / 1e6
  }

  #tell(tale: Tale): void {
    void this.#teller.tell(tale)
  }

  /** The counters of a plan that counts, with their first block; `null` without a count. */
  async #openPurses(plan: Plan): Promise<SharedArrayBuffer | null> {
    const counts = (['iterations', 'requests'] as const).filter((count) => plan[count] !== null)
    if (counts.length === 0) return null
    const { bus, time, log } = this.#parts
    const { clock, subjects, signal, givenUp } = this.#claim
    const counters = noneGranted()
    this.#purses = counts.map(
      (of) =>
        new Purse({
          ...{ bus, time, log, of, counters, signal, givenUp },
          subject: subjects.tickets,
          turn: this.turn,
          roundTripS: () => clock.roundTripS,
          exhausted: () => this.exhausted(of),
        }),
    )
    await Promise.all(this.#purses.map((purse) => purse.open()))
    return counters
  }

  async #refuse(problems: string[]): Promise<void> {
    await this.#teller.tell({ type: 'refused', problems })
    await this.cancel()
  }

  /** All workers have drained or died: hands over what is left, and tells so. */
  async #finish(): Promise<void> {
    if (!this.hasStarted || this.#isAborted()) return
    for (const part of this.#seconds.take(Infinity)) this.#handOver.add(part)
    await this.#handOver.handedOver()
    if (!this.#isAborted())
      await this.#teller.tell({
        type: 'ended',
        ...this.#drained,
        addresses: Object.fromEntries(
          Object.entries(this.#drained.addresses).map(([host, found]) => [host, [...found]]),
        ),
        stoppedBy: this.#stoppedBy,
        missing: this.#handOver.missing,
      })
    await this.#close()
  }

  async #close(): Promise<void> {
    for (const purse of this.#purses) purse.close()
    const crew = this.#crew
    this.#crew = null
    await crew?.dismiss()
    this.#setOver()
  }
}

/** An error as the coordinator reports it, with what would help. */
const textOf = (error: unknown): string =>
  error instanceof CorerushError && error.hint !== undefined
    ? `${error.message}; try ${error.hint}`
    : messageOf(error)
