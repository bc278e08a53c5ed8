/**
 * The original question of the project: what does one core do to 550, or 1,500, users that all cores do not?
 * `npm run bench:saturation`; the answer is in bench/README.md and bench/saturation.svg.
 *
 * The same rising numbers of users run on one worker, then two, up to one for each core, and through other generators. Each request burns a fixed CPU
 * time in the generator (`--burn`), standing for a heavy script, so that a worker saturates at 1 / burn requests a
 * second, however fast the machine is, and the target has enough of the machine left on two cores.
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { parseDurationS } from '../dist/core/units.js'
import { hireCrew } from '../dist/host/crew.js'
import { conduct } from '../dist/host/run.js'
import { planRun, type Report } from '../dist/index.js'
import { renderChart, type Point } from './chart.ts'
import { describeMachine, startTinyTarget } from './processes.ts'
import { findPeers, sweep } from './saturation-peers.ts'
import { renderTable } from './table.ts'

const TARGET_MS = 20
const MEAN_WAIT_S = 1
const CHART = new URL('saturation.svg', import.meta.url)
const WORKER = new URL('burning-worker.mjs', import.meta.url).href
const BODY = "<?xml version='1.0' encoding='UTF-8'?><GetPrograms client='8350110822716631' portalId='1'/>\n"

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '250,550,750,1000,1250,1500' },
    workers: { type: 'string', default: oneToAllCores() },
    seconds: { type: 'string', default: '8' },
    burn: { type: 'string', default: '1ms' },
    peers: { type: 'string', default: findPeers().here.join(',') },
  },
})
const seconds = Number(values.seconds)
const burnMs = milliseconds(values.burn)

console.log(`${describeMachine()}\n`)
// Workers copy the environment when they are created.
process.env['BURN_MS'] = String(burnMs)
const crews = numbers(values.workers)
const peers = values.peers.split(',').filter((name) => name !== '')
const points: Point[] = []
const rows: string[][] = []
let miscounts = 0
// Generators alternate at each number of users, so that a disturbance of the machine affects all of them.
for (const users of numbers(values.users))
  for (const measure of [
    ...crews.map((workers) => () => measureCrew(workers, users)),
    ...peers.map((name) => () => measurePeer(name, users)),
  ]) {
    const point = await measure()
    points.push(point)
    process.stderr.write(
      `${point.line}, ${users} users: ${point.achievedPerS.toFixed(0)} req/s, ${point.verdict ?? 'no verdict'}\n`,
    )
  }
const order = [...new Set(points.map(({ line }) => line))]
points.sort((a, b) => order.indexOf(a.line) - order.indexOf(b.line))
rows.sort(([a], [b]) => order.indexOf(a!) - order.indexOf(b!))
rows.unshift([
  ...['generator', 'users', 'asked req/s', 'achieved', 'of asked', 'p50 ms', 'p99 ms', '± ms'],
  ...['busiest worker', 'target', 'verdict'],
])
console.log(
  `Users with a wait of 0.9-1.1 s, ${seconds} s each, target ${TARGET_MS} ms, ${burnMs} ms of CPU per request\n`,
)
console.log(renderTable(rows))
writeFileSync(
  CHART,
  renderChart(points, {
    title: 'The same users on one core and on all',
    subtitle: `wait 0.9–1.1 s · target ${TARGET_MS} ms · each request burns ${burnMs} ms of CPU in the generator · ${availableParallelism()} cores`,
  }),
)
console.log(`\nChart: bench/saturation.svg`)
const { missing } = findPeers()
if (missing.length > 0) console.log(`Not on the PATH, so left out: ${missing.join(', ')}`)
if (miscounts > 0) {
  console.error(`${miscounts} of the runs did not add up`)
  process.exitCode = 1
}

async function measureCrew(workers: number, users: number): Promise<Point> {
  const target = await startTinyTarget(TARGET_MS)
  const plan = planRun({
    ...{ url: `${target.url}/GetPrograms`, name: 'GetPrograms', body: BODY },
    ...{ headers: { 'Content-Type': 'application/xml' }, users, wait: '0.9s-1.1s', workers },
    ...{ rampUp: 1, duration: seconds },
  })
  const report = await conduct(plan, {}, hireCrew(burnMs > 0 ? { filename: WORKER } : {}))
  const [counted, cpuS] = [await target.requests(), await target.cpuS()]
  await target.stop()
  if (counted !== report.total.sent) miscounts++

  // The users are started in the first second.
  const steady = report.timeline.filter(({ second }) => second >= 1 && second < seconds)
  const point: Point = {
    line: `${workers} worker${workers === 1 ? '' : 's'}`,
    users,
    askedPerS: asked(users),
    achievedPerS: steady.reduce((n, { finished }) => n + finished, 0) / steady.length,
    p99Ms: report.total.latencyMs.p99 ?? NaN,
    busiest: busiestWorker(steady),
    verdict: report.verdict.level,
  }
  rows.push([
    ...[point.line, String(users), point.askedPerS.toFixed(0), point.achievedPerS.toFixed(0)],
    ...[percent(point.achievedPerS / point.askedPerS), fixed(report.total.latencyMs.p50)],
    ...[fixed(report.total.latencyMs.p99), fixed(report.verdict.errorBoundMs.p99)],
    ...[percent(point.busiest), percent(cpuS / report.durationS)],
    [report.verdict.level, ...report.verdict.reasons.map(({ code }) => code)].join(' '),
  ])
  return point
}

async function measurePeer(name: string, users: number): Promise<Point> {
  const target = await startTinyTarget(TARGET_MS)
  const of = { url: target.url, body: BODY, users, seconds, burnMs, askedPerS: asked(users) }
  const began = performance.now()
  const swept = await sweep(name, target, of)
  const targetBusy = (await target.cpuS()) / ((performance.now() - began) / 1000)
  await target.stop()
  const point: Point = {
    ...{ line: name, users, askedPerS: asked(users), achievedPerS: swept.achievedPerS },
    ...{ p99Ms: swept.p99Ms ?? NaN, busiest: swept.busy ?? NaN, verdict: null },
  }
  rows.push([
    ...[name, String(users), point.askedPerS.toFixed(0), point.achievedPerS.toFixed(0)],
    ...[percent(point.achievedPerS / point.askedPerS), fixed(swept.p50Ms), fixed(swept.p99Ms), '–'],
    ...[percent(point.busiest), percent(targetBusy), `none; exit code ${swept.exitCode}`],
  ])
  return point
}

function asked(users: number): number {
  return users / (MEAN_WAIT_S + TARGET_MS / 1000)
}

/** Mean utilization of the busiest worker: one bad second is not saturation. */
function busiestWorker(steady: Report['timeline']): number {
  const sums = new Map<number, number>()
  for (const { workers } of steady)
    for (const { worker, utilization } of workers) sums.set(worker, (sums.get(worker) ?? 0) + utilization)
  return Math.max(...sums.values()) / steady.length
}

function oneToAllCores(): string {
  return Array.from({ length: availableParallelism() }, (_, i) => i + 1).join(',')
}

function numbers(list: string): number[] {
  return list.split(',').map(Number)
}

function milliseconds(text: string): number {
  const parsed = parseDurationS(text)
  if ('problem' in parsed) throw new Error(`--burn ${parsed.problem}, got "${text}"`)
  return parsed.value * 1000
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(0)} %`
}

function fixed(ms: number | null): string {
  return ms?.toFixed(1) ?? '–'
}
