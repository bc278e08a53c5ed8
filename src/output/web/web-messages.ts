/** Messages between the live page and corerush: plain JSON; types and names only, shared by both sides. */
import type { LatencySummary } from '../../core/measure/metrics.ts'
import type { Plan } from '../../core/plan/plan.ts'
import type { CoreVitals, WorkerVitals } from '../../core/measure/worker-vitals.ts'
import type { LogLine } from '../view/run-log.ts'
import type { ReportView } from '../view/view.ts'

/** Fields of the form that starts a run, with the syntax of their flags. */
export const FORM_FIELDS = ['url', 'users', 'spawnRate', 'wait', 'rate', 'duration'] as const
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

/** Fields of the form that changes the load, with the syntax of flags. */
export const LOAD_FIELDS = ['value', 'over'] as const
export type LoadWords = Readonly<Partial<Record<(typeof LOAD_FIELDS)[number], string>>>

/** The kind of load that can be changed, and its last planned value. */
export interface LoadTarget {
  readonly of: 'users' | 'ratePerS'
  readonly value: number
}

/** The header with the token of an action; a page of another origin cannot send it. */
export const TOKEN_HEADER = 'x-corerush-token'

/** Files available when a run has ended, by path. */
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
  /** The load of the run in progress; `null` without one. */
  readonly load: LoadTarget | null
  /** Why the last run could not start. */
  readonly failure: string | null
  /** Whether corerush keeps running after a run, so that its files can be downloaded. */
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

/** The last closed second. */
export interface Now {
  readonly second: number
  readonly users: number
  readonly inFlight: number
  readonly due: number
  readonly queued: number
  readonly dropped: number
  readonly requestsPerS: number | null
  /** Latencies of the last 10 closed seconds. */
  readonly recent: LatencySummary
  readonly workers: readonly WorkerVitals[]
  /** `null` if the platform does not report cores. */
  readonly cores: readonly CoreVitals[] | null
  /** Cores of the target, with `--target-metrics`. */
  readonly targetCores: readonly CoreVitals[] | null
}

/** A view without the plan, which is in `LiveRun`, and without captured exchanges, which no page shows. */
export type FrameView = Omit<ReportView, 'report'> & {
  readonly report: Omit<ReportView['report'], 'plan'> & { readonly plan: null }
}

/** The current state of a run. Each frame is complete, so that missed frames do not matter. */
export interface LiveFrame {
  /** The number of the run. */
  readonly run: number
  readonly view: FrameView
  /** `null` if the run has ended. */
  readonly now: Now | null
  readonly log: readonly LogLine[]
}

/** A problem of the form; `field` is `null` if it concerns no single field. */
export interface FormProblem {
  readonly field: FormField | null
  readonly message: string
}
