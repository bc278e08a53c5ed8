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
