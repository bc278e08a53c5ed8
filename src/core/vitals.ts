/**
 * What the workers and the host say of themselves each second. A value the platform does not give is null
 * ("not available"), never zero.
 */

/** How a duration was spread over a second, in milliseconds. */
export interface Spread {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** One worker's second. Shares are of one core: 1 is a whole core for the whole second. */
export interface WorkerVitals {
  readonly worker: number
  /** Share of the second in which the event loop was not waiting for events. */
  readonly utilization: number
  /** How late the loop came to its timers; null when none was due. */
  readonly loopDelayMs: Spread | null
  /** How late iterations really started. */
  readonly lagMs: (Spread & { readonly mean: number }) | null
  /** How long on average a response can have waited for this worker; null when none came. */
  readonly waitedMs: number | null
  /** Time spent in garbage collection. */
  readonly gcMs: number
  /** Share of the second in which the thread was on a core. */
  readonly cpu: number | null
  /** Time in which the thread was ready to run and had to wait for a core. */
  readonly runQueueMs: number | null
  /** How often the thread was given a core in that second. */
  readonly runQueueSlices: number | null
  readonly heapBytes: number
}

/** One core's second, as shares of that second. */
export interface CoreVitals {
  readonly core: number
  readonly busy: number
  readonly iowait: number | null
  /** Taken by the hypervisor for other guests. */
  readonly steal: number | null
}

/** The host's second. */
export interface HostVitals {
  readonly cores: readonly CoreVitals[] | null
  readonly memoryTotalBytes: number
  readonly memoryAvailableBytes: number
  /** Time in which a CPU quota held this process back. */
  readonly throttledMs: number | null
}
