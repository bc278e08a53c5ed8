/** What the users of a worker share of their scenario: its functions, the choice of tasks, the requests made ready. */
import type { Plan } from '../../core/plan.ts'
import { chooser, type ScenarioPlan } from '../../core/scenario.ts'
import type { Scenario, Task } from '../../scenario/scenario.ts'
import type { Cookies } from '../cookies.ts'
import type { Clock } from '../clock.ts'
import type { Recorder } from '../recorder.ts'
import type { Transport } from '../transport/transport.ts'
import { Requests } from './requests.ts'

export interface NamedTask {
  readonly name: string
  readonly run: Task<unknown>
}

export interface ScriptParts {
  readonly plan: Plan
  readonly planned: ScenarioPlan
  readonly scenario: Scenario
  readonly transport: Transport
  readonly recorder: Recorder
  readonly clock: Clock
  readonly stopRun: (reason: string | null) => void
  readonly newCookies: (() => Cookies) | null
}

export class Script {
  readonly requests: Requests
  readonly nowUs: () => number
  readonly seed: number
  /** Runs before a user's first task; null when there is nothing to do. */
  readonly onStart: NamedTask | null
  /** Runs when a user's life is over; null when there is nothing to do. */
  readonly onStop: NamedTask | null
  /** Ends the load of the whole run. */
  readonly stopRun: (reason: string | null) => void
  /** The cookies of one user; null when users keep none. */
  readonly newCookies: (() => Cookies) | null
  readonly tasks: readonly NamedTask[]
  /** The task of a user's iteration, by its number and by a number in [0, 1). */
  readonly choose: (iteration: number, random: () => number) => number

  constructor({ plan, planned, scenario, transport, recorder, clock, stopRun, newCookies }: ScriptParts) {
    const { onStart, onStop, tasks } = scenario.definition
    this.requests = new Requests(plan, transport, recorder)
    this.nowUs = clock.nowUs
    this.seed = plan.seed
    this.stopRun = stopRun
    this.newCookies = newCookies
    this.onStart = onStart === undefined ? null : { name: 'onStart', run: onStart }
    this.onStop = onStop === undefined ? null : { name: 'onStop', run: onStop }
    // The plan says which of the file's tasks are run.
    this.tasks = planned.tasks.map(({ name }) => {
      const task = tasks[name]!
      return { name, run: typeof task === 'function' ? task : task.run }
    })
    this.choose = planned.isSequence
      ? (iteration) => iteration % this.tasks.length
      : chooser(planned.tasks.map(({ weight }) => weight))
  }
}
