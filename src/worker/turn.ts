/**
 * How long a response can have waited for this thread before it was seen.
 *
 * A response that is being read now arrived after the event loop last asked the kernel for events, and it did not wait
 * while the loop was asleep, for its arrival would have ended the sleep. So its wait is at most the shorter of two
 * spans: since the poll before this one returned, and since the loop last woke. Both are known within some µs: the
 * first thing that the network brings in a turn marks its poll, and the loop's idle time grows exactly while it sleeps.
 * A request that made a connection has waited so at each step of it.
 *
 * What this cannot see is the time in which the thread was ready and had no core; the kernel's run-queue time adds it.
 */
import { performance } from 'node:perf_hooks'

/** Below this, a change of the idle counter is rounding and no sleep. */
const SLEPT_US = 1

export class Turn {
  readonly #nowUs: () => number
  readonly #idleUs: () => number
  #checkedUs = 0
  #checkedIdleUs = 0
  /** The earliest instant since which the loop can have been busy without a break. */
  #busySinceUs = 0
  #pollUs = 0
  #lastPollUs = 0
  #isOpen = false
  /** Called at the end of each turn in which the network brought something. */
  onEnd: ((nowUs: number) => void) | null = null
  readonly #end = (): void => {
    const nowUs = this.#nowUs()
    this.#isOpen = false
    this.touch(nowUs)
    this.onEnd?.(nowUs)
  }

  /** `nowUs` reads the run's clock, `idleUs` the loop's total idle time, in µs. */
  constructor(nowUs: () => number, idleUs: () => number = loopIdleUs) {
    this.#nowUs = nowUs
    this.#idleUs = idleUs
    this.#checkedIdleUs = idleUs()
  }

  /**
   * Something runs in the loop now, or has just been run: every call sharpens the bound for what comes after it,
   * above all one at the end of some work, since what runs after the last call counts as if it came after the sleep.
   */
  touch(nowUs: number): void {
    const idleUs = this.#idleUs()
    const sleptUs = idleUs - this.#checkedIdleUs
    if (sleptUs > SLEPT_US) this.#busySinceUs = Math.min(nowUs, this.#checkedUs + sleptUs)
    this.#checkedUs = nowUs
    this.#checkedIdleUs = idleUs
  }

  /** The network brought something: the first such call of a turn marks its poll. */
  poll(nowUs: number): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.touch(nowUs)
    this.#lastPollUs = this.#pollUs
    this.#pollUs = nowUs
    setImmediate(this.#end)
  }

  /** The longest that what the network brings now can have waited for this thread, in µs. */
  waitedUs(nowUs: number): number {
    this.poll(nowUs)
    return Math.max(0, nowUs - Math.max(this.#busySinceUs, this.#lastPollUs))
  }
}

/** What `eventLoopUtilization().idle` reads, at less than half the cost. */
const { nodeTiming } = performance
const loopIdleUs = (): number => nodeTiming.idleTime * 1000
