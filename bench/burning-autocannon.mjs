/** autocannon with a script that costs CPU time: each response burns BURN_MS of its thread. Its result, as JSON. */
import { performance } from 'node:perf_hooks'
import autocannon from 'autocannon'

const { url, body, users, seconds, burnMs, askedPerS } = JSON.parse(process.argv[2])
const result = await autocannon({
  url: `${url}/GetPrograms`,
  method: 'POST',
  body,
  headers: { 'content-type': 'application/xml' },
  connections: users,
  duration: seconds,
  overallRate: Math.round(askedPerS),
  setupClient(client) {
    client.on('response', () => {
      const untilMs = performance.now() + burnMs
      while (performance.now() < untilMs);
    })
  },
})
console.log(JSON.stringify(result))
