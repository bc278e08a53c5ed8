/**
 * What does it cost to schedule 100,000 users with waits of about a second in one worker?
 *
 * One thread, the worker's own wheel and clock, no requests: every timer that fires is armed again 0.9–1.1 s later, as
 * a user with that wait would be. CPU is the process's own, from the OS; lateness is now − due of each firing.
 * Run by `npm run bench:scheduling`; options: --users 1000,100000 --seconds 5 --rounds 5.
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { Histogram } from '../dist/core/measure/histogram.js'
import { seededRandom } from '../dist/core/random.js'
import { RunClock } from '../dist/worker/time/clock.js'
import { Wheel } from '../dist/worker/time/wheel.js'
import { median } from './spread.ts'

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '1000,10000,100000' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
  },
})

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function measure(users: number, seconds: number) {
  const clock = new RunClock()
  const random = seededRandom(1)
  const before = process.memoryUsage().arrayBuffers
  const wheel = new Wheel(users)
  const bytes = process.memoryUsage().arrayBuffers - before
  const dueUs = new Float64Array(users)
  const lateness = new Histogram()
  const arm = (id: number, atUs: number): void => wheel.arm(id, (dueUs[id] = atUs))
  for (let id = 0; id < users; id++) arm(id, (id / users) * 1e6)
  let fired = 0
  const startCpuMs = cpuMs()
  const startUs = clock.nowUs()
  const endUs = startUs + seconds * 1e6
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      const nowUs = clock.nowUs()
      wheel.advance(nowUs, (id) => {
        lateness.record(Math.max(0, nowUs - dueUs[id]!))
        fired++
        arm(id, nowUs + 900_000 + random() * 200_000)
      })
      const now = clock.nowUs()
      if (now >= endUs) resolve()
      else alarm.set(wheel.nextUs())
    }
    const alarm = clock.alarm(tick)
    tick()
  })
  const spentMs = cpuMs() - startCpuMs
  return {
    core: spentMs / ((clock.nowUs() - startUs) / 1000),
    usPerTimer: (spentMs * 1000) / fired,
    p50: lateness.quantileUs(0.5)! / 1000,
    p99: lateness.quantileUs(0.99)! / 1000,
    bytes: bytes / users,
  }
}

console.log(
  `${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}; medians of ${values.rounds} rounds`,
)
console.log('users      core  µs/timer  late p50  late p99  bytes/user')
for (const users of values.users.split(',').map(Number)) {
  const rounds: Awaited<ReturnType<typeof measure>>[] = []
  for (let i = 0; i < Number(values.rounds); i++) rounds.push(await measure(users, Number(values.seconds)))
  const of = (key: keyof (typeof rounds)[0]): number => median(rounds.map((round) => round[key]))
  console.log(
    [
      String(users).padEnd(7),
      `${(of('core') * 100).toFixed(1)} %`.padStart(7),
      of('usPerTimer').toFixed(2).padStart(9),
      `${of('p50').toFixed(2)} ms`.padStart(9),
      `${of('p99').toFixed(2)} ms`.padStart(9),
      of('bytes').toFixed(1).padStart(11),
    ].join(' '),
  )
}
