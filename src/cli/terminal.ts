/** The person at the terminal: what is shown while a run goes on, and Ctrl-C. */
import { messageOf } from '../errors.ts'
import type { RunControl } from '../host/control.ts'
import { LiveView } from '../output/live/live-view.ts'
import { ProgressLines, WarningLines } from '../output/live/progress.ts'
import type { Command } from './command.ts'
import { canReadKeys, watchKeys, type Keys } from './keys.ts'
import { listenToSignals, type StopSignal, type StopSignals } from './stop-signals.ts'
import { wantsColor } from './style.ts'

export type View = LiveView | ProgressLines | WarningLines

/** `heard` is called with an order to stop that comes from here. */
export class Terminal {
  /** Whether somebody is there, who can end with Ctrl-C what stays. */
  readonly isAttended = canReadKeys(process.stdin)
  readonly #command: Command
  readonly #signals: StopSignals
  /** `null` if keys are not read. */
  readonly #keys: Keys | null
  #view: View
  #control: RunControl | null = null

  constructor(command: Command, heard: () => void) {
    this.#command = command
    this.#view = viewOf(command)
    this.#signals = listenToSignals({
      heard: (signal) => {
        this.#showStopping(signal)
        heard()
      },
      restore: () => this.#restore(),
      resume: () => {
        this.#keys?.resume()
        this.#live?.resume()
      },
    })
    this.#keys = this.isAttended && this.#live !== null ? this.#watchKeys() : null
  }

  /** Aborted by the first Ctrl-C, `q`, SIGTERM or SIGHUP. */
  get signal(): AbortSignal {
    return this.#signals.signal
  }

  /** Whether keys are read: there is a live view that shows them. */
  get hasKeys(): boolean {
    return this.#keys !== null
  }

  /** The control of the last run that has begun; `null` before the first. */
  get control(): RunControl | null {
    return this.#control
  }

  /** The view of the next run. */
  next(): View {
    return (this.#view = viewOf(this.#command))
  }

  /** There is no run, and so nothing to show or to stop; keys are read on. */
  rest(): void {
    this.#signals.forget()
    this.#live?.restore()
    this.#view = new WarningLines(process.stderr)
  }

  /** The run has begun, and its load can be changed, by keys too. */
  readonly begun = (control: RunControl): void => {
    this.#control = control
  }

  /** The order to stop came from elsewhere: it counts as the first Ctrl-C, until `rest`. */
  stopping(): void {
    this.#signals.note()
    this.#showStopping(null)
  }

  /** Leaves the terminal as it was. */
  release(): void {
    this.#restore()
    this.#signals.release()
  }

  /** The view that is redrawn in place; `null` if lines are written. */
  get #live(): LiveView | null {
    return this.#view instanceof LiveView ? this.#view : null
  }

  #watchKeys(): Keys {
    return watchKeys(process.stdin, {
      stop: this.#signals.stop,
      view: (key) => this.#live?.press(key),
      load: (by) => {
        this.#control?.amend({ by, overS: 0 }).catch((error: unknown) => this.#live?.warn(messageOf(error)))
      },
    })
  }

  #showStopping(signal: StopSignal | null): void {
    if ('stopping' in this.#view) this.#view.stopping(signal)
  }

  #restore(): void {
    this.#keys?.pause()
    this.#live?.restore()
  }
}

function viewOf({ switches }: Command): View {
  const { stderr } = process
  if (switches.get('quiet') === true) return new WarningLines(stderr)
  if (!stderr.isTTY || process.env['TERM'] === 'dumb') return new ProgressLines(stderr)
  return new LiveView(stderr, wantsColor(stderr, switches), canReadKeys(process.stdin))
}
