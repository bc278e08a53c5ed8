/**
 * One worker's share of the load, from the start instant until it is drained: its schedule, the wheel that wakes its
 * users, and the end. Time, transport and recorder are given, so that it runs on a virtual clock as well.
 */
import type { Amendment } from '../core/plan/amendment.ts'
import { plannedUsers } from '../core/plan/plan.ts'
import { globalIndex, portion } from '../core/share.ts'
import { Captures } from './captures.ts'
import type { Alarm } from './clock.ts'
import { Redirects } from './redirects.ts'
import { sourceOf, type RequestData, type RequestSource } from './request-source.ts'
import { BEGIN_AT_ONCE, ClosedSchedule, MOMENT_US } from './schedule/closed.ts'
import { OpenSchedule } from './schedule/open.ts'
import type { Schedule, ScheduleParts } from './schedule/schedule.ts'
import type { Tickets } from './tickets.ts'
import type { Turn } from './turn.ts'
import type { Surroundings, User } from './user.ts'
import { userMaker, type UserParts } from './users.ts'
import { Wheel } from './wheel.ts'

export interface LoadParts extends UserParts {
  readonly turn: Turn
  readonly tickets: Tickets
  /** Null without data. */
  readonly data: RequestData | null
}

/** Timers of the load itself come first on the wheel, then the users'. */
const SECOND_TIMER = 0
const LOAD_END_TIMER = 1
const DRAIN_END_TIMER = 2
const HEARTBEAT_TIMER = 3
const SCHEDULE_TIMER = 4
const FIRST_USER_TIMER = 5
/** A timer that is always due soon, so that the delay of an otherwise quiet loop is known too. */
const HEARTBEAT_US = 50_000

export class Load {
  readonly #parts: LoadParts
  readonly #wheel: Wheel
  readonly #schedule: Schedule
  readonly #alarm: Alarm
  #alarmUs = Infinity
  #advancing = false
  #rings = 0
  #ending = false
  /** Each row of the data has its iteration. */
  #isSpent = false
  /** Iterations under way, from before their first request is sent. */
  #flying = 0
  /** How long requests in flight have after the load. */
  #gracefulStopS: number
  #drainEndUs = Infinity
  #drained: () => void = () => undefined
  /** Resolves when nothing is in flight any more and nothing more will start. */
  readonly drained: Promise<void>

  constructor(parts: LoadParts) {
    this.#parts = parts
    const { plan, share, recorder } = parts
    this.#gracefulStopS = plan.gracefulStopS
    this.#alarm = parts.clock.alarm(this.#ring, (nowUs, hasPolled) => parts.turn.turned(nowUs, hasPolled))
    this.#wheel = new Wheel(FIRST_USER_TIMER + portion(plannedUsers(plan), share))
    this.drained = new Promise((resolve) => (this.#drained = resolve))
    if (plan.durationS !== null) recorder.loadEndUs = plan.durationS * 1e6
    recorder.isDueOnStart = plan.model === 'closed'
    this.#schedule = this.#makeSchedule()
    parts.turn.onEnd = this.#look
    recorder.vitals.takeTurns = () => parts.turn.take()
  }

  /** The start instant has come, or is about to. */
  begin(): void {
    const { plan } = this.#parts
    this.#armTimer(SECOND_TIMER, 1e6)
    this.#armTimer(HEARTBEAT_TIMER, HEARTBEAT_US)
    if (plan.durationS !== null) this.#armTimer(LOAD_END_TIMER, plan.durationS * 1e6)
    this.#schedule.begin()
    this.#setAlarm()
  }

  /**
   * Ends the load at this instant of run time; null: all that was planned has been due, and the load span is open until
   * the last of it is done. `gracefulStopS` replaces the plan's if it is not null, also in a drain that has begun.
   */
  stop(loadEndS: number | null, gracefulStopS: number | null = null): void {
    const { recorder, clock } = this.#parts
    this.#gracefulStopS = gracefulStopS ?? this.#gracefulStopS
    if (this.#ending) {
      if (gracefulStopS !== null) this.#endDrainBy(clock.nowUs() + gracefulStopS * 1e6)
      return
    }
    if (loadEndS === null) this.#schedule.close(() => this.#end(clock.nowUs()))
    else {
      recorder.loadEndUs = Math.min(recorder.loadEndUs, loadEndS * 1e6)
      if (recorder.loadEndUs <= clock.nowUs()) this.#end(recorder.loadEndUs)
      else this.#armTimer(LOAD_END_TIMER, recorder.loadEndUs)
    }
    this.#setAlarm()
  }

  /** The load goes on differently from the amendment's instant on; should that have passed, what it asked for since is late. */
  amend(amendment: Amendment): void {
    if (!this.#ending) this.#schedule.amend(amendment)
  }

  #end(loadEndUs: number): void {
    const { clock } = this.#parts
    if (this.#ending) return
    this.#wheel.disarm(LOAD_END_TIMER)
    this.#wheel.disarm(SCHEDULE_TIMER)
    this.#schedule.end(loadEndUs)
    this.#ending = true
    let resting = 0
    // Without time to end, nothing begins.
    for (const user of this.#gracefulStopS > 0 ? this.#schedule.users : [])
      if (!user.isFlying) user.leave(clock.nowUs() + Math.floor(resting++ / BEGIN_AT_ONCE) * MOMENT_US)
    if (this.#flying === 0) this.#finish()
    else if (this.#gracefulStopS === 0) this.#endDrain()
    else this.#endDrainBy(clock.nowUs() + this.#gracefulStopS * 1e6)
  }

  /** Ends the drain at this instant, or earlier if it was to end earlier. */
  #endDrainBy(drainEndUs: number): void {
    if (drainEndUs >= this.#drainEndUs) return
    this.#drainEndUs = drainEndUs
    this.#wheel.disarm(DRAIN_END_TIMER)
    this.#armTimer(DRAIN_END_TIMER, drainEndUs)
  }

  #endDrain(): void {
    for (const user of this.#schedule.users) user.cut()
  }

  #finish(): void {
    this.#alarm.cancel()
    this.#alarmUs = -Infinity
    this.#parts.recorder.users = 0
    this.#drained()
  }

  #makeSchedule(): Schedule {
    const { plan, share, transport, recorder, turn, clock, tickets, scenario, data, secrets } = this.#parts
    const source = sourceOf(this.#parts)
    const unstarted = (nowUs: number, ageUs: number, ownUs: number): void =>
      recorder.unstarted(recorder.requestTally(plan.request.name), nowUs, ageUs, ownUs)
    const arm = (user: User, dueUs: number): void => this.#armTimer(FIRST_USER_TIMER + user.id, dueUs)
    const disarm = (user: User): void => this.#wheel.disarm(FIRST_USER_TIMER + user.id)
    const around: Surroundings = {
      plan,
      recorder,
      turn,
      openConnection: (id, request) => transport.connection(globalIndex(id, share), request),
      redirects: plan.maxRedirects > 0 ? new Redirects(transport, plan) : null,
      secrets,
      captures: plan.captureFailures > 0 ? new Captures(plan, share, secrets, recorder) : null,
      nowUs: clock.nowUs,
      takeRequest: tickets.takeRequest,
      takeOff: () => {
        if (this.#ending) return false
        this.#flying++
        return true
      },
      departs: () => this.#flying++,
      unstarted: (dueUs, doneUs, keptUs) => {
        // In the closed model an iteration is due when it starts.
        if (plan.model === 'open') unstarted(doneUs, Math.max(0, recorder.loadEndUs - dueUs), keptUs)
      },
      landed: () => {
        this.#flying--
        if (this.#ending && this.#flying === 0) this.#finish()
      },
      arm,
      disarm,
      wake: (user, nowUs) => this.#schedule.wake(user, nowUs),
      ended: (user, ended) => {
        this.#schedule.ended(user, ended)
        if (this.#ending) user.leave(ended.doneUs)
      },
      left: (user, hasStopped) => this.#schedule.left(user, hasStopped),
    }
    const newUser = userMaker(this.#parts, around, source)
    const parts: ScheduleParts = {
      share,
      recorder,
      unstarted,
      nowUs: clock.nowUs,
      arm,
      disarm,
      armSchedule: (dueUs) => this.#armTimer(SCHEDULE_TIMER, dueUs),
      isEnding: () => this.#ending,
      rings: () => this.#rings,
      takeTicket:
        data === null ? tickets.takeIteration : () => this.#promiseRow(source!) && tickets.takeIteration(),
      newUser: (id) => {
        this.#wheel.grow(FIRST_USER_TIMER + id + 1)
        return newUser(id)
      },
      deserted: () => (data ?? scenario)?.deserted(),
    }
    return plan.model === 'closed' ? new ClosedSchedule(plan, parts) : new OpenSchedule(plan, parts)
  }

  /** What has a row still starts; then this worker has nothing more to do. */
  #promiseRow(source: RequestSource): boolean {
    if (source.promiseRow()) return true
    if (!this.#isSpent) this.#schedule.close(() => this.#parts.data!.spent())
    this.#isSpent = true
    return false
  }

  #armTimer(timer: number, dueUs: number): void {
    this.#wheel.arm(timer, dueUs)
    if (!this.#advancing && dueUs < this.#alarmUs) this.#setAlarm()
  }

  readonly #ring = (): void => {
    this.#alarmUs = Infinity
    const { clock, turn, recorder } = this.#parts
    const nowUs = clock.nowUs()
    turn.touch(nowUs)
    const dueUs = this.#wheel.nextUs()
    if (dueUs <= nowUs) recorder.loopDelay(nowUs, nowUs - dueUs)
    this.#rings++
    this.#advancing = true
    this.#wheel.advance(nowUs, this.#fire)
    this.#advancing = false
    this.#setAlarm()
    turn.worked(clock.nowUs())
  }

  /**
   * Under load the loop is awake far more often than its alarm rings: what has become due by the end of a turn need not
   * wait for it.
   */
  readonly #look = (nowUs: number): void => {
    if (nowUs < this.#alarmUs || this.#alarmUs === -Infinity) return
    this.#alarm.cancel()
    this.#ring()
  }

  readonly #fire = (timer: number): void => {
    const { clock, recorder } = this.#parts
    const nowUs = clock.nowUs()
    switch (timer) {
      case SECOND_TIMER:
        recorder.advance(nowUs)
        this.#wheel.arm(SECOND_TIMER, (Math.floor(nowUs / 1e6) + 1) * 1e6)
        break
      case HEARTBEAT_TIMER:
        this.#wheel.arm(HEARTBEAT_TIMER, nowUs + HEARTBEAT_US)
        break
      case LOAD_END_TIMER:
        this.#end(recorder.loadEndUs)
        break
      case DRAIN_END_TIMER:
        this.#endDrain()
        break
      case SCHEDULE_TIMER:
        this.#schedule.ring(nowUs)
        break
      default:
        this.#schedule.users[timer - FIRST_USER_TIMER]!.wake(nowUs)
    }
  }

  /** One alarm, for the earliest timer of the wheel. */
  #setAlarm(): void {
    if (this.#alarmUs === -Infinity) return
    const nextUs = this.#wheel.nextUs()
    if (nextUs === this.#alarmUs) return
    this.#alarmUs = this.#parts.turn.alarmUs = nextUs
    if (nextUs === Infinity) this.#alarm.cancel()
    else this.#alarm.set(nextUs)
  }
}
