/** Watches the heap of this thread, so that a run ends with a report before the heap's limit ends the process without one. */
import { getHeapStatistics } from 'node:v8'

export interface Heap {
  readonly usedBytes: number
  readonly limitBytes: number
}

/** Readings that must all be above the share: garbage that is not collected yet makes single ones high. */
const READINGS = 30
/** The share of the limit at which the load ends; the rest is for making and writing the report. */
const MOST_SHARE = 0.75

export class HeapWatch {
  readonly #read: () => Heap
  #high = 0

  constructor(read: () => Heap = readHeap) {
    this.#read = read
  }

  /** Reads the heap; returns it if it has been near its limit for `READINGS` readings, otherwise `null`. */
  look(): Heap | null {
    const heap = this.#read()
    this.#high = heap.usedBytes > MOST_SHARE * heap.limitBytes ? this.#high + 1 : 0
    return this.#high >= READINGS ? heap : null
  }
}

export function readHeap(): Heap {
  const { used_heap_size: usedBytes, heap_size_limit: limitBytes } = getHeapStatistics()
  return { usedBytes, limitBytes }
}
