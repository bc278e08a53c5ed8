/** The tables of header compression (RFC 7541, 2.3 and appendix A): the static one, and one that each side fills. */

/** One header field. */
export interface Field {
  readonly name: string
  readonly value: string
}

/** The table size that a side may use until the other one sets another (RFC 9113, 6.5.2). */
export const DEFAULT_TABLE_BYTES = 4096
/** Added to name and value in the size of an entry (RFC 7541, 4.1). */
const ENTRY_BYTES = 32

/** By index from 1; a line without a value has an empty one. */
const STATIC_LINES = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`

export const STATIC_FIELDS: readonly Field[] = STATIC_LINES.split('\n').map((line) => {
  const space = line.indexOf(' ')
  return space < 0 ? { name: line, value: '' } : { name: line.slice(0, space), value: line.slice(space + 1) }
})

/** The fields that one side has added, the newest first, within a size in bytes. */
export class DynamicTable {
  #limit = DEFAULT_TABLE_BYTES
  #bytes = 0
  /** The oldest first: from `#first` on they are in the table. */
  #fields: Field[] = []
  #first = 0

  get length(): number {
    return this.#fields.length - this.#first
  }

  /** The largest size that it may have, in bytes. */
  get limit(): number {
    return this.#limit
  }

  /** The field at an index from 0, the newest; `undefined` after the last one. */
  at(index: number): Field | undefined {
    return index < this.length ? this.#fields[this.#fields.length - 1 - index] : undefined
  }

  setLimit(bytes: number): void {
    this.#limit = bytes
    this.#evict(0)
  }

  /** Adds a field; one that is larger than the table empties it. */
  add(field: Field): void {
    const bytes = entryBytes(field)
    this.#evict(bytes)
    if (bytes > this.#limit) return
    this.#fields.push(field)
    this.#bytes += bytes
  }

  #evict(needed: number): void {
    while (this.#bytes + needed > this.#limit && this.length > 0)
      this.#bytes -= entryBytes(this.#fields[this.#first++]!)
    if (this.#first > 64 && this.#first * 2 > this.#fields.length) {
      this.#fields = this.#fields.slice(this.#first)
      this.#first = 0
    }
  }
}

export const entryBytes = ({ name, value }: Field): number => name.length + value.length + ENTRY_BYTES
