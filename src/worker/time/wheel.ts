/**
 * A hashed timing wheel (Varghese and Lauck, 1987): one for all waits, starts, arrivals and deadlines of a worker.
 * Timers are small integers, 20 bytes each; arming and disarming write a few array slots and allocate nothing.
 *
 * Slots are 1 ms wide, but every timer keeps its exact due time: it fires when that has passed, not when its slot ends,
 * and never before. A timer further away than the wheel is wide stays in its slot until its turn of the wheel.
 */
const SLOTS = 4096
const MASK = SLOTS - 1
const SLOT_US = 1000
const NONE = -1

export class Wheel {
  readonly #head = new Int32Array(SLOTS).fill(NONE)
  #next: Int32Array<ArrayBuffer>
  #prev: Int32Array<ArrayBuffer>
  /** The slot a timer is in; NONE when it is not armed. */
  #slot: Int32Array<ArrayBuffer>
  /** When it is due, in µs of run time. */
  #dueUs: Float64Array
  /** One bit for each slot that has timers. */
  readonly #occupied = new Uint32Array(SLOTS / 32)
  /** The number of the slot, counted from the start instant, that is being served: earlier ones are done with. */
  #cursor = 0
  #firing = new Int32Array(64)

  /** A wheel for the timers 0 … capacity − 1. */
  constructor(capacity: number) {
    this.#next = new Int32Array(capacity)
    this.#prev = new Int32Array(capacity)
    this.#slot = new Int32Array(capacity).fill(NONE)
    this.#dueUs = new Float64Array(capacity)
  }

  /** Makes room for the timers 0 … capacity − 1, where there are fewer. */
  grow(capacity: number): void {
    const had = this.#slot.length
    if (capacity <= had) return
    const length = Math.max(capacity, 2 * had)
    this.#next = grown(this.#next, length)
    this.#prev = grown(this.#prev, length)
    this.#slot = grown(this.#slot, length).fill(NONE, had)
    const dueUs = new Float64Array(length)
    dueUs.set(this.#dueUs)
    this.#dueUs = dueUs
  }

  /** Arms a timer, or arms it anew; what is due already fires with the next `advance`. */
  arm(id: number, dueUs: number): void {
    if (this.#slot[id] !== NONE) this.disarm(id)
    const slot = Math.max(Math.floor(dueUs / SLOT_US), this.#cursor) & MASK
    this.#dueUs[id] = dueUs
    this.#link(id, slot)
  }

  disarm(id: number): void {
    const slot = this.#slot[id]!
    if (slot === NONE) return
    if (slot !== FIRING) this.#unlink(id, slot)
    this.#slot[id] = NONE
  }

  isArmed(id: number): boolean {
    return this.#slot[id] !== NONE
  }

  /**
   * Fires everything that is due by now, slot by slot, within a slot in the order of due times. A timer that is
   * disarmed by one that fires with it does not fire; one that is armed by it fires with the next `advance`.
   */
  advance(nowUs: number, fire: (id: number) => void): void {
    const until = Math.max(this.#cursor, Math.floor(nowUs / SLOT_US))
    // After a gap of more than a turn, one turn visits every slot.
    const from = Math.max(this.#cursor, until - SLOTS + 1)
    let due = 0
    for (let at = from; at <= until; at++) {
      const slot = at & MASK
      if ((this.#occupied[slot >>> 5]! & (1 << (slot & 31))) !== 0) due = this.#collect(slot, nowUs, due)
    }
    this.#cursor = until
    if (due === 0) return
    // First everything due is taken out, then it fires: a callback may arm and disarm as it likes.
    const firing = this.#firing
    for (let i = 0; i < due; i++) {
      const id = firing[i]!
      if (this.#slot[id] !== FIRING) continue
      this.#slot[id] = NONE
      fire(id)
    }
  }

  /** When the earliest timer is due, in µs of run time, or the next slot with one of a later turn; Infinity for none. */
  nextUs(): number {
    const from = this.#cursor & MASK
    for (let i = 0; i <= SLOTS / 32; i++) {
      const word = ((from >>> 5) + i) % (SLOTS / 32)
      let bits = this.#occupied[word]!
      if (i === 0) bits &= -1 << (from & 31)
      else if (i === SLOTS / 32) bits &= ~(-1 << (from & 31))
      if (bits === 0) continue
      const slot = (word << 5) + (31 - Math.clz32(bits & -bits))
      return this.#earliest(slot, this.#cursor + ((slot - from) & MASK))
    }
    return Infinity
  }

  /** The earliest due time in a slot; its end when it holds only timers of later turns. */
  #earliest(slot: number, number: number): number {
    const endUs = (number + 1) * SLOT_US
    let earliest = endUs
    for (let id = this.#head[slot]!; id !== NONE; id = this.#next[id]!)
      if (this.#dueUs[id]! < earliest) earliest = this.#dueUs[id]!
    return earliest
  }

  /** Takes all that is due out of a slot and adds it, in the order of due times, to the `due` ones about to fire. */
  #collect(slot: number, nowUs: number, due: number): number {
    const first = due
    for (let id = this.#head[slot]!; id !== NONE;) {
      const next = this.#next[id]!
      if (this.#dueUs[id]! <= nowUs) {
        this.#unlink(id, slot)
        this.#slot[id] = FIRING
        if (due === this.#firing.length) this.#firing = grown(this.#firing, 2 * due)
        this.#firing[due++] = id
      }
      id = next
    }
    // The list begins with what was armed last. From its end on, it is almost in order: insertion is the sort for that.
    const firing = this.#firing.subarray(first, due).reverse()
    for (let i = 1; i < firing.length; i++) {
      const id = firing[i]!
      const dueUs = this.#dueUs[id]!
      let at = i
      for (; at > 0 && this.#dueUs[firing[at - 1]!]! > dueUs; at--) firing[at] = firing[at - 1]!
      firing[at] = id
    }
    return due
  }

  #link(id: number, slot: number): void {
    const head = this.#head[slot]!
    this.#slot[id] = slot
    this.#prev[id] = NONE
    this.#next[id] = head
    if (head === NONE) this.#occupied[slot >>> 5]! |= 1 << (slot & 31)
    else this.#prev[head] = id
    this.#head[slot] = id
  }

  #unlink(id: number, slot: number): void {
    const next = this.#next[id]!
    const prev = this.#prev[id]!
    if (prev !== NONE) this.#next[prev] = next
    else {
      this.#head[slot] = next
      if (next === NONE) this.#occupied[slot >>> 5]! &= ~(1 << (slot & 31))
    }
    if (next !== NONE) this.#prev[next] = prev
  }
}

/** In place of a slot: taken out and about to fire. */
const FIRING = -2

function grown(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length)
  larger.set(array)
  return larger
}
