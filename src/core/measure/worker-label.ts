/** Labels of workers: a number in a run on one host, the agent and the worker's number there in a run on several. */
import type { AgentFacts } from './host-facts.ts'

/** The agents whose workers a label is about. */
export type Agents = readonly Pick<AgentFacts, 'name' | 'workers'>[]

/** The agent that has this worker, by its run-wide number; `null` if none has it. */
export const agentOf = <A extends Agents[number]>(worker: number, agents: readonly A[]): A | null =>
  agents.find(({ workers: [first, last] }) => worker >= first && worker <= last) ?? null

/** A worker as attributes of what is exported. */
export function workerAttributes(worker: number, agents: Agents): Readonly<Record<string, string | number>> {
  const agent = agentOf(worker, agents)
  return agent === null
    ? { 'corerush.worker': worker }
    : { 'corerush.agent': agent.name, 'corerush.worker': worker - agent.workers[0] }
}

/** "3", or "alpha/3" for the fourth worker of agent alpha. Numbers begin at 0. */
export function workerLabel(worker: number, agents: Agents | null = null): string {
  const agent = agentOf(worker, agents ?? [])
  return agent === null ? String(worker) : `${agent.name}/${worker - agent.workers[0]}`
}
