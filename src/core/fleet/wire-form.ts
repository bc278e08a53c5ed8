/**
 * Host seconds as JSON, and back. Whatever comes back is a tally that can be merged: slots that exist, whole counts,
 * sums that fit; anything else is a `WireFault`. Histograms travel as gaps between slots and their counts, which
 * compress well.
 */
import { COARSEST_SLOT, slotOf, type PackedHistogram } from '../measure/histogram.ts'
import { HISTOGRAMS, REQUEST_COUNTS, type PackedRequest } from '../measure/request-tally.ts'
import type { RequestRecord, RequestSpan } from '../measure/request-record.ts'
import type { PackedTally } from '../measure/tally.ts'
import { TRANSACTION_COUNTS } from '../measure/transaction-tally.ts'
import { OUTCOMES } from '../request/outcome.ts'
import type { CapturedFailure } from '../request/captured.ts'
import type { HostSecond } from './host-second.ts'
import {
  amount,
  at,
  count,
  countTo,
  fieldsOf,
  flag,
  listOf,
  matching,
  objectOf,
  oneOf,
  orNull,
  pairOf,
  partsOf,
  real,
  textTo,
  WireFault,
  type Shape,
} from './shape.ts'

/** More than a run can have; what exceeds it was not made by an agent. */
const MOST_NAMES = 10_000
const MOST_MESSAGES = 1000
const MOST_WORKERS = 65_536
const MOST_SECOND = 40 * 86_400
const name = textTo(200_000)
const message = textTo(1_000_000)

/** A host second as a value that JSON can hold. */
export const toWire = (second: HostSecond): object => ({ ...second, tally: talliesToWire(second.tally) })

/** The host second that a value describes. Throws a `WireFault` where it describes none. */
export const fromWire: Shape<HostSecond> = (value) => ({ ...hostSecond(value), ...kept(value) })

function talliesToWire(tally: PackedTally): object {
  return {
    ...tally,
    requests: tally.requests.map((request) => ({
      ...request,
      histograms: Object.fromEntries(
        Object.entries(request.histograms).map(([key, packed]) => [key, histogramToWire(packed)]),
      ),
    })),
    iterationDuration: histogramToWire(tally.iterationDuration),
    lag: histogramToWire(tally.lag),
    latencyFloor: histogramToWire(tally.latencyFloor),
    trends: tally.trends.map(([key, packed]) => [key, histogramToWire(packed)]),
    transactions: tally.transactions.map((one) => ({
      ...one,
      duration: histogramToWire(one.duration),
      failedDuration: histogramToWire(one.failedDuration),
    })),
  }
}

function histogramToWire(packed: PackedHistogram | null): object | null {
  if (packed === null) return null
  const { used, ...rest } = packed
  const gaps: number[] = []
  for (let i = 0, slot = 0; i < used.length; i += 2) {
    gaps.push(used[i]! - slot, used[i + 1]!)
    slot = used[i]!
  }
  return { ...rest, gaps }
}

/** The longest duration that has a slot: 1 h. */
const LONGEST_US = 3_600_000_000
/** The most that a slot counts: what 32 bits hold. */
const MOST_COUNT = 2 ** 32 - 1

const histogram: Shape<PackedHistogram> = (value) => {
  const { gaps, ...rest } = packedFields(value)
  if (!Array.isArray(gaps) || gaps.length === 0 || gaps.length % 2 !== 0)
    throw new WireFault('must be pairs of a gap and a count', 'gaps')
  const used = new Uint32Array(gaps.length)
  let slot = 0
  let total = 0
  for (let i = 0; i < gaps.length; i += 2) {
    const [gap, n] = [gaps[i] as unknown, gaps[i + 1] as unknown]
    if (!isWhole(gap) || (gap === 0 && i > 0) || !isWhole(n) || n === 0 || n > MOST_COUNT)
      throw new WireFault('must be whole numbers above 0', `gaps.${i}`)
    slot += gap
    if (slot > COARSEST_SLOT) throw new WireFault('is beyond the last slot', `gaps.${i}`)
    used[i] = slot
    used[i + 1] = n
    total += n
  }
  const { count: counted, sumUs, minUs, maxUs, clamped } = rest
  if (total !== counted) throw new WireFault('is not the sum of the slots', 'count')
  if (minUs > maxUs || sumUs < minUs * counted || sumUs > maxUs * counted || clamped > counted)
    throw new WireFault('does not fit the slots', 'sumUs')
  // Where a histogram begins and ends is read from its extremes.
  if (slotOf(minUs) !== used[0] || slotOf(maxUs) !== slot) throw new WireFault('is of another slot', 'minUs')
  return { used, ...rest }
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const packedFields = fieldsOf({
  gaps: (value) => value,
  count,
  sumUs: count,
  minUs: countTo(LONGEST_US),
  maxUs: countTo(LONGEST_US),
  clamped: count,
})

/** Fields that are all counts. */
const countsOf = <K extends string>(...names: readonly K[]): Shape<Record<K, number>> =>
  fieldsOf(Object.fromEntries(names.map((key) => [key, count]))) as unknown as Shape<Record<K, number>>

const requestFields = fieldsOf({
  name,
  statuses: listOf(pairOf(countTo(999), count), 1000),
  outcomes: listOf(pairOf(oneOf(...OUTCOMES), count), OUTCOMES.length),
  histograms: objectOf,
})
const requestCounts = countsOf(...REQUEST_COUNTS)

const request: Shape<PackedRequest> = (value) => {
  const { histograms, ...rest } = requestFields(value)
  const read: Partial<Record<(typeof HISTOGRAMS)[number], PackedHistogram>> = {}
  for (const key of HISTOGRAMS)
    if (Object.hasOwn(histograms, key)) read[key] = at(`histograms.${key}`, () => histogram(histograms[key]))
  return { ...requestCounts(value), ...rest, histograms: read }
}

const seen = { message, count, firstS: real, lastS: real }

const taskErrorFields = fieldsOf({ task: name, place: orNull(name), ...seen })
const taskTrace = partsOf({ trace: message })
const taskError: Shape<PackedTally['taskErrors'][number]> = (value) => ({
  ...taskErrorFields(value),
  ...taskTrace(value),
})

const tally: Shape<PackedTally> = fieldsOf({
  requests: listOf(request, MOST_NAMES),
  iterations: countsOf(
    ...(['due', 'started', 'finished', 'failed', 'unfinished', 'stuck', 'skipped', 'dropped'] as const),
    'unstarted',
  ),
  iterationDuration: orNull(histogram),
  lag: orNull(histogram),
  latencyFloor: orNull(histogram),
  connections: countsOf('opened', 'reused', 'failed', 'retried'),
  cookies: countsOf('refused', 'tooLarge', 'evicted'),
  challenges: countsOf('answered', 'stale'),
  lifecycle: countsOf('onStartStarted', 'onStartFailed', 'onStopStarted', 'onStopFailed'),
  errors: listOf(fieldsOf({ name, outcome: oneOf(...OUTCOMES), ...seen }), MOST_MESSAGES),
  taskErrors: listOf(taskError, MOST_MESSAGES),
  scenarios: listOf(pairOf(name, countsOf('finished', 'failed', 'unfinished', 'stuck')), MOST_NAMES),
  counters: listOf(pairOf(name, real), MOST_NAMES),
  trends: listOf(pairOf(name, histogram), MOST_NAMES),
  transactions: listOf(
    fieldsOf({
      name,
      ...(Object.fromEntries(TRANSACTION_COUNTS.map((key) => [key, count])) as unknown as Record<
        (typeof TRANSACTION_COUNTS)[number],
        Shape<number>
      >),
      duration: orNull(histogram),
      failedDuration: orNull(histogram),
    }),
    MOST_NAMES,
  ),
})

const spread = { p50: amount, p99: amount, max: amount }
const maybe = orNull(amount)

const workerVitals = fieldsOf({
  worker: countTo(MOST_WORKERS),
  utilization: amount,
  loopDelayMs: orNull(fieldsOf(spread)),
  lagMs: orNull(fieldsOf({ ...spread, mean: amount })),
  repaidMs: maybe,
  waitedMs: maybe,
  waitSpreadMs: orNull(fieldsOf(spread)),
  turns: count,
  mostPerTurn: count,
  gcMs: amount,
  gcMaxMs: amount,
  cpu: maybe,
  runQueueMs: maybe,
  runQueueSlices: maybe,
  awayMs: maybe,
  heapBytes: amount,
})

export const hostVitals = fieldsOf({
  cores: orNull(listOf(fieldsOf({ core: count, busy: amount, iowait: maybe, steal: maybe }), 4096)),
  memoryTotalBytes: amount,
  memoryAvailableBytes: maybe,
  throttledMs: maybe,
  pressure: orNull(fieldsOf({ cpu: maybe, memory: maybe, io: maybe })),
  sockets: orNull(fieldsOf({ inUse: amount, timeWait: amount, portsLeft: orNull(real) })),
  descriptors: orNull(fieldsOf({ open: amount, limit: maybe })),
  network: orNull(
    fieldsOf({
      retransmits: amount,
      spuriousRetransmits: maybe,
      listenOverflows: maybe,
      listenDrops: maybe,
    }),
  ),
})

const headers = listOf(pairOf(message, message), 1000)
const body = fieldsOf({ bytes: count, text: orNull(message) })
const traceId = matching(/^[\da-f]{32}$/)
const spanId = matching(/^[\da-f]{16}$/)
const capturedFields = fieldsOf({
  atS: real,
  worker: countTo(MOST_WORKERS),
  user: count,
  outcome: oneOf(...OUTCOMES),
  message,
  name,
  request: fieldsOf({ method: name, url: message, headers, body: orNull(body) }),
  response: orNull(fieldsOf({ status: countTo(999), headers, body })),
}) satisfies Shape<CapturedFailure>
const capturedTrace = partsOf({ traceId })
const captured: Shape<CapturedFailure> = (value) => ({ ...capturedFields(value), ...capturedTrace(value) })

const record = fieldsOf({
  name,
  method: name,
  url: message,
  worker: countTo(MOST_WORKERS),
  user: count,
  dueS: real,
  sentS: real,
  doneS: real,
  latencyMs: amount,
  blockedMs: maybe,
  dnsMs: maybe,
  connectMs: maybe,
  tlsMs: maybe,
  firstByteMs: maybe,
  status: countTo(999),
  outcome: oneOf(...OUTCOMES),
  traceId: orNull(traceId),
}) satisfies Shape<RequestRecord>
const span = fieldsOf({
  request: record,
  traceId,
  spanId,
  parentSpanId: orNull(spanId),
}) satisfies Shape<RequestSpan>

const hostSecond = fieldsOf({
  second: countTo(MOST_SECOND),
  part: countTo(1_000_000),
  isWhole: flag,
  tally,
  vitals: listOf(workerVitals, MOST_WORKERS),
  host: orNull(hostVitals),
  users: count,
  inFlight: count,
  queued: count,
})
const kept = partsOf({
  captured: listOf(captured, 100_000),
  slow: listOf(record, 1_000_000),
  spans: listOf(span, 10_000_000),
  spansLost: count,
})
