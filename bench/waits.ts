/**
 * What does a request cost when its users wait, as those of most tests do? `npm run bench:waits`; the answer is in bench/README.md.
 *
 * One worker in a process of its own, with as many users as requests in a second; beside it the same users without waits.
 * CPU per request from the OS, after the first three seconds. Rounds are interleaved and ratios taken within each.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startCheapTarget } from './cheap-target.ts'
import { describeMachine, reportOf } from './processes.ts'
import { median, spread } from './spread.ts'
import { renderTable } from './table.ts'

const WORKER = fileURLToPath(new URL('waits.mjs', import.meta.url))
const TRANSPORTS = ['undici', 'wire'] as const

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    users: { type: 'string', default: '1280' },
  },
})

interface Cost {
  readonly usPerRequest: number
  readonly perS: number
}

console.log(`${describeMachine()}\n`)
const target = await startCheapTarget()
const rows = [['transport', 'users', 'requests/s', 'µs with a wait of 1 s', 'µs without', 'ratio']]
try {
  const found = TRANSPORTS.map((transport) => ({ transport, waiting: [] as Cost[], busy: [] as Cost[] }))
  for (let round = 0; round < Number(values.rounds); round++)
    for (const { transport, waiting, busy } of found) {
      waiting.push(await measure(transport, 'pacing:1s'))
      busy.push(await measure(transport, 'none'))
    }
  for (const { transport, waiting, busy } of found) {
    const us = (costs: readonly Cost[]): number[] => costs.map(({ usPerRequest }) => usPerRequest)
    const ratios = us(waiting).map((one, round) => one / us(busy)[round]!)
    rows.push([
      ...[transport, values.users, median(waiting.map(({ perS }) => perS)).toFixed(0)],
      ...[spread(us(waiting), 1), spread(us(busy), 1), median(ratios).toFixed(1)],
    ])
  }
} finally {
  await target.stop()
}
console.log(
  `Target: ${target.kind}; ${values.rounds} rounds of ${values.seconds} s: median (least–greatest)\n`,
)
console.log(renderTable(rows))

function measure(transport: (typeof TRANSPORTS)[number], wait: string): Promise<Cost> {
  const url = `http://${target.host}:${target.port}/GetPrograms`
  return reportOf(WORKER, [transport, url, values.users, wait, values.seconds])
}
