/** What this host is short of for a plan, though it can carry it: warnings before the run, kept in its report. */
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { MOST_NAME_ROWS } from '../core/measure/name-spans.ts'
import type { Heap } from '../core/measure/heap-watch.ts'
import { hasPace, plannedPerS, plannedUsers, type Plan } from '../core/plan/plan.ts'
import { MOST_ROWS, OTHER_REQUESTS, rowOf } from '../core/request/row.ts'
import { showBytes, showCount, showMany, showPercent, showRate } from '../core/units.ts'
import type { Cores } from './machine/cores.ts'
import { readMemory } from './machine/memory.ts'
import { readText } from './machine/proc.ts'

/** What a user with its connection takes, and a worker, in bytes; TLS takes several times as much for each. */
const USER_BYTES = 10_000
const TLS_USER_BYTES = 50_000
const WORKER_BYTES = 30_000_000
/** More of the free memory than this is no room to spare. */
const MEMORY_SHARE = 0.8

/** What one second of one name takes in the main thread, and what a run takes there besides; measured by bench:names. */
const NAME_ROW_BYTES = 2500
const RUN_BYTES = 25_000_000
/** A heap that is fuller than this is near its limit; see `HeapWatch`. */
const HEAP_SHARE = 0.75

/** What is known of the host before the run; `null` if the platform does not report it. */
export interface Readiness {
  readonly cores: Cores
  readonly memoryAvailableBytes: number | null
  /** Tasks that ran or wanted to, as a mean of the last minute. */
  readonly load1: number | null
  /** Requests per second that this many workers make soundly on this host; `null` if not measured. */
  readonly soundPerS: number | null
  /** The heap of the main thread. */
  readonly heap: Heap
}

/** Reads what changes from run to run; `root` is the folder under which `proc` is looked for. */
export function readLoad(root = '/'): Pick<Readiness, 'memoryAvailableBytes' | 'load1'> {
  const load = /^([\d.]+) /.exec(readText(join(root, 'proc/loadavg')) ?? '')?.[1]
  // A platform without load averages gives zeros.
  const mean = load === undefined ? loadavg()[0]! : Number(load)
  return {
    memoryAvailableBytes: readMemory(root).memoryAvailableBytes,
    load1: load === undefined && mean === 0 ? null : mean,
  }
}

/** Every warning that the plan deserves on such a host; each says what to do. */
export function readinessWarnings(plan: Plan, host: Readiness): string[] {
  return [
    workers(plan, host),
    memory(plan, host),
    heap(plan, host),
    joinedNames(plan),
    load(plan, host),
    capacity(plan, host),
  ].filter((warning) => warning !== null)
}

function workers(plan: Plan, { cores }: Readiness): string | null {
  if (plan.workers <= cores.usable) return null
  const quota = cores.quota === null ? '' : `, by a CPU quota of ${cores.quota.toFixed(1)} cores`
  return `${plan.workers} workers share ${showMany(cores.usable, 'usable core')}${quota}: they will wait for each other; use --workers ${cores.usable}`
}

function memory(plan: Plan, { memoryAvailableBytes }: Readiness): string | null {
  const users = plannedUsers(plan)
  const each = plan.request.url.startsWith('https:') ? TLS_USER_BYTES : USER_BYTES
  const bytes = users * each + plan.workers * WORKER_BYTES
  if (memoryAvailableBytes === null || bytes <= MEMORY_SHARE * memoryAvailableBytes) return null
  return `${showCount(users)} users may take about ${showBytes(bytes)}, and ${showBytes(memoryAvailableBytes)} of memory are left on this host: plan fewer`
}

/** The names of a scenario are known only when they are used; a run whose heap gets near its limit ends with a report. */
function heap(plan: Plan, { heap: { usedBytes, limitBytes } }: Readiness): string | null {
  const names = new Set(plan.targets?.requests.map(({ request }) => rowOf(request))).size
  const rows = Math.min(MOST_NAME_ROWS, names * (plan.durationS ?? Infinity))
  const bytes = rows * NAME_ROW_BYTES
  if (names < 2 || usedBytes + RUN_BYTES + bytes <= HEAP_SHARE * limitBytes) return null
  return `the figures of ${showMany(names, 'request name')} may take about ${showBytes(bytes)}, and the heap of the main thread is limited to ${showBytes(limitBytes)}: the run may end early; give it more (NODE_OPTIONS=--max-old-space-size=1024, in MB), or requests that belong together one name`
}

function joinedNames({ targets }: Plan): string | null {
  const joined = targets?.requests.filter(({ request }) => request.name === OTHER_REQUESTS).length ?? 0
  if (joined === 0) return null
  return `${showMany(joined, 'request')} of the targets will be reported as one row, ${OTHER_REQUESTS}, as a report has at most ${showCount(MOST_ROWS)} names: give requests that belong together one name`
}

function load({ workers: threads }: Plan, { cores, load1 }: Readiness): string | null {
  if (load1 === null || load1 + threads <= 2 * cores.usable) return null
  return `the load average is ${load1.toFixed(1)} already, on ${showMany(cores.usable, 'usable core')}: end what else runs here, or the measurement may be suspect`
}

function capacity(plan: Plan, { soundPerS }: Readiness): string | null {
  // How many requests a task sends is its own to say.
  if (soundPerS === null || !hasPace(plan) || plan.scenario !== null) return null
  const perS = plannedPerS(plan)
  if (perS <= soundPerS) return null
  return `the plan asks for up to ${showRate(perS)} requests/s, ${showPercent(perS / soundPerS)} of what this host makes soundly (${showRate(soundPerS)}/s by corerush doctor)`
}
