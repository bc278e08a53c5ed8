/**
 * Server-sent events in a stream of bytes, however it is cut into pieces: the event stream of the HTML Living Standard,
 * section 9.2.6 (`text/event-stream`).
 */

/** One event that a server sent. */
export interface ServerEvent {
  /** The type of the event. @default message */
  readonly event: string
  /** Its lines of data, joined by line feeds. */
  readonly data: string
  /** The last id that the server has set, in this event or before; empty without one. */
  readonly id: string
  /** The reconnection time that the server has set last, in milliseconds; `null` without one. */
  readonly retryMs: number | null
}

const CR = '\r'
const LINE_END = /[\r\n]/g
const DIGITS = /^\d+$/

export class EventParser {
  readonly #most: number
  readonly #decoder = new TextDecoder()
  /** The beginning of a line whose end has not come. */
  #line = ''
  /** The last piece ended with a carriage return: a line feed that follows is of the same line end. */
  #hasCr = false
  #event = ''
  /** `null` until the event has a line of data. */
  #data: string | null = null
  #id = ''
  #retryMs: number | null = null

  /** `most`: the characters of an event that may wait for its end. */
  constructor(most: number) {
    this.#most = most
  }

  /** An event, or a line of it, is longer than may wait; nothing more is taken then. */
  get isTooLong(): boolean {
    return this.#line.length + (this.#data?.length ?? 0) > this.#most
  }

  /** Takes the next piece and returns the events that end in it. An event whose end never comes is none. */
  take(piece: Uint8Array): ServerEvent[] {
    const events: ServerEvent[] = []
    let text = this.#decoder.decode(piece, { stream: true })
    if (text === '') return events
    if (this.#hasCr && text.startsWith('\n')) text = text.slice(1)
    this.#hasCr = text.endsWith(CR)
    let from = 0
    LINE_END.lastIndex = 0
    for (let end = LINE_END.exec(text); end !== null && !this.isTooLong; end = LINE_END.exec(text)) {
      this.#takeLine(this.#line + text.slice(from, end.index), events)
      this.#line = ''
      from = end.index + 1
      if (end[0] === CR && text[from] === '\n') from++
      LINE_END.lastIndex = from
    }
    if (!this.isTooLong) this.#line += text.slice(from)
    return events
  }

  #takeLine(line: string, events: ServerEvent[]): void {
    if (line === '') {
      if (this.#data !== null)
        events.push({
          event: this.#event === '' ? 'message' : this.#event,
          data: this.#data,
          id: this.#id,
          retryMs: this.#retryMs,
        })
      this.#event = ''
      this.#data = null
      return
    }
    const colon = line.indexOf(':')
    // A line that begins with a colon is a comment.
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') this.#data = this.#data === null ? value : `${this.#data}\n${value}`
    else if (field === 'event') this.#event = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && DIGITS.test(value)) this.#retryMs = Number(value)
  }
}
