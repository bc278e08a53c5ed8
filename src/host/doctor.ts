/** What this host allows, and what it can generate soundly: short runs against a target that is given. */
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Capacity, HostLimits, TransportCapacity, Trial } from '../core/capacity.ts'
import type { Options } from '../core/options.ts'
import type { Report } from '../core/report.ts'
import { TRANSPORTS, type TransportName } from '../core/transport.ts'
import { findCores } from './cores.ts'
import { openFileLimit } from './preflight.ts'
import { readText } from './proc.ts'
import { readLoad } from './readiness.ts'
import { run } from './run.ts'
import { portRange } from './sockets.ts'

export function readLimits(root = '/'): HostLimits {
  const affinity = availableParallelism()
  const cores = findCores(root, affinity)
  const somaxconn = readText(join(root, 'proc/sys/net/core/somaxconn'))
  return {
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cores: Math.max(cpus().length, affinity),
    affinity,
    cpuQuota: cores.quota,
    usableCores: cores.usable,
    descriptors: openFileLimit(root),
    ports: portRange(root),
    somaxconn: somaxconn === null ? null : Number(somaxconn),
    memoryBytes: totalmem(),
    ...readLoad(root),
  }
}

/** Users of each worker at full speed: more than a target of a few ms can have in flight. */
const USERS = 128
/** Rates that are tried, as shares of full speed, at which the loop has no time left. */
const SHARES = [0.6, 0.3]

/**
 * Measures with one worker and with one for each usable core, by each transport. Each run takes `spanS`, of which the
 * warm-up is the first second.
 */
export async function measureCapacity(
  url: string,
  spanS: number,
  onTrial: (trial: Trial) => void = () => undefined,
): Promise<Capacity> {
  const { usable } = findCores()
  const transports: Record<string, TransportCapacity> = {}
  for (const transport of TRANSPORTS) {
    const one = await tryOut(url, transport, 1, spanS)
    onTrial(one)
    const all = usable === 1 ? one : await tryOut(url, transport, usable, spanS)
    if (all !== one) onTrial(all)
    transports[transport] = {
      oneWorkerPerS: one.soundPerS,
      workers: usable,
      allWorkersPerS: all.soundPerS,
    }
  }
  return { measuredAt: new Date().toISOString(), transports }
}

async function tryOut(url: string, transport: TransportName, workers: number, spanS: number): Promise<Trial> {
  const options: Options = { url, workers, transport, duration: spanS, warmup: 1, gracefulStop: 1 }
  const full = await run({ ...options, users: USERS * workers })
  const fullPerS = full.total.requestsPerS ?? 0
  let hindrance: string | null = null
  for (const share of SHARES) {
    const perS = Math.max(1, Math.round(fullPerS * share))
    const report = await run({ ...options, rate: perS, rampUp: 0.5, maxUsers: 10 * USERS * workers })
    if (report.verdict.level === 'sound') return { transport, workers, fullPerS, soundPerS: perS, hindrance }
    hindrance = reasonsOf(report)
  }
  return { transport, workers, fullPerS, soundPerS: null, hindrance }
}

const reasonsOf = ({ verdict }: Report): string =>
  verdict.reasons
    .filter(({ level }) => level !== 'note')
    .map(({ code }) => code)
    .join(', ')
