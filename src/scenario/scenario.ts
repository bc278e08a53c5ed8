/** A scenario: what one kind of user does. */
import { messageOf } from '../errors.ts'
import type { Duration } from '../core/units.ts'
import type { Wait } from '../core/load/wait-time.ts'
import type { Feeder } from './feeder.ts'
import type { Http } from './http.ts'
import type { RandomStream } from './random.ts'

/** What `setup` is given. */
export interface SetupContext {
  /** Where requests with a path go. */
  readonly baseUrl: string
  /** Aborted when the time of `--setup-timeout` is over, or the run is ended: `fetch(url, { signal })`. */
  readonly signal: AbortSignal
}

/** A request that has ended, as `onRequest` sees it. */
export interface RequestEvent {
  /** The name under which it is reported. */
  readonly name: string
  readonly method: string
  /** The URL of its last request, which redirects may have led to; with everything that is a secret in it. */
  readonly url: string
  readonly ok: boolean
  /** 0 if no response came. */
  readonly status: number
  /** Why it failed; empty if it did not. */
  readonly error: string
  /** From when its network work began to its end, in milliseconds; 0 if nothing was sent. */
  readonly latencyMs: number
  /** Bytes of the body of the last response, as they came over the wire. */
  readonly bytes: number
  /** The number of the user among all users of the run, from 0. */
  readonly user: number
}

/** What a task is given. */
export interface Context<State = undefined, Data = undefined> {
  readonly http: Http
  /** What `onStart` returned for this user. */
  readonly state: State
  /** What `setup` returned, the same for all users of the run; it cannot be changed. */
  readonly data: Data
  /** What the user keeps of the cookies that it is sent; they go with its requests by themselves. */
  readonly cookies: UserCookies
  /** The number of the user among all users of the run, from 0. */
  readonly user: number
  /** The user's own seeded stream of numbers in [0, 1); `random.pick`, `random.int` and `random.sample` draw from it. */
  readonly random: RandomStream
  /** A pause within a task: `1s`, or evenly spread over `0.5s-2s`. */
  readonly think: (pause: Duration) => Promise<void>
  /** The next row of a feeder. */
  readonly take: <Row>(feeder: Feeder<Row>) => Row
  /**
   * Measures several requests as one: runs the function and resolves to what it returns. It has a row of its own in every
   * output; its duration includes pauses. It fails if the function throws or one of its requests fails.
   */
  readonly transaction: <T>(name: string, run: () => T | Promise<T>) => Promise<T>
  /** Ends the task, and the user's stay in the group that the task is in. */
  readonly leave: () => never
  /** Ends the task, and then the user: its `onStop` runs, and no further task. */
  readonly stopUser: () => never
  /** Ends the task, and then the load of the whole run, as its duration would; the report says why. */
  readonly stopRun: (reason?: string) => never
}

/** A user's cookies, of the scenario's base URL where no other is given. */
export interface UserCookies {
  /** The value of the cookie that is sent to this URL. */
  get(name: string, url?: string): string | undefined
  /** Keeps a cookie as if this URL had sent it: `name=value; Path=/`. */
  set(cookie: string, url?: string): void
  clear(): void
}

/** Returns the seconds that a user waits before its next task, from 0 to 3600. */
export type OwnWait = (context: Pick<Context<never>, 'random' | 'user'>) => number

export type Task<State = undefined, Data = undefined> = (context: Context<State, Data>) => unknown

/** A task with a weight or tags. */
export interface DescribedTask<State = undefined, Data = undefined> {
  /** Twice the weight, twice as often; 0 leaves it out. @default 1 */
  readonly weight?: number | undefined
  /** What `--tags` and `--exclude-tags` choose by. */
  readonly tags?: readonly string[] | undefined
  readonly run: Task<State, Data>
}

/** Tasks of their own choice: a user that has entered the group stays in it until one of its tasks calls `leave()`. */
export interface TaskGroup<State = undefined, Data = undefined> {
  /** As of a task. @default 1 */
  readonly weight?: number | undefined
  /** Tags of all tasks in it. */
  readonly tags?: readonly string[] | undefined
  /** How the next of its tasks is chosen: by chance, as their weights say, or one after the other. @default weights */
  readonly order?: 'weights' | 'sequence' | undefined
  /** Tasks, and groups within the group, to any depth. */
  readonly tasks: Tasks<State, Data>
}

export interface Tasks<State, Data = undefined> {
  readonly [name: string]: Task<State, Data> | DescribedTask<State, Data> | TaskGroup<State, Data>
}

export interface ScenarioDefinition<State = undefined, Data = undefined> {
  /** What it is called beside the other scenarios of its file. */
  readonly name?: string | undefined
  /** The weight among several scenarios: twice the weight, twice the users; 0 leaves it out. @default 1 */
  readonly weight?: number | undefined
  /** The exact number of users of this scenario among several; the others share the rest by weight. */
  readonly users?: number | undefined
  /** Where requests with a path go, such as `http://127.0.0.1:8080/api`; `--url` replaces it. @default that of another scenario of the file */
  readonly baseUrl?: string | undefined
  /** Headers of all requests; `--header`, `http.headers` and a request replace those of the same name. */
  readonly headers?:
    Readonly<Record<string, string>> | readonly string[] | Headers | ReadonlyMap<string, string> | undefined
  /** Most redirects to follow, `false` for none; `--max-redirects` replaces it. @default false */
  readonly redirects?: number | boolean | undefined
  /** Longest time from sent to done; `--timeout` replaces it. @default 30s */
  readonly timeout?: Duration | undefined
  /** Longest time until a connection is established; `--connect-timeout` replaces it. @default 10s */
  readonly connectTimeout?: Duration | undefined
  /** Trust every certificate; `--insecure` and `--ca` replace it. @default false */
  readonly insecure?: boolean | undefined
  /** Certificate authorities to trust: PEM, or a file relative to this one; `--ca` replaces it. @default the system's */
  readonly ca?: string | Uint8Array | undefined
  /** Client certificate: PEM, or a file relative to this one. Needs `key`; `--cert` replaces it. */
  readonly cert?: string | Uint8Array | undefined
  /** Key of the client certificate: PEM, or a file relative to this one; `--key` replaces it. */
  readonly key?: string | Uint8Array | undefined
  /** HTTP proxy, `http://user:password@proxy:3128`; `--proxy` replaces it. */
  readonly proxy?: string | undefined
  /** Speak HTTP/2; `--http2` and `--no-http2` replace it. @default false */
  readonly http2?: boolean | undefined
  /** The pause of a user between two tasks, or a function that returns its seconds; `--wait` replaces it. @default none */
  readonly wait?: Wait | OwnWait | undefined
  /**
   * Runs once before the load, in the main thread, with `fetch` and all of Node; what it returns must be JSON and is the
   * `data` of every user. When it throws, nothing is sent. Stands before the fields that use `data`, so that its type is known.
   */
  readonly setup?: ((context: SetupContext) => Data | Promise<Data>) | undefined
  /** Runs once after the load, in the main thread, however the load ended. When it throws, the exit code is 1 in place of 0. */
  readonly teardown?: ((context: SetupContext & { readonly data: Data }) => unknown) | undefined
  /** Before the user's first task; what it returns is the user's state. When it throws, it is tried again in place of the next task. */
  readonly onStart?:
    ((context: Omit<Context<undefined, Data>, 'state'>) => State | Promise<State>) | undefined
  /** When the user's life is over: the plan takes it down, it stops itself, or the load ends. No iteration; its requests count. */
  readonly onStop?: Task<State, Data> | undefined
  /** How the next task is chosen: by chance, as their weights say, or one after the other. @default weights */
  readonly order?: 'weights' | 'sequence' | undefined
  /**
   * The load over time, as `--stage` has it: `['30s:100', '1m:100']`, or what `shape` makes of a function. Of several
   * scenarios one says it for all; `--users`, `--rate` and `--stage` replace it.
   */
  readonly stages?: string | readonly string[] | undefined
  /** Whether each user keeps cookies and sends them back. @default true */
  readonly cookies?: boolean | undefined
  /** Whether requests ask for compressed responses, which are decoded when a task reads them. @default `--compressed` */
  readonly compressed?: boolean | undefined
  /**
   * Called by each worker after each request of its users has ended, redirects included, before the task goes on. Each event
   * is a new object. It must not be async; what it throws is a task error, and fails neither the request nor the iteration.
   */
  readonly onRequest?: ((event: RequestEvent) => unknown) | undefined
  readonly tasks: Tasks<State, Data>
}

const MARK = Symbol.for('corerush.scenario')

/** A scenario as it is run: whatever its users' state is, only its own functions see it. */
export interface Scenario {
  readonly [MARK]: true
  readonly definition: ScenarioDefinition<unknown, unknown>
}

/** Describes what a user does; a scenario file default-exports it. */
export const scenario = <State = undefined, Data = undefined>(
  definition: ScenarioDefinition<State, Data>,
): Scenario => ({
  [MARK]: true,
  definition: definition as ScenarioDefinition<unknown, unknown>,
})

/** Whether this is what `scenario()` returned, here or in another copy of this module. */
export const isScenario = (value: unknown): value is Scenario =>
  typeof value === 'object' && value !== null && MARK in value

/** Ends the task as an error with this message. */
export function fail(message: string): never {
  throw new TaskFailure(messageOf(message))
}

/** Ends the task as an error with this message, unless the condition holds. */
export function check(condition: unknown, message: string): asserts condition {
  if (!condition) fail(message)
}

/** What `fail` and `check` throw. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure'
}
