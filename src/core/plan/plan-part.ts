/** A part of a plan's load, for what a host of several must have room for. */
import type { Plan } from './plan.ts'

/** The plan with this share of its load, rounded up, and of its workers. Nothing is sent by it. */
export function planPart(plan: Plan, part: number): Plan {
  const some = (n: number): number => Math.ceil(n * part - 1e-9)
  const base = {
    workers: some(plan.workers),
    requests: plan.requests === null ? null : some(plan.requests),
    iterations: plan.iterations === null ? null : some(plan.iterations),
  }
  if (plan.model === 'closed') {
    const stages = plan.stages.map(({ fromUsers, toUsers, durationS }) => ({
      ...{ fromUsers: some(fromUsers), toUsers: some(toUsers), durationS },
    }))
    return { ...plan, ...base, stages }
  }
  const stages = plan.stages.map(({ fromPerS, toPerS, durationS }) => ({
    ...{ fromPerS: fromPerS * part, toPerS: toPerS * part, durationS },
  }))
  return { ...plan, ...base, stages, maxUsers: some(plan.maxUsers) }
}
