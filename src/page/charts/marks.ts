/** Spans of time marked in charts: unmeasured seconds, and seconds named by the verdict. */
import type { ReportView } from '../../output/view/view.ts'
import type { Shade } from './plot.ts'

/** Warm-up, drain, and seconds that a worker did not report. */
export const marks = ({ warmupEndS, drainS, endS, incomplete }: ReportView): Shade[] => [
  ...(warmupEndS > 0 ? [{ fromS: 0, toS: warmupEndS, color: 'mark', label: 'warm-up' } as const] : []),
  ...(drainS < endS ? [{ fromS: drainS, toS: endS, color: 'mark', label: 'drain' } as const] : []),
  ...incomplete.map((second): Shade => ({
    fromS: second,
    toS: second + 1,
    color: 'mark',
    label: 'incomplete',
  })),
]

/** The place of the agent that has this worker. */
const placeOf = (worker: number, agents: ReportView['agents']): number =>
  agents.findIndex(({ workers: [first, last] }) => worker >= first && worker <= last)

/** The seconds of each reason of the verdict above the level of a note. */
export const blamed = ({ report, workers, agents }: ReportView): (Shade & { readonly unit?: number })[] =>
  report.verdict.reasons
    .filter(({ level }) => level !== 'note')
    .map(({ code, fromS, toS, worker }) => ({
      fromS,
      toS: toS + 1,
      color: 'blame',
      label: code,
      ...(worker === undefined ? {} : { unit: workers.of === 'worker' ? worker : placeOf(worker, agents) }),
    }))
