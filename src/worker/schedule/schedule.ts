/** The schedule says which user starts an iteration when; there is one for each model. */
import type { LevelAmendment } from '../../core/plan/amendment.ts'
import type { Share } from '../../core/share.ts'
import type { Recorder } from '../record/recorder.ts'
import type { Ticket } from './tickets.ts'
import type { Timers } from '../user/timers.ts'
import type { User, UserOwner } from '../user/user.ts'
import type { MakeUser } from '../scenario/users.ts'

export interface Schedule extends UserOwner {
  /** Arms the first timers: the start instant has come. */
  begin(): void
  /** The schedule's own timer fired. */
  ring(nowUs: number): void
  /** Changes the load from the amendment's instant on, which may have passed by a little. */
  amend(amendment: LevelAmendment): void
  /** Lets nothing new come, as the count of the plan is reached; calls `done` when what was due has started. */
  close(done: () => void): void
  /** Ends the load as of this run time: nothing starts any more that was due later. Users that are busy retire when they are done. */
  end(loadEndUs: number): void
  /** All users there are. */
  readonly users: readonly User[]
}

/** How long a schedule waits for a ticket that is not there yet until it looks again; that is lag. */
export const NEXT_TICKET_US = 1000

/** What a schedule works with. */
export interface ScheduleParts {
  readonly share: Share
  readonly recorder: Recorder
  readonly timers: Timers
  readonly nowUs: () => number
  /** Takes the right to one more iteration. */
  readonly takeTicket: () => Ticket
  readonly newUser: MakeUser
  /** To be called when no user of this share will ever come back, and not because the plan says so. */
  readonly deserted: () => void
}
