/** The keys of the live view, as they are pressed on the terminal. */
import { readFileSync } from 'node:fs'
import type { ReadStream } from 'node:tty'
import type { ViewKey } from '../output/live/live-view.ts'

/** What the load is multiplied by. */
const LOAD_KEYS: Readonly<Record<string, number>> = { '+': 1.1, '-': 0.9 }
const VIEW_KEYS: Readonly<Record<string, ViewKey>> = {
  ...{ p: 'pause', '?': 'help', h: 'help', a: 'agents' },
  '\t': 'table',
}
/** What Ctrl-C is where the terminal does not make a signal of it. */
const CTRL_C = '\u0003'
/** What else it makes no signal of, while keys are read one by one. */
const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = { '\u001a': 'SIGTSTP', '\u001c': 'SIGQUIT' }

/** Keys that are listened to, until `pause`, which leaves the terminal as it was. */
export interface Keys {
  pause(): void
  resume(): void
}

/** Handlers of keys. */
export interface KeyListener {
  readonly stop: () => void
  readonly view: (key: ViewKey) => void
  /** Multiplies the load by this factor. */
  readonly load: (by: number) => void
}

/** Whether keys can be read: a terminal, and not one that belongs to another job, which reading would stop this one for. */
export const canReadKeys = (input: ReadStream): boolean => input.isTTY && isForeground()

/** Tells of each key. Keeps no process alive. */
export function watchKeys(input: ReadStream, { stop, view, load }: KeyListener): Keys {
  const onData = (keys: Buffer): void => {
    for (const key of keys.toString('latin1'))
      if (key === 'q' || key === CTRL_C) stop()
      else if (LOAD_KEYS[key] !== undefined) load(LOAD_KEYS[key])
      else if (VIEW_KEYS[key] !== undefined) view(VIEW_KEYS[key])
      // All of the job, as the terminal would have it.
      else if (SIGNALS[key] !== undefined) process.kill(0, SIGNALS[key])
  }
  const pause = (): void => {
    input.off('data', onData).off('error', pause)
    input.setRawMode(false)
    input.pause()
  }
  const resume = (): void => {
    input.setRawMode(true)
    // A terminal that goes away has no keys any more, and that is all.
    input.on('data', onData).on('error', pause)
    input.unref()
  }
  resume()
  return { pause, resume }
}

/** By the kernel's account of the terminal, where there is one: its foreground group is ours. */
function isForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    // After the name, which may hold anything but ends with the last parenthesis: state, parent, group, session, terminal, its group.
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return group === foreground
  } catch {
    return true
  }
}
