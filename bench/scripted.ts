/**
 * What does a script add to a request, and what do cookies and placeholders? `npm run bench:scripted`; the answer is in bench/README.md.
 *
 * One worker at full speed, in a process of its own, sends the same request over undici without a script and with each
 * script. CPU per request from the OS, after the first second. Rounds are interleaved and ratios taken within each.
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
const MOST = 1.6

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    users: { type: 'string', default: '64,550' },
    scripts: { type: 'string', default: `${SCRIPTS},${PLACEHOLDERS}` },
  },
})

console.log(`${describeMachine()}\n`)
const target = await startCheapTarget()
const scripts = values.scripts.split(',')
const rows = [['users', 'script', 'µs of CPU per request', 'to no script', `below ${MOST}`]]
try {
  for (const users of values.users.split(',')) {
    const plain: number[] = []
    const scripted = new Map<string, number[]>(scripts.map((script) => [script, []]))
    for (let round = 0; round < Number(values.rounds); round++) {
      plain.push(await measure(users))
      for (const script of scripts) scripted.get(script)!.push(await measure(users, script))
    }
    rows.push([users, 'none', spread(plain, 2), '1', ''])
    for (const [script, found] of scripted) {
      const ratio = median(found.map((us, round) => us / plain[round]!))
      rows.push([users, script, spread(found, 2), ratio.toFixed(2), ratio < MOST ? 'yes' : '**no**'])
    }
  }
} finally {
  await target.stop()
}
console.log(
  `Target: ${target.kind}; ${values.rounds} rounds of ${values.seconds} s: median (least–greatest)\n`,
)
console.log(renderTable(rows))

/** CPU time of a request, in µs. */
function measure(users: string, script?: string): Promise<number> {
  const origin = `http://${target.host}:${target.port}`
  if (script === undefined || script === PLACEHOLDERS)
    return reportOf(WORKER, [
      `${origin}/GetPrograms`,
      users,
      values.seconds,
      ...(script === undefined ? [] : [script]),
    ])
  const file = fileURLToPath(new URL(`scripts/${script}.ts`, import.meta.url))
  return reportOf(WORKER, [origin, users, values.seconds, file])
}
