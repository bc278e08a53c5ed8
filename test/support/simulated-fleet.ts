/** Several hosts without processes: a coordinator and agents on one virtual clock, over a bus that can fail in any way. */
import type { Amendment } from '../../src/core/plan/amendment.ts'
import { KnownSecrets } from '../../src/core/request/known-secrets.ts'
import type { Plan } from '../../src/core/plan/plan.ts'
import { seededRandom, type Random } from '../../src/core/random.ts'
import type { Report } from '../../src/core/report/report.ts'
import { Agent } from '../../src/fleet/agent.ts'
import type { AgentCrew, AgentParts } from '../../src/fleet/agent-parts.ts'
import type { AskOptions, Bus } from '../../src/fleet/bus.ts'
import { Fleet, type FleetParts } from '../../src/fleet/fleet.ts'
import type { Time } from '../../src/fleet/time.ts'
import type { ConductHooks } from '../../src/host/control.ts'
import type { ConductingHost } from '../../src/host/machine/this-host.ts'
import { conduct } from '../../src/host/run.ts'
import type { WorkforceEvents } from '../../src/host/workforce.ts'
import type { Clock } from '../../src/worker/time/clock.ts'
import { Load } from '../../src/worker/load.ts'
import { Recorder } from '../../src/worker/record/recorder.ts'
import { ticketsOf } from '../../src/worker/schedule/tickets.ts'
import { Turn } from '../../src/worker/time/turn.ts'
import { quietHost } from './evidence.ts'
import { STILL } from './simulation.ts'
import { SimulatedTransport, VirtualClock, type Answer, type Cancellable, type Sent } from './virtual.ts'

const HOST = {
  ...{ node: 'v20.0.0', platform: 'linux', arch: 'x64', cpuModel: 'virtual', cores: 2, cpuQuota: null },
  memoryBytes: 1e9,
} as AgentParts['host']

/** How the bus fails: shares of messages that are lost and that come twice, and the longest way of one. */
export interface Weather {
  readonly lost?: number
  readonly twice?: number
  readonly wayMs?: number
}

interface Subscription {
  readonly subject: RegExp
  readonly answer: (payload: Uint8Array, subject: string) => Uint8Array | null | Promise<Uint8Array | null>
}

/** What connects all: messages take their time, are lost, come twice and overtake each other. */
export class SimulatedNet {
  readonly clock: VirtualClock
  readonly random: Random
  readonly #weather: Required<Weather>
  readonly endpoints: SimulatedBus[] = []

  constructor(clock: VirtualClock, seed: number, { lost = 0, twice = 0, wayMs = 0 }: Weather) {
    this.clock = clock
    this.random = seededRandom(seed, 7)
    this.#weather = { lost, twice, wayMs }
  }

  bus(): SimulatedBus {
    const bus = new SimulatedBus(this)
    this.endpoints.push(bus)
    return bus
  }

  after(ms: number, callback: () => void): Cancellable {
    return this.clock.at(this.clock.nowUs() + ms * 1000, callback)
  }

  /** Carries a message, if it is not lost. */
  carry(arrive: () => void): void {
    const { lost, twice, wayMs } = this.#weather
    if (this.random() < lost) return
    this.after(this.random() * wayMs, arrive)
    if (this.random() < twice) this.after(this.random() * wayMs * 5, arrive)
  }
}

export class SimulatedBus implements Bus {
  readonly #net: SimulatedNet
  readonly #subscriptions = new Set<Subscription>()
  #listeners: ((isConnected: boolean) => void)[] = []
  #ids = 0
  /** Whether its process still runs. */
  isAlive = true
  isConnected = true

  constructor(net: SimulatedNet) {
    this.#net = net
  }

  /** Cuts the connection, or restores it. */
  connect(isConnected: boolean): void {
    this.isConnected = isConnected
    for (const listener of this.#listeners) listener(isConnected)
  }

  ask(subject: string, payload: Uint8Array, options: AskOptions): Promise<Uint8Array> {
    const { timeoutMs, repeatMs = 500, onNoResponders, signal } = options
    return new Promise((resolve, reject) => {
      let isOver = false
      const timers: Cancellable[] = []
      const end = (settle: () => void): void => {
        if (isOver) return
        isOver = true
        for (const timer of timers) timer.cancel()
        signal?.removeEventListener('abort', aborted)
        settle()
      }
      const aborted = (): void => end(() => reject(new Error('aborted')))
      if (signal?.aborted === true) {
        aborted()
        return
      }
      signal?.addEventListener('abort', aborted, { once: true })
      const send = (): void => {
        if (isOver || !this.isAlive) return
        timers.push(this.#net.after(repeatMs, send))
        if (!this.isConnected) return
        const heard = this.#send(subject, payload, (answer) => end(() => resolve(answer)))
        if (!heard) this.#net.after(1, () => !isOver && onNoResponders?.())
      }
      timers.push(
        this.#net.after(timeoutMs, () =>
          end(() => reject(Object.assign(new Error('no answer'), { name: 'TimeoutError' }))),
        ),
      )
      send()
    })
  }

  askAll(
    subject: string,
    payload: Uint8Array,
    { stallMs, maxMs }: { stallMs: number; maxMs: number },
  ): Promise<Uint8Array[]> {
    const answers: Uint8Array[] = []
    this.#send(subject, payload, (answer) => answers.push(answer))
    return new Promise((resolve) => this.#net.after(Math.min(maxMs, stallMs), () => resolve(answers)))
  }

  answer(subject: string, answer: Subscription['answer']): { end(): void } {
    const pattern = subject.replaceAll('.', '\\.').replaceAll('*', '[^.]+')
    const subscription = { subject: new RegExp(`^${pattern}$`), answer }
    this.#subscriptions.add(subscription)
    return { end: () => this.#subscriptions.delete(subscription) }
  }

  onConnection(listener: (isConnected: boolean) => void): void {
    this.#listeners.push(listener)
  }

  newId(): string {
    return `id${this.#net.endpoints.indexOf(this)}n${this.#ids++}`
  }

  close(): Promise<void> {
    this.isAlive = false
    return Promise.resolve()
  }

  /** Returns whether anybody listens. */
  #send(subject: string, payload: Uint8Array, onAnswer: (answer: Uint8Array) => void): boolean {
    let isHeard = false
    for (const other of this.#net.endpoints) {
      if (!other.isAlive || !other.isConnected) continue
      for (const one of other.#subscriptions) {
        if (!one.subject.test(subject)) continue
        isHeard = true
        this.#net.carry(() => void this.#deliver(other, one, subject, payload, onAnswer))
      }
    }
    return isHeard
  }

  async #deliver(
    other: SimulatedBus,
    subscription: Subscription,
    subject: string,
    payload: Uint8Array,
    onAnswer: (answer: Uint8Array) => void,
  ): Promise<void> {
    if (!other.isAlive || !other.isConnected || !other.#subscriptions.has(subscription)) return
    const answer = await subscription.answer(payload, subject)
    this.#net.carry(() => {
      if (answer !== null && this.isAlive && this.isConnected && other.isConnected) onAnswer(answer)
    })
  }
}

/** A host: its monotonic clock stands elsewhere than that of others. */
class SimulatedTime implements Time {
  readonly #net: SimulatedNet
  readonly #bus: SimulatedBus
  readonly offsetUs: number

  constructor(net: SimulatedNet, bus: SimulatedBus, offsetUs: number) {
    this.#net = net
    this.#bus = bus
    this.offsetUs = offsetUs
  }

  readonly nowUs = (): number => this.#net.clock.nowUs() + this.offsetUs

  readonly every = (periodMs: number, callback: () => void): (() => void) => {
    let isOver = false
    const next = (): void => {
      this.#net.after(periodMs, () => {
        // With its process, its timers are gone.
        if (isOver || !this.#bus.isAlive) return
        callback()
        next()
      })
    }
    next()
    return () => (isOver = true)
  }

  readonly pause = (ms: number): Promise<void> => new Promise((resolve) => this.#net.after(ms, resolve))
}

/** Run time from an instant of the virtual clock on. */
class RunTime implements Clock {
  readonly #clock: VirtualClock
  zeroUs = Infinity

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  readonly nowUs = (): number => this.#clock.nowUs() - this.zeroUs

  alarm(callback: () => void): ReturnType<Clock['alarm']> {
    let appointment: Cancellable | null = null
    return {
      set: (atUs) => {
        appointment?.cancel()
        // To the millisecond of run time, whenever the run started.
        const delayMs = Math.max(1, Math.ceil((atUs - this.nowUs()) / 1000))
        appointment = this.#clock.at(this.#clock.nowUs() + delayMs * 1000, callback)
      },
      cancel: () => appointment?.cancel(),
    }
  }
}

/** The workers of an agent on the virtual clock, each as `worker/main.ts` carries its share. */
class SimulatedCrew implements AgentCrew {
  readonly ready = Promise.resolve()
  readonly finished: Promise<void>
  readonly #clock: VirtualClock
  readonly #time: SimulatedTime
  readonly #runTime: RunTime
  readonly #workers: { readonly recorder: Recorder; readonly load: Load }[] = []
  readonly #early: ((load: Load) => void)[] = []
  readonly #networks: SimulatedTransport[] = []
  #hasBegun = false
  isDead = false
  /** Whether nothing is sent any more. */
  isOver = false
  /** Whose orders it follows. */
  readonly coordinator: string | null

  constructor(
    agent: SimulatedAgent,
    plan: Plan,
    events: WorkforceEvents,
    { shares, tickets, lease }: Parameters<AgentParts['hire']>[3],
  ) {
    const { clock, time } = agent
    this.coordinator = agent.agent.card().coordinator
    this.#clock = clock
    this.#time = time
    const runTime = (this.#runTime = new RunTime(clock))
    const until = new Float64Array(lease)
    const gone = Array.from({ length: shares.count }, (_, i) => {
      const share = { index: shares.base + i, of: plan.workers }
      const recorder = new Recorder(share.index, STILL, (one) => !this.isDead && events.snapshot(one))
      const transport = new SimulatedTransport(clock, (sent) => agent.answer(sent))
      agent.networks.push(transport)
      this.#networks.push(transport)
      const load = new Load({
        ...{ plan, share, recorder, scenario: null, data: null, clock: runTime },
        secrets: new KnownSecrets(plan),
        transport: inRunTime(transport, runTime),
        transportOf: () => transport,
        turn: new Turn(runTime.nowUs, runTime.nowUs),
        tickets: ticketsOf({ plan, tickets }, (count) => queueMicrotask(() => events.exhausted(count))),
        hasLease: () => time.nowUs() < until[0]!,
      })
      this.#workers.push({ recorder, load })
      return load.drained.then(() => {
        if (this.isDead) return
        const endedUs = runTime.nowUs()
        events.snapshot(recorder.finish(endedUs))
        events.ended(share.index, {
          ...{ lastDoneS: recorder.lastDoneUs / 1e6, endedS: endedUs / 1e6, addresses: {} },
        })
      })
    })
    this.finished = Promise.all(gone).then(() => void (this.isOver = true))
  }

  /** When it sent its requests, on the virtual clock. */
  get sentUs(): number[] {
    return this.#networks.flatMap(({ sent }) => sent.map(({ atUs }) => atUs + this.#runTime.zeroUs))
  }

  start(atUs: number): void {
    this.#runTime.zeroUs = Math.round(atUs - this.#time.offsetUs)
    this.#clock.at(this.#runTime.zeroUs - 1000, () => {
      if (this.isDead) return
      this.#hasBegun = true
      for (const { recorder, load } of this.#workers) {
        recorder.begin()
        load.begin()
        for (const order of this.#early) order(load)
      }
    })
  }

  amend(amendment: Amendment): void {
    this.#order((load) => load.amend(amendment))
  }

  stop(loadEndS: number | null, gracefulStopS: number | null = null): void {
    this.#order((load) => load.stop(loadEndS, gracefulStopS))
  }

  slew(): void {
    // Clocks stand apart here, and none is faster.
  }

  dismiss(): Promise<void> {
    this.isDead = this.isOver = true
    for (const { load } of this.#workers) load.stop(0, 0)
    return Promise.resolve()
  }

  #order(order: (load: Load) => void): void {
    if (this.#hasBegun) for (const { load } of this.#workers) order(load)
    else this.#early.push(order)
  }
}

/** The transport's stamps in run time. */
function inRunTime(transport: SimulatedTransport, runTime: RunTime): SimulatedTransport {
  // It stamps by its clock, and only `nowUs` and `at` of that are used.
  const { clock } = transport
  Object.defineProperty(transport, 'clock', {
    value: {
      nowUs: runTime.nowUs,
      at: (atUs: number, callback: () => void) => clock.at(atUs + runTime.zeroUs, callback),
    },
  })
  return transport
}

export class SimulatedAgent {
  readonly clock: VirtualClock
  readonly bus: SimulatedBus
  readonly time: SimulatedTime
  readonly networks: SimulatedTransport[] = []
  readonly crews: SimulatedCrew[] = []
  readonly answer: (sent: Sent) => Answer
  readonly agent: Agent
  readonly log: string[] = []
  /** Whether it ever carried out two runs at once. */
  isInTwo = false

  constructor(
    net: SimulatedNet,
    name: string,
    workers: number,
    answer: (sent: Sent) => Answer,
    more: Partial<AgentParts> = {},
  ) {
    this.clock = net.clock
    this.bus = net.bus()
    this.answer = answer
    this.time = new SimulatedTime(net, this.bus, Math.floor(net.random() * 1e12))
    this.agent = new Agent({
      ...{ bus: this.bus, time: this.time, realm: 'test', name, labels: {}, version: '1', host: HOST },
      ...{ workers, spareDescriptors: null, soundPerS: null, link: 'loopback', isOnce: false },
      policy: { allowedHosts: null, maxPerS: null, maxUsers: null, acceptsScenarios: false },
      hire: (plan, _, events, how) => {
        const crew = new SimulatedCrew(this, plan, events, how)
        if (this.crews.some(({ isOver }) => !isOver)) this.isInTwo = true
        this.crews.push(crew)
        return crew
      },
      prepare: () => Promise.resolve([]),
      watch: () => ({ read: () => quietHost }),
      log: (text) => this.log.push(text),
      ...more,
    })
  }

  /** Its process ends at once. */
  kill(): void {
    this.bus.isAlive = false
    for (const crew of this.crews) void crew.dismiss()
  }

  /** How many requests it sent. */
  get sent(): number {
    return this.networks.reduce((n, { sent }) => n + sent.length, 0)
  }
}

/** The coordinator's process. */
export class SimulatedCoordinator {
  readonly #net: SimulatedNet
  readonly bus: SimulatedBus
  readonly time: SimulatedTime
  readonly parts: FleetParts

  constructor(net: SimulatedNet, more: Partial<FleetParts> = {}) {
    this.#net = net
    this.bus = net.bus()
    this.time = new SimulatedTime(net, this.bus, 5e9)
    this.parts = {
      ...{ bus: this.bus, time: this.time, realm: 'test', coordinator: 'the test', version: '1' },
      ...{ node: 'v20.0.0', wanted: 'all', where: {}, waitS: 10, leaseS: 5, endsWithAgent: false, seed: 1 },
      say: () => undefined,
      ...more,
    }
  }

  /** Gathers agents, carries out the plan with all their workers, and lets them go. */
  async run(plan: Plan, hooks: ConductHooks = {}): Promise<Report> {
    const fleet = await Fleet.gather(this.parts)
    try {
      return await conduct({ ...plan, workers: fleet.workers }, hooks, fleet.hire, this.host)
    } finally {
      await fleet.release()
    }
  }

  get host(): ConductingHost {
    const { time } = this
    return {
      nowUs: time.nowUs,
      wallMs: () => Date.UTC(2026, 0, 1) + this.#net.clock.nowUs() / 1000,
      every: time.every,
      heap: () => ({ usedBytes: 0, limitBytes: 100 }),
      watch: () => ({ read: () => quietHost }),
    }
  }
}

/** Lets virtual time pass until the promise settles, or so many seconds are over. */
export async function untilSettled<T>(clock: VirtualClock, promise: Promise<T>, mostS: number): Promise<T> {
  const state = { isSettled: false }
  const settled = (): void => void (state.isSettled = true)
  promise.then(settled, settled)
  const endUs = clock.nowUs() + mostS * 1e6
  while (!state.isSettled) {
    if (clock.nowUs() > endUs) throw new Error(`it did not end within ${mostS} s`)
    await clock.runTo(clock.nowUs() + 100_000)
    await new Promise(setImmediate)
  }
  return promise
}
