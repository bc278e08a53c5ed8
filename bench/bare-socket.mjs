/**
 * The ceiling of HTTP on `net.Socket`: keep-alive connections, each a bare socket that writes the same prepared bytes and
 * counts the bytes that come back. It knows how long an answer is from the first one, and looks at nothing else of
 * it. No parser, no clock, no record. With `onread` all sockets read into one buffer, which spares Node an allocation and
 * a stream for each read; without, they have `data` events, as most programs do.
 *
 * node bare-socket.mjs HOST PORT CONNECTIONS SECONDS BODY-FILE [onread]
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'

const [host, port, connections, seconds, bodyFile, reading] = process.argv.slice(2)
const body = readFileSync(bodyFile)
const REQUEST = Buffer.concat([
  Buffer.from(
    `POST /GetPrograms HTTP/1.1\r\nHost: ${host}:${port}\r\nContent-Type: application/xml\r\nContent-Length: ${body.length}\r\n\r\n`,
  ),
  body,
])

let answerBytes = 0
let isOver = false
const shared = Buffer.allocUnsafeSlow(65_536)

/** The length of a whole answer, from its own words; all are alike. */
function measure(piece) {
  const text = piece.toString('latin1')
  const headBytes = text.indexOf('\r\n\r\n') + 4
  const [, bodyBytes] = /content-length: *(\d+)/i.exec(text.slice(0, headBytes)) ?? []
  if (headBytes < 4 || bodyBytes === undefined) throw new Error(`no answer of a known length: ${text}`)
  return headBytes + Number(bodyBytes)
}

function open() {
  let missing = 0
  const read = (length, bytes) => {
    if (answerBytes === 0) missing = answerBytes = measure(bytes.subarray(0, length))
    // Sent before the first answer had been measured.
    else if (missing === 0) missing = answerBytes
    missing -= length
    if (missing === 0 && !isOver) send()
    return true
  }
  const onread = reading === 'onread' ? { onread: { buffer: shared, callback: read } } : {}
  const socket = connect({ host, port: Number(port), noDelay: true, ...onread })
  const send = () => {
    missing = answerBytes
    socket.write(REQUEST)
  }
  socket.once('connect', send)
  if (reading !== 'onread') socket.on('data', (piece) => read(piece.length, piece))
}

for (let i = 0; i < Number(connections); i++) open()
setTimeout(
  () => {
    isOver = true
    process.exit()
  },
  Number(seconds) * 1000,
)
