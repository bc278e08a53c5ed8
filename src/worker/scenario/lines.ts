/** A user's lines: one for each call that it has under way at once. */
import type { Headers, RequestPlan } from '../../core/request/request.ts'
import type { CallSurroundings, Identity } from '../call/call.ts'
import type { Prepared } from '../transport/transport.ts'
import { Line, type LineOwner } from './line.ts'

export class Lines {
  readonly #open: () => Line
  readonly #all: Line[] = []
  readonly #free: Line[] = []

  /** The first is opened ahead, made ready for the usual request. */
  constructor(user: number, around: CallSurroundings, owner: LineOwner, usual: Prepared, identity: Identity) {
    this.#open = () => {
      const line = new Line(user, around, owner, usual, identity)
      this.#all.push(line)
      return line
    }
    this.#free.push(this.#open())
  }

  /** One that is free. */
  take(): Line {
    return this.#free.pop() ?? this.#open()
  }

  /** The line's call has ended. */
  give(line: Line): void {
    this.#free.push(line)
  }

  /** No call is under way. */
  get areFree(): boolean {
    return this.#free.length === this.#all.length
  }

  /** The request that each of them sent last, and the headers that were added to it. */
  get last(): { readonly request: RequestPlan; readonly added: Headers }[] {
    return this.#all.flatMap(({ request, added }) => (request === null ? [] : [{ request, added }]))
  }

  /** When the next deadline of a call is; Infinity without one. */
  get nextUs(): number {
    let nextUs = Infinity
    for (const { deadlineUs } of this.#all) nextUs = Math.min(nextUs, deadlineUs)
    return nextUs
  }

  wake(nowUs: number): void {
    for (const line of this.#all) if (line.deadlineUs <= nowUs) line.expire(nowUs)
  }

  cut(): void {
    for (const line of this.#all) if (!this.#free.includes(line)) line.cut()
  }

  disconnect(): void {
    for (const line of this.#all) line.disconnect()
  }
}
