/** `collections`: dicts with a default, counters, named tuples; and `enum`. */
import { error, notTranslated } from './python-error.ts'
import { entriesOf, isDict, keyOf, list, PyObject, TEXT, repr } from './value.ts'

/** `collections.defaultdict(make)`. */
export class DefaultDict extends Map<any, any> {
  /** The value of a key that is not there, by which it comes to be there. */
  missing(key: unknown): any {
    const value: unknown = this.make()
    this.set(key, value)
    return value
  }

  protected make(): any {
    return null
  }
}

/** `collections.defaultdict(make, values)`. */
export function defaultDict(make: () => any, values: any = []): DefaultDict {
  class Dict extends DefaultDict {
    protected override make(): any {
      return make()
    }
  }
  return new Dict(isDict(values) ? entriesOf(values) : (list(values) as [unknown, unknown][]))
}

/** `collections.Counter(values)`. */
export class Counter extends DefaultDict {
  constructor(values: any = []) {
    super()
    this.update(values)
  }

  /** A key that is not there has been counted 0 times, and stays away. */
  override missing(): number {
    return 0
  }

  update(values: any): void {
    const counts: [unknown, number][] = isDict(values)
      ? (entriesOf(values) as [unknown, number][])
      : list(values).map((one) => [one, 1])
    for (const [one, count] of counts) {
      const key = keyOf(one)
      this.set(key, Number(this.get(key) ?? 0) + count)
    }
  }

  /** The most frequent ones, with how often; of as frequent ones the first. */
  most_common(most: number | null = null): [any, number][] {
    const all = [...this].sort(([, a], [, b]) => Number(b) - Number(a)) as [unknown, number][]
    return most === null ? all : all.slice(0, most)
  }
}

/** `collections.namedtuple(name, fields)`: returns what makes one. */
export function namedTuple(
  name: string,
  fields: string | readonly string[],
  defaults: readonly any[] = [],
): (...values: any[]) => any {
  const names = typeof fields === 'string' ? fields.split(/[\s,]+/).filter((one) => one !== '') : fields
  return (...values) => {
    const missing = defaults.slice(defaults.length - (names.length - values.length))
    const all = [...values, ...(values.length < names.length ? missing : [])]
    if (all.length !== names.length)
      throw error('TypeError', `${name}() takes ${names.length} arguments, got ${values.length}`)
    const made: any = [...all]
    for (const [i, field] of names.entries())
      Object.defineProperty(made, field, { get: () => all[i] as unknown, enumerable: false })
    Object.defineProperty(made, TEXT, {
      value: () => `${name}(${names.map((field, i) => `${field}=${repr(all[i])}`).join(', ')})`,
    })
    return made
  }
}

/** A member of an `Enum`. */
class Member extends PyObject {
  readonly name: string
  readonly value: any
  readonly #class: string

  constructor(of: string, name: string, value: any) {
    super()
    this.#class = of
    this.name = name
    this.value = value
  }

  __str__(): string {
    return `${this.#class}.${this.name}`
  }

  __repr__(): string {
    return `<${this.#class}.${this.name}: ${repr(this.value)}>`
  }
}

/** The members of an `Enum` by their names; iterating gives them in their order. */
export function enumeration(of: string, values: Readonly<Record<string, any>>): any {
  const members = Object.entries(values).map(([name, value]) => [name, new Member(of, name, value)] as const)
  const found: any = Object.fromEntries(members)
  Object.defineProperty(found, Symbol.iterator, {
    value: () => members.map(([, member]) => member)[Symbol.iterator](),
  })
  Object.setPrototypeOf(found, PyEnum.prototype)
  return found
}

/** Keeps an `Enum` from being taken for a dict. */
class PyEnum {
  get [TEXT](): () => string {
    return () => notTranslated('the text of an Enum')
  }
}
