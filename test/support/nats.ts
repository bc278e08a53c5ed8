/** A real nats-server on a port of its own, with the configuration that a test needs; and identities for it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { nkeys } from '@nats-io/transport-node'
import { connectBus, type Bus, type BusOptions } from '../../src/fleet/bus.ts'
import { serverProgram } from '../../src/fleet/server.ts'
import { atEnd } from './at-end.ts'
import { LEASH } from './leash.ts'

export const hasNats = serverProgram(process.env['PATH'] ?? '') !== null

export interface NatsHost {
  readonly port: number
  /** `nats://127.0.0.1:PORT` */
  readonly url: string
  /** A folder of this server for the files of a test. */
  readonly folder: string
  readonly pid: number
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>
  /** Starts it again, on the same port. */
  start(): Promise<void>
  stop(): Promise<void>
}

export interface NatsOptions {
  /** What its configuration has besides the address, by the folder for its files. */
  readonly config?: (folder: string) => string
  /** The address to listen on. */
  readonly address?: string
  /** What the server is started by, such as `ip netns exec NAME`. */
  readonly within?: readonly string[]
}

/** Starts a server on a free port, which it keeps when it is started again. */
export async function startNats({
  config = () => '',
  address = '127.0.0.1',
  within = [],
}: NatsOptions = {}): Promise<NatsHost> {
  const folder = mkdtempSync(join(tmpdir(), 'corerush-test-nats-'))
  const file = join(folder, 'nats.conf')
  let child: ChildProcess
  let port = -1
  const release = atEnd(() => child.kill('SIGKILL'))
  const start = async (): Promise<void> => {
    writeFileSync(file, `listen: "${address}:${port}"\n${config(folder)}\n`)
    const [program, ...args] = [...LEASH, ...within, serverProgram(process.env['PATH'] ?? '')!, '-c', file]
    let log = ''
    child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (log += text))
    while (!/Server is ready/.test(log)) {
      if (child.exitCode !== null) throw new Error(`nats-server does not start:\n${log}`)
      await sleep(5)
    }
    port = Number(/Listening for client connections on .*:(\d+)/.exec(log)![1])
  }
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  await start()
  return {
    port,
    url: `nats://${address}:${port}`,
    folder,
    get pid() {
      return child.pid!
    },
    kill: () => end('SIGKILL'),
    start,
    stop: async () => {
      await end('SIGTERM')
      release()
      rmSync(folder, { recursive: true })
    },
  }
}

/** A connection to a server, and what it reported that nobody waited for. */
export async function aBus(
  server: string,
  different: Partial<BusOptions> = {},
): Promise<Bus & { readonly faults: readonly string[] }> {
  const faults: string[] = []
  const bus = await connectBus({
    servers: [server],
    name: 'test',
    inboxPrefix: 'corerush.test.inbox.x',
    credsFile: null,
    nkeyFile: null,
    caFile: null,
    onFault: (message) => faults.push(message),
    ...different,
  })
  return Object.assign(bus, { faults })
}

/** An NKey of a user: its public name, and a file with its seed. */
export function anNkey(folder: string, name: string): { readonly public: string; readonly file: string } {
  const pair = nkeys.createUser()
  const file = join(folder, `${name}.nk`)
  writeFileSync(file, `${Buffer.from(pair.getSeed()).toString()}\n`)
  return { public: pair.getPublicKey(), file }
}

/** An operator with one account and one user, as `nsc` makes them: lines of a configuration, and a file of credentials. */
export function someCreds(folder: string): { readonly config: string; readonly file: string } {
  const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()]
  const signed = (by: typeof operator, sub: string, name: string, type: string, nats: object): string => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = {
      iat: 1_700_000_000,
      iss: by.getPublicKey(),
      name,
      sub,
      nats: { ...nats, type, version: 2 },
    }
    const jti = createHash('sha256').update(JSON.stringify(claims)).digest('hex').toUpperCase()
    const text = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ jti, ...claims })}`
    return `${text}.${Buffer.from(by.sign(Buffer.from(text))).toString('base64url')}`
  }
  const none = {
    subs: -1,
    data: -1,
    payload: -1,
    conn: -1,
    leaf: -1,
    imports: -1,
    exports: -1,
    wildcards: true,
  }
  const operatorJwt = signed(operator, operator.getPublicKey(), 'O', 'operator', {})
  const accountJwt = signed(operator, account.getPublicKey(), 'A', 'account', { limits: none })
  const userJwt = signed(account, user.getPublicKey(), 'U', 'user', { subs: -1, data: -1, payload: -1 })
  const file = join(folder, 'user.creds')
  writeFileSync(
    file,
    `-----BEGIN NATS USER JWT-----\n${userJwt}\n------END NATS USER JWT------\n\n` +
      `-----BEGIN USER NKEY SEED-----\n${Buffer.from(user.getSeed()).toString()}\n------END USER NKEY SEED------\n`,
  )
  return {
    config: `operator: ${operatorJwt}\nresolver: MEMORY\nresolver_preload: { ${account.getPublicKey()}: ${accountJwt} }`,
    file,
  }
}

/** Waits until something is so; the test's own time-out ends it otherwise. */
export async function until(is: () => boolean): Promise<void> {
  while (!is()) await sleep(10)
}

export const isThere = (pid: number): boolean => existsSync(`/proc/${pid}`)
