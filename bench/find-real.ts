/** Searches of the embedded target with a capacity, as a user starts them, until the time is over; a table as it goes. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FindReport } from '../src/core/find/find-report.ts'
import { CLI, keep, startEmbeddedTarget } from './processes.ts'

export interface RealOptions {
  readonly minutes: number
  readonly capacities: readonly number[]
  readonly runs: number
  readonly pinnedRuns: number
}

const SETTINGS = ['--for', '10s', '--trial', '1s', '--confirm', '0']
/** The longest time of one search, and the shortest that is worth it, in seconds. */
const MOST_S = 180
const LEAST_S = 40
const GOALS = ['--threshold', 'p99 < 500ms', '--threshold', 'failed < 0.1%']
/** A capacity is found if it is in the interval, or no further from its middle than this. */
const NEAR = 0.03
/** One worker beside a CPU burner cannot carry this capacity. */
const PINNED_CAPACITY = 20_000

const COLUMNS = ['capacity', 'run', 'held /s', 'not held /s', 'off by', 'limited by', 'trials', 's', 'answer']

/** Runs in rounds over all capacities, so that an early end leaves as many runs of each. */
export async function benchReal({ minutes, capacities, runs, pinnedRuns }: RealOptions): Promise<void> {
  const untilMs = performance.now() + minutes * 60_000
  console.log(`corerush find ${[...GOALS, ...SETTINGS].join(' ')}; at most ${minutes} min\n`)
  console.log(line(COLUMNS))
  console.log(line(COLUMNS.map(() => '---')))
  const counts = new Map<string, { runs: number; right: number }>()
  const count = (key: string, isRight: boolean): void => {
    const of = counts.get(key) ?? { runs: 0, right: 0 }
    counts.set(key, { runs: of.runs + 1, right: of.right + (isRight ? 1 : 0) })
  }
  const leftS = (): number => Math.floor(Math.min(MOST_S, (untilMs - performance.now()) / 1000))
  for (let run = 1; run <= Math.max(runs, pinnedRuns); run++) {
    if (run <= runs)
      for (const capacity of capacities) {
        if (leftS() < LEAST_S) break
        const report = await search(capacity, `${Math.round(capacity / 4)}/s..`, leftS())
        const { text, isRight } = judged(report, capacity)
        console.log(line([String(capacity), String(run), ...text]))
        count(`${capacity}/s within ${100 * NEAR} %`, isRight)
      }
    if (run > pinnedRuns || leftS() < LEAST_S) continue
    const report = await besideBurner(() =>
      search(PINNED_CAPACITY, '500/s..', leftS(), ['--workers', '1'], ['taskset', '-c', '0']),
    )
    const { text, isFalse } = judged(report, PINNED_CAPACITY)
    console.log(line([`${PINNED_CAPACITY}, pinned`, String(run), ...text]))
    count('no false bound with one worker beside a burner', !isFalse)
  }
  console.log()
  for (const [key, { runs: made, right }] of counts) console.log(`${key}: ${right} of ${made}`)
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function judged(
  { answers, trials, durationS }: FindReport,
  capacity: number,
): { readonly text: string[]; readonly isRight: boolean; readonly isFalse: boolean } {
  const [answer] = answers
  const [lower, upper] = [answer!.lower, answer!.upper].map((load) =>
    load !== null && 'ratePerS' in load ? load.ratePerS : null,
  ) as [number | null, number | null]
  const isTargets = answer!.limitedBy === 'target'
  const middle = lower === null || upper === null || !isTargets ? null : Math.sqrt(lower * upper)
  const off = middle === null ? null : middle / capacity - 1
  const holds = lower !== null && lower <= capacity && upper !== null && upper > capacity
  const isRight = isTargets && (holds || (off !== null && Math.abs(off) <= NEAR))
  // A lower bound above what the target serves, or an upper bound of the target below it.
  const isFalse =
    (lower !== null && lower > capacity * (1 + NEAR)) ||
    (isTargets && upper !== null && upper < capacity * (1 - NEAR))
  const word = isFalse ? '**false**' : isTargets ? (isRight ? 'found' : 'wide') : 'not measurable'
  const show = (load: number | null): string => (load === null ? '–' : load.toFixed(0))
  return {
    text: [
      ...[show(lower), show(upper), off === null ? '–' : `${(100 * off).toFixed(1)} %`, answer!.limitedBy],
      ...[String(trials.length), durationS.toFixed(0), word],
    ],
    isRight,
    isFalse,
  }
}

/** One search of a target of its own. `before` is what starts the command. */
async function search(
  capacity: number,
  range: string,
  mostS: number,
  flags: readonly string[] = [],
  before: readonly string[] = [],
): Promise<FindReport> {
  const target = await startEmbeddedTarget('0', ['--capacity', String(capacity)])
  const folder = mkdtempSync(join(tmpdir(), 'corerush-find-'))
  try {
    const file = join(folder, 'find.json')
    const words = [
      'find',
      '--url',
      target.url,
      '--rate',
      range,
      ...GOALS,
      ...SETTINGS,
      ...flags,
      '--max-time',
      `${mostS}s`,
    ]
    const [command, ...argv] = [
      ...before,
      process.execPath,
      CLI,
      ...words,
      '--quiet',
      '--out',
      `json=${file}`,
    ]
    const child = keep(spawn(command, argv, { stdio: 'ignore' }))
    await once(child, 'exit')
    return JSON.parse(readFileSync(file, 'utf8')) as FindReport
  } finally {
    rmSync(folder, { recursive: true })
    await target.stop()
  }
}

/** Does something while another process spins on core 0. */
async function besideBurner<T>(during: () => Promise<T>): Promise<T> {
  const burner: ChildProcess = keep(
    spawn('taskset', ['-c', '0', process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' }),
  )
  try {
    return await during()
  } finally {
    burner.kill('SIGKILL')
  }
}
