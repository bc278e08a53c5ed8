/** The pauses that a user makes within a task; several at once when it does several things at once. */
import type { Random } from '../../core/random.ts'
import { nextDueUs, parseWait } from '../../core/load/wait-time.ts'

interface Pause {
  readonly untilUs: number
  readonly resolve: () => void
}

export class Pauses {
  readonly #pauses = new Set<Pause>()

  add(untilUs: number, resolve: () => void): void {
    this.#pauses.add({ untilUs, resolve })
  }

  /** When the next one is over; Infinity without one. */
  get nextUs(): number {
    let nextUs = Infinity
    for (const { untilUs } of this.#pauses) nextUs = Math.min(nextUs, untilUs)
    return nextUs
  }

  get areOver(): boolean {
    return this.#pauses.size === 0
  }

  /** Ends those that are over. */
  wake(nowUs: number): void {
    for (const pause of this.#pauses) {
      if (pause.untilUs > nowUs) continue
      this.#pauses.delete(pause)
      pause.resolve()
    }
  }

  /** Drops the pauses: their tasks do not go on. */
  clear(): void {
    this.#pauses.clear()
  }
}

/** Until when a pause lasts that begins now and is as long as this says. */
export function pauseUntilUs(pause: string | number, nowUs: number, random: Random): number {
  const wait = parseWait(String(pause))
  if ('problem' in wait || wait.value.kind === 'pacing' || wait.value.kind === 'throughput')
    throw new TypeError(`think needs a pause such as 1s or 0.5s-2s, got "${pause}"`)
  return nextDueUs(wait.value, 0, nowUs, random)
}
