/** Metrics of a scenario's own: what an author counts, and values whose distribution matters. */
import {
  CUSTOM_NAME,
  MOST_VALUE,
  type CustomKind,
  type CustomMetricPlan,
} from '../core/measure/custom-metrics.ts'
import { described } from './value.ts'

export interface Counter {
  /** @default 1 */
  add(n?: number): void
}

export interface Trend {
  add(value: number): void
}

const trends = new WeakSet<object>()

/** Whether this was made by `trend`. */
export const isTrend = (given: unknown): given is Trend =>
  typeof given === 'object' && given !== null && trends.has(given)

/** Takes in what tasks add. */
export type Add = (kind: CustomKind, name: string, value: number) => void

/** The metrics that a file makes when it is loaded, and where what is added to them goes. */
export class Metrics {
  /** `null` until there are tasks that can add. */
  record: Add | null = null
  readonly #kinds = new Map<string, CustomKind>()

  get plans(): readonly CustomMetricPlan[] {
    return [...this.#kinds].map(([name, kind]) => ({ name, kind }))
  }

  readonly counter = (name: string): Counter => {
    this.#know(name, 'counter')
    // A value that is there and undefined is a mistake, not a 1.
    return { add: (...given) => this.#add('counter', name, given.length === 0 ? 1 : given[0]) }
  }

  readonly trend = (name: string): Trend => {
    this.#know(name, 'trend')
    const made: Trend = { add: (value) => this.#add('trend', name, value) }
    trends.add(made)
    return made
  }

  #know(name: string, kind: CustomKind): void {
    if (this.record !== null) throw new TypeError(`a ${kind} is made when the file is loaded, not by a task`)
    if (typeof (name as unknown) !== 'string' || !CUSTOM_NAME.test(name))
      throw new TypeError(`a ${kind} needs a name of letters, digits and _, got ${described(name)}`)
    const known = this.#kinds.get(name)
    if (known !== undefined && known !== kind) throw new TypeError(`${name} is a ${known} already`)
    this.#kinds.set(name, kind)
  }

  #add(kind: CustomKind, name: string, value: unknown): void {
    if (this.record === null) throw new TypeError(`only tasks can add to ${name}`)
    // What a file in JavaScript hands over need not be what the type says, and "3" + 3 is "33".
    if (typeof value !== 'number')
      throw new TypeError(`${name} takes numbers from 0 to ${MOST_VALUE}, got ${described(value)}`)
    if (!(value >= 0 && value <= MOST_VALUE))
      throw new RangeError(`${name} takes numbers from 0 to ${MOST_VALUE}, got ${value}`)
    this.record(kind, name, value)
  }
}

/** Make metrics. In a scenario file that is run, they are others, that know the run. */
export const { counter, trend } = new Metrics()
