/** One run of a fleet: the workforce whose members are agents. It is conducted as a crew of worker threads is. */
import { amendmentRefusal, portionOf, refusals, type AgentShare } from '../core/fleet/agent-policy.ts'
import { WireFault } from '../core/fleet/shape.ts'
import { TicketOffice, type TicketGrant } from '../core/fleet/ticket-office.ts'
import type { AgentFacts, AgentState } from '../core/measure/host-facts.ts'
import type { LogEntry } from '../core/measure/task-log.ts'
import { workerLabel } from '../core/measure/worker-label.ts'
import type { Amendment } from '../core/plan/amendment.ts'
import { planPart } from '../core/plan/plan-part.ts'
import { plannedConnections, plannedUsers, type Plan } from '../core/plan/plan.ts'
import { showCount, showMany } from '../core/units.ts'
import { CorerushError, EXIT } from '../errors.ts'
import type { AgentEvents, Workforce, WorkforceEvents } from '../host/workforce.ts'
import { orderFault, type Hired } from './hired.ts'
import type { BundlePlaces } from './bundle-places.ts'
import type { Packed } from './cargo.ts'
import type { Ordered, SecondMessage, TicketQuestion, Told } from './messages.ts'
import type { Time } from './time.ts'

/** How long agents may take to get ready, beside the time that the plan waits for its target. */
const PREPARE_MS = 60_000
/** A start is acknowledged so long before its instant, or taken back. */
const START_MARGIN_US = 100_000
/** How long ending the agents' workers may take. */
const CANCEL_MS = 2000
/**
 * How far ahead an order names its instant, in seconds and in round trips. Hosts that are busy before the run may take some
 * tenths of a second to acknowledge its start, and one that does not in time ends the run before it began.
 */
const LEAD = { startS: 1, startTrips: 6, orderS: 0.1, orderTrips: 3 }
/** A second can be reported this much ahead of the coordinator's clock. */
const AHEAD_S = 1

export type FleetEvents = WorkforceEvents & AgentEvents

export interface FleetRunParts {
  readonly turn: number
  readonly plan: Plan
  readonly packed: Promise<Packed>
  readonly agents: readonly Hired[]
  readonly events: FleetEvents
  readonly time: Time
  /** Whether the load ends when an agent is lost. */
  readonly endsWithAgent: boolean
}

/** An agent's part in the run. */
interface Member {
  readonly agent: Hired
  isReady: boolean
  isGone: boolean
  isDeserted: boolean
  isStuck: boolean
  readonly exhausted: Set<string>
  /** Parts that were merged, by second. */
  readonly merged: Map<number, Set<number>>
  /** The number of what it told last. */
  told: number
  worstBoundMs: number
}

export class FleetRun implements Workforce {
  readonly ready: Promise<void>
  readonly finished: Promise<void>
  readonly #parts: FleetRunParts
  readonly #members: readonly Member[]
  readonly #offices: Readonly<Record<TicketQuestion['of'], TicketOffice | null>>
  readonly #exhausted = new Set<string>()
  readonly #problems: string[] = []
  /** Where the places of the scenario's code are in the user's files; `null` without a scenario. */
  #places: BundlePlaces | null = null
  #startUs = Infinity
  #amendments = 0
  #isReported: 'deserted' | 'stuck' | null = null
  #setReady = (): void => undefined
  #setFinished = (): void => undefined
  #fail: (error: Error) => void = () => undefined

  constructor(parts: FleetRunParts) {
    const { plan, agents } = parts
    this.#parts = parts
    this.#members = agents.map((agent) => ({
      agent,
      ...{ isReady: false, isGone: false, isDeserted: false, isStuck: false },
      exhausted: new Set<string>(),
      merged: new Map<number, Set<number>>(),
      told: 0,
      worstBoundMs: 0,
    }))
    const office = (count: number | null, isAtOnce: boolean): TicketOffice | null =>
      count === null ? null : new TicketOffice(count, this.#weights(), isAtOnce)
    // A redirect, or the answer to a challenge, takes a ticket of its own in the middle of an iteration.
    const hasHops = plan.maxRedirects > 0 || plan.request.digest !== null
    this.#offices = { iterations: office(plan.iterations, false), requests: office(plan.requests, hasHops) }
    this.finished = new Promise((resolve, reject) => {
      this.#setFinished = resolve
      this.#fail = reject
    })
    // Before the start it is `ready` that rejects.
    this.finished.catch(() => undefined)
    this.ready = this.#prepare()
  }

  get lead(): { readonly startS: number; readonly orderS: number } {
    const tripS = Math.max(...this.#members.map(({ agent }) => (agent.clock?.boundMs ?? 0) * 2)) / 1000
    return {
      startS: Math.max(LEAD.startS, LEAD.startTrips * tripS),
      orderS: Math.max(LEAD.orderS, LEAD.orderTrips * tripS),
    }
  }

  /** The agents as they are now. */
  readonly agents = (): AgentState[] => this.#members.map(stateOf)

  start(atUs: number): void {
    this.#startUs = atUs
    void this.#start(atUs)
  }

  amend(amendment: Amendment): void {
    this.#amendments++
    this.#isReported = null
    for (const member of this.#members) member.isDeserted = false
    for (const { agent, isGone } of this.#members)
      if (!isGone)
        void agent.order({ type: 'amend', turn: this.#parts.turn, amendment }).then(
          ({ refused }) => {
            if (refused !== undefined) this.#parts.events.refusedAgent(agent.name, refused)
          },
          () => undefined,
        )
  }

  stop(loadEndS: number | null, gracefulStopS: number | null = null): void {
    this.#orderAll({ type: 'stop', turn: this.#parts.turn, loadEndS, gracefulStopS })
  }

  /** Ends the workers of all agents that have not ended. */
  async dismiss(): Promise<void> {
    await this.#cancel()
  }

  /** Ends the workers of all agents that have not ended; resolves to the names of those that did not acknowledge it. */
  async #cancel(): Promise<string[]> {
    const left = this.#members.filter(({ isGone }) => !isGone)
    const names = await Promise.all(
      left.map(({ agent }) =>
        agent.order({ type: 'cancel', turn: this.#parts.turn }, CANCEL_MS).then(
          () => null,
          () => agent.name,
        ),
      ),
    )
    return names.filter((name) => name !== null)
  }

  /** Why the agents do not carry out a change of the load; `null` if they do. */
  amendmentProblem(amendment: Amendment, amended: Plan): string | null {
    for (const { agent, isGone } of this.#members) {
      if (isGone) continue
      const share = this.#shareOf(agent)
      const refused =
        amendmentRefusal(policyOf(agent), amendment, share) ??
        shortage(agent.card, amended, share) ??
        this.#ticketless(agent, amended)
      if (refused !== null) return `agent ${agent.name} ${refused}`
    }
    return null
  }

  /** Merges a second that an agent handed over, once. */
  second(agent: Hired, { clock, second }: SecondMessage): void {
    const member = this.#members[agent.index]!
    if (member.isGone) return
    const [first, last] = agent.facts.workers
    if (second.vitals.some(({ worker }) => worker < first || worker > last))
      throw new WireFault('is of other workers', 'vitals')
    if (second.second > (this.#parts.time.nowUs() - this.#startUs) / 1e6 + AHEAD_S)
      throw new WireFault('has not come yet', 'second')
    const merged = member.merged.get(second.second) ?? new Set<number>()
    if (merged.has(second.part)) return
    member.merged.set(second.second, merged.add(second.part))
    if (clock !== null) this.#seen(member, clock)
    const tally = this.#places?.tally(second.tally) ?? second.tally
    this.#parts.events.part({ ...second, tally, member: agent.index })
  }

  /** Receives what an agent tells, once. */
  told(agent: Hired, told: Told): void {
    const member = this.#members[agent.index]!
    if (member.isGone || told.n <= member.told) return
    member.told = told.n
    const { events } = this.#parts
    switch (told.type) {
      case 'preparing':
        break
      case 'ready':
        member.isReady = true
        this.#seen(member, told.clock)
        for (const warning of told.warnings) events.warned(`agent ${agent.name}: ${warning}`)
        this.#checkReady()
        break
      case 'refused':
        this.#problems.push(
          ...told.problems.map((problem) => `agent ${agent.name}: ${this.#inOwnFiles(problem)}`),
        )
        member.isReady = true
        this.#checkReady()
        break
      case 'lost':
        events.workerLost(agent.index, told.worker, told.second, this.#inOwnFiles(told.message))
        break
      case 'stopRun':
        events.stopRun(told.reason)
        break
      case 'nearHeapLimit':
        events.nearHeapLimit(told.worker, told)
        break
      case 'logged':
        events.logged?.(
          told.entries.map((entry) =>
            labelled({ ...entry, text: this.#inOwnFiles(entry.text) }, agent.facts),
          ),
        )
        break
      case 'stuck':
        member.isStuck = told.isStuck
        this.#lookForUsers()
        break
      case 'deserted':
        // A later amendment, which the agent did not know of, may give it users again.
        if (told.amendments === this.#amendments) member.isDeserted = true
        this.#lookForUsers()
        this.#checkExhausted()
        break
      case 'exhausted':
        member.exhausted.add(told.count)
        this.#checkExhausted()
        break
      case 'ended':
        this.#ended(member, told)
    }
  }

  /** The text with places in the user's files in place of those in the bundle that agents run. */
  #inOwnFiles(text: string): string {
    return this.#places?.text(text) ?? text
  }

  /** Answers an agent that asks for tickets; `null` if the plan counts none of them. */
  tickets(agent: Hired, question: TicketQuestion): TicketGrant | null {
    return this.#offices[question.of]?.answer(agent.name, question) ?? null
  }

  /** The agent is lost. */
  lost(agent: Hired): void {
    const member = this.#members[agent.index]!
    if (member.isGone) return
    const why = agent.lostFor!
    if (this.#startUs === Infinity) {
      this.#problems.push(`agent ${agent.name} was lost: ${why}`)
      member.isReady = member.isGone = true
      this.#checkReady()
      return
    }
    member.isGone = true
    this.#parts.events.lost(agent.index, why)
    if (this.#parts.endsWithAgent) this.#parts.events.endWithAgent(agent.name)
    this.#lookForUsers()
    this.#checkExhausted()
    this.#checkFinished()
  }

  async #prepare(): Promise<void> {
    const { plan, turn, agents } = this.#parts
    const of = plan.workers
    const limitMs = PREPARE_MS + plan.waitForTargetS * 1000
    const all = new Promise<void>((resolve) => (this.#setReady = resolve))
    const problems = agents.flatMap((agent) =>
      refusals(policyOf(agent), plan, this.#shareOf(agent)).map((text) => `agent ${agent.name} ${text}`),
    )
    if (problems.length > 0) throw notReady(problems)
    const { cargo, places } = await this.#parts.packed
    this.#places = places
    for (const agent of agents)
      agent.order({ type: 'prepare', turn, plan, base: agent.base, of, cargo }, limitMs).then(
        ({ refused }) => {
          if (refused !== undefined) this.#refused(agent, refused)
        },
        (error: unknown) => this.#refused(agent, orderFault(agent, error)),
      )
    const isLate = await Promise.race([
      all.then(() => false),
      this.#parts.time.pause(limitMs).then(() => true),
    ])
    for (const { agent, isReady } of this.#members)
      if (isLate && !isReady)
        this.#problems.push(`agent ${agent.name} did not get ready in ${limitMs / 1000} s`)
    if (this.#problems.length > 0) throw notReady(this.#problems)
  }

  #refused(agent: Hired, why: string): void {
    const member = this.#members[agent.index]!
    if (member.isReady) return
    member.isReady = true
    this.#problems.push(`agent ${agent.name} ${why}`)
    this.#checkReady()
  }

  #checkReady(): void {
    if (this.#problems.length > 0 || this.#members.every(({ isReady }) => isReady)) this.#setReady()
  }

  async #start(atUs: number): Promise<void> {
    const { time, turn } = this.#parts
    const leftMs = (atUs - START_MARGIN_US - time.nowUs()) / 1000
    const faults = await Promise.all(
      this.#members.map(({ agent }) =>
        agent.order({ type: 'start', turn, atUs }, Math.max(1, leftMs)).then(
          ({ refused }) => (refused === undefined ? null : `agent ${agent.name} ${refused}`),
          (error: unknown) => `agent ${agent.name}: ${orderFault(agent, error)}`,
        ),
      ),
    )
    const problems = faults.filter((fault) => fault !== null)
    if (problems.length === 0) return
    const unsure = await this.#cancel()
    const rest = this.#whatStarted(unsure, atUs)
    this.#fail(
      new CorerushError('CORERUSH_FLEET', `the run was not started: ${problems.join('; ')}\n${rest}`, {
        exitCode: EXIT.unexpected,
      }),
    )
  }

  /** What a start that was taken back may have left, if these agents did not acknowledge that. */
  #whatStarted(unsure: readonly string[], atUs: number): string {
    if (unsure.length > 0)
      return `${unsure.join(', ')} may have started: an agent that hears nothing more ends its load by itself`
    return this.#parts.time.nowUs() < atUs
      ? 'nothing was sent'
      : 'others may have started before they heard that, and have ended'
  }

  #ended(member: Member, told: Extract<Told, { readonly type: 'ended' }>): void {
    const { events } = this.#parts
    const { agent } = member
    member.isGone = true
    if (told.missing > 0)
      events.warned(
        `agent ${agent.name} could not keep ${told.missing} parts of seconds until they were handed over`,
      )
    events.agentSeen(agent.index, {
      clock: { boundMs: member.worstBoundMs, ratePpm: agent.clock?.ratePpm ?? 0 },
      stoppedBy: told.stoppedBy,
    })
    events.ended(agent.index, told)
    this.#lookForUsers()
    this.#checkExhausted()
    this.#checkFinished()
  }

  #seen(member: Member, clock: NonNullable<SecondMessage['clock']>): void {
    member.agent.clock = clock
    member.worstBoundMs = Math.max(member.worstBoundMs, clock.boundMs)
    this.#parts.events.agentSeen(member.agent.index, {
      clock: { boundMs: member.worstBoundMs, ratePpm: clock.ratePpm },
      stoppedBy: null,
    })
  }

  #lookForUsers(): void {
    const left = this.#members.filter(({ isGone }) => !isGone)
    if (left.length === 0 || left.some(({ isDeserted, isStuck }) => !isDeserted && !isStuck)) return
    const found = left.every(({ isDeserted }) => isDeserted) ? 'deserted' : 'stuck'
    if (this.#isReported === found) return
    this.#isReported = found
    if (found === 'deserted') this.#parts.events.deserted()
    else this.#parts.events.stuck(true)
  }

  #checkExhausted(): void {
    const left = this.#members.filter(({ isGone }) => !isGone)
    for (const count of ['iterations', 'requests'] as const) {
      if (this.#offices[count] === null || this.#exhausted.has(count) || left.length === 0) continue
      // Users that have all stopped take no more tickets.
      if (left.some(({ exhausted, isDeserted }) => !exhausted.has(count) && !isDeserted)) continue
      this.#exhausted.add(count)
      this.#parts.events.exhausted(count)
    }
  }

  #checkFinished(): void {
    if (this.#members.every(({ isGone }) => isGone)) this.#setFinished()
  }

  #orderAll(ordered: Ordered): void {
    // An agent that does not hear it is found out by its silence.
    for (const { agent, isGone } of this.#members)
      if (!isGone) void agent.order(ordered).catch(() => undefined)
  }

  /** Why an agent cannot have users of an amended plan: it was given no tickets. `null` if it can. */
  #ticketless(agent: Hired, amended: Plan): string | null {
    const { iterations, requests } = this.#offices
    const isCounted = iterations !== null || requests !== null
    const [before, after] = [this.#parts.plan, amended].map((plan) =>
      portionOf(plannedUsers(plan), this.#shareOf(agent)),
    )
    return isCounted && before === 0 && after! > 0
      ? 'would have users for the first time, and the count was shared out among the others'
      : null
  }

  /** How much of a count each agent can take: by its users, or by its workers where arrivals are spread over those. */
  #weights(): ReadonlyMap<string, number> {
    const { plan } = this.#parts
    return new Map(
      this.#members.map(({ agent }) => {
        const share = this.#shareOf(agent)
        const users = portionOf(plannedUsers(plan), share)
        return [agent.name, plan.model === 'closed' || users === 0 ? users : share.workers] as const
      }),
    )
  }

  #shareOf(agent: Hired): AgentShare {
    return { base: agent.base, workers: agent.card.workers, of: this.#parts.plan.workers }
  }
}

/** What can be known of an agent's policy from its card; hosts are checked by the agent. */
const policyOf = ({ card: { accepts } }: Hired) => ({
  allowedHosts: null,
  maxPerS: accepts.ratePerS,
  maxUsers: accepts.users,
  acceptsScenarios: accepts.scenarios,
})

/** What an agent has too few of for its part of a plan; `null` if it has enough. */
function shortage(
  { spareDescriptors }: Hired['card'],
  plan: Plan,
  { workers, of }: AgentShare,
): string | null {
  const connections = plannedConnections(planPart(plan, workers / of))
  return spareDescriptors === null || connections <= spareDescriptors
    ? null
    : `may have ${showMany(spareDescriptors, 'connection')} open, and its part would be ${showCount(connections)}`
}

/** An agent whose pings were not heard for so long is silent. */
const SILENT_S = 2.5

function stateOf({ agent, isGone }: Member): AgentState {
  const { name, workers } = agent.facts
  const heardS = agent.silentS
  const isLost = agent.lostFor !== null
  return {
    ...{ name, workers, heardS },
    state: isLost ? 'lost' : isGone ? 'ended' : heardS > SILENT_S ? 'silent' : 'running',
    boundMs: agent.clock?.boundMs ?? null,
  }
}

/** The entry with the label of its worker. */
const labelled = (entry: LogEntry, agent: AgentFacts): LogEntry =>
  entry.worker === null ? entry : { ...entry, label: workerLabel(entry.worker, [agent]) }

const notReady = (problems: readonly string[]): CorerushError =>
  new CorerushError('CORERUSH_FLEET', [...problems, 'nothing was sent'].join('\n'))
