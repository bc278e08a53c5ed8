/**
 * How long a response can have waited for this thread before it was seen.
 *
 * A response that is being read now arrived after the event loop last asked the kernel for events, and it did not wait
 * while the loop was asleep, for its arrival would have ended the sleep. So its wait is at most the shorter of two
 * spans: since the poll before this one returned, and since the loop last woke. Both are known within some µs: the
 * first thing that the network brings in a turn marks its poll, and the loop's idle time grows exactly while it sleeps.
 * A request that made a connection has waited so at each step of it.
 *
 * Two things look like sleep to the loop and are none. A thread that was woken and got no core: the kernel counts that
 * time, and it is taken off the sleep. And a process that was stopped, or a machine that was: such a loop sleeps on
 * past its alarm, so of a sleep that did, nothing is believed.
 */
import { performance } from 'node:perf_hooks'

/** Below this, a change of the idle counter is rounding and no sleep. */
const SLEPT_US = 1
/**
 * The kernel's count is read at most this often: more would cost more than 1 % of a core. Of a loop that does not sleep
 * it is read less often, only so that a later waking is not charged with what came long before it.
 */
const QUEUE_READ_US = 100
const BUSY_QUEUE_READ_US = 1000
/** The platform's timers come up to 2 ms late; a loop that sleeps on for longer was held. */
const HELD_US = 4000

/** What the turns of a span were like. */
export interface TurnCounts {
  /** Turns in which the network brought something. */
  readonly turns: number
  /** The most that it brought in one of them: events that waited for each other. */
  readonly most: number
  /** How long the loop slept on past its alarms. */
  readonly heldUs: number
}

/** A request on its way out: stamped as sent, and what of its latency this thread owns. */
export interface Sent {
  readonly sentUs: number
  ownUs: number
}

export class Turn {
  readonly #nowUs: () => number
  readonly #idleUs: () => number
  readonly #queueUs: () => number
  #queueReadAtUs = -Infinity
  #queuedUs: number
  #turns = 0
  #inTurn = 0
  #most = 0
  #heldUs = 0
  /** Whether the loop was held, and what came meanwhile is not read yet. Until then the platform counts as idle what it works. */
  #isHeld = false
  #written: Sent | null = null
  /** When the loop is to wake at the latest, whatever the network does. */
  alarmUs = Infinity
  #checkedUs = 0
  #checkedIdleUs = 0
  /** Whether the loop slept before it was last looked at. */
  #hasSlept = false
  /** The earliest instant since which the loop can have been busy without a break. */
  #busySinceUs = 0
  #pollUs = 0
  #lastPollUs = 0
  /** When the loop had last turned, since the network last brought something. */
  #turnedUs: number | null = null
  #isOpen = false
  /** Called at the end of each turn in which the network brought something. */
  onEnd: ((nowUs: number) => void) | null = null
  readonly #end = (): void => {
    const nowUs = this.#nowUs()
    this.#isOpen = this.#isHeld = false
    this.#turnedUs = null
    this.worked(nowUs)
    this.onEnd?.(nowUs)
  }

  /**
   * `nowUs` reads the run's clock, `idleUs` the loop's total idle time, `queueUs` the total time in which the thread
   * was ready and had no core, in µs; it stays 0 where the platform does not report it.
   */
  constructor(nowUs: () => number, idleUs: () => number = loopIdleUs, queueUs: () => number = () => 0) {
    this.#nowUs = nowUs
    this.#idleUs = idleUs
    this.#queueUs = queueUs
    this.#checkedIdleUs = idleUs()
    this.#queuedUs = queueUs()
  }

  /** What the turns since the last call were like. */
  take(): TurnCounts {
    const counts = {
      turns: this.#turns,
      most: Math.max(this.#most, this.#inTurn),
      heldUs: this.#heldUs,
    }
    this.#turns = this.#most = this.#heldUs = 0
    return counts
  }

  /** Something runs in the loop now: every call sharpens the bound for what comes after it. */
  touch(nowUs: number): void {
    const idleUs = this.#idleUs()
    const sleptUs = Math.max(0, idleUs - this.#checkedIdleUs)
    if (this.#written !== null) this.#isOut(nowUs - sleptUs)
    this.#hasSlept = sleptUs > SLEPT_US
    if (this.#hasSlept && !this.#isHeld) this.#busySinceUs = this.#wokeUs(nowUs, sleptUs)
    else this.#queuedSince(nowUs, BUSY_QUEUE_READ_US)
    this.#checkedUs = nowUs
    this.#checkedIdleUs = idleUs
  }

  /**
   * Something has been run in the loop since the last look at it, and nothing else. What runs after the last such call
   * counts as if it came after the sleep.
   */
  worked(nowUs: number): void {
    if (this.#written !== null) this.#isOut(nowUs)
    this.#queuedSince(nowUs, BUSY_QUEUE_READ_US)
    this.#checkedUs = nowUs
    this.#checkedIdleUs = this.#idleUs()
  }

  /**
   * A request is stamped as sent and is about to be written. Nothing reports when the kernel has it, and the thread can
   * lose its core in between: it has it when the next one is stamped, or when the loop sleeps, at the latest.
   */
  sent(request: Sent): void {
    if (this.#written !== null) this.#isOut(request.sentUs)
    this.#written = request
  }

  #isOut(byUs: number): void {
    const request = this.#written!
    this.#written = null
    request.ownUs += Math.max(0, byUs - request.sentUs)
  }

  /** When the sleep that ends now was over, at the earliest. */
  #wokeUs(nowUs: number, sleptUs: number): number {
    const queuedUs = this.#queuedSince(nowUs, QUEUE_READ_US)
    const wokeUs = Math.min(nowUs, this.#checkedUs + Math.max(0, sleptUs - queuedUs))
    const heldUs = wokeUs - this.alarmUs
    if (heldUs < HELD_US) return wokeUs
    // The loop may have been held since the last look at it.
    this.#heldUs += heldUs
    this.#isHeld = true
    return this.#checkedUs
  }

  /** How long the thread waited for a core since this was last looked at; 0 when that is less than `afterUs` ago. */
  #queuedSince(nowUs: number, afterUs: number): number {
    if (nowUs - this.#queueReadAtUs < afterUs) return 0
    const beforeUs = this.#queuedUs
    this.#queueReadAtUs = nowUs
    this.#queuedUs = this.#queueUs()
    return this.#queuedUs - beforeUs
  }

  /**
   * The loop has turned. `hasPolled`: it has looked at the network since the last such call, for sure. Timers run
   * after the immediates of the same turn, so one that rings has no poll of its own, unless the loop slept for it.
   */
  turned(nowUs: number, hasPolled: boolean): void {
    const beforeUs = this.#turnedUs
    this.touch(nowUs)
    if (this.#isOpen) return
    if (this.#hasSlept) this.#pollUs = this.#busySinceUs
    else if (hasPolled && beforeUs !== null) this.#pollUs = beforeUs
    this.#turnedUs = nowUs
  }

  /** The network brought something: the first such call of a turn marks its poll. */
  poll(nowUs: number): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#turns++
    if (this.#inTurn > this.#most) this.#most = this.#inTurn
    this.#inTurn = 0
    const checkedUs = this.#checkedUs
    this.touch(nowUs)
    this.#lastPollUs = this.#pollUs
    // The kernel gathered what it returns before the thread lost its core, or was stopped: when the sleep ended, or as
    // soon as the loop had done its work.
    this.#pollUs = this.#hasSlept ? this.#busySinceUs : checkedUs
    setImmediate(this.#end)
  }

  /** The longest that what the network brings now can have waited for this thread, in µs. */
  waitedUs(nowUs: number): number {
    const boundUs = this.boundUs(nowUs)
    this.#inTurn++
    return boundUs
  }

  /** The same of what has been counted already. */
  boundUs(nowUs: number): number {
    this.poll(nowUs)
    return Math.max(0, nowUs - Math.max(this.#busySinceUs, this.#lastPollUs))
  }
}

/** What `eventLoopUtilization().idle` reads, at less than half the cost. */
const { nodeTiming } = performance
export const loopIdleUs = (): number => nodeTiming.idleTime * 1000
