/**
 * The priority of the witness above that of the workers, so that it gets a core when a response has come, however busy they
 * are. Linux keeps a nice value for each thread; elsewhere nothing is changed.
 */
import { readlinkSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'

/** One step is a tenth of a core under contention: as little as makes a difference. */
const STEP_DOWN = 1

/** Raises the priority of this thread as far as it goes. Returns whether this process may do so. */
export function stepUp(): boolean {
  const thread = threadNumber()
  return thread !== null && mayRaise(thread)
}

/** Lowers the priority of this thread a little where the witness may not raise its own. */
export function stepDown(): void {
  const thread = threadNumber()
  if (thread === null) return
  const before = getPriority(thread)
  // To lower a priority needs no right.
  setPriority(
    thread,
    mayRaise(thread) ? before : Math.min(before + STEP_DOWN, constants.priority.PRIORITY_LOW),
  )
}

function mayRaise(thread: number): boolean {
  try {
    setPriority(thread, Math.min(getPriority(thread), constants.priority.PRIORITY_HIGH))
    return true
  } catch {
    return false
  }
}

/** The number of this thread in the kernel, which a priority of its own needs; `null` if it has none. */
function threadNumber(): number | null {
  if (process.platform !== 'linux') return null
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1))
  } catch {
    // Without /proc.
    return null
  }
}
