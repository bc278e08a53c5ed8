/** A whole run without threads: every worker's load on one virtual clock, against one simulated network each. */
import type { Amendment } from '../../src/core/plan/amendment.ts'
import { KnownSecrets } from '../../src/core/request/known-secrets.ts'
import type { Plan } from '../../src/core/plan/plan.ts'
import { mergeTally, Tally } from '../../src/core/measure/tally.ts'
import type { Snapshot } from '../../src/core/measure/second.ts'
import type { ScriptPlan } from '../../src/core/scenario/script-plan.ts'
import type { Wait } from '../../src/core/load/wait-time.ts'
import { planOf } from '../../src/scenario/definition.ts'
import { scenario, type ScenarioDefinition } from '../../src/scenario/scenario.ts'
import { sharesOf, type Share } from '../../src/core/share.ts'
import { ringMemory, RowReader } from '../../src/core/measure/request-rows.ts'
import { Load, type LoadParts } from '../../src/worker/load.ts'
import type { Feed } from '../../src/worker/user/feed.ts'
import type { Scripted } from '../../src/worker/scenario/script.ts'
import { scriptedUsers } from '../../src/worker/scenario/scripted-users.ts'
import { Recorder } from '../../src/worker/record/recorder.ts'
import { RequestLog } from '../../src/worker/record/request-log.ts'
import { ownCounters } from '../../src/host/ticket-counters.ts'
import { ticketsOf } from '../../src/worker/schedule/tickets.ts'
import { Turn } from '../../src/worker/time/turn.ts'
import type { VitalSigns } from '../../src/worker/record/vitals.ts'
import { SimulatedTransport, VirtualClock, type Answer, type Sent } from './virtual.ts'

/** A thread that has nothing to say of itself. */
export const STILL: VitalSigns = {
  read: () => ({
    idleMs: 0,
    activeMs: 0,
    gcMs: 0,
    gcMaxMs: 0,
    onCoreMs: null,
    runQueueMs: null,
    slices: null,
    heapBytes: 1e6,
  }),
  heapLimitBytes: 1e9,
  runQueueUs: () => 0,
  close: () => undefined,
}

function scriptPlan(
  definitions: readonly ScenarioDefinition<unknown, unknown>[],
  wait: Wait | null,
): ScriptPlan {
  const { plan, problems } = planOf('/s.ts', definitions)
  if (plan === null) throw new Error(problems.join('\n'))
  return { ...plan, sha256: '', scenarios: plan.scenarios.map((one) => ({ ...one, wait: one.wait ?? wait })) }
}

export class Simulation {
  /** Loads begin a moment before the start instant, as they do in a worker. */
  readonly clock = new VirtualClock(-1000)
  readonly snapshots: Snapshot[] = []
  readonly loads: Load[] = []
  readonly networks: SimulatedTransport[] = []
  /** Records of requests that workers have handed over, if the plan has them. */
  readonly readers: RowReader[] = []
  /** What tasks and schedules asked of the run. */
  readonly asked: string[] = []
  readonly #recorders: Recorder[] = []
  #drained = 0

  constructor(
    plan: Plan,
    answer: (request: Sent) => Answer = () => ({ afterUs: 5000 }),
    {
      workers = 1,
      script,
      data: dataIn,
      feeds: feedsIn = () => new Map(),
      setUp = [],
      replay,
      ringRows,
      makesSpans = true,
      ...ways
    }: {
      /** Records of requests for which a worker has room. */
      ringRows?: number
      makesSpans?: boolean
      workers?: number
      /** What users do instead of the plan's request: one scenario, or several. */
      script?: ScenarioDefinition<unknown, unknown> | readonly ScenarioDefinition<unknown, unknown>[]
      /** The rows whose columns are placeholders, of a worker. */
      data?: (share: Share) => Feed
      /** What the setup of each scenario returned. */
      setUp?: readonly unknown[]
      /** The feeders of a worker. */
      feeds?: (share: Share) => Scripted['feeds']
      /** The log that is replayed. */
      replay?: LoadParts['replay']
      cutsAtOnce?: boolean
      looksFirst?: boolean
    } = {},
  ) {
    const scripts = script === undefined ? [] : [script].flat()
    if (script !== undefined) this.clock.settle = () => new Promise((resolve) => setImmediate(resolve))
    const counters = ownCounters(plan)
    for (const share of sharesOf({ workers, witness: plan.witness })) {
      const { index } = share
      const requestLog = this.#requestLog(plan, share, ringRows)
      const recorder = new Recorder(index, STILL, (snapshot) => {
        requestLog?.flush()
        this.snapshots.push(snapshot)
      })
      const transport = new SimulatedTransport(this.clock, answer, ways)
      const feeds = feedsIn(share)
      const load = new Load({
        plan:
          script === undefined
            ? plan
            : { ...plan, scenario: scriptPlan(scripts, plan.model === 'closed' ? plan.wait : null) },
        secrets: new KnownSecrets(plan),
        scenario:
          script === undefined
            ? null
            : {
                scenarios: scripts.map((one) => scenario(one)),
                feeds,
                data: setUp,
                log: null,
                newCookies: null,
                watch: null,
                stopRun: (reason) => this.asked.push(`stopRun ${reason}`),
                deserted: () => this.asked.push(`deserted ${index}`),
                makerOf: scriptedUsers,
              },
        data:
          dataIn === undefined
            ? null
            : {
                feed: dataIn(share),
                spent: () => this.asked.push(`spent ${index}`),
                deserted: () => this.asked.push(`deserted ${index}`),
              },
        ...(replay === undefined ? {} : { replay }),
        ...(requestLog === null ? {} : { requestLog }),
        makesSpans,
        share,
        clock: this.clock,
        transport,
        transportOf: () => transport,
        recorder,
        turn: new Turn(this.clock.nowUs, this.clock.nowUs),
        tickets: ticketsOf({ plan, tickets: counters }, () => undefined),
        stuck: (isStuck) => this.asked.push(`${isStuck ? 'stuck' : 'not stuck'} ${index}`),
      })
      void load.drained.then(() => {
        this.#drained++
        this.snapshots.push(recorder.finish(this.clock.nowUs()))
        requestLog?.flush()
      })
      this.#recorders.push(recorder)
      this.networks.push(transport)
      this.loads.push(load)
    }
    for (const recorder of this.#recorders) recorder.begin()
    for (const load of this.loads) load.begin()
  }

  #requestLog({ sampleRequests, seed }: Plan, share: Share, ringRows?: number): RequestLog | null {
    if (sampleRequests === null) return null
    const memory = ringMemory(ringRows)
    const reader = new RowReader(share.index, memory)
    this.readers.push(reader)
    return new RequestLog(memory, sampleRequests, seed, share, (rows) => reader.handed(rows))
  }

  /** Runs to that second of run time. */
  async to(untilS: number): Promise<this> {
    await this.clock.runTo(untilS * 1e6)
    return this
  }

  /** All requests of all workers, in the order in which they were sent. */
  get sent(): readonly Sent[] {
    return this.networks.flatMap(({ sent }) => sent).sort((a, b) => a.atUs - b.atUs)
  }
  get sentMs(): readonly number[] {
    return this.sent.map(({ atUs }) => atUs / 1000)
  }
  get isDrained(): boolean {
    return this.#drained === this.loads.length
  }

  /** One count, summed over all snapshots and names. */
  count(field: 'sent' | 'finished' | 'finishedInLoad' | 'succeeded' | 'failed' | 'unfinished'): number {
    let n = 0
    for (const { tally } of this.snapshots) for (const request of tally.requests) n += request[field]
    return n
  }

  /** Everything that all snapshots say, merged. */
  get total(): Tally {
    const total = new Tally({ wide: true })
    for (const { tally } of this.snapshots) mergeTally(total, tally)
    return total
  }

  /** Ends the load of every worker at this instant, or when the last request is done. */
  stop(loadEndS: number | null): void {
    for (const load of this.loads) load.stop(loadEndS)
  }

  /** Changes the load of every worker. */
  amend(amendment: Amendment): void {
    for (const load of this.loads) load.amend(amendment)
  }

  /** How the requests ended, each outcome with its number. */
  get outcomes(): Readonly<Record<string, number>> {
    const outcomes: Record<string, number> = {}
    for (const { tally } of this.snapshots)
      for (const request of tally.requests)
        for (const [outcome, n] of request.outcomes) outcomes[outcome] = (outcomes[outcome] ?? 0) + n
    return outcomes
  }
}
