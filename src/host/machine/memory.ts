/** The memory of this host. */
import { freemem, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { readText } from './proc.ts'

export interface Memory {
  readonly memoryTotalBytes: number
  /** Null where the platform tells only what nothing uses at all, which its caches keep near 0. */
  readonly memoryAvailableBytes: number | null
}

/** Reads it; `root` is the folder under which `proc` is looked for. */
export function readMemory(root: string): Memory {
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
