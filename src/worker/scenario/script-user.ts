/**
 * A user with a script: an iteration is one task, before the first of which `onStart` runs. Its requests go out over its own lines, one connection for each call
 * that it has under way at once. It has one alarm, which all its deadlines and pauses share. When its life is over it
 * runs `onStop`, which is no iteration; should the plan want it again, it begins a new life.
 */
import { isConnectionFailure } from '../../core/request/outcome.ts'
import { seededRandom, type Random } from '../../core/random.ts'
import { LONGEST_OWN_WAIT_S, type Wait } from '../../core/load/wait-time.ts'
import { TaskWalk } from '../../core/scenario/task-walk.ts'
import { messageOf } from '../../errors.ts'
import { placeOf, traceOf } from '../../scenario/file.ts'
import type {
  CheckedOptions,
  HeaderSetter,
  RequestOptions,
  Response,
  Stream,
  StreamOptions,
} from '../../scenario/http.ts'
import { randomStream, type RandomStream } from '../../scenario/random.ts'
import type { Feeder } from '../../scenario/feeder.ts'
import type { Context, OwnWait, RequestEvent } from '../../scenario/scenario.ts'
import { described } from '../../scenario/value.ts'
import { BaseUser } from '../user/base-user.ts'
import type { Call, Identity } from '../call/call.ts'
import { Credentials } from '../call/credentials.ts'
import type { Lateness } from '../record/lateness.ts'
import { oneLine } from '../transport/fault.ts'
import type { Exchange, Prepared } from '../transport/transport.ts'
import type { Surroundings, UserOwner } from '../user/user.ts'
import { reading, type ReadBody } from './read-body.ts'
import { contextOf, type Doer } from './context.ts'
import type { Line, LineOwner } from './line.ts'
import { Lines } from './lines.ts'
import { Pauses, pauseUntilUs } from './pauses.ts'
import type { NamedTask, Script } from './script.ts'
import { streamRequest } from './stream-options.ts'
import { StreamReply } from './stream-reply.ts'
import { Transactions } from './transactions.ts'
import { UserHeaders } from './user-headers.ts'
import type { Watch } from './watch.ts'

/** Ends a task that stopped its user or the run; catching it changes nothing of that. */
class Stopped extends Error {
  override readonly name = 'Stopped'
  readonly #isStopped = true

  /** Unlike `instanceof`, this asks nothing of a proxy that a task throws. */
  static is(thrown: unknown): boolean {
    return typeof thrown === 'object' && thrown !== null && #isStopped in thrown
  }
}

/** The task error of what the end of the drain found waiting for nothing that the generator knows. */
const NEVER_ENDED = 'never ended: at the end of the drain it waited neither for a response nor in think()'

const NO_NAMES: readonly string[] = []

/** Characters of a thrown message that are searched for secrets; only the first 200 are kept. */
export const LONGEST_THROWN = 4096

export class ScenarioUser extends BaseUser implements LineOwner, Doer {
  readonly number: number
  readonly random: Random
  readonly #script: Script
  readonly #context: Context<unknown, unknown>
  readonly #lines: Lines
  readonly #pauses = new Pauses()
  readonly #identity: Identity
  #state: unknown = undefined
  /** `onStart` has succeeded, or there is none. */
  #isReady: boolean
  /** `onStart` has succeeded, or a task has begun: there is something to stop. */
  #hasBegun = false
  #doing: 'onStart' | 'task' | 'onStop' = 'task'
  /** When the task of the iteration began, in µs of run time: after `onStart`, where the iteration has one. */
  #taskFromUs = 0
  #iteration = 0
  /** What it runs now, or ran last. */
  #task: NamedTask | null = null
  #isCut = false
  /** The task's own code has ended. */
  #isTaskDone = false
  /** The task threw, or one of its requests failed. */
  #hasFailed = false
  #hasThrown = false
  /** A task has ended its life. */
  #hasStopped = false
  /** Calls of this iteration. */
  #calls = 0
  /** Bodies that are being read for calls of this iteration. */
  #readings = 0
  #isRefused = false
  /** `null` until the user has had a transaction. */
  #transactions: Transactions | null = null
  /** `null` until a task asks for it. */
  #headers: UserHeaders | null = null
  #stream: RandomStream | null = null
  /** Opened by the task; `null` until one is. */
  #streams: StreamReply[] | null = null
  /** `null` without groups of tasks, and before the first task. */
  #walk: TaskWalk | null = null
  /** The task has left its group. */
  #hasLeft = false

  /** `lateness` is that of all that this user does. */
  constructor(
    id: number,
    number: number,
    owner: UserOwner,
    around: Surroundings,
    script: Script,
    usual: Prepared,
    lateness?: Lateness,
  ) {
    super(id, owner, around, lateness)
    this.number = number
    this.#script = script
    const cookies = script.newCookies?.() ?? null
    this.#identity = { headers: null, cookies, credentials: new Credentials(around.plan.proxy) }
    this.random = seededRandom(script.seed, number + script.stream)
    this.#isReady = script.onStart === null
    this.#context = contextOf(this, script.requests, cookies)
    this.#lines = new Lines(id, around, this, usual, this.#identity)
  }

  get wait(): Wait {
    const { ownWait, wait } = this.#script
    return ownWait === null ? wait : this.#ownWait(ownWait)
  }

  get scenario(): string | null {
    return this.#script.name
  }

  get watch(): Watch | null {
    return this.#script.watch
  }

  get data(): unknown {
    return this.#script.data
  }

  headers(): HeaderSetter {
    return (this.#headers ??= new UserHeaders(this.#script.requests.origin))
  }

  stream(): RandomStream {
    return (this.#stream ??= randomStream(this.random))
  }

  get reportsRequests(): boolean {
    return this.#script.onRequest !== null
  }

  /** Calls `onRequest` of the scenario; what that throws fails nothing else. */
  reportRequest(event: Omit<RequestEvent, 'user'>): void {
    const failed = (thrown: unknown): void => this.#failedBeside(this.#script.hookName, thrown)
    try {
      const returned = this.#script.onRequest!({ ...event, user: this.number })
      if (returned instanceof Promise) returned.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  state(): unknown {
    return this.#state
  }

  protected fired(nowUs: number): void {
    this.#lines.wake(nowUs)
    this.#pauses.wake(nowUs)
    // What expired may have ended the iteration, and with it the need for an alarm.
    if (this.isBusy) this.deadlineMoved()
  }

  protected begin(): void {
    const { onStart, nowUs } = this.#script
    this.#calls = 0
    this.#isRefused = false
    const startedUs = nowUs()
    this.started(startedUs)
    if (this.#isReady) this.#beginTask(startedUs)
    else this.#begin('onStart', onStart!, startedUs)
  }

  #beginTask(nowUs: number): void {
    const { tasks, choose, branches } = this.#script
    this.#hasBegun = true
    this.#hasLeft = false
    if (branches !== null) this.#walk ??= new TaskWalk(branches)
    const place = this.#walk?.next(this.random) ?? choose(this.#iteration++, this.random)
    this.#begin('task', tasks[place]!, nowUs)
  }

  #begin(doing: 'onStart' | 'task' | 'onStop', task: NamedTask, nowUs: number): void {
    this.#doing = doing
    this.#task = task
    this.#taskFromUs = nowUs
    if (doing !== 'task') this.around.recorder.lifecycle(doing, 'Started', nowUs)
    this.#isTaskDone = this.#hasFailed = this.#hasThrown = false
    void this.#run(task)
  }

  retire(atUs: number): void {
    const { onStop, nowUs } = this.#script
    if (onStop === null || !this.#hasBegun) {
      this.#end()
      return
    }
    this.around.underWay.startLast()
    this.isBusy = true
    this.#calls = 0
    this.#isRefused = this.#isTaskDone = false
    this.#doing = 'onStop'
    this.#task = onStop
    const go = (): void => this.#begin('onStop', onStop, nowUs())
    if (atUs <= nowUs()) go()
    else this.#pause(atUs, go)
  }

  cut(): void {
    if (!this.isBusy) return
    this.#cutOff()
    this.#isCut = true
    this.#pauses.clear()
    this.#lines.cut()
    this.#land()
  }

  disconnect(): void {
    this.#lines.disconnect()
  }

  deadlineMoved(): void {
    const nextUs = Math.min(this.#pauses.nextUs, this.#lines.nextUs)
    if (nextUs < Infinity) this.around.timers.armUser(this, nextUs)
    else this.around.timers.disarmUser(this)
  }

  firstSent(call: Call, calledUs: number, sentUs: number): void {
    this.countFromDue(call, calledUs, sentUs)
  }

  lineRecorded(waitedUs: number): void {
    this.lateness.waited(waitedUs)
  }

  lineEnded(line: Line, { outcome }: Exchange): void {
    this.#lines.give(line)
    if (outcome !== 'ok') {
      this.#hasFailed = true
      line.transaction?.fail()
    }
    if (outcome !== 'unfinished' && isConnectionFailure(outcome)) this.#isRefused = true
    if (this.#isCut) this.#land()
    // A call that outlived its task: the line has not reported its end yet, nor the transport let go of its connection.
    else if (this.#isTaskDone) queueMicrotask(() => this.#land())
  }

  send(method: string, url: string | URL, options: RequestOptions | CheckedOptions = {}): Promise<Response> {
    if (this.#isCut) return new Promise<never>(() => undefined)
    this.#mustFly(method)
    const body = (options as RequestOptions | null)?.body
    const read = typeof body === 'object' ? reading(body) : null
    return read === null ? this.#send(method, url, options, null) : this.#sendRead(method, url, options, read)
  }

  openStream(url: string | URL, options: StreamOptions = {}): Promise<Stream> {
    if (this.#isCut) return new Promise<never>(() => undefined)
    this.#mustFly('stream()')
    const request = streamRequest(options)
    const stream = new StreamReply({
      request,
      nowUs: this.#script.nowUs,
      mostLength: this.around.plan.maxReadBytes,
      isWatched: this.watch !== null,
    })
    const { body } = request.options
    const read = typeof body === 'object' ? reading(body) : null
    const opened =
      read === null
        ? this.#send(request.method, url, request.options, null, stream)
        : this.#sendRead(request.method, url, request.options, read, stream)
    ;(this.#streams ??= []).push(stream)
    return opened as Promise<Response & Stream>
  }

  /** What the task has opened is read no further when it ends; throws the error of a stream that it forgot. */
  #endStreams(streams: readonly StreamReply[]): void {
    this.#streams = null
    const [forgotten = null] = streams.map((one) => one.taskEnded()).filter((error) => error !== null)
    if (forgotten !== null && !this.#hasStopped) throw forgotten
  }

  /** Sends the request when its body has been read; the iteration waits for that, whether or not its task does. */
  async #sendRead(
    method: string,
    url: string | URL,
    options: RequestOptions | CheckedOptions,
    read: Promise<ReadBody>,
    stream: StreamReply | null = null,
  ): Promise<Response> {
    this.#readings++
    try {
      const body = await read
      if (!this.#isCut) return await this.#send(method, url, options, body, stream)
    } finally {
      this.#readings--
      if (this.#isTaskDone) queueMicrotask(() => this.#land())
    }
    return new Promise<never>(() => undefined)
  }

  #send(
    method: string,
    url: string | URL,
    options: RequestOptions | CheckedOptions,
    read: ReadBody | null,
    stream: StreamReply | null = null,
  ): Promise<Response> {
    const { requests, isCompressed: usual } = this.#script
    const isCompressed = usual && stream === null
    const userNames = this.#headers?.names ?? NO_NAMES
    const ready = requests.ready(method, url, options, { read, isCompressed, userNames })
    if (this.#headers !== null) this.#identity.headers = this.#headers
    const isFirst = this.#calls++ === 0
    const line = this.#lines.take()
    if (this.#transactions !== null) line.transaction = this.#transactions.current
    return line.send(ready, options, isFirst ? this.#firstCalledUs() : null, stream)
  }

  think(pause: string | number): Promise<void> {
    if (this.#isCut) return new Promise<never>(() => undefined)
    this.#mustFly('think()')
    const untilUs = pauseUntilUs(pause, this.#script.nowUs(), this.random)
    return new Promise((resolve) => this.#pause(untilUs, resolve))
  }

  transaction<T>(name: string, run: () => T | Promise<T>): Promise<T> {
    if (this.#isCut) return new Promise<never>(() => undefined)
    this.#mustFly('transaction()')
    const { nowUs, transactionNames } = this.#script
    this.#transactions ??= new Transactions(this.around.recorder, nowUs, transactionNames)
    return this.#transactions.run(name, run, (thrown) => Stopped.is(thrown))
  }

  take(feeder: Feeder<unknown>): unknown {
    this.#mustFly('take()')
    const feed = this.#script.feeds.get(feeder)
    if (feed === undefined)
      throw new TypeError('take needs a feeder that the file makes when it is loaded, not one of a task')
    const taken = feed.take(this.random)
    if (taken !== null) {
      this.around.secrets.addFields(taken.row)
      return taken.row
    }
    const why = `all rows of ${feeder.path} are taken that this worker has`
    if (feed.plan.end === 'error') throw new Error(why)
    return this.around.plan.model === 'open' ? this.stopRun(why) : this.stopUser()
  }

  leave(): never {
    this.#mustFly('leave()')
    if (this.#doing !== 'task' || this.#task?.isGrouped !== true)
      throw new TypeError('leave() outside of a group of tasks')
    if (!this.#hasLeft) this.#walk?.leave()
    this.#hasLeft = true
    throw new Stopped('the user has left the group')
  }

  stopUser(): never {
    this.#mustFly('stopUser()')
    this.#hasStopped = true
    throw new Stopped('the user has stopped')
  }

  stopRun(reason?: string): never {
    this.#mustFly('stopRun()')
    this.#script.stopRun(reason === undefined ? null : this.#shown(messageOf(reason)))
    throw new Stopped('the run is being stopped')
  }

  #mustFly(what: string): void {
    if (!this.isBusy || this.#isTaskDone) throw new Error(`${what} after its task had ended`)
  }

  async #run(task: NamedTask): Promise<void> {
    this.watch?.begins(task.name)
    try {
      const returned = await task.run(this.#context)
      if (this.#streams !== null) this.#endStreams(this.#streams)
      if (this.#doing === 'onStart') {
        this.#state = returned
        this.#isReady = this.#hasBegun = true
      }
      this.watch?.ended(task.name, this.#hasFailed)
    } catch (error) {
      for (const stream of this.#streams ?? []) stream.taskEnded()
      this.#streams = null
      if (Stopped.is(error)) this.watch?.ended(task.name, this.#hasFailed)
      else this.#failed(task, error)
    }
    this.#isTaskDone = true
    this.#land()
  }

  #failed({ name }: NamedTask, error: unknown): void {
    if (this.#isCut) return
    this.#hasFailed = this.#hasThrown = true
    this.#failedBeside(name, error)
  }

  /** Counts an error, which need not be the iteration's. */
  #failedBeside(task: string, error: unknown): void {
    const { plan, recorder } = this.around
    const message = this.#shown(messageOf(error))
    this.watch?.failed(task, message, error)
    const place = placeOf(plan.scenario!.file, error)
    recorder.taskError({ task, message, place }, this.#script.nowUs(), () => traceOf(error))
  }

  /** What a task says, without the secrets that were sent. */
  #shown(text: string): string {
    const { secrets } = this.around
    for (const { request, added } of this.#lines.last) secrets.learn(request, added)
    return oneLine(secrets.hide(text.slice(0, LONGEST_THROWN)))
  }

  /** The drain is over: counts what the user was doing as unfinished, and names what will never end. */
  #cutOff(): void {
    const { recorder } = this.around
    const { name, nowUs } = this.#script
    this.#transactions?.endAll()
    const isStuck = !this.#isTaskDone && this.#lines.areFree && this.#pauses.areOver && this.#readings === 0
    if (this.#doing !== 'onStop') recorder.cutOff(nowUs(), isStuck, name)
    if (!isStuck) return
    if (this.#doing !== 'task') recorder.lifecycle(this.#doing, 'Failed', nowUs())
    recorder.taskError({ task: this.#task!.name, message: NEVER_ENDED, place: null }, nowUs())
    this.watch?.failed(this.#task!.name, NEVER_ENDED, null)
  }

  /** Ends the iteration, or the life, when nothing of it goes on. */
  #land(): void {
    if (!this.isBusy || !this.#lines.areFree || (this.#readings > 0 && !this.#isCut)) return
    if (!this.#isCut && !this.#isTaskDone) return
    this.#transactions?.endAll()
    if (this.#doing !== 'task' && this.#hasFailed && !this.#isCut)
      this.around.recorder.lifecycle(this.#doing, 'Failed', this.#script.nowUs())
    if (this.#doing === 'onStart' && this.#isReady && !this.#isCut && !this.#hasStopped) {
      this.deadlineMoved()
      this.#beginTask(this.#script.nowUs())
      return
    }
    const { underWay, timers } = this.around
    this.isBusy = false
    timers.disarmUser(this)
    if (!this.#isCut) {
      if (this.#doing === 'onStop') this.#end()
      else this.#conclude()
    }
    underWay.end()
  }

  #conclude(): void {
    const doneUs = this.#script.nowUs()
    // The user ended in `onStart`: either that threw, and the iteration failed, or the user or the run stops there.
    if (this.#doing === 'onStart' && !this.#hasThrown) this.skipped(doneUs)
    else this.ended(doneUs, this.#hasFailed, this.#script.name, this.#taskFromUs)
    if (this.#hasStopped) this.retire(doneUs)
    // A task that sent nothing must not keep the loop from everything else.
    else this.next(doneUs, this.#calls > 0 && !this.#isRefused, this.#isRefused)
  }

  /** The life is over; the next one, if there is one, begins with `onStart`. */
  #end(): void {
    const hasStopped = this.#hasStopped
    this.#hasStopped = this.#hasBegun = false
    this.#isReady = this.#script.onStart === null
    this.#state = undefined
    this.#iteration = 0
    this.#walk = null
    this.#identity.cookies?.clear()
    this.#identity.credentials.clear()
    this.#headers?.clear()
    this.owner.retired(this, hasStopped)
  }

  /** Returns the time of an iteration's first call, which is made now; `null` if its latency is service time. */
  #firstCalledUs(): number | null {
    return this.around.plan.model === 'closed' || this.#doing === 'onStop' ? null : this.#script.nowUs()
  }

  /** Asks the scenario's function how long the user waits; what it does wrong is a task error, and a wait of a second. */
  #ownWait(waitOf: OwnWait): Wait {
    const { nowUs, name } = this.#script
    try {
      const seconds: unknown = waitOf({ random: this.stream(), user: this.number })
      if (typeof seconds === 'number' && seconds >= 0 && seconds <= LONGEST_OWN_WAIT_S)
        return { kind: 'constant', seconds }
      throw new TypeError(
        `wait must return seconds from 0 to ${LONGEST_OWN_WAIT_S}, got ${described(seconds)}`,
      )
    } catch (error) {
      const { plan, recorder } = this.around
      const task = name === null ? 'wait' : `${name}: wait`
      const place = placeOf(plan.scenario!.file, error)
      recorder.taskError({ task, message: this.#shown(messageOf(error)), place }, nowUs(), () =>
        traceOf(error),
      )
      return { kind: 'constant', seconds: 1 }
    }
  }

  #pause(untilUs: number, resolve: () => void): void {
    this.#pauses.add(untilUs, resolve)
    this.deadlineMoved()
  }
}
