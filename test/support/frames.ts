/** A raw HTTP/2 peer: it reads frames, and answers requests with whatever frames a behaviour writes. */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  FrameReader,
  HEADERS,
  RST_STREAM,
  SETTINGS,
  writeFrameHead,
} from '../../src/worker/transport/http2/frames.ts'

/** A frame as it is written. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array | string = '',
): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload
  const head = Buffer.alloc(9)
  writeFrameHead(head, 0, bytes.length, type, flags, stream)
  return Buffer.concat([head, bytes])
}

/** 32-bit numbers as a payload. */
export function numbers(...all: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * all.length)
  for (const [i, number] of all.entries()) bytes.writeUInt32BE(number >>> 0, 4 * i)
  return bytes
}

/** A literal field without Huffman codes; `pattern` says whether it goes into the table. */
export function literal(name: string, value: string, pattern = 0x00): Buffer {
  const text = (latin1: string): Buffer => {
    const length =
      latin1.length < 127 ? Buffer.of(latin1.length) : Buffer.of(127, ...rest(latin1.length - 127))
    return Buffer.concat([length, Buffer.from(latin1, 'latin1')])
  }
  return Buffer.concat([Buffer.of(pattern), text(name), text(value)])
}
const rest = (left: number): number[] => (left < 128 ? [left] : [(left % 128) | 128, ...rest(left >> 7)])

/** HEADERS with these fields. */
export const headers = (
  stream: number,
  fields: readonly (readonly [string, string])[],
  flags = END_HEADERS,
): Buffer => frame(HEADERS, flags, stream, Buffer.concat(fields.map(([name, value]) => literal(name, value))))

export const ok = (stream: number, ...fields: readonly (readonly [string, string])[]): Buffer =>
  headers(stream, [[':status', '200'], ...fields])
export const data = (stream: number, body: string, isLast = false): Buffer =>
  frame(DATA, isLast ? END_STREAM : 0, stream, body)
export const rst = (stream: number, code: number): Buffer => frame(RST_STREAM, 0, stream, numbers(code))
export const goaway = (last: number, code: number, text = ''): Buffer =>
  frame(7, 0, 0, Buffer.concat([numbers(last, code), Buffer.from(text)]))

export interface FrameRequest {
  readonly socket: Socket
  readonly stream: number
  /** Number of the request on the whole peer, from 0, and of the connection that it came on. */
  readonly index: number
  readonly connection: number
}

export interface FramePeer {
  /** Origin without a slash at its end. */
  readonly url: string
  accepted(): number
  /** Requests whose head has come. */
  requests(): number
  /** Body bytes that have come. */
  bytes(): number
  /** Codes of RST_STREAM that have come, and of GOAWAY. */
  readonly resets: number[]
  readonly goaways: number[]
  stop(): Promise<void>
}

/** Starts a peer that first sends `opening`, an empty SETTINGS, and then what the behaviour writes for each request head. */
export async function startFrames(
  behave: (request: FrameRequest) => unknown,
  opening = frame(SETTINGS, 0, 0),
): Promise<FramePeer> {
  const sockets = new Set<Socket>()
  let accepted = 0
  let requests = 0
  let bytes = 0
  const resets: number[] = []
  const goaways: number[] = []
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = accepted++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.write(opening)
    const reader = new FrameReader({
      frame(type, flags, stream, payload) {
        if (type === HEADERS) behave({ socket, stream, index: requests++, connection })
        else if (type === SETTINGS && (flags & ACK) === 0) socket.write(frame(SETTINGS, ACK, 0))
        else if (type === RST_STREAM) resets.push(Buffer.from(payload).readUInt32BE(0))
        else if (type === 7) goaways.push(Buffer.from(payload).readUInt32BE(4))
        else if (type === CONTINUATION) throw new Error('a long head was not expected')
      },
      data: (_, piece) => void (bytes += piece.length),
      dataEnded: () => undefined,
    })
    let magic = 24
    socket.on('data', (piece) => {
      const skip = Math.min(magic, piece.length)
      magic -= skip
      reader.read(piece, skip, piece.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted: () => accepted,
    requests: () => requests,
    bytes: () => bytes,
    resets,
    goaways,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
