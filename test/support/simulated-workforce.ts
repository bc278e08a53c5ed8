/** A workforce without threads: the loads of all workers on one virtual clock, and a host that keeps its time. */
import type { Amendment } from '../../src/core/plan/amendment.ts'
import type { Plan } from '../../src/core/plan/plan.ts'
import { KnownSecrets } from '../../src/core/request/known-secrets.ts'
import type { ConductingHost } from '../../src/host/machine/this-host.ts'
import type { Hire, Workforce, WorkforceEvents } from '../../src/host/workforce.ts'
import { sharesOf, type Share } from '../../src/core/share.ts'
import { Load } from '../../src/worker/load.ts'
import { Recorder } from '../../src/worker/record/recorder.ts'
import { ownCounters } from '../../src/host/ticket-counters.ts'
import { ticketsOf } from '../../src/worker/schedule/tickets.ts'
import { Turn } from '../../src/worker/time/turn.ts'
import { STILL } from './simulation.ts'
import { SimulatedTransport, VirtualClock, type Answer, type Sent } from './virtual.ts'

/** When the virtual host's monotonic clock stands at the run's start instant. */
const START_US = 1e12
const WALL_MS = Date.UTC(2026, 0, 1)

export interface SimulatedWays {
  readonly answer?: (request: Sent) => Answer
  /** Run time at which a worker dies. */
  readonly diesAtS?: Readonly<Record<number, number>>
  /** Bytes in use of a heap of 100, at a run time. */
  readonly heapBytes?: (atS: number) => number
}

/** Virtual time for one run: its workforce and its host are made from it. Time stands still until the run starts. */
export class SimulatedRun {
  readonly clock = new VirtualClock(-20_000)
  readonly #ways: SimulatedWays
  /** Every order that the workforce was given, and when. */
  readonly orders: string[] = []
  isDismissed = false

  constructor(ways: SimulatedWays = {}) {
    this.#ways = ways
    this.clock.settle = () => new Promise((resolve) => setImmediate(resolve))
  }

  readonly hire: Hire = (plan, _, events) => new SimulatedWorkforce(this, plan, events, this.#ways)

  readonly host: ConductingHost = {
    nowUs: () => START_US + this.clock.nowUs(),
    wallMs: () => WALL_MS + this.clock.nowUs() / 1000,
    every: (periodMs, callback) => {
      let isOver = false
      const next = (): void => {
        this.clock.at(this.clock.nowUs() + periodMs * 1000, () => {
          if (isOver) return
          callback()
          next()
        })
      }
      next()
      return () => (isOver = true)
    },
    heap: () => ({ usedBytes: this.#ways.heapBytes?.(this.clock.nowUs() / 1e6) ?? 0, limitBytes: 100 }),
    watch: () => ({
      read: () => ({
        cores: null,
        memoryAvailableBytes: null,
        memoryTotalBytes: 1e9,
        throttledMs: null,
        pressure: null,
        sockets: null,
        descriptors: null,
        network: null,
      }),
    }),
  }
}

class SimulatedWorkforce implements Workforce {
  readonly ready = Promise.resolve()
  readonly finished: Promise<void>
  readonly #run: SimulatedRun
  readonly #workers: readonly SimulatedWorker[]

  constructor(run: SimulatedRun, plan: Plan, events: WorkforceEvents, ways: SimulatedWays) {
    this.#run = run
    const counters = ownCounters(plan)
    this.#workers = sharesOf(plan).map(
      (share) => new SimulatedWorker(run.clock, plan, share, counters, events, ways),
    )
    this.finished = Promise.all(this.#workers.map(({ gone }) => gone)).then(() => undefined)
  }

  start(atUs: number): void {
    this.#note('start', (atUs - START_US) / 1e6)
    queueMicrotask(() => void this.#pass())
  }

  amend(amendment: Amendment): void {
    this.#note('amend', amendment.atS)
    for (const worker of this.#workers) worker.order((load) => load.amend(amendment))
  }

  stop(loadEndS: number | null, gracefulStopS: number | null = null): void {
    this.#note('stop', loadEndS)
    for (const worker of this.#workers) worker.order((load) => load.stop(loadEndS, gracefulStopS))
  }

  dismiss(): Promise<void> {
    this.#run.isDismissed = true
    return Promise.resolve()
  }

  /** Lets time pass until nobody is at work any more. */
  async #pass(): Promise<void> {
    const { clock } = this.#run
    while (this.#workers.some(({ isGone }) => !isGone)) await clock.runTo(clock.nowUs() + 50_000)
  }

  #note(order: string, atS: number | null): void {
    this.#run.orders.push(`${order} ${atS === null ? 'when done' : atS.toFixed(3)}`)
  }
}

/** One worker's share of the load, as `worker/main.ts` carries it, with everything but the thread. */
class SimulatedWorker {
  /** Resolves when it has drained or died. */
  readonly gone: Promise<void>
  isGone = false
  readonly #load: Load
  #hasBegun = false
  #isDead = false
  readonly #early: ((load: Load) => void)[] = []

  constructor(
    clock: VirtualClock,
    plan: Plan,
    share: Share,
    counters: SharedArrayBuffer | null,
    events: WorkforceEvents,
    { answer = () => ({ afterUs: 5000 }), diesAtS = {} }: SimulatedWays,
  ) {
    const { index } = share
    const recorder = new Recorder(index, STILL, (snapshot) => {
      if (!this.#isDead) events.snapshot(snapshot)
    })
    this.#load = new Load({
      plan,
      secrets: new KnownSecrets(plan),
      scenario: null,
      data: null,
      share,
      clock,
      transport: new SimulatedTransport(clock, answer),
      transportOf: () => new SimulatedTransport(clock, answer),
      recorder,
      turn: new Turn(clock.nowUs, clock.nowUs),
      // A message takes its time.
      tickets: ticketsOf({ plan, tickets: counters }, (count) =>
        queueMicrotask(() => events.exhausted(count)),
      ),
    })
    const drained = this.#load.drained.then(() => {
      if (this.#isDead) return
      const endedUs = clock.nowUs()
      const last = recorder.finish(endedUs)
      events.snapshot(last)
      events.ended(index, {
        lastDoneS: recorder.lastDoneUs / 1e6,
        endedS: endedUs / 1e6,
        addresses: {},
      })
    })
    const death = new Promise<void>((resolve) => {
      const atS = diesAtS[index]
      if (atS === undefined) return
      clock.at(atS * 1e6, () => {
        this.#isDead = true
        events.lost(index, 'so the test wants it')
        resolve()
      })
    })
    this.gone = Promise.race([drained, death]).then(() => {
      this.isGone = true
    })
    // A worker wakes a moment before the start instant.
    clock.at(-1000, () => {
      this.#hasBegun = true
      recorder.begin()
      this.#load.begin()
      for (const order of this.#early) order(this.#load)
    })
  }

  /** What comes early is kept until it has begun. */
  order(order: (load: Load) => void): void {
    if (this.#hasBegun) order(this.#load)
    else this.#early.push(order)
  }
}
