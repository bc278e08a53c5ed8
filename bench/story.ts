/**
 * Do rate, latency and counts come out as computed? `npm run bench:story`; the answer is in bench/README.md.
 *
 * Users with a wait of 0.9 to 1.1 s go round once in 1.0 s and a service time, so N of them make N / (1.0 + service)
 * requests a second, if the generator keeps up. Rate and mean service time are taken over the same span: the whole
 * seconds after the last user was started and before the load ends. How the waits happen to fall moves the rate of
 * such a span by about 0.1 %; how late the generator started its iterations (lag) is a part of the cycle too, and the
 * greater part of what is missing: 1 ms of it takes 0.1 %.
 *
 * Fails only on a wrong count, never on a slow machine.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import type { Report, SecondRow } from '../dist/index.js'
import { CLI, corerush, describeMachine, keep, startEmbeddedTarget, STORY_REQUEST } from './processes.ts'
import { renderTable } from './table.ts'

const MEAN_WAIT_S = 1

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '15' },
    starts: { type: 'string', default: '7' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const starts = Number(values.starts)

console.log(`${describeMachine()}\n`)
let miscounts = 0
await story('550 users, every core', 550, 1, [])
await story('3,000 users, one worker', 3000, 4, ['--workers', '1'])
await startUp()
if (miscounts > 0) {
  console.error(`${miscounts} of the runs did not add up`)
  process.exitCode = 1
}

/** Users of the demo on some workers, `rounds` times, each against a new target. */
async function story(title: string, users: number, rampUpS: number, flags: readonly string[]): Promise<void> {
  const rows = [
    [
      ...['round', 'req/s', 'must be', 'off by', 'lag ms', 'busiest', 'after 1st s', 'p50 ms', '± ms'],
      ...['p99 ms', '± ms', 'sent', 'server counted', 'verdict'],
    ],
  ]
  for (let round = 1; round <= rounds; round++) {
    const target = await startEmbeddedTarget('20ms')
    const report = await corerush([
      ...['--url', `${target.url}/GetPrograms`, ...STORY_REQUEST],
      ...['--users', String(users), '--wait', '0.9s-1.1s'],
      ...['--ramp-up', String(rampUpS), '--duration', String(seconds), ...flags],
    ])
    const counted = await target.requests()
    await target.stop()
    const { sent, finished, unfinished, latencyMs } = report.total
    if (counted !== sent || sent !== finished + unfinished) miscounts++
    const { achieved, planned, lagMs } = pace(report, users, rampUpS)
    const { errorBoundMs, level, reasons } = report.verdict
    rows.push([
      ...[String(round), achieved.toFixed(1), planned.toFixed(1), percent(achieved / planned - 1)],
      ...[lagMs.toFixed(1)],
      ...[percent(busiest(report.timeline)), percent(busiest(report.timeline.slice(1)))],
      ...[fixed(latencyMs.p50), fixed(errorBoundMs.p50), fixed(latencyMs.p99), fixed(errorBoundMs.p99)],
      ...[String(sent), counted === sent ? 'the same' : String(counted)],
      [level, ...reasons.map(({ code }) => code)].join(' '),
    ])
  }
  console.log(`${title} (wait 0.9-1.1 s, ramp-up ${rampUpS} s, ${seconds} s, target 20 ms)\n`)
  console.log(`${renderTable(rows)}\n`)
}

/** The rate of the steady seconds, what it must be by their mean service time, and how late iterations began. */
function pace(
  { timeline }: Report,
  users: number,
  rampUpS: number,
): { achieved: number; planned: number; lagMs: number } {
  const steady = timeline.filter(({ second }) => second >= Math.ceil(rampUpS) && second < seconds)
  const finished = steady.reduce((n, row) => n + row.finished, 0)
  // Nothing fails here, so each second's mean stands for all that it finished.
  const mean = (of: 'serviceMs' | 'lagMs'): number =>
    steady.reduce((sum, row) => sum + row.finished * (row[of].mean ?? 0), 0) / finished
  return {
    achieved: finished / steady.length,
    planned: users / (MEAN_WAIT_S + mean('serviceMs') / 1000),
    lagMs: mean('lagMs'),
  }
}

function busiest(rows: readonly SecondRow[]): number {
  return Math.max(...rows.flatMap(({ workers }) => workers.map(({ utilization }) => utilization)))
}

/** Times from the start of the process to the first request, and to the version, as medians. */
async function startUp(): Promise<void> {
  const rows = [['what', 'median ms', 'min ms', 'max ms']]
  const times = async (what: string, measure: () => Promise<number>): Promise<void> => {
    const taken: number[] = []
    for (let i = 0; i < starts; i++) taken.push(await measure())
    taken.sort((a, b) => a - b)
    const [median, min, max] = [taken[Math.floor((starts - 1) / 2)]!, taken[0]!, taken.at(-1)!]
    rows.push([what, median.toFixed(0), min.toFixed(0), max.toFixed(0)])
  }
  await times('first request, 550 users', firstRequestMs)
  await times('corerush --version', () => toExitMs([CLI, '--version']))
  await times('of which node itself', () => toExitMs(['--eval', '']))
  console.log(`From the start of the process to … (${starts} times)\n\n${renderTable(rows)}`)
}

async function firstRequestMs(): Promise<number> {
  const server = createServer((_, response) => response.end('ok'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/GetPrograms`
  const flags = ['--url', url, ...STORY_REQUEST, '--users', '550', '--wait', '0.9s-1.1s', '--quiet']
  const startMs = performance.now()
  const child = keep(spawn(process.execPath, [CLI, ...flags], { stdio: 'ignore' }))
  const closed = once(child, 'close')
  const takenMs = await Promise.race([
    once(server, 'request').then(() => performance.now() - startMs),
    closed.then(() => NaN),
  ])
  child.kill('SIGKILL')
  await closed
  server.closeAllConnections()
  server.close()
  return takenMs
}

async function toExitMs(argv: readonly string[]): Promise<number> {
  const startMs = performance.now()
  await once(keep(spawn(process.execPath, argv, { stdio: 'ignore' })), 'close')
  return performance.now() - startMs
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)} %`
}

function fixed(ms: number | null): string {
  return ms?.toFixed(1) ?? '–'
}
