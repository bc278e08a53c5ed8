/** Python's iterators, `collections.deque`, and the load of a `LoadTestShape`. */
import { error, notTranslated } from './python-error.ts'
import { called, each, list, PyObject } from './value.ts'

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
  typeof values?.next === 'function' ? (values as Iterator<any>) : list(values).values()

/** `itertools.islice(values, from, to, step)`. */
export function islice(values: any, from: any, to?: any, step: any = 1): any[] {
  const [start, end] = to === undefined ? [0, from] : [Number(from ?? 0), to]
  const most = end === null ? Infinity : Number(end)
  const found: any[] = []
  if (most <= 0) return found
  let at = 0
  const all = each(values)[Symbol.iterator]()
  for (; at < most; at++) {
    const { done, value } = all.next() as IteratorResult<unknown>
    if (done === true) break
    if (at >= start && (at - start) % Number(step) === 0) found.push(value)
  }
  return found
}

/** `itertools.product(…)`. */
export const product = (...lists: readonly any[]): any[][] =>
  lists.reduce<any[][]>(
    (rows, one) => rows.flatMap((row) => list(one).map((value) => [...row, value as unknown])),
    [[]],
  )

/** `itertools.combinations(values, k)` and `permutations(values, k)`. */
export const combinations = (values: any, k: number): any[][] => chosen(list(values), k, true)
export const permutations = (values: any, k?: number): any[][] =>
  chosen(list(values), k ?? list(values).length, false)

function chosen(all: readonly any[], k: number, isOrdered: boolean): any[][] {
  if (k === 0) return [[]]
  return all.flatMap((one, i) =>
    chosen(isOrdered ? all.slice(i + 1) : all.toSpliced(i, 1), k - 1, isOrdered).map((rest) => [
      one as unknown,
      ...(rest as unknown[]),
    ]),
  )
}

/** `itertools.repeat(value, times)`. */
export function* repeated(value: any, times = Infinity): Generator<any, void> {
  for (let i = 0; i < times; i++) yield value
}

/** `next(iterator)`, or the second value when there is none. */
export function next(values: any, ...otherwise: readonly any[]): any {
  if (values instanceof PyObject) return called(values, '__next__')
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
 * The stages of a LoadTestShape: after its `__init__`, its `tick` is asked for each second, as Locust does, until it gives `None`. Users start
 * and stop at its spawn rate.
 */
export function stages(
  tick: (context: any) => any,
  state: Record<string, any>,
  init: (context: any) => any = () => undefined,
): string[] {
  init({ state })
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
    const [wanted = 0, rate = 0, ...more] = list(given).map((one) => (one === null ? null : Number(one)))
    if (more.some((one) => one !== null)) notTranslated('a LoadTestShape that chooses user classes')
    const [goal, pace] = [wanted ?? 0, rate ?? 0]
    const left = goal - users
    const rampS = pace > 0 ? Math.min(1, Math.abs(left) / pace) : 1
    if (rampS > 0) {
      users = rampS < 1 ? goal : users + Math.sign(left) * Math.min(Math.abs(left), pace)
      add(rampS, users, Math.sign(left) * pace)
    }
    if (rampS < 1) add(1 - rampS, users, 0)
  }
  if (spans.length === 0) throw error('ValueError', 'the LoadTestShape ends at once')
  return spans.map(({ s, users: reached }) => `${Number(s.toFixed(3))}s:${Math.round(reached)}`)
}
