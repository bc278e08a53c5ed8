/**
 * How much of a request is scheduling and recording? `npm run bench:overhead`; the answer is in bench/README.md.
 *
 * One worker at full speed, in a process of its own: once on each transport against the cheapest target, once on none, a
 * stand-in that calls back in the next turn of the loop. CPU per request from the OS, after the first second. Rounds are
 * interleaved and shares taken within each.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startCheapTarget } from './cheap-target.ts'
import { describeMachine, knowsTransport, reportOf } from './processes.ts'
import { median, spread } from './spread.ts'
import { renderTable } from './table.ts'

const LAYERS = fileURLToPath(new URL('layers.mjs', import.meta.url))
const MOST = 0.1

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    users: { type: 'string', default: '64,550,5000' },
  },
})
const levels = values.users.split(',').map(Number)

console.log(`${describeMachine()}\n`)
const transports = ['undici', ...(knowsTransport('wire') ? ['wire'] : [])]
const target = await startCheapTarget()
const rows = [
  ['users', 'on', 'µs of CPU per request', 'of scheduling and recording', 'their share', 'below 10 %'],
]
try {
  for (const users of levels) {
    const none: number[] = []
    const all = new Map<string, number[]>(transports.map((transport) => [transport, []]))
    for (let round = 0; round < Number(values.rounds); round++) {
      none.push(await measure('none', users))
      for (const transport of transports) all.get(transport)!.push(await measure(transport, users))
    }
    for (const [transport, whole] of all) {
      const shares = whole.map((us, round) => none[round]! / us)
      rows.push([
        ...[String(users), transport, spread(whole, 2), spread(none, 2)],
        ...[`${(100 * median(shares)).toFixed(1)} %`, median(shares) < MOST ? 'yes' : '**no**'],
      ])
    }
  }
} finally {
  await target.stop()
}
console.log(
  `Target: ${target.kind}; ${values.rounds} rounds of ${values.seconds} s: median (least–greatest)\n`,
)
console.log(renderTable(rows))
if (transports.length === 1) console.log('\nLeft out: wire is not known to the built command')

/** CPU time of a request, in µs. */
function measure(kind: string, users: number): Promise<number> {
  const url = `http://${target.host}:${target.port}/GetPrograms`
  return reportOf(LAYERS, [kind, url, String(users), values.seconds])
}
