/**
 * A target that takes as little of the machine as a Node process can, so that the generator has the rest: no HTTP
 * parser, the same answer for everybody, one timer for all. A piece that begins with the first letter of a method is a
 * request: true of the benches' requests, which are small enough to arrive in one piece, and nothing for the wild.
 *
 * A forked child: it sends its port, then its counts for each message it receives, and exits with its parent.
 */
import { createServer } from 'node:net'
import { performance } from 'node:perf_hooks'

const latencyMs = Number(process.argv[2])
const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok')
const METHOD_INITIALS = new Set([...'GHPD'].map((letter) => letter.charCodeAt(0)))

let requests = 0
/** Who waits for an answer. As all wait equally long, whoever came first is due first. */
let waiting = []
let head = 0
let armed = false

function answerAllDue() {
  armed = false
  const now = performance.now()
  while (head < waiting.length && waiting[head].dueMs <= now) {
    const { socket } = waiting[head++]
    if (socket.writable) socket.write(ANSWER)
  }
  if (head > 1000) {
    waiting = waiting.slice(head)
    head = 0
  }
  arm(now)
}

function arm(now) {
  if (armed || head === waiting.length) return
  armed = true
  // Timers count whole milliseconds and may come up to one early: no answer is early, some are 1 ms late.
  setTimeout(answerAllDue, Math.max(1, Math.floor(waiting[head].dueMs - now) + 1))
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => {
    if (!METHOD_INITIALS.has(chunk[0])) return
    requests++
    const now = performance.now()
    waiting.push({ socket, dueMs: now + latencyMs })
    arm(now)
  })
  socket.on('error', () => socket.destroy())
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () =>
  process.send({ port: server.address().port }),
)
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ requests, cpuS: (user + system) / 1e6 })
})
process.on('disconnect', () => process.exit())
// Ctrl-C is for the bench; this one goes with it.
process.on('SIGINT', () => {})
