/**
 * One worker's share of the load, from the start instant until it is drained. The schedule says which user starts when,
 * the timers wake users, and what is under way says when all is over. Time, transport and recorder are given, so that
 * it runs on a virtual clock as well.
 */
import { isOfLevel, type Amendment } from '../core/plan/amendment.ts'
import { plannedUsers } from '../core/plan/plan.ts'
import { globalIndex, portion } from '../core/share.ts'
import type { ReplayFile } from '../protocol.ts'
import { Captures } from './record/captures.ts'
import { Observer } from './record/observer.ts'
import type { RequestLog } from './record/request-log.ts'
import { Redirects } from './call/redirects.ts'
import type { LogReader } from './schedule/log-reader.ts'
import { ReplaySource } from './schedule/replay-source.ts'
import { sourceOf, type RequestData, type Source } from './user/request-source.ts'
import { BEGIN_AT_ONCE, ClosedSchedule, MOMENT_US } from './schedule/closed.ts'
import { RateArrivals, type Arrivals } from './schedule/arrivals.ts'
import { OpenSchedule } from './schedule/open.ts'
import { ReplayArrivals } from './schedule/replay-arrivals.ts'
import type { Schedule, ScheduleParts } from './schedule/schedule.ts'
import { Stuck } from './stuck.ts'
import type { Ticket, Tickets } from './schedule/tickets.ts'
import { TIMER, Timers, type LoadTimer, type TimerListener } from './user/timers.ts'
import type { Turn } from './time/turn.ts'
import { UnderWay } from './user/under-way.ts'
import type { Surroundings } from './user/user.ts'
import { userMaker, type UserParts } from './scenario/users.ts'

export interface LoadParts extends UserParts {
  readonly turn: Turn
  readonly tickets: Tickets
  /** `null` without data. */
  readonly data: RequestData | null
  /** The log that is replayed, and what reads its lines; left out if there is none. */
  readonly replay?: { readonly file: ReplayFile; readonly reader: Pick<LogReader, 'line'> }
  /** Records requests; left out if none is recorded. */
  readonly requestLog?: RequestLog
  /** Whether spans of traced requests are handed over, which is so if left out. */
  readonly makesSpans?: boolean
  /** Is told that nothing under way will ever end, or that it may, after all; see `Stuck`. */
  readonly stuck?: (isStuck: boolean) => void
  /** Whether the load may go on; asked once a second. Always if left out. */
  readonly hasLease?: () => boolean
}

/** A timer that is always due soon, so that the delay of an otherwise quiet loop is known too. */
const HEARTBEAT_US = 50_000

export class Load implements TimerListener {
  readonly #parts: LoadParts
  readonly #timers: Timers
  readonly #underWay: UnderWay
  readonly #schedule: Schedule
  readonly #stuck: Stuck
  /** Whether each row of the data has its iteration. */
  #isSpent = false
  /** Whether a row is promised to an iteration that has no ticket yet. */
  #hasRow = false
  /** How long what is under way has after the load. */
  #gracefulStopS: number
  #drainEndUs = Infinity
  #setDrained = (): void => undefined
  /** Resolves when nothing is under way any more and nothing more will start. */
  readonly drained: Promise<void>

  constructor(parts: LoadParts) {
    this.#parts = parts
    const { plan, share, recorder, turn } = parts
    this.#gracefulStopS = plan.gracefulStopS
    this.#timers = new Timers(portion(plannedUsers(plan), share), parts, this)
    this.#underWay = new UnderWay(() => this.#finish())
    this.#stuck = new Stuck({
      plan,
      timers: this.#timers,
      underWay: this.#underWay,
      report: (isStuck) => parts.stuck?.(isStuck),
    })
    this.drained = new Promise((resolve) => (this.#setDrained = resolve))
    if (plan.durationS !== null) recorder.loadEndUs = plan.durationS * 1e6
    recorder.isDueOnStart = plan.model === 'closed'
    recorder.vitals.takeTurns = () => turn.take()
    this.#schedule = this.#makeSchedule()
  }

  /** Begins at the start instant, or a moment before it. */
  begin(): void {
    const { plan } = this.#parts
    this.#timers.arm(TIMER.second, 1e6)
    this.#timers.arm(TIMER.heartbeat, HEARTBEAT_US)
    if (plan.durationS !== null) this.#timers.arm(TIMER.loadEnd, plan.durationS * 1e6)
    this.#schedule.begin()
  }

  /**
   * Ends the load at this run time. If it is `null`, all that was planned has been due, and the load span is open until
   * the last of it is done. `gracefulStopS` replaces the plan's unless it is `null`, also in a drain that has begun.
   */
  stop(loadEndS: number | null, gracefulStopS: number | null = null): void {
    const { recorder, clock } = this.#parts
    this.#gracefulStopS = gracefulStopS ?? this.#gracefulStopS
    if (this.#underWay.isClosed) {
      if (gracefulStopS !== null) this.#endDrainBy(clock.nowUs() + gracefulStopS * 1e6)
      return
    }
    if (loadEndS === null) {
      this.#schedule.close(() => this.#end(clock.nowUs()))
      return
    }
    recorder.loadEndUs = Math.min(recorder.loadEndUs, loadEndS * 1e6)
    if (recorder.loadEndUs <= clock.nowUs()) this.#end(recorder.loadEndUs)
    else this.#timers.arm(TIMER.loadEnd, recorder.loadEndUs)
  }

  /** Changes the load from the amendment's instant on, or its end. If that has passed, what has been due since is late. */
  amend(amendment: Amendment): void {
    if (this.#underWay.isClosed) return
    if (isOfLevel(amendment)) this.#schedule.amend(amendment)
    else this.#moveEnd(amendment.durationS ?? Infinity)
  }

  #moveEnd(loadEndS: number): void {
    const { recorder } = this.#parts
    recorder.loadEndUs = loadEndS * 1e6
    this.#timers.disarm(TIMER.loadEnd)
    if (loadEndS < Infinity) this.#timers.arm(TIMER.loadEnd, recorder.loadEndUs)
  }

  fired(timer: LoadTimer): void {
    const { clock, recorder } = this.#parts
    const nowUs = clock.nowUs()
    switch (timer) {
      case TIMER.second:
        recorder.advance(nowUs)
        // Who conducts the run on another host may be gone: nothing goes on for ever.
        if (this.#parts.hasLease?.() === false) this.stop(nowUs / 1e6)
        this.#timers.arm(TIMER.second, (Math.floor(nowUs / 1e6) + 1) * 1e6)
        this.#stuck.look(this.#schedule.users.length)
        break
      case TIMER.heartbeat:
        this.#timers.arm(TIMER.heartbeat, nowUs + HEARTBEAT_US)
        break
      case TIMER.loadEnd:
        this.#end(recorder.loadEndUs)
        break
      case TIMER.drainEnd:
        this.#endDrain()
        break
      case TIMER.schedule:
        this.#schedule.ring(nowUs)
    }
  }

  userFired(id: number): void {
    this.#schedule.users[id]!.wake(this.#parts.clock.nowUs())
  }

  #end(loadEndUs: number): void {
    const { clock } = this.#parts
    if (this.#underWay.isClosed) return
    this.#timers.disarm(TIMER.loadEnd)
    this.#timers.disarm(TIMER.schedule)
    this.#schedule.end(loadEndUs)
    this.#underWay.close()
    let resting = 0
    // Without time to end, nothing begins.
    for (const user of this.#gracefulStopS > 0 ? this.#schedule.users : [])
      if (!user.isBusy) user.retire(clock.nowUs() + Math.floor(resting++ / BEGIN_AT_ONCE) * MOMENT_US)
    if (this.#underWay.isEmpty) this.#finish()
    else if (this.#gracefulStopS === 0) this.#endDrain()
    else this.#endDrainBy(clock.nowUs() + this.#gracefulStopS * 1e6)
  }

  /** Ends the drain at this instant, or earlier if it was to end earlier. */
  #endDrainBy(drainEndUs: number): void {
    if (drainEndUs >= this.#drainEndUs) return
    this.#drainEndUs = drainEndUs
    this.#timers.disarm(TIMER.drainEnd)
    this.#timers.arm(TIMER.drainEnd, drainEndUs)
  }

  #endDrain(): void {
    for (const user of this.#schedule.users) user.cut()
  }

  #finish(): void {
    this.#timers.cancel()
    this.#parts.recorder.users = 0
    this.#setDrained()
  }

  #makeSchedule(): Schedule {
    const { plan, share, recorder, clock, tickets, scenario, data } = this.#parts
    const { source, arrivals } = this.#sourceAndArrivals()
    const makeUser = userMaker(this.#parts, this.#surroundings(), source)
    const parts: ScheduleParts = {
      share,
      recorder,
      timers: this.#timers,
      nowUs: clock.nowUs,
      takeTicket:
        data === null
          ? tickets.takeIteration
          : () => (this.#promiseRow(source!) ? this.#ticketForRow() : 'none'),
      newUser: (id, owner) => {
        this.#timers.growTo(id + 1)
        return makeUser(id, owner)
      },
      deserted: () => (data ?? scenario)?.deserted(),
    }
    return plan.model === 'closed'
      ? new ClosedSchedule(plan, parts)
      : new OpenSchedule(plan, parts, arrivals ?? new RateArrivals(plan, share))
  }

  /** What users without a script send, and the arrivals of a log; `null` where the plan says it all. */
  #sourceAndArrivals(): { readonly source: Source | null; readonly arrivals: Arrivals | null } {
    const { plan, share, replay } = this.#parts
    if (plan.model === 'closed' || plan.replay === undefined || replay === undefined)
      return { source: sourceOf(this.#parts), arrivals: null }
    const arrivals = new ReplayArrivals(replay.file.rows, plan.replay, share)
    const { file, reader } = replay
    return { source: new ReplaySource({ ...this.#parts, replay: file, reader, arrivals }), arrivals }
  }

  #surroundings(): Surroundings {
    const { plan, share, transport, recorder, turn, clock, tickets, secrets, scenario } = this.#parts
    const { requestLog: log = null, makesSpans = true } = this.#parts
    const isObserved = plan.trace !== null || plan.captureSlowest > 0 || log !== null
    return {
      plan,
      recorder,
      turn,
      openConnection: (id, request) => transport.connection(globalIndex(id, share), request),
      redirects: plan.maxRedirects > 0 || scenario !== null ? new Redirects(transport, plan, recorder) : null,
      secrets,
      captures: plan.captureFailures > 0 ? new Captures(plan, share, secrets, recorder) : null,
      observer: isObserved ? new Observer(plan, share, secrets, recorder, { log, makesSpans }) : null,
      nowUs: clock.nowUs,
      takeRequest: tickets.takeRequest,
      timers: this.#timers,
      underWay: this.#underWay,
    }
  }

  /** Promises a row of the data to an iteration; when they are all promised, nothing more starts once those have. */
  #promiseRow(source: Source): boolean {
    if (this.#hasRow || source.promiseRow()) return (this.#hasRow = true)
    if (!this.#isSpent) this.#schedule.close(() => this.#parts.data!.spent())
    this.#isSpent = true
    return false
  }

  /** The ticket of an iteration that has a row; without one yet, the row is for the next. */
  #ticketForRow(): Ticket {
    const ticket = this.#parts.tickets.takeIteration()
    this.#hasRow = ticket === 'later'
    return ticket
  }
}
