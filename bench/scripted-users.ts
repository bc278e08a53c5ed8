/**
 * How many scripted users with a wait of 1 s does a core carry soundly? `npm run bench:scripted` runs it last; the answer is
 * in bench/README.md.
 *
 * corerush runs as a user starts it, with the story's script and one worker, against the tiny target in a process of its own.
 * The users begin within the warm-up, so the verdict is on the seconds in which all of them are there.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { corerush, describeMachine, startTinyTarget } from './processes.ts'
import { renderTable } from './table.ts'

const SCENARIO = fileURLToPath(new URL('../examples/getprograms.ts', import.meta.url))
const LATENCY_MS = 20
const WARMUP_S = 6

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '1000,2500,5000' },
    seconds: { type: 'string', default: '15' },
    rounds: { type: 'string', default: '3' },
  },
})

console.log(`${describeMachine()}\n`)
const heading = ['users', 'round', 'req/s', 'asked', 'busiest', 'p50 ms', '± ms', 'p99 ms', '± ms', 'verdict']
const rows = [heading]
const ms = (of: number | null): string => of?.toFixed(1) ?? '–'
for (const users of values.users.split(',').map(Number))
  for (let round = 1; round <= Number(values.rounds); round++) {
    const target = await startTinyTarget(LATENCY_MS)
    try {
      const { total, verdict, timeline } = await corerush([
        ...[SCENARIO, '--url', target.url, '--users', String(users), '--wait', '1s', '--workers', '1'],
        ...['--ramp-up', `${WARMUP_S - 1}s`, '--warmup', `${WARMUP_S}s`],
        ...['--duration', String(WARMUP_S + Number(values.seconds))],
      ])
      const { errorBoundMs, level, reasons } = verdict
      const measured = timeline.filter(({ phase }) => phase === 'load')
      const busiest = Math.max(
        ...measured.flatMap((row) => row.workers.map(({ utilization }) => utilization)),
      )
      const serviceS = (total.serviceMs.mean ?? 0) / 1000
      rows.push([
        ...[
          String(users),
          String(round),
          (total.requestsPerS ?? 0).toFixed(0),
          (users / (1 + serviceS)).toFixed(0),
        ],
        ...[`${(100 * busiest).toFixed(0)} %`, ms(total.latencyMs.p50), ms(errorBoundMs.p50)],
        ...[ms(total.latencyMs.p99), ms(errorBoundMs.p99)],
        [level, ...reasons.filter((reason) => reason.level === level).map(({ code }) => code)].join(' '),
      ])
    } finally {
      await target.stop()
    }
  }
console.log(`${values.seconds} s after a warm-up of ${WARMUP_S} s, target after ${LATENCY_MS} ms\n`)
console.log(renderTable(rows))
