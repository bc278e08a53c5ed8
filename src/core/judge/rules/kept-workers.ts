/**
 * Seconds of many workers in few: a row keeps the workers that are worst in anything that a rule of the verdict asks for, or a
 * page shows, and sums over all. Rules ask for the worst and for sums, so the verdict stays the same.
 */
import type { AgentFacts } from '../../measure/host-facts.ts'
import { ownWorkers } from '../../measure/agent-utilization.ts'
import type { SecondRow } from '../../measure/second.ts'
import type { WorkerVitals } from '../../measure/worker-vitals.ts'
import type { Plan } from '../../plan/plan.ts'
import { PACE_MISSED, STALLED_MS, TIMER_MS } from './limits.ts'
import { delaysOf, Parts, stoodStillS } from './missing-load.ts'
import { demand, lateness, ownDelayMs, startLateness } from './pace.ts'
import { isAway, longestMs } from './stalls.ts'

/** A run of more workers keeps only the worst of each second. */
export const MOST_KEPT_WHOLE = 64

type Measure = (worker: WorkerVitals, row: SecondRow) => number

/** What is not asked for at all. */
const NOT = -Infinity

/** What rules look at in the workers of all hosts. */
const measuresOf = (plan: Plan): readonly Measure[] => [
  demand,
  (worker, row) => lateness(plan, row, worker),
  ...(plan.model === 'closed'
    ? [(worker: WorkerVitals, row: SecondRow): number => startLateness(plan, row, worker)]
    : []),
  // A pace is missed by lateness together with either of these.
  (worker, row) => (lateness(plan, row, worker) > PACE_MISSED ? demand(worker) : NOT),
  (worker, row) => (lateness(plan, row, worker) > PACE_MISSED ? ownDelayMs(plan, row, worker) : NOT),
  ({ awayMs }) => awayMs ?? NOT,
  longestMs,
  (worker) => (isAway(worker) ? NOT : longestMs(worker)),
  ({ gcMs }) => gcMs,
  ({ gcMaxMs }) => gcMaxMs,
  ({ loopDelayMs, waitSpreadMs }) => Math.max(loopDelayMs?.max ?? 0, waitSpreadMs?.p99 ?? 0),
  // For views.
  ({ lagMs }) => lagMs?.p99 ?? NOT,
  ({ heapBytes }) => heapBytes,
]

/** What is looked at on each host by itself. */
const OF_EACH_HOST: readonly Measure[] = [
  ({ utilization }) => utilization,
  ({ runQueueMs }) => runQueueMs ?? NOT,
]

/** Prunes the settled seconds of a run on several hosts, which come in their order. */
export class KeptWorkers {
  readonly #plan: Plan
  readonly #agents: readonly Pick<AgentFacts, 'workers'>[]
  readonly #measures: readonly Measure[]
  readonly #parts: Parts
  readonly #all: ReturnType<typeof delaysOf>
  readonly #long: ReturnType<typeof delaysOf>

  constructor(plan: Plan, agents: readonly Pick<AgentFacts, 'workers'>[]) {
    this.#plan = plan
    this.#agents = agents
    this.#measures = measuresOf(plan)
    this.#parts = Parts.of(plan)
    this.#all = delaysOf(plan, 0)
    this.#long = delaysOf(plan, TIMER_MS)
  }

  /** The second with the workers that are kept, and sums over all. */
  readonly prune = (row: SecondRow): SecondRow => {
    if (this.#plan.workers <= MOST_KEPT_WHOLE) return row
    const { workers, phase } = row
    const kept = new Set<number>()
    for (const measure of this.#measures) keepWorst(kept, workers, row, measure)
    for (const agent of this.#agents)
      for (const measure of OF_EACH_HOST) keepWorst(kept, ownWorkers(agent, workers), row, measure)
    // A stop that outlasts the load is counted for each worker by itself.
    if (phase === 'drain') for (const one of workers) if (longestMs(one) > STALLED_MS) kept.add(one.worker)
    // What is not load takes nothing from it.
    const nothing = { lost: 0, seconds: 0 }
    const isLoad = phase === 'load'
    return {
      ...row,
      workers: workers.filter(({ worker }) => kept.has(worker)),
      workersSummary: {
        count: workers.length,
        cpu: workers.reduce((sum, { cpu }) => sum + (cpu ?? 0), 0),
        stoodStillS: stoodStillS(row, this.#parts),
        delays: {
          all: isLoad ? this.#all.second(row) : nothing,
          long: isLoad ? this.#long.second(row) : nothing,
        },
      },
    }
  }
}

/** Keeps the worker of which the measure is largest; of equals the first by number, as rules name it. */
function keepWorst(kept: Set<number>, workers: readonly WorkerVitals[], row: SecondRow, of: Measure): void {
  let worst: WorkerVitals | null = null
  let most = NOT
  for (const worker of workers) {
    const value = of(worker, row)
    if (value === NOT || value < most || (value === most && worst !== null && worker.worker >= worst.worker))
      continue
    worst = worker
    most = value
  }
  if (worst !== null) kept.add(worst.worker)
}
