/** What the host says of itself each second: every core as `mpstat -P ALL` shows it, memory, throttling. */
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { CoreVitals, HostVitals } from '../../core/measure/worker-vitals.ts'
import { monotonicUs } from '../../protocol.ts'
import { throttlingFile } from './cores.ts'
import { openFiles } from './descriptors.ts'
import { readMemory } from './memory.ts'
import { openFileLimit } from './descriptors.ts'
import { pressureSince, readStalls } from './pressure.ts'
import { readText } from './proc.ts'
import { networkSince, portRange, readNetwork, readSockets } from './sockets.ts'

/** One core's running totals, in the kernel's ticks. */
interface CoreTicks {
  readonly core: number
  readonly total: number
  readonly idle: number
  readonly iowait: number | null
  readonly steal: number | null
}

export interface HostVitalSigns {
  /** The vitals of the span since the last call. */
  read(): HostVitals
}

/** Watches this host; `root` is the folder under which `proc` and `sys` are looked for. */
export function watchHost(root = '/', nowUs = monotonicUs): HostVitalSigns {
  const throttling = throttlingFile(root)
  const ports = portRange(root)
  const readTotals = () => ({
    atUs: nowUs(),
    cores: readCores(root),
    throttledMs: throttling === null ? null : readThrottledMs(throttling),
    stalls: readStalls(root),
    network: readNetwork(root),
  })
  let before = readTotals()
  return {
    read() {
      const after = readTotals()
      const open = openFiles(root)
      const vitals: HostVitals = {
        cores: after.cores === null || before.cores === null ? null : coreVitals(before.cores, after.cores),
        ...readMemory(root),
        throttledMs:
          after.throttledMs === null || before.throttledMs === null
            ? null
            : Math.max(0, after.throttledMs - before.throttledMs),
        pressure: pressureSince(before.stalls, after.stalls, after.atUs - before.atUs),
        sockets: readSockets(root, ports),
        descriptors: open === null ? null : { open, limit: openFileLimit(root) },
        network: networkSince(before.network, after.network),
      }
      before = after
      return vitals
    },
  }
}

/** The share of the span that each core was busy, waited for a disk, or was taken by the hypervisor. */
export function coreVitals(before: readonly CoreTicks[], after: readonly CoreTicks[]): CoreVitals[] {
  const vitals: CoreVitals[] = []
  for (const now of after) {
    const then = before.find(({ core }) => core === now.core)
    // A core that came online just now has no span yet.
    if (then === undefined) continue
    const total = now.total - then.total
    // Within one tick of the kernel nothing was counted, and nothing can be said.
    if (total <= 0) continue
    const share = (ticks: number): number =>
      Math.round((Math.min(total, Math.max(0, ticks)) / total) * 1000) / 1000
    const since = (to: number | null, from: number | null): number | null =>
      to === null || from === null ? null : share(to - from)
    const iowait = since(now.iowait, then.iowait)
    const steal = since(now.steal, then.steal)
    const busy = Math.max(0, 1 - share(now.idle - then.idle) - (iowait ?? 0) - (steal ?? 0))
    vitals.push({ core: now.core, busy: Math.round(busy * 1000) / 1000, iowait, steal })
  }
  return vitals
}

/** Reads `cpuN user nice system idle iowait irq softirq steal …`; guest time is within user time already. */
export function parseCores(stat: string): CoreTicks[] {
  const cores: CoreTicks[] = []
  for (const match of stat.matchAll(/^cpu(\d+) (.+)$/gm)) {
    const ticks = match[2]!.trim().split(/\s+/).slice(0, 8).map(Number)
    const [, , , idle = 0, iowait = 0, , , steal = 0] = ticks
    cores.push({ core: Number(match[1]), total: ticks.reduce((a, b) => a + b, 0), idle, iowait, steal })
  }
  return cores
}

function readCores(root: string): CoreTicks[] | null {
  const stat = readText(join(root, 'proc/stat'))
  if (stat !== null) return parseCores(stat)
  // Elsewhere the platform separates busy from idle, without iowait and steal.
  const ticks = cpus().map(({ times }, core) => {
    const total = times.user + times.nice + times.sys + times.idle + times.irq
    return { core, total, idle: times.idle, iowait: null, steal: null }
  })
  return ticks.length > 0 && ticks.some(({ total }) => total > 0) ? ticks : null
}

/** v2 counts `throttled_usec`, v1 `throttled_time` in ns. */
function readThrottledMs(file: string): number | null {
  const stat = readText(file) ?? ''
  const usec = /^throttled_usec (\d+)$/m.exec(stat)
  if (usec) return Number(usec[1]) / 1e3
  const nsec = /^throttled_time (\d+)$/m.exec(stat)
  return nsec ? Number(nsec[1]) / 1e6 : null
}
