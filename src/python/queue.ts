/** `queue.Queue`: values of this worker, handed from one user to another. */
import { error, notTranslated } from './python-error.ts'

export class Queue {
  readonly #values: any[] = []
  readonly #isStack: boolean
  readonly #most: number

  constructor(most: any = 0, isStack = false) {
    this.#most = Number(most)
    this.#isStack = isStack
  }

  put(value: any): void {
    if (this.full()) notTranslated('put() into a full queue, which waits')
    this.#values.push(value)
  }

  put_nowait(value: any): void {
    if (this.full()) throw error('Full')
    this.#values.push(value)
  }

  /** In Python it waits until there is a value, unless `isWaiting` is false or there is a time-out. */
  get(isWaiting: any = true): any {
    if (this.empty() && isWaiting !== false) notTranslated('get() of an empty queue, which waits')
    return this.get_nowait()
  }

  get_nowait(): any {
    if (this.empty()) throw error('Empty')
    return (this.#isStack ? this.#values.pop() : this.#values.shift()) as unknown
  }

  qsize(): number {
    return this.#values.length
  }

  empty(): boolean {
    return this.#values.length === 0
  }

  full(): boolean {
    return this.#most > 0 && this.#values.length >= this.#most
  }
}

/** `queue.Queue(maxsize)` and `queue.LifoQueue(maxsize)`. */
export const queue = (most: any = 0): Queue => new Queue(most)
export const lifoQueue = (most: any = 0): Queue => new Queue(most, true)
