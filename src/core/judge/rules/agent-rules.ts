/** Runs on several hosts: what is lost with an agent, how well its clock follows, and rules of single hosts for each. */
import type { AgentReport } from '../../measure/host-facts.ts'
import { agentOf } from '../../measure/worker-label.ts'
import { showMs } from '../../units.ts'
import type { Evidence, Reason } from './evidence.ts'
import { CLOCK_LOOSE_MS, CLOCK_USELESS_MS } from './limits.ts'

/** An agent is gone, or ended its load before the run did: void, whatever the plan. */
export function lostAgents({ agents, rows }: Evidence): Reason[] {
  const last = Math.max(0, rows.length - 1)
  return (agents ?? []).flatMap(({ name, lost, stoppedBy }): Reason[] => {
    if (lost === null && stoppedBy === null) return []
    const message =
      lost === null
        ? `agent ${name} ended its load before the run did: ${stoppedBy === 'lease' ? 'it heard nothing of the coordinator for its lease' : 'it was told to end (SIGTERM)'}`
        : `agent ${name} was lost in second ${lost.second} (${lost.message}); what it counted from then on is not in the report`
    return [
      {
        code: 'agent.lost',
        level: 'void',
        message,
        advice: 'look at the log of the agent and at the way between it and the NATS server, and run again',
        agent: name,
        fromS: lost?.second ?? 0,
        toS: Math.max(lost?.second ?? 0, last),
      },
    ]
  })
}

/** By how much the clocks can have differed: which second an event near its edge belongs to. */
export function looseClocks({ agents, rows }: Evidence): Reason[] {
  return (agents ?? []).flatMap(({ name, clock }): Reason[] =>
    clock === null || clock.boundMs <= CLOCK_LOOSE_MS
      ? []
      : [
          {
            code: 'clock.loose',
            level: clock.boundMs > CLOCK_USELESS_MS ? 'suspect' : 'note',
            message: `the clock of agent ${name} may have differed from that of the run by up to ${showMs(clock.boundMs)}: half of a round trip to the coordinator`,
            advice:
              'latencies do not contain it, but seconds and the spacing of arrivals between hosts do: run the coordinator near the agents',
            agent: name,
            fromS: 0,
            toS: Math.max(0, rows.length - 1),
          },
        ],
  )
}

/** A host with its own evidence; the agent is `null` in a run on one host. */
export interface JudgedHost {
  readonly agent: string | null
  readonly evidence: Evidence
}

/** The hosts of a run. On several, each has the seconds that its agent reported, with its own workers and vitals. */
export const hostsOf = (evidence: Evidence): readonly JudgedHost[] =>
  evidence.agents?.map((agent) => ({ agent: agent.name, evidence: hostOf(evidence, agent) })) ?? [
    { agent: null, evidence },
  ]

/** What rules about one host find on each of them. On several hosts what is found names the agent. */
export const onEachHost = (hosts: readonly JudgedHost[], find: (evidence: Evidence) => Reason[]): Reason[] =>
  hosts.flatMap(({ agent, evidence }) => {
    const found = find(evidence)
    if (agent === null) return found
    return found.map((reason) => ({
      ...reason,
      agent,
      ...(reason.worker === undefined ? { message: `agent ${agent}: ${reason.message}` } : {}),
    }))
  })

/** The reason with the agent whose worker it names. */
export function withAgent(reason: Reason, { agents }: Evidence): Reason {
  const { worker } = reason
  const agent = worker === undefined ? null : agentOf(worker, agents ?? [])
  return agent === null ? reason : { ...reason, agent: agent.name }
}

/** The evidence of one agent's host: its seconds, with its own workers and vitals. */
function hostOf(evidence: Evidence, { name, workers: [first, last] }: AgentReport): Evidence {
  const rows = evidence.rows.flatMap((row) => {
    const own = row.agents?.find(({ agent }) => agent === name)
    if (own === undefined) return []
    const workers = row.workers.filter(({ worker }) => worker >= first && worker <= last)
    const { host, sent, finished, users, inFlight, workersCpu: cpu } = own
    const summary = row.workersSummary && { workersSummary: { ...row.workersSummary, cpu } }
    return [{ ...row, ...summary, host, sent, finished, users, inFlight, workers }]
  })
  return { ...evidence, rows }
}
