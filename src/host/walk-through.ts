/** Lets one user do each of its tasks once, and reports every step. */
import { resolve } from 'node:path'
import type { LogEntry } from '../core/measure/task-log.ts'
import type { Options } from '../core/options/options.ts'
import type { ClosedPlan, Plan } from '../core/plan/plan.ts'
import type { ScenarioPlan } from '../core/scenario/script-plan.ts'
import type { Step } from '../core/request/transcript.ts'
import { CorerushError, EXIT } from '../errors.ts'
import { LEAD_S, monotonicUs } from '../protocol.ts'
import { readScenarios } from '../scenario/file.ts'
import type { SetUp } from '../scenario/setup.ts'
import { hireCrew } from './crew.ts'
import { readFeeder } from './files/feeder-files.ts'
import { toStderr } from './output-set.ts'
import { planRun } from './run-plan.ts'
import type { HireHere, Workforce, WorkforceEvents } from './workforce.ts'

/** Between two tasks, so that no further one begins before the main thread has heard of a failed `onStart`. */
const PAUSE_S = 0.1

/** What options say of a load, and what it is held against, is for runs. */
const NO_LOAD: Options = {
  users: undefined,
  rate: undefined,
  stages: undefined,
  spawnRate: undefined,
  rampUp: undefined,
  wait: undefined,
  arrival: undefined,
  maxUsers: undefined,
  connections: undefined,
  streams: undefined,
  onFull: undefined,
  duration: undefined,
  requests: undefined,
  iterations: undefined,
  warmup: undefined,
  thresholds: undefined,
  baseline: undefined,
  allow: undefined,
  captureFailures: undefined,
  sampleRequests: undefined,
}

/** Resolves to the plan of these options, with one user of each scenario at a time, however many they say. */
export async function planDebug(options: Options, file: string): Promise<Plan> {
  const script = await readScenarios(resolve(file), options.set)
  const scenarios = script.scenarios.map((one) => ({ ...one, users: null }))
  return planRun({ ...options, ...NO_LOAD, scenario: file }, { ...script, scenarios, stages: null })
}

/**
 * Carries out each task of a scenario of the plan once, with what the setups returned. Resolves to whether every task ended without an error, and
 * every request succeeded; rejects with a CorerushError if the worker dies.
 */
export async function debugScenario(
  plan: Plan,
  scenario: ScenarioPlan,
  onStep: (step: Step) => void,
  data: SetUp['data'] = [],
): Promise<boolean> {
  const walk = new WalkThrough(plan, scenario, { onStep, data, hire: hireCrew({ isWatched: true }) })
  try {
    return await walk.toEnd()
  } finally {
    await walk.dismiss()
  }
}

interface WalkParts {
  readonly onStep: (step: Step) => void
  readonly data: SetUp['data']
  readonly hire: HireHere
}

/** One user on its way through its tasks. */
class WalkThrough implements WorkforceEvents {
  readonly #onStep: (step: Step) => void
  readonly #workforce: Workforce
  #isWell = true
  #death: string | null = null

  constructor(plan: Plan, scenario: ScenarioPlan, { onStep, data, hire }: WalkParts) {
    this.#onStep = onStep
    const feeders = plan.scenario!.feeders.map((feeder) => readFeeder(feeder))
    this.#workforce = hire(planOnce(plan, scenario), feeders, this, data)
  }

  async toEnd(): Promise<boolean> {
    await this.#workforce.ready
    this.#workforce.start(monotonicUs() + LEAD_S * 1e6)
    await this.#workforce.finished
    if (this.#death === null) return this.#isWell
    throw new CorerushError('CORERUSH_CREW', `the worker died: ${this.#death}`, { exitCode: EXIT.unexpected })
  }

  dismiss(): Promise<void> {
    return this.#workforce.dismiss()
  }

  watched(step: Step): void {
    this.#onStep(step)
    if (step.type === 'exchange') this.#isWell &&= step.exchange.outcome === 'ok'
    else if (step.type === 'ended' && step.error !== null) {
      this.#isWell = false
      // No task begins after an onStart that failed.
      if (step.task.endsWith('onStart')) this.#workforce.stop(0)
    }
  }

  logged(entries: readonly LogEntry[]): void {
    for (const entry of entries) toStderr(entry)
  }

  exhausted(): void {
    this.#workforce.stop(null)
  }

  stopRun(): void {
    this.#workforce.stop(0)
  }

  deserted(): void {
    this.#workforce.stop(0)
  }

  stuck(isStuck: boolean): void {
    if (isStuck) this.#workforce.stop(0)
  }

  nearHeapLimit(): void {
    // It is over before that matters.
  }

  lost(_: number, message: string): void {
    this.#death = message
  }

  snapshot(): void {
    // The steps are all that is shown.
  }

  ended(): void {
    // The steps have shown how.
  }
}

/** Returns the same plan with one user of this scenario, each of its tasks once and in their order. */
function planOnce(plan: Plan, scenario: ScenarioPlan): ClosedPlan {
  const wait = { kind: 'constant', seconds: PAUSE_S } as const
  const alone = { ...scenario, users: null, isSequence: true, groups: [], wait }
  return {
    ...plan,
    model: 'closed',
    workers: 1,
    wait,
    stages: [{ fromUsers: 1, toUsers: 1, durationS: 0 }],
    durationS: null,
    requests: null,
    iterations: scenario.tasks.length,
    warmupS: 0,
    warmupAuto: false,
    until: [],
    scenario: { ...plan.scenario!, scenarios: [alone] },
  }
}
