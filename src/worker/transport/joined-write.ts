/**
 * One write for a request with a body.
 *
 * undici corks the socket, writes the head as a string and the body as a buffer, and uncorks it: node gathers the two for
 * a `writev`, and for a small request that is a tenth of all it costs. Here the head is held until the body comes, and both
 * go out as one string in latin1, in which every character is a byte. Whatever else is written to a corked socket
 * goes the way it always went. A socket must be uncorked before it is ended, which undici does.
 */
import { Socket } from 'node:net'

/** Up to here node writes a string without allocating for it (16 kB, less a generous head). */
const LONGEST_BODY = 8192

/** Bodies that were made ready, as text. */
const texts = new WeakMap<object, string>()

interface Joining extends Socket {
  isHolding: boolean
  head: string | null
}

/** Makes a body ready to be joined with the heads that will be sent before it. */
export function joinable(body: Buffer): Buffer {
  if (body.length <= LONGEST_BODY) texts.set(body, body.toString('latin1'))
  return body
}

/** From now on, this socket joins heads and bodies. */
export function joinWrites(socket: Socket): void {
  Object.assign(socket, { isHolding: false, head: null, cork, write, uncork })
}

const plain = Socket.prototype

function cork(this: Joining): void {
  this.isHolding = true
}

function write(this: Joining, ...args: Parameters<Socket['write']>): boolean {
  const [chunk, encoding] = args
  const { isHolding, head } = this
  if (isHolding && head === null && typeof chunk === 'string' && encoding === 'latin1') {
    this.head = chunk
    return true
  }
  if (isHolding && head !== null && typeof chunk === 'object') {
    const text = texts.get(chunk)
    if (text !== undefined) {
      this.head = null
      return plain.write.call(this, head + text, 'latin1')
    }
  }
  if (isHolding) release(this)
  return plain.write.apply(this, args)
}

function uncork(this: Joining): void {
  if (!this.isHolding) {
    plain.uncork.call(this)
    return
  }
  const { head } = this
  this.isHolding = false
  this.head = null
  if (head !== null) plain.write.call(this, head, 'latin1')
}

/** What is written until the socket is uncorked is for node to gather. */
function release(socket: Joining): void {
  const { head } = socket
  socket.isHolding = false
  socket.head = null
  plain.cork.call(socket)
  if (head !== null) plain.write.call(socket, head, 'latin1')
}
