/** The capacity of this host, kept in the user's cache folder by `corerush doctor` for later runs. */
import { mkdirSync } from 'node:fs'
import { cpus, homedir, hostname } from 'node:os'
import { dirname, join } from 'node:path'
import type { Capacity, TransportCapacity } from '../../core/plan/sound-capacity.ts'
import { writeWhole } from '../../output/whole-file.ts'
import { VERSION } from '../../version.ts'
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

/** What a measurement is valid for: this machine with its usable cores, this Node, this version. */
const hostKey = (): string =>
  [
    hostname(),
    cpus()[0]?.model.trim() ?? 'unknown',
    `${findCores().usable} cores`,
    process.version,
    VERSION,
  ].join(' · ')

/** What was measured on this host; `null` if nothing was, or the file holds something else. */
export function readCapacity(file = capacityFile()): Capacity | null {
  const measured: unknown = readFile(file).hosts[hostKey()]
  return isCapacity(measured) ? measured : null
}

/** Checks a file from any source: figures are positive numbers, or `null`. */
function isCapacity(value: unknown): value is Capacity {
  const { measuredAt, transports } = (value ?? {}) as Partial<Capacity>
  const isFigure = (n: unknown): boolean => n === null || (typeof n === 'number' && n > 0 && n < Infinity)
  return (
    typeof measuredAt === 'string' &&
    typeof transports === 'object' &&
    (transports as unknown) !== null &&
    Object.values(transports as Record<string, Partial<TransportCapacity> | null>).every(
      (one) =>
        one !== null &&
        [one.oneWorkerPerS, one.allWorkersPerS].every(isFigure) &&
        [one.oneWorkerFullPerS ?? null, one.allWorkersFullPerS ?? null].every(isFigure) &&
        typeof (one.workers as unknown) === 'number',
    )
  )
}

export function writeCapacity(capacity: Capacity, file = capacityFile()): void {
  const { hosts } = readFile(file)
  const content: CapacityFile = { schema: SCHEMA, hosts: { ...hosts, [hostKey()]: capacity } }
  mkdirSync(dirname(file), { recursive: true })
  // Two runs of the doctor at once must not leave half a file.
  writeWhole(file, JSON.stringify(content, null, 2) + '\n')
}

function readFile(file: string): CapacityFile {
  const empty: CapacityFile = { schema: SCHEMA, hosts: {} }
  try {
    const content = JSON.parse(readText(file) ?? '') as Partial<CapacityFile> | null
    const { schema, hosts } = content ?? {}
    return schema === SCHEMA && typeof hosts === 'object' && (hosts as unknown) !== null
      ? { ...empty, hosts }
      : empty
  } catch {
    // No file yet, or one that somebody else wrote: as good as none.
    return empty
  }
}
