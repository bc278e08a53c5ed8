/**
 * The limits of the rules, in one place. They are chosen from the calibration (`npm run bench:verdict`; the table is in
 * bench/README.md): no run called sound that is not, and as few called suspect or void that are true.
 */

/** What the definition of sound allows a percentile to be off by: the larger of the two. */
export const ALLOWED_MS = 1
export const ALLOWED_RATIO = 0.05

/** The way through the kernel and back, which no clock includes, and the slots of a histogram at both ends of a bound. */
export const KERNEL_MS = 0.2
export const ROUNDING_RATIO = 0.002

/** A worker that wants more than this share of a core is saturated: responses queue for its loop. */
export const SATURATED = 0.95
/** Above this share, queueing for the loop is felt in the percentiles. */
export const BUSY = 0.8
/** The share of a core that a plan with room to spare leaves its workers: what advice aims at. */
export const COMFORTABLE = 0.7

/** How much of a user's cycle, or of a second of arrivals, the generator's own delays may take before the pace is missed. */
export const PACE_MISSED = 0.05
export const PACE_LATE = 0.01
/** A mean delay of this many ms is beyond what timers and single pauses of a healthy loop come to. */
export const LONG_MS = 20
/** Below this, mean delays are the whole milliseconds of the platform's timers, however short the users' cycle is. */
export const TIMER_MS = 3

/** What the definition of sound allows the load of a run to be short by. */
export const ALLOWED_SHORT = 0.01

/** The share of iterations that may never end in a sound run. */
export const MOST_STUCK = 0.01

/** A trouble is a reason when it is found in more than this share of the load seconds. */
export const SOME_SECONDS = 0.05
export const MANY_SECONDS = 0.2
export const MOST_SECONDS = 0.5

/** A loop that did not come to a timer for so long stood still. */
export const STALLED_MS = 100
/** The share of the second in garbage collection. */
export const COLLECTING_MS = 100

/** Ready to run and without a core, of a second of the worst worker: worth knowing, and beyond what the bound can be trusted with. */
export const CONTENDED_MS = 100
export const STARVED_MS = 300
export const THROTTLED_MS = 50
/** The share of one core taken by the hypervisor. */
export const STOLEN = 0.1
/** The share of the second in which something waited for memory. */
export const MEMORY_PRESSURE = 0.1
/** The share of the host's memory that is available. */
export const MEMORY_LEFT = 0.03
/** One core this busy, while the others are idle for more than half of the time on average. */
export const HOT_CORE = 0.95
export const COOL_CORES = 0.5

/** Local ports and file descriptors, of all there are. */
export const PORTS_LEFT = 0.05
export const DESCRIPTORS_LEFT = 0.05
/** Segments lost and sent again, of the requests in a second. */
export const RETRANSMITTED = 0.01
/** Linux sends a lost segment again after at least 200 ms (TCP_RTO_MIN), and a lost SYN after 1 s (RFC 6298, 2.1). */
export const LEAST_RTO_MS = 200
export const SYN_RETRY_MS = 1000
/** A change of the level of a constant load that its percentiles do not show: what sound allows them to be off by. */
export const DRIFTED = ALLOWED_RATIO
/** Beyond this change, or its inverse, a percentile describes no time of the run. */
export const DRIFTED_FAR = 0.5
/** The most that clocks of several hosts can differ by, in ms: a note from here on, and a twentieth of a second. */
export const CLOCK_LOOSE_MS = 5
export const CLOCK_USELESS_MS = 50
/** The server's own CPU, as its exporter reports it. */
export const TARGET_BUSY = 0.9
