/**
 * What do traces and records of requests cost? `npm run bench:records`; the answer is in bench/README.md.
 *
 * The code of one worker at full speed, in a process of its own (`layers.mjs`), and the whole command with a file, both by
 * their CPU time from the OS. Rounds are interleaved, with the order turned each time, and ratios taken within each.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startCheapTarget } from './cheap-target.ts'
import { timed } from './cpu-time.ts'
import { CLI, describeMachine, reportOf } from './processes.ts'
import { median, spread } from './spread.ts'
import { renderTable } from './table.ts'

const LAYERS = fileURLToPath(new URL('layers.mjs', import.meta.url))
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '2' },
    users: { type: 'string', default: '64' },
    requests: { type: 'string', default: '300000' },
    transports: { type: 'string', default: 'undici,wire' },
  },
})

/** What is compared with nothing: options of the worker, and flags of the command. */
const CASES = [
  { title: 'nothing', options: {}, flags: [] },
  { title: 'traces, 1 in 100', options: { trace: 100 }, flags: ['--trace', '100'] },
  { title: 'records, 1 in 100', options: { sampleRequests: 100 }, flags: ['--sample-requests', '100'] },
  { title: 'records, all', options: { sampleRequests: 1 }, flags: ['--sample-requests', '1'] },
] as const

console.log(`${describeMachine()}\n`)
const folder = mkdtempSync(join(tmpdir(), 'corerush-bench-'))
const target = await startCheapTarget()
const url = `http://${target.host}:${target.port}/GetPrograms`
const rows = [['transport', 'with', 'worker alone, µs', 'to nothing', 'whole command, µs', 'to nothing']]
try {
  for (const transport of values.transports.split(',')) {
    const alone: number[][] = CASES.map(() => [])
    const whole: number[][] = CASES.map(() => [])
    for (let round = 0; round < Number(values.rounds); round++)
      for (let i = 0; i < CASES.length; i++) {
        const at = (i + round) % CASES.length
        const { options, flags } = CASES[at]!
        alone[at]!.push(await worker(transport, options))
        whole[at]!.push(await command(transport, flags))
      }
    for (const [at, { title }] of CASES.entries())
      rows.push([
        transport,
        title,
        spread(alone[at]!, 2),
        ratio(alone, at),
        spread(whole[at]!, 2),
        ratio(whole, at),
      ])
  }
} finally {
  await target.stop()
  rmSync(folder, { recursive: true, force: true })
}
console.log(
  `Target: ${target.kind}; ${values.users} users, ${values.rounds} rounds: median (least–greatest)\n`,
)
console.log(renderTable(rows))

function ratio(found: readonly (readonly number[])[], at: number): string {
  return median(found[at]!.map((us, round) => us / found[0]![round]!)).toFixed(3)
}

/** CPU time of a request in a worker without a main thread, in µs. */
function worker(transport: string, options: object): Promise<number> {
  return reportOf(LAYERS, [transport, url, values.users, values.seconds, JSON.stringify(options)])
}

/** CPU time of a request of the whole command, its start included, in µs. */
async function command(transport: string, flags: readonly string[]): Promise<number> {
  const file =
    flags[0] === '--sample-requests' ? ['--out', `requests=${join(folder, 'requests.ndjson')}`] : []
  const load = ['--url', url, '--users', values.users, '--requests', values.requests, '--ramp-up', '0']
  const fixed = [
    '--workers',
    '1',
    '--transport',
    transport,
    '--no-witness',
    '--no-fail',
    '--quiet',
    '--body',
    '<story/>',
  ]
  const { cpuS } = await timed([process.execPath, CLI, ...load, ...fixed, ...file, ...flags])
  return (cpuS * 1e6) / Number(values.requests)
}
