/**
 * Latencies as HDR histograms: microseconds from 1 µs to 1 h at 3 significant digits, the same bounds everywhere, so
 * every merge is exact.
 *
 * The slots are those that HDR defines. Of its 23,552 slots a histogram keeps the range that it uses, and before anything
 * is recorded in it only those that were added, because a run of many request names has thousands of histograms.
 */
export const LOWEST_US = 1
export const HIGHEST_US = 3_600_000_000
export const DIGITS = 3

/** Slots of a width of 1 µs come first, as many as three digits need; from there on, half as many for each power of two. */
const SINGLE_SLOTS = 2048
const SLOTS_PER_POWER = SINGLE_SLOTS / 2
/** The highest bit of a value in the single slots, as `clz32` counts. */
const SINGLE_ZEROS = Math.clz32(SINGLE_SLOTS - 1)
/** The same for two digits: `clz32` of the highest value that has a slot of its own. */
const COARSE_ZEROS = Math.clz32(255)

/** The slot of a whole number of µs up to 1 h, in the layout that HDR defines. */
export function slotOf(us: number): number {
  if (us < SINGLE_SLOTS) return us
  const power = SINGLE_ZEROS - Math.clz32(us)
  return power * SLOTS_PER_POWER + (us >>> power)
}
/** The last slot, which has the longest durations. */
export const COARSEST_SLOT = slotOf(HIGHEST_US)
const SLOTS = COARSEST_SLOT + 1

/** The lowest value of a slot in µs. */
function slotStartUs(slot: number): number {
  if (slot < SINGLE_SLOTS) return slot
  const power = Math.floor(slot / SLOTS_PER_POWER) - 1
  return (slot - power * SLOTS_PER_POWER) * 2 ** power
}

/** The upper edge of a slot in µs. Every value in the slot counts as this one, so none is reported smaller than it was. */
export const slotEdgeUs = (slot: number): number => slotStartUs(slot + 1) - 1

/** The upper edge in µs of the slot of two digits that a value is in. */
function coarseEdgeUs(us: number): number {
  const width = 2 ** Math.max(0, COARSE_ZEROS - Math.clz32(us))
  return (Math.floor(us / width) + 1) * width - 1
}

type Counts = Uint32Array | Float64Array

/** A histogram as plain values: its used slots, and the exact sum and extremes in µs. */
export interface PackedHistogram {
  /** Pairs of a slot and its count, in the order of the slots. */
  readonly used: Counts
  readonly count: number
  readonly sumUs: number
  readonly minUs: number
  readonly maxUs: number
  /** Number of values above 1 h, which are kept as 1 h. */
  readonly clamped: number
}

/** A histogram of two significant digits as parallel lists: upper edge of each used slot in µs, and its count. */
export interface SparseHistogram {
  readonly upToUs: readonly number[]
  readonly counts: readonly number[]
}

/** By how many slots the range of a histogram grows at least. */
const ROOM = 256
/** Up to this length, what is added is merged as a list of used slots. */
const MOST_LISTED = 256

/** A mergeable histogram of durations. With `wide`, counts are 64-bit floats: for the totals of a run. */
export class Histogram {
  readonly #wide: boolean
  /** What was added, as long as it is short and nothing was recorded; the counts are empty then. */
  #listed: Counts | null = null
  /** Counts of the slots from `#first` on. */
  #counts: Counts
  #first = 0
  #count = 0
  #sumUs = 0
  #minUs = Infinity
  #maxUs = 0
  #clamped = 0

  constructor({ wide = false } = {}) {
    this.#wide = wide
    this.#counts = this.#zeros(0)
  }

  get count(): number {
    return this.#count
  }
  get sumUs(): number {
    return this.#sumUs
  }
  get minUs(): number | null {
    return this.count === 0 ? null : this.#minUs
  }
  get maxUs(): number | null {
    return this.count === 0 ? null : this.#maxUs
  }
  get meanUs(): number | null {
    return this.count === 0 ? null : this.#sumUs / this.count
  }
  get clamped(): number {
    return this.#clamped
  }

  /** Records one duration, rounded to whole µs. Throws a RangeError for NaN and negatives; above 1 h it is clamped and counted. */
  record(durationUs: number): void {
    if (!(durationUs >= 0))
      throw new RangeError(`a duration must be a number of at least 0, got ${durationUs}`)
    let us = Math.round(durationUs)
    if (us > HIGHEST_US) {
      us = HIGHEST_US
      this.#clamped++
    }
    const slot = slotOf(us)
    let at = slot - this.#first
    if (at < 0 || at >= this.#counts.length) {
      this.#spread()
      this.#reach(slot, slot)
      at = slot - this.#first
    }
    this.#counts[at]!++
    this.#count++
    this.#sumUs += us
    if (us < this.#minUs) this.#minUs = us
    if (us > this.#maxUs) this.#maxUs = us
  }

  /**
   * The smallest recorded value (to 3 digits) that at least `q` of all values do not exceed; `null` without values.
   * Never above the maximum, although it is the upper edge of a slot.
   */
  quantileUs(q: number): number | null {
    return this.quantilesUs([q])?.[0] ?? null
  }

  /** The same for several quantiles in ascending order, in one pass. */
  quantilesUs(quantiles: readonly number[]): number[] | null {
    if (this.count === 0) return null
    const listed = this.#listed
    const values: number[] = []
    let at = listed === null ? slotOf(this.#minUs) - this.#first : 0
    let upTo = listed === null ? this.#counts[at]! : listed[1]!
    for (const q of quantiles) {
      const rank = this.#rankOf(q)
      if (listed === null) while (upTo < rank) upTo += this.#counts[++at]!
      else while (upTo < rank) upTo += listed[(at += 2) + 1]!
      const slot = q === 0 ? 0 : listed === null ? this.#first + at : listed[at]!
      values.push(Math.min(Math.max(slotEdgeUs(slot), this.#minUs), this.#maxUs))
    }
    return values
  }

  /** The number of values whose slot lies above that of this duration. */
  countAbove(durationUs: number): number {
    const used = this.count === 0 ? [] : (this.#listed ?? this.#list())
    const slot = slotOf(Math.min(durationUs, HIGHEST_US))
    let above = 0
    for (let i = 0; i < used.length; i += 2) if (used[i]! > slot) above += used[i + 1]!
    return above
  }

  clear(): void {
    if (this.count === 0) return
    if (this.#listed === null)
      this.#counts.fill(0, slotOf(this.#minUs) - this.#first, slotOf(this.#maxUs) + 1 - this.#first)
    this.#listed = null
    this.#count = this.#sumUs = 0
    this.#minUs = Infinity
    this.#maxUs = 0
    this.#clamped = 0
  }

  /** The used slots as a copy, or `null` if nothing was recorded. */
  pack(): PackedHistogram | null {
    if (this.count === 0) return null
    return {
      used: this.#listed ?? this.#list(),
      count: this.count,
      sumUs: this.#sumUs,
      minUs: this.#minUs,
      maxUs: this.#maxUs,
      clamped: this.#clamped,
    }
  }

  /** Adds what another histogram recorded; exact. */
  add(packed: PackedHistogram | null): this {
    if (packed === null) return this
    const { used } = packed
    if (this.#counts.length > 0 || this.#wide) this.#addSlots(used)
    else if (this.#listed === null) this.#listed = used
    else if (this.#listed.length + used.length > MOST_LISTED) {
      this.#spread()
      this.#addSlots(used)
    } else this.#listed = joinSlots(this.#listed, used)
    this.#count += packed.count
    this.#sumUs += packed.sumUs
    if (packed.minUs < this.#minUs) this.#minUs = packed.minUs
    if (packed.maxUs > this.#maxUs) this.#maxUs = packed.maxUs
    this.#clamped += packed.clamped
    return this
  }

  /** The counts of the slots from the first one on, for those who encode them; not a copy. */
  get slots(): { readonly first: number; readonly counts: Counts } {
    this.#spread()
    return { first: this.#first, counts: this.#counts }
  }

  /** The recorded values at two significant digits, small enough to keep one for every second of a run. */
  sparse(): SparseHistogram {
    const upToUs: number[] = []
    const counts: number[] = []
    const used = this.count === 0 ? [] : (this.#listed ?? this.#list())
    for (let i = 0; i < used.length; i += 2) {
      const edgeUs = coarseEdgeUs(slotStartUs(used[i]!))
      if (upToUs.at(-1) === edgeUs) counts[counts.length - 1]! += used[i + 1]!
      else {
        upToUs.push(edgeUs)
        counts.push(used[i + 1]!)
      }
    }
    return { upToUs, counts }
  }

  /** The rank of a quantile. The product may be an ulp above the whole number that it stands for. */
  #rankOf(q: number): number {
    const rank = Math.min(q, 1) * this.count
    return Math.max(1, Math.ceil(rank - rank * 2 * Number.EPSILON))
  }

  /** The used slots and their counts as a list. */
  #list(): Counts {
    const counts = this.#counts
    const from = slotOf(this.#minUs) - this.#first
    const to = slotOf(this.#maxUs) - this.#first
    let slots = 0
    for (let i = from; i <= to; i++) if (counts[i] !== 0) slots++
    const used = this.#zeros(2 * slots)
    for (let i = from, at = 0; i <= to; i++)
      if (counts[i] !== 0) {
        used[at++] = this.#first + i
        used[at++] = counts[i]!
      }
    return used
  }

  /** Counts what was listed in the slots themselves. */
  #spread(): void {
    const listed = this.#listed
    this.#listed = null
    if (listed !== null) this.#addSlots(listed)
  }

  #addSlots(used: Counts): void {
    this.#reach(used[0]!, used[used.length - 2]!)
    const into = this.#counts
    const first = this.#first
    for (let i = 0; i < used.length; i += 2) into[used[i]! - first]! += used[i + 1]!
  }

  #zeros(length: number): Counts {
    return this.#wide ? new Float64Array(length) : new Uint32Array(length)
  }

  /** Extends the range so that it contains these slots, and half as many again to the side that was short. */
  #reach(from: number, to: number): void {
    const { length } = this.#counts
    const end = this.#first + length
    if (length > 0 && from >= this.#first && to < end) return
    const spare = Math.max(ROOM, length >> 1)
    const isEmpty = length === 0
    const first = isEmpty || from < this.#first ? Math.max(0, from - (isEmpty ? 0 : spare)) : this.#first
    const last = isEmpty || to >= end ? Math.min(SLOTS, to + 1 + spare) : end
    const counts = this.#zeros(last - first)
    if (!isEmpty) counts.set(this.#counts, this.#first - first)
    this.#counts = counts
    this.#first = first
  }
}

/** Two lists of used slots as one. */
function joinSlots(a: Counts, b: Counts): Counts {
  const joined = new Uint32Array(a.length + b.length)
  let length = 0
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const fromA = j >= b.length || (i < a.length && a[i]! <= b[j]!)
    const fromB = i >= a.length || (j < b.length && b[j]! <= a[i]!)
    joined[length++] = fromA ? a[i]! : b[j]!
    joined[length++] = (fromA ? a[i + 1]! : 0) + (fromB ? b[j + 1]! : 0)
    if (fromA) i += 2
    if (fromB) j += 2
  }
  return joined.slice(0, length)
}

/**
 * Subtracts a part from a histogram. Counts and sum are exact; an extreme that belonged to the part gives
 * way to the edge of a slot.
 */
export function subtract(
  whole: PackedHistogram | null,
  part: PackedHistogram | null,
): PackedHistogram | null {
  if (whole === null || part === null) return whole
  const left: number[] = []
  for (let i = 0, at = 0; i < whole.used.length; i += 2) {
    const slot = whole.used[i]!
    let n = whole.used[i + 1]!
    if (part.used[at] === slot) {
      n -= part.used[at + 1]!
      at += 2
    }
    if (n > 0) left.push(slot, n)
  }
  if (left.length === 0) return null
  return {
    used: Float64Array.from(left),
    count: whole.count - part.count,
    sumUs: whole.sumUs - part.sumUs,
    minUs: Math.max(whole.minUs, slotStartUs(left[0]!)),
    maxUs: Math.min(whole.maxUs, slotEdgeUs(left.at(-2)!)),
    clamped: whole.clamped - part.clamped,
  }
}
