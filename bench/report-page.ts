/**
 * Is the HTML report of a long run small, and does it answer at once? `npm run bench:report-page`; the answer is in
 * bench/README.md.
 *
 * The seconds are random, and made into a report by the code that makes real ones. Chromium opens the file. It is
 * *interactive* when the last task of more than 50 ms after opening has ended, by the browser's own account, with all
 * charts drawn; *a name* is how long it takes from the choice of a request name until its charts have been painted.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { Gate } from '../dist/core/gate.js'
import { buildPlan } from '../dist/core/plan.js'
import { normal, seededRandom } from '../dist/core/random.js'
import { buildReport, type Report } from '../dist/core/report.js'
import { resolveOptions } from '../dist/core/resolve.js'
import type { Snapshot } from '../dist/core/second.js'
import { packTally, Tally } from '../dist/core/tally.js'
import { Timeline } from '../dist/core/timeline.js'
import { renderHtml } from '../dist/output/html.js'
import { readPageFiles } from '../dist/output/page-files.js'
import { describeMachine } from './processes.ts'
import { median } from './spread.ts'
import { renderTable } from './table.ts'

/** Seconds of a worker that differ; after these, they come round again. */
const DIFFERENT = 61
const MOST_BYTES = 3_000_000
const MOST_MS = 1000

const { values } = parseArgs({
  options: {
    /** hours × names × workers, with commas between the runs. */
    runs: { type: 'string', default: '1x20x2,1x200x2,10x20x2,1x20x64' },
    /** Requests of each name that a worker finishes in a second. */
    requests: { type: 'string', default: '25' },
    rounds: { type: 'string', default: '5' },
    /** Where to leave the first file, to look at it. */
    keep: { type: 'string' },
  },
})
const requests = Number(values.requests)
const rounds = Number(values.rounds)

console.log(`${describeMachine()}\n`)
const folder = mkdtempSync(join(tmpdir(), 'corerush-bench-'))
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
})
console.log(`Chromium ${browser.version()}, medians of ${rounds} rounds\n`)
const rows = [
  ['hours', 'names', 'workers', 'JSON MB', 'HTML MB', 'gzip MB', 'render ms', 'interactive ms', 'a name ms'],
]
try {
  for (const [i, run] of values.runs.split(',').entries()) {
    const [hours, names, workers] = run.split('x').map(Number) as [number, number, number]
    const report = reportOf(hours * 3600, names, workers)
    const beganMs = performance.now()
    const html = renderHtml(report, readPageFiles())
    const renderMs = performance.now() - beganMs
    const file = i === 0 && values.keep !== undefined ? values.keep : join(folder, 'report.html')
    writeFileSync(file, html)
    const seen = []
    for (let round = 0; round < rounds; round++) seen.push(await open(file))
    const interactiveMs = median(seen.map((one) => one.interactiveMs))
    if (i === 0 && (html.length > MOST_BYTES || interactiveMs > MOST_MS)) process.exitCode = 1
    rows.push([
      ...[hours, names, workers].map(String),
      ...[Buffer.byteLength(JSON.stringify(report)), Buffer.byteLength(html), gzipSync(html).length].map(
        (bytes) => (bytes / 1e6).toFixed(2),
      ),
      ...[renderMs, interactiveMs, median(seen.map((one) => one.chooseMs))].map((ms) => ms.toFixed(0)),
    ])
  }
} finally {
  await browser.close()
  rmSync(folder, { recursive: true })
}
console.log(renderTable(rows))
console.log(`\nthe first row must be below ${MOST_BYTES / 1e6} MB and ${MOST_MS} ms`)

/** Opens a file in a new page, and asks the browser. */
async function open(file: string): Promise<{ interactiveMs: number; chooseMs: number }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, offline: true })
  await page.addInitScript(`
    globalThis.busyUntil = 0
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) busyUntil = Math.max(busyUntil, startTime + duration)
    }).observe({ type: 'longtask', buffered: true })
  `)
  await page.goto(pathToFileURL(file).href)
  await page.locator('#chart-lag canvas').waitFor()
  // Quiet for half a second: what the browser was busy with has been told.
  await page.evaluate(`new Promise((resolve) => {
    const look = () => (performance.now() > busyUntil + 500 ? resolve() : setTimeout(look, 100))
    look()
  })`)
  const interactiveMs = await page.evaluate<number>(
    "Math.max(busyUntil, performance.getEntriesByType('navigation')[0].domComplete)",
  )
  const chooseMs = await page.evaluate<number>(`new Promise((resolve) => {
    const began = performance.now()
    const select = document.querySelector('#chosen')
    select.selectedIndex = 1
    select.dispatchEvent(new Event('change'))
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)))
  })`)
  await page.close()
  return { interactiveMs, chooseMs }
}

function reportOf(seconds: number, names: number, workers: number): Report {
  const cores = Math.max(2, workers)
  const result = resolveOptions(
    {
      url: 'http://127.0.0.1:8080/',
      users: 1000,
      wait: '0.9s-1.1s',
      duration: `${seconds}s`,
      workers,
      warmup: '10s',
      thresholds: ['p99 < 300ms', 'failed < 1%'],
    },
    { cores, descriptors: 100_000 },
  )
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'))
  const plan = buildPlan(result.resolved, 'corerush')
  const gate = new Gate(plan)
  const timeline = new Timeline(workers, seconds, plan.warmupS, (second) => gate.settle(second))
  const random = seededRandom(1)
  const templates = Array.from({ length: DIFFERENT }, (_, i) => tallyOf(names, i, random))
  for (let second = 0; second < seconds; second++) {
    for (let worker = 0; worker < workers; worker++)
      timeline.add(snapshotOf(worker, second, templates[(second * 7 + worker) % DIFFERENT]!, random))
    timeline.host(second, {
      cores: Array.from({ length: cores }, (_, core) => ({ core, busy: random(), iowait: 0, steal: 0 })),
      memoryTotalBytes: 8e9,
      memoryAvailableBytes: 4e9,
      throttledMs: null,
      pressure: null,
      sockets: null,
      descriptors: null,
      network: null,
    })
    timeline.close(second + 1)
  }
  for (let worker = 0; worker < workers; worker++) timeline.done(worker)
  timeline.finish()
  return buildReport(plan, timeline, {
    version: '0.0.0',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationS: seconds,
    host: {
      node: process.version,
      platform: process.platform,
      arch: process.arch,
      cpuModel: 'made up',
      cores,
      cpuQuota: null,
      memoryBytes: 8e9,
    },
    stoppedBy: 'duration',
    warnings: [],
    lostWorkers: [],
    addresses: {},
    gate,
  })
}

/** A second of a worker in which some requests of each name finish, and now and then one fails. */
function tallyOf(names: number, which: number, random: () => number): Snapshot['tally'] {
  const tally = new Tally()
  for (let i = 0; i < names; i++) {
    const name = `GET /resource/${i}`
    const request = tally.request(name)
    const failed = (which + i) % 17 === 0 ? 1 : 0
    const n = Math.max(1, Math.round(requests * (0.8 + 0.4 * random())))
    request.sent = request.finished = request.finishedInLoad = n
    request.failed = failed
    request.succeeded = n - failed
    request.bytesIn = n * 2000
    request.outcomes.set('ok', n - failed)
    request.statuses.set(200, n - failed)
    if (failed > 0) {
      request.outcomes.set('status', failed)
      request.statuses.set(503, failed)
      request.histogram('failedLatency').record(3000)
      tally.error(name, 'status', 'status 503', which, failed)
    }
    for (let k = 0; k < n - failed; k++) {
      const latencyUs = 8000 * (1 + i / 10) * Math.exp(normal(random) * 0.5) * (which === 13 ? 4 : 1)
      request.histogram('latency').record(latencyUs)
      request.histogram('firstByte').record(latencyUs)
      tally.latencyFloor.record(latencyUs)
      tally.lag.record(300 + 200 * random())
    }
    tally.iterations.due += n
    tally.iterations.started += n
  }
  return packTally(tally)
}

function snapshotOf(
  worker: number,
  second: number,
  tally: Snapshot['tally'],
  random: () => number,
): Snapshot {
  const utilization = 0.3 + 0.3 * random()
  const spread = { p50: 0.2, p99: 1.5, max: 2.5 }
  return {
    worker,
    second,
    tally,
    vitals: {
      worker,
      utilization,
      loopDelayMs: spread,
      lagMs: { ...spread, mean: 0.3 },
      waitedMs: 0.1,
      waitSpreadMs: spread,
      turns: 100,
      mostPerTurn: 2,
      gcMs: 1.25,
      gcMaxMs: 1.25,
      cpu: utilization,
      runQueueMs: 0,
      runQueueSlices: 100,
      awayMs: 0,
      heapBytes: 2e7,
    },
    users: 500,
    inFlight: Math.round(20 * random()),
    queued: 0,
  }
}
