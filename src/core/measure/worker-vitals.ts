/**
 * Vitals of the workers and the host for each second. A value that the platform does not provide is null
 * ("not available"), never zero.
 */

/** The distribution of a duration over a second, in milliseconds. */
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
  /** Delay of the event loop's timers; `null` if none was due. */
  readonly loopDelayMs: Spread | null
  /** Delay of iteration starts. */
  readonly lagMs: (Spread & { readonly mean: number }) | null
  /** How much of the delays was made up by shorter waits, per iteration that started; `null` if none started. */
  readonly repaidMs: number | null
  /** Mean upper bound on how long a response waited for this worker; `null` without responses. */
  readonly waitedMs: number | null
  /** The distribution of that bound over the responses. */
  readonly waitSpreadMs: Spread | null
  /** Turns of the loop in which the network brought something, and the most completions and connection steps in one. */
  readonly turns: number
  readonly mostPerTurn: number
  /** Time spent in garbage collection, and the longest single pause. */
  readonly gcMs: number
  readonly gcMaxMs: number
  /** Share of the second in which the thread was on a core. */
  readonly cpu: number | null
  /** Time in which the thread was ready to run and had to wait for a core. */
  readonly runQueueMs: number | null
  /** Number of times the thread was scheduled on a core in the second. */
  readonly runQueueSlices: number | null
  /** Time in which the thread neither slept by its own choice, nor ran, nor waited for a core: the process was stopped, or its machine. */
  readonly awayMs: number | null
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

/** Share of a second in which some task on this host waited for a core, for memory, for a disk. */
export interface Pressure {
  readonly cpu: number | null
  readonly memory: number | null
  readonly io: number | null
}

/** TCP sockets of this network namespace. */
export interface SocketVitals {
  readonly inUse: number
  /** Closed ones that keep their port for a minute. */
  readonly timeWait: number
  /** Local ports that no socket of this host holds; those in use for one peer can still serve another. */
  readonly portsLeft: number | null
}

/** Segments that the network stack of this host sent again, and connections that it turned away, in the second. */
export interface NetworkVitals {
  readonly retransmits: number
  /**
   * Those of them whose original had arrived: duplicates that the other end reported (DSACK, RFC 2883), and tail loss
   * probes (RFC 8985) that repaired nothing. `null` if the kernel does not count them.
   */
  readonly spuriousRetransmits: number | null
  /** Connections that found the accept queue of a listening socket here full, and all that such a socket turned away. */
  readonly listenOverflows: number | null
  readonly listenDrops: number | null
}

/** The host's second. */
export interface HostVitals {
  readonly cores: readonly CoreVitals[] | null
  readonly memoryTotalBytes: number
  readonly memoryAvailableBytes: number | null
  /** Time in which a CPU quota held this process back. */
  readonly throttledMs: number | null
  readonly pressure: Pressure | null
  readonly sockets: SocketVitals | null
  /** Files this process has open, and may have. */
  readonly descriptors: { readonly open: number; readonly limit: number | null } | null
  readonly network: NetworkVitals | null
}

/** Vitals of the server for a second, from its exporter. Rates are per second of the span between two readings. */
export interface TargetVitals {
  readonly cores: readonly CoreVitals[]
  readonly memoryTotalBytes: number | null
  readonly memoryAvailableBytes: number | null
  readonly load1: number | null
  readonly bytesInPerS: number | null
  readonly bytesOutPerS: number | null
  readonly contextSwitchesPerS: number | null
}
