/**
 * A worker at full speed, in a process of its own, and what one of its requests costs that process: of a plan without a
 * script, or of a scenario file that does the same. node scripted.mjs URL USERS SECONDS TRANSPORT [FILE | placeholders]
 */
import { planScenario } from '../dist/host/run-plan.js'
import { succeeded, workAlone } from './worker-alone.mjs'

const [url, users, seconds, transport, scenario] = process.argv.slice(2)
// The first second is for the compiler and the connections, the last one is cut short.
const duration = Number(seconds) + 2
const what =
  scenario === undefined
    ? { body: '<story/>' }
    : scenario === 'placeholders'
      ? { body: '<story n="{{seq}}"/>', headers: { 'x-id': '{{uuid}}' }, name: 'GetPrograms' }
      : { scenario }
const path = scenario === 'placeholders' ? '?user={{user}}&n={{random 1 1000}}' : ''
const plan = await planScenario({
  url: url + path,
  users,
  workers: 1,
  rampUp: 0,
  duration,
  transport,
  ...what,
})
const marks = []
let requests = 0
await workAlone(plan, (snapshot) => {
  requests += succeeded(snapshot)
  const { user, system } = process.cpuUsage()
  marks.push({ requests, cpuUs: user + system })
})
const [first, last] = [marks[0], marks[Number(seconds)]]
// Its connections are still open, and would keep it.
process.send((last.cpuUs - first.cpuUs) / (last.requests - first.requests), () => process.exit())
