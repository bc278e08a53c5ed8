/** Users that were too few for the rate. */
import { largest } from '../../extremes.ts'
import type { Evidence, Reason } from './evidence.ts'
import { extent, isFull } from './load-seconds.ts'

/** Arrivals found all users busy: a finding about the target, or about `--max-users`, with the number that would do. */
export function exhaustedUsers({ plan, rows, iterations }: Evidence): Reason[] {
  if (plan.model === 'closed') return []
  const load = rows.filter(({ phase }) => phase === 'load')
  const full = load.filter(isFull)
  if (full.length === 0) return []
  const { dropped, unstarted } = iterations
  // Little's law, with the service time that all but one in a hundred requests keep; a queue that grew all the time
  // says more of the length of the run than of the users it wanted.
  const busy = largest(
    full.map((row) => (row.due * Math.max(row.serviceMs.p99 ?? 0, row.failedMs.p99 ?? 0)) / 1000),
  )
  const queued = plan.maxUsers + largest(full.map((row) => row.queued))
  const wanted = Math.max(
    plan.maxUsers + 1,
    Math.ceil(plan.onFull === 'queue' ? Math.min(busy, queued) : busy),
  )
  const what = [
    ...(dropped > 0 ? [`${dropped} were dropped`] : []),
    ...(unstarted > 0 ? [`${unstarted} never started`] : []),
  ].join(' and ')
  return [
    {
      code: 'users.exhausted',
      level: 'note',
      message: `in ${full.length} of ${load.length} s arrivals found all ${plan.maxUsers} users busy${what === '' ? ' and waited' : `; ${what}`}`,
      advice: `the target was too slow for this rate with that many users; about --max-users ${wanted} would have served them all at once`,
      ...extent(full),
    },
  ]
}
