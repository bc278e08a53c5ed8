/** Vitals of each worker in the last second. */
import { showBytes, showCount, showMs, showPercent } from '../../core/units.ts'
import type { WorkerVitals } from '../../core/measure/worker-vitals.ts'
import { section } from '../parts/element.ts'
import { table } from '../parts/sortable-table.ts'

/** `nameOf` gives the name of a thread by its number; `inAll` is how many there are, if these are the worst of them. */
export const workers = (
  all: readonly WorkerVitals[],
  nameOf: (number: number) => string,
  inAll: number | null,
): HTMLElement =>
  section(
    'workers',
    `${inAll === null ? 'Workers' : `The worst of ${showCount(inAll)} workers`}, in the last second`,
    table<WorkerVitals>({
      label: 'Workers',
      rows: all,
      columns: [
        {
          title: 'worker',
          cell: ({ worker }) => nameOf(worker).replace('worker ', ''),
          by: ({ worker }) => worker,
        },
        {
          title: 'busy',
          hint: 'share of the second in which its event loop had work',
          cell: ({ utilization }) => showPercent(utilization),
          by: ({ utilization }) => utilization,
        },
        {
          title: 'cpu',
          hint: 'share of the second on a core',
          cell: ({ cpu }) => showPercent(cpu),
          by: ({ cpu }) => cpu,
        },
        {
          title: 'run queue',
          hint: 'time spent ready to run, waiting for a core',
          cell: ({ runQueueMs }) => showMs(runQueueMs),
          by: ({ runQueueMs }) => runQueueMs,
        },
        {
          title: 'lag p99',
          hint: 'how late iterations started',
          cell: ({ lagMs }) => showMs(lagMs?.p99 ?? null),
          by: ({ lagMs }) => lagMs?.p99 ?? null,
        },
        {
          title: 'loop delay',
          cell: ({ loopDelayMs }) => showMs(loopDelayMs?.max ?? null),
          by: ({ loopDelayMs }) => loopDelayMs?.max ?? null,
        },
        { title: 'gc', cell: ({ gcMs }) => showMs(gcMs), by: ({ gcMs }) => gcMs },
        { title: 'heap', cell: ({ heapBytes }) => showBytes(heapBytes), by: ({ heapBytes }) => heapBytes },
      ],
    }),
  )
