/**
 * Shapes of values that another host sent. A shape returns the value with the fields that it knows and no others, or
 * throws a `WireFault` that names the place.
 */

/** What was sent is not what it should be. */
export class WireFault extends Error {
  override readonly name = 'WireFault'
  readonly path: string
  readonly rule: string

  constructor(rule: string, path = '') {
    super(`${path === '' ? 'it' : path} ${rule}`)
    this.rule = rule
    this.path = path
  }

  /** The same fault, seen from one level up. */
  within(key: string): WireFault {
    return new WireFault(this.rule, this.path === '' ? key : `${key}.${this.path}`)
  }
}

export type Shape<T> = (value: unknown) => T
export type Shaped<S> = S extends Shape<infer T> ? T : never

/** A finite number. */
export const real: Shape<number> = (value) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new WireFault('must be a finite number')
  return value
}

/** A finite number of at least 0. */
export const amount: Shape<number> = (value) => {
  if (real(value) < 0) throw new WireFault('must not be negative')
  return value as number
}

/** A whole number from 0 to this one. */
export const countTo =
  (most: number): Shape<number> =>
  (value) => {
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most)
      throw new WireFault(`must be a whole number from 0 to ${most}`)
    return value as number
  }

export const count = countTo(Number.MAX_SAFE_INTEGER)

/** Text of at most this many characters. */
export const textTo =
  (most: number): Shape<string> =>
  (value) => {
    if (typeof value !== 'string' || value.length > most)
      throw new WireFault(`must be text of at most ${most} characters`)
    return value
  }

/** Text that matches the pattern. */
export const matching =
  (pattern: RegExp): Shape<string> =>
  (value) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw new WireFault(`must match ${pattern.source}`)
    return value
  }

export const flag: Shape<boolean> = (value) => {
  if (typeof value !== 'boolean') throw new WireFault('must be true or false')
  return value
}

export const oneOf =
  <const T extends string>(...words: readonly T[]): Shape<T> =>
  (value) => {
    if (!words.includes(value as T)) throw new WireFault(`must be ${words.join(' or ')}`)
    return value as T
  }

/** The value, or `null`. */
export const orNull =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value) =>
    value === null ? null : shape(value)

/** At most this many values of one shape. */
export const listOf =
  <T>(shape: Shape<T>, most: number): Shape<T[]> =>
  (value) => {
    if (!Array.isArray(value) || value.length > most)
      throw new WireFault(`must be a list of at most ${most} values`)
    return value.map((one, i) => at(`${i}`, () => shape(one)))
  }

/** Two values. */
export const pairOf =
  <A, B>(a: Shape<A>, b: Shape<B>): Shape<readonly [A, B]> =>
  (value) => {
    if (!Array.isArray(value) || value.length !== 2) throw new WireFault('must be a pair')
    return [at('0', () => a(value[0])), at('1', () => b(value[1]))]
  }

type Shapes = Readonly<Record<string, Shape<unknown>>>
type Fields<F extends Shapes> = { [K in keyof F]: Shaped<F[K]> }

/** An object with these fields. */
export const fieldsOf =
  <F extends Shapes>(fields: F): Shape<Fields<F>> =>
  (value) => {
    const from = objectOf(value)
    const read: Record<string, unknown> = {}
    for (const [key, shape] of Object.entries(fields)) read[key] = at(key, () => shape(from[key]))
    return read as Fields<F>
  }

/** An object in which each of these fields may be absent. */
export const partsOf =
  <F extends Shapes>(fields: F): Shape<Partial<Fields<F>>> =>
  (value) => {
    const from = objectOf(value)
    const read: Record<string, unknown> = {}
    for (const [key, shape] of Object.entries(fields))
      if (Object.hasOwn(from, key) && from[key] !== undefined) read[key] = at(key, () => shape(from[key]))
    return read as Partial<Fields<F>>
  }

/** An object whose keys are texts of its own, at most this many. */
export const recordOf =
  <T>(shape: Shape<T>, most: number): Shape<Record<string, T>> =>
  (value) => {
    const entries = Object.entries(objectOf(value))
    if (entries.length > most) throw new WireFault(`must have at most ${most} fields`)
    return Object.fromEntries(entries.map(([key, one]) => [key, at(key, () => shape(one))]))
  }

/** One of several objects, by the word in its field `type`. */
export const byType =
  <S extends Readonly<Record<string, Shape<unknown>>>>(
    shapes: S,
  ): Shape<{ [K in keyof S & string]: { type: K } & Shaped<S[K]> }[keyof S & string]> =>
  (value) => {
    const { type } = objectOf(value)
    if (typeof type !== 'string' || !Object.hasOwn(shapes, type))
      throw new WireFault(`must be ${Object.keys(shapes).join(' or ')}`, 'type')
    return { type, ...(shapes[type]!(value) as object) } as never
  }

/** An object of any fields. */
export const objectOf: Shape<Readonly<Record<string, unknown>>> = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new WireFault('must be an object')
  return value as Readonly<Record<string, unknown>>
}

/** Reads what is below this key; a fault names it. */
export function at<T>(key: string, read: () => T): T {
  try {
    return read()
  } catch (fault) {
    throw fault instanceof WireFault ? fault.within(key) : fault
  }
}
