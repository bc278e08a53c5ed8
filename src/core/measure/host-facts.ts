import type { MachineFacts } from './machine-facts.ts'

/** Facts about the host that matter to the figures. */
export interface HostReport extends MachineFacts {
  readonly node: string
  readonly platform: string
  readonly arch: string
  readonly cpuModel: string
  /** Cores that the process could really use: affinity and CPU quota counted. */
  readonly cores: number
  readonly cpuQuota: number | null
  readonly memoryBytes: number
}

/** An agent of a run on several hosts. */
export interface AgentFacts {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly host: HostReport
  /** The run-wide numbers of its first and its last worker. */
  readonly workers: readonly [first: number, last: number]
}

/** An agent while the run goes on. */
export interface AgentState extends Pick<AgentFacts, 'name' | 'workers'> {
  readonly state: 'running' | 'silent' | 'ended' | 'lost'
  /** Seconds since anything was heard of it. */
  readonly heardS: number
  /** The most that its clock can differ from that of the run, in ms; `null` before the first sample. */
  readonly boundMs: number | null
}

/** An agent as the report has it. */
export interface AgentReport extends AgentFacts {
  /**
   * The most that its clock can have differed from that of the run, for certain, and by how many millionths it was sped
   * up last; `null` if nothing was heard of it.
   */
  readonly clock: { readonly boundMs: number; readonly ratePpm: number } | null
  /** The second in which it was lost, and why; `null` if it was not. */
  readonly lost: { readonly second: number; readonly message: string } | null
  /** What ended its load before the run's did; `null` for nothing. */
  readonly stoppedBy: 'lease' | 'sigterm' | null
}
