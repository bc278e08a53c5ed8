/** The agents of a realm as a table. Pure. */
import { showBytes, showMany, showRate } from '../../core/units.ts'
import type { Style } from './paint.ts'
import { renderTable, type Column } from './text-table.ts'

/** An agent as it is listed. */
export interface ListedAgent {
  readonly name: string
  readonly version: string
  readonly node: string
  readonly state: string
  readonly coordinator: string | null
  readonly workers: number
  readonly host: { readonly cores: number; readonly memoryBytes: number; readonly cpuModel: string }
  readonly labels: Readonly<Record<string, string>>
  readonly soundPerS: Readonly<Record<string, number>> | null
  readonly accepts: { readonly hosts: readonly string[]; readonly scenarios: boolean }
  /** How long a question takes until it is answered, in ms; `null` if it was not. */
  readonly roundTripMs: number | null
}

const COLUMNS: readonly Column<ListedAgent>[] = [
  { title: 'agent', align: 'left', cell: ({ name }) => name },
  {
    title: 'state',
    align: 'left',
    cell: ({ state, coordinator }) => (coordinator === null ? state : `${state} by ${coordinator}`),
  },
  { title: 'workers', cell: ({ workers }) => String(workers) },
  { title: 'cores', cell: ({ host }) => String(host.cores) },
  { title: 'memory', cell: ({ host }) => showBytes(host.memoryBytes) },
  { title: 'sound/s', cell: ({ soundPerS }) => soundOf(soundPerS) },
  {
    title: 'round trip',
    cell: ({ roundTripMs }) => (roundTripMs === null ? '–' : `${roundTripMs.toFixed(1)} ms`),
  },
  { title: 'version', align: 'left', cell: ({ version, node }) => `${version}, Node ${node}` },
  {
    title: 'labels',
    align: 'left',
    cell: ({ labels }) =>
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
  },
  {
    title: 'may hit',
    align: 'left',
    cell: ({ accepts }) => `${accepts.hosts.join(', ')}${accepts.scenarios ? '; scenarios' : ''}`,
  },
]

/** The best of what it was measured to make soundly; a dash if it was not. */
const soundOf = (soundPerS: ListedAgent['soundPerS']): string => {
  const known = Object.values(soundPerS ?? {})
  return known.length === 0 ? '–' : showRate(Math.max(...known))
}

export function renderAgents(agents: readonly ListedAgent[], realm: string, style: Style): string {
  if (agents.length === 0) return `no agents answer in the realm ${realm}; corerush agent starts one\n`
  const total = agents.reduce((sum, { workers }) => sum + workers, 0)
  const head = `${showMany(agents.length, 'agent')} with ${showMany(total, 'worker')} in the realm ${realm}`
  return `${head}\n${renderTable(COLUMNS, agents, style).join('\n')}\n`
}
