/** The agents of a run on several hosts, as the report has them. */
import { showBytes, showClock, showMs, showPercent } from '../../core/units.ts'
import type { AgentView, ReportView } from '../../output/view/view.ts'
import { section } from './element.ts'
import { table } from './sortable-table.ts'

/** `null` on one host. */
export const agentTable = ({ agents }: ReportView): HTMLElement | null =>
  agents.length === 0
    ? null
    : section(
        'hosts',
        'Agents',
        table<AgentView>({
          label: 'Agents of the run',
          rows: agents,
          columns: [
            { title: 'agent', isText: true, cell: ({ name }) => name, by: ({ name }) => name },
            {
              title: 'workers',
              cell: ({ workers }) => String(countOf(workers)),
              by: ({ workers }) => countOf(workers),
            },
            {
              title: 'busiest, mean',
              hint: 'utilization of the busiest of its workers, over the load',
              cell: ({ busy }) => showPercent(busy.mean),
              by: ({ busy }) => busy.mean,
            },
            { title: 'max', cell: ({ busy }) => showPercent(busy.max), by: ({ busy }) => busy.max },
            {
              title: 'clock ±',
              hint: 'the most that its clock can have differed from that of the run',
              cell: ({ clock }) => showMs(clock?.boundMs ?? null),
              by: ({ clock }) => clock?.boundMs ?? null,
            },
            {
              title: 'ended',
              isText: true,
              cell: endOf,
              mark: ({ lost, stoppedBy }) => (lost === null && stoppedBy === null ? null : 'failed'),
            },
            { title: 'host', isText: true, cell: hostOf },
            { title: 'labels', isText: true, cell: labelsOf },
          ],
        }),
      )

const countOf = ([first, last]: AgentView['workers']): number => last - first + 1

const endOf = ({ lost, stoppedBy }: AgentView): string => {
  if (lost !== null) return `lost at ${showClock(lost.second)}: ${lost.message}`
  if (stoppedBy === null) return 'with the run'
  return stoppedBy === 'lease' ? 'early: it heard nothing for the lease' : 'early: SIGTERM'
}

const hostOf = ({ host }: AgentView): string =>
  `${host.cpuModel}, ${host.cores} ${host.cores === 1 ? 'core' : 'cores'}, ${showBytes(host.memoryBytes)}, Node ${host.node}`

const labelsOf = ({ labels }: AgentView): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ') || '–'
