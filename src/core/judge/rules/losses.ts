/** A part of the measurement that is gone: void, whatever the plan. */
import { nameOf, type Evidence, type Reason } from './evidence.ts'
import { extent } from './load-seconds.ts'

/** No second. */
const NONE = { second: -1 }

export function lostWorkers(evidence: Evidence): Reason[] {
  const { lostWorkers: lost, rows } = evidence
  return lost.map(({ worker, second, message }) => ({
    code: 'worker.lost',
    level: 'void',
    message: `${nameOf(evidence, worker)} died in second ${second} (${message}); its users made no more requests`,
    advice:
      'this is a fault of the generator: read the message, and report it if the scenario is not to blame',
    fromS: second,
    toS: Math.max(second, rows.length - 1),
    worker,
  }))
}

export function missingSeconds({ rows, lostWorkers: lost, agents }: Evidence): Reason[] {
  const known = new Set(
    [...lost, ...(agents ?? []).map((agent) => agent.lost ?? NONE)].map(({ second }) => second),
  )
  const missing = rows.filter(({ complete, second }) => !complete && !known.has(second))
  if (missing.length === 0) return []
  return [
    {
      code: 'seconds.missing',
      level: 'void',
      message: `${missing.length} of ${rows.length} seconds lack the report of a worker`,
      advice: 'a worker was blocked or starved: give the generator more cores, or lower the load',
      ...extent(missing),
    },
  ]
}
