/**
 * Is a replayed log on the wire what the log says, and what does its index cost? `npm run bench:replay`; the answers are in
 * bench/README.md. The log of a minute is sent at 20 times its speed; the target counts arrivals in each 100 ms, which are
 * 2 s of the log.
 */
import { createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { planRun } from '../dist/index.js'
import { describeVerdict, fixed, observe } from './observed.ts'
import { describeMachine, reportOf, startLoggingTarget } from './processes.ts'
import { renderTable } from './table.ts'

const { values } = parseArgs({
  options: {
    'per-s': { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
    lines: { type: 'string', default: '10000000' },
    transport: { type: 'string', default: 'undici' },
    index: { type: 'string' },
  },
})

const LOG_S = 60
const SPEED = 20
const START_MS = Date.UTC(2026, 10, 30, 12)
const TOLERANCE = 0.1

/** The rate goes up and down by half, as in a wave of 20 s. */
const perS = (s: number): number =>
  Math.round(Number(values['per-s']) * (1 + 0.5 * Math.sin((s / 20) * 2 * Math.PI)))

function writeLog(path: string): number[] {
  const lines: string[] = []
  const seconds = Array.from({ length: LOG_S }, (_, s) => perS(s))
  for (const [s, count] of seconds.entries())
    for (let k = 0; k < count; k++) {
      const stamp = new Date(START_MS + s * 1000).toISOString().replace(/\.\d+Z/, '+00:00')
      lines.push(JSON.stringify({ time: stamp, method: 'GET', path: `/users/${k}?s=${s}` }))
    }
  writeFileSync(path, `${lines.join('\n')}\n`)
  return seconds
}

async function onTheWire(path: string, seconds: readonly number[]): Promise<void> {
  const target = await startLoggingTarget()
  const logBucketS = SPEED / 10
  const expected = Array.from({ length: LOG_S / logBucketS }, (_, i) =>
    seconds.slice(i * logBucketS, (i + 1) * logBucketS).reduce((sum, n) => sum + n, 0),
  )
  const rows = [['round', 'planned', 'arrived', '100 ms within ±10 %', 'worst', 'lag p99 ms', 'verdict']]
  for (let round = 0; round < Number(values.rounds); round++) {
    const { report, log } = await observe(target, '1ms', {
      ...{ replay: path, speed: SPEED, workers: 1, transport: values.transport as 'undici' | 'wire' },
    })
    const off = expected.map((n, i) => Math.abs((log.arrivals[i] ?? 0) / n - 1))
    rows.push([
      ...[String(round), String(expected.reduce((sum, n) => sum + n, 0)), String(log.received)],
      `${off.filter((share) => share <= TOLERANCE).length} of ${off.length}`,
      `${(100 * Math.max(...off)).toFixed(1)} %`,
      ...[fixed(report.total.lagMs.p99), describeVerdict(report)],
    ])
  }
  await target.stop()
  console.log(`A log of ${LOG_S} s at ${SPEED}×, ${values.transport}\n\n${renderTable(rows)}\n`)
}

/** A line for each 10 ms or less, with paths of 100,000 users. */
async function writeLarge(path: string, lines: number): Promise<void> {
  const file = createWriteStream(path)
  for (let i = 0; i < lines;) {
    let text = ''
    for (const end = Math.min(lines, i + 10_000); i < end; i++) {
      const stamp = new Date(START_MS + Math.floor(i / 500) * 1000).toISOString()
      text += `10.0.0.1 - - [${stamp.slice(8, 10)}/Nov/2026:${stamp.slice(11, 19)} +0000] "GET /users/${(i * 7919) % 100_000}/orders HTTP/1.1" 200 612 "-" "Mozilla/5.0 (X11; Linux x86_64)"\n`
    }
    if (!file.write(text)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
}

interface IndexCost {
  readonly cpuS: number
  readonly beforeMB: number
  readonly peakMB: number
  readonly requests: number
}

/** In a process of its own: what the plan of a log costs. */
function indexAlone(path: string): void {
  planRun({ url: 'http://127.0.0.1:1/', users: 1, duration: 1 })
  const beforeMB = process.memoryUsage.rss() / 1e6
  const { user, system } = process.cpuUsage()
  const plan = planRun({ url: 'http://127.0.0.1:1/', replay: path })
  const after = process.cpuUsage()
  const cost: IndexCost = {
    cpuS: (after.user + after.system - user - system) / 1e6,
    beforeMB,
    peakMB: process.resourceUsage().maxRSS / 1e3,
    requests: plan.model === 'open' ? (plan.replay?.requests ?? 0) : 0,
  }
  process.send!(cost)
}

async function main(): Promise<void> {
  console.log(`${describeMachine()}\n`)
  const folder = mkdtempSync(join(tmpdir(), 'corerush-replay-'))
  try {
    const small = join(folder, 'minute.log')
    await onTheWire(small, writeLog(small))
    const lines = Number(values.lines)
    const rows = [['lines', 'file', 'CPU', 'per line', 'memory before', 'highest', 'per line']]
    for (const count of lines === 0 ? [] : [lines / 10, lines]) {
      const large = join(folder, 'large.log')
      await writeLarge(large, count)
      const cost = await reportOf<IndexCost>(
        new URL(import.meta.url).pathname,
        ['--index', large],
        ['--import', 'tsx'],
      )
      rows.push([
        ...[
          String(cost.requests),
          `${(statSync(large).size / 1e6).toFixed(0)} MB`,
          `${cost.cpuS.toFixed(1)} s`,
        ],
        `${((cost.cpuS / count) * 1e6).toFixed(2)} µs`,
        ...[`${cost.beforeMB.toFixed(0)} MB`, `${cost.peakMB.toFixed(0)} MB`],
        `${(((cost.peakMB - cost.beforeMB) * 1e6) / count).toFixed(0)} B`,
      ])
    }
    if (rows.length > 1) console.log(`The index\n\n${renderTable(rows)}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (values.index === undefined) await main()
else indexAlone(values.index)
