/** The memory that this process may use: the host's, or what the limits of its control groups (v1 and v2) leave of it. */
import { freemem, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { limitingGroups, type ControlGroup } from './control-groups.ts'
import { readText } from './proc.ts'

export interface Memory {
  readonly memoryTotalBytes: number
  /** `null` if the platform reports only memory that nothing uses at all, which its caches keep near 0. */
  readonly memoryAvailableBytes: number | null
}

/** Reads it; `root` is the folder under which `proc` and `sys` are looked for. */
export function readMemory(root: string): Memory {
  const host = hostMemory(root)
  let { memoryTotalBytes, memoryAvailableBytes } = host
  for (const group of limitingGroups(root, 'memory')) {
    const memory = groupMemory(group)
    // Without a limit, v1 has a number beyond all memory.
    if (memory === null || memory.limitBytes >= host.memoryTotalBytes) continue
    memoryTotalBytes = Math.min(memoryTotalBytes, memory.limitBytes)
    memoryAvailableBytes = Math.min(memoryAvailableBytes ?? Infinity, memory.availableBytes)
  }
  return { memoryTotalBytes, memoryAvailableBytes }
}

function hostMemory(root: string): Memory {
  const meminfo = readText(join(root, 'proc/meminfo')) ?? ''
  const bytes = (key: string): number | null => {
    const kilobytes = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1]
    return kilobytes === undefined ? null : Number(kilobytes) * 1024
  }
  return {
    memoryTotalBytes: bytes('MemTotal') ?? totalmem(),
    memoryAvailableBytes: bytes('MemAvailable') ?? (platform() === 'win32' ? freemem() : null),
  }
}

/** The limit of a group and what is left of it; `null` if it has none. Cached file pages that are not in use count as left. */
function groupMemory({ folder, isV2 }: ControlGroup): { limitBytes: number; availableBytes: number } | null {
  const limitBytes = numberIn(join(folder, isV2 ? 'memory.max' : 'memory.limit_in_bytes'))
  if (limitBytes === null) return null
  const usedBytes = numberIn(join(folder, isV2 ? 'memory.current' : 'memory.usage_in_bytes')) ?? 0
  const stat = readText(join(folder, 'memory.stat')) ?? ''
  const cached = /^(?:total_)?inactive_file (\d+)$/m.exec(
    isV2 ? stat : stat.replace(/^inactive_file .*\n/m, ''),
  )
  const heldBytes = Math.max(0, usedBytes - Number(cached?.[1] ?? 0))
  return { limitBytes, availableBytes: Math.max(0, limitBytes - heldBytes) }
}

/** `max` stands for no limit. */
function numberIn(file: string): number | null {
  const text = readText(file)?.trim() ?? ''
  return /^\d+$/.test(text) ? Number(text) : null
}
