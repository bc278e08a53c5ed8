/** Trials that are lost for sure before they are over: what is still to come cannot change that no goal holds. */
import { passes } from '../judge/gate.ts'
import type { Measured } from '../threshold/threshold-metric.ts'
import { metricOf } from '../threshold/threshold-metric.ts'
import type { Threshold } from '../threshold/threshold.ts'
import type { PackedHistogram } from '../measure/histogram.ts'
import { RequestTally, mergeRequest, packRequest } from '../measure/request-tally.ts'
import { mergeRequests, mergeTally, packTally, Tally } from '../measure/tally.ts'
import type { Plan } from '../plan/plan.ts'
import { backlogOf, type HeldSeconds } from './backlog.ts'
import type { Goal } from './goal.ts'

/** The multiple of the permitted backlog at which a trial is given up: what waits could still be served. */
const BACKLOG = 2
/** Standard deviations by which arrivals of a Poisson process may be more than their mean. */
const DEVIATIONS = 5

/**
 * Tells whether no goal can hold any more at a load that has been held for some seconds and has `leftS` to go. In the
 * open model the number of requests to come is bounded, so the best that can happen is known: they all succeed at once.
 */
export function isLost(
  plan: Plan,
  goals: readonly Goal[],
  load: number,
  held: HeldSeconds,
  leftS: number,
): boolean {
  const { seconds } = held
  if (plan.model === 'closed' || seconds.length === 0 || leftS <= 0) return false
  const { excess, permitted } = backlogOf(held, leftS)
  if (excess > BACKLOG * permitted) return true
  const most = mostToCome(plan, load, held, leftS)
  if (most === null) return false
  const measured = measuredOf(seconds)
  return goals.every(({ thresholds }) => thresholds.some((threshold) => fails(threshold, measured, most)))
}

/** The most requests that can still end in the trial; `null` if an iteration has any number of them. */
function mostToCome(
  { scenario, maxRedirects, model, ...plan }: Plan,
  load: number,
  { seconds }: HeldSeconds,
  leftS: number,
): number | null {
  if (scenario !== null || model === 'closed') return null
  const { inFlight, queued } = seconds.at(-1)!.row
  const mean = load * leftS
  const isPoisson = 'arrival' in plan && plan.arrival === 'poisson'
  const due = Math.ceil(mean + (isPoisson ? DEVIATIONS * Math.sqrt(mean) : 0)) + 1
  return (due + inFlight + queued) * (1 + maxRedirects)
}

function measuredOf(seconds: readonly { readonly tally: Tally; readonly loadS: number }[]): Measured {
  const tally = new Tally({ wide: true })
  for (const second of seconds) mergeTally(tally, packTally(second.tally))
  const request = mergeRequests(tally, new RequestTally(true))
  return {
    name: null,
    request,
    tally,
    witness: null,
    loadS: seconds.reduce((sum, { loadS }) => sum + loadS, 0),
  }
}

/** Whether a threshold fails even if as many requests as can still come succeed in no time. */
function fails(threshold: Threshold, measured: Measured, most: number): boolean {
  const metric = metricOf(threshold.metric)!
  // More requests can only help figures that are to be small, and those of requests.
  if (!threshold.operator.startsWith('<') || !(metric.unit === 'ms' || metric.name === 'failed')) return false
  if (metric.kind === 'distribution' && (metric.namedBy !== 'request' || metric.distribution === null))
    return false
  const { name } = threshold
  const request = name === null ? measured.request : (measured.tally.requests.get(name) ?? null)
  if (request === null) return false
  const best = metric.measure({ ...measured, name, request: withIdeal(request, most) })
  return best.actual !== null && !passes(threshold, best)
}

/** The tally with requests that succeed in no time. */
function withIdeal(request: RequestTally, most: number): RequestTally {
  const packed = packRequest('', request)
  const into = new RequestTally(true)
  mergeRequest(into, packed)
  into.sent += most
  into.finished += most
  into.succeeded += most
  for (const name of Object.keys(packed.histograms) as (keyof typeof packed.histograms)[])
    into.histogram(name).add(inNoTime(most))
  return into
}

/** So many durations of 0, which are in the first slot. */
const inNoTime = (count: number): PackedHistogram => ({
  used: Uint32Array.of(0, count),
  count,
  sumUs: 0,
  minUs: 0,
  maxUs: 0,
  clamped: 0,
})
