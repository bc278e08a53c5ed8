/**
 * The least of a target over TLS or HTTP/2: the same 200 bytes of body for everybody. It costs more than a generator does,
 * so its core is the limit; what a request costs the generator is measured all the same.
 *
 * Prints its port, then the number of requests so far for each line on stdin, and ends when stdin does.
 *
 * node secure-target.mjs https|https-fresh|h2 [KEY-FILE CERT-FILE]
 *   https-fresh: sessions cannot be resumed
 */
import { constants } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { createServer as createTls } from 'node:tls'
import {
  ACK,
  ackFrame,
  END_HEADERS,
  END_STREAM,
  FrameReader,
  HEADERS,
  SETTINGS,
  settingsFrame,
  writeFrameHead,
} from '../dist/worker/transport/http2/frames.js'

const [kind, key, cert] = process.argv.slice(2)
const BODY = Buffer.alloc(200, 'x')
const ANSWER = Buffer.concat([
  Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 200\r\n\r\n'),
  BODY,
])
let requests = 0

/** A piece that begins with the first letter of a method is a request, as in `tiny-target.c`. */
function answerHttp1(socket) {
  socket.on('error', () => socket.destroy())
  socket.on('data', (piece) => {
    if (!'GHPD'.includes(String.fromCharCode(piece[0]))) return
    requests++
    socket.write(ANSWER)
  })
}

/** `:status: 200`, as its number in the static table, and DATA. */
function answerOf(stream) {
  const frames = Buffer.alloc(9 + 1 + 9 + BODY.length)
  const at = writeFrameHead(frames, 0, 1, HEADERS, END_HEADERS, stream)
  frames[at] = 0x88
  BODY.copy(frames, writeFrameHead(frames, at + 1, BODY.length, 0, END_STREAM, stream))
  return frames
}

function answerHttp2(socket) {
  let skipped = 0
  let answers = []
  const answer = (stream, flags) => {
    if ((flags & END_STREAM) === 0) return
    requests++
    answers.push(answerOf(stream))
  }
  const reader = new FrameReader({
    frame(type, flags, stream) {
      if (type === HEADERS) answer(stream, flags)
      else if (type === SETTINGS && (flags & ACK) === 0) answers.push(ackFrame(SETTINGS, Buffer.alloc(0)))
    },
    data: () => undefined,
    dataEnded(stream, flags, length) {
      // The window of the connection is given back at once; that of a stream is larger than any body of a bench.
      if (length === 0) {
        answer(stream, flags)
        return
      }
      const update = Buffer.alloc(13)
      update.writeUInt32BE(length, writeFrameHead(update, 0, 4, 8, 0, 0))
      answers.push(update)
      answer(stream, flags)
    },
  })
  socket.on('error', () => socket.destroy())
  socket.write(settingsFrame([[3, 1000]]))
  socket.on('data', (bytes) => {
    const skip = Math.min(24 - skipped, bytes.length)
    skipped += skip
    reader.read(bytes, skip, bytes.length)
    if (answers.length > 0) socket.write(Buffer.concat(answers))
    answers = []
  })
}

const server =
  kind === 'h2'
    ? createServer({ noDelay: true }, answerHttp2)
    : createTls(
        {
          key: readFileSync(key),
          cert: readFileSync(cert),
          noDelay: true,
          ...(kind === 'https-fresh' ? { secureOptions: constants.SSL_OP_NO_TICKET } : {}),
        },
        answerHttp1,
      )
server.on('tlsClientError', () => undefined)
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(server.address().port)
  const lines = createInterface(process.stdin)
  lines.on('line', () => console.log(requests))
  lines.on('close', () => process.exit())
})
