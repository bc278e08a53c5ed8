/** Names of the threads of the load: the witness has the number after those of the workers. */
import { workerLabel } from '../../core/measure/worker-label.ts'
import type { ReportView } from '../../output/view/view.ts'

type Agents = Partial<Pick<ReportView['report'], 'agents'>>

export const threadNames =
  ({ workers, witness, agents }: Pick<ReportView['report'], 'workers' | 'witness'> & Agents) =>
  (number: number): string =>
    witness !== null && number === workers ? 'witness' : `worker ${workerLabel(number, agents ?? null)}`
