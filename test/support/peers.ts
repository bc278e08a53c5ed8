/** Small peers for the ways to a target: an HTTP proxy, HTTP/2 servers, a server on a Unix socket or on another address. */
import { createServer as createHttp, request, type IncomingMessage, type RequestListener } from 'node:http'
import { createSecureServer, createServer as createH2c, type Http2Server } from 'node:http2'
import type { Headers } from '../../src/core/request/request.ts'
import { connect, type AddressInfo, type Server, type Socket } from 'node:net'

import { DigestServer } from './digest-server.ts'

export interface Peer {
  readonly port: number
  /** Connections accepted so far, by the address that they came from. */
  readonly from: string[]
  stop(): Promise<void>
}

async function listening(server: Server | Http2Server, at: string | { path: string }): Promise<Peer> {
  const sockets = new Set<Socket>()
  const from: string[] = []
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    from.push(socket.remoteAddress ?? '')
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(typeof at === 'string' ? { host: at, port: 0 } : at, resolve)
  })
  const bound = server.address()
  return {
    port: typeof bound === 'string' ? 0 : (bound as AddressInfo).port,
    from,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

const OK: RequestListener = (req, res) => {
  req.resume()
  res.end('ok')
}

/** Answers over HTTP/1.1 at an address or on a socket's path. */
export const startHttp = (at: string | { path: string }, answer: RequestListener = OK): Promise<Peer> =>
  listening(createHttp(answer), at)

const NEVER: (path: string) => boolean = () => false

/** Answers over HTTP/2 only: with an identity over TLS, else in cleartext. */
export async function startHttp2(
  identity?: { readonly key: string; readonly cert: string },
  answer: (path: string) => { readonly status: number; readonly body?: string } = () => ({
    status: 200,
    body: 'ok',
  }),
): Promise<Peer & { readonly seen: string[]; ends: (path: string) => boolean }> {
  const seen: string[] = []
  const server = identity === undefined ? createH2c() : createSecureServer(identity)
  server.on('sessionError', () => undefined)
  server.on('stream', (stream, headers) => {
    seen.push(`${headers[':method']} ${headers[':path']} ${headers[':scheme']}`)
    stream.on('error', () => undefined)
    const { status, body = '' } = answer(headers[':path']!)
    if (status === 0) stream.close(2)
    else if (status > 0) {
      stream.respond({ ':status': status })
      stream.end(body)
      if (peer.ends(headers[':path']!)) setImmediate(() => stream.session?.destroy())
    }
  })
  const peer = { ...(await listening(server, '127.0.0.1')), seen, ends: NEVER }
  return peer
}

/** A proxy that forwards absolute-form requests and makes tunnels; with `credentials` it wants them. */
export async function startProxy(
  credentials?: string | DigestServer,
): Promise<Peer & { readonly asked: string[] }> {
  const asked: string[] = []
  /** The headers of a refusal; `null` for whoever may pass. */
  const refusal = ({ headers, method, url }: IncomingMessage): Headers | null => {
    const said = headers['proxy-authorization']
    if (credentials instanceof DigestServer) {
      const reply = credentials.reply(method!, url!, '', said)
      return reply.status === 407 ? reply.headers : null
    }
    const isKnown =
      credentials === undefined || said === `Basic ${Buffer.from(credentials).toString('base64')}`
    return isKnown ? null : []
  }
  const server = createHttp((req, res) => {
    asked.push(`${req.method} ${req.url}`)
    const refused = refusal(req)
    if (refused !== null) {
      res.writeHead(407, refused.flat()).end()
      return
    }
    const headers = { ...req.headers }
    delete headers['proxy-authorization']
    req.pipe(
      request(req.url!, { method: req.method, headers }, (answer) => {
        res.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(res)
      }),
    )
  })
  server.on('connect', (req: IncomingMessage, socket: Socket) => {
    asked.push(`CONNECT ${req.url}`)
    const refused = refusal(req)
    if (refused !== null) {
      const lines = ['HTTP/1.1 407 Proxy Authentication Required', ...refused.map((pair) => pair.join(': '))]
      socket.end(`${lines.join('\r\n')}\r\n\r\n`)
      return
    }
    const [, host, port] = /^(.*):(\d+)$/.exec(req.url!)!
    const other = connect(Number(port), host!.replace(/^\[|\]$/g, ''), () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(other).pipe(socket)
    })
    for (const one of [socket, other]) one.on('error', () => (socket.destroy(), other.destroy()))
  })
  return { ...(await listening(server, '127.0.0.1')), asked }
}
