/**
 * A user with a script: an iteration is one task. Its requests go out over its own lines, one connection for each call
 * that it has under way at once. It has one alarm, which all its deadlines and pauses share.
 */
import { isConnectionFailure } from '../../core/outcome.ts'
import { seededRandom, type Random } from '../../core/random.ts'
import { nextDueUs, parseWait } from '../../core/wait.ts'
import { messageOf } from '../../errors.ts'
import type { CheckedOptions, Http, RequestOptions, Response, Send } from '../../scenario/http.ts'
import type { Context } from '../../scenario/scenario.ts'
import { oneLine } from '../transport/fault.ts'
import type { Exchange, Prepared } from '../transport/transport.ts'
import { backoffAfter, type Surroundings, type User } from '../user.ts'
import { Line, type FromDue, type LineOwner } from './line.ts'
import type { NamedTask, Script } from './script.ts'

/** Apart from the stream of a user's waits, which has its number. */
const TASK_STREAM = 0x40_0000

interface Pause {
  readonly untilUs: number
  readonly resolve: () => void
}

export class ScenarioUser implements User, LineOwner {
  readonly id: number
  readonly #around: Surroundings
  readonly #script: Script
  /** What a new line's connection is made ready for. */
  readonly #usual: Prepared
  readonly #random: Random
  readonly #context: Context<unknown>
  /** All lines, and those that are free. */
  readonly #lines: Line[] = []
  readonly #free: Line[] = []
  readonly #pauses = new Set<Pause>()
  #state: unknown = undefined
  #isReady: boolean
  #iteration = 0
  #isFlying = false
  #isCut = false
  /** The task's own code has ended. */
  #isTaskDone = false
  #hasFailed = false
  #dueUs = 0
  #startedUs = 0
  #lagUs = 0
  /** See `RequestUser`. */
  #keptUs = 0
  #keepsUs = 0
  #waitedUs = 0
  /** Calls of this iteration. */
  #calls = 0
  #backoffUs = 0
  #isRefused = false

  constructor(id: number, number: number, around: Surroundings, script: Script, usual: Prepared) {
    this.id = id
    this.#around = around
    this.#script = script
    this.#usual = usual
    this.#random = seededRandom(script.seed, number + TASK_STREAM)
    this.#isReady = script.onStart === null
    const state = (): unknown => this.#state
    this.#context = {
      http: this.#http(),
      get state() {
        return state()
      },
      user: number,
      random: this.#random,
      think: (pause) => this.#think(pause),
    }
    this.#open()
  }

  get isFlying(): boolean {
    return this.#isFlying
  }

  get dueUs(): number {
    return this.#dueUs
  }

  get keepsUs(): number {
    return this.#keepsUs
  }

  wake(nowUs: number): void {
    if (!this.#isFlying) {
      this.#around.wake(this, nowUs)
      return
    }
    for (const line of this.#lines) if (line.deadlineUs <= nowUs) line.expire(nowUs)
    for (const pause of this.#pauses) {
      if (pause.untilUs > nowUs) continue
      this.#pauses.delete(pause)
      pause.resolve()
    }
    // What expired may have ended the iteration, and with it the need for an alarm.
    if (this.isFlying) this.deadlineMoved()
  }

  iterate(dueUs: number, freeUs = dueUs): boolean {
    const { takeOff, recorder } = this.#around
    if (!takeOff()) return false
    const nowUs = this.#script.nowUs()
    this.#dueUs = dueUs
    this.#startedUs = nowUs
    this.#keptUs = Math.min(Math.max(0, freeUs - dueUs), this.#keepsUs)
    this.#lagUs = Math.max(0, nowUs - Math.max(dueUs, freeUs))
    this.#waitedUs = this.#calls = 0
    this.#isFlying = true
    this.#isTaskDone = this.#hasFailed = this.#isRefused = false
    recorder.started(nowUs, this.#lagUs)
    void this.#run()
    return true
  }

  cut(): void {
    if (!this.#isFlying) return
    this.#isCut = true
    this.#pauses.clear()
    for (const line of this.#lines) if (!this.#free.includes(line)) line.cut()
    this.#land()
  }

  disconnect(): void {
    for (const line of this.#lines) line.disconnect()
  }

  deadlineMoved(): void {
    let nextUs = Infinity
    for (const { deadlineUs } of this.#lines) nextUs = Math.min(nextUs, deadlineUs)
    for (const { untilUs } of this.#pauses) nextUs = Math.min(nextUs, untilUs)
    if (nextUs < Infinity) this.#around.arm(this, nextUs)
    else this.#around.disarm(this)
  }

  lineRecorded(waitedUs: number): void {
    this.#waitedUs += waitedUs
  }

  lineEnded(line: Line, { outcome }: Exchange): void {
    this.#free.push(line)
    if (outcome !== 'ok') this.#hasFailed = true
    if (outcome !== 'unfinished') {
      if (isConnectionFailure(outcome)) this.#isRefused = true
      this.#backoffUs = backoffAfter(outcome, this.#backoffUs)
    }
    this.#land()
  }

  async #run(): Promise<void> {
    const { onStart, tasks, choose } = this.#script
    const task = this.#isReady ? tasks[choose(this.#iteration, this.#random)]! : onStart!
    if (task !== onStart) this.#iteration++
    try {
      const returned = await task.run(this.#context)
      if (task === onStart) {
        this.#state = returned
        this.#isReady = true
      }
    } catch (error) {
      this.#failed(task, error)
    }
    this.#isTaskDone = true
    this.#land()
  }

  #failed({ name }: NamedTask, error: unknown): void {
    if (this.#isCut) return
    this.#hasFailed = true
    const { recorder, secrets } = this.#around
    const sent = this.#lines.map(({ request }) => request).filter((request) => request !== null)
    recorder.taskError(name, oneLine(secrets.hide(messageOf(error), sent)), this.#script.nowUs())
  }

  /** Ends the iteration when nothing of it goes on. */
  #land(): void {
    if (!this.#isFlying || this.#free.length < this.#lines.length) return
    const { recorder, ended, landed, disarm } = this.#around
    if (!this.#isCut && !this.#isTaskDone) return
    this.#isFlying = false
    disarm(this)
    if (!this.#isCut) {
      const doneUs = this.#script.nowUs()
      this.#keepsUs = this.#keptUs + this.#lagUs + this.#waitedUs
      recorder.ended(doneUs, doneUs - this.#startedUs, this.#hasFailed)
      // A task that sent nothing must not keep the loop from everything else.
      const canFollow = this.#calls > 0 && !this.#isRefused
      ended(this, { doneUs, canFollow, backoffUs: this.#isRefused ? this.#backoffUs : 0 })
    }
    landed()
  }

  #send(method: string, url: string, options: RequestOptions | CheckedOptions = {}): Promise<Response> {
    if (this.#isCut) return new Promise<never>(() => undefined)
    if (!this.#isFlying || this.#isTaskDone) throw new Error(`${method} ${url} after its task had ended`)
    const ready = this.#script.requests.ready(method, url, options)
    const isFirst = this.#calls++ === 0
    if (this.#free.length === 0) this.#open()
    return this.#free.pop()!.send(ready, options, isFirst ? this.#fromDue() : null)
  }

  /** What a user felt who wanted the first call when it was due: the task began so much later than its iteration was. */
  #fromDue(): FromDue | null {
    if (this.#around.plan.model === 'closed') return null
    const calledUs = this.#script.nowUs()
    const dueUs = calledUs - (this.#startedUs - this.#dueUs)
    return { dueUs, lateUs: this.#lagUs + this.#keptUs, calledUs }
  }

  #open(): void {
    const line = new Line(this.id, this.#around, this, this.#usual)
    this.#lines.push(line)
    this.#free.push(line)
  }

  #think(pause: string | number): Promise<void> {
    if (this.#isCut) return new Promise<never>(() => undefined)
    if (!this.#isFlying || this.#isTaskDone) throw new Error('think() after its task had ended')
    const wait = parseWait(String(pause))
    if ('problem' in wait || wait.value.kind === 'pacing' || wait.value.kind === 'throughput')
      throw new TypeError(`think needs a pause such as 1s or 0.5s-2s, got "${pause}"`)
    const untilUs = nextDueUs(wait.value, 0, this.#script.nowUs(), this.#random)
    return new Promise((resolve) => {
      this.#pauses.add({ untilUs, resolve })
      this.deadlineMoved()
    })
  }

  #http(): Http {
    const request = (method: string, url: string, options?: RequestOptions): Promise<Response> =>
      this.#send(method, url, options)
    const by = (method: string): Send =>
      ((url: string, options?: RequestOptions) => this.#send(method, url, options)) as Send
    return {
      get: by('GET'),
      head: by('HEAD'),
      post: by('POST'),
      put: by('PUT'),
      patch: by('PATCH'),
      delete: by('DELETE'),
      options: by('OPTIONS'),
      request: request as Http['request'],
    }
  }
}
