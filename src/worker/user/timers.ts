/** All timers of a worker on one wheel: those of the load itself, and one for each user. One alarm rings for the earliest. */
import type { Alarm, Clock } from '../time/clock.ts'
import type { Recorder } from '../record/recorder.ts'
import type { Turn } from '../time/turn.ts'
import { Wheel } from '../time/wheel.ts'

/** The timers of the load itself come first on the wheel, then those of the users. */
export const TIMER = { second: 0, loadEnd: 1, drainEnd: 2, heartbeat: 3, schedule: 4 } as const
export type LoadTimer = (typeof TIMER)[keyof typeof TIMER]
const FIRST_USER = 5

/** A user, by its place in its worker. */
interface Numbered {
  readonly id: number
}

export interface TimerParts {
  readonly clock: Clock
  readonly turn: Turn
  readonly recorder: Recorder
}

/** Receives what the timers have to say, each when its due time has passed. */
export interface TimerListener {
  fired(timer: LoadTimer): void
  /** The timer of the user with this place in its worker. */
  userFired(id: number): void
}

export class Timers {
  readonly #parts: TimerParts
  readonly #listener: TimerListener
  readonly #wheel: Wheel
  readonly #alarm: Alarm
  /** When the alarm rings; -Infinity when it never will again. */
  #alarmUs = Infinity
  #isAdvancing = false
  #rings = 0

  constructor(users: number, parts: TimerParts, listener: TimerListener) {
    const { clock, turn } = parts
    this.#parts = parts
    this.#listener = listener
    this.#wheel = new Wheel(FIRST_USER + users)
    this.#alarm = clock.alarm(this.#ring, (nowUs, hasPolled) => turn.turned(nowUs, hasPolled))
    turn.onEnd = this.#look
  }

  /** How often the alarm has rung: everything that fires at once has the same number. */
  get rings(): number {
    return this.#rings
  }

  arm(timer: LoadTimer, dueUs: number): void {
    this.#arm(timer, dueUs)
  }

  disarm(timer: LoadTimer): void {
    this.#wheel.disarm(timer)
  }

  /** Arms the user's timer; a user has one, and arming it again moves it. */
  armUser(user: Numbered, dueUs: number): void {
    this.#arm(FIRST_USER + user.id, dueUs)
  }

  disarmUser(user: Numbered): void {
    this.#wheel.disarm(FIRST_USER + user.id)
  }

  /** Whether one of this many users waits for its timer. */
  isUserArmed(users: number): boolean {
    for (let id = 0; id < users; id++) if (this.#wheel.isArmed(FIRST_USER + id)) return true
    return false
  }

  /** Makes room for this many users. */
  growTo(users: number): void {
    this.#wheel.grow(FIRST_USER + users)
  }

  /** Nothing fires any more. */
  cancel(): void {
    this.#alarm.cancel()
    this.#alarmUs = -Infinity
  }

  #arm(timer: number, dueUs: number): void {
    this.#wheel.arm(timer, dueUs)
    if (!this.#isAdvancing && dueUs < this.#alarmUs) this.#setAlarm()
  }

  readonly #ring = (): void => {
    this.#alarmUs = Infinity
    const { clock, turn, recorder } = this.#parts
    const nowUs = clock.nowUs()
    turn.touch(nowUs)
    const dueUs = this.#wheel.nextUs()
    if (dueUs <= nowUs) recorder.loopDelay(nowUs, nowUs - dueUs)
    this.#rings++
    this.#isAdvancing = true
    this.#wheel.advance(nowUs, this.#fire)
    this.#isAdvancing = false
    this.#setAlarm()
    turn.worked(clock.nowUs())
  }

  readonly #fire = (timer: number): void => {
    if (timer >= FIRST_USER) this.#listener.userFired(timer - FIRST_USER)
    else this.#listener.fired(timer as LoadTimer)
  }

  /**
   * Under load the loop is awake far more often than its alarm rings, so what has become due by the end of a turn does
   * not wait for it.
   */
  readonly #look = (nowUs: number): void => {
    if (nowUs < this.#alarmUs || this.#alarmUs === -Infinity) return
    this.#alarm.cancel()
    this.#ring()
  }

  #setAlarm(): void {
    if (this.#alarmUs === -Infinity) return
    const nextUs = this.#wheel.nextUs()
    if (nextUs === this.#alarmUs) return
    this.#alarmUs = this.#parts.turn.alarmUs = nextUs
    if (nextUs === Infinity) this.#alarm.cancel()
    else this.#alarm.set(nextUs)
  }
}
