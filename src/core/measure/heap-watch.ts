/** Watches a thread's heap, so that a run ends with a report before the limit ends the thread without one. */

export interface Heap {
  readonly usedBytes: number
  readonly limitBytes: number
}

/** The share of the limit at which the load ends; the rest is for making and writing the report. */
const MOST_SHARE = 0.75

/** What V8 adds to `--max-old-space-size` for young objects in its limit of a heap. */
const YOUNG_BYTES = 48 * 1024 ** 2

/** The limit of the old space, where what is kept ends up, of V8's limit of the whole heap. */
export const oldSpaceLimit = (heapSizeLimit: number): number =>
  Math.max(heapSizeLimit - YOUNG_BYTES, heapSizeLimit / 2)

export class HeapWatch {
  readonly #readings: number
  #high = 0

  /** So many readings in a row must be above the share: garbage that is not collected yet makes single ones high. */
  constructor(readings: number) {
    this.#readings = readings
  }

  /** Returns whether the heap has been near its limit for long enough. */
  isNear({ usedBytes, limitBytes }: Heap): boolean {
    this.#high = usedBytes > MOST_SHARE * limitBytes ? this.#high + 1 : 0
    return this.#high >= this.#readings
  }
}
