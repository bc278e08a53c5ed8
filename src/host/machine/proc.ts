/** The kernel's own files. Everything that reads them takes the folder under which `proc` and `sys` are looked for. */
import { readFileSync } from 'node:fs'

/** The text of a file; `null` if this platform has no such file, or does not let it be read: not available. */
export function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
