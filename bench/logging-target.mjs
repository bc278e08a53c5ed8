/**
 * A target that knows what it did: a node:http server whose latency follows a distribution and which logs, of every
 * request, how long it took from its own point of view.
 *
 * - *Service time* runs from the request having been read (for a GET, when its headers have been parsed) to the answer
 *   having been handed to the kernel: `res.end` writes the whole answer at once, so the instant it returns is that.
 * - *Ceiling* is that and the longest that the request can have waited in the kernel before this process read it. A
 *   client feels that wait and no log of a server contains it; so it is bounded here as the workers bound their own.
 *
 * A forked child. Messages: `{ do: 'reset', latency, seed }` begins a new log, `{ do: 'measure', fromUs, originUs }` says
 * which answers belong in it (those that end at `fromUs` or later, by the machine's monotonic clock) and where the 100 ms
 * buckets of arrivals begin, `{ do: 'log' }` asks for it. Each is answered with one message.
 */
import { createServer } from 'node:http'
import { Histogram } from '../dist/core/measure/histogram.js'
import { seededRandom } from '../dist/core/random.js'
import { parseLatency, sampleLatencyS } from '../dist/target/latency.js'
import { monotonicUs } from '../dist/protocol.js'
import { Turn } from '../dist/worker/time/turn.js'

const BUCKET_US = 100_000
const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p99_9: 0.999 }
const BODY = Buffer.alloc(200, 'corerush bench\n')
const HEADERS = ['content-type', 'text/plain', 'content-length', String(BODY.length)]

const turn = new Turn(monotonicUs)
let latency
let random
let fromUs
let originUs
let received
let service
let ceiling
let arrivals

function reset({ latency: text, seed = 1 }) {
  const parsed = parseLatency(text)
  if ('problem' in parsed) throw new Error(`latency ${parsed.problem}, got ${text}`)
  latency = parsed.value
  random = seededRandom(seed)
  fromUs = originUs = 0
  received = 0
  service = new Histogram({ wide: true })
  ceiling = new Histogram({ wide: true })
  arrivals = []
}

function receive(req, res) {
  const readUs = monotonicUs()
  const unreadUs = turn.waitedUs(readUs)
  received++
  if (originUs === 0) originUs = readUs
  const bucket = Math.floor((readUs - originUs) / BUCKET_US)
  if (bucket >= 0) arrivals[bucket] = (arrivals[bucket] ?? 0) + 1
  wait(res, readUs, unreadUs, readUs + 1e6 * sampleLatencyS(latency, random))
}

/** Timers count whole milliseconds and may come up to one early: so look, and wait again. No answer is early. */
function wait(res, readUs, unreadUs, dueUs) {
  const leftUs = dueUs - monotonicUs()
  if (leftUs > 0) setTimeout(wait, Math.floor(leftUs / 1000) + 1, res, readUs, unreadUs, dueUs)
  else answer(res, readUs, unreadUs)
}

function answer(res, readUs, unreadUs) {
  if (res.destroyed) return
  res.writeHead(200, HEADERS)
  res.end(BODY)
  const sentUs = monotonicUs()
  if (sentUs < fromUs) return
  service.record(sentUs - readUs)
  ceiling.record(sentUs - readUs + unreadUs)
}

const percentilesMs = (histogram) =>
  Object.fromEntries(
    Object.entries(QUANTILES).map(([name, q]) => [name, (histogram.quantileUs(q) ?? NaN) / 1000]),
  )

reset({ latency: '0ms' })
const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0, headersTimeout: 0 }, receive)
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () =>
  process.send({ port: server.address().port }),
)
process.on('message', (message) => {
  if (message.do === 'reset') reset(message)
  if (message.do === 'measure') ({ fromUs, originUs } = message)
  process.send({
    received,
    logged: service.count,
    serviceMs: { ...percentilesMs(service), max: (service.maxUs ?? NaN) / 1000 },
    meanMs: (service.meanUs ?? NaN) / 1000,
    ceilingMs: percentilesMs(ceiling),
    arrivals: Array.from(arrivals, (n) => n ?? 0),
  })
})
process.on('disconnect', () => process.exit())
// Ctrl-C is for the bench; this one goes with it.
process.on('SIGINT', () => {})
