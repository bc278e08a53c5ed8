/**
 * The closed model: users loop. Each is active in the spans that the stages give it, iterates, waits, and iterates
 * again; when its span is over it finishes what it is doing and retires.
 */
import { amendedUsers, type LevelAmendment } from '../../core/plan/amendment.ts'
import type { ClosedPlan } from '../../core/plan/plan.ts'
import { seededRandom, type Random } from '../../core/random.ts'
import { globalIndex, portion } from '../../core/share.ts'
import { activeSpans, peakUsers, type ActiveSpan, type UserStage } from '../../core/load/stages.ts'
import { nextDueUs } from '../../core/load/wait-time.ts'
import type { Ended, User } from '../user/user.ts'
import type { Ticket } from './tickets.ts'
import { NEXT_TICKET_US, type Schedule, type ScheduleParts } from './schedule.ts'

/**
 * How many users begin at once. Each makes a connection, and a loop that is late finds thousands of them due: in one go
 * they would keep it from the responses of the others for a second. The rest begins a moment later, which is lag.
 */
export const BEGIN_AT_ONCE = 32
export const MOMENT_US = 1000

/**
 * The most of a late start that the next wait makes up for, so that the small delays of timers and collections do not
 * add up to fewer iterations. A longer delay is a stop of the generator: what it took of the load is lost and reported,
 * since to catch up with it would send in a burst what was planned to be spread.
 */
export const MOST_REPAID_US = 100_000

/** What the schedule knows of one user. */
interface Loop {
  spans: readonly ActiveSpan[]
  /** The span that it is in, or else the next one. */
  span: number
  isActive: boolean
  /** Whether it is active only to retire. */
  isRetiring: boolean
  /** Whether it retired by itself. */
  hasStopped: boolean
}

export class ClosedSchedule implements Schedule {
  readonly users: User[] = []
  readonly #parts: ScheduleParts
  readonly #seed: number
  #stages: readonly UserStage[]
  readonly #loops: Loop[] = []
  readonly #randoms: Random[] = []
  /**
   * For each user: when its next iteration is due, the first of a span included, when its span is over, and when its last
   * iteration was. An iteration without a wait asks no more of the schedule, and these stay in the cache where thousands
   * of objects do not.
   */
  #dueUs = new Float64Array()
  #stopUs = new Float64Array()
  #freeUs = new Float64Array()
  /** Users that wanted to begin when the alarm rang the last time, and which time that was. */
  #beginning = 0
  #rings = 0
  /** Users whose last span is over, and whether any of them stopped by itself. */
  #gone = 0
  #hasAnyStopped = false
  /** The load has ended: nothing starts any more. */
  #isOver = false

  constructor({ stages, seed }: ClosedPlan, parts: ScheduleParts) {
    this.#parts = parts
    this.#seed = seed
    this.#stages = stages
    this.#makeUsers()
  }

  begin(): void {
    for (const user of this.users) this.#sleep(user)
    this.#checkDeserted()
  }

  amend(amendment: LevelAmendment): void {
    this.#stages = amendedUsers(this.#stages, amendment)
    this.#makeUsers()
    const nowUs = this.#parts.nowUs()
    for (const user of this.users) this.#replan(user, amendment.atS * 1e6, nowUs)
    this.#gone = this.#loops.filter(({ isActive, span, spans }) => !isActive && span >= spans.length).length
    this.#checkDeserted()
  }

  woke(user: User, nowUs: number): void {
    const loop = this.#loops[user.id]!
    if (!loop.isActive) {
      const momentsLater = this.#momentsLater()
      if (momentsLater > 0) {
        this.#parts.timers.armUser(user, nowUs + momentsLater * MOMENT_US)
        return
      }
      this.#parts.recorder.advance(nowUs)
      this.#parts.recorder.users++
      loop.isActive = true
      this.#stopUs[user.id] = loop.spans[loop.span]!.stopS * 1e6
    }
    this.#next(user, nowUs)
  }

  ended(user: User, { doneUs, canFollow, backoffUs }: Ended): void {
    const { id } = user
    if (this.#isOver) {
      this.#deactivate(this.#loops[id]!)
      user.retire(doneUs)
      return
    }
    const dueUs = this.#nextDueUs(user, doneUs) + backoffUs
    this.#dueUs[id] = dueUs
    this.#freeUs[id] = doneUs
    // Sending from within a completed response is the cheapest way; from within a fault it is not safe.
    if (canFollow && dueUs <= doneUs) this.#next(user, doneUs)
    else this.#parts.timers.armUser(user, Math.min(dueUs, this.#stopUs[id]!))
  }

  retired(user: User, hasStopped: boolean): void {
    const loop = this.#loops[user.id]!
    this.#deactivate(loop)
    if (this.#isOver) return
    user.disconnect()
    // A next span that has begun meanwhile had to wait for the user, be it for a slow target.
    const freeUs = loop.isRetiring ? this.#parts.nowUs() : this.#freeUs[user.id]!
    loop.isRetiring = false
    loop.hasStopped = hasStopped
    loop.span = hasStopped ? loop.spans.length : loop.span + 1
    this.#hasAnyStopped ||= hasStopped
    this.#sleep(user, freeUs)
    if (loop.span < loop.spans.length) return
    this.#gone++
    this.#checkDeserted()
  }

  ring(): void {
    // Users have alarms of their own.
  }

  close(done: () => void): void {
    done()
  }

  end(): void {
    this.#isOver = true
    for (const user of this.users) {
      if (user.isBusy) continue
      this.#parts.timers.disarmUser(user)
      this.#deactivate(this.#loops[user.id]!)
    }
  }

  /**
   * When the user's next iteration would be due had this one started on time, but not before this one ended: a wait
   * counts from the end that the iteration should have had.
   */
  #nextDueUs(user: User, doneUs: number): number {
    const lateUs = Math.min(user.lagUs, MOST_REPAID_US)
    const wantedUs = nextDueUs(user.wait, user.dueUs, doneUs - lateUs, this.#randoms[user.id]!)
    const dueUs = Math.max(doneUs, wantedUs)
    this.#parts.recorder.repaid(Math.max(0, lateUs - (dueUs - wantedUs)))
    return dueUs
  }

  /** How long one more user that wants to begin now has to wait. */
  #momentsLater(): number {
    const { rings } = this.#parts.timers
    if (rings !== this.#rings) this.#beginning = 0
    this.#rings = rings
    return Math.floor(this.#beginning++ / BEGIN_AT_ONCE)
  }

  /** Starts the iteration that is due, unless the user's span is over. */
  #next(user: User, nowUs: number): void {
    const { id } = user
    const dueUs = this.#dueUs[id]!
    if (dueUs >= this.#stopUs[id]!) {
      user.retire(nowUs)
      this.#loops[id]!.isRetiring = user.isBusy
      return
    }
    const ticket = this.#ticket(nowUs)
    if (ticket === 'later') this.#parts.timers.armUser(user, nowUs + NEXT_TICKET_US)
    else if (ticket === 'none' || !user.iterate(dueUs)) this.#deactivate(this.#loops[id]!)
  }

  /** A loop that is late hears of what was due before the end of the load only after it. */
  #ticket(nowUs: number): Ticket {
    const { recorder, takeTicket } = this.#parts
    return nowUs < recorder.loadEndUs ? takeTicket() : 'none'
  }

  /** Arms the start of the user's next span, if there is one, or of what is left of it from this instant on. */
  #sleep(user: User, fromUs = 0): void {
    const { spans, span } = this.#loops[user.id]!
    const startUs = span < spans.length ? Math.max(fromUs, spans[span]!.startS * 1e6) : Infinity
    this.#dueUs[user.id] = startUs
    if (startUs < Infinity) this.#parts.timers.armUser(user, startUs)
    else this.#parts.timers.disarmUser(user)
  }

  /** Users for the most that the stages ask of this share. */
  #makeUsers(): void {
    const { share, newUser } = this.#parts
    const had = this.users.length
    const count = portion(peakUsers(this.#stages), share)
    if (count <= had) return
    this.#dueUs = grown(this.#dueUs, count)
    this.#stopUs = grown(this.#stopUs, count)
    this.#freeUs = grown(this.#freeUs, count)
    for (let id = had; id < count; id++) {
      const number = globalIndex(id, share)
      this.users.push(newUser(id, this))
      this.#randoms.push(seededRandom(this.#seed, number))
      const spans = activeSpans(this.#stages, number)
      this.#loops.push({ spans, span: 0, isActive: false, isRetiring: false, hasStopped: false })
      this.#dueUs[id] = Infinity
    }
  }

  /**
   * The user's spans as the stages are now. This thread may be late to hear of an amendment: a user that began or left
   * meanwhile by the old stages is reported now, and what it should have done since is late.
   */
  #replan(user: User, amendedUs: number, nowUs: number): void {
    const { id } = user
    const loop = this.#loops[id]!
    loop.spans = activeSpans(this.#stages, globalIndex(id, this.#parts.share))
    const { length } = loop.spans
    const ahead = loop.spans.findIndex(({ stopS }) => stopS * 1e6 > nowUs)
    const next = ahead === -1 || loop.hasStopped ? length : ahead
    if (!loop.isActive) {
      loop.span = next
      // What was to begin before the amendment and has not is due since then.
      this.#sleep(user, Math.min(amendedUs, this.#dueUs[id]!))
    } else if (loop.isRetiring || next === length || loop.spans[next]!.startS * 1e6 > nowUs) {
      loop.span = next - 1
      this.#stopUs[id] = (loop.spans[next - 1]?.stopS ?? 0) * 1e6
    } else {
      loop.span = next
      this.#stopUs[id] = loop.spans[next]!.stopS * 1e6
    }
    if (loop.isActive && !user.isBusy)
      this.#parts.timers.armUser(user, Math.min(this.#dueUs[id]!, this.#stopUs[id]!))
  }

  /** Reports it if no user will come back though the stages plan some. */
  #checkDeserted(): void {
    const { length } = this.users
    if (this.#gone === length && (this.#hasAnyStopped || length === 0)) this.#parts.deserted()
  }

  /**
   * The user is active no more. At the end of the load its connection stays: closing hundreds at once would keep the
   * loop from the responses still to come, and they all go with the thread.
   */
  #deactivate(loop: Loop): void {
    if (!loop.isActive) return
    this.#parts.recorder.advance(this.#parts.nowUs())
    this.#parts.recorder.users--
    loop.isActive = false
  }
}

function grown(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length)
  larger.set(array)
  return larger
}
