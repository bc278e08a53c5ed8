/** One connection of HTTP/2 with any number of requests under way, each on a stream of its own. */
import type { Socket } from 'node:net'
import { classify, oneLine } from '../fault.ts'
import type { Writer } from '../gathering.ts'
import { Opening } from '../opening.ts'
import { CLOSED, type Resumed, type SocketParts } from '../socket-connection.ts'
import { isStale } from '../stale.ts'
import type { Exchange } from '../transport.ts'
import { failureOf, goaway, lossOf, resetBy, takeHead, type Http2Request } from './http2-connection.ts'
import { REFUSED_STREAM } from './frames.ts'
import { Http2Session } from './http2-session.ts'
import { Http2Stream } from './http2-stream.ts'

/** A stream with the exchange that it carries. */
export class Lane extends Http2Stream {
  exchange: Exchange | null = null
  request: Http2Request | null = null
  /** The connection that it is on. */
  home: Http2Multiplex | null = null
}

/** The slot whose connection it is. */
export interface MultiplexOwner {
  readonly parts: SocketParts
  /** Number of the connection among the shared ones of the run. */
  readonly number: number
  /** The most streams at once. */
  readonly most: number
  /** The connection takes no more requests. */
  left(connection: Http2Multiplex): void
  /** There may be room, though no exchange has ended. */
  grew(): void
  /** Nothing of the lane was on the wire: it begins on the next connection. */
  moved(lane: Lane): void
  /** The lane's request was lost, or refused, and is sent again: on the next connection, or on this one. */
  retried(lane: Lane): void
}

/** Up to here frames are joined into one piece before they are written. */
const MOST_JOINED_BYTES = 65_536

export class Http2Multiplex implements Writer, Resumed {
  readonly #owner: MultiplexOwner
  readonly #parts: SocketParts
  #opening: Opening | null = null
  /** Whose request made the connection, until it is written. */
  #opener: Lane | null = null
  #socket: Socket | null = null
  #session: Http2Session<Lane> | null = null
  #isOver = false
  /** Requests to be written, and streams that are open. */
  #pending: Lane[] = []
  readonly #open = new Set<Lane>()
  /** Streams that the last bytes have changed. */
  readonly #changed: Lane[] = []
  /** Frames to be written. */
  #frames: Uint8Array[] = []
  /** It will be asked to write. */
  #isDue = false
  #isReading = false
  #untilUs = Infinity

  constructor(owner: MultiplexOwner) {
    this.#owner = owner
    this.#parts = owner.parts
  }

  /** How many more requests it takes now. */
  get room(): number {
    if (this.#session?.canOpen !== true || this.#isOver) return 0
    return Math.max(0, this.#mostStreams - this.#open.size - this.#pending.length)
  }

  /** Whether it has been idle for too long to be used again. */
  get isExpired(): boolean {
    return this.#open.size + this.#pending.length === 0 && this.#parts.clock.nowUs() >= this.#untilUs
  }

  get #mostStreams(): number {
    return Math.min(this.#owner.most, this.#session!.mostStreams)
  }

  add(lane: Lane): void {
    lane.home = this
    this.#pending.push(lane)
    if (this.#socket !== null) this.#schedule()
    else if (this.#opening === null) this.#connect()
  }

  stopReading(lane: Lane): void {
    this.#session?.pause(lane)
  }

  startReading(lane: Lane): void {
    this.#session?.resume(lane)
    this.#writeFrames()
  }

  /** Ends the lane's request, without a report. */
  remove(lane: Lane): void {
    if (this.#open.delete(lane)) {
      this.#session!.cancel(lane)
      this.#writeFrames()
      this.#rest()
      // The server has left it (GOAWAY), and nothing else is under way.
      if (!this.#session!.canOpen && this.#open.size + this.#pending.length === 0) this.close()
      else if (this.#pending.length > 0) this.#schedule()
      return
    }
    const at = this.#pending.indexOf(lane)
    if (at >= 0) this.#pending.splice(at, 1)
    if (lane === this.#opener) this.#abandon()
  }

  /** Reports the end of the lane's exchange. */
  finish(lane: Lane, outcome: Exchange['outcome'], message: string, nowUs = this.#parts.clock.nowUs()): void {
    const exchange = lane.exchange!
    exchange.doneUs = nowUs
    // Cut before its network work began: it was never sent, and counts from here to here.
    if (exchange.sentUs === 0) exchange.sentUs = nowUs
    exchange.outcome = outcome
    exchange.message = oneLine(message)
    exchange.listener.done()
  }

  close(): void {
    const socket = this.#socket
    this.#isOver = true
    this.#opening?.cancel(CLOSED)
    this.#opening = null
    if (socket !== null && socket.writable && socket.writableLength === 0) {
      this.#session!.leave()
      this.#writeFrames()
      socket.destroySoon()
    } else socket?.destroy()
    this.#socket = null
  }

  // ── Opening ──

  /** Makes the connection for the first request that waits. */
  #connect(): void {
    const lane = this.#pending[0]!
    const exchange = lane.exchange!
    const { clock, turn, connector, buffer, gathering } = this.#parts
    const nowUs = clock.nowUs()
    this.#opener = lane
    exchange.reused = false
    exchange.phase = 'connect'
    if (exchange.sentUs === 0) {
      exchange.sentUs = nowUs
      exchange.listener.sent()
    }
    const opening = new Opening(exchange, clock, turn, (error, socket) => {
      if (this.#opening !== opening) socket?.destroy()
      else if (error !== null) this.#failed(error)
      else this.#connected(socket)
    })
    const callback = (length: number): boolean => {
      if (this.#socket === null || this.#isOver) return true
      gathering.begin()
      this.#isReading = true
      try {
        this.#read(length)
      } finally {
        this.#isReading = false
        gathering.end()
      }
      return true
    }
    this.#opening = opening
    opening.open(connector, lane.request!.to, this.#owner.number, nowUs, { buffer, callback })
  }

  #connected(socket: Socket): void {
    this.#opening = null
    this.#socket = socket
    this.#session = new Http2Session<Lane>((bytes) => void this.#frames.push(bytes), this.#changed)
    socket.on('error', (error) => this.#lost(error))
    socket.on('end', () => this.#lost(CLOSED))
    socket.on('close', () => this.#lost(CLOSED))
    this.flush()
  }

  /** The connection cannot be made: its first request fails, and the next one tries again. */
  #failed(error: Error): void {
    const lane = this.#opener!
    this.#opening = this.#opener = null
    this.#pending.shift()
    const { outcome, message } = classify(error, lane.exchange!.phase)
    this.#tryAgain()
    this.finish(lane, outcome, message)
  }

  /** The request that makes the connection has been cut off. */
  #abandon(): void {
    this.#opener = null
    const opening = this.#opening
    if (opening === null) return
    this.#opening = null
    opening.cancel(CLOSED)
    this.#tryAgain()
  }

  #tryAgain(): void {
    if (this.#pending.length > 0) this.#connect()
    else {
      this.#isOver = true
      this.#owner.left(this)
    }
  }

  // ── Writing ──

  /** A connection that is being read has just been active; any other is looked at first, as it may be closed. */
  #schedule(): void {
    if (this.#isDue) return
    this.#isDue = true
    if (this.#isReading) this.#parts.gathering.add(this)
    else this.#parts.afterPoll(this)
  }

  resume(): void {
    this.flush()
  }

  /** Writes the requests that wait, as many as the server allows. */
  flush(): void {
    this.#isDue = false
    const session = this.#session
    if (session === null || this.#isOver) return
    const { clock } = this.#parts
    const nowUs = clock.nowUs()
    const count = Math.min(this.#pending.length, Math.max(0, this.#mostStreams - this.#open.size))
    if (count === 0) return
    const lanes = this.#pending.splice(0, count)
    for (const lane of lanes) this.#write(session, lane, nowUs)
    this.#writeFrames()
    if (count === 1) return
    // They are stamped together, and the last one has waited for the others.
    const tookUs = clock.nowUs() - nowUs
    for (const { exchange } of lanes) if (exchange !== null) exchange.ownUs += tookUs
  }

  #write(session: Http2Session<Lane>, lane: Lane, nowUs: number): void {
    const exchange = lane.exchange!
    const request = lane.request!
    if (lane === this.#opener) this.#opener = null
    else exchange.reused = true
    exchange.phase = 'headers'
    if (exchange.sentUs === 0) {
      exchange.sentUs = nowUs
      exchange.listener.sent()
    }
    exchange.bytesOut += request.bytesOut
    this.#open.add(lane)
    session.open(lane, request, exchange.added, exchange.sink)
  }

  #writeFrames(): void {
    const frames = this.#frames
    const socket = this.#socket
    if (frames.length === 0 || socket === null) return
    this.#frames = []
    if (frames.length === 1) {
      socket.write(frames[0]!)
      return
    }
    const bytes = frames.reduce((sum, { length }) => sum + length, 0)
    if (bytes <= MOST_JOINED_BYTES) {
      socket.write(Buffer.concat(frames, bytes))
      return
    }
    socket.cork()
    for (const frame of frames) socket.write(frame)
    socket.uncork()
  }

  // ── Reading ──

  #read(length: number): void {
    const { clock, buffer } = this.#parts
    const session = this.#session!
    const nowUs = clock.nowUs()
    if (session.ackBytes > 0 && this.#socket!.writableLength === 0) session.ackBytes = 0
    const before = this.room
    session.read(buffer, 0, length)
    this.#writeFrames()
    for (const lane of this.#changed) {
      lane.isListed = false
      if (this.#open.has(lane)) this.#look(lane, session, nowUs)
    }
    this.#changed.length = 0
    if (session.fault !== '') this.#break(session.fault)
    else if (!session.canOpen) this.#goAway()
    else {
      if (this.#pending.length > 0) this.#schedule()
      if (this.room > before) this.#owner.grew()
    }
  }

  /** What has become of a stream. */
  #look(lane: Lane, session: Http2Session<Lane>, nowUs: number): void {
    const exchange = lane.exchange!
    if (lane.hasBegun && exchange.firstByteUs === 0) {
      exchange.firstByteUs = nowUs
      this.#parts.turn.poll(nowUs)
    }
    exchange.bytesIn = lane.bodyBytes
    if (lane.status !== 0) takeHead(exchange, lane)
    if (lane.isComplete) {
      this.#open.delete(lane)
      this.#rest()
      exchange.bytesOut -= exchange.request!.bytesOut - lane.sentBytes
      exchange.canFollow = true
      this.finish(lane, 'ok', '', nowUs)
    } else if (lane.isRefused || lane.resetCode === REFUSED_STREAM) this.#refused(lane, session)
    else if (lane.resetCode >= 0) {
      this.#open.delete(lane)
      this.#rest()
      this.finish(lane, failureOf(exchange, 'reset'), resetBy(lane))
    }
  }

  /** The server has not processed it, and says so (RFC 9113, 6.8 and 8.7): it may be sent again, whatever it is. */
  #refused(lane: Lane, session: Http2Session): void {
    const exchange = lane.exchange!
    this.#open.delete(lane)
    this.#rest()
    // Before it is sent again, the connection that has sent GOAWAY must be out of use.
    if (!session.canOpen) this.#owner.left(this)
    if (this.#parts.retryStale && !exchange.isRetried && exchange.firstByteUs === 0) this.#owner.retried(lane)
    else if (lane.isRefused) this.finish(lane, failureOf(exchange, 'closed'), goaway(session))
    else this.finish(lane, failureOf(exchange, 'reset'), resetBy(lane))
  }

  /** The server takes no more requests here; those that it has accepted are answered. */
  #goAway(): void {
    this.#owner.left(this)
    for (const lane of this.#pending.splice(0)) this.#owner.moved(lane)
    if (this.#open.size === 0) this.close()
    this.#owner.grew()
  }

  /** Nothing is under way from now on, or something is. */
  #rest(): void {
    if (this.#open.size > 0) return
    this.#untilUs = this.#parts.clock.nowUs() + this.#parts.idleUs
  }

  // ── The end ──

  /** The server has broken the protocol: all that is under way fails. */
  #break(fault: string): void {
    this.close()
    this.#end((lane) => this.finish(lane, failureOf(lane.exchange!, 'malformed'), fault))
  }

  #lost(error: Error): void {
    if (this.#isOver) return
    const session = this.#session
    this.close()
    const { retryStale } = this.#parts
    this.#end((lane) => {
      const exchange = lane.exchange!
      const { outcome, message } = classify(lossOf(error, session), exchange.phase)
      if (!isStale(exchange, outcome) || exchange.isRetried) this.finish(lane, outcome, message)
      else if (retryStale && lane.request!.isIdempotent) this.#owner.retried(lane)
      else this.finish(lane, 'reused.closed', message)
    })
  }

  /** Leaves the connection: requests that were not written move on, and the others end in this way. */
  #end(each: (lane: Lane) => void): void {
    this.#owner.left(this)
    for (const lane of this.#pending.splice(0)) this.#owner.moved(lane)
    const lanes = [...this.#open]
    this.#open.clear()
    for (const lane of lanes) each(lane)
    this.#owner.grew()
  }
}
