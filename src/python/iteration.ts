/** Python's iterators, `collections.deque`, and the load of a `LoadTestShape`. */
import { error, notTranslated } from './python-error.ts'
import { list } from './value.ts'

/** `itertools.cycle(values)`. */
export function* cycle(values: any): Generator<any, void> {
  const all = list(values)
  while (all.length > 0) yield* all
}

/** `itertools.count(start, step)`. */
export function* counting(start = 0, step = 1): Generator<number, void> {
  for (let value = start; ; value += step) yield value
}

/** `iter(values)`. */
export const iterator = (values: any): Iterator<any> =>
  typeof values?.next === 'function' ? (values as Iterator<any>) : list(values)[Symbol.iterator]()

/** `next(iterator)`, or the second value when there is none. */
export function next(values: any, ...otherwise: readonly any[]): any {
  if (typeof values?.next !== 'function') throw error('TypeError', 'the object is not an iterator')
  const { done, value } = (values as Iterator<unknown>).next()
  if (done !== true) return value
  if (otherwise.length === 0) throw error('StopIteration')
  return otherwise[0]
}

/** A list that drops values at its other end beyond a length. */
class Deque extends Array<any> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  #most: number | null = null

  static from_(values: any, most: number | null): Deque {
    const made = new Deque()
    made.#most = most
    made.push(...list(values))
    return made
  }

  override push(...values: any[]): number {
    super.push(...values)
    if (this.#most !== null && this.length > this.#most) this.splice(0, this.length - this.#most)
    return this.length
  }

  override unshift(...values: any[]): number {
    super.unshift(...values)
    if (this.#most !== null && this.length > this.#most) this.splice(this.#most)
    return this.length
  }
}

/** `collections.deque(values, maxlen)`. */
export const deque = (values: any = [], most: number | null = null): any[] => Deque.from_(values, most)

/** `deque.popleft()`. */
export function popleft(values: any[]): any {
  if (values.length === 0) throw error('IndexError', 'pop from an empty deque')
  return values.shift()
}

/** A longer load is not asked for. */
const LONGEST_S = 86_400

/**
 * The stages of a LoadTestShape: its `tick` is asked for each second, as Locust does, until it gives `None`. Users start
 * and stop at its spawn rate.
 */
export function stages(tick: (context: any) => any, state: Record<string, any>): string[] {
  const spans: { s: number; users: number; slope: number }[] = []
  const add = (s: number, users: number, slope: number): void => {
    const last = spans.at(-1)
    if (last !== undefined && Math.abs(last.slope - slope) < 1e-9)
      Object.assign(last, { s: last.s + s, users })
    else spans.push({ s, users, slope })
  }
  let users = 0
  for (let second = 0; second < LONGEST_S; second++) {
    state['run_time'] = second
    const given: unknown = tick({ state })
    if (given === null || given === undefined) break
    const [wanted, rate, ...more] = list(given) as number[]
    if (more.length > 0 && more.some((one) => (one as unknown) !== null))
      notTranslated('a LoadTestShape that chooses user classes')
    const left = wanted! - users
    const rampS = rate! > 0 ? Math.min(1, Math.abs(left) / rate!) : 1
    if (rampS > 0) {
      users = rampS < 1 ? wanted! : users + Math.sign(left) * Math.min(Math.abs(left), rate!)
      add(rampS, users, Math.sign(left) * rate!)
    }
    if (rampS < 1) add(1 - rampS, users, 0)
  }
  if (spans.length === 0) throw error('ValueError', 'the LoadTestShape ends at once')
  return spans.map(({ s, users: reached }) => `${Number(s.toFixed(3))}s:${Math.round(reached)}`)
}
