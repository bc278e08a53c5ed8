/**
 * Do counts stay exact and heaps flat over an hour of faults? `npm run bench:soak`; the answer is in bench/README.md.
 *
 * A scenario of 200 request names runs at a steady rate against a target that injects a fault of every class each
 * minute and counts what it did (`soak-target.mjs`). In the end what the report says of every class is compared with the
 * target's own counts, and the heaps of the main thread and the workers over time are printed.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { getHeapStatistics } from 'node:v8'
import { run, type Report } from '../dist/index.js'
import { describeMachine, keep } from './processes.ts'
import { renderTable } from './table.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '100' },
    names: { type: 'string', default: '200' },
    workers: { type: 'string', default: '2' },
    transport: { type: 'string', default: 'undici' },
    /** Rows of the table of heaps. */
    rows: { type: 'string', default: '12' },
  },
})
const minutes = Number(values.minutes)
const TARGET = fileURLToPath(new URL('soak-target.mjs', import.meta.url))
const SCENARIO = fileURLToPath(new URL('scripts/soak.ts', import.meta.url))

interface Counts {
  readonly requests: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly injected: Readonly<Record<string, number>>
  readonly tls: number
  readonly idleCloses: number
  /** Faults that found no fitting connection. */
  readonly left: number
}

console.log(`${describeMachine()}\n`)
const target = keep(fork(TARGET, [String(60 * Number(values.rate))], { execArgv: [] }))
const [ports] = (await once(target, 'message')) as [{ port: number; tlsPort: number }]
process.env['SOAK_TLS_URL'] = `https://127.0.0.1:${ports.tlsPort}/`
process.env['SOAK_NAMES'] = values.names

const columns = [
  'run time',
  'main, MB',
  ...Array.from({ length: Number(values.workers) }, (_, i) => `worker ${i}, MB`),
]
const table: string[][] = [columns]
/** The smallest reading of each heap since the last row: the others have garbage in them. */
let least: number[] = []
const rowS = Math.max(1, Math.round((60 * minutes) / Number(values.rows)))
const report = await run(
  {
    scenario: SCENARIO,
    url: `http://127.0.0.1:${ports.port}`,
    rate: values.rate,
    duration: `${Math.round(60 * minutes)}s`,
    maxUsers: 60,
    timeout: '2s',
    workers: values.workers,
    transport: values.transport as 'undici',
    thresholds: ['failed < 50%', 'iterations.failed < 50%'],
  },
  {
    onSecond({ second, workers }) {
      const heaps = [getHeapStatistics().used_heap_size, ...workers.map(({ heapBytes }) => heapBytes)]
      least = heaps.map((bytes, i) => Math.min(bytes, least[i] ?? Infinity))
      if ((second + 1) % rowS !== 0) return
      table.push([`${((second + 1) / 60).toFixed(1)} min`, ...least.map((bytes) => (bytes / 1e6).toFixed(1))])
      least = []
    },
  },
)
target.send('counts')
const [counts] = (await once(target, 'message')) as [Counts]
target.disconnect()

console.log(`Smallest heap in each span of ${rowS} s:\n\n${renderTable(table)}\n`)
const { rows, wrong } = compare(report, counts)
console.log(renderTable([['what', 'target', 'corerush', ''], ...rows]))
console.log(
  `\n${report.total.sent} requests in ${report.durationS.toFixed(0)} s at ${values.rate}/s over ${values.transport}; verdict ${report.verdict.level}; ${Object.keys(report.byName).length} names; ${counts.idleCloses} idle connections closed by the target`,
)
console.log(
  `Injected: ${Object.entries(counts.injected)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ')}`,
)
if (wrong > 0) {
  console.error(`${wrong} counts differ`)
  process.exitCode = 1
}

/**
 * The target's counts beside those of the report. What the target itself decides must be equal. Where a busy machine adds to
 * what was injected (time-outs, and connections that are closed before the target has read their request), the report
 * has at least the injected ones, and the surplus accounts for every request that the target never saw.
 */
function compare({ total, outcomes, connections, byName }: Report, served: Counts) {
  const ours = (outcome: string): number => outcomes[outcome as keyof typeof outcomes] ?? 0
  const theirs = (outcome: string): number => served.outcomes[outcome] ?? 0
  const ended = Object.values(outcomes).reduce((sum, n) => sum + n, 0)
  const lines: [what: string, theirs: number, ours: number, isExact: boolean][] = [
    ['requests with an outcome, of those sent', total.sent, ended + total.unfinished, true],
    ...['status', 'headers.malformed', 'body.closed', 'body.reset', 'body.malformed', 'body.timeout'].map(
      (outcome) => [outcome, theirs(outcome), ours(outcome), true] as [string, number, number, boolean],
    ),
    ...['headers.closed', 'headers.reset', 'headers.timeout'].map(
      (outcome) => [outcome, theirs(outcome), ours(outcome), false] as [string, number, number, boolean],
    ),
    ['sent again', theirs('retried'), connections.retried, false],
  ]
  // Attempts on a connection: all but those that were refused, and those to the port without TLS.
  const tls = byName['GET no TLS']?.sent ?? byName['no TLS']?.sent ?? 0
  const attempts = total.sent + connections.retried - ours('connect.refused') - tls
  const surplus = lines.reduce((sum, [, a, b, isExact]) => (isExact ? sum : sum + b - a), 0)
  const unseen = attempts - served.requests
  const excuses = surplus + ours('connect.timeout') + ours('connect.reset')
  const wrong =
    lines.filter(([, a, b, isExact]) => (isExact ? a !== b : b < a)).length +
    Number(unseen < 0 || unseen > excuses)
  return {
    rows: [
      ...lines.map(([what, a, b, isExact]) => [what, String(a), String(b), verdictOn(a, b, isExact)]),
      ['attempts on a connection', String(served.requests), String(attempts), `${unseen} never seen by it`],
      ['refused, as nobody listens', '–', String(ours('connect.refused')), ''],
      ['no TLS', String(served.tls), String(tls), ''],
    ],
    wrong,
  }
}

function verdictOn(theirs: number, ours: number, isExact: boolean): string {
  if (theirs === ours) return 'equal'
  return isExact || ours < theirs ? '**differs**' : `${ours - theirs} more, by the machine`
}
