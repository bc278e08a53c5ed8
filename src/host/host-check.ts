/** What this host allows, and what it can generate soundly: short runs against a target that is given. */
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import type { Capacity, HostLimits, TransportCapacity, Trial } from '../core/plan/sound-capacity.ts'
import type { Options } from '../core/options/options.ts'
import { judgeHeldLoad } from '../core/judge/held-load.ts'
import type { ClosedPlan } from '../core/plan/plan.ts'
import type { SettledSecond } from '../core/measure/timeline.ts'
import type { Verdict } from '../core/judge/verdict.ts'
import type { Output } from '../output/output.ts'
import { TRANSPORTS } from '../core/resolve/transport-options.ts'
import { findCores } from './machine/cores.ts'
import { spareDescriptors } from './preflight.ts'
import { openFileLimit } from './machine/descriptors.ts'
import { readText } from './machine/proc.ts'
import { readLoad } from './readiness.ts'
import { conduct, run } from './run.ts'
import { planRun } from './run-plan.ts'
import { portRange } from './machine/sockets.ts'
import { readMemory } from './machine/memory.ts'

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
    memoryBytes: readMemory('/').memoryTotalBytes,
    ...readLoad(root),
  }
}

/** Users of each worker at full speed: more than a target of a few ms can have in flight. */
const USERS = 128
/** Full speed, where the search begins; it needs no verdict: no warm-up, and all users at once. */
const FULL_SPEED = { duration: 0.4, rampUp: 0.05 }
/** The shares of full speed, at which the loop has no time left, that are tried one after the other, until one is sound: fewer users open no connections. */
const SHARES = [0.5, 0.25, 0.1] as const
/** From one request of a user to its next, if there are enough file descriptors for that many users: timers are late by a part of it. */
const PACE_S = 0.25

/** Hooks of the measurement; what a hook throws ends it. */
export interface MeasureHooks {
  readonly onStart: (transport: string, workers: number) => void
  readonly onTrial: (trial: Trial) => void
}

/**
 * Measures with one worker and with one for each usable core, by each transport. Each load is held for this many whole
 * seconds.
 */
export async function measureCapacity(
  url: string,
  holdS: number,
  { onStart, onTrial }: MeasureHooks,
): Promise<Capacity> {
  const { usable } = findCores()
  const tryOut = async (transport: (typeof TRANSPORTS)[number], workers: number): Promise<Trial> => {
    onStart(transport, workers)
    const trial = await descend(url, transport, workers, holdS)
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
      oneWorkerFullPerS: one.fullPerS > 0 ? one.fullPerS : null,
      allWorkersFullPerS: all.fullPerS > 0 ? all.fullPerS : null,
    }
  }
  return { measuredAt: new Date().toISOString(), transports }
}

/** Full speed first; then users that wait, in one run with fewer and fewer, of which each step is judged by its own seconds. */
async function descend(
  url: string,
  transport: (typeof TRANSPORTS)[number],
  workers: number,
  holdS: number,
): Promise<Trial> {
  const who: Options = { url, workers, transport, gracefulStop: 1 }
  const full = await run({ ...who, ...FULL_SPEED, users: USERS * workers })
  const fullPerS = full.total.requestsPerS ?? 0
  const mostPerS = Math.max(1, fullPerS * SHARES[0])
  const paceS = Math.min(PACE_S, spareDescriptors(workers) / mostPerS)
  const steps = SHARES.map((share) => Math.max(1, Math.floor(fullPerS * share * paceS)))
  const plan = planRun({
    ...who,
    witness: false,
    wait: `pacing:${paceS}s`,
    // In the first second connections are opened; it is not judged.
    stages: [
      ...[`0.7s:${steps[0]!}`, `0.3s:${steps[0]!}`],
      ...steps.flatMap((users) => [`0s:${users}`, `${holdS}s:${users}`]),
    ],
  }) as ClosedPlan
  const held: SettledSecond[] = []
  const enough = new AbortController()
  let soundPerS: number | null = null
  let hindrance: string | null = null
  const judge: Output = {
    name: 'doctor',
    settled(second) {
      const step = steps[Math.floor((second.second - 1) / holdS)]
      if (second.second === 0 || step === undefined || soundPerS !== null) return
      if (held.push(second) < holdS) return
      const { perS, verdict } = judgeHeldLoad(plan, step, held.splice(0))
      if (verdict.level !== 'sound') {
        hindrance = reasonsOf(verdict)
        return
      }
      soundPerS = Math.round(perS)
      enough.abort()
    },
  }
  await conduct(plan, { outputs: [judge], signal: enough.signal })
  return { transport, workers, fullPerS, soundPerS, hindrance }
}

const reasonsOf = ({ reasons }: Verdict): string =>
  reasons
    .filter(({ level }) => level !== 'note')
    .map(({ code }) => code)
    .join(', ')
