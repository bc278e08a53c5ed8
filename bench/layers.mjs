/**
 * A worker at full speed, in a process of its own, and what one of its requests costs that process. KIND is a transport of
 * corerush, or `none`: then a transport that does nothing but call back stands in for it, and what is left is scheduling
 * and recording.
 *
 * node layers.mjs KIND URL USERS SECONDS [OPTIONS as JSON]
 */
import { planRun } from '../dist/host/run-plan.js'
import { KnownSecrets } from '../dist/core/request/known-secrets.js'
import { RunClock } from '../dist/worker/time/clock.js'
import { Load } from '../dist/worker/load.js'
import { Recorder } from '../dist/worker/record/recorder.js'
import { Turn } from '../dist/worker/time/turn.js'
import { vitalSigns } from '../dist/worker/record/vitals.js'
import { succeeded, workAlone } from './worker-alone.mjs'

const [kind, url, users, seconds, more = '{}'] = process.argv.slice(2)
// The first second is for the compiler and the connections, the last one is cut short.
const duration = Number(seconds) + 2
// undici is the default, and needs no word.
const transport = kind === 'wire' ? { transport: kind } : {}
const plan = planRun({
  url,
  users,
  workers: 1,
  rampUp: 0,
  duration,
  body: '<story/>',
  ...transport,
  ...JSON.parse(more),
})
const marks = []
let requests = 0

function onSnapshot(snapshot) {
  requests += succeeded(snapshot)
  const { user, system } = process.cpuUsage()
  marks.push({ requests, cpuUs: user + system })
}

await (kind === 'none' ? loadAlone() : workAlone(plan, onSnapshot))
const [first, last] = [marks[0], marks[Number(seconds)]]
const usPerRequest = (last.cpuUs - first.cpuUs) / (last.requests - first.requests)
// Its connections are still open, and would keep it.
process.send(usPerRequest, () => process.exit())

/** The worker's load on a transport without a network: what was sent in one turn of the loop is answered in the next. */
async function loadAlone() {
  const clock = new RunClock()
  const turn = new Turn(clock.nowUs)
  const vitals = vitalSigns()
  const recorder = new Recorder(0, vitals, onSnapshot)
  let sent = []
  const answerAll = () => {
    const exchanges = sent
    sent = []
    for (const exchange of exchanges) answer(exchange)
  }
  function answer(exchange) {
    exchange.firstByteUs = clock.nowUs()
    turn.poll(exchange.firstByteUs)
    exchange.status = 200
    exchange.phase = 'body'
    exchange.bytesIn = 200
    exchange.canFollow = true
    exchange.doneUs = clock.nowUs()
    exchange.listener.done()
  }
  const load = new Load({
    plan,
    secrets: new KnownSecrets(plan),
    share: { index: 0, of: 1 },
    clock,
    turn,
    recorder,
    transport: {
      prepare: (request) => ({ plan: request, bytesOut: 8 }),
      connection: () => ({
        send(exchange, request) {
          exchange.begin(request)
          exchange.sentUs = clock.nowUs()
          exchange.listener.sent()
          if (sent.push(exchange) === 1) setImmediate(answerAll)
        },
        cut: () => undefined,
        close: () => undefined,
      }),
    },
    tickets: { takeIteration: () => 'taken', takeRequest: () => true },
    scenario: null,
    data: null,
  })
  recorder.begin()
  load.begin()
  await load.drained
  vitals.close()
}
