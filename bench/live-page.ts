/**
 * What do the live views cost the main thread: the terminal, the page, and its open tabs?
 * `npm run bench:live-page`; the answer is in bench/README.md.
 *
 * The seconds of a synthetic run close once a second, and a terminal of 120 × 40 shows them; tabs in a separate process read
 * the messages, or never read. The result is the CPU time per second of this process, including all threads.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { LivePage } from '../dist/output/web/live-page.js'
import { LiveView } from '../dist/output/live/live-view.js'
import type { LiveSecond } from '../dist/output/output.js'
import { onLoopback } from '../dist/output/web/page-address.js'
import { WebServer } from '../dist/output/web/web-server.js'
import { frameOf } from '../dist/output/web/web-state.js'
import { madeUpRun } from './made-up-run.ts'
import { describeMachine, keep } from './processes.ts'
import { median } from './spread.ts'
import { renderTable } from './table.ts'

const { values } = parseArgs({
  options: {
    /** seconds × names × workers, with commas between the runs. */
    runs: { type: 'string', default: '60x20x16,600x20x16,3600x20x2' },
    /** How many tabs read, and how many never do. */
    tabs: { type: 'string', default: '0+0,1+0,10+0,40+0,1+40' },
    rounds: { type: 'string', default: '8' },
  },
})
const rounds = Number(values.rounds)
const NO_FILE = { script: '', style: '' }

/** Opens tabs, of which some read and some never do. */
const TABS = `
  const [url, reading, asleep] = process.argv.slice(1)
  const { connect } = require('node:net')
  const { hostname, port, host, search } = new URL(url)
  let open = 0
  for (let i = 0; i < Number(reading) + Number(asleep); i++) {
    const socket = connect(port, hostname)
    socket.write('GET /events' + search + ' HTTP/1.1\\r\\nHost: ' + host + '\\r\\n\\r\\n', () => {
      if (++open === Number(reading) + Number(asleep)) console.log('open')
    })
    if (i < Number(reading)) socket.resume()
  }
`

console.log(`${describeMachine()}\n`)
const rows = [
  ['seconds', 'names', 'workers', 'frame kB', 'frame, CPU ms', 'tabs', 'that never read', 'CPU ms/s'],
]
for (const run of values.runs.split(',')) {
  const [seconds, names, workers] = run.split('x').map(Number) as [number, number, number]
  const reportSoFar = madeUpRun(seconds, names, workers, 25)
  const report = reportSoFar()
  const live: LiveSecond = {
    row: report.timeline.at(-1)!,
    recent: report.total,
    finished: report.total.finished,
    failed: report.total.failed,
    iterations: report.iterations.finished,
    outcomes: new Map(),
    names: new Map(Object.entries(report.byName)),
    judged: () => ({ ...report, outcomes: new Map() }),
    report: reportSoFar,
    taskErrors: 0,
    transactions: new Map(),
  }
  let bytes = 0
  const frameMs = median(
    Array.from({ length: 9 }, () => {
      const { user, system } = process.cpuUsage()
      bytes = JSON.stringify(frameOf({ number: 1, ...report }, live.report(), live)).length
      const after = process.cpuUsage()
      return (after.user + after.system - user - system) / 1000
    }),
  )
  for (const pair of values.tabs.split(',')) {
    const [reading, asleep] = pair.split('+').map(Number) as [number, number]
    const page = new LivePage({ phase: 'preparing', form: null, staysOpen: false })
    const files = { live: NO_FILE, report: NO_FILE }
    const server = await WebServer.listen(onLoopback(0), page, files, {
      stop: () => undefined,
      start: null,
      amend: () => Promise.resolve(null),
    })
    const child =
      reading + asleep === 0
        ? null
        : keep(spawn(process.execPath, ['-e', TABS, server.url, String(reading), String(asleep)]))
    if (child !== null) await once(child.stdout, 'data')
    const view = new LiveView({ columns: 120, rows: 40, write: () => true }, true, true)
    page.start({ ...report, elapsedS: () => 0 })
    view.start({ ...report, elapsedS: () => seconds })
    let second = seconds
    const beat = async (): Promise<void> => {
      const closed = { ...live, row: { ...live.row, second: second++ } }
      page.second(closed)
      view.second(closed)
      await pause(1000)
    }
    await beat()
    const before = process.cpuUsage()
    const fromMs = performance.now()
    for (let round = 0; round < rounds; round++) await beat()
    const { user, system } = process.cpuUsage(before)
    const perS = (user + system) / (performance.now() - fromMs)
    rows.push([
      ...[seconds, names, workers].map(String),
      (bytes / 1000).toFixed(0),
      frameMs.toFixed(0),
      String(reading + asleep),
      String(asleep),
      perS.toFixed(1),
    ])
    view.restore()
    await server.close()
    child?.kill('SIGKILL')
  }
}
console.log(renderTable(rows))
