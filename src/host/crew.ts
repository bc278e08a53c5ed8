/**
 * The crew: one worker thread for each share of the run. The only importer of piscina, which starts the threads, hands
 * each its one long task and cleans up; all that goes on meanwhile goes over a message port of each worker.
 *
 * Stopping is a message, as piscina's abort signal kills the thread and its samples with it. A dead thread is replaced
 * by piscina, but a run never uses the replacement: half a second of a new user's life is no substitute.
 */
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { Amendment } from '../core/plan/amendment.ts'
import type { Plan } from '../core/plan/plan.ts'
import { threadName } from '../core/plan/witness.ts'
import { ringMemory, RowReader } from '../core/measure/request-rows.ts'
import { sharesOf } from '../core/share.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import type { Assignment, Drained, FromWorker, ToWorker } from '../protocol.ts'
import { Overdue, type Watched } from './overdue.ts'
import { ownCounters } from './ticket-counters.ts'
import type { HireHere, Workforce, WorkforceEvents } from './workforce.ts'

export interface CrewOptions {
  /** The worker's module, as a file URL. */
  readonly filename?: string
  /** Limits each worker's heap, in MB. */
  readonly heapMb?: number
  /** Whether every step of users' tasks is reported. */
  readonly isWatched?: boolean
  /** The first of the plan's shares that the crew carries, and how many, in a plan without a witness; all if left out. */
  readonly shares?: { readonly base: number; readonly count: number }
  /** Counters of tickets that are granted from elsewhere; counters of the crew's own if left out. */
  readonly tickets?: SharedArrayBuffer
  /** See `Assignment`. */
  readonly lease?: SharedArrayBuffer
}

/** Hires worker threads of this process. */
export const hireCrew =
  (options: CrewOptions = {}): HireHere =>
  (plan, feeders, events, data = [], replay = null) =>
    new Crew(plan, { feeders, data, replay }, events, options)

/** Files that are open at most while the workers load their modules and warm up, measured and rounded up. */
const filesToStart = (threads: number): number => 100 + 200 * threads
const WORKER = new URL('../worker/main.js', import.meta.url).href

export class Crew implements Workforce {
  readonly #pool: Piscina
  readonly #events: WorkforceEvents
  readonly #hands: readonly Hand[]
  readonly #overdue: Overdue
  /** Workers that will never start anything again: those without users, and those that died. */
  readonly #idle = new Set<Hand>()
  #amendments = 0
  /** Whether it was reported that nothing under way will ever end. */
  #isStuck = false
  readonly ready: Promise<void>
  readonly finished: Promise<void>

  constructor(
    plan: Plan,
    supplies: Pick<Assignment, 'feeders' | 'data' | 'replay'>,
    events: WorkforceEvents,
    options: CrewOptions = {},
  ) {
    const { filename = WORKER, isWatched = false, lease = null } = options
    const { wantsSpans: makesSpans = true } = events
    this.#events = events
    const shares =
      options.shares === undefined
        ? sharesOf(plan)
        : Array.from({ length: options.shares.count }, (_, i) => ({
            index: options.shares!.base + i,
            of: plan.workers,
          }))
    this.#pool = poolOf(shares.length, options.heapMb)
    const tickets = options.tickets ?? ownCounters(plan)
    this.#hands = shares.map((share) => {
      const rows = plan.sampleRequests === null ? null : ringMemory()
      const assignment = { plan, share, tickets, lease, ...supplies, rows, makesSpans, isWatched }
      return new Hand(this.#pool, filename, assignment, shares.length, this.#receive)
    })
    this.#overdue = new Overdue(plan)
    this.#overdue.watch(this.#hands)
    this.ready = Promise.all(this.#hands.map(({ ready }) => ready)).then(() => undefined)
    this.finished = Promise.all(this.#hands.map((hand) => this.#untilGone(hand))).then(() => undefined)
  }

  start(atUs: number): void {
    this.#overdue.started()
    this.#order({ type: 'start', atUs })
  }

  stop(loadEndS: number | null, gracefulStopS: number | null = null): void {
    if (loadEndS !== null) this.#overdue.stopped(loadEndS, gracefulStopS)
    this.#order({ type: 'stop', loadEndS, gracefulStopS })
  }

  /** A worker without users may have some again; it reports anew if it has none. */
  amend(amendment: Amendment): void {
    this.#amendments++
    for (const hand of this.#idle) if (!hand.isLost) this.#idle.delete(hand)
    if ('durationS' in amendment) this.#overdue.extended(amendment.durationS)
    this.#order({ type: 'amend', amendment })
  }

  /** Lets the clock of the run go faster than this host's by this many millionths, from now on. */
  slew(ppm: number): void {
    this.#order({ type: 'slew', ppm })
  }

  async dismiss(): Promise<void> {
    this.#overdue.close()
    for (const { port } of this.#hands) port.close()
    await this.#pool.destroy()
  }

  #order(order: ToWorker): void {
    for (const { port } of this.#hands) port.postMessage(order)
  }

  readonly #receive = (hand: Hand, message: WorkerReport): void => {
    this.#overdue.heard(hand)
    switch (message.type) {
      case 'snapshot':
        this.#events.snapshot(message.snapshot)
        break
      case 'recorded':
        hand.rows!.handed(message.rows)
        this.#events.recorded?.(hand.rows!)
        break
      case 'warned':
        this.#events.warned?.(message.text)
        break
      case 'exhausted':
        this.#events.exhausted(message.count)
        break
      case 'stopRun':
        this.#events.stopRun(message.reason)
        break
      case 'logged':
        this.#events.logged?.(message.entries)
        break
      case 'stuck':
        hand.isStuck = message.isStuck
        if (!message.isStuck && this.#isStuck) this.#events.stuck((this.#isStuck = false))
        this.#lookForUsers()
        break
      case 'leaseOver':
        this.#events.leaseOver?.()
        break
      case 'nearHeapLimit':
        this.#events.nearHeapLimit(hand.index, message.heap)
        break
      case 'watched':
        this.#events.watched?.(message.step)
        break
      case 'deserted':
        // A later amendment, which the worker did not know of, may give it users again.
        if (message.amendments === this.#amendments) this.#withoutUsers(hand)
    }
  }

  #untilGone(hand: Hand): Promise<void> {
    return hand.drained.then(
      (drained) => {
        this.#overdue.gone(hand)
        this.#events.snapshot(drained.last)
        this.#events.ended(hand.index, drained)
      },
      (error: unknown) => {
        this.#overdue.gone(hand)
        hand.isLost = true
        this.#events.lost(hand.index, messageOf(error))
        this.#withoutUsers(hand)
      },
    )
  }

  #withoutUsers(hand: Hand): void {
    this.#idle.add(hand)
    this.#lookForUsers()
  }

  #lookForUsers(): void {
    if (this.#hands.some((hand) => !hand.isStuck && !this.#idle.has(hand))) return
    if (this.#idle.size === this.#hands.length) this.#events.deserted()
    else this.#events.stuck((this.#isStuck = true))
  }
}

/** What a worker reports while it works. */
type WorkerReport = Exclude<FromWorker, { readonly type: 'ready' }>

/** One worker of the crew, at the other end of a message port. */
class Hand implements Watched {
  readonly index: number
  readonly port: MessagePort
  /** Its records of requests; `null` if none is recorded. */
  readonly rows: RowReader | null
  /** Resolves when the worker is ready to start; rejects with a CorerushError if it cannot get ready. */
  readonly ready: Promise<void>
  /** Resolves when the worker has drained, and rejects if it died; all it reported before has been received by then. */
  readonly drained: Promise<Drained>
  /** Why its thread was ended; `null` if it was not. */
  #endedFor: Error | null = null
  /** Whether it died. */
  isLost = false
  /** Whether nothing that it has under way will ever end. */
  isStuck = false
  readonly #receive: (hand: Hand, report: WorkerReport) => void
  /** Aborting it ends the thread, and with it what it has not reported yet. */
  readonly #ender = new AbortController()
  #onReady = (): void => undefined

  constructor(
    pool: Piscina,
    filename: string,
    assignment: Assignment,
    workers: number,
    receive: (hand: Hand, report: WorkerReport) => void,
  ) {
    const { port1: port, port2: theirs } = new MessageChannel()
    this.index = assignment.share.index
    this.port = port
    this.rows = assignment.rows === null ? null : new RowReader(this.index, assignment.rows)
    this.#receive = receive
    // The module is named here and not when the pool is made, so that a replacement thread does not load it.
    const task = pool.run(
      { assignment, port: theirs },
      { filename, transferList: [theirs], signal: this.#ender.signal },
    ) as Promise<Drained>
    port.on('message', this.#onMessage)
    // The result of a task can overtake what was posted before it.
    this.drained = task
      .catch((error: unknown) => {
        throw this.#endedFor ?? error
      })
      .finally(() => receiveAll(port, this.#onMessage))
    const saysReady = new Promise<void>((resolve) => (this.#onReady = resolve))
    this.ready = Promise.race([
      saysReady,
      this.drained.then(() => undefined, couldNotStart(assignment, workers)),
    ])
  }

  end(reason: string): void {
    this.#endedFor = new Error(reason)
    this.#ender.abort()
  }

  readonly #onMessage = (message: FromWorker): void => {
    if (message.type === 'ready') this.#onReady()
    else this.#receive(this, message)
  }
}

/** Receives what has been posted to the port and not been received yet. */
function receiveAll(port: MessagePort, onMessage: (message: FromWorker) => void): void {
  for (let left = receiveMessageOnPort(port); left !== undefined; left = receiveMessageOnPort(port))
    onMessage(left.message as FromWorker)
}

const couldNotStart =
  ({ plan, share }: Assignment, threads: number) =>
  (error: unknown): never => {
    const message = messageOf(error)
    throw new CorerushError('CORERUSH_CREW', `${threadName(plan, share.index)} could not start: ${message}`, {
      exitCode: EXIT.unexpected,
      cause: error,
      ...(/\bEMFILE\b/.test(message) ? { hint: `ulimit -n ${filesToStart(threads)}` } : {}),
    })
  }

function poolOf(threads: number, heapMb: number | undefined): Piscina {
  const pool = new Piscina({
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    // By default a thread between tasks is parked in Atomics.wait, and its event loop with it.
    atomics: 'disabled',
    recordTiming: false,
    ...(heapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
  })
  // A replacement thread that fails without a task is no loss.
  pool.on('error', () => undefined)
  return pool
}
