/**
 * Durations in the buckets that monitoring systems keep, counted up over a run: the exponential ones of OpenTelemetry
 * and the classic ones of Prometheus. Both are filled from HDR slots. A slot counts at its upper edge (the largest one at
 * the exact maximum), as percentiles do, so a duration is reported at most 0.1 % longer than it was and never shorter.
 */
import { slotEdgeUs, type PackedHistogram } from '../measure/histogram.ts'

/**
 * Exponential bucket *i* holds what is above 2^(i / 2^scale) seconds and at most 2^((i + 1) / 2^scale). At this scale
 * a bucket is 0.27 % wide, nearly three HDR slots: no accuracy is claimed that was not measured. It is also the finest
 * that Prometheus keeps.
 */
const FINEST_SCALE = 8
/** The limit of the OpenTelemetry SDKs; a wider range of durations takes wider buckets. */
const MOST_BUCKETS = 160

/** The upper bounds in seconds that the semantic conventions recommend for `http.client.request.duration`. */
export const BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const

export interface ExponentialBuckets {
  readonly scale: number
  /** Durations of 0 µs. */
  readonly zeroCount: number
  /** The index of the first bucket. */
  readonly offset: number
  readonly counts: readonly number[]
}

export class Buckets {
  #count = 0
  #sumUs = 0
  #minUs = Infinity
  #maxUs = 0
  #zeroCount = 0
  /** Counts at the finest scale, by index; only what was used. */
  readonly #exponential = new Map<number, number>()
  /** Counts of each bound alone, and of what is above the last one. */
  readonly #classic = new Float64Array(BOUNDS_S.length + 1)

  get count(): number {
    return this.#count
  }
  get sumUs(): number {
    return this.#sumUs
  }
  /** `null` without durations. */
  get minUs(): number | null {
    return this.#count === 0 ? null : this.#minUs
  }
  get maxUs(): number | null {
    return this.#count === 0 ? null : this.#maxUs
  }

  add(packed: PackedHistogram | null): void {
    if (packed === null) return
    this.#count += packed.count
    this.#sumUs += packed.sumUs
    this.#minUs = Math.min(this.#minUs, packed.minUs)
    this.#maxUs = Math.max(this.#maxUs, packed.maxUs)
    for (let i = 0; i < packed.used.length; i += 2) {
      const us = Math.min(slotEdgeUs(packed.used[i]!), packed.maxUs)
      const n = packed.used[i + 1]!
      const bound = BOUNDS_S.findIndex((boundS) => us <= boundS * 1e6)
      this.#classic[bound < 0 ? BOUNDS_S.length : bound]! += n
      if (us === 0) this.#zeroCount += n
      else {
        const index = indexOf(us)
        this.#exponential.set(index, (this.#exponential.get(index) ?? 0) + n)
      }
    }
  }

  /** At the finest scale at which they are few enough; it never becomes finer again as durations come. */
  exponential(): ExponentialBuckets {
    if (this.#exponential.size === 0)
      return { scale: FINEST_SCALE, zeroCount: this.#zeroCount, offset: 0, counts: [] }
    let first = Infinity
    let last = -Infinity
    for (const index of this.#exponential.keys()) {
      first = Math.min(first, index)
      last = Math.max(last, index)
    }
    let shift = 0
    while ((last >> shift) - (first >> shift) >= MOST_BUCKETS) shift++
    const offset = first >> shift
    const counts = new Array<number>((last >> shift) - offset + 1).fill(0)
    for (const [index, n] of this.#exponential) counts[(index >> shift) - offset]! += n
    return { scale: FINEST_SCALE - shift, zeroCount: this.#zeroCount, offset, counts }
  }

  /** Number of durations within each bound, smaller ones included; the last one is for all. */
  classic(): { readonly boundS: number; readonly count: number }[] {
    let count = 0
    return [...BOUNDS_S, Infinity].map((boundS, i) => ({ boundS, count: (count += this.#classic[i]!) }))
  }
}

const indexOf = (us: number): number => Math.ceil(Math.log2(us / 1e6) * 2 ** FINEST_SCALE) - 1
