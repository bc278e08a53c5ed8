/** A host that is not the generator's alone, or holds it back. */
import { largest, smallest } from '../../extremes.ts'
import { nameOf, type Evidence, type Reason } from './evidence.ts'
import type { SecondRow } from '../../measure/second.ts'
import { showBytes, showMs, showPercent } from '../../units.ts'
import type { CoreVitals, HostVitals, WorkerVitals } from '../../measure/worker-vitals.ts'
import {
  CONTENDED_MS,
  COOL_CORES,
  HOT_CORE,
  MANY_SECONDS,
  MEMORY_LEFT,
  MEMORY_PRESSURE,
  SOME_SECONDS,
  STARVED_MS,
  STOLEN,
  THROTTLED_MS,
} from './limits.ts'
import { extent, inSeconds, loadSeconds, worstWorker } from './load-seconds.ts'

export function hostTrouble(evidence: Evidence): Reason[] {
  const load = loadSeconds(evidence)
  return [
    ...contended(evidence, load),
    ...[unseen, stolen, throttled, shortOfMemory, hotCore].flatMap((rule) => rule(load)),
  ]
}

const queuedMs = ({ runQueueMs }: WorkerVitals): number => runQueueMs ?? 0

/** A worker was ready to run and had no core. */
function contended(evidence: Evidence, load: readonly SecondRow[]): Reason[] {
  const rows = load.filter(({ workers }) => workers.some((worker) => queuedMs(worker) > CONTENDED_MS))
  if (rows.length <= load.length * MANY_SECONDS) return []
  const worst = worstWorker(rows, queuedMs)
  const starved = rows.filter(({ workers }) => workers.some((worker) => queuedMs(worker) > STARVED_MS))
  const others = largest(rows.map(othersCores))
  return [
    {
      code: 'host.contended',
      level: starved.length > load.length * MANY_SECONDS ? 'suspect' : 'note',
      message: `${nameOf(evidence, worst.worker)} waited for a core for more than ${showMs(CONTENDED_MS)} of each second ${inSeconds(rows, load)}, up to ${showMs(queuedMs(worst))}${others > 0 ? `; others on this host kept up to ${others.toFixed(1)} cores busy` : ''}`,
      advice:
        'end what else runs on this host, give the generator cores of its own (taskset, cpuset), or use fewer workers',
      worker: worst.worker,
      ...extent(rows),
    },
  ]
}

/** The platform does not count how long a worker waits for a core. */
function unseen(load: readonly SecondRow[]): Reason[] {
  const workers = load.flatMap((row) => row.workers)
  if (workers.length === 0 || workers.some(({ runQueueMs }) => runQueueMs !== null)) return []
  return [
    {
      code: 'host.unseen',
      level: 'note',
      message:
        'this platform does not report how long a worker waited for a core: other programs here may have delayed responses, which no bound includes',
      advice: 'keep this host to the generator alone, or run it on Linux, where the kernel counts such waits',
      ...extent(load),
    },
  ]
}

/** How many cores were busy with something else than the workers; 0 where the platform does not report it. */
function othersCores({ host, workers, workersSummary }: SecondRow): number {
  const busy = (host?.cores ?? []).reduce((sum, core) => sum + core.busy, 0)
  const own = workersSummary?.cpu ?? workers.reduce((sum, { cpu }) => sum + (cpu ?? 0), 0)
  return Math.max(0, busy - own)
}

function stolen(load: readonly SecondRow[]): Reason[] {
  const rows = load.filter(({ host }) => coresOf(host).some(({ steal }) => (steal ?? 0) > STOLEN))
  if (rows.length <= load.length * MANY_SECONDS) return []
  const worst = rows
    .flatMap(({ host }) => coresOf(host))
    .reduce((a, b) => ((b.steal ?? 0) > (a.steal ?? 0) ? b : a))
  return [
    {
      code: 'host.steal',
      level: 'suspect',
      message: `the hypervisor took more than ${showPercent(STOLEN)} of a core ${inSeconds(rows, load)}, up to ${showPercent(worst.steal)} of core ${worst.core}`,
      advice: 'run on a host whose cores are not shared, or repeat the run',
      core: worst.core,
      ...extent(rows),
    },
  ]
}

function throttled(load: readonly SecondRow[]): Reason[] {
  const rows = load.filter(({ host }) => (host?.throttledMs ?? 0) > THROTTLED_MS)
  if (rows.length <= load.length * SOME_SECONDS) return []
  const most = largest(rows.map(({ host }) => host?.throttledMs ?? 0))
  return [
    {
      code: 'host.throttled',
      level: 'suspect',
      message: `a CPU quota held the generator back ${inSeconds(rows, load)}, for up to ${showMs(most)} of thread time in one of them`,
      advice: 'raise the CPU quota of this container, or use fewer workers',
      ...extent(rows),
    },
  ]
}

function shortOfMemory(load: readonly SecondRow[]): Reason[] {
  const isShort = ({ host }: SecondRow): boolean =>
    host !== null &&
    ((host.pressure?.memory ?? 0) > MEMORY_PRESSURE ||
      (host.memoryAvailableBytes ?? Infinity) < MEMORY_LEFT * host.memoryTotalBytes)
  const rows = load.filter(isShort)
  if (rows.length <= load.length * SOME_SECONDS) return []
  const least = smallest(rows.map(({ host }) => host?.memoryAvailableBytes ?? Infinity))
  return [
    {
      code: 'host.memory',
      level: 'suspect',
      message: `this host was short of memory ${inSeconds(rows, load)}, ${least === Infinity ? 'and work waited for it' : `with ${showBytes(least)} left in the worst of them`}`,
      advice: 'plan fewer users, or give this host more memory',
      ...extent(rows),
    },
  ]
}

/** The picture of a generator, or a target here, that uses one core only. */
function hotCore(load: readonly SecondRow[]): Reason[] {
  const hot = load.flatMap(({ second, host }) => {
    const cores = coresOf(host)
    const mean = cores.reduce((sum, { busy }) => sum + busy, 0) / Math.max(1, cores.length)
    return mean > COOL_CORES
      ? []
      : cores.filter(({ busy }) => busy > HOT_CORE).map(({ core }) => ({ second, core }))
  })
  const counts = new Map<number, number>()
  for (const { core } of hot) counts.set(core, (counts.get(core) ?? 0) + 1)
  const [core, seconds] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), [-1, 0])
  if (seconds <= load.length * MANY_SECONDS) return []
  const rows = hot.filter((one) => one.core === core)
  return [
    {
      code: 'core.hot',
      level: 'note',
      message: `core ${core} was above ${showPercent(HOT_CORE)} ${inSeconds(rows, load)} while all cores together were not half busy`,
      advice:
        'something uses one core only: more workers, if it is the generator; a limit of the target, if that runs here',
      core,
      ...extent(rows),
    },
  ]
}

const coresOf = (host: HostVitals | null): readonly CoreVitals[] => host?.cores ?? []
