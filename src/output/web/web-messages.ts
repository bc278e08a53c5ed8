/** Messages between the live page and corerush: plain JSON; types and names only, shared by both sides. */
import type { AgentState } from '../../core/measure/host-facts.ts'
import type { LatencySummary, Metrics } from '../../core/measure/metrics.ts'
import type { Plan } from '../../core/plan/plan.ts'
import type { CoreVitals, WorkerVitals } from '../../core/measure/worker-vitals.ts'
import type { LogLine } from '../view/run-log.ts'
import type { ReportView } from '../view/view.ts'

/** Fields of the form that starts a run, with the syntax of their flags. */
export const FORM_FIELDS = [
  ...(['url', 'users', 'spawnRate', 'wait', 'rate', 'duration'] as const),
  ...(['scenarios', 'tags', 'excludeTags'] as const),
] as const
/** Those of them that take several values, separated by commas. */
export const FORM_LISTS = ['scenarios', 'tags', 'excludeTags'] as const
/** Those, and the options of the scenario file by name. */
export type FormField = (typeof FORM_FIELDS)[number] | `set.${string}`
export type FormWords = Readonly<Partial<Record<FormField, string>>>

/** An option of the scenario file, as a field of the form. */
export interface FormOption {
  readonly name: string
  readonly description: string
  /** The value without a word. */
  readonly sample: string
}

export const optionField = ({ name }: Pick<FormOption, 'name'>): `set.${string}` => `set.${name}`

/** The scenario file, as far as the form shows it. */
export interface FormFile {
  readonly name: string
  /** The base URL and the wait without a word; `null` for none. */
  readonly baseUrl: string | null
  readonly wait: string | null
  /** Names to choose from, and what each says of itself; empty for one scenario. */
  readonly scenarios: readonly (readonly [name: string, says: string])[]
  readonly tags: readonly string[]
}

/**
 * Fields of the forms that change the load, with the syntax of flags. `end` is the length of the load, with a plus how much
 * longer it lasts.
 */
export const LOAD_FIELDS = ['value', 'over', 'end'] as const
export type LoadWords = Readonly<Partial<Record<(typeof LOAD_FIELDS)[number], string>>>

/** The kind of load that can be changed, and its last planned value. */
export interface LoadTarget {
  readonly of: 'users' | 'ratePerS'
  readonly value: number
  /** The length of the load as it is planned now; `null` if it goes on until it is stopped, or a count is reached. */
  readonly durationS: number | null
}

/** The header with the token of an action; a page of another origin cannot send it. */
export const TOKEN_HEADER = 'x-corerush-token'

/** Files of a run, by path; while it goes on, of the run so far. */
export const DOWNLOADS = {
  'report.json': 'application/json',
  'report.html': 'text/html',
  'stats.csv': 'text/csv',
  'stats_history.csv': 'text/csv',
  'failures.csv': 'text/csv',
  'exceptions.csv': 'text/csv',
} as const
export type Download = keyof typeof DOWNLOADS

/** `waiting`: no run was started yet. `preparing`: workers are starting, nothing was sent yet. */
export type Phase = 'waiting' | 'preparing' | 'running' | 'stopping' | 'ended'

/** The state of corerush, apart from figures. */
export interface PageState {
  readonly phase: Phase
  /** Initial values of the form; `null` if no run can be started from the page. */
  readonly form: FormWords | null
  /** Options of the scenario file that the form shows; absent without any. */
  readonly options?: readonly FormOption[]
  /** The scenario file; absent without one. */
  readonly file?: FormFile
  /** The load of the run in progress; `null` without one. */
  readonly load: LoadTarget | null
  /** Why the last run could not start. */
  readonly failure: string | null
  /** Whether corerush keeps running after a run, so that its files can still be downloaded. */
  readonly staysOpen: boolean
  /** Whether corerush has exited, so that nothing can be requested any more. */
  readonly isOver: boolean
}

/** Constant facts of a run. */
export interface LiveRun {
  /** The number of the run in this process, from 1. */
  readonly number: number
  readonly version: string
  readonly startedAt: string
  readonly plan: Plan
  /** Warnings from before the run. */
  readonly warnings: readonly string[]
}

/** An agent now, and what it reported of the last closed second. */
export interface AgentNow extends AgentState {
  readonly users: number
  readonly inFlight: number
  /** Requests that ended in the second. */
  readonly finished: number
  /** The busy share of all its cores together; `null` if the platform does not report cores, or it did not report the second. */
  readonly coresBusy: number | null
  /** The busiest of its workers; `null` if none reported the second. */
  readonly busiest: WorkerVitals | null
}

/** The last closed second. */
export interface Now {
  readonly second: number
  readonly users: number
  readonly inFlight: number
  readonly due: number
  readonly queued: number
  readonly dropped: number
  readonly requestsPerS: number | null
  /** Requests of the second by name: finished, and failed or unfinished. */
  readonly names: Readonly<Record<string, readonly [finished: number, failed: number]>>
  /** Latencies of the last 10 closed seconds. */
  readonly recent: LatencySummary
  readonly workers: readonly WorkerVitals[]
  /** How many there are, where `workers` has only the worst of them; else `null`. */
  readonly workersInAll: number | null
  /** The agents that do the work; `null` if this process does it. */
  readonly agents: readonly AgentNow[] | null
  /** `null` if the platform does not report cores. */
  readonly cores: readonly CoreVitals[] | null
  /** Cores of the target, with `--target-metrics`. */
  readonly targetCores: readonly CoreVitals[] | null
}

/** A view without the plan, which is in `LiveRun`, and without captured exchanges, which no page shows. */
export type FrameView = Omit<ReportView, 'report'> & {
  readonly report: Omit<ReportView['report'], 'plan'> & { readonly plan: null }
}

/** Figures since a reader reset what the page shows; the record of the run is not touched. */
export interface Since {
  /** Run time of the reset. */
  readonly atS: number
  readonly total: Metrics
  readonly byName: Readonly<Record<string, Metrics>>
}

/** The current state of a run. Each frame is complete, so that missed frames do not matter. */
export interface LiveFrame {
  /** The number of the run. */
  readonly run: number
  readonly view: FrameView
  /** `null` if the run has ended. */
  readonly now: Now | null
  readonly log: readonly LogLine[]
  /** `null` unless the statistics were reset. */
  readonly since: Since | null
}

/** A problem of the form; `field` is `null` if it concerns no single field. */
export interface FormProblem {
  readonly field: FormField | null
  readonly message: string
}
