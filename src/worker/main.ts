/** The worker thread: gets ready, waits for the start instant, carries its share of the load, hands over the rest. */
import type { MessagePort } from 'node:worker_threads'
import { longestIdleS } from '../core/plan/plan.ts'
import { KnownSecrets } from '../core/request/known-secrets.ts'
import { loadScenarios } from '../scenario/file.ts'
import { monotonicUs, type Assignment, type Drained, type FromWorker, type ToWorker } from '../protocol.ts'
import { RunClock } from './clock.ts'
import { Load } from './load.ts'
import type { Cookies } from './cookies.ts'
import { Recorder } from './recorder.ts'
import { Feed, feedsOf } from './scenario/feed.ts'
import type { CookieLost } from './scenario/jar.ts'
import { countStrayErrors } from './scenario/stray-errors.ts'
import { Watch } from './scenario/watch.ts'
import { ticketsOf } from './tickets.ts'
import { Addresses } from './transport/addresses.ts'
import { transportOf } from './transport/choice.ts'
import { Connector } from './transport/connector.ts'
import { loopIdleUs, Turn } from './turn.ts'
import { vitalSigns } from './vitals.ts'
import { warmUp } from './warmup.ts'

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
  const orders = listen(port)

  const makeTransport = await transportOf(plan.transport)
  const vitals = vitalSigns()
  const clock = new RunClock()
  const turn = new Turn(clock.nowUs, loopIdleUs, vitals.runQueueUs)
  const recorder = new Recorder(share.index, vitals, (snapshot) => tell({ type: 'snapshot', snapshot }))
  const addresses = new Addresses(plan.dnsTtlS, clock.nowUs)
  const connector = new Connector(plan, addresses)
  const requests = [plan.request, ...(plan.targets?.requests ?? []).map(({ request }) => request)]
  if (requests.some(({ url }) => url.startsWith('https:'))) connector.readCertificates()
  const script = plan.scenario === null ? null : await loadScenarios(plan.scenario.file)
  const keepsCookies = plan.scenario?.scenarios.some((scenario) => scenario.keepsCookies) === true
  const secrets = new KnownSecrets(plan)
  const file = plan.scenario?.file ?? ''
  const watch = assignment.isWatched
    ? new Watch(file, secrets, (step) => tell({ type: 'watched', step }))
    : null
  if (script !== null) {
    countStrayErrors(file, recorder, secrets, watch, clock.nowUs)
    script.metrics.record = (kind, name, value) => recorder.custom(kind, name, value, clock.nowUs())
  }
  let hasStopped = false
  let amendments = 0
  let isSpent = false
  const load = new Load({
    plan,
    secrets,
    share,
    scenario: script && {
      scenarios: script.scenarios,
      feeds: feedsOf(script.feeders, plan.scenario!.feeders, assignment.feeders, share, plan.seed),
      newCookies: keepsCookies ? await newCookies((why) => recorder.cookieLost(why, clock.nowUs())) : null,
      watch,
      stopRun: (reason) => {
        // Users without a wait would say it thousands of times before the load ends.
        if (!hasStopped) tell({ type: 'stopRun', reason })
        hasStopped = true
      },
      deserted: () => tell({ type: 'deserted', amendments }),
    },
    data: plan.data && {
      feed: new Feed(plan.data, assignment.feeders[0]!, share, plan.seed),
      spent: () => {
        isSpent = true
        tell({ type: 'deserted', amendments })
      },
      deserted: () => tell({ type: 'deserted', amendments }),
    },
    clock,
    recorder,
    turn,
    transport: makeTransport({ ...plan, longestIdleS: longestIdleS(plan) }, connector, clock, turn),
    tickets: ticketsOf(assignment, (count) => tell({ type: 'exhausted', count })),
  })
  await warmUp(plan, vitals, makeTransport)
  // Everything that takes time is done: bodies decoded, users made, code compiled.
  tell({ type: 'ready' })
  const startUs = await orders.started
  clock.startAt(startUs)
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, (startUs - monotonicUs()) / 1000 - 1)))
  recorder.begin()
  load.begin()
  orders.onOrder((order) => {
    if (order.type === 'stop') load.stop(order.loadEndS, order.gracefulStopS)
    else {
      amendments++
      load.amend(order.amendment)
      // More load makes no more rows.
      if (isSpent) tell({ type: 'deserted', amendments })
    }
  })
  await load.drained
  const endedUs = clock.nowUs()
  const last = recorder.finish(endedUs)
  vitals.close()
  return { last, lastDoneS: recorder.lastDoneUs / 1e6, endedS: endedUs / 1e6, addresses: addresses.seen }
}

/** Makes the cookies of a user; loading what knows them takes 60 ms. */
async function newCookies(lost: CookieLost): Promise<() => Cookies> {
  const { newJar } = await import('./scenario/jar.ts')
  return () => newJar(lost)
}

/** What can be ordered of a load under way. */
type Order = Exclude<ToWorker, { readonly type: 'start' }>

/** The orders of the main thread; what comes early is kept until somebody listens. */
function listen(port: MessagePort): {
  readonly started: Promise<number>
  onOrder(listener: (order: Order) => void): void
} {
  let start: (atUs: number) => void
  const started = new Promise<number>((resolve) => (start = resolve))
  const early: Order[] = []
  let listener: ((order: Order) => void) | null = null
  port.on('message', (order: ToWorker) => {
    if (order.type === 'start') start(order.atUs)
    else if (listener !== null) listener(order)
    else early.push(order)
  })
  return {
    started,
    onOrder(onOrder) {
      listener = onOrder
      for (const order of early.splice(0)) onOrder(order)
    },
  }
}
