/** What a person must know of a log that is replayed. */
import type { ReplayPlan } from '../resolve/replay-options.ts'
import { showCount } from '../units.ts'

/** What of the log is not sent, and what is sent otherwise than it was; for warnings of a run, and for a dry run. */
export function replayWarnings({ leftOut, hasUnsafe, wasUnordered, file }: ReplayPlan): string[] {
  return [
    ...leftOut.map(
      ({ reason, lines, firstLine }) =>
        `of ${file}, ${showCount(lines)} ${reason} are not replayed, the first in line ${firstLine}${hint(reason, hasUnsafe)}`,
    ),
    ...(wasUnordered ? [`the lines of ${file} were not in the order of time, and were sorted`] : []),
  ]
}

const hint = (reason: string, hasUnsafe: boolean): string =>
  !hasUnsafe && reason.endsWith('whose bodies are not in the log')
    ? '; --replay-unsafe sends them without bodies'
    : ''

/** "replay of access.log at 2×". */
export const replayTitle = ({ file, speed }: ReplayPlan): string =>
  `replay of ${file.replace(/^.*[/\\]/s, '')} at ${speed}×`

/** "of whole seconds, the requests of each spread evenly over it". */
export const stampWords = ({ isSpread }: ReplayPlan): string =>
  isSpread
    ? 'instants of whole seconds, the requests of each spread evenly over it'
    : 'instants as they are in the log'
