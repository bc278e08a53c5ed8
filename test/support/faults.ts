/**
 * A raw TCP server that misbehaves on purpose. It reads requests exactly (head, then `content-length` bytes, pipelined
 * or not), so its counts can be held against what a transport says it has sent; what it answers is up to a behaviour.
 */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** One request, fully read, and the connection it came on. */
export interface FaultExchange {
  readonly socket: Socket
  /** Request line and headers, without the empty line. */
  readonly head: string
  readonly body: Buffer
  /** Number of the request on the whole server, from 0. */
  readonly index: number
  /** Number of the connection on the whole server, from 0. */
  readonly connection: number
}

/** What the server does once it has read a request. */
export type FaultBehaviour = (exchange: FaultExchange) => void

export interface Faults {
  /** Origin without a slash at its end. */
  readonly url: string
  readonly port: number
  /** Connections accepted so far. */
  accepted(): number
  /** Requests fully read so far. */
  requests(): number
  stop(): Promise<void>
}

/** A response with a right `content-length`. */
export const response = (status: string, body = '', ...headers: string[]): string =>
  message(`HTTP/1.1 ${status}`, [`content-length: ${Buffer.byteLength(body)}`, ...headers], body)

const message = (start: string, headers: readonly string[], body = ''): string =>
  [start, ...headers, '', body].join('\r\n')

/** Answers with the text as it is; what is written to a connection that is already ended is dropped. */
const writes =
  (text: string, then: (socket: Socket) => void = () => {}): FaultBehaviour =>
  ({ socket }) => {
    if (socket.writable) socket.write(text, () => then(socket))
  }
const ends =
  (text: string): FaultBehaviour =>
  ({ socket }) =>
    void socket.end(text)

/** Time for what was written to be read by the client: it takes data and a reset that come together for an early end. */
const BEFORE_RESET_MS = 200
const DRIP_EVERY_MS = 100

const named = {
  /** A small 200; the connection stays open. */
  ok: writes(response('200 OK', 'ok')),
  /** RST instead of an answer. */
  reset: ({ socket }) => void socket.resetAndDestroy(),
  /** RST after 10 of 100 bytes of the body. */
  resetMidBody: writes(message('HTTP/1.1 200 OK', ['content-length: 100'], '0123456789'), (socket) =>
    setTimeout(() => socket.resetAndDestroy(), BEFORE_RESET_MS),
  ),
  /** FIN instead of an answer. */
  closeBeforeHeaders: ends(''),
  /** FIN after 10 of 100 bytes of the body. */
  truncated: ends(message('HTTP/1.1 200 OK', ['content-length: 100'], '0123456789')),
  /** FIN inside a chunk. */
  truncatedChunk: ends(message('HTTP/1.1 200 OK', ['transfer-encoding: chunked'], '64\r\n0123456789')),
  /** Something that is not HTTP; the connection stays open. */
  garbage: writes('SSH-2.0-OpenSSH_9.6\r\n'),
  /** Nothing; the connection stays open. */
  silent: () => {},
  /** Headers at once, then a huge body, one byte every 100 ms. */
  drip: ({ socket }) => {
    socket.write(message('HTTP/1.1 200 OK', ['content-length: 1000000000']))
    const timer = setInterval(() => socket.write('.'), DRIP_EVERY_MS)
    socket.once('close', () => clearInterval(timer))
  },
  /** A small 200 that says `connection: close`, then FIN. */
  closeAfterEach: ends(response('200 OK', 'ok', 'connection: close')),
  /** A small 200 in HTTP/1.0, then FIN. */
  http10: ends(message('HTTP/1.0 200 OK', ['content-length: 2'], 'ok')),
  /** 304 that names the length of the body it does not have; the connection stays open. */
  notModified: writes(message('HTTP/1.1 304 Not Modified', ['content-length: 100'])),
  /** 204 without a length; the connection stays open. */
  noContent: writes(message('HTTP/1.1 204 No Content', [])),
  /** A valid chunked 200 of 10 bytes in two chunks; the connection stays open. */
  chunked: writes(
    message('HTTP/1.1 200 OK', ['transfer-encoding: chunked'], '5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n'),
  ),
  /** A valid small 503; the connection stays open. */
  status503: writes(response('503 Service Unavailable', 'busy')),
} satisfies Record<string, FaultBehaviour>

export type FaultName = keyof typeof named
export const FAULTS: Readonly<Record<FaultName, FaultBehaviour>> = named

/** Starts the server on a port of 127.0.0.1, 0 for a free one; a behaviour of its own may choose another one per exchange. */
export async function startFaults(behaviour: FaultName | FaultBehaviour, at = 0): Promise<Faults> {
  const behave: FaultBehaviour = typeof behaviour === 'string' ? FAULTS[behaviour] : behaviour
  const sockets = new Set<Socket>()
  let accepted = 0
  let requests = 0

  const server = createServer({ noDelay: true }, (socket) => {
    const connection = accepted++
    let unread: Buffer = Buffer.alloc(0)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // Clients break connections too, and the faults themselves provoke it.
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      unread = unread.length === 0 ? bytes : Buffer.concat([unread, bytes])
      for (;;) {
        const headEnd = unread.indexOf('\r\n\r\n')
        if (headEnd < 0) return
        const head = unread.toString('latin1', 0, headEnd)
        const bodyStart = headEnd + 4
        const bodyEnd = bodyStart + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
        if (unread.length < bodyEnd) return
        const body = unread.subarray(bodyStart, bodyEnd)
        unread = unread.subarray(bodyEnd)
        behave({ socket, head, body, index: requests++, connection })
      }
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: at, backlog: 1024 }, resolve)
  })
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    accepted: () => accepted,
    requests: () => requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
