/**
 * Is the HTML report of a long run small and responsive? `npm run bench:report-page`; the answer is in
 * bench/README.md.
 *
 * The seconds are random; the product's code makes a report of them, which Chromium opens. The page is *interactive* when the
 * last task of more than 50 ms after opening has ended, as reported by the browser, with all charts drawn; *a name* is the
 * time from selecting a request name until its charts are painted.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { renderHtml } from '../dist/output/file/html.js'
import { readPageFiles } from '../dist/output/file/page-files.js'
import { madeUpRun } from './made-up-run.ts'
import { describeMachine } from './processes.ts'
import { median } from './spread.ts'
import { renderTable } from './table.ts'

const MOST_BYTES = 3_000_000
const MOST_MS = 1000

const { values } = parseArgs({
  options: {
    /** hours × names × workers, with commas between the runs. */
    runs: { type: 'string', default: '1x20x2,1x200x2,10x20x2,1x20x64' },
    /** Requests of each name that a worker finishes in a second. */
    requests: { type: 'string', default: '25' },
    rounds: { type: 'string', default: '5' },
    /** Where to keep the first file, for inspection. */
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
    const report = madeUpRun(hours * 3600, names, workers, requests)()
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

/** Opens a file in a new page, and reads the timings of the browser. */
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
  // After half a second of idle time, all long tasks have been reported.
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
