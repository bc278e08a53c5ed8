/** Findings of `corerush doctor` as text. Pure. */
import { machineAdvice, type MachineFacts } from '../../core/measure/machine-facts.ts'
import { predictedWait } from '../../core/plan/predicted-wait.ts'
import type { HostLimits, Trial } from '../../core/plan/sound-capacity.ts'
import { showBytes, showCount, showMs, showRate } from '../../core/units.ts'
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
    ['files', `${count(descriptors)} open at once${descriptors === null ? '' : ', one per user'}`],
    [
      'ports',
      ports === null
        ? NOT_AVAILABLE
        : `${ports.from}–${ports.to}: ${showCount(ports.to - ports.from + 1)} connections to one address; a closed one blocks its port for a minute`,
    ],
    ['backlog', `${count(somaxconn)} connections queued for a server on this host (net.core.somaxconn)`],
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

/** The settings of this machine that matter, and the commands that change those that disturb. */
export function renderMachine(facts: MachineFacts, style: Style): string {
  const word = (value: boolean | null, yes: string, no: string): string =>
    value === null ? NOT_AVAILABLE : value ? yes : no
  const rows: [string, string][] = [
    ['kernel', facts.kernel ?? NOT_AVAILABLE],
    ['governor', facts.governor ?? NOT_AVAILABLE],
    ['turbo', word(facts.turbo, 'on', 'off')],
    [
      'sleep',
      facts.sleepState === null ? NOT_AVAILABLE : `down to ${facts.sleepState}, ${facts.wakeUpUs} µs to wake`,
    ],
    ['SMT', word(facts.smt, 'on', 'off')],
    [
      'machine',
      `${word(facts.virtualMachine, 'virtual', 'physical')}; container: ${word(facts.container, 'yes', 'no')}`,
    ],
    ['clock', facts.clockSource ?? NOT_AVAILABLE],
  ]
  return (
    [
      ...rows.map(([title, text]) => renderLine([[title.padEnd(10), 'dim'], text], style)),
      ...machineAdvice(facts).flatMap(({ message, command }) => [
        renderLine([['! ', 'yellow'], message], style),
        renderLine([[`  ${command}`, 'dim']], style),
      ]),
    ].join('\n') + '\n'
  )
}

const COLUMNS: Column<Trial>[] = [
  { title: 'transport', align: 'left', cell: ({ transport }) => transport },
  { title: 'workers', cell: ({ workers }) => String(workers) },
  { title: 'full speed/s', rank: 2, cell: ({ fullPerS }) => showRate(fullPerS) },
  { title: 'sound up to/s', cell: ({ soundPerS }) => (soundPerS === null ? 'none' : showRate(soundPerS)) },
  {
    title: 'waits p99',
    rank: 3,
    cell: ({ workers, fullPerS, soundPerS }) =>
      soundPerS === null ? '' : showMs(predictedWait(soundPerS / workers, fullPerS / workers)?.p99Ms ?? null),
  },
  { title: 'limited by', rank: 1, align: 'left', cell: ({ hindrance }) => hindrance ?? '' },
]

/** `keptIn` is the file in which later runs find the result; `null` if it could not be written. */
export function renderTrials(trials: readonly Trial[], keptIn: string | null, style: Style): string {
  const isNone = trials.every(({ soundPerS }) => soundPerS === null)
  return [
    ...renderTable(COLUMNS, trials, style),
    renderLine(
      [
        [
          'measured against the embedded target on this host; a target on another host leaves more for the generator',
          'dim',
        ],
      ],
      style,
    ),
    ...(isNone
      ? ['no rate was sound, so nothing was saved: other processes use the cores; try again on an idle host']
      : []),
    ...(keptIn === null ? [] : [renderLine([[`saved in ${keptIn}`, 'dim']], style)]),
    '',
  ].join('\n')
}
