/**
 * Does the witness report what the target did, where the workers do not? `npm run bench:witness`; the answer is in
 * bench/README.md.
 *
 * corerush as its users start it, on one worker, against the target of the calibration, whose log has the kernel's time of
 * each request and that of its answer. Its share of the CPU is that of its thread among the threads of the load.
 */
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import type { Report } from '../dist/index.js'
import { corerush, describeMachine } from './processes.ts'
import { buildStampedTarget, startStampedTarget, type Stamps } from './stamped-target.ts'
import { renderTable } from './table.ts'

const SCENARIO = fileURLToPath(new URL('../examples/getprograms.ts', import.meta.url))
const PLANS: Readonly<Record<string, readonly string[]>> = {
  '3000': ['--users', '3000', '--wait', '0.9s-1.1s'],
  '5000': ['--users', '5000', '--wait', '0.9s-1.1s'],
  '1200': ['--users', '1200', '--wait', '90ms-110ms'],
  script: [SCENARIO, '--users', '5000', '--wait', '1s'],
  open: ['--rate', '4000'],
}
const PERCENTILES = { p50: 0.5, p90: 0.9, p99: 0.99 } as const

const { values } = parseArgs({
  options: {
    plans: { type: 'string', default: Object.keys(PLANS).join(',') },
    seconds: { type: 'string', default: '20' },
    warmup: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    latency: { type: 'string', default: 'fixed 20' },
    flags: { type: 'string', default: '' },
  },
})

const program = buildStampedTarget()
const warmupS = Number(values.warmup)
console.log(`${describeMachine()}\n`)
const rows = [['plan', 'round', 'p50', 'p90', 'p99', 'witnessed', 'agrees', 'its CPU', 'verdict']]
for (const plan of values.plans.split(','))
  for (let round = 1; round <= Number(values.rounds); round++) {
    const target = await startStampedTarget(program, values.latency)
    try {
      const report = await corerush([
        ...PLANS[plan]!,
        ...['--url', `${target.url}/x`, '--workers', '1', '--ramp-up', `${Math.max(1, warmupS - 1)}s`],
        ...['--warmup', `${warmupS}s`, '--duration', String(warmupS + Number(values.seconds))],
        ...values.flags.split(' ').filter((flag) => flag !== ''),
      ])
      rows.push(rowOf(plan, round, report, await target.finish()))
      console.error(rows.at(-1)!.join(' | '))
    } finally {
      target.kill()
    }
  }
console.log('workers ± bound / witness ± bound (95 % interval) / truth, in ms\n')
console.log(renderTable(rows))

function rowOf(plan: string, round: number, report: Report, log: readonly Stamps[]): string[] {
  const fromMs = Date.parse(report.startedAt) + report.warmupS * 1000
  const trueMs = log
    .filter(({ writtenMs }) => writtenMs >= fromMs)
    .map(({ receivedMs, begunMs }) => begunMs - receivedMs)
    .sort((a, b) => a - b)
  const { total, witness, verdict } = report
  const cell = (name: keyof typeof PERCENTILES): string => {
    const truth = trueMs[Math.ceil(PERCENTILES[name] * trueMs.length) - 1]
    const interval = witness?.intervalMs[name]?.map(ms).join('–') ?? '–'
    return [
      `${ms(total.latencyMs[name])} ± ${ms(verdict.errorBoundMs[name])}`,
      `${ms(witness?.latencyMs[name])} ± ${ms(witness?.errorBoundMs[name])} (${interval})`,
      ms(truth),
    ].join(' / ')
  }
  return [
    ...[plan, String(round), cell('p50'), cell('p90'), cell('p99')],
    ...[String(witness?.requests ?? 0), String(witness?.agrees ?? '–'), cpuShare(report)],
    [verdict.level, verdict.latencyBy, ...verdict.reasons.map(({ code, level }) => `${code}:${level}`)].join(
      ' ',
    ),
  ]
}

/** The CPU of the witness, of that of all threads of the load. */
function cpuShare({ timeline, workers }: Report): string {
  let own = 0
  let all = 0
  for (const { worker, cpu } of timeline.flatMap((row) => row.workers)) {
    all += cpu ?? 0
    if (worker === workers) own += cpu ?? 0
  }
  return all === 0 ? '–' : `${((100 * own) / all).toFixed(1)} %`
}

function ms(of: number | null | undefined): string {
  return of?.toFixed(1) ?? '–'
}
