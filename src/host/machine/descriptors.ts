/** The files that this process has open, and how many it may open. */
import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'

const PROC_MAGIC = 0x9fa0

/** How many files this process has open; `null` if the platform does not say. */
export function openFiles(root = '/'): number | null {
  const folder = join(root, 'proc/self/fd')
  try {
    // Since Linux 6.2 the size of this folder is their number; to list thousands takes milliseconds.
    const { size } = statSync(folder)
    if (size > 0 && statfsSync(folder).type === PROC_MAGIC) return size
    return readdirSync(folder).length
  } catch {
    // Not Linux: not available.
    return null
  }
}

/** How many files this process may have open; `null` if the platform does not say. */
export function openFileLimit(root = '/'): number | null {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync(`${root}proc/self/limits`, 'utf8'))
    return match ? Number(match[1]) : null
  } catch {
    // Not Linux: not available.
    return null
  }
}
