/**
 * The iterations under way in a worker, from before their first request is sent until everything about them is
 * recorded. Once the load has ended none starts any more, and when none is left the worker is drained.
 */
export class UnderWay {
  readonly #onDrained: () => void
  #count = 0
  #changes = 0
  #isClosed = false

  /** `onDrained` is called when the load has ended and nothing is under way any more. */
  constructor(onDrained: () => void) {
    this.#onDrained = onDrained
  }

  /** Whether the load has ended. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** How often something has started or ended. */
  get changes(): number {
    return this.#changes
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Starts an iteration; returns `false` if the load has ended. */
  start(): boolean {
    if (this.#isClosed) return false
    this.startLast()
    return true
  }

  /** Starts the last thing that a user does, which may be after the load has ended. */
  startLast(): void {
    this.#count++
    this.#changes++
  }

  /** Ends what was started; to be called last. */
  end(): void {
    this.#count--
    this.#changes++
    if (this.#isClosed && this.#count === 0) this.#onDrained()
  }

  /** The load has ended. */
  close(): void {
    this.#isClosed = true
  }
}
