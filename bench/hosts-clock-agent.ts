/** The agent's side of bench/hosts-clock.ts: how far its run clock is from the coordinator's, which it knows. One line of JSON for each look. */
import { setTimeout as sleep } from 'node:timers/promises'
import { connectBus } from '../dist/fleet/bus.js'
import { FleetClock } from '../dist/fleet/clock.js'
import { THIS_TIME } from '../dist/fleet/time.js'
import { monotonicUs } from '../dist/protocol.js'

const [url = '', subject = '', ahead = '0', drift = '0', seconds = '0'] = process.argv.slice(2)
const [aheadUs, ppm] = [Number(ahead) * 1e6, Number(drift)]
const beganUs = monotonicUs()
/** A crystal that is off: the clock of this host as the agent reads it. */
const hostUs = (): number => {
  const nowUs = monotonicUs()
  return nowUs + (nowUs - beganUs) * (ppm / 1e6)
}
const bus = await connectBus({
  servers: [url],
  name: 'bench',
  inboxPrefix: `${subject}.inbox`,
  ...{ credsFile: null, nkeyFile: null, caFile: null },
  onFault: (message) => console.error(message),
})
const end = new AbortController()
const clock = new FleetClock({
  ...{ bus, subject, signal: end.signal },
  time: { ...THIS_TIME, nowUs: hostUs },
  heard: () => undefined,
  givenUp: () => undefined,
  steered: () => undefined,
})
await clock.settle()
void clock.run()
for (const untilMs = performance.now() + Number(seconds) * 1000; performance.now() < untilMs;) {
  await sleep(100)
  // The two readings are some µs apart; the pair that is closest is the truest.
  const looks = Array.from({ length: 5 }, () => {
    const before = monotonicUs()
    const said = clock.coordinatorUs()
    const after = monotonicUs()
    return { tookUs: after - before, errorUs: said - ((before + after) / 2 - aheadUs) }
  })
  const { errorUs } = looks.reduce((a, b) => (b.tookUs < a.tookUs ? b : a))
  console.log(JSON.stringify({ errorUs, boundUs: clock.state()!.boundMs * 1000 }))
}
end.abort()
await bus.close()
