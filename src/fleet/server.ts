/**
 * A NATS server as a child, for who has none: with a random token, and ended with the run. It ends as well when this
 * process is killed, because a shell between the two reads a pipe that closes with it.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostPort } from '../core/request/route.ts'
import { CorerushError, messageOf } from '../errors.ts'

export interface NatsServer {
  readonly port: number
  /** What lets clients in; nothing else does. */
  readonly token: string
  /** The URL for a client on another host that knows this one by this name, token included. */
  url(host: string): string
  /** Resolves when the server has ended, with what it wrote last; after `end`, too. */
  readonly ended: Promise<string>
  end(): Promise<void>
}

export interface ServerOptions {
  /** The address to listen on; all of this host if undefined. */
  readonly host?: string
  /** 4222 if undefined; -1 for any that is free. */
  readonly port?: number
}

const DEFAULT_PORT = 4222
const READY_MS = 5000
/** How long a server may take to end before it is killed. */
const END_MS = 2000
/** Debian has it where the PATH of ordinary users does not lead, and Homebrew where that of services does not. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin']

/**
 * Starts the server that its arguments name, and ends it when standard input closes. Background jobs read from nowhere,
 * hence the third descriptor.
 */
const KEEPER = `exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(read -r _ <&3; kill "$server" 2>/dev/null) &
exec 3<&-
wait "$server"`

/** Starts `nats-server`; a CorerushError says why it cannot be, and how to get one where there is none. */
export async function startServer({
  host = '0.0.0.0',
  port = DEFAULT_PORT,
}: ServerOptions = {}): Promise<NatsServer> {
  const program = serverProgram(process.env['PATH'] ?? '')
  if (program === null)
    throw new CorerushError('CORERUSH_FLEET', 'there is no nats-server on the PATH to start for this run', {
      hint: 'Debian: apt-get install nats-server; macOS: brew install nats-server; Docker: docker run -p 4222:4222 nats, and --nats nats://127.0.0.1:4222',
    })
  const token = randomBytes(24).toString('base64url')
  // Arguments can be read by every user of this host, a file of ours cannot.
  const folder = await mkdtemp(join(tmpdir(), 'corerush-nats-'))
  const config = join(folder, 'nats.conf')
  try {
    await writeFile(config, configOf(host, port, token, folder), { mode: 0o600 })
    const child = spawn('/bin/sh', ['-c', KEEPER, 'sh', program, '-c', config], {
      stdio: ['pipe', 'ignore', 'pipe'],
      // Ctrl-C in the terminal is for this process, which drains before the server may go.
      detached: true,
    })
    return await started(child, token, folder, port)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The path of the server; `null` if there is none. */
export function serverProgram(path: string): string | null {
  for (const folder of [...path.split(delimiter).filter((one) => one !== ''), ...MORE_FOLDERS]) {
    const file = join(folder, 'nats-server')
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      continue
    }
  }
  return null
}

/** A text in the syntax of its files. */
const quoted = (text: string): string => JSON.stringify(text)

const configOf = (host: string, port: number, token: string, folder: string): string =>
  [
    `listen: ${quoted(hostPort(host, port))}`,
    `ports_file_dir: ${quoted(folder)}`,
    `authorization { token: ${quoted(token)} }`,
    // A client that has gone without a word is noticed within 3 s.
    'ping_interval: "1s"',
    'ping_max: 2',
    '',
  ].join('\n')

/** Waits until the child listens, or has ended. */
async function started(
  child: ChildProcess,
  token: string,
  folder: string,
  asked: number,
): Promise<NatsServer> {
  let log = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-4000)))
  const ended = once(child, 'exit').then(() => lastLine(log))
  // Nothing is written to it, and that it has gone is seen by its end.
  child.stdin!.on('error', () => undefined)
  const end = async (): Promise<void> => {
    child.stdin!.destroy()
    const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), END_MS)
    await ended
    clearTimeout(timer)
  }
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  const lateMs = performance.now() + READY_MS
  while (!isOver() && performance.now() < lateMs) {
    const port = await listeningPort(folder)
    if (port !== null)
      return { port, token, ended, end, url: (host) => `nats://${token}@${hostPort(host, port)}` }
    await sleep(10)
  }
  await end()
  throw startFault(lastLine(log), asked)
}

/** The port from the file that the server writes when it listens; `null` if there is none yet. */
async function listeningPort(folder: string): Promise<number | null> {
  try {
    const [file] = (await readdir(folder)).filter((name) => name.endsWith('.ports'))
    if (file === undefined) return null
    const { nats } = JSON.parse(await readFile(join(folder, file), 'utf8')) as { nats: string[] }
    return Number(/:(\d+)$/.exec(nats[0] ?? '')?.[1] ?? NaN) || null
  } catch (error) {
    // It may be half written.
    if (error instanceof SyntaxError) return null
    throw new CorerushError('CORERUSH_FLEET', `the NATS server cannot be started: ${messageOf(error)}`)
  }
}

function startFault(why: string, port: number): CorerushError {
  return /address already in use/i.test(why)
    ? new CorerushError('CORERUSH_FLEET', `port ${port} is taken, so no NATS server can be started on it`, {
        hint: `--nats nats://127.0.0.1:${port}, if what listens there is one`,
      })
    : new CorerushError('CORERUSH_FLEET', `the NATS server does not start: ${why}`)
}

/** The last line of a log without its process and time. */
const lastLine = (log: string): string =>
  (log.trim().split('\n').at(-1) ?? '').replace(/^\[\d+\] \S+ \S+ \[\w+\] /, '') || 'it says nothing'
