/** What the doctor found, for a person. Pure. */
import type { HostLimits, Trial } from '../../core/plan/sound-capacity.ts'
import { showBytes, showCount, showRate } from '../../core/units.ts'
import { renderLine, type Style } from './paint.ts'
import { renderTable, type Column } from './text-table.ts'

const NOT_AVAILABLE = 'not available here'

export function renderLimits(limits: HostLimits, style: Style): string {
  const { affinity, cores, cpuQuota, descriptors, ports, somaxconn, load1 } = limits
  const count = (n: number | null): string => (n === null ? NOT_AVAILABLE : showCount(n))
  const rows: [string, string][] = [
    [
      'cores',
      `${limits.usableCores} usable of ${cores} (${limits.cpuModel})` +
        (affinity < cores ? `; ${affinity} by affinity` : '') +
        (cpuQuota === null ? '' : `; a quota of ${cpuQuota.toFixed(1)}`),
    ],
    ['files', `${count(descriptors)} open at once${descriptors === null ? '' : ', one for each user'}`],
    [
      'ports',
      ports === null
        ? NOT_AVAILABLE
        : `${ports.from}–${ports.to}: ${showCount(ports.to - ports.from + 1)} connections to one address, each held for a minute after it is closed`,
    ],
    ['backlog', `${count(somaxconn)} connections waiting for a server here (net.core.somaxconn)`],
    [
      'memory',
      `${limits.memoryAvailableBytes === null ? '' : `${showBytes(limits.memoryAvailableBytes)} available of `}${showBytes(limits.memoryBytes)}`,
    ],
    ['load', load1 === null ? NOT_AVAILABLE : `${load1.toFixed(2)} in the last minute`],
  ]
  return (
    [
      renderLine([['this host', 'bold']], style),
      ...rows.map(([title, text]) => renderLine([[title.padEnd(10), 'dim'], text], style)),
    ].join('\n') + '\n'
  )
}

const COLUMNS: Column<Trial>[] = [
  { title: 'transport', align: 'left', cell: ({ transport }) => transport },
  { title: 'workers', cell: ({ workers }) => String(workers) },
  { title: 'full speed/s', rank: 2, cell: ({ fullPerS }) => showRate(fullPerS) },
  { title: 'sound up to/s', cell: ({ soundPerS }) => (soundPerS === null ? 'none' : showRate(soundPerS)) },
  { title: 'beyond it', rank: 1, align: 'left', cell: ({ hindrance }) => hindrance ?? '' },
]

/** `keptIn` is the file in which later runs find it; null when it could not be kept. */
export function renderTrials(trials: readonly Trial[], keptIn: string | null, style: Style): string {
  const isNone = trials.every(({ soundPerS }) => soundPerS === null)
  return [
    ...renderTable(COLUMNS, trials, style),
    renderLine(
      [
        [
          'against the embedded target, in a process of its own on this host: a target elsewhere leaves more',
          'dim',
        ],
      ],
      style,
    ),
    ...(isNone
      ? [
          'no rate came out sound, and nothing was kept: something else wants the cores; try again when it is quiet',
        ]
      : []),
    ...(keptIn === null ? [] : [renderLine([[`kept in ${keptIn}`, 'dim']], style)]),
    '',
  ].join('\n')
}
