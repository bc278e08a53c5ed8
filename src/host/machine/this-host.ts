/** The conducting host: its clock, its vitals, and what the report says of it. */
import { arch, cpus, platform } from 'node:os'
import type { Heap } from '../../core/measure/heap-watch.ts'
import type { HostReport } from '../../core/measure/host-facts.ts'
import { monotonicUs } from '../../protocol.ts'
import { findCores } from './cores.ts'
import { readHeap } from './heap.ts'
import { watchHost, type HostVitalSigns } from './host-vitals.ts'
import { readMachine } from './machine-facts.ts'
import { readMemory } from './memory.ts'

/** What a run needs of the host that conducts it. A simulated run has another one, whose time is virtual. */
export interface ConductingHost {
  /** The clock that the workforce shares, in µs. */
  readonly nowUs: () => number
  /** Wall time in ms since 1970; a label, nothing is computed from it. */
  readonly wallMs: () => number
  /** Calls back about every `ms` milliseconds, until the returned function is called. */
  readonly every: (periodMs: number, callback: () => void) => () => void
  /** Begins to watch the host's vitals. */
  readonly watch: () => HostVitalSigns
  /** The heap of the thread that conducts the run. */
  readonly heap: () => Heap
}

export const THIS_HOST: ConductingHost = {
  nowUs: monotonicUs,
  wallMs: () => Date.now(),
  every(periodMs, callback) {
    const timer = setInterval(callback, periodMs)
    return () => clearInterval(timer)
  },
  watch: () => watchHost(),
  heap: readHeap,
}

export function describeHost(): HostReport {
  const cores = findCores()
  return {
    node: process.version,
    platform: platform(),
    arch: arch(),
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cores.usable,
    cpuQuota: cores.quota,
    memoryBytes: readMemory('/').memoryTotalBytes,
    ...readMachine(),
  }
}
