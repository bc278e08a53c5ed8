/** The capacity of this host, kept in the user's cache folder by `corerush doctor` for later runs. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { cpus, homedir, hostname } from 'node:os'
import { dirname, join } from 'node:path'
import type { Capacity } from '../core/capacity.ts'
import { VERSION } from '../version.ts'
import { findCores } from './cores.ts'
import { readText } from './proc.ts'

const SCHEMA = 'corerush.capacity/1'

interface CapacityFile {
  readonly schema: typeof SCHEMA
  readonly hosts: Readonly<Record<string, Capacity>>
}

export function capacityFile(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env['XDG_CACHE_HOME']
  return join(
    cache !== undefined && cache !== '' ? cache : join(homedir(), '.cache'),
    'corerush/capacity.json',
  )
}

/** What a measurement holds for: this machine with so many usable cores, this Node, this version. */
const hostKey = (): string =>
  [
    hostname(),
    cpus()[0]?.model.trim() ?? 'unknown',
    `${findCores().usable} cores`,
    process.version,
    VERSION,
  ].join(' · ')

/** What was measured on this host; null when nothing was, or the file holds something else. */
export const readCapacity = (file = capacityFile()): Capacity | null =>
  readFile(file).hosts[hostKey()] ?? null

export function writeCapacity(capacity: Capacity, file = capacityFile()): void {
  const { hosts } = readFile(file)
  const content: CapacityFile = { schema: SCHEMA, hosts: { ...hosts, [hostKey()]: capacity } }
  mkdirSync(dirname(file), { recursive: true })
  // Two runs of the doctor at once must not leave half a file.
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(content, null, 2) + '\n')
  renameSync(`${file}.${process.pid}`, file)
}

function readFile(file: string): CapacityFile {
  const empty: CapacityFile = { schema: SCHEMA, hosts: {} }
  try {
    const content = JSON.parse(readText(file) ?? '') as Partial<CapacityFile> | null
    return content?.schema === SCHEMA && typeof content.hosts === 'object' ? { ...empty, ...content } : empty
  } catch {
    // No file yet, or one that somebody else wrote: as good as none.
    return empty
  }
}
