/** The control groups of this process, v1 and v2, from its own up to the root. */
import { join, posix } from 'node:path'
import { readText } from './proc.ts'

export interface ControlGroup {
  /** Where the kernel shows its files. */
  readonly folder: string
  readonly isV2: boolean
}

/** The groups of this process, as pairs of controllers (empty for v2) and path. */
export function ownGroups(root: string): [controllers: string, path: string][] {
  const groups: [string, string][] = []
  for (const line of (readText(join(root, 'proc/self/cgroup')) ?? '').split('\n')) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line)
    if (match) groups.push([match[1]!, match[2]!])
  }
  return groups
}

/** The groups that limit this process by a controller: a limit anywhere up the tree holds for all below it. */
export function limitingGroups(root: string, controller: string): ControlGroup[] {
  const found: ControlGroup[] = []
  for (const [controllers, path] of ownGroups(root)) {
    const isV2 = controllers === ''
    if (!isV2 && !controllers.split(',').includes(controller)) continue
    const mounts = isV2 ? ['sys/fs/cgroup'] : [`sys/fs/cgroup/${controller}`, `sys/fs/cgroup/${controllers}`]
    for (const mount of new Set(mounts))
      for (let group = path; ; group = posix.dirname(group)) {
        found.push({ folder: join(root, mount, group), isV2 })
        if (group === '/' || group === '.') break
      }
  }
  return found
}
