/** What a worker can say of itself: utilization, on-core and run-queue time, garbage collection, heap. */
import { closeSync, openSync, readSync } from 'node:fs'
import { performance, PerformanceObserver } from 'node:perf_hooks'

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
  /** Total time in which the thread was ready and waited for a core, in µs; 0 where the platform does not tell. */
  readonly runQueueUs: () => number
  /** From now on its readings stay what they are. */
  close(): void
}

/** Reads this thread's vital signs. Where the platform has no schedstat, its values are null. */
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
        heapBytes: process.memoryUsage().heapUsed,
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
 * Linux tells for each thread its time on a core and its time ready but waiting for one, in ns, and how often it was
 * given a core. The file stays bound to the thread that opened it, and one read costs about 1 µs.
 */
function openSchedstat(): Schedstat {
  let fd: number
  try {
    fd = openSync('/proc/thread-self/schedstat', 'r')
  } catch {
    // Not Linux, or a kernel without it: not available.
    return NOT_AVAILABLE
  }
  const buffer = Buffer.alloc(96)
  let length = 0
  let isOpen = true
  // The loop's last turn ends after the run, and by then the number of a closed file may be that of another.
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
    // A kernel that does not count has the file too, and this thread has been on a core.
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
    // Read at every waking of the loop: no string is made of it.
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
