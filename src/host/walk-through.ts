/** Lets one user do each of its tasks once, and tells every step. */
import { resolve } from 'node:path'
import type { Options } from '../core/options/options.ts'
import type { ClosedPlan, Plan } from '../core/plan/plan.ts'
import type { ScenarioPlan } from '../core/scenario/script-plan.ts'
import type { Step } from '../core/request/transcript.ts'
import { CorerushError, EXIT } from '../errors.ts'
import { readScenarios } from '../scenario/file.ts'
import { Crew } from './crew.ts'
import { readFeeder } from './files/feeder-files.ts'
import { planRun } from './run-plan.ts'

/** Between two tasks, so that no further one begins before the main thread has heard of a failed `onStart`. */
const PAUSE_S = 0.1
const AHEAD_US = 20_000

/** What options say of a load, and what it is held against, is for runs. */
const NO_LOAD: Options = {
  ...{ users: undefined, rate: undefined, stages: undefined, spawnRate: undefined, rampUp: undefined },
  ...{ wait: undefined, arrival: undefined, maxUsers: undefined, onFull: undefined },
  ...{ duration: undefined, requests: undefined, iterations: undefined, warmup: undefined },
  ...{ thresholds: undefined, baseline: undefined, allow: undefined, captureFailures: undefined },
}

/** The plan of these options, one user of each scenario at a time, however many they say they have. */
export async function planDebug(options: Options, file: string): Promise<Plan> {
  const script = await readScenarios(resolve(file))
  const scenarios = script.scenarios.map((one) => ({ ...one, users: null }))
  return planRun({ ...options, ...NO_LOAD, scenario: file }, { ...script, scenarios, stages: null })
}

/** Whether everything went well: every task ended without an error, and every request succeeded. */
export async function debugScenario(
  plan: Plan,
  scenario: ScenarioPlan,
  tell: (step: Step) => void,
): Promise<boolean> {
  const once = planOnce(plan, scenario)
  const feeders = plan.scenario!.feeders.map((feeder) => readFeeder(feeder))
  let isWell = true
  const lost: string[] = []
  const crew = new Crew(
    once,
    {
      snapshot: () => undefined,
      exhausted: () => crew.stop(null),
      stopRun: () => crew.stop(0),
      deserted: () => crew.stop(0),
      watched(step) {
        tell(step)
        if (step.type === 'exchange') isWell &&= step.exchange.outcome === 'ok'
        else if (step.type === 'ended' && step.error !== null) {
          isWell = false
          // Without it there is no task.
          if (step.task.endsWith('onStart')) crew.stop(0)
        }
      },
      ended: () => undefined,
      lost: (_, message) => void lost.push(message),
    },
    { feeders, isWatched: true },
  )
  try {
    await crew.ready
    crew.start(Number(process.hrtime.bigint() / 1000n) + AHEAD_US)
    await crew.finished
  } finally {
    await crew.dismiss()
  }
  if (lost.length > 0)
    throw new CorerushError('CORERUSH_CREW', `the worker died: ${lost.join()}`, { exitCode: EXIT.unexpected })
  return isWell
}

/** The same plan with one user of this scenario, each of its tasks once and in their order. */
function planOnce(plan: Plan, scenario: ScenarioPlan): ClosedPlan {
  const wait = { kind: 'constant', seconds: PAUSE_S } as const
  const alone = { ...scenario, users: null, isSequence: true, wait }
  return {
    ...plan,
    model: 'closed',
    workers: 1,
    wait,
    stages: [{ fromUsers: 1, toUsers: 1, durationS: 0 }],
    durationS: null,
    requests: null,
    iterations: scenario.tasks.length + (scenario.hasStart ? 1 : 0),
    warmupS: 0,
    scenario: { ...plan.scenario!, scenarios: [alone] },
  }
}
