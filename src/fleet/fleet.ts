/**
 * The coordinator's side: finds agents, claims them, and hires their workers for one run after the other. It generates no
 * load itself.
 */
import { WireFault } from '../core/fleet/shape.ts'
import { seededRandom } from '../core/random.ts'
import { showMany } from '../core/units.ts'
import { CorerushError, messageOf } from '../errors.ts'
import type { Hire } from '../host/workforce.ts'
import type { Bus } from './bus.ts'
import { Blobs } from './blobs.ts'
import { pack } from './cargo.ts'
import { FleetRun } from './fleet-run.ts'
import { Hired } from './hired.ts'
import { agentOfSubject, subjectsOf } from '../core/fleet/subjects.ts'
import {
  card as cardShape,
  decode,
  encode,
  GIVEN_UP,
  HEARD,
  packInstants,
  PROTOCOL,
  readSecond,
  readTold,
  ticketAsk,
  unpackInstants,
  type Card,
} from './messages.ts'
import type { Time } from './time.ts'

/** Agents that are asked for: this many, these, or all that are free. */
export type Wanted = number | 'all' | readonly string[]

export interface FleetParts {
  readonly bus: Bus
  readonly time: Time
  readonly realm: string
  /** Who it is, for those that find its agents claimed. */
  readonly coordinator: string
  readonly version: string
  readonly node: string
  readonly wanted: Wanted
  readonly where: Readonly<Record<string, string>>
  readonly waitS: number
  readonly leaseS: number
  readonly endsWithAgent: boolean
  /** Shows a line to the user. */
  readonly say: (text: string) => void
  readonly seed: number
}

const FIND = { stallMs: 300, maxMs: 2000 }
const LOOK_AGAIN_MS = 1000
const CLAIM_MS = 3000
const RELEASE_MS = 2000
const WATCH_MS = 200
/** What another coordinator is given time for, when both have claimed a part of the agents. */
const YIELD_MS = { least: 1000, more: 2000 }

/** The agents that answer, by name; twice, if two have one name. */
export async function findAgents(
  bus: Bus,
  realm: string,
  where: Readonly<Record<string, string>> = {},
): Promise<Card[]> {
  const answers = await bus.askAll(subjectsOf(realm).find, encode({ where }), FIND)
  const cards = answers.flatMap((bytes) => {
    try {
      return cardShape(decode(bytes))
    } catch (error) {
      if (error instanceof WireFault) return []
      throw error
    }
  })
  // An answer may come twice.
  const each = [...new Map(cards.map((card) => [card.instance, card])).values()]
  return each.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** How long an agent takes to answer, in ms: the least of three; `null` if it does not. */
export async function pingAgent(bus: Bus, realm: string, { name, instance }: Card): Promise<number | null> {
  const subject = subjectsOf(realm).order(name, instance)
  const bytes = encode({ n: 0, run: 'none', type: 'check' })
  let least: number | null = null
  for (let i = 0; i < 3; i++) {
    const sentMs = performance.now()
    try {
      await bus.ask(subject, bytes, { timeoutMs: 1000 })
    } catch {
      // It has gone since it answered, and the list says so.
      return null
    }
    least = Math.min(least ?? Infinity, performance.now() - sentMs)
  }
  return least
}

/** Why an agent cannot be taken; `null` if it can. */
export function unfitness(
  card: Card,
  { version, node }: Pick<FleetParts, 'version' | 'node'>,
): string | null {
  if (card.version !== version || card.protocol !== PROTOCOL)
    return `has corerush ${card.version}, and this is ${version}: figures of two versions do not add up`
  if (majorOf(card.node) !== majorOf(node)) return `runs on Node ${card.node}, and this is ${node}`
  return card.state === 'idle' ? null : `is claimed by ${card.coordinator}`
}

const majorOf = (node: string): string => node.replace(/^v/, '').split('.')[0]!

/** The agents that fit what is wanted, or why there are none. */
export function choose(
  cards: readonly Card[],
  parts: Pick<FleetParts, 'wanted' | 'version' | 'node'>,
): { readonly chosen: readonly Card[] } | { readonly problems: readonly string[] } {
  const { wanted } = parts
  const names = cards.map(({ name }) => name)
  const twice = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))]
  const asked = typeof wanted === 'object' ? wanted : names
  const twins = twice.filter((name) => asked.includes(name))
  if (twins.length > 0)
    return { problems: twins.map((name) => `two agents have the name ${name}; give each --name of its own`) }
  const meant = cards.filter(({ name }) => asked.includes(name))
  const unfit = meant.flatMap((card) => {
    const why = unfitness(card, parts)
    return why === null ? [] : [`agent ${card.name} ${why}`]
  })
  const fit = meant.filter((card) => unfitness(card, parts) === null)
  if (typeof wanted === 'object') {
    const missing = wanted.filter((name) => !names.includes(name)).map((name) => `there is no agent ${name}`)
    return missing.length + unfit.length > 0 ? { problems: [...missing, ...unfit] } : { chosen: fit }
  }
  const least = wanted === 'all' ? 1 : wanted
  if (fit.length >= least) return { chosen: wanted === 'all' ? fit : fit.slice(0, least) }
  const some = fit.length === 0 ? '' : ` (${fit.map(({ name }) => name).join(', ')})`
  const found = `${wanted === 'all' ? 'no agent is free' : `${showMany(least, 'agent')} asked for, ${fit.length} free`}${some}`
  return { problems: [found, ...unfit] }
}

/** Looks until the agents that are wanted are there; rejects with who is there, and why they are not taken. */
export async function lookForAgents(
  parts: Pick<
    FleetParts,
    'bus' | 'time' | 'realm' | 'where' | 'waitS' | 'wanted' | 'version' | 'node' | 'say'
  >,
  signal?: AbortSignal,
): Promise<readonly Card[]> {
  const untilUs = parts.time.nowUs() + parts.waitS * 1e6
  let isSaid = false
  for (;;) {
    const result = choose(await findAgents(parts.bus, parts.realm, parts.where), parts)
    if ('chosen' in result) return result.chosen
    if (parts.time.nowUs() >= untilUs || signal?.aborted === true)
      throw new CorerushError('CORERUSH_FLEET', [...result.problems, 'nothing was sent'].join('\n'), {
        hint: 'corerush agents, which lists them',
      })
    if (!isSaid)
      parts.say(`waiting for agents, at most ${Math.ceil(parts.waitS)} s: ${result.problems.join('; ')}`)
    isSaid = true
    await parts.time.pause(LOOK_AGAIN_MS)
  }
}

export class Fleet {
  readonly agents: readonly Hired[]
  readonly #parts: FleetParts
  readonly #answers: { end(): void }[]
  readonly #stopWatching: () => void
  readonly #blobs = new Blobs()
  #turn = 0
  #run: FleetRun | null = null

  private constructor(parts: FleetParts, id: string, agents: readonly Hired[]) {
    const { bus, realm, time } = parts
    const subjects = subjectsOf(realm)
    this.#parts = parts
    this.agents = agents
    this.#answers = [
      bus.answer(subjects.clock(id, '*'), (bytes, subject) => this.#clock(bytes, subject)),
      bus.answer(subjects.second(id, '*'), (bytes, subject) => this.#second(bytes, subject)),
      bus.answer(subjects.tell(id, '*'), (bytes, subject) => this.#told(bytes, subject)),
      bus.answer(subjects.tickets(id, '*'), (bytes, subject) => this.#tickets(bytes, subject)),
      this.#blobs.answerOn(bus, subjects.blobs(id, '*')),
    ]
    this.#stopWatching = time.every(WATCH_MS, () => this.#watch())
  }

  /** Claims the agents that are wanted, as soon as they are there and free. */
  static async gather(parts: FleetParts, signal?: AbortSignal): Promise<Fleet> {
    const { bus, time, waitS } = parts
    const untilUs = time.nowUs() + waitS * 1e6
    const random = seededRandom(parts.seed, 0)
    for (;;) {
      const leftS = Math.max(0, (untilUs - time.nowUs()) / 1e6)
      const cards = await lookForAgents({ ...parts, waitS: leftS }, signal)
      const id = bus.newId()
      const agents = hiredOf(cards, id, parts)
      // Before they are claimed, so that their first ping is answered.
      const fleet = new Fleet(parts, id, agents)
      const problem = await fleet.#claim()
      if (problem === null) return fleet
      await fleet.release()
      if (time.nowUs() >= untilUs || signal?.aborted === true)
        throw new CorerushError('CORERUSH_FLEET', `${problem}\nnothing was sent`, {
          hint: 'corerush agents, which lists them',
        })
      await time.pause(YIELD_MS.least + random() * YIELD_MS.more)
    }
  }

  /** How many workers all agents have. */
  get workers(): number {
    return this.agents.reduce((sum, { card }) => sum + card.workers, 0)
  }

  /** Hires the workers of all agents. */
  get hire(): Hire {
    const hire: Hire = (plan, feeders, events, data = [], replay = null) => {
      const { time, endsWithAgent } = this.#parts
      const packed = pack(this.#blobs, plan, feeders, data, replay)
      const turn = ++this.#turn
      this.#run = new FleetRun({ turn, plan, packed, agents: this.agents, events, time, endsWithAgent })
      for (const agent of this.agents) if (agent.lostFor !== null) this.#run.lost(agent)
      return this.#run
    }
    return Object.assign(hire, { agents: this.agents.map(({ facts }) => facts) })
  }

  /** Lets all agents go. */
  async release(): Promise<void> {
    this.#stopWatching()
    await Promise.all(
      this.agents
        .filter(({ lostFor }) => lostFor === null)
        .map((agent) => agent.order({ type: 'release' }, RELEASE_MS).catch(() => undefined)),
    )
    for (const answer of this.#answers) answer.end()
  }

  /** In the order of names, so that of two coordinators one gets all; resolves to why it could not be done. */
  async #claim(): Promise<string | null> {
    const { coordinator, leaseS } = this.#parts
    for (const agent of this.agents)
      try {
        const { refused, workers } = await agent.order({ type: 'claim', coordinator, leaseS }, CLAIM_MS)
        if (refused !== undefined) return `agent ${agent.name} ${refused}`
        if (workers !== agent.card.workers) return `agent ${agent.name} has changed`
      } catch (error) {
        return `agent ${agent.name} does not answer: ${messageOf(error)}`
      }
    return null
  }

  #watch(): void {
    for (const agent of this.agents) {
      if (agent.lostFor !== null) continue
      const why = agent.look()
      if (why !== null) this.#lose(agent, why)
    }
  }

  #lose(agent: Hired, why: string): void {
    agent.lose(why)
    this.#run?.lost(agent)
  }

  /** The agent that asked on this subject; `null` if it is none of these. */
  #asker(subject: string): Hired | null {
    const name = agentOfSubject(subject)
    return this.agents.find((agent) => agent.name === name) ?? null
  }

  #clock(bytes: Uint8Array, subject: string): Uint8Array | null {
    const { time } = this.#parts
    const t2Us = time.nowUs()
    return this.#answer(subject, () => {
      unpackInstants(bytes, 1)
      return packInstants(t2Us, time.nowUs())
    })
  }

  #second(bytes: Uint8Array, subject: string): Uint8Array | null {
    return this.#answer(subject, (agent) => {
      const message = readSecond(bytes)
      if (message.turn === this.#turn) this.#run?.second(agent, message)
      return HEARD
    })
  }

  #told(bytes: Uint8Array, subject: string): Uint8Array | null {
    return this.#answer(subject, (agent) => {
      const told = readTold(bytes)
      if (told.turn === this.#turn) this.#run?.told(agent, told)
      return HEARD
    })
  }

  #tickets(bytes: Uint8Array, subject: string): Uint8Array | null {
    return this.#answer(subject, (agent) => {
      const question = ticketAsk(decode(bytes))
      const grant = question.turn === this.#turn ? (this.#run?.tickets(agent, question) ?? null) : null
      return grant === null ? null : encode(grant)
    })
  }

  /** Answers an agent of this claim. One that says what cannot be is lost: nothing that it reports can be relied on. */
  #answer(subject: string, answer: (agent: Hired) => Uint8Array | null): Uint8Array | null {
    const agent = this.#asker(subject)
    if (agent === null) return null
    if (agent.lostFor !== null) return GIVEN_UP
    agent.heard()
    try {
      return answer(agent)
    } catch (error) {
      if (!(error instanceof WireFault)) throw error
      this.#lose(agent, `what it sent cannot be read: ${error.message}`)
      return GIVEN_UP
    }
  }
}

function hiredOf(cards: readonly Card[], run: string, parts: FleetParts): Hired[] {
  const { bus, time, realm, leaseS } = parts
  let base = 0
  return cards.map((card, index) => {
    const subject = subjectsOf(realm).order(card.name, card.instance)
    const hired = new Hired(card, index, base, { bus, time, run, subject, leaseS })
    base += card.workers
    return hired
  })
}
