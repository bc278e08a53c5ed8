/** Metrics of a Prometheus node_exporter, as vitals of a server for the span between two readings. */
import { parseExposition, type Sample } from './exposition.ts'
import type { CoreVitals, TargetVitals } from './worker-vitals.ts'

/** One look at the page: running totals of the server, and what holds at that moment. */
export interface ServerReadings {
  readonly atS: number
  /** Seconds by core and mode. */
  readonly cores: ReadonlyMap<number, Readonly<Record<string, number>>>
  readonly memoryTotalBytes: number | null
  readonly memoryAvailableBytes: number | null
  readonly load1: number | null
  readonly bytesIn: number | null
  readonly bytesOut: number | null
  readonly contextSwitches: number | null
}

/** A page that names more is none of a server: each would be in every second of the report. */
const MOST_CORES = 4096
const MODES = new Set([
  'user',
  'nice',
  'system',
  'idle',
  'iowait',
  'irq',
  'softirq',
  'steal',
  'guest',
  'guest_nice',
])

const isWanted = (name: string): boolean => name.startsWith('node_')

/** Reads the page; `null` if it is not one of a node_exporter. `atS` is when, by any monotonic clock. */
export function readServer(page: string, atS: number): ServerReadings | null {
  const samples = parseExposition(page, isWanted)
  const one = (name: string): number | null => samples.find((sample) => sample.name === name)?.value ?? null
  const cores = readCores(samples)
  const memoryTotalBytes = one('node_memory_MemTotal_bytes')
  if (cores.size === 0 && memoryTotalBytes === null) return null
  return {
    atS,
    cores,
    memoryTotalBytes,
    memoryAvailableBytes: one('node_memory_MemAvailable_bytes'),
    load1: one('node_load1'),
    bytesIn: overDevices(samples, 'node_network_receive_bytes_total'),
    bytesOut: overDevices(samples, 'node_network_transmit_bytes_total'),
    contextSwitches: one('node_context_switches_total'),
  }
}

function readCores(samples: readonly Sample[]): Map<number, Record<string, number>> {
  const cores = new Map<number, Record<string, number>>()
  for (const { name, labels, value } of samples) {
    const { cpu, mode } = labels
    const core = Number(cpu)
    if (name !== 'node_cpu_seconds_total' || cpu === undefined || mode === undefined) continue
    if (!Number.isInteger(core) || core < 0 || core >= MOST_CORES || !MODES.has(mode)) continue
    const modes = cores.get(core) ?? {}
    modes[mode] = value
    cores.set(core, modes)
  }
  return cores
}

/** All devices together; where there is another than loopback, that one does not count. */
function overDevices(samples: readonly Sample[], name: string): number | null {
  const devices = samples.filter((sample) => sample.name === name)
  const real = devices.filter(({ labels }) => labels['device'] !== 'lo')
  const counted = real.length > 0 ? real : devices
  return counted.length === 0 ? null : counted.reduce((sum, { value }) => sum + value, 0)
}

/** The span between two looks; `null` if nothing can be said of it. */
export function serverSince(before: ServerReadings, after: ServerReadings): TargetVitals | null {
  const spanS = after.atS - before.atS
  if (spanS <= 0) return null
  const perS = (from: number | null, to: number | null): number | null =>
    // A counter that runs backwards is of a server that was started anew.
    from === null || to === null || to < from ? null : Math.round((to - from) / spanS)
  const cores: CoreVitals[] = []
  for (const [core, modes] of after.cores) {
    const vitals = coreSince(core, before.cores.get(core), modes)
    if (vitals !== null) cores.push(vitals)
  }
  return {
    cores: cores.sort((a, b) => a.core - b.core),
    memoryTotalBytes: after.memoryTotalBytes,
    memoryAvailableBytes: after.memoryAvailableBytes,
    load1: after.load1,
    bytesInPerS: perS(before.bytesIn, after.bytesIn),
    bytesOutPerS: perS(before.bytesOut, after.bytesOut),
    contextSwitchesPerS: perS(before.contextSwitches, after.contextSwitches),
  }
}

/** As of this host: all modes but idle, waiting and stolen are work; guest time is within user time already. */
function coreSince(
  core: number,
  before: Readonly<Record<string, number>> | undefined,
  after: Readonly<Record<string, number>>,
): CoreVitals | null {
  if (before === undefined) return null
  let totalS = 0
  const since: Record<string, number> = {}
  for (const [mode, seconds] of Object.entries(after)) {
    if (mode.startsWith('guest')) continue
    const addedS = Math.max(0, seconds - (before[mode] ?? 0))
    since[mode] = addedS
    totalS += addedS
  }
  // The exporter's page can be as old as its last look: nothing was counted, and nothing can be said.
  if (totalS <= 0) return null
  const share = (mode: string): number => (since[mode] ?? 0) / totalS
  const round = (x: number): number => Math.round(Math.max(0, x) * 1000) / 1000
  return {
    core,
    busy: round(1 - share('idle') - share('iowait') - share('steal')),
    iowait: round(share('iowait')),
    steal: round(share('steal')),
  }
}

/** Mean utilization of the server's cores; `null` if unknown. */
export function targetBusy(vitals: TargetVitals | null): number | null {
  if (vitals === null || vitals.cores.length === 0) return null
  return vitals.cores.reduce((sum, { busy }) => sum + busy, 0) / vitals.cores.length
}
