/**
 * Errors of a scenario's code that no task awaits: rejected promises, and exceptions of its timers and event emitters. They
 * are counted as task errors and fail the run as such; by default each of them would end the thread.
 */
import type { KnownSecrets } from '../../core/request/known-secrets.ts'
import { NOT_AWAITED } from '../../core/measure/task-error.ts'
import { messageOf } from '../../errors.ts'
import { placeOf, traceOf } from '../../scenario/file.ts'
import type { Recorder } from '../record/recorder.ts'
import { oneLine } from '../transport/fault.ts'
import { LONGEST_THROWN } from './script-user.ts'
import type { Watch } from './watch.ts'

/** Counts the stray errors of this thread, which has loaded this scenario file, until it ends. */
export function countStrayErrors(
  file: string,
  recorder: Recorder,
  secrets: KnownSecrets,
  watch: Watch | null,
  nowUs: () => number,
): void {
  const count = (thrown: unknown): void => {
    const message = oneLine(secrets.hide(messageOf(thrown).slice(0, LONGEST_THROWN)))
    watch?.failed(NOT_AWAITED, message, thrown)
    recorder.notAwaited({ message, place: placeOf(file, thrown) }, nowUs(), () => traceOf(thrown))
  }
  process.on('unhandledRejection', count)
  const onException = (thrown: unknown): void => {
    if (placeOf(file, thrown) !== null) {
      count(thrown)
      return
    }
    // A fault of the generator itself ends the thread.
    process.off('uncaughtException', onException)
    setImmediate(() => {
      throw thrown
    })
  }
  process.on('uncaughtException', onException)
}
