/** The agents of a run on several hosts, in the last second. */
import { workerLabel } from '../../core/measure/worker-label.ts'
import { showCount, showMs, showPercent } from '../../core/units.ts'
import type { AgentNow } from '../../output/web/web-messages.ts'
import { section } from '../parts/element.ts'
import { table } from '../parts/sortable-table.ts'

const BAD: ReadonlySet<AgentNow['state']> = new Set(['silent', 'lost'])

export const agents = (all: readonly AgentNow[]): HTMLElement =>
  section(
    'agents',
    'Agents, in the last second',
    table<AgentNow>({
      label: 'Agents',
      rows: all,
      columns: [
        { title: 'agent', isText: true, cell: ({ name }) => name, by: ({ name }) => name },
        {
          title: 'state',
          isText: true,
          cell: ({ state }) => state,
          by: ({ state }) => state,
          mark: ({ state }) => (BAD.has(state) ? 'failed' : null),
        },
        {
          title: 'heard',
          hint: 'time since its last word, when this second was shown',
          cell: ({ state, heardS }) => (state === 'ended' ? '–' : `${heardS.toFixed(1)} s ago`),
          by: ({ heardS }) => heardS,
        },
        {
          title: 'clock ±',
          hint: 'the most that its clock can differ from that of the run',
          cell: ({ boundMs }) => showMs(boundMs),
          by: ({ boundMs }) => boundMs,
        },
        {
          title: 'busiest worker',
          hint: 'share of the second in which its event loop had work',
          cell: ({ busiest, ...agent }) =>
            busiest === null
              ? '–'
              : `${showPercent(busiest.utilization)} (${workerLabel(busiest.worker, [agent])})`,
          by: ({ busiest }) => busiest?.utilization ?? null,
        },
        {
          title: 'cores',
          hint: 'busy share of all its cores together, by all processes',
          cell: ({ coresBusy }) => showPercent(coresBusy),
          by: ({ coresBusy }) => coresBusy,
        },
        { title: 'users', cell: ({ users }) => showCount(users), by: ({ users }) => users },
        { title: 'in flight', cell: ({ inFlight }) => showCount(inFlight), by: ({ inFlight }) => inFlight },
        { title: 'requests/s', cell: ({ finished }) => showCount(finished), by: ({ finished }) => finished },
      ],
    }),
  )
