/** The worker thread: gets ready, waits for the start instant, carries its share of the load, hands over the rest. */
import { LogRows } from '../core/log/replay-rows.ts'
import type { MessagePort } from 'node:worker_threads'
import { HeapWatch } from '../core/measure/heap-watch.ts'
import type { Snapshot } from '../core/measure/second.ts'
import { longestIdleS, type Plan } from '../core/plan/plan.ts'
import { witnessOf } from '../core/plan/witness.ts'
import { KnownSecrets } from '../core/request/known-secrets.ts'
import { monotonicUs, type Assignment, type Drained, type FromWorker, type ReplayFile } from '../protocol.ts'
import { RunClock, TURNING_SHARE, WITNESS_TURNING_SHARE } from './time/clock.ts'
import { Desertion } from './desertion.ts'
import { Load } from './load.ts'
import { LogReader } from './schedule/log-reader.ts'
import { Orders } from './orders.ts'
import { stepDown, stepUp } from './priority.ts'
import { Recorder } from './record/recorder.ts'
import { RequestLog } from './record/request-log.ts'
import type { RequestData } from './user/request-source.ts'
import { Feed } from './user/feed.ts'
import type { ScriptSurroundings } from './scenario/loaded-script.ts'
import { ticketsOf } from './schedule/tickets.ts'
import { Addresses } from './transport/addresses.ts'
import { plannedTransport } from './transport-choice.ts'
import { Connector } from './transport/connector.ts'
import type { Transport } from './transport/transport.ts'
import { loopIdleUs, Turn } from './time/turn.ts'
import type { LoadedScript } from './scenario/users.ts'
import { vitalSigns, type VitalSigns } from './record/vitals.ts'
import { warmUp } from './warmup.ts'

/** For this many seconds the heap must be near its limit until that is reported. */
const HIGH_SECONDS = 3

/** Carries one share of a run. Resolves when it is drained; a fault of its own ends the thread and so the promise. */
export default async function work({
  assignment,
  port,
}: {
  assignment: Assignment
  port: MessagePort
}): Promise<Drained> {
  const { plan, share } = assignment
  const tell = (message: FromWorker): void => port.postMessage(message)
  const orders = new Orders(port)
  const desertion = new Desertion(tell)

  const makeTransport = await plannedTransport(plan, share, (text) => tell({ type: 'warned', text }))
  const vitals = vitalSigns()
  const clock = clockOf(assignment)
  const turn = new Turn(clock.nowUs, loopIdleUs, vitals.runQueueUs)
  const requestLog = requestLogOf(assignment, tell)
  const recorder = new Recorder(share.index, vitals, reporting(vitals, tell, requestLog))
  const addresses = new Addresses(plan.dnsTtlS, clock.nowUs)
  const transportFor = (one: Plan): Transport =>
    makeTransport({ ...one, longestIdleS: longestIdleS(one) }, connectorOf(one, addresses), clock, turn)
  const secrets = new KnownSecrets(plan)
  const { deserted } = desertion
  const script = await scriptOf(assignment, { recorder, secrets, clock, tell, deserted })
  const replay = replayOf(assignment)
  const load = new Load({
    ...{ plan, secrets, share },
    scenario: script,
    data: dataOf(assignment, desertion),
    ...(replay === null ? {} : { replay }),
    ...(requestLog === null ? {} : { requestLog }),
    makesSpans: assignment.makesSpans,
    clock,
    recorder,
    turn,
    transport: transportFor(plan),
    transportOf: transportFor,
    tickets: ticketsOf(assignment, (count) => tell({ type: 'exhausted', count })),
    stuck: (isStuck) => tell({ type: 'stuck', isStuck }),
    hasLease: leaseOf(assignment, tell),
  })
  await warmUp(plan, share.of, vitals, makeTransport)
  prioritize(assignment)
  // Everything that takes time is done: bodies decoded, users made, code compiled.
  tell({ type: 'ready' })
  await startInstant(orders, clock)
  recorder.begin()
  load.begin()
  obey(orders, load, clock, desertion)
  await load.drained
  script?.log?.flush(true)
  const endedUs = clock.nowUs()
  const last = recorder.finish(endedUs)
  requestLog?.flush()
  vitals.close()
  replay?.reader.close()
  return { last, lastDoneS: recorder.lastDoneUs / 1e6, endedS: endedUs / 1e6, addresses: addresses.seen }
}

/** Carries out orders about the load, from now on. */
function obey(orders: Orders, load: Load, clock: RunClock, desertion: Desertion): void {
  orders.onOrder((order) => {
    if (order.type === 'stop') load.stop(order.loadEndS, order.gracefulStopS)
    else if (order.type === 'slew') clock.slew(order.ppm)
    else {
      desertion.amended()
      load.amend(order.amendment)
      desertion.remain()
    }
  })
}

const isWitness = ({ plan, share }: Assignment): boolean => share.index === witnessOf(plan)

const clockOf = (assignment: Assignment): RunClock =>
  new RunClock((isWitness(assignment) ? WITNESS_TURNING_SHARE : TURNING_SHARE)[assignment.plan.model])

/** Gives the witness, if there is one, a core before the workers. */
function prioritize(assignment: Assignment): void {
  if (isWitness(assignment)) stepUp()
  else if (assignment.plan.witness !== null) stepDown()
}

/** Records requests for the main thread; `null` if none is recorded. */
const requestLogOf = (
  { plan: { sampleRequests, seed }, share, rows }: Assignment,
  tell: (message: FromWorker) => void,
): RequestLog | null =>
  rows === null || sampleRequests === null
    ? null
    : new RequestLog(rows, sampleRequests, seed, share, (handed) => tell({ type: 'recorded', rows: handed }))

/** Reports each second, with the records of its requests, and a heap that comes near its limit: its reading is part of the second. */
function reporting(
  { heapLimitBytes: limitBytes }: VitalSigns,
  tell: (message: FromWorker) => void,
  requestLog: RequestLog | null,
): (snapshot: Snapshot) => void {
  const watch = new HeapWatch(HIGH_SECONDS)
  return (snapshot) => {
    requestLog?.flush()
    tell({ type: 'snapshot', snapshot })
    const heap = { usedBytes: snapshot.vitals.heapBytes, limitBytes }
    if (watch.isNear(heap)) tell({ type: 'nearHeapLimit', heap })
  }
}

/** Whether the load may go on; once it may not, that is reported. Always where the run is conducted in this process. */
function leaseOf({ lease }: Assignment, tell: (message: FromWorker) => void): () => boolean {
  if (lease === null) return () => true
  const until = new Float64Array(lease)
  let isOver = false
  return () => {
    if (isOver || monotonicUs() < until[0]!) return !isOver
    isOver = true
    tell({ type: 'leaseOver' })
    return false
  }
}

/** Has read the certificates, if any of the plan's requests needs them. */
function connectorOf(plan: Plan, addresses: Addresses): Connector {
  const connector = new Connector(plan, addresses)
  const requests = [plan.request, ...(plan.targets?.requests ?? []).map(({ request }) => request)]
  if (requests.some(({ url }) => url.startsWith('https:'))) connector.readCertificates()
  return connector
}

/** `null` without a scenario; only with one is what runs it loaded. */
async function scriptOf(assignment: Assignment, around: ScriptSurroundings): Promise<LoadedScript | null> {
  const { scenario } = assignment.plan
  if (scenario === null) return null
  const { loadScript } = await import('./scenario/loaded-script.ts')
  return loadScript(scenario, assignment, around)
}

/** `null` without data. */
const dataOf = ({ plan, share, feeders }: Assignment, { spent, deserted }: Desertion): RequestData | null =>
  plan.data && { feed: new Feed(plan.data, feeders[0]!, share, plan.seed), spent, deserted }

/** The log that is replayed, its first lines read; `null` if there is none. */
function replayOf({ plan, replay: file }: Assignment): { file: ReplayFile; reader: LogReader } | null {
  if (file === null || plan.model === 'closed' || plan.replay === undefined) return null
  const reader = new LogReader(file)
  reader.begin(new LogRows(file.rows).lineAt(plan.replay.first))
  return { file, reader }
}

/** Waits for the start instant, up to 1 ms before it, and sets the clock by it. */
async function startInstant(orders: Orders, clock: RunClock): Promise<void> {
  const startUs = await orders.started
  clock.startAt(startUs)
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, (startUs - monotonicUs()) / 1000 - 1)))
}
