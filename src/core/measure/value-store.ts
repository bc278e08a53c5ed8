/**
 * Plain values, as JSON has them, as bytes: about a tenth of what they take as objects. Keys of objects and texts are
 * kept once, so they must be few.
 */

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain }

/** What a value begins with. Bytes from `SMALL` on are the numbers from 0 on. */
const NULL = 0
const TRUE = 1
const FALSE = 2
const DOUBLE = 3
const LIST = 4
const OBJECT = 5
const TEXT = 6
const WHOLE = 7
/** A number with up to three decimals, as most figures are, in thousandths. */
const THOUSANDTHS = 8
/** A list of ascending whole numbers, by their differences. */
const RISING = 9
const SMALL = 16
const MOST_SMALL = 255 - SMALL
/** Numbers beyond this are kept as doubles. */
const MOST_WHOLE = 2 ** 48

const CHUNK_BYTES = 1 << 20

export class ValueStore {
  readonly #chunks: Uint8Array[] = []
  /** Where the next value begins, in the last chunk. */
  #end = CHUNK_BYTES
  /** The value that is being written. */
  #bytes = new Uint8Array(4096)
  #at = 0
  readonly #numbers = new Float64Array(1)
  readonly #numberBytes = new Uint8Array(this.#numbers.buffer)
  readonly #keys: (readonly string[])[] = []
  readonly #keyIds = new Map<string, number>()
  readonly #texts: string[] = []
  readonly #textIds = new Map<string, number>()

  /** Keeps values; returns what `read` finds them by. */
  write(values: readonly Plain[]): number {
    this.#at = 0
    for (const value of values) {
      // Its length comes first, so that a reader can pass over it.
      const start = this.#at
      this.#at += 4
      this.#value(value)
      const length = this.#at - start - 4
      for (let i = 0; i < 4; i++) this.#bytes[start + i] = (length >>> (8 * i)) & 0xff
    }
    if (this.#end + this.#at > (this.#chunks.at(-1)?.length ?? 0)) {
      this.#chunks.push(new Uint8Array(Math.max(CHUNK_BYTES, this.#at)))
      this.#end = 0
    }
    const place = (this.#chunks.length - 1) * CHUNK_BYTES + this.#end
    this.#chunks.at(-1)!.set(this.#bytes.subarray(0, this.#at), this.#end)
    this.#end += this.#at
    return place
  }

  /** Reads the value with this index of those that were written together. */
  read(place: number, index: number): Plain {
    const bytes = this.#chunks[Math.floor(place / CHUNK_BYTES)]!
    let at = place % CHUNK_BYTES
    const lengthAt = (from: number): number =>
      bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24)
    for (let i = 0; i < index; i++) at += 4 + lengthAt(at)
    return new Reading(bytes, at + 4, this.#keys, this.#texts).value()
  }

  #value(value: Plain): void {
    if (value === null) this.#byte(NULL)
    else if (value === true) this.#byte(TRUE)
    else if (value === false) this.#byte(FALSE)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'string') {
      this.#byte(TEXT)
      this.#whole(idOf(value, value, this.#textIds, this.#texts))
    } else if (Array.isArray(value)) this.#list(value as readonly Plain[])
    else this.#object(value as Readonly<Record<string, Plain>>)
  }

  #list(list: readonly Plain[]): void {
    let last = 0
    const isRising = list.every((one) => {
      const rises = typeof one === 'number' && one >= last && one <= MOST_WHOLE && Number.isInteger(one)
      if (rises) last = one
      return rises
    })
    this.#byte(isRising ? RISING : LIST)
    this.#whole(list.length)
    last = 0
    for (const one of list) {
      if (!isRising) this.#value(one)
      else {
        this.#whole((one as number) - last)
        last = one as number
      }
    }
  }

  #object(object: Readonly<Record<string, Plain>>): void {
    const keys = Object.keys(object).filter((key) => object[key] !== undefined)
    this.#byte(OBJECT)
    this.#whole(idOf(JSON.stringify(keys), keys, this.#keyIds, this.#keys))
    for (const key of keys) this.#value(object[key]!)
  }

  #number(number: number): void {
    const thousandths = number * 1000
    if (Number.isInteger(number) && number >= 0 && number <= MOST_WHOLE && !Object.is(number, -0)) {
      if (number <= MOST_SMALL) this.#byte(SMALL + number)
      else {
        this.#byte(WHOLE)
        this.#whole(number)
      }
    } else if (number > 0 && thousandths <= MOST_WHOLE && Math.round(thousandths) / 1000 === number) {
      this.#byte(THOUSANDTHS)
      this.#whole(Math.round(thousandths))
    } else {
      this.#byte(DOUBLE)
      this.#numbers[0] = number
      for (const byte of this.#numberBytes) this.#byte(byte)
    }
  }

  /** Seven bits a byte, the lowest first. */
  #whole(number: number): void {
    let left = number
    for (; left >= 128; left = Math.floor(left / 128)) this.#byte((left % 128) | 128)
    this.#byte(left)
  }

  #byte(byte: number): void {
    if (this.#at === this.#bytes.length) {
      const more = new Uint8Array(2 * this.#at)
      more.set(this.#bytes)
      this.#bytes = more
    }
    this.#bytes[this.#at++] = byte
  }
}

function idOf<T>(key: string, item: T, ids: Map<string, number>, items: T[]): number {
  let id = ids.get(key)
  if (id === undefined) {
    ids.set(key, (id = items.length))
    items.push(item)
  }
  return id
}

/** One value that is being read. */
class Reading {
  readonly #bytes: Uint8Array
  #at: number
  readonly #keys: readonly (readonly string[])[]
  readonly #texts: readonly string[]

  constructor(bytes: Uint8Array, at: number, keys: readonly (readonly string[])[], texts: readonly string[]) {
    this.#bytes = bytes
    this.#at = at
    this.#keys = keys
    this.#texts = texts
  }

  value(): Plain {
    const kind = this.#bytes[this.#at++]!
    if (kind >= SMALL) return kind - SMALL
    switch (kind) {
      case NULL:
        return null
      case TRUE:
      case FALSE:
        return kind === TRUE
      case WHOLE:
        return this.#whole()
      case THOUSANDTHS:
        return this.#whole() / 1000
      case TEXT:
        return this.#texts[this.#whole()]!
      case OBJECT: {
        // A name can be `__proto__`, which an assignment would lose.
        return Object.fromEntries(this.#keys[this.#whole()]!.map((key) => [key, this.value()]))
      }
      case DOUBLE: {
        const bytes = this.#bytes.slice(this.#at, (this.#at += 8))
        return new Float64Array(bytes.buffer)[0]!
      }
    }
    const list: Plain[] = []
    let last = 0
    for (let left = this.#whole(); left > 0; left--)
      list.push(kind === RISING ? (last += this.#whole()) : this.value())
    return list
  }

  #whole(): number {
    let number = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#at++]!
      number += (byte & 127) * scale
      if (byte < 128) return number
    }
  }
}
