/**
 * The workforce: what does the work of a run. Worker threads of this process do (`crew.ts`), and so can threads of
 * several hosts, or loads on a virtual clock. A run is conducted the same way with each of them.
 */
import type { Heap } from '../core/measure/heap-watch.ts'
import type { AgentFacts, AgentReport, AgentState } from '../core/measure/host-facts.ts'
import type { SecondPart, Snapshot } from '../core/measure/second.ts'
import type { RowReader } from '../core/measure/request-rows.ts'
import type { LogEntry } from '../core/measure/task-log.ts'
import type { Amendment } from '../core/plan/amendment.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { Step } from '../core/request/transcript.ts'
import type { Drained, FeederRows, ReplayFile } from '../protocol.ts'

export interface Workforce {
  /** Resolves when every worker is ready to start; rejects if one cannot get ready. */
  readonly ready: Promise<void>
  /** Resolves when no worker is left at work. */
  readonly finished: Promise<void>
  /** The agents that do the work, as they are now; absent if this process does it. */
  readonly agents?: () => readonly AgentState[]
  /** How far ahead the start and other orders name their instants, in seconds; `LEAD_S` if left out. */
  readonly lead?: { readonly startS: number; readonly orderS: number }
  /** Begins the run at this instant of the shared clock (`monotonicUs`), which lies ahead by the lead. */
  start(atUs: number): void
  /** Why the agents do not carry out a change of the load; `null` if they do. Absent if this process does the work. */
  amendmentProblem?(amendment: Amendment, amended: Plan): string | null
  /** Changes the load from the amendment's run time on; see `ToWorker`. */
  amend(amendment: Amendment): void
  /** Ends the load at this run time, or when the count of the plan is reached if `null`; see `ToWorker`. */
  stop(loadEndS: number | null, gracefulStopS?: number | null): void
  /** Ends all workers at once, and frees what they hold. */
  dismiss(): Promise<void>
}

/** Receives what a workforce reports: nothing before `Hire` returns, and nothing after `finished` resolves. */
export interface WorkforceEvents {
  /** Whether something is done with spans of traced requests, which is so if left out. */
  readonly wantsSpans?: boolean
  /** A whole second of one worker. */
  snapshot(snapshot: Snapshot): void
  /** All tickets of the count are taken. */
  exhausted(count: 'requests' | 'iterations'): void
  /** A task asks for the end of the load; it may ask more than once. */
  stopRun(reason: string | null): void
  /** The heap of a worker is near its limit; it may report that more than once. */
  nearHeapLimit(worker: number, heap: Heap): void
  /** No user is left that will start anything again. */
  deserted(): void
  /** Something of a worker that the report warns of; each may say the same. */
  warned?(text: string): void
  /** A worker has handed over records of requests. */
  recorded?(rows: RowReader): void
  /** What tasks of a worker wrote to the console. */
  logged?(entries: readonly LogEntry[]): void
  /** What is under way in a run that only a count ends will never end, and no user will start anything again; or it may, after all. */
  stuck(isStuck: boolean): void
  /** A worker ended its load because nothing was heard for the lease; see `Assignment`. */
  leaseOver?(): void
  /** A step of a user's task, if the workforce reports them. */
  watched?(step: Step): void
  /** A member, which is a worker or an agent, has drained. Comes once for each that was not lost, after its last second. */
  ended(member: number, drained: Omit<Drained, 'last'>): void
  /** A member died. Comes once for it, after its last second. */
  lost(member: number, message: string): void
}

/** Receives what agents report besides. */
export interface AgentEvents {
  /** A second of an agent, or a part of it. */
  part(part: SecondPart): void
  /** A worker of an agent died in this second. */
  workerLost(agent: number, worker: number, second: number, message: string): void
  /** Something of this agent that the report warns of. */
  warned(text: string): void
  /** An agent does not carry out a change of the load. */
  refusedAgent(name: string, why: string): void
  /** An agent was lost, and the load is to end with it. */
  endWithAgent(name: string): void
  /** What is known of an agent has changed. */
  agentSeen(agent: number, seen: AgentSeen): void
}

/** What is known of an agent while it works. */
export type AgentSeen = Pick<AgentReport, 'clock' | 'stoppedBy'>

/**
 * Hires the workforce of a plan; `feeders` are the rows that the plan's feeders, or its data, have, `data` is what the
 * setup of each scenario returned, as JSON, and `replay` the log that is replayed.
 */
type HireFor<E> = (
  plan: Plan,
  feeders: readonly FeederRows[],
  events: E,
  data?: readonly (string | null)[],
  replay?: ReplayFile | null,
) => Workforce

/** Hires worker threads of this process. */
export type HireHere = HireFor<WorkforceEvents>

/** Hires worker threads of this process, or of agents. */
export interface Hire extends HireFor<WorkforceEvents & AgentEvents> {
  /** The agents whose workers do the work, in the order of their numbers; `undefined` if it is done by this process. */
  readonly agents?: readonly HiredAgent[]
}

/** An agent, and how much its workers were once measured to make soundly; `null` if they were not. */
export interface HiredAgent extends AgentFacts {
  readonly soundPerS: Readonly<Record<string, number>> | null
}
