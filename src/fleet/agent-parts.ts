/** What an agent is made of: its carrier, its time, its host, and what its owner allows. Tests bring others. */
import type { AgentPolicy } from '../core/fleet/agent-policy.ts'
import type { HostReport } from '../core/measure/host-facts.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { HostVitalSigns } from '../host/machine/host-vitals.ts'
import type { Workforce, WorkforceEvents } from '../host/workforce.ts'
import type { Bus } from './bus.ts'
import type { Unpacked } from './cargo.ts'
import type { Card } from './messages.ts'
import type { Time } from './time.ts'

/** A workforce whose clock can be steered. */
export interface AgentCrew extends Workforce {
  slew(ppm: number): void
}

/** Hires the workers of an agent: `count` of the plan's shares, from `base` on. */
export type HireShares = (
  plan: Plan,
  supplies: Omit<Unpacked, 'plan'>,
  events: WorkforceEvents,
  how: {
    readonly shares: { readonly base: number; readonly count: number }
    readonly tickets: SharedArrayBuffer | null
    readonly lease: SharedArrayBuffer
  },
) => AgentCrew

export interface AgentParts {
  readonly bus: Bus
  readonly time: Time
  readonly realm: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly version: string
  readonly host: HostReport
  readonly workers: number
  readonly spareDescriptors: number | null
  readonly soundPerS: Readonly<Record<string, number>> | null
  readonly policy: AgentPolicy
  /** How safe its connection is. */
  readonly link: Card['link']
  readonly hire: HireShares
  /**
   * Checks that this host can carry its part of the plan, and waits for the target if the plan says so; resolves to
   * warnings. Rejects with a CorerushError if it cannot.
   */
  readonly prepare: (plan: Plan, part: number, signal: AbortSignal) => Promise<string[]>
  /** Begins to watch the host's vitals. */
  readonly watch: () => HostVitalSigns
  readonly log: (text: string) => void
  /** Whether it leaves after the first claim that was carried out. */
  readonly isOnce: boolean
}
