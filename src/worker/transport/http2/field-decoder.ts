/** Decodes the header blocks of one side of an HTTP/2 connection (RFC 7541). Pure: bytes in, fields out. */
import { DEFAULT_TABLE_BYTES, DynamicTable, STATIC_FIELDS, type Field } from './field-tables.ts'
import { decodeHuffman } from './huffman.ts'

/** No integer of a header block needs to be larger. */
const LARGEST_INTEGER = 1 << 24

export class FieldDecoder {
  readonly #table = new DynamicTable()
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  #to = 0
  /** Whether the last block left the table as it was: then the same bytes mean the same again. */
  leftTable = false

  /**
   * Decodes a whole block, field by field; `take` ends it by returning `false`. Returns what is wrong with the block,
   * empty when nothing is; a connection is of no use after a block that is wrong.
   */
  decode(
    bytes: Uint8Array,
    from: number,
    to: number,
    take: (name: string, value: string) => boolean,
  ): string {
    this.#bytes = bytes
    this.#at = from
    this.#to = to
    this.leftTable = true
    let isFirst = true
    while (this.#at < to) {
      const byte = bytes[this.#at]!
      let field: Field | null
      if (byte >= 0x80) field = this.#indexed(this.#integer(7))
      else if (byte >= 0x40) {
        field = this.#literal(6)
        if (field !== null) this.#table.add(field)
        this.leftTable = false
      } else if (byte >= 0x20) {
        // The size of the table changes at the beginning of a block only (RFC 7541, 4.2).
        const size = this.#integer(5)
        if (!isFirst || size < 0 || size > DEFAULT_TABLE_BYTES)
          return 'a header table size that was not offered'
        this.#table.setLimit(size)
        this.leftTable = false
        continue
      } else field = this.#literal(4)
      if (field === null) return 'a header block that does not decode'
      isFirst = false
      if (!take(field.name, field.value)) return ''
    }
    return ''
  }

  #indexed(index: number): Field | null {
    if (index <= 0) return null
    return STATIC_FIELDS[index - 1] ?? this.#table.at(index - 1 - STATIC_FIELDS.length) ?? null
  }

  /** A name by its index or as text, and a value as text. */
  #literal(prefix: number): Field | null {
    const index = this.#integer(prefix)
    if (index < 0) return null
    const name = index === 0 ? this.#text() : (this.#indexed(index)?.name ?? null)
    if (name === null) return null
    const value = this.#text()
    return value === null ? null : { name, value }
  }

  /** −1 when it is cut off or too large. */
  #integer(prefix: number): number {
    const most = (1 << prefix) - 1
    let value = this.#bytes[this.#at++]! & most
    if (value < most) return value
    for (let shift = 0; this.#at < this.#to && shift <= 21; shift += 7) {
      const byte = this.#bytes[this.#at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value <= LARGEST_INTEGER ? value : -1
    }
    return -1
  }

  #text(): string | null {
    if (this.#at >= this.#to) return null
    const isHuffman = this.#bytes[this.#at]! >= 0x80
    const length = this.#integer(7)
    const from = this.#at
    const end = from + length
    if (length < 0 || end > this.#to) return null
    this.#at = end
    if (isHuffman) return decodeHuffman(this.#bytes, from, end)
    let text = ''
    for (let at = from; at < end; at++) text += String.fromCharCode(this.#bytes[at]!)
    return text
  }
}
