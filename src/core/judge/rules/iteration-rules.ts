/** Iterations whose code never ended. */
import { showCount, showPercent } from '../../units.ts'
import type { Evidence, Reason } from './evidence.ts'
import { MOST_STUCK } from './limits.ts'

/** Tasks waited for something that the generator does not know when the drain ended: their users did nothing more. */
export function stuckIterations({ rows, iterations, loadEndS }: Evidence): Reason[] {
  const { stuck, finished, unfinished } = iterations
  if (stuck === 0) return []
  const share = stuck / (finished + unfinished)
  return [
    {
      code: 'iterations.stuck',
      level: share > MOST_STUCK ? 'suspect' : 'note',
      message: `${showCount(stuck)} of ${showCount(finished + unfinished)} iterations (${showPercent(share)}) never ended: their tasks waited neither for a response nor in think()`,
      advice: 'the task errors name the tasks: give what they wait for a time-out of its own',
      fromS: Math.min(rows.length - 1, Math.floor(loadEndS)),
      toS: rows.length - 1,
    },
  ]
}
