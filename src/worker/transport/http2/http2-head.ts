/** The head of an HTTP/2 response, field by field (RFC 9113, 8.2 and 8.3.2), and whether it is one. Pure. */
import type { Headers } from '../../../core/request/request.ts'
import { BEYOND_LENGTHS, MOST_HEAD_BYTES, TEXT, TOKEN } from '../header-bytes.ts'
import { NO_HEADERS, USER_HEADERS } from '../transport.ts'

/** Fields that belong to a connection of HTTP/1 (RFC 9113, 8.2.2). */
const OF_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

export class ResponseHead {
  status = 0
  /** The `content-length`; −1 without one. */
  length = -1
  location = ''
  /** See `Exchange`. */
  userHeaders: Headers = NO_HEADERS
  /** Names and values in turn, if somebody wants them; else empty. */
  fields: string[] = []
  /** What is wrong with it; empty while nothing is. */
  fault = ''
  #keepsFields = false
  #isTrailer = false
  #bytes = 0
  #hasFields = false

  begin(keepsFields: boolean): void {
    this.status = 0
    this.length = -1
    this.location = ''
    this.userHeaders = NO_HEADERS
    this.fields = []
    this.fault = ''
    this.#keepsFields = keepsFields
    this.#isTrailer = this.#hasFields = false
    this.#bytes = 0
  }

  /** The fields that follow are trailers: the head remains as it is. */
  beginTrailer(): void {
    this.#isTrailer = true
    this.#keepsFields = false
    this.#bytes = 0
  }

  /** Takes the next field; `false` when it is wrong, and no other one follows. */
  readonly take = (name: string, value: string): boolean => {
    this.#bytes += name.length + value.length
    if (this.#bytes >= MOST_HEAD_BYTES) this.fault = `headers of more than ${MOST_HEAD_BYTES} bytes`
    else if (name.startsWith(':')) this.#takeStatus(name, value)
    else this.#takeField(name, value)
    return this.fault === ''
  }

  #takeStatus(name: string, value: string): void {
    if (name !== ':status' || this.#isTrailer) this.fault = `the field ${name} in a response`
    else if (this.status !== 0) this.fault = ':status twice'
    else if (this.#hasFields) this.fault = ':status after other fields'
    else if (!/^[1-9]\d\d$/.test(value)) this.fault = 'a :status that is not a number of three digits'
    else this.status = Number(value)
  }

  #takeField(name: string, value: string): void {
    this.#hasFields = true
    if (!isName(name)) this.fault = 'a field name that is not lower case, or not a name'
    else if (!isValue(value)) this.fault = `a value of ${name} that no header may have`
    else if (OF_THE_CONNECTION.has(name)) this.fault = `the field ${name} in HTTP/2`
    else if (this.#isTrailer) return
    else if (name === 'content-length') this.#takeLength(value)
    else if (name === 'location') this.location = Buffer.from(value, 'latin1').toString('utf8')
    else if (USER_HEADERS.has(name)) this.userHeaders = [...this.userHeaders, [name, value]]
    if (this.#keepsFields) this.fields.push(name, value)
  }

  #takeLength(value: string): void {
    const length = /^\d+$/.test(value) ? Number(value) : Infinity
    if (this.length >= 0) this.fault = 'content-length twice'
    else if (length >= BEYOND_LENGTHS) this.fault = 'a content-length that is not a plain number'
    else this.length = length
  }
}

function isName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = name.charCodeAt(i)
    if (TOKEN[byte] !== byte) return false
  }
  return name !== ''
}

function isValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (TEXT[value.charCodeAt(i)] !== 1) return false
  return !/^[ \t]|[ \t]$/.test(value)
}
