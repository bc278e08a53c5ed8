/**
 * What does a script add to a request, and what do cookies and placeholders? And what does each cost over wire?
 * `npm run bench:scripted`; the answer is in bench/README.md.
 *
 * One worker at full speed, in a process of its own, sends the same request without a script and with each script, over
 * undici and over wire. CPU per request from the OS, after the first second. Rounds are interleaved and ratios taken
 * within each.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startCheapTarget } from './cheap-target.ts'
import { describeMachine, reportOf } from './processes.ts'
import { median, spread } from './spread.ts'
import { renderTable } from './table.ts'

const WORKER = fileURLToPath(new URL('scripted.mjs', import.meta.url))
/** No script, but a request that is another one each time. */
const PLACEHOLDERS = 'placeholders'
const SCRIPTS = 'no-cookies,post,cookie,transaction,on-request,compressed'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    users: { type: 'string', default: '64,550' },
    scripts: { type: 'string', default: `${SCRIPTS},${PLACEHOLDERS}` },
  },
})

const TRANSPORTS = ['undici', 'wire'] as const
type Transport = (typeof TRANSPORTS)[number]

console.log(`${describeMachine()}\n`)
const target = await startCheapTarget()
const scripts = [null, ...values.scripts.split(',')]
const heading = ['users', 'script', 'undici, µs', 'to no script', 'wire, µs', 'to no script', 'undici ÷ wire']
const rows = [heading]
try {
  for (const users of values.users.split(',')) {
    const found = new Map(scripts.map((script) => [script, { undici: [] as number[], wire: [] as number[] }]))
    for (let round = 0; round < Number(values.rounds); round++)
      for (const [script, us] of found)
        for (const transport of TRANSPORTS) us[transport].push(await measure(users, transport, script))
    const plain = found.get(null)!
    for (const [script, us] of found) {
      const added = (transport: Transport): string => ratio(us[transport], plain[transport]).toFixed(2)
      rows.push([
        ...[
          users,
          script ?? 'none',
          spread(us.undici, 2),
          added('undici'),
          spread(us.wire, 2),
          added('wire'),
        ],
        ratio(us.undici, us.wire).toFixed(2),
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

/** The median of the ratios within each round. */
function ratio(these: readonly number[], those: readonly number[]): number {
  return median(these.map((us, round) => us / those[round]!))
}

/** CPU time of a request, in µs. */
function measure(users: string, transport: Transport, script: string | null): Promise<number> {
  const origin = `http://${target.host}:${target.port}`
  const how = [users, values.seconds, transport]
  if (script === null || script === PLACEHOLDERS)
    return reportOf(WORKER, [`${origin}/GetPrograms`, ...how, ...(script === null ? [] : [script])])
  return reportOf(WORKER, [origin, ...how, fileURLToPath(new URL(`scripts/${script}.ts`, import.meta.url))])
}
