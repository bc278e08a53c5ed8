/** Disturbances of the calibration: other processes, fewer cores, a quota, a stop. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keep } from './processes.ts'

export const DISTURBANCES = [
  'none',
  'burn 1',
  'burn 2',
  'one core',
  'nice',
  'quota 50 %',
  'quota 100 %',
  'stop once',
  'stop thrice',
] as const
export type Disturbance = (typeof DISTURBANCES)[number]

/** Undisturbed runs are the most frequent in practice, and false alarms matter most there. */
export const WEIGHT: Readonly<Partial<Record<Disturbance, number>>> = { none: 4 }

const PERIOD_US = 100_000

export interface Disturbed {
  /** The command that starts the generator under it. */
  readonly command: readonly string[]
  /** Disturbs until the generator exits; `pid` is the generator's, whose load has just begun. */
  readonly during: (pid: number, isGone: () => boolean) => Promise<void>
  readonly end: () => void
}

/** `random` is in [0, 1). */
export function disturb(
  what: Disturbance,
  generator: readonly string[],
  random: () => number,
  groups: QuotaGroups | null,
): Disturbed {
  const nothing = (): Promise<void> => Promise.resolve()
  const none: Disturbed = { command: generator, during: nothing, end: () => undefined }
  switch (what) {
    case 'none':
      return none
    case 'burn 1':
      return { ...none, end: burn(1) }
    case 'burn 2':
      return { ...none, end: burn(2) }
    case 'nice':
      return { ...none, command: ['nice', '-n', '10', ...generator], end: burn(1) }
    case 'one core':
      return { ...none, command: ['taskset', '-c', '0', ...generator] }
    case 'quota 50 %':
    case 'quota 100 %': {
      if (groups === null) throw new Error('no control group for a quota can be made here')
      const group = groups.make(what === 'quota 50 %' ? 0.5 : 1)
      return {
        ...none,
        // The shell joins the group and becomes the generator.
        command: ['sh', '-c', 'echo $$ > "$0" && exec "$@"', group.procs, ...generator],
        end: group.remove,
      }
    }
    case 'stop once':
      return { ...none, during: (pid, isGone) => stop(pid, isGone, 1, 0.3 + 1.2 * random(), random) }
    case 'stop thrice':
      return { ...none, during: (pid, isGone) => stop(pid, isGone, 3, 0.05 + 0.3 * random(), random) }
  }
}

/** Processes that use a whole core each. */
function burn(count: number): () => void {
  const children: ChildProcess[] = Array.from({ length: count }, () =>
    keep(spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })),
  )
  return () => children.forEach((child) => child.kill('SIGKILL'))
}

/** Stops the process now and then, from a little after the first second on. */
async function stop(
  pid: number,
  isGone: () => boolean,
  times: number,
  seconds: number,
  random: () => number,
): Promise<void> {
  await sleep(1100)
  for (let i = 0; i < times && !isGone(); i++) {
    await sleep((300 + 400 * random()) / (i === 0 ? 1 : 2))
    if (isGone()) return
    process.kill(pid, 'SIGSTOP')
    await sleep(seconds * 1000)
    if (!isGone()) process.kill(pid, 'SIGCONT')
  }
}

export interface QuotaGroups {
  make(cores: number): { readonly procs: string; readonly remove: () => void }
}

/** Control groups below that of this process, v1 or v2; `null` if none can be created. */
export function quotaGroups(): QuotaGroups | null {
  const groups = readFileSync('/proc/self/cgroup', 'utf8')
  const v1 = /^\d+:(?:[^:\n]*,)?cpu(?:,[^:\n]*)?:(.*)$/m.exec(groups)
  const v2 = /^0::(.*)$/m.exec(groups)
  const parent =
    v1 !== null ? join('/sys/fs/cgroup/cpu', v1[1]!) : v2 !== null ? join('/sys/fs/cgroup', v2[1]!) : null
  if (parent === null || !existsSync(parent)) return null
  let made = 0
  const make: QuotaGroups['make'] = (cores) => {
    const folder = join(parent, `corerush-bench-${process.pid}-${made++}`)
    mkdirSync(folder)
    const remove = (): void => {
      if (existsSync(folder)) rmdirSync(folder)
    }
    try {
      const quota = Math.round(cores * PERIOD_US)
      if (v1 !== null) {
        writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US))
        writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quota))
      } else writeFileSync(join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`)
    } catch (error) {
      remove()
      throw error
    }
    return { procs: join(folder, 'cgroup.procs'), remove }
  }
  try {
    make(1).remove()
    return { make }
  } catch {
    // No permission, or no cpu controller: reported once by the caller.
    return null
  }
}
