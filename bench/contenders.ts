/** The contenders of the capacity bench and their commands. Nothing is installed. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isThere } from './cpu-time.ts'
import { CLI, knowsTransport, STORY_REQUEST } from './processes.ts'

/**
 * What is spoken: `http`; `https` on kept connections; `https-new` and `https-fresh` with a new connection for each request,
 * whose sessions can be resumed or not; `h2-1`, `h2-10` and `h2-100`, HTTP/2 in cleartext with so many requests at once on
 * each connection.
 */
export const KINDS = ['http', 'https', 'https-new', 'https-fresh', 'h2-1', 'h2-10', 'h2-100'] as const
export type Kind = (typeof KINDS)[number]

/** Requests at once on each connection. */
export const streamsOf = (kind: Kind): number => (kind.startsWith('h2-') ? Number(kind.slice(3)) : 1)
const isNew = (kind: Kind): boolean => kind === 'https-new' || kind === 'https-fresh'
const isTls = (kind: Kind): boolean => kind.startsWith('https')
const isHttp2 = (kind: Kind): boolean => kind.startsWith('h2-')

/** The same load for everyone: closed, without waits, on keep-alive connections. */
export interface FullSpeed {
  readonly host: string
  readonly port: number
  readonly connections: number
  readonly seconds: number
  readonly kind: Kind
  /** A directory for files of a contender. */
  readonly folder: string
}

export interface Contender {
  readonly name: string
  /** Why it cannot take part; `null` if it can. */
  readonly missing: string | null
  /** Additional seconds until its code is compiled. @default 0 */
  readonly settlesS?: number
  /** What it takes part in. @default http only */
  readonly kinds?: readonly Kind[]
  command(load: FullSpeed): readonly string[]
}

const BODY = fileURLToPath(new URL('../examples/getprograms.xml', import.meta.url))
const SCRIPT = fileURLToPath(new URL('../examples/getprograms.ts', import.meta.url))
const BARE_SOCKET = fileURLToPath(new URL('bare-socket.mjs', import.meta.url))
const TYPE = 'application/xml'
const HEADER = `Content-Type: ${TYPE}`

/** While others run, a contender stands still, and its requests with it. */
const PATIENCE = '10m'

const urlOf = ({ host, port, kind }: FullSpeed): string =>
  `http${isTls(kind) ? 's' : ''}://${host}:${port}/GetPrograms`

const KNOWS_WIRE = knowsTransport('wire')

function corerush(transport: 'undici' | 'wire', workers: number): Contender {
  // undici is the default, and needs no word.
  const flags = transport === 'undici' ? [] : ['--transport', transport]
  return {
    name: `corerush ${transport}, ${workers} worker${workers === 1 ? '' : 's'}`,
    missing: transport === 'undici' || KNOWS_WIRE ? null : 'not known to the built command',
    // Each worker compiles for itself, here all of them on one core.
    settlesS: workers - 1,
    kinds: workers === 1 ? ['http', 'https', 'https-new', 'https-fresh'] : ['http'],
    command: (load) => [
      ...[process.execPath, CLI, '--url', urlOf(load), ...STORY_REQUEST, ...flags],
      ...['--users', String(load.connections), '--duration', String(load.seconds)],
      ...['--workers', String(workers), '--timeout', PATIENCE, '--quiet'],
      ...(isTls(load.kind) ? ['--insecure'] : []),
      ...(isNew(load.kind) ? ['--no-keepalive'] : []),
    ],
  }
}

/** HTTP/2 of our own, with shared connections where several requests go at once on each. */
const http2: Contender = {
  name: 'corerush http2, 1 worker',
  missing: null,
  kinds: ['h2-1', 'h2-10', 'h2-100'],
  command: (load) => {
    const streams = streamsOf(load.kind)
    const shared = ['--connections', String(load.connections), '--streams', String(streams)]
    return [
      ...[process.execPath, CLI, '--url', urlOf(load), ...STORY_REQUEST, '--http2'],
      ...['--users', String(load.connections * streams), '--duration', String(load.seconds)],
      ...(streams === 1 ? [] : shared),
      ...['--workers', '1', '--timeout', PATIENCE, '--quiet'],
    ]
  },
}

/** The same request from the script of the demo, without its wait. */
const scripted: Contender = {
  name: 'corerush scripted, 1 worker',
  missing: null,
  command: ({ host, port, connections, seconds }: FullSpeed) => [
    ...[process.execPath, CLI, SCRIPT, '--wait', '0', '--url', `http://${host}:${port}`],
    ...[
      '--users',
      String(connections),
      '--duration',
      String(seconds),
      '--workers',
      '1',
      '--timeout',
      PATIENCE,
      '--quiet',
    ],
  ],
}

function bareSocket(name: string, ...reading: string[]): Contender {
  return {
    name,
    missing: null,
    command: ({ host, port, connections, seconds }) => [
      ...[process.execPath, BARE_SOCKET, host, String(port), String(connections), String(seconds), BODY],
      ...reading,
    ],
  }
}

function onPath(name: string, command: Contender['command'], kinds: readonly Kind[] = ['http']): Contender {
  return { name, missing: isThere(name) ? null : 'not on the PATH', kinds, command }
}

function written(folder: string, name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const WRK = (): string =>
  `wrk.method = "POST"; wrk.headers["Content-Type"] = "${TYPE}"; wrk.body = ${JSON.stringify(body())}`
const LOCUST = (): string => `
from locust import FastHttpUser, task
class Bench(FastHttpUser):
    @task
    def programs(self):
        self.client.post('/GetPrograms', data=${JSON.stringify(body())}, headers={'Content-Type': '${TYPE}'})
`
const K6 = ({ connections, seconds, ...load }: FullSpeed): string => `
import http from 'k6/http'
export const options = { vus: ${connections}, duration: '${seconds}s', discardResponseBodies: true }
const headers = { 'Content-Type': '${TYPE}' }
export default () => http.post('${urlOf({ connections, seconds, ...load })}', ${JSON.stringify(body())}, { headers })
`
/** Without the line end, which a string literal of these languages would have to escape. */
const body = (): string => readFileSync(BODY, 'utf8').trim()

/** The command of a development dependency. */
function autocannon(): string | null {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('autocannon/package.json')), 'autocannon.js')
  } catch {
    return null
  }
}

const AUTOCANNON = autocannon()

export const CONTENDERS: readonly Contender[] = [
  corerush('undici', 1),
  corerush('undici', 8),
  corerush('wire', 1),
  corerush('wire', 8),
  http2,
  scripted,
  bareSocket('bare net.Socket'),
  bareSocket('bare net.Socket, onread', 'onread'),
  {
    name: 'autocannon',
    missing: AUTOCANNON === null ? 'not in node_modules' : null,
    kinds: ['http', 'https'],
    command: (load) => [
      ...[process.execPath, AUTOCANNON!, '--no-progress', '--method', 'POST', '--headers', HEADER],
      ...['--input', BODY, '--connections', String(load.connections), '--timeout', '600'],
      ...['--duration', String(load.seconds), urlOf(load)],
    ],
  },
  onPath(
    'wrk',
    (load) => [
      ...['wrk', '--threads', '1', '--timeout', '600s', '--connections', String(load.connections)],
      ...['--duration', `${load.seconds}s`, '--script', written(load.folder, 'wrk.lua', WRK()), urlOf(load)],
    ],
    ['http', 'https'],
  ),
  onPath('ab', (load) => [
    ...['ab', '-q', '-k', '-p', BODY, '-T', TYPE, '-c', String(load.connections)],
    // A time limit sets a count as well, unless the count comes after it.
    ...['-t', String(load.seconds), '-n', '10000000', urlOf(load)],
  ]),
  onPath('hey', (load) => [
    ...['hey', '-cpus', '1', '-c', String(load.connections), '-z', `${load.seconds}s`],
    ...['-m', 'POST', '-T', TYPE, '-D', BODY, urlOf(load)],
  ]),
  onPath(
    'h2load',
    (load) => [
      ...['h2load', '--threads=1', `--clients=${load.connections}`, `--duration=${load.seconds}`],
      ...(isHttp2(load.kind) ? [`-m${streamsOf(load.kind)}`] : ['--h1']),
      ...[`--data=${BODY}`, `--header=${HEADER}`, urlOf(load)],
    ],
    ['http', 'https', 'h2-1', 'h2-10', 'h2-100'],
  ),
  onPath('locust', (load) => [
    ...['locust', '--headless', '--only-summary', '-f', written(load.folder, 'locustfile.py', LOCUST())],
    ...['--users', String(load.connections), '--spawn-rate', String(load.connections)],
    ...['--run-time', `${load.seconds}s`, '--host', `http://${load.host}:${load.port}`],
  ]),
  onPath('k6', (load) => ['k6', 'run', '--quiet', written(load.folder, 'k6.js', K6(load))]),
  onPath('vegeta', (load) => [
    ...['vegeta', 'attack', '-rate=0', `-workers=${load.connections}`, `-max-workers=${load.connections}`],
    ...[
      `-connections=${load.connections}`,
      `-duration=${load.seconds}s`,
      `-body=${BODY}`,
      '-output=/dev/null',
    ],
    `-targets=${written(load.folder, 'targets', `POST ${urlOf(load)}\n${HEADER}\n`)}`,
  ]),
  onPath('oha', (load) => [
    ...['oha', '--no-tui', '-c', String(load.connections), '-z', `${load.seconds}s`],
    ...['-m', 'POST', '-T', TYPE, '-D', BODY, urlOf(load)],
  ]),
  onPath('bombardier', (load) => [
    ...['bombardier', '--print', 'result', '-c', String(load.connections), '-d', `${load.seconds}s`],
    ...['-m', 'POST', '-H', HEADER, '-f', BODY, urlOf(load)],
  ]),
]
