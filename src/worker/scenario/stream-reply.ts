/**
 * A response that its task reads while it comes. What has come and was not read is bounded: the connection stops reading
 * until the task has caught up.
 */
import { EventParser, type ServerEvent } from '../../core/request/event-parser.ts'
import { MOST_VALUE } from '../../core/measure/custom-metrics.ts'
import { isRedirect } from '../../core/request/redirect.ts'
import { isExpected } from '../../core/request/status.ts'
import { printCount } from '../../core/units.ts'
import { TaskFailure } from '../../scenario/scenario.ts'
import type { FollowedRedirect, Stream } from '../../scenario/http.ts'
import type { Exchange, ResponseSink } from '../transport/transport.ts'
import { KeptReply } from './reply.ts'
import type { StreamRequest } from './stream-options.ts'

/** The connection stops reading when more bytes than this wait for the task, and goes on when fewer than half of them do. */
const MOST_WAITING_BYTES = 262_144

/** What a piece takes besides its bytes: many small ones are bounded, too. */
const PIECE_BYTES = 128

/** The call that brings the response. */
export interface StreamSource {
  readonly exchange: Exchange
  /** When the network work of its first request began, in µs of run time. */
  readonly sentUs: number
  stopReading(): void
  startReading(): void
  /** A piece has come: the time-out begins anew. */
  progressed(nowUs: number): void
  /** The task wants no more: the connection is closed, and the request counts as complete. */
  endEarly(): void
  /** The response is refused as too large. */
  refuse(message: string): void
}

export interface StreamParts {
  readonly request: StreamRequest
  readonly nowUs: () => number
  /** The characters that an event may have. */
  readonly mostLength: number
  /** Whether all that comes is kept, to be shown. */
  readonly isWatched: boolean
}

interface Piece {
  readonly bytes: Uint8Array
  readonly atUs: number
}

const NONE: readonly FollowedRedirect[] = []
const ASKS_FOR_ANSWER: ReadonlySet<number> = new Set([401, 407])

export class StreamReply implements Stream, ResponseSink {
  status = 0
  error = ''
  latencyMs = 0
  url = ''
  redirects: readonly FollowedRedirect[] = NONE
  /** What has come, to be shown; `null` unless it is. */
  readonly shown: KeptReply | null
  readonly #parts: StreamParts
  /** Where the task opened it. */
  readonly #opened: Error
  #source: StreamSource | null = null
  #head: readonly string[] = []
  #sentUs = 0
  #waiting: Piece[] = []
  #waitingBytes = 0
  #isPaused = false
  /** The response leads to another request, or may: its body is not read. */
  #isPassing = false
  #hasHead = false
  #isOver = false
  /** Closed by the task, or the task has ended. */
  #isClosed = false
  #isTaskOver = false
  /** How it is read. */
  #reading: 'events' | 'chunks' | null = null
  #isOk = false
  #wake: (() => void) | null = null
  /** The request was cut off with its task, which does not go on. */
  #isCut = false
  #lastEventUs = 0
  #resolve: (stream: Stream) => void = () => undefined

  constructor(parts: StreamParts) {
    this.#parts = parts
    this.#opened = new Error('this stream was not read: iterate over its events() or chunks(), or close() it')
    this.shown = parts.isWatched ? new KeptReply(parts.mostLength, () => undefined) : null
  }

  // ── The side of the call ──

  /** The call begins; `resolve` is called when the head has come. */
  begin(source: StreamSource, resolve: (stream: Stream) => void): void {
    this.#source = source
    this.#resolve = resolve
  }

  head(status: number, headers: readonly string[]): void {
    const { exchange } = this.#source!
    this.shown?.head(status, headers)
    this.status = status
    this.#head = headers
    this.url = exchange.request!.plan.url
    this.#sentUs = this.#source!.sentUs
    this.#isPassing = isRedirect(status) || ASKS_FOR_ANSWER.has(status)
    if (this.#isPassing) return
    this.#isOk = isExpected(exchange.request!.plan.expectStatus, status)
    this.#hasHead = true
    this.#source!.progressed(this.#parts.nowUs())
    if (this.#isClosed) this.#source!.endEarly()
    this.#resolve(this)
  }

  data(chunk: Uint8Array): void {
    if (this.#isPassing || this.#isClosed) return
    this.shown?.data(chunk)
    const atUs = this.#parts.nowUs()
    // A copy: the transport uses its buffer again.
    this.#waiting.push({ bytes: new Uint8Array(chunk), atUs })
    this.#waitingBytes += chunk.length + PIECE_BYTES
    // The time that the task takes, while reading is stopped, is not the server's.
    if (!this.#isPaused) this.#source!.progressed(atUs)
    if (this.#waitingBytes > MOST_WAITING_BYTES && !this.#isPaused) {
      this.#isPaused = true
      this.#source!.stopReading()
      this.#source!.progressed(Infinity)
    }
    this.#go()
  }

  /** The call has ended: what waits can still be read. */
  end(error: string, redirects: readonly FollowedRedirect[], latencyMs: number): void {
    this.latencyMs = latencyMs
    const { exchange } = this.#source!
    if (this.#isPaused) this.#source!.startReading()
    this.#isPaused = false
    this.#isOver = true
    this.#isCut = exchange.outcome === 'unfinished'
    this.#source = null
    if (this.#isCut) {
      this.#waiting = []
      return
    }
    this.status = exchange.status
    this.url = exchange.request!.plan.url
    this.redirects = redirects
    this.error = error
    this.#isOk = error === ''
    // When a request throws, the caller rejects what is not resolved yet.
    if (this.#isOk || this.#parts.request.options.throws !== true) this.#resolve(this)
    this.#go()
  }

  /** Ends with the task: what still comes is not wanted. Returns the error of a task that forgot to read it, or `null`. */
  taskEnded(): Error | null {
    const isForgotten = this.#reading === null && !this.#isClosed && (this.#isOk || !this.#hasHead)
    // A loop that its task has ended by close() ends well, also after the task.
    this.#isTaskOver = !this.#isClosed
    this.close()
    return isForgotten ? this.#opened : null
  }

  // ── The side of the task ──

  get ok(): boolean {
    return this.#isOk
  }

  get headers(): ReadonlyMap<string, string> {
    const reply = new KeptReply(0, () => undefined)
    reply.head(this.status, this.#head)
    return reply.headers
  }

  events(): AsyncGenerator<ServerEvent, void, undefined> {
    this.#begin('events')
    return this.#events()
  }

  chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const { firstEvent, eventGap } = this.#parts.request
    if (firstEvent !== null || eventGap !== null)
      throw new TypeError(
        'firstEvent and eventGap are times of events(), and this stream is read by chunks()',
      )
    this.#begin('chunks')
    return this.#chunks()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#waiting = []
    this.#waitingBytes = 0
    // Before its head there is nothing to end early: that is waited for, as for any request.
    if (this.#hasHead) this.#source?.endEarly()
    this.#go()
  }

  #begin(how: 'events' | 'chunks'): void {
    if (this.#reading !== null)
      throw new TypeError(`a stream is read once, and this one by ${this.#reading}() already`)
    if (this.#isTaskOver) throw new TypeError('a stream is read within its task, which has ended')
    if (this.#isClosed) throw new TypeError('the stream is closed')
    this.#reading = how
  }

  async *#events(): AsyncGenerator<ServerEvent, void, undefined> {
    const parser = new EventParser(this.#parts.mostLength)
    try {
      for (let piece = await this.#next(); piece !== null; piece = await this.#next()) {
        for (const event of parser.take(piece.bytes)) {
          this.#time(piece.atUs)
          yield event
        }
        if (parser.isTooLong) throw this.#tooLong()
      }
    } finally {
      this.close()
    }
  }

  async *#chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let piece = await this.#next(); piece !== null; piece = await this.#next()) yield piece.bytes
    } finally {
      this.close()
    }
  }

  /** The next piece, when it has come; `null` at the end. A task that was cut off waits for ever. */
  async #next(): Promise<Piece | null> {
    for (;;) {
      if (this.#isTaskOver) throw new Error('a stream was read after its task had ended')
      const piece = this.#waiting.shift()
      if (piece !== undefined) {
        this.#taken(piece)
        return piece
      }
      if (this.#isOver && !this.#isCut) {
        const { options } = this.#parts.request
        if (this.error !== '' && options.throws === true) throw new TaskFailure(`stream: ${this.error}`)
        return null
      }
      if (this.#isClosed) return null
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  #taken({ bytes }: Piece): void {
    this.#waitingBytes -= bytes.length + PIECE_BYTES
    if (!this.#isPaused || this.#waitingBytes > MOST_WAITING_BYTES / 2) return
    this.#isPaused = false
    this.#source?.progressed(this.#parts.nowUs())
    this.#source?.startReading()
  }

  /** Adds the time of an event, which came at `atUs`, to the trends. */
  #time(atUs: number): void {
    const { firstEvent, eventGap } = this.#parts.request
    if (this.#lastEventUs === 0) firstEvent?.add(inTrend(atUs - this.#sentUs))
    else eventGap?.add(inTrend(atUs - this.#lastEventUs))
    this.#lastEventUs = atUs
  }

  #tooLong(): Error {
    const message = `an event is longer than the ${printCount(this.#parts.mostLength)} bytes of --max-read-bytes`
    this.#source?.refuse(message)
    return new Error(message)
  }

  #go(): void {
    this.#wake?.()
    this.#wake = null
  }
}

/** A trend takes at most an hour of milliseconds. */
const inTrend = (us: number): number => Math.min(MOST_VALUE, Math.max(0, us) / 1000)
