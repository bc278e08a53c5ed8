/**
 * The crew: one worker thread for each share of the run. The only importer of piscina, which starts the threads, hands
 * each its one long task and cleans up; all that goes on meanwhile goes over a message port of each worker.
 *
 * Stopping is a message, for piscina's abort signal kills the thread and its samples with it. A dead thread is
 * replaced by piscina, but a run never uses the replacement: half a second of a new user's life is no substitute.
 */
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { Amendment } from '../core/plan/amendment.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { Snapshot } from '../core/measure/second.ts'
import type { Step } from '../core/request/transcript.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import type { Assignment, Drained, FeederRows, FromWorker, ToWorker } from '../protocol.ts'

/** Told what the workers do. `ended` and `lost` come once for each worker, after its last snapshot. */
export interface CrewListener {
  snapshot(snapshot: Snapshot): void
  /** All tickets of the count are taken. */
  exhausted(count: 'requests' | 'iterations'): void
  /** A task asks for the end of the load; it can ask more than once. */
  stopRun(reason: string | null): void
  /** No user is left that will ever do anything again. */
  deserted(): void
  /** A step of a user's task, where they are watched. */
  watched?(step: Step): void
  ended(worker: number, drained: Drained): void
  lost(worker: number, message: string): void
}

export interface CrewOptions {
  /** The worker's module, as a file URL. */
  readonly filename?: string
  /** Limits each worker's heap, in MB. */
  readonly heapMb?: number
  /** What the scenario's feeders have. */
  readonly feeders?: readonly FeederRows[]
  /** Tells every step of users' tasks. */
  readonly isWatched?: boolean
}

/** Files that are open at most while the workers load their modules and warm up, measured and rounded up. */
const filesToStart = ({ workers }: Plan): number => 100 + 200 * workers
/** Iterations taken, requests taken. */
const COUNTERS = 2
const WORKER = new URL('../worker/main.js', import.meta.url).href

export class Crew {
  readonly #pool: Piscina
  readonly #ports: MessagePort[] = []
  /** Workers that will never start anything again: those without users, and those that are gone. */
  readonly #idle = new Set<number>()
  readonly #lost = new Set<number>()
  #amendments = 0
  /** Resolves when every worker is ready to start; rejects when one cannot get ready. */
  readonly ready: Promise<void>
  /** Resolves when no worker is left at work. */
  readonly finished: Promise<void>

  constructor(
    plan: Plan,
    listener: CrewListener,
    { filename = WORKER, heapMb, feeders = [], isWatched = false }: CrewOptions = {},
  ) {
    this.#pool = new Piscina({
      minThreads: plan.workers,
      maxThreads: plan.workers,
      concurrentTasksPerWorker: 1,
      // By default a thread between tasks is parked in Atomics.wait, and its event loop with it.
      atomics: 'disabled',
      recordTiming: false,
      ...(heapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
    })
    // A replacement thread that fails without a task is nobody's loss.
    this.#pool.on('error', () => undefined)
    const tickets =
      plan.requests === null && plan.iterations === null
        ? null
        : new SharedArrayBuffer(COUNTERS * Int32Array.BYTES_PER_ELEMENT)
    const ready: Promise<void>[] = []
    const finished: Promise<void>[] = []
    for (let index = 0; index < plan.workers; index++) {
      const assignment: Assignment = { plan, share: { index, of: plan.workers }, tickets, feeders, isWatched }
      const hired = this.#hire(assignment, filename, listener)
      ready.push(hired.ready)
      finished.push(hired.finished)
    }
    this.ready = Promise.all(ready).then(() => undefined)
    this.finished = Promise.all(finished).then(() => undefined)
  }

  start(atUs: number): void {
    this.#tell({ type: 'start', atUs })
  }

  /** See `ToWorker`. */
  stop(loadEndS: number | null): void {
    this.#tell({ type: 'stop', loadEndS })
  }

  /** See `ToWorker`. A worker without users may have some again, and says it anew if it has not. */
  amend(amendment: Amendment): void {
    this.#amendments++
    for (const index of this.#idle) if (!this.#lost.has(index)) this.#idle.delete(index)
    this.#tell({ type: 'amend', amendment })
  }

  /** Ends all threads. */
  async dismiss(): Promise<void> {
    for (const port of this.#ports) port.close()
    await this.#pool.destroy()
  }

  #tell(order: ToWorker): void {
    for (const port of this.#ports) port.postMessage(order)
  }

  /** A worker will never start anything again. */
  #withoutUsers(index: number, listener: CrewListener): void {
    this.#idle.add(index)
    if (this.#idle.size === this.#ports.length) listener.deserted()
  }

  #hire(
    assignment: Assignment,
    filename: string,
    listener: CrewListener,
  ): { ready: Promise<void>; finished: Promise<void> } {
    const { index } = assignment.share
    const { port1: port, port2: theirs } = new MessageChannel()
    this.#ports.push(port)
    let setReady: () => void
    let failReady: (error: Error) => void
    const ready = new Promise<void>((resolve, reject) => ([setReady, failReady] = [resolve, reject]))
    const receive = (message: FromWorker): void => {
      if (message.type === 'ready') setReady()
      else if (message.type === 'exhausted') listener.exhausted(message.count)
      else if (message.type === 'stopRun') listener.stopRun(message.reason)
      else if (message.type === 'watched') listener.watched?.(message.step)
      else if (message.type === 'deserted') {
        if (message.amendments === this.#amendments) this.#withoutUsers(index, listener)
      } else listener.snapshot(message.snapshot)
    }
    port.on('message', receive)
    // The result of a task can overtake what was posted before it.
    const drainPort = (): void => {
      for (let left = receiveMessageOnPort(port); left !== undefined; left = receiveMessageOnPort(port))
        receive(left.message as FromWorker)
    }
    // The module is named here and not when the pool is made, so that a replacement thread does not load it.
    const task = this.#pool.run(
      { assignment, port: theirs },
      { filename, transferList: [theirs] },
    ) as Promise<Drained>
    const finished = task.then(
      (drained) => {
        drainPort()
        listener.snapshot(drained.last)
        listener.ended(index, drained)
      },
      (error: unknown) => {
        drainPort()
        const hint = /\bEMFILE\b/.test(messageOf(error)) ? `ulimit -n ${filesToStart(assignment.plan)}` : null
        failReady(
          new CorerushError('CORERUSH_CREW', `worker ${index} could not start: ${messageOf(error)}`, {
            exitCode: EXIT.unexpected,
            cause: error,
            ...(hint === null ? {} : { hint }),
          }),
        )
        listener.lost(index, messageOf(error))
        this.#lost.add(index)
        this.#withoutUsers(index, listener)
      },
    )
    return { ready, finished }
  }
}
