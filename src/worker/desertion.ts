/** Reports that this worker will start nothing more by itself, unless an amendment comes. */
import type { FromWorker } from '../protocol.ts'

export class Desertion {
  readonly #tell: (message: FromWorker) => void
  #amendments = 0
  #isSpent = false

  constructor(tell: (message: FromWorker) => void) {
    this.#tell = tell
  }

  /** All users have stopped by themselves, or there were none. */
  readonly deserted = (): void => {
    this.#tell({ type: 'deserted', amendments: this.#amendments })
  }

  /** Every row of the data has its iteration, which no amendment changes. */
  readonly spent = (): void => {
    this.#isSpent = true
    this.deserted()
  }

  /** Counts an amendment, before it is carried out: what is reported from now on knows of it. */
  amended(): void {
    this.#amendments++
  }

  /** Repeats the report after an amendment that could not change it. */
  remain(): void {
    if (this.#isSpent) this.deserted()
  }
}
