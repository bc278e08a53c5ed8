/** Users with a script over the real transport of a plan, in this process: no threads, no virtual clock. */
import type { RequestPlan } from '../../src/core/request/request.ts'
import type { ClosedPlan } from '../../src/core/plan/plan.ts'
import { KnownSecrets } from '../../src/core/request/known-secrets.ts'
import { mergeTally, Tally } from '../../src/core/measure/tally.ts'
import { planOf } from '../../src/scenario/definition.ts'
import { scenario, type ScenarioDefinition } from '../../src/scenario/scenario.ts'
import { ownCounters } from '../../src/host/ticket-counters.ts'
import { RunClock } from '../../src/worker/time/clock.ts'
import { Load } from '../../src/worker/load.ts'
import { Recorder } from '../../src/worker/record/recorder.ts'
import { newJar } from '../../src/worker/scenario/jar.ts'
import { scriptedUsers } from '../../src/worker/scenario/scripted-users.ts'
import { ticketsOf } from '../../src/worker/schedule/tickets.ts'
import { Addresses } from '../../src/worker/transport/addresses.ts'
import { transportOf } from '../../src/worker/transport-choice.ts'
import { Connector } from '../../src/worker/transport/connector.ts'
import { Turn } from '../../src/worker/time/turn.ts'
import { A_REQUEST, aPlan } from './plan.ts'
import { STILL } from './simulation.ts'

/** Each task once, in order, from one user; returns the tally of all that was sent. */
export async function playOver(
  url: string,
  script: ScenarioDefinition<unknown, unknown>,
  {
    request,
    ...rest
  }: Partial<Omit<ClosedPlan, 'request'>> & { readonly request?: Partial<RequestPlan> } = {},
): Promise<Tally> {
  const { plan: scripted, problems } = planOf('/s.ts', [{ order: 'sequence', ...script }])
  if (scripted === null) throw new Error(problems.join('\n'))
  const plan = aPlan({
    request: { ...A_REQUEST, ...request, url },
    stages: [{ fromUsers: 1, toUsers: 1, durationS: 0 }],
    durationS: null,
    iterations: Object.keys(script.tasks).length,
    ...rest,
    scenario: {
      ...scripted,
      sha256: '',
      scenarios: scripted.scenarios.map((one) => ({ ...one, wait: { kind: 'none' } })),
    },
  })
  const clock = new RunClock()
  const turn = new Turn(clock.nowUs)
  const connector = new Connector(plan, new Addresses(null, clock.nowUs))
  const transport = (await transportOf(plan.transport))({ ...plan, longestIdleS: 0 }, connector, clock, turn)
  const total = new Tally({ wide: true })
  const recorder = new Recorder(0, STILL, ({ tally }) => mergeTally(total, tally))
  const load: Load = new Load({
    plan,
    secrets: new KnownSecrets(plan),
    share: { index: 0, of: 1 },
    scenario: {
      scenarios: [scenario({ order: 'sequence', ...script })],
      feeds: new Map(),
      data: [],
      log: null,
      newCookies: () => newJar((why) => recorder.cookieLost(why, clock.nowUs())),
      watch: null,
      stopRun: () => undefined,
      deserted: () => undefined,
      makerOf: scriptedUsers,
    },
    data: null,
    clock,
    transport,
    transportOf: () => transport,
    recorder,
    turn,
    tickets: ticketsOf({ plan, tickets: ownCounters(plan) }, () => setImmediate(() => load.stop(null))),
  })
  recorder.begin()
  load.begin()
  await load.drained
  mergeTally(total, recorder.finish(clock.nowUs()).tally)
  return total
}
