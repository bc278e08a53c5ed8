/** The person at the terminal: what is shown while a run goes on, and Ctrl-C. */
import { EXIT, messageOf } from '../errors.ts'
import type { RunControl } from '../host/control.ts'
import { LiveView } from '../output/live/live-view.ts'
import { ProgressLines, WarningLines } from '../output/live/progress.ts'
import type { Command } from './command.ts'
import { canReadKeys, watchKeys, type Keys } from './keys.ts'
import { wantsColor } from './style.ts'

export type View = LiveView | ProgressLines | WarningLines

export interface Terminal {
  /** Aborted by the first Ctrl-C, `q` or SIGTERM. */
  readonly signal: AbortSignal
  /** Whether somebody is there, who can end with Ctrl-C what stays. */
  readonly isAttended: boolean
  /** Whether their keys are read: there is a live view that tells of them. */
  readonly hasKeys: boolean
  /** The view of the next run. */
  next(): View
  /** There is no run, and so nothing to show or to stop; keys are read on. */
  rest(): void
  /** The run has begun, and its load can be changed, by keys too. */
  readonly begun: (control: RunControl) => void
  /** Null before the first run has begun. */
  readonly control: RunControl | null
  /** The order to stop came from elsewhere: it counts as the first Ctrl-C, until `rest`. */
  stopping(): void
  /** Leaves the terminal as it was. */
  release(): void
}

/** `heard` is told of the order to stop that comes from here. */
export function watchTerminal(command: Command, heard: () => void): Terminal {
  let live = liveOutput(command)
  let control: RunControl | null = null
  const isAttended = canReadKeys(process.stdin)
  const stopping = (): void => {
    if ('stopping' in live) live.stopping()
  }
  let keys: Keys | null = null
  const restoreView = (): void => {
    if (live instanceof LiveView) live.restore()
  }
  const restore = (): void => {
    keys?.pause()
    restoreView()
  }
  const signals = stopOnSignals({
    heard() {
      stopping()
      heard()
    },
    restore,
    resume() {
      keys?.resume()
      if (live instanceof LiveView) live.resume()
    },
  })
  if (live instanceof LiveView && isAttended)
    keys = watchKeys(process.stdin, {
      stop: signals.stop,
      view(key) {
        if (live instanceof LiveView) live.press(key)
      },
      load(by) {
        control?.amend({ by, overS: 0 }).catch((error: unknown) => {
          if (live instanceof LiveView) live.warn(messageOf(error))
        })
      },
    })
  return {
    signal: signals.signal,
    isAttended,
    hasKeys: keys !== null,
    next: () => (live = liveOutput(command)),
    rest() {
      signals.forget()
      restoreView()
      live = new WarningLines(process.stderr)
    },
    begun: (run) => (control = run),
    get control() {
      return control
    },
    stopping() {
      signals.note()
      stopping()
    },
    release() {
      restore()
      signals.release()
    },
  }
}

function liveOutput({ switches }: Command): View {
  const { stderr } = process
  if (switches.get('quiet') === true) return new WarningLines(stderr)
  if (!stderr.isTTY || process.env['TERM'] === 'dumb') return new ProgressLines(stderr)
  return new LiveView(stderr, wantsColor(stderr, switches), canReadKeys(process.stdin))
}

/**
 * The first signal ends the load gracefully, the second one the process at once. Whatever else ends or suspends it, the
 * terminal is restored before, and the view resumed when it goes on.
 */
function stopOnSignals({
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
  /** The first one was given in another way, until `forget`. */
  note(): void
  forget(): void
  release(): void
} {
  const controller = new AbortController()
  let isNoted = false
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted || isNoted) {
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
    note: () => (isNoted = true),
    forget: () => (isNoted = false),
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
