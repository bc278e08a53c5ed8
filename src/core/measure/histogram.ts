/**
 * Latencies as HDR histograms: microseconds from 1 µs to 1 h at 3 significant digits, the same bounds everywhere, so
 * every merge is exact. The only importer of hdr-histogram-js, so that the library can be replaced in one file.
 *
 * The library owns the layout of the slots and their edges. Recording finds its slot by itself (the library takes
 * logarithms and powers for it, and that was the dearest thing in recording a request), sums are kept here (its mean
 * walks all slots, 5–8 ms), and merging and percentiles are loops over the used slots (the library's walk all 23,552).
 */
import { build, encodeIntoCompressedBase64, type Histogram as Encodable } from 'hdr-histogram-js'

const LOWEST_US = 1
const HIGHEST_US = 3_600_000_000
const DIGITS = 3

/** Fields of the library that its types do not publish: the slots, in the layout that HDR defines. */
interface Slots {
  readonly _counts: Uint32Array | Float64Array
  _totalCount: number
  valueFromIndex(index: number): number
  highestEquivalentValue(value: number): number
}

/** Slots of a width of 1 µs come first, as many as three digits need; from there on, half as many for each power of two. */
const SINGLE_SLOTS = 2048
/** The highest bit of a value in the single slots, as `clz32` counts. */
const SINGLE_ZEROS = Math.clz32(SINGLE_SLOTS - 1)

/** The slot of a whole number of µs up to 1 h, in the layout that HDR defines. */
function slotOf(us: number): number {
  if (us < SINGLE_SLOTS) return us
  const power = SINGLE_ZEROS - Math.clz32(us)
  return power * (SINGLE_SLOTS / 2) + (us >>> power)
}

/** A histogram as plain values: the slots from the first used one to the last, and the exact sum and extremes in µs. */
export interface PackedHistogram {
  readonly first: number
  readonly counts: Uint32Array | Float64Array
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

/** A mergeable histogram of durations. With `wide`, counts are 64-bit floats: for the totals of a run. */
export class Histogram {
  readonly #slots: Slots
  readonly #counts: Uint32Array | Float64Array
  #count = 0
  #sumUs = 0
  #minUs = Infinity
  #maxUs = 0
  #clamped = 0

  constructor({ wide = false } = {}) {
    this.#slots = build({
      bitBucketSize: wide ? 64 : 32,
      autoResize: false,
      lowestDiscernibleValue: LOWEST_US,
      highestTrackableValue: HIGHEST_US,
      numberOfSignificantValueDigits: DIGITS,
    }) as unknown as Slots
    this.#counts = this.#slots._counts
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
    this.#counts[slotOf(us)]!++
    this.#count++
    this.#sumUs += us
    if (us < this.#minUs) this.#minUs = us
    if (us > this.#maxUs) this.#maxUs = us
  }

  /**
   * The smallest recorded value (to 3 digits) that at least `q` of all values do not exceed; `null` without values.
   * Never above the maximum, though a value counts as the upper edge of its slot.
   */
  quantileUs(q: number): number | null {
    if (this.count === 0) return null
    if (q === 0) return this.#minUs
    // Products of floats may be slightly above the whole number that is meant.
    const rank = Math.max(1, Math.ceil(q * this.#count * (1 - Number.EPSILON)))
    const last = slotOf(this.#maxUs)
    let slot = slotOf(this.#minUs)
    for (let n = this.#counts[slot]!; n < rank && slot < last; n += this.#counts[slot]!) slot++
    return Math.min(Math.max(slotEdgeUs(slot), this.#minUs), this.#maxUs)
  }

  clear(): void {
    if (this.count === 0) return
    this.#counts.fill(0, slotOf(this.#minUs), slotOf(this.#maxUs) + 1)
    this.#count = this.#sumUs = 0
    this.#minUs = Infinity
    this.#maxUs = 0
    this.#clamped = 0
  }

  /** The used slots as a copy of their own, or `null` if nothing was recorded. */
  pack(): PackedHistogram | null {
    if (this.count === 0) return null
    const first = slotOf(this.#minUs)
    return {
      first,
      counts: this.#counts.slice(first, slotOf(this.#maxUs) + 1),
      count: this.count,
      sumUs: this.#sumUs,
      minUs: this.#minUs,
      maxUs: this.#maxUs,
      clamped: this.#clamped,
    }
  }

  /** Adds what another histogram of the same digits recorded; exact. */
  add(packed: PackedHistogram | null): this {
    if (packed === null) return this
    const into = this.#counts
    const { first, counts } = packed
    for (let i = 0; i < counts.length; i++) into[first + i]! += counts[i]!
    this.#count += packed.count
    this.#sumUs += packed.sumUs
    if (packed.minUs < this.#minUs) this.#minUs = packed.minUs
    if (packed.maxUs > this.#maxUs) this.#maxUs = packed.maxUs
    this.#clamped += packed.clamped
    return this
  }

  /** In the V2 encoding that all tools of HdrHistogram read, compressed and in base64; values are µs. */
  encode(): string {
    // What the library would have kept while recording; it encodes up to the maximum.
    const slots = Object.assign(this.#slots, { maxValue: this.#maxUs, _totalCount: this.#count })
    return encodeIntoCompressedBase64(slots as unknown as Encodable)
  }

  /** The recorded values at two significant digits, small enough to keep one for every second of a run. */
  sparse(): SparseHistogram {
    const upToUs: number[] = []
    const counts: number[] = []
    if (this.count > 0) {
      const to = slotOf(this.#maxUs)
      for (let i = slotOf(this.#minUs); i <= to; i++) {
        const n = this.#counts[i]!
        if (n === 0) continue
        const edgeUs = COARSE.highestEquivalentValue(this.#slots.valueFromIndex(i))
        if (upToUs.at(-1) === edgeUs) counts[counts.length - 1]! += n
        else {
          upToUs.push(edgeUs)
          counts.push(n)
        }
      }
    }
    return { upToUs, counts }
  }
}

/** The upper edge of a slot in µs. Every value in the slot counts as this one, so none is reported smaller than it was. */
export const slotEdgeUs = (slot: number): number => FINE.highestEquivalentValue(FINE.valueFromIndex(slot))

/**
 * Subtracts a part from a histogram. Counts and sum are exact; an extreme that belonged to the part gives
 * way to the edge of a slot.
 */
export function subtract(
  whole: PackedHistogram | null,
  part: PackedHistogram | null,
): PackedHistogram | null {
  if (whole === null || part === null) return whole
  const counts = whole.counts.slice()
  for (let i = 0; i < part.counts.length; i++) counts[part.first - whole.first + i]! -= part.counts[i]!
  const from = counts.findIndex((n) => n > 0)
  if (from < 0) return null
  const to = counts.findLastIndex((n) => n > 0)
  const first = whole.first + from
  return {
    first,
    counts: counts.slice(from, to + 1),
    count: whole.count - part.count,
    sumUs: whole.sumUs - part.sumUs,
    minUs: Math.max(whole.minUs, first === 0 ? 0 : slotEdgeUs(first - 1) + 1),
    maxUs: Math.min(whole.maxUs, slotEdgeUs(whole.first + to)),
    clamped: whole.clamped - part.clamped,
  }
}

/** Never recorded into: they only know where the slots of two and of three digits end. */
const [COARSE, FINE] = ([2, DIGITS] as const).map(
  (digits) =>
    build({
      autoResize: false,
      lowestDiscernibleValue: LOWEST_US,
      highestTrackableValue: HIGHEST_US,
      numberOfSignificantValueDigits: digits,
    }) as unknown as Slots,
) as [Slots, Slots]
