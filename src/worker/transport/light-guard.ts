/**
 * Whether the light socket has all that undici asks of a socket. It does for the version that it was tested with. Another
 * one is tried, on a server in this thread: its requests must be answered, and it must ask for nothing unknown.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Gathering } from './gathering.ts'
import { LightSocket } from './light-socket.ts'

/** The version of undici that `ASKED` is the list of; a test holds it against the installed one. */
export const TESTED_VERSION = '7.30.2'

/** All that it asks of a socket of HTTP/1.1; a light socket has what matters, and the rest is left undefined. */
export const ASKED: readonly string[] = [
  ...['alpnProtocol', 'errored', 'destroyed', 'destroy', 'on', 'listeners', 'off', 'removeListener'],
  ...['read', 'unshift', 'write', 'cork', 'uncork', 'pipe', 'setTypeOfService', 'ref', 'unref'],
  ...['localAddress', 'localPort', 'remoteAddress', 'remotePort', 'remoteFamily', 'timeout'],
  ...['bytesWritten', 'bytesRead', 'constructor', '_readableState', '_writableState', '_events'],
  ...['readable', 'writable', 'readableAborted', 'writableAborted', 'req', 'closed', 'emit'],
]

/** How long a trial may take. */
const LONGEST_MS = 2000

/** What the trial uses of undici's client. */
type MakeClient = new (
  origin: string,
  options: object,
) => {
  dispatch(request: object, handler: object): boolean
  destroy(error: Error, callback: () => void): void
}

/** Returns why light sockets cannot be used with this version of undici; `null` if they can. */
export async function lightDoubt(UndiciClient: MakeClient, version: string): Promise<string | null> {
  if (version === TESTED_VERSION) return null
  const asked = new Set<string>()
  let problem = ''
  try {
    if (!(await answers(UndiciClient, asked))) problem = 'does not read what they bring'
  } catch (error) {
    problem = `fails on them (${error instanceof Error ? error.message : String(error)})`
  }
  const unknown = [...asked].filter((name) => !ASKED.includes(name))
  if (unknown.length > 0) problem = `asks them for what they do not have (${unknown.join(', ')})`
  return problem === ''
    ? null
    : `undici ${version} is not the version that light sockets were made for (${TESTED_VERSION}), and ${problem}: ` +
        `plain sockets are used, at more CPU per request`
}

const LARGE = 'x'.repeat(100_000)

/** Whether a few requests over one connection are answered; `asked` receives the members of its socket that undici uses. */
async function answers(UndiciClient: MakeClient, asked: Set<string>): Promise<boolean> {
  const server = createServer(echo).listen(0, '127.0.0.1')
  await once(server, 'listening')
  let fail: (error: Error) => void = () => undefined
  const failure = new Promise<never>((_, reject) => (fail = reject))
  const timer = setTimeout(() => fail(new Error('no answer')), LONGEST_MS)
  const client = new UndiciClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    pipelining: 2,
    connect: (options: { port: string }, callback: Callback) =>
      open(Number(options.port), asked, callback, fail),
  })
  const get = (body: string | null): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = ''
      client.dispatch(
        { path: '/', method: body === null ? 'GET' : 'POST', body, headers: [] },
        {
          onConnect: () => undefined,
          onHeaders: () => true,
          onData: (piece: Buffer) => ((text += piece.toString()), true),
          onComplete: () => resolve(text),
          onError: reject,
        },
      )
    })
  try {
    for (const body of [null, 'small', LARGE, null])
      if ((await Promise.race([get(body), failure])) !== 'ok') return false
    return true
  } finally {
    clearTimeout(timer)
    client.destroy(new Error('the trial is over'), () => undefined)
    server.close()
  }
}

type Callback = (...result: [Error, null] | [null, Socket]) => void

/** Answers each request that has come whole. */
function echo(socket: Socket): void {
  let text = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', (piece) => {
    text += piece.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    const bytes = Number(/^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1] ?? 0)
    if (end < 0 || text.length < end + 4 + bytes) return
    text = ''
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n')
    socket.write('ok')
  })
}

/** Opens a light socket that notes which of its members are used; what undici throws on its account ends the trial. */
function open(port: number, asked: Set<string>, callback: Callback, fail: (error: Error) => void): void {
  const guarded =
    <A extends unknown[]>(call: (...args: A) => unknown) =>
    (...args: A): void => {
      try {
        call(...args)
      } catch (error) {
        fail(error as Error)
      }
    }
  const light = new LightSocket(new Gathering(), () => undefined)
  const socket = connect({ host: '127.0.0.1', port, onread: light.onread })
  socket.once('error', fail)
  const watched = new Proxy(light, {
    get: (target, key) => {
      if (typeof key === 'string') asked.add(key)
      const value: unknown = Reflect.get(target, key, target)
      if (key === 'on')
        return (event: string, listener: (...args: unknown[]) => void) =>
          target.on(
            event,
            guarded((...args) => listener.apply(target, args)),
          )
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  socket.once(
    'connect',
    guarded(() => {
      light.over(socket)
      callback(null, watched as unknown as Socket)
    }),
  )
}
