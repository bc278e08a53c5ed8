/**
 * How many cores this process may really use: what the scheduler's affinity allows, and no more than the CPU quota of
 * its control groups (v1 and v2) pays for. Node 20 knows the first and not the second.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { limitingGroups, ownGroups } from './control-groups.ts'
import { readText } from './proc.ts'

export interface Cores {
  /** Worker threads that make sense: at least 1. */
  readonly usable: number
  /** The CPU quota in cores; `null` if there is none, or this platform has no such thing. */
  readonly quota: number | null
}

/** Finds the usable cores; `root` is the folder under which `proc` and `sys` are looked for. */
export function findCores(root = '/', parallelism = availableParallelism()): Cores {
  const quota = cpuQuota(root)
  return {
    usable: Math.max(1, quota === null ? parallelism : Math.min(parallelism, Math.ceil(quota))),
    quota,
  }
}

/** The tightest CPU quota above this process, in cores. A quota anywhere up the tree holds for all below it. */
export function cpuQuota(root = '/'): number | null {
  const quotas = limitingGroups(root, 'cpu')
    .map(({ folder, isV2 }) => readQuota(folder, isV2))
    .filter((quota) => quota !== null)
  return quotas.length === 0 ? null : Math.min(...quotas)
}

/** The file in which the kernel counts how often and how long a quota held this process back; `null` if there is none. */
export function throttlingFile(root = '/'): string | null {
  for (const [controllers, path] of ownGroups(root)) {
    const isV2 = controllers === ''
    if (!isV2 && !controllers.split(',').includes('cpu')) continue
    for (const mount of isV2 ? ['sys/fs/cgroup'] : ['sys/fs/cgroup/cpu', `sys/fs/cgroup/${controllers}`])
      // Inside a container the group is mounted at the root of the tree, whatever its name outside.
      for (const group of [path, '/']) {
        const file = join(root, mount, group, 'cpu.stat')
        if (/throttled/.test(readText(file) ?? '')) return file
      }
  }
  return null
}

function readQuota(group: string, isV2: boolean): number | null {
  if (isV2) {
    const [quota, period] = (readText(join(group, 'cpu.max')) ?? '').trim().split(/\s+/)
    return ratio(quota, period)
  }
  return ratio(
    readText(join(group, 'cpu.cfs_quota_us'))?.trim(),
    readText(join(group, 'cpu.cfs_period_us'))?.trim(),
  )
}

function ratio(quota: string | undefined, period: string | undefined): number | null {
  const cores = Number(quota) / Number(period)
  // "max" and −1 stand for no quota.
  return Number.isFinite(cores) && cores > 0 ? cores : null
}
