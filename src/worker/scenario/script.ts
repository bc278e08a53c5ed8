/** What the users of a worker share of their scenario: its functions, the choice of tasks, the requests made ready. */
import type { Plan } from '../../core/plan/plan.ts'
import { chooser, type ScenarioPlan } from '../../core/scenario/script-plan.ts'
import { branchesOf, type Branch } from '../../core/scenario/task-walk.ts'
import type { Wait } from '../../core/load/wait-time.ts'
import type { Feeder } from '../../scenario/feeder.ts'
import type { OwnWait, RequestEvent, Scenario, Task, Tasks } from '../../scenario/scenario.ts'
import type { Cookies } from '../call/cookies.ts'
import type { Clock } from '../time/clock.ts'
import type { Feed } from '../user/feed.ts'
import type { Requests } from './requests.ts'
import type { TaskLog } from './task-log.ts'
import { TransactionNames } from './transactions.ts'
import type { Watch } from './watch.ts'

export interface NamedTask {
  readonly name: string
  readonly run: Task<unknown, unknown>
  /** Whether it is in a group, which it can leave. */
  readonly isGrouped?: boolean
}

/** What the users do, where a scenario file says it, and what they may ask of the run. */
export interface Scripted {
  /** All of the file, in their order. */
  readonly scenarios: readonly Scenario[]
  readonly feeds: ReadonlyMap<Feeder<unknown>, Feed>
  /** What the setup of each scenario returned, by its place in the file. */
  readonly data: readonly unknown[]
  /** The cookies of one user; `null` if users keep none. */
  readonly newCookies: (() => Cookies) | null
  /** `null` unless every step is reported. */
  readonly watch: Watch | null
  /** Ends the load of the whole run. */
  readonly stopRun: (reason: string | null) => void
  /** What tasks write to the console; `null` if it goes where it goes. */
  readonly log: TaskLog | null
  /** No user of this share will ever come back, and not because the plan says so. */
  readonly deserted: () => void
}

/** Apart from the streams of users' waits, which have their numbers; those of further scenarios of one user follow. */
const TASK_STREAM = 0x40_0000
const NEXT_STREAM = 0x10_0000

export interface ScriptParts extends Scripted {
  readonly plan: Plan
  readonly planned: ScenarioPlan
  /** Shared by all scripts of the worker. */
  readonly requests: Requests
  readonly clock: Clock
}

export class Script {
  /** `null` if it has none, as the only one of its file. */
  readonly name: string | null
  readonly requests: Requests
  readonly nowUs: () => number
  readonly seed: number
  /** Where the streams of its users' tasks begin. */
  readonly stream: number
  readonly feeds: ReadonlyMap<Feeder<unknown>, Feed>
  /** Between two iterations, in the closed model. */
  readonly wait: Wait
  /** The function that decides each wait; `null` if `wait` does. */
  readonly ownWait: OwnWait | null
  /** Runs before a user's first task; `null` if there is nothing to do. */
  readonly onStart: NamedTask | null
  /** Runs when a user's life is over; `null` if there is nothing to do. */
  readonly onStop: NamedTask | null
  /** Ends the load of the whole run. */
  readonly stopRun: (reason: string | null) => void
  /** The cookies of one user; `null` if users keep none. */
  readonly newCookies: (() => Cookies) | null
  /** `null` unless every step is reported. */
  readonly watch: Watch | null
  readonly tasks: readonly NamedTask[]
  /** Whether its requests ask for compressed responses, unless they say otherwise. */
  readonly isCompressed: boolean
  /** Called after each request; `null` without one. */
  readonly onRequest: ((event: RequestEvent) => unknown) | null
  /** The name under which its errors are counted. */
  readonly hookName: string
  /** What its setup returned. */
  readonly data: unknown
  /** The tasks in their groups; `null` if there are none. */
  readonly branches: Branch | null
  readonly transactionNames = new TransactionNames()
  /** The task of a user's iteration, by its number and by a number in [0, 1). */
  readonly choose: (iteration: number, random: () => number) => number

  constructor({
    plan,
    planned,
    scenarios,
    feeds,
    data,
    requests,
    clock,
    stopRun,
    newCookies,
    watch,
  }: ScriptParts) {
    const { onStart, onStop, onRequest, compressed, tasks, wait } = scenarios[planned.index]!.definition
    this.name = planned.name
    const named = (task: string, run: Task<unknown, unknown>): NamedTask => ({
      name: this.name === null ? task : `${this.name}: ${task}`,
      run,
    })
    this.requests = requests
    this.isCompressed = compressed ?? plan.compressed
    this.onRequest = onRequest ?? null
    this.hookName = this.name === null ? 'onRequest' : `${this.name}: onRequest`
    this.data = data[planned.index]
    this.feeds = feeds
    this.wait = planned.wait ?? { kind: 'none' }
    this.ownWait = this.wait.kind === 'own' && typeof wait === 'function' ? wait : null
    this.nowUs = clock.nowUs
    this.seed = plan.seed
    // Only where arrivals come by the clock, one user follows several.
    this.stream = TASK_STREAM + (plan.model === 'open' ? planned.index * NEXT_STREAM : 0)
    this.stopRun = stopRun
    this.watch = watch
    this.newCookies = planned.keepsCookies ? newCookies : null
    this.onStart = onStart === undefined ? null : named('onStart', onStart)
    this.onStop = onStop === undefined ? null : named('onStop', onStop)
    // The plan says which of the file's tasks are run.
    const runs = tasksIn(tasks)
    this.tasks = planned.tasks.map(({ name, group }) => ({
      ...named(name, runs.get(name)!),
      isGrouped: group !== '',
    }))
    this.branches = branchesOf(planned)
    this.choose = planned.isSequence
      ? (iteration) => iteration % this.tasks.length
      : chooser(planned.tasks.map(({ weight }) => weight))
  }
}

/** The functions of all tasks by their names, which begin with those of their groups. */
function tasksIn(tasks: Tasks<unknown, unknown>, within = ''): Map<string, Task<unknown, unknown>> {
  const runs = new Map<string, Task<unknown, unknown>>()
  for (const [name, task] of Object.entries(tasks))
    if (typeof task === 'function') runs.set(within + name, task)
    else if ('tasks' in task)
      for (const [path, run] of tasksIn(task.tasks, `${within}${name}/`)) runs.set(path, run)
    else runs.set(within + name, task.run)
  return runs
}
