/** What the live page and corerush say to each other: plain JSON, types and their names only, for both sides. */
import type { LatencySummary } from '../../core/measure/metrics.ts'
import type { Plan } from '../../core/plan/plan.ts'
import type { CoreVitals, WorkerVitals } from '../../core/measure/worker-vitals.ts'
import type { LogLine } from '../view/run-log.ts'
import type { ReportView } from '../view/view.ts'

/** What the page may say of a run that it starts, each as its flag takes it. */
export const FORM_FIELDS = ['url', 'users', 'spawnRate', 'wait', 'rate', 'duration'] as const
export type FormField = (typeof FORM_FIELDS)[number]
export type FormWords = Readonly<Partial<Record<FormField, string>>>

/** What the page may say of the load of a run under way, as flags take it. */
export const LOAD_FIELDS = ['value', 'over'] as const
export type LoadWords = Readonly<Partial<Record<(typeof LOAD_FIELDS)[number], string>>>

/** Where the load is going: what a change of it names, and its last planned value. */
export interface LoadTarget {
  readonly of: 'users' | 'ratePerS'
  readonly value: number
}

/** The header that an action carries its token in: a page of another origin cannot send it. */
export const TOKEN_HEADER = 'x-corerush-token'

/** Files that there are when a run has ended, by their paths. */
export const DOWNLOADS = {
  'report.json': 'application/json',
  'report.html': 'text/html',
  'stats.csv': 'text/csv',
  'stats_history.csv': 'text/csv',
  'failures.csv': 'text/csv',
  'exceptions.csv': 'text/csv',
} as const
export type Download = keyof typeof DOWNLOADS

/** `waiting`: for somebody to start a run. `preparing`: the workers are hired, nothing was sent yet. */
export type Phase = 'waiting' | 'preparing' | 'running' | 'stopping' | 'ended'

/** How corerush stands, besides the figures. */
export interface PageState {
  readonly phase: Phase
  /** What the form of a new run begins with; null where none can be started from the page. */
  readonly form: FormWords | null
  /** Of a run under way; null where there is none. */
  readonly load: LoadTarget | null
  /** Why the last run could not be made. */
  readonly failure: string | null
  /** Whether corerush stays when a run has ended, so that its files can be asked for. */
  readonly staysOpen: boolean
  /** It has ended with the run, or was told to: there is nobody left to ask. */
  readonly isOver: boolean
}

/** What stays the same while a run goes on. */
export interface LiveRun {
  /** Counted from 1, of the runs of this process. */
  readonly number: number
  readonly version: string
  readonly startedAt: string
  readonly plan: Plan
  /** Of before the run. */
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
  /** Of the last 10 closed seconds. */
  readonly recent: LatencySummary
  readonly workers: readonly WorkerVitals[]
  /** Null where the platform does not say. */
  readonly cores: readonly CoreVitals[] | null
  /** Those of the target, where its exporter is asked. */
  readonly targetCores: readonly CoreVitals[] | null
}

/** A view without its plan, which `LiveRun` has already, and without the exchanges that no page shows. */
export type FrameView = Omit<ReportView, 'report'> & {
  readonly report: Omit<ReportView['report'], 'plan'> & { readonly plan: null }
}

/** A run as it stands. Each frame is whole: whoever misses some has lost nothing with the next one. */
export interface LiveFrame {
  /** The run's number. */
  readonly run: number
  readonly view: FrameView
  /** Null when the run has ended. */
  readonly now: Now | null
  readonly log: readonly LogLine[]
}

/** Whatever is wrong with the words of the form, by their field where there is one. */
export interface FormProblem {
  readonly field: FormField | null
  readonly message: string
}
