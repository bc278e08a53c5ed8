/**
 * A target that answers GET requests and injects one fault of each class in every so many requests, and counts what it
 * did: what a client must have found can be computed from its counts.
 *
 * A forked child: it sends its ports, then its counts for each message it receives, and exits with its parent.
 */
import { createServer } from 'node:net'

/** One fault of each class is injected within this many requests. */
const EVERY = Number(process.argv[2])
/** How long nobody listens, for refused connections. */
const DEAF_MS = 300
/** Connections without a request for this long are closed. */
const IDLE_MS = 3000
/** Time for what was written to be read by the client, who would otherwise only see the reset that overtakes it. */
const BEFORE_RESET_MS = 200

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const head = (...lines) => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n')
const ends = (text) => (socket) => socket.end(text)
const resets = (text) => (socket) => {
  socket.write(text)
  setTimeout(() => socket.resetAndDestroy(), BEFORE_RESET_MS)
}
const stays = (text) => (socket) => socket.write(text)

/**
 * The faults, by a name of their own: what the client finds, on which connections it is injected, and what is done. On a
 * reused connection that closes before a byte of the answer, a GET is sent once more, on a new one.
 */
const FAULTS = {
  'reset before the head': { outcome: 'headers.reset', on: 'new', act: (socket) => socket.resetAndDestroy() },
  'close before the head': { outcome: 'headers.closed', on: 'new', act: ends('') },
  'reset, reused': { outcome: 'retried', on: 'reused', act: (socket) => socket.resetAndDestroy() },
  'close, reused': { outcome: 'retried', on: 'reused', act: ends('') },
  'reset in the head': { outcome: 'headers.reset', act: resets('HTTP/1.1 200 OK\r\ncont') },
  'close in the head': { outcome: 'headers.closed', act: ends('HTTP/1.1 200 OK\r\ncont') },
  'malformed head': { outcome: 'headers.malformed', act: stays('SSH-2.0-OpenSSH_9.6\r\n') },
  'reset in the body': { outcome: 'body.reset', act: resets(`${head('Content-Length: 100')}0123456789`) },
  'truncated body': { outcome: 'body.closed', act: ends(`${head('Content-Length: 100')}0123456789`) },
  'truncated chunk': {
    outcome: 'body.closed',
    act: ends(`${head('Transfer-Encoding: chunked')}64\r\n0123456789`),
  },
  'malformed chunk': {
    outcome: 'body.malformed',
    act: stays(`${head('Transfer-Encoding: chunked')}zz\r\n0123456789`),
  },
  'no answer': { outcome: 'headers.timeout', act: () => undefined },
  'half a body': { outcome: 'body.timeout', act: stays(`${head('Content-Length: 100')}0123456789`) },
  'status 503': {
    outcome: 'status',
    act: stays('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy'),
  },
  'answered, then closed': { outcome: 'ok', act: ends(OK) },
  'answered, then reset': { outcome: 'ok', act: resets(OK) },
  deaf: { outcome: 'ok', act: (socket) => goDeaf(socket) },
}

const counts = { requests: 0, outcomes: {}, injected: {}, tls: 0, idleCloses: 0 }
const count = (of, what) => (of[what] = (of[what] ?? 0) + 1)
const sockets = new Set()
/** Faults still to be injected in the current span of requests. */
let left = []

/** Returns the fault for this request; the next one in the list that suits its connection, at most one a turn. */
function nextFault(isNew) {
  const at = counts.requests % EVERY
  if (at === 0) left.push(...Object.keys(FAULTS))
  // The first half of the span has none, so that the target is well for a while.
  if (at < EVERY / 2 || (at % 5 !== 0 && !isNew)) return null
  const index = left.findIndex(
    (name) => FAULTS[name].on === undefined || (FAULTS[name].on === 'new') === isNew,
  )
  return index < 0 ? null : left.splice(index, 1)[0]
}

function serve(socket) {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => undefined)
  socket.setTimeout(IDLE_MS, () => {
    // One that waits for its answer is not idle.
    if (socket.waits) return
    counts.idleCloses++
    socket.end()
  })
  let unread = ''
  let served = 0
  socket.on('data', (bytes) => {
    unread += bytes.toString('latin1')
    for (let end = unread.indexOf('\r\n\r\n'); end >= 0; end = unread.indexOf('\r\n\r\n')) {
      unread = unread.slice(end + 4)
      const name = nextFault(served++ === 0)
      counts.requests++
      const fault = name === null ? { outcome: 'ok', act: stays(OK) } : FAULTS[name]
      if (name !== null) count(counts.injected, name)
      count(counts.outcomes, fault.outcome)
      socket.waits = name !== null
      fault.act(socket)
    }
  })
}

const server = createServer({ noDelay: true }, serve)
let port = 0
const listen = () => server.listen({ host: '127.0.0.1', port, backlog: 1024 })

/** Answers, and lets nobody connect for a while; connections without a request in flight are closed. */
function goDeaf(socket) {
  socket.end(OK)
  server.close()
  for (const other of sockets) if (!other.waits) other.end()
  setTimeout(listen, DEAF_MS)
}

/** Whatever connects here is refused by TLS: this is no server of it. */
const notTls = createServer((socket) => {
  counts.tls++
  socket.on('error', () => undefined)
  socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
})

server.on('listening', () => {
  if (port !== 0) return
  port = server.address().port
  notTls.listen({ host: '127.0.0.1', port: 0 }, () => process.send({ port, tlsPort: notTls.address().port }))
})
listen()
process.on('message', () => process.send({ ...counts, left: left.length, connections: sockets.size }))
process.on('disconnect', () => process.exit())
// Ctrl-C is for the bench; this one goes with it.
process.on('SIGINT', () => undefined)
