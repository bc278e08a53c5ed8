/**
 * Is the verdict right? `npm run bench:verdict`; the answer, and what the columns mean, is in bench/README.md.
 *
 * Runs the cells of the calibration and stores true values and evidence of each run in `--out`, so that other rules can be
 * applied without running anything again: `--judge FILE`. A run that fails is recorded and skipped.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { cells, type Cell } from './calibration-cell.ts'
import { calibrate, type Bench, type CalibrationRun } from './calibration-run.ts'
import { describeCell, judgeRun, renderJudgement } from './calibration-table.ts'
import { DISTURBANCES, quotaGroups } from './disturbance.ts'
import { CLI, describeMachine } from './processes.ts'
import { buildStampedTarget } from './stamped-target.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '320' },
    seconds: { type: 'string', default: '4' },
    out: { type: 'string', default: 'verdict-runs.jsonl' },
    resume: { type: 'boolean', default: false },
    judge: { type: 'string' },
    workers: { type: 'string', default: availableParallelism() > 1 ? '1,2' : '1' },
    only: { type: 'string', default: DISTURBANCES.join(',') },
    /** Shares of capacity in percent, and models; all by default. */
    loads: { type: 'string' },
    models: { type: 'string' },
  },
})

interface Machine {
  readonly kind: 'machine'
  readonly machine: string
  /** Requests per second by `transport workers`. */
  readonly capacities: Readonly<Record<string, number>>
}
type Line =
  Machine | CalibrationRun | { readonly kind: 'failed'; readonly index: number; readonly why: string }

const readLines = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)

if (values.judge === undefined) await measure(values.out)
const lines = readLines(values.judge ?? values.out)
const runs = lines.filter((line) => line.kind === 'run')
const failed = lines.filter((line) => line.kind === 'failed')
for (const line of lines)
  if (line.kind === 'machine') console.log(`${line.machine}\ncapacity ${JSON.stringify(line.capacities)}\n`)
console.log(renderJudgement(runs))
if (failed.length > 0)
  console.log(
    `\n${failed.length} runs failed:\n${failed.map(({ index, why }) => `${index}: ${why}`).join('\n')}`,
  )

async function measure(file: string): Promise<void> {
  const known = existsSync(file) ? readLines(file) : []
  if (known.length > 0 && !values.resume) throw new Error(`${file} exists: --resume goes on with it`)
  const keepLine = (line: Line): void => appendFileSync(file, JSON.stringify(line) + '\n')
  const transports = ['undici', ...(knowsWire() ? ['wire'] : [])]
  const workers = values.workers.split(',').map(Number)
  const groups = quotaGroups()
  const disturbances = DISTURBANCES.filter(
    (what) => values.only.split(',').includes(what) && (groups !== null || !what.startsWith('quota')),
  )
  if (groups === null) console.error('no control group can be made here: runs under a CPU quota are left out')
  const target = buildStampedTarget()
  const seconds = Number(values.seconds)

  let machine = known.find((line) => line.kind === 'machine')
  if (machine === undefined) {
    const capacities: Record<string, number> = {}
    const description = describeMachine()
    for (const transport of transports)
      for (const n of workers)
        capacities[`${transport} ${n}`] = await capacityOf(transport, n, { target, groups, seconds })
    machine = { kind: 'machine', machine: description, capacities }
    keepLine(machine)
  }
  const { capacities } = machine
  console.error(`capacity ${JSON.stringify(capacities)}`)
  const bench: Bench = {
    ...{ target, groups, seconds },
    capacityPerS: ({ transport, workers: n }) => capacities[`${transport} ${n}`]!,
  }
  const done = new Set(known.flatMap((line) => (line.kind === 'machine' ? [] : [line.index])))
  const began = Date.now()
  const loads = values.loads?.split(',').map((percent) => Number(percent) / 100)
  const models = values.models?.split('; ')
  const choice = { transports, workers, disturbances, ...(loads && { loads }), ...(models && { models }) }
  const planned = cells(Number(values.runs), choice)
  for (const [index, cell] of planned.entries()) {
    if (done.has(index)) continue
    const progress = `${index + 1}/${planned.length} ${((Date.now() - began) / 60_000).toFixed(1)} min`
    try {
      const run = await calibrate(index, cell, bench)
      keepLine(run)
      const { level, codes, isTrue, worst, short } = judgeRun(run)
      console.error(
        `${progress} ${describeCell(run)}: ${level} ${codes} (${isTrue ? 'true' : 'false'}: ${worst.name} ${worst.byMs.toFixed(2)} ms, short ${short === null ? '–' : `${(short * 100).toFixed(1)} %`})`,
      )
    } catch (error) {
      const why = `${describeCell({ cell })}: ${error instanceof Error ? error.message : String(error)}`
      keepLine({ kind: 'failed', index, why })
      console.error(`${progress} failed: ${why}`)
    }
  }
}

/**
 * Users without waits in numbers that nothing else limits; what the target counted. Not at one latency for all: their
 * requests would go in lockstep, a batch in each turn, and twice as many get through.
 */
async function capacityOf(
  transport: string,
  workers: number,
  bench: Omit<Bench, 'capacityPerS'>,
): Promise<number> {
  const cell: Cell = {
    ...{ model: 'closed, no waits', transport, workers, load: 1, latency: 'uniform 5 50', waitS: 0.1 },
    disturbance: 'none',
  }
  // Some 700 users ask for 25,600 a second; a faster host finds more below.
  const atOnce = async (perS: number): Promise<number> =>
    (await calibrate(0, cell, { ...bench, capacityPerS: () => perS })).truth.gotPerS
  const first = await atOnce(25_600)
  return Math.round(first < 0.9 * 25_600 ? first : await atOnce(102_400))
}

function knowsWire(): boolean {
  return execFileSync(process.execPath, [CLI, '--help'], { encoding: 'utf8' }).includes('wire')
}
