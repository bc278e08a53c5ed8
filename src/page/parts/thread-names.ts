/** Names of the threads of the load: the witness has the number after those of the workers. */
import type { ReportView } from '../../output/view/view.ts'

export const threadNames =
  ({ workers, witness }: Pick<ReportView['report'], 'workers' | 'witness'>) =>
  (number: number): string =>
    witness !== null && number === workers ? 'witness' : `worker ${number}`
