/** Encodes the header blocks that are sent on one HTTP/2 connection (RFC 7541), without Huffman codes. Pure. */
import { DEFAULT_TABLE_BYTES, DynamicTable, entryBytes, STATIC_FIELDS, type Field } from './field-tables.ts'

/** Index in the static table by name, and by name and value: from 1. */
const STATIC_NAMES = new Map<string, number>()
const STATIC_PAIRS = new Map<string, number>()
for (const [at, { name, value }] of STATIC_FIELDS.entries()) {
  if (!STATIC_NAMES.has(name)) STATIC_NAMES.set(name, at + 1)
  STATIC_PAIRS.set(`${name}\0${value}`, at + 1)
}

/** Fields whose values are secret: no table on the way may keep them (RFC 7541, 7.1.3). */
const NEVER_INDEXED = new Set(['authorization', 'proxy-authorization', 'cookie'])
/** Fields whose values are seldom the same again. */
const NOT_INDEXED = new Set([':path', 'traceparent', 'content-length', 'if-modified-since', 'if-none-match'])

export class FieldEncoder {
  readonly #table = new DynamicTable()
  /** Sizes that the next block has to announce: the smallest since the last one, and the one that holds. */
  #smallest: number | null = null
  /** Whether the last block left the table as it was: then the same fields are the same bytes again. */
  leftTable = false

  /** The peer allows a table of this size. */
  limit(bytes: number): void {
    const size = Math.min(bytes, DEFAULT_TABLE_BYTES)
    if (size === this.#table.limit) return
    this.#smallest = Math.min(this.#smallest ?? size, size)
    this.#table.setLimit(size)
    this.leftTable = false
  }

  /** Appends a block of fields, whose texts are Latin-1. */
  encode(fields: readonly Field[], into: number[]): void {
    this.leftTable = true
    if (this.#smallest !== null) {
      if (this.#smallest < this.#table.limit) integer(into, 0x20, 5, this.#smallest)
      integer(into, 0x20, 5, this.#table.limit)
      this.#smallest = null
      this.leftTable = false
    }
    for (const field of fields) this.#field(field, into)
  }

  #field(field: Field, into: number[]): void {
    const { name, value } = field
    const known = STATIC_PAIRS.get(`${name}\0${value}`)
    if (known !== undefined) {
      integer(into, 0x80, 7, known)
      return
    }
    let nameIndex = STATIC_NAMES.get(name) ?? 0
    const isSecret = NEVER_INDEXED.has(name)
    if (!isSecret)
      for (let i = 0; i < this.#table.length; i++) {
        const other = this.#table.at(i)!
        if (other.name !== name) continue
        const index = STATIC_FIELDS.length + 1 + i
        if (other.value === value) {
          integer(into, 0x80, 7, index)
          return
        }
        if (nameIndex === 0) nameIndex = index
      }
    if (isSecret) integer(into, 0x10, 4, nameIndex)
    else if (NOT_INDEXED.has(name) || entryBytes(field) > this.#table.limit) integer(into, 0x00, 4, nameIndex)
    else {
      integer(into, 0x40, 6, nameIndex)
      this.#table.add(field)
      this.leftTable = false
    }
    if (nameIndex === 0) text(into, name)
    text(into, value)
  }
}

function integer(into: number[], pattern: number, prefix: number, value: number): void {
  const most = (1 << prefix) - 1
  if (value < most) {
    into.push(pattern | value)
    return
  }
  into.push(pattern | most)
  let left = value - most
  for (; left >= 128; left = Math.floor(left / 128)) into.push((left % 128) | 128)
  into.push(left)
}

function text(into: number[], latin1: string): void {
  integer(into, 0x00, 7, latin1.length)
  for (let i = 0; i < latin1.length; i++) into.push(latin1.charCodeAt(i))
}
