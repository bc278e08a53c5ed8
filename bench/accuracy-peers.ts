/**
 * The last part of the accuracy bench: the same case through whatever other load generators are on the PATH. Nothing is
 * installed; a peer that is not there is named and left out.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { corerush, keep, type LoggingTarget } from './processes.ts'
import { fixed } from './observed.ts'
import { renderTable } from './table.ts'

export interface PeersOptions {
  readonly latency: string
  readonly connections: number
  readonly ratePerS: number
  readonly seconds: number
}

/** What a peer said, in ms; null where it does not say. */
interface Said {
  readonly p50: number | null
  readonly p99: number | null
  readonly count: number | null
}

type Case = PeersOptions & { readonly url: string; readonly folder: string }

interface Peer {
  readonly name: string
  /** The command with its arguments, closed: all connections at full speed. */
  closed?(of: Case): readonly string[]
  /** The command at a rate. */
  rate?(of: Case): readonly string[]
  parse(output: string): Said
}

const K6 = ({ url, connections, ratePerS, seconds }: Case, isRate: boolean): string => `
import http from 'k6/http'
export const options = { summaryTrendStats: ['med', 'p(99)'], scenarios: { bench: ${JSON.stringify(
  isRate
    ? {
        executor: 'constant-arrival-rate',
        rate: ratePerS,
        duration: `${seconds}s`,
        preAllocatedVUs: connections,
      }
    : { executor: 'constant-vus', vus: connections, duration: `${seconds}s` },
)} } }
export default () => http.get('${url}')
export const handleSummary = ({ metrics }) => ({ stdout: JSON.stringify(metrics) })
`
const LOCUST = `
from locust import HttpUser, task
class Bench(HttpUser):
    @task
    def known(self):
        self.client.get('/')
`

const write = (folder: string, name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Commands and parsers, by the name of the command. */
export const PEERS: readonly Peer[] = [
  {
    name: 'wrk',
    closed: ({ url, connections, seconds }) =>
      words(`wrk -t2 -c${connections} -d${seconds}s --latency ${url}`),
    parse: (text) => ({
      p50: unitMs(/^\s+50%\s+([\d.]+)(us|ms|s)/m.exec(text)),
      p99: unitMs(/^\s+99%\s+([\d.]+)(us|ms|s)/m.exec(text)),
      count: number(/(\d+) requests in/.exec(text)),
    }),
  },
  {
    name: 'hey',
    closed: ({ url, connections, seconds }) => words(`hey -c ${connections} -z ${seconds}s ${url}`),
    // Its rate is one of each connection.
    rate: ({ url, connections, ratePerS, seconds }) =>
      words(`hey -c ${connections} -q ${ratePerS / connections} -z ${seconds}s ${url}`),
    parse: (text) => ({
      p50: times(number(/ 50%+ in ([\d.]+) secs/.exec(text)), 1000),
      p99: times(number(/ 99%+ in ([\d.]+) secs/.exec(text)), 1000),
      count: number(/\[200\]\s+(\d+) responses/.exec(text)),
    }),
  },
  {
    name: 'ab',
    closed: ({ url, connections, seconds }) =>
      words(`ab -q -k -c ${connections} -t ${seconds} -n 10000000 ${url}/`),
    parse: (text) => ({
      p50: number(/^\s+50%\s+(\d+)/m.exec(text)),
      p99: number(/^\s+99%\s+(\d+)/m.exec(text)),
      count: number(/Complete requests:\s+(\d+)/.exec(text)),
    }),
  },
  {
    name: 'autocannon',
    closed: ({ url, connections, seconds }) =>
      words(`autocannon --json -c ${connections} -d ${seconds} ${url}`),
    rate: ({ url, connections, ratePerS, seconds }) =>
      words(`autocannon --json -c ${connections} -R ${ratePerS} -d ${seconds} ${url}`),
    parse(text) {
      const { latency, requests } = JSON.parse(text) as {
        latency: { p50: number; p99: number }
        requests: { total: number }
      }
      return { p50: latency.p50, p99: latency.p99, count: requests.total }
    },
  },
  {
    name: 'k6',
    closed: (of) => ['k6', 'run', '--quiet', write(of.folder, 'closed.js', K6(of, false))],
    rate: (of) => ['k6', 'run', '--quiet', write(of.folder, 'rate.js', K6(of, true))],
    parse(text) {
      const metrics = JSON.parse(text) as Record<string, { values: Record<string, number> }>
      const { med, 'p(99)': p99 } = metrics['http_req_duration']!.values
      return { p50: med ?? null, p99: p99 ?? null, count: metrics['http_reqs']!.values['count'] ?? null }
    },
  },
  {
    name: 'vegeta',
    rate: ({ url, ratePerS, seconds, folder }) => [
      ...['sh', '-c'],
      `vegeta attack -rate=${ratePerS} -duration=${seconds}s -targets=${write(folder, 'targets', `GET ${url}\n`)} | vegeta report -type=json`,
    ],
    parse(text) {
      const report = JSON.parse(text) as { latencies: { '50th': number; '99th': number }; requests: number }
      const { '50th': p50, '99th': p99 } = report.latencies
      return { p50: p50 / 1e6, p99: p99 / 1e6, count: report.requests }
    },
  },
  {
    name: 'locust',
    closed: ({ url, connections, seconds, folder }) => [
      ...['locust', '-f', write(folder, 'locustfile.py', LOCUST), '--headless', '--only-summary'],
      ...['-u', String(connections), '-r', String(connections), '-t', `${seconds}s`, '--host', url],
    ],
    parse(text) {
      // The last line of this name is the one of percentiles: 50, 66, 75, 80, 90, 95, 98, 99, …, and the count.
      const [, line = ''] = /^\s+Aggregated((?:\s+\d+)+)\s*$/m.exec(text) ?? []
      const columns = line.trim().split(/\s+/).map(Number)
      return { p50: columns[0] ?? null, p99: columns[7] ?? null, count: columns.at(-1) ?? null }
    },
  },
]

/** Prints the table. */
export async function peers(target: LoggingTarget, options: PeersOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'corerush-bench-'))
  const of: Case = { ...options, url: target.url, folder }
  const rows = [['who', 'load', 'p50 ms', 'target', 'p99 ms', 'target', 'counted', 'target', 'req/s']]
  const closed = `${options.connections} connections, closed`
  const rate = `${options.ratePerS}/s`
  const measure = async (name: string, load: string, go: () => Promise<Said>): Promise<void> => {
    await target.reset(options.latency)
    let said: Said
    try {
      said = await go()
    } catch (error) {
      rows.push([name, `${load}: failed: ${error instanceof Error ? error.message.slice(0, 80) : 'unknown'}`])
      return
    }
    const log = await target.log()
    rows.push([
      ...[name, load, fixed(said.p50, 1), fixed(log.serviceMs.p50, 1), fixed(said.p99, 1)],
      ...[fixed(log.serviceMs.p99, 1), fixed(said.count, 0), String(log.received)],
      fixed(log.received / options.seconds, 0),
    ])
    process.stderr.write(`${name}, ${load}\n`)
  }
  try {
    const missing: string[] = []
    const own = ['--url', target.url, '--duration', String(options.seconds), '--ramp-up', '0s']
    await measure('corerush', closed, () => ourselves([...own, '--users', String(options.connections)]))
    await measure('corerush', rate, () => ourselves([...own.slice(0, 4), '--rate', rate]))
    for (const peer of PEERS) {
      if (!(await isThere(peer.name))) {
        missing.push(peer.name)
        continue
      }
      if (peer.closed)
        await measure(peer.name, closed, async () => peer.parse(await output(peer.closed!(of))))
      if (peer.rate) await measure(peer.name, rate, async () => peer.parse(await output(peer.rate!(of))))
    }
    console.log(
      `Peers: the same target (${options.latency}), ${options.seconds} s each, each with its own defaults\n`,
    )
    console.log(renderTable(rows))
    if (missing.length > 0) console.log(`\nNot on the PATH, so left out: ${missing.join(', ')}`)
    console.log()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function ourselves(flags: readonly string[]): Promise<Said> {
  const { total } = await corerush(flags)
  return { p50: total.latencyMs.p50, p99: total.latencyMs.p99, count: total.finished }
}

const isThere = async (name: string): Promise<boolean> =>
  (await output(['sh', '-c', `command -v ${name} || true`])).trim() !== ''

/** What a command prints, whatever its exit code is. */
function output([command = '', ...argv]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = keep(spawn(command, argv, { stdio: ['ignore', 'pipe', 'pipe'] }))
    let text = ''
    let errors = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.once('error', reject)
    // Some print their summary to the error stream.
    child.once('close', () => resolve(text === '' ? errors : text))
  })
}

const words = (text: string): string[] => text.split(' ')
const number = (match: RegExpExecArray | null): number | null => (match === null ? null : Number(match[1]))
const times = (value: number | null, factor: number): number | null =>
  value === null ? null : value * factor

const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 }

function unitMs(match: RegExpExecArray | null): number | null {
  return match === null ? null : Number(match[1]) * UNIT_MS[match[2]!]!
}
