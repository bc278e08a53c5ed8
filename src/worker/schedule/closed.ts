/**
 * The closed model: users loop. Each is active in the spans that the stages give it, iterates, waits, and iterates
 * again; when its span is over it finishes what it is doing and leaves.
 */
import { plannedUsers, type ClosedPlan } from '../../core/plan.ts'
import { seededRandom, type Random } from '../../core/random.ts'
import { globalIndex, portion } from '../../core/share.ts'
import { activeSpans, type ActiveSpan } from '../../core/stages.ts'
import { nextDueUs } from '../../core/wait.ts'
import type { Ended, User } from '../user.ts'
import type { Schedule, ScheduleParts } from './schedule.ts'

/**
 * How many users begin at once. Each makes a connection, and a loop that is late finds thousands of them due: in one go
 * they would keep it from the responses of the others for a second. The rest begins a moment later, which is lag.
 */
export const BEGIN_AT_ONCE = 32
export const MOMENT_US = 1000

/** What the schedule knows of one user. */
interface Loop {
  readonly spans: readonly ActiveSpan[]
  span: number
  isActive: boolean
}

export class ClosedSchedule implements Schedule {
  readonly users: User[] = []
  readonly #parts: ScheduleParts
  readonly #loops: Loop[] = []
  readonly #randoms: Random[] = []
  /**
   * Of each user: when its next iteration is due, and when its span is over. An iteration without a wait asks no more of
   * the schedule, and these stay in the cache where thousands of objects do not.
   */
  readonly #dueUs: Float64Array
  readonly #stopUs: Float64Array
  /** Users that wanted to begin when the alarm rang the last time, and which time that was. */
  #beginning = 0
  #rings = 0
  /** Users whose last span is over, and whether any of them stopped by itself. */
  #gone = 0
  #isLeft = false

  constructor(plan: ClosedPlan, parts: ScheduleParts) {
    this.#parts = parts
    const count = portion(plannedUsers(plan), parts.share)
    this.#dueUs = new Float64Array(count)
    this.#stopUs = new Float64Array(count)
    for (let id = 0; id < count; id++) {
      const number = globalIndex(id, parts.share)
      this.users.push(parts.newUser(id))
      this.#randoms.push(seededRandom(plan.seed, number))
      this.#loops.push({
        spans: activeSpans(plan.stages, number),
        span: 0,
        isActive: false,
      })
    }
  }

  begin(): void {
    for (const user of this.users) this.#sleep(user)
    if (this.users.length === 0) this.#parts.deserted()
  }

  wake(user: User, nowUs: number): void {
    const loop = this.#loops[user.id]!
    if (!loop.isActive) {
      const momentsLater = this.#momentsLater()
      if (momentsLater > 0) {
        this.#parts.arm(user, nowUs + momentsLater * MOMENT_US)
        return
      }
      this.#parts.recorder.advance(nowUs)
      this.#parts.recorder.users++
      loop.isActive = true
      const { startS, stopS } = loop.spans[loop.span]!
      this.#dueUs[user.id] = startS * 1e6
      this.#stopUs[user.id] = stopS * 1e6
    }
    this.#next(user, nowUs)
  }

  ended(user: User, { doneUs, canFollow, backoffUs }: Ended): void {
    const { id } = user
    if (this.#parts.isEnding()) {
      this.#rest(this.#loops[id]!)
      return
    }
    const dueUs = nextDueUs(user.wait, user.dueUs, doneUs, this.#randoms[id]!) + backoffUs
    this.#dueUs[id] = dueUs
    // Sending from within a completed response is the cheapest way; from within a fault it is not safe.
    if (canFollow && dueUs <= doneUs) this.#next(user, doneUs)
    else this.#parts.arm(user, Math.min(dueUs, this.#stopUs[id]!))
  }

  left(user: User, hasStopped: boolean): void {
    const loop = this.#loops[user.id]!
    this.#rest(loop)
    if (this.#parts.isEnding()) return
    user.disconnect()
    loop.span = hasStopped ? loop.spans.length : loop.span + 1
    this.#isLeft ||= hasStopped
    if (loop.span < loop.spans.length) this.#sleep(user)
    else if (++this.#gone === this.users.length && this.#isLeft) this.#parts.deserted()
  }

  ring(): void {
    // Users have alarms of their own.
  }

  close(done: () => void): void {
    done()
  }

  end(): void {
    for (const user of this.users) {
      if (user.isFlying) continue
      this.#parts.disarm(user)
      this.#rest(this.#loops[user.id]!)
    }
  }

  /** How long one more user that wants to begin now has to wait. */
  #momentsLater(): number {
    const rings = this.#parts.rings()
    if (rings !== this.#rings) this.#beginning = 0
    this.#rings = rings
    return Math.floor(this.#beginning++ / BEGIN_AT_ONCE)
  }

  /** Starts the iteration that is due, unless the user's span is over. */
  #next(user: User, nowUs: number): void {
    const { id } = user
    const dueUs = this.#dueUs[id]!
    if (dueUs >= this.#stopUs[id]!) {
      user.leave(nowUs)
    } else if (!this.#mayStart(nowUs) || !user.iterate(dueUs)) this.#rest(this.#loops[id]!)
  }

  /** A loop that is late hears of what was due before the end of the load only after it. */
  #mayStart(nowUs: number): boolean {
    const { recorder, takeTicket } = this.#parts
    return nowUs < recorder.loadEndUs && takeTicket()
  }

  /** Arms the start of the user's next span, if there is one. */
  #sleep(user: User): void {
    const { spans, span } = this.#loops[user.id]!
    if (span < spans.length) this.#parts.arm(user, spans[span]!.startS * 1e6)
  }

  /**
   * The user is active no more. At the end of the load its connection stays: closing hundreds at once would keep the
   * loop from the responses still to come, and they all go with the thread.
   */
  #rest(loop: Loop): void {
    if (!loop.isActive) return
    this.#parts.recorder.advance(this.#parts.nowUs())
    this.#parts.recorder.users--
    loop.isActive = false
  }
}
