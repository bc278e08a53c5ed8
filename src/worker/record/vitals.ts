/**
 * Vital signs of a worker thread: utilization, on-core and run-queue time, garbage collection, heap. One file of the
 * kernel is opened when the thread starts, where there is one; reading opens none, as a load may have taken every
 * descriptor by then (`process.memoryUsage()` opens one).
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { performance, PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { oldSpaceLimit } from '../../core/measure/heap-watch.ts'

/** Running totals since the thread began; the difference of two readings describes the span between them. */
export interface Readings {
  readonly idleMs: number
  readonly activeMs: number
  readonly gcMs: number
  /** The longest single collection since the last reading. */
  readonly gcMaxMs: number
  readonly onCoreMs: number | null
  readonly runQueueMs: number | null
  readonly slices: number | null
  readonly heapBytes: number
}

export interface VitalSigns {
  read(): Readings
  /** The limit of this thread's heap. */
  readonly heapLimitBytes: number
  /** Total time in which the thread was ready and waited for a core, in µs; 0 if the platform does not report it. */
  readonly runQueueUs: () => number
  /** Freezes the readings. */
  close(): void
}

/** Reads this thread's vital signs. Values of schedstat are `null` if the platform has none. */
export function vitalSigns(): VitalSigns {
  let gcMs = 0
  let gcMaxMs = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      gcMs += duration
      gcMaxMs = Math.max(gcMaxMs, duration)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  const schedstat = openSchedstat()
  return {
    heapLimitBytes: oldSpaceLimit(getHeapStatistics().heap_size_limit),
    read() {
      const { idle, active } = performance.eventLoopUtilization()
      const sched = schedstat.read()
      const longestMs = gcMaxMs
      gcMaxMs = 0
      return {
        idleMs: idle,
        activeMs: active,
        gcMs,
        gcMaxMs: longestMs,
        onCoreMs: sched?.onCoreMs ?? null,
        runQueueMs: sched?.runQueueMs ?? null,
        slices: sched?.slices ?? null,
        heapBytes: getHeapStatistics().used_heap_size,
      }
    },
    runQueueUs: schedstat.runQueueUs,
    close() {
      observer.disconnect()
      schedstat.close()
    },
  }
}

interface Schedstat {
  read(): { readonly onCoreMs: number; readonly runQueueMs: number; readonly slices: number } | null
  readonly runQueueUs: () => number
  close(): void
}

const NOT_AVAILABLE: Schedstat = { read: () => null, runQueueUs: () => 0, close: () => undefined }
const NOT_ZERO = /[1-9]/
const SPACE = 32
const DIGIT_0 = 48

/**
 * Opens Linux's counters of this thread: time on a core and time ready but waiting for one, in ns, and how often it was
 * given a core. The file stays bound to the thread that opened it, and one read costs about 1 µs.
 */
function openSchedstat(): Schedstat {
  let fd: number
  try {
    fd = openSync('/proc/thread-self/schedstat', 'r')
  } catch {
    // Not Linux, a kernel without it, or no descriptor left: not available.
    return NOT_AVAILABLE
  }
  const buffer = Buffer.alloc(96)
  let length = 0
  let isOpen = true
  // The loop's last turn ends after the run, and by then another file may have the number of the closed one.
  const look = (): void => {
    if (isOpen) length = readSync(fd, buffer, 0, buffer.length, 0)
  }
  const close = (): void => {
    look()
    isOpen = false
    closeSync(fd)
  }
  look()
  if (!NOT_ZERO.test(buffer.toString('latin1', 0, length))) {
    // A kernel that does not count has the file too, with zeros; this thread has been on a core.
    close()
    return NOT_AVAILABLE
  }
  return {
    read() {
      look()
      const [onCore, waited, slices] = buffer.toString('latin1', 0, length).trim().split(' ').map(Number)
      if (onCore === undefined || waited === undefined || slices === undefined) return null
      return { onCoreMs: onCore / 1e6, runQueueMs: waited / 1e6, slices }
    },
    // Read whenever the loop wakes, so no string is made of it.
    runQueueUs() {
      look()
      let ns = 0
      for (let i = buffer.indexOf(SPACE) + 1; i < length && buffer[i] !== SPACE; i++)
        ns = ns * 10 + (buffer[i]! - DIGIT_0)
      return ns / 1000
    },
    close,
  }
}
