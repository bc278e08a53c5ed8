/** Orders to stop that come as signals: the first ends the load gracefully, a later one the process at once. */
import { EXIT } from '../errors.ts'

/** The signals that end the load, and the exit code that each means. */
export const STOP_SIGNALS = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.hungUp,
} as const
export type StopSignal = keyof typeof STOP_SIGNALS

/**
 * Orders that come within this time of the first are the same order: npm and shells send a signal to the whole group of
 * processes and then pass it on, so that it comes twice.
 */
const SAME_ORDER_MS = 500

/** Tells the first order to stop from later ones. */
export class StopOrders {
  #firstMs: number | null = null

  /** What an order means that comes at this time, by any monotonic clock in ms. */
  order(nowMs: number): 'first' | 'same' | 'again' {
    if (this.#firstMs === null) {
      this.#firstMs = nowMs
      return 'first'
    }
    return nowMs - this.#firstMs < SAME_ORDER_MS ? 'same' : 'again'
  }

  /** The next order is a first one again. */
  forget(): void {
    this.#firstMs = null
  }
}

export interface StopSignals {
  /** Aborted by the first order that comes as a signal or by `stop`; its reason is the name of the signal. */
  readonly signal: AbortSignal
  /** Does what Ctrl-C does. */
  readonly stop: () => void
  /** Counts an order that was carried out elsewhere as the first one, until `forget`. */
  note(): void
  forget(): void
  release(): void
}

/**
 * Listens to signals. Before the process ends or is suspended by one, `restore` is called; `resume` when it continues.
 * `heard` is called with the first order to stop.
 */
export function listenToSignals({
  heard,
  restore,
  resume,
}: {
  heard: (signal: StopSignal) => void
  restore: () => void
  resume: () => void
}): StopSignals {
  const controller = new AbortController()
  const orders = new StopOrders()
  const onStop = (name: StopSignal): void => {
    const meaning = orders.order(performance.now())
    if (meaning === 'same') return
    if (meaning === 'again' || controller.signal.aborted) {
      restore()
      process.exit(STOP_SIGNALS[name])
    }
    controller.abort(name)
    heard(name)
  }
  const onQuit = (name: NodeJS.Signals): void => {
    restore()
    process.off(name, onQuit)
    process.kill(process.pid, name)
  }
  const onSuspend = (): void => {
    restore()
    process.once('SIGCONT', resume)
    process.kill(process.pid, 'SIGSTOP')
  }
  for (const name of Object.keys(STOP_SIGNALS)) process.on(name, onStop)
  process.on('SIGQUIT', onQuit)
  process.on('SIGTSTP', onSuspend)
  process.on('exit', restore)
  return {
    signal: controller.signal,
    stop: () => onStop('SIGINT'),
    note: () => void orders.order(performance.now()),
    forget: () => orders.forget(),
    release() {
      for (const name of Object.keys(STOP_SIGNALS)) process.off(name, onStop)
      process.off('SIGQUIT', onQuit)
      process.off('SIGTSTP', onSuspend)
      process.off('SIGCONT', resume)
      process.off('exit', restore)
    },
  }
}

/** The exit code that an aborted signal means. */
export const exitOf = ({ reason }: AbortSignal): number =>
  Object.hasOwn(STOP_SIGNALS, String(reason)) ? STOP_SIGNALS[reason as StopSignal] : EXIT.interrupted
