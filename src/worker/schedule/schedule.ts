/** Which user starts an iteration when: one implementation for each model. */
import type { Amendment } from '../../core/plan/amendment.ts'
import type { Share } from '../../core/share.ts'
import type { Recorder } from '../recorder.ts'
import type { Ended, User } from '../user.ts'

export interface Schedule {
  /** The start instant has come: arms the first alarms. */
  begin(): void
  /** A user's alarm rang while it was at rest. */
  wake(user: User, nowUs: number): void
  /** A user's iteration ended; the load may be over already. */
  ended(user: User, ended: Ended): void
  /** A user has left; whether by its own doing. */
  left(user: User, hasStopped: boolean): void
  /** The schedule's own alarm rang. */
  ring(nowUs: number): void
  /** The load goes on differently from an instant on, which may have passed by a little. */
  amend(amendment: Amendment): void
  /** The count of the plan is reached: nothing new comes, and `done` is called when what was due has started. */
  close(done: () => void): void
  /** The load is over as of this run time: nothing starts any more that was due later. */
  end(loadEndUs: number): void
  /** All users there are. */
  readonly users: readonly User[]
}

/** What a schedule may ask of the load. */
export interface ScheduleParts {
  readonly share: Share
  readonly recorder: Recorder
  /** An arrival still waited when the load ended; see `Recorder`. */
  readonly unstarted: (nowUs: number, ageUs: number, ownUs: number) => void
  readonly nowUs: () => number
  readonly arm: (user: User, dueUs: number) => void
  readonly disarm: (user: User) => void
  /** Arms the schedule's own alarm. */
  readonly armSchedule: (dueUs: number) => void
  readonly isEnding: () => boolean
  /** How often the load's alarm has rung: all that wakes at once has the same number. */
  readonly rings: () => number
  /** Takes the right to one more iteration; false when the count of the plan is reached. */
  readonly takeTicket: () => boolean
  readonly newUser: (id: number) => User
  /** No user of this share will ever come back, and not because the plan says so. */
  readonly deserted: () => void
}
