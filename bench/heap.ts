/**
 * Does the heap stay flat in a long run? `npm run bench:heap`; the answer is in bench/README.md.
 *
 * The library runs in this process at full speed against the tiny target in another. Each closed second brings the
 * heap of every worker; the main thread's and the process's memory are read at the same time. After the first third,
 * in which caches fill and code is compiled, a line is fitted to the rest.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { run } from '../dist/index.js'
import { describeMachine, startTinyTarget } from './processes.ts'
import { renderTable } from './table.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1M' },
    users: { type: 'string', default: '64' },
    workers: { type: 'string', default: String(availableParallelism()) },
    rate: { type: 'string' },
  },
})

interface Sample {
  readonly atS: number
  /** Requests finished so far. */
  readonly finished: number
  readonly bytes: number
}

const series = new Map<string, Sample[]>()
const note = (what: string, sample: Sample): void => {
  const samples = series.get(what)
  if (samples === undefined) series.set(what, [sample])
  else samples.push(sample)
}

console.log(`${describeMachine()}\n`)
const target = await startTinyTarget(0)
let finished = 0
const report = await run(
  {
    url: `${target.url}/GetPrograms`,
    workers: values.workers,
    requests: values.requests,
    ...(values.rate === undefined ? { users: values.users } : { rate: values.rate }),
  },
  {
    onSecond({ second, phase, finished: inSecond, workers }) {
      finished += inSecond
      if (phase !== 'load') return
      const at = { atS: second + 1, finished }
      const { heapUsed, external, rss } = process.memoryUsage()
      note('main, heap', { ...at, bytes: heapUsed })
      for (const { worker, heapBytes } of workers) note(`worker ${worker}, heap`, { ...at, bytes: heapBytes })
      note('external of main', { ...at, bytes: external })
      note('process, RSS', { ...at, bytes: rss })
    },
  },
)
const counted = await target.requests()
await target.stop()

const { sent, requestsPerS } = report.total
console.log(
  `${sent} requests in ${report.durationS.toFixed(0)} s, ${requestsPerS?.toFixed(0) ?? '–'}/s, ${report.workers} workers\n`,
)
const rows = [
  [
    ...['what', 'samples', 'mean of 2nd third MB', 'lowest', 'mean of last third MB', 'lowest'],
    ...['B per 1M requests', '±', 'MB per hour', '±'],
  ],
]
for (const [what, samples] of [...series].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const third = Math.floor(samples.length / 3)
  const [second, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)]
  const later = samples.slice(third)
  const perRequest = slope(later.map(({ finished: n, bytes }) => [n / 1e6, bytes]))
  const perHour = slope(later.map(({ atS, bytes }) => [atS / 3600, bytes / 1e6]))
  rows.push([
    ...[what, String(samples.length), megabytes(mean(second)), megabytes(lowest(second))],
    ...[megabytes(mean(last)), megabytes(lowest(last))],
    ...[perRequest.slope.toFixed(0), perRequest.error.toFixed(0)],
    ...[perHour.slope.toFixed(1), perHour.error.toFixed(1)],
  ])
}
console.log(renderTable(rows))
if (counted !== sent) {
  console.error(`the target counted ${counted} requests, ${sent} were sent`)
  process.exitCode = 1
}

/** The least-squares line through the points: its slope and standard error. */
function slope(points: readonly (readonly [x: number, y: number])[]): { slope: number; error: number } {
  const n = points.length
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n
  const sxx = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const b = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / sxx
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - b * (x - meanX)) ** 2, 0)
  return { slope: b, error: Math.sqrt(rest / (n - 2) / sxx) }
}

function mean(samples: readonly Sample[]): number {
  return samples.reduce((sum, { bytes }) => sum + bytes, 0) / samples.length
}

function lowest(samples: readonly Sample[]): number {
  return Math.min(...samples.map(({ bytes }) => bytes))
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
