/** How often users began and ended their lives: `onStart` and `onStop` of a scenario, which are no iterations. */

export type LifecycleFunction = 'onStart' | 'onStop'

/** Calls of one of the two. */
export interface CallCounts {
  readonly started: number
  /** It threw, one of its requests failed, or it waited for ever. */
  readonly failed: number
}

export type LifecycleCounts = Readonly<Record<LifecycleFunction, CallCounts>>

/** The same in one list, as tallies add it up. */
export type LifecycleTally = Record<`${LifecycleFunction}${'Started' | 'Failed'}`, number>

export const noLifecycle = (): LifecycleTally => ({
  onStartStarted: 0,
  onStartFailed: 0,
  onStopStarted: 0,
  onStopFailed: 0,
})

export const lifecycleCounts = (tally: Readonly<LifecycleTally>): LifecycleCounts => ({
  onStart: { started: tally.onStartStarted, failed: tally.onStartFailed },
  onStop: { started: tally.onStopStarted, failed: tally.onStopFailed },
})
