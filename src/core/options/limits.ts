/** The greatest values of options, and the defaults that depend on other options. */

/** The options that set how much load there is; only one of them applies. */
export const LOADS = ['users', 'rate', 'stages', 'replay'] as const

export const MOST_USERS = 1_000_000
/** The least frequent traces: one in N calls. */
export const MOST_TRACE = 1_000_000
/** The most seconds of a log that are replayed in one. */
export const MOST_SPEED = 10_000
/** The most arrivals per second. */
export const MOST_PER_S = 10_000_000
export const MOST_WORKERS = 1024
/** The most failing exchanges that are kept of one outcome. */
export const MOST_CAPTURED = 100
/** Tickets are counted in 32 bits. */
export const MOST_REQUESTS = 2_000_000_000
export const MOST_REDIRECTS = 100
/** What `redirects: true` of a scenario stands for, as in browsers. */
export const USUAL_REDIRECTS = 20

export const DEFAULTS = {
  users: 1,
  /** The ramp of users that wait, and of a load that is changed. */
  rampUpS: 1,
  /** The ramp of users that do not wait. */
  atOnceS: 0.05,
  maxUsers: 10_000,
  durationS: 10,
  /** The longest load that is to reach a precision. */
  maxDurationS: 600,
} as const

/** What this host offers where the user set nothing. */
export interface HostDefaults {
  /** Cores that this process may really use. */
  readonly cores: number
  /** How many users' connections this process may have open. */
  readonly descriptors: number
  /** The most users that the load is raised to while it runs; those of the options if left out. */
  readonly laterUsers?: number
}
/** The longest body that a buffer can be relied on to hold. */
export const MOST_READ_BYTES = 1_000_000_000
