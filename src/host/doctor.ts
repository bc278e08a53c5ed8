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
/** Full speed is where the search begins, and needs no verdict: no warm-up, and all users at once. */
const FULL_SPEED = { duration: 0.6, rampUp: 0.05, gracefulStop: 1 }
/** Rates are halved in on, as shares of full speed, at which the loop has no time left: 50 %, then 75 or 25 %. */
const FIRST_SHARE = 0.5
const FIRST_STEP = 0.25
const FINEST_STEP = 0.125

/** Told of what is measured; what a hook throws ends the measurement. */
export interface MeasureHooks {
  readonly onStart: (transport: string, workers: number) => void
  readonly onTrial: (trial: Trial) => void
}

/**
 * Measures with one worker and with one for each usable core, by each transport. Each rate is tried for `spanS`, of which
 * the warm-up is the first second.
 */
export async function measureCapacity(
  url: string,
  spanS: number,
  { onStart, onTrial }: MeasureHooks,
): Promise<Capacity> {
  const { usable } = findCores()
  const tryOut = async (transport: TransportName, workers: number): Promise<Trial> => {
    onStart(transport, workers)
    const trial = await tryRates(url, transport, workers, spanS)
    onTrial(trial)
    return trial
  }
  const transports: Record<string, TransportCapacity> = {}
  for (const transport of TRANSPORTS) {
    const one = await tryOut(transport, 1)
    const all = usable === 1 ? one : await tryOut(transport, usable)
    transports[transport] = {
      oneWorkerPerS: one.soundPerS,
      workers: usable,
      allWorkersPerS: all.soundPerS,
    }
  }
  return { measuredAt: new Date().toISOString(), transports }
}

async function tryRates(
  url: string,
  transport: TransportName,
  workers: number,
  spanS: number,
): Promise<Trial> {
  const who: Options = { url, workers, transport }
  const options: Options = { ...who, duration: spanS, warmup: 1, gracefulStop: 1 }
  const full = await run({ ...who, ...FULL_SPEED, users: USERS * workers })
  const fullPerS = full.total.requestsPerS ?? 0
  let soundPerS: number | null = null
  let hindrance: string | null = null
  let share = FIRST_SHARE
  for (let step = FIRST_STEP; step >= FINEST_STEP; step /= 2) {
    const perS = Math.max(1, Math.round(fullPerS * share))
    const report = await run({ ...options, rate: perS, rampUp: 0.5, maxUsers: 10 * USERS * workers })
    const isSound = report.verdict.level === 'sound'
    if (isSound) soundPerS = perS
    else hindrance = reasonsOf(report)
    share += isSound ? step : -step
  }
  return { transport, workers, fullPerS, soundPerS, hindrance }
}

const reasonsOf = ({ verdict }: Report): string =>
  verdict.reasons
    .filter(({ level }) => level !== 'note')
    .map(({ code }) => code)
    .join(', ')
