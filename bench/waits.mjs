/**
 * A worker whose users wait, in a process of its own, and what one of its requests costs that process.
 * node waits.mjs TRANSPORT URL USERS WAIT SECONDS
 */
import { planRun } from '../dist/host/run-plan.js'
import { succeeded, workAlone } from './worker-alone.mjs'

const [transport, url, users, wait, seconds] = process.argv.slice(2)
/** For the compiler, the connections, and the ramp, which spreads the users over the second. */
const WARMUP_S = 3
const plan = planRun({
  ...{ url, users, workers: 1, rampUp: 1, wait, transport, body: '<story/>' },
  // What the last seconds report comes with the result.
  duration: Number(seconds) + WARMUP_S + 2,
})
const marks = []
let requests = 0
await workAlone(plan, (snapshot) => {
  requests += succeeded(snapshot)
  const { user, system } = process.cpuUsage()
  marks.push({ requests, cpuUs: user + system })
})
const [first, last] = [marks[WARMUP_S - 1], marks[WARMUP_S - 1 + Number(seconds)]]
const count = last.requests - first.requests
process.send({ usPerRequest: (last.cpuUs - first.cpuUs) / count, perS: count / Number(seconds) }, () =>
  process.exit(),
)
