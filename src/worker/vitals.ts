/** What a worker can say of itself: utilization, on-core and run-queue time, garbage collection, heap. */
import { closeSync, openSync, readSync } from 'node:fs'
import { performance, PerformanceObserver } from 'node:perf_hooks'

/** Running totals since the thread began; the difference of two readings describes the span between them. */
export interface Readings {
  readonly idleMs: number
  readonly activeMs: number
  readonly gcMs: number
  readonly onCoreMs: number | null
  readonly runQueueMs: number | null
  readonly slices: number | null
  readonly heapBytes: number
}

export interface VitalSigns {
  read(): Readings
  close(): void
}

/** Reads this thread's vital signs. Where the platform has no schedstat, its values are null. */
export function vitalSigns(): VitalSigns {
  let gcMs = 0
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) gcMs += entry.duration
  })
  observer.observe({ entryTypes: ['gc'] })
  const schedstat = openSchedstat()
  return {
    read() {
      const { idle, active } = performance.eventLoopUtilization()
      const sched = schedstat.read()
      return {
        idleMs: idle,
        activeMs: active,
        gcMs,
        onCoreMs: sched?.[0] ?? null,
        runQueueMs: sched?.[1] ?? null,
        slices: sched?.[2] ?? null,
        heapBytes: process.memoryUsage().heapUsed,
      }
    },
    close() {
      observer.disconnect()
      schedstat.close()
    },
  }
}

/**
 * Linux tells for each thread its time on a core and its time ready but waiting for one, in ns. The file stays bound
 * to the thread that opened it, and one read costs 1.6 µs.
 */
function openSchedstat(): { read(): [number, number, number] | null; close(): void } {
  let fd: number
  try {
    fd = openSync('/proc/thread-self/schedstat', 'r')
  } catch {
    // Not Linux, or a kernel without it: not available.
    return { read: () => null, close: () => undefined }
  }
  const buffer = Buffer.alloc(96)
  return {
    read() {
      const length = readSync(fd, buffer, 0, buffer.length, 0)
      const [onCore, waited, slices] = buffer.toString('latin1', 0, length).trim().split(' ').map(Number)
      if (onCore === undefined || waited === undefined || slices === undefined) return null
      return [onCore / 1e6, waited / 1e6, slices]
    },
    close: () => closeSync(fd),
  }
}
