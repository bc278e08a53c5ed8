/** The person at the terminal: what is shown while a run goes on, and Ctrl-C. */
import { EXIT } from '../errors.ts'
import { LiveView } from '../output/live.ts'
import { ProgressLines, WarningLines } from '../output/progress.ts'
import type { Command } from './args.ts'
import { canReadKeys } from './keys.ts'
import { wantsColor } from './style.ts'

export type View = LiveView | ProgressLines | WarningLines

export function liveOutput({ switches }: Command): View {
  const { stderr } = process
  if (switches.get('quiet') === true) return new WarningLines(stderr)
  if (!stderr.isTTY || process.env['TERM'] === 'dumb') return new ProgressLines(stderr)
  return new LiveView(stderr, wantsColor(stderr, switches), canReadKeys(process.stdin))
}

/**
 * The first signal ends the load gracefully, the second one the process at once. Whatever else ends or suspends it, the
 * terminal is restored before, and the view resumed when it goes on.
 */
export function stopOnSignals({
  heard,
  restore,
  resume,
}: {
  heard: () => void
  restore: () => void
  resume: () => void
}): {
  readonly signal: AbortSignal
  /** Does what the first, or the second, Ctrl-C does. */
  readonly stop: () => void
  release(): void
} {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      restore()
      process.exit(codeOf(name))
    }
    controller.abort(name)
    heard()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  const onEnd = (name: NodeJS.Signals): void => {
    restore()
    process.off(name, onEnd)
    process.kill(process.pid, name)
  }
  const onSuspend = (): void => {
    restore()
    process.once('SIGCONT', resume)
    process.kill(process.pid, 'SIGSTOP')
  }
  process.on('SIGQUIT', onEnd)
  process.on('SIGTSTP', onSuspend)
  process.on('exit', restore)
  return {
    signal: controller.signal,
    stop: () => onSignal('SIGINT'),
    release() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
      process.off('SIGQUIT', onEnd)
      process.off('SIGTSTP', onSuspend)
      process.off('SIGCONT', resume)
      process.off('exit', restore)
    },
  }
}

const codeOf = (signal: unknown): number => (signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted)

/** The exit code that an aborted signal means. */
export const exitOf = ({ reason }: AbortSignal): number => codeOf(reason)
