/** The person at the terminal: what is shown while a run goes on, and Ctrl-C. */
import { messageOf } from '../errors.ts'
import type { RunControl } from '../host/control.ts'
import { LiveView } from '../output/live/live-view.ts'
import { ProgressLines, WarningLines } from '../output/live/progress.ts'
import type { Command } from './command.ts'
import { canReadKeys, watchKeys, type Keys } from './keys.ts'
import { listenToSignals, type StopSignal } from './stop-signals.ts'
import { wantsColor } from './style.ts'

export type View = LiveView | ProgressLines | WarningLines

export interface Terminal {
  /** Aborted by the first Ctrl-C, `q`, SIGTERM or SIGHUP. */
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

/** `heard` is called with an order to stop that comes from here. */
export function watchTerminal(command: Command, heard: () => void): Terminal {
  let live = liveOutput(command)
  let control: RunControl | null = null
  const isAttended = canReadKeys(process.stdin)
  const stopping = (signal: StopSignal | null = null): void => {
    if ('stopping' in live) live.stopping(signal)
  }
  let keys: Keys | null = null
  const restoreView = (): void => {
    if (live instanceof LiveView) live.restore()
  }
  const restore = (): void => {
    keys?.pause()
    restoreView()
  }
  const signals = listenToSignals({
    heard(signal) {
      stopping(signal)
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
