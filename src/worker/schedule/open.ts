/**
 * The open model: iterations are due by the clock, whatever the target does. An arrival takes a free user, the last
 * one that became free first, so that few connections stay busy; when there is none a new one is made, up to this
 * worker's portion of `maxUsers`; beyond that it waits in the queue, or is dropped.
 */
import type { LevelAmendment } from '../../core/plan/amendment.ts'
import type { OpenPlan } from '../../core/plan/plan.ts'
import { portion } from '../../core/share.ts'
import { TIMER } from '../user/timers.ts'
import type { Ended, User } from '../user/user.ts'
import type { Arrivals } from './arrivals.ts'
import { Queue } from './queue.ts'
import { NEXT_TICKET_US, type Schedule, type ScheduleParts } from './schedule.ts'

/**
 * How many users are made at once. A loop that was held up finds many arrivals due, and the responses of the users it
 * has lie unread: making a user and its connection for each arrival would hold it up ten times longer, and so on until
 * nothing else is done. So a few are made, then the network is looked at, and users that became free go first.
 */
const MADE_AT_ONCE = 8

/** An arrival that is due at the end of the load may come out this much before it by rounding. */
const HAIR_US = 0.001

export class OpenSchedule implements Schedule {
  readonly users: User[] = []
  readonly #plan: OpenPlan
  readonly #parts: ScheduleParts
  readonly #mostUsers: number
  readonly #arrivals: Arrivals
  readonly #free: User[] = []
  /** Due times of the arrivals that wait for a user. */
  readonly #queue = new Queue()
  /** Users made in this turn of the loop. */
  #made = 0
  /** The count of the plan is reached: nothing more is due, but what waits will start. */
  #isDry = false
  /** An arrival found no ticket yet; it is looked for again at this instant. */
  #ticketUs = -Infinity
  /** Called when nothing waits any more. */
  #whenServed: (() => void) | null = null
  /** The load has ended: nothing starts any more. */
  #isOver = false

  constructor(plan: OpenPlan, parts: ScheduleParts, arrivals: Arrivals) {
    this.#plan = plan
    this.#parts = parts
    this.#arrivals = arrivals
    this.#mostUsers = portion(plan.maxUsers, parts.share)
  }

  begin(): void {
    this.#arm()
  }

  /** The back-off of a user is over. */
  woke(user: User, nowUs: number): void {
    this.#setFree(user, nowUs)
  }

  ended(user: User, { doneUs, canFollow, backoffUs }: Ended): void {
    if (this.#isOver) {
      this.#parts.recorder.users--
      user.retire(doneUs)
    } else if (backoffUs > 0) this.#parts.timers.armUser(user, doneUs + backoffUs)
    // From within a fault nothing is sent; the wheel brings the user back in the next turn of the loop.
    else if (!canFollow && !this.#queue.isEmpty) this.#parts.timers.armUser(user, doneUs)
    else this.#setFree(user, doneUs)
  }

  retired(user: User, hasStopped: boolean): void {
    if (this.#isOver) {
      // The others were counted when their iteration ended.
      if (hasStopped) this.#parts.recorder.users--
      return
    }
    // A new one takes its place, in the next turn of the loop.
    user.disconnect()
    this.#parts.timers.armUser(user, this.#parts.nowUs())
  }

  amend(amendment: LevelAmendment): void {
    this.#arrivals.amend(amendment)
    this.#arm()
  }

  ring(nowUs: number): void {
    this.#made = 0
    this.#serve()
    this.#arrive(nowUs)
    this.#arm()
  }

  close(done: () => void): void {
    this.#isDry = true
    this.#whenServed = done
    this.#checkServed()
  }

  end(loadEndUs: number): void {
    // Arrivals of the last moment, whose slot of the wheel has not come yet, are part of the load.
    const nowUs = this.#parts.nowUs()
    const wasFull = this.#isFull
    this.#made = -Infinity
    this.#serve()
    this.#arrive(Math.min(nowUs, loadEndUs))
    this.#isOver = true
    const { recorder } = this.#parts
    const tally = recorder.requestTally(this.#plan.request)
    // What still waits is as late by this thread as the user that is most so, at most; and altogether, if it waited for
    // users to be made.
    let keepsUs = wasFull ? 0 : Infinity
    for (const user of this.users) keepsUs = Math.max(keepsUs, user.keepsUs)
    for (let dueUs = this.#queue.take(); dueUs !== null; dueUs = this.#queue.take())
      recorder.unstarted(tally, dueUs, nowUs, keepsUs)
    this.#tellQueue()
    recorder.users = this.users.filter((user) => user.isBusy).length
  }

  /** Hands out every arrival that is due by now, but none that is due at or after the end of the load. */
  #arrive(nowUs: number): void {
    const { recorder, takeTicket } = this.#parts
    const arrivals = this.#arrivals
    const endUs = recorder.loadEndUs - HAIR_US
    while (arrivals.dueUs <= nowUs && arrivals.dueUs < endUs && !this.#isDry) {
      const { dueUs } = arrivals
      recorder.advance(this.#parts.nowUs())
      const user = this.#free.pop() ?? this.#newUser()
      const isDropped = user === null && this.#plan.onFull === 'drop' && this.#isTaken
      // A dropped arrival leaves its place in the count of the plan to a later one.
      const ticket = isDropped ? 'taken' : takeTicket()
      if (ticket !== 'taken') {
        if (user !== null) this.#free.push(user)
        if (ticket === 'none') this.#isDry = true
        else this.#ticketUs = nowUs + NEXT_TICKET_US
        return
      }
      recorder.due()
      if (user !== null) {
        arrivals.starts()
        user.iterate(dueUs, dueUs)
      } else if (isDropped) recorder.dropped()
      else {
        arrivals.waits()
        this.#queue.add(dueUs)
        this.#tellQueue()
      }
      arrivals.advance()
    }
  }

  #arm(): void {
    if (this.#isOver) return
    // What waits for a user to be made waits for the next turn of the loop only.
    if (!this.#queue.isEmpty && !this.#isFull) this.#parts.timers.arm(TIMER.schedule, this.#parts.nowUs())
    else if (this.#arrivals.dueUs < Infinity && !this.#isDry)
      this.#parts.timers.arm(TIMER.schedule, Math.max(this.#arrivals.dueUs, this.#ticketUs))
  }

  get #isFull(): boolean {
    return this.users.length >= this.#mostUsers
  }

  /** Every user there may be is busy, or will be as soon as it is made. */
  get #isTaken(): boolean {
    return this.users.length + this.#queue.length >= this.#mostUsers
  }

  /** Arrivals that only wait for a user to be made are the generator's lateness; the queue is of those who find none. */
  #tellQueue(): void {
    this.#parts.recorder.queue(this.#isFull ? this.#queue.length : 0)
  }

  /** Makes users for the arrivals that have waited longest. */
  #serve(): void {
    while (!this.#queue.isEmpty && !this.#isOver) {
      const user = this.#newUser()
      if (user === null) return
      const dueUs = this.#queue.take()!
      this.#arrivals.waitedStarts()
      this.#tellQueue()
      user.iterate(dueUs, dueUs)
    }
    this.#checkServed()
  }

  #checkServed(): void {
    if (!this.#queue.isEmpty || this.#whenServed === null) return
    const done = this.#whenServed
    this.#whenServed = null
    done()
  }

  /** Gives the user the arrival that has waited longest, or lets it wait for one. */
  #setFree(user: User, nowUs: number): void {
    // What still waits when the load is over does not start, even if the loop is late to hear of the end.
    const dueUs = nowUs < this.#parts.recorder.loadEndUs ? this.#queue.take() : null
    if (dueUs === null) this.#free.push(user)
    else {
      this.#arrivals.waitedStarts()
      this.#tellQueue()
      // There was room for one more user, and only this thread was not quick enough to make it.
      user.iterate(dueUs, this.#isFull ? nowUs : dueUs)
      this.#checkServed()
    }
  }

  #newUser(): User | null {
    if (this.#isFull || this.#made >= MADE_AT_ONCE) return null
    this.#made++
    const user = this.#parts.newUser(this.users.length, this)
    this.users.push(user)
    this.#parts.recorder.users++
    return user
  }
}
