/** Items of lists, texts and dicts. */
import { error } from './python-error.ts'
import { DefaultDict } from './collection.ts'
import { Queue } from './queue.ts'
import { called, entriesOf, equal, isDict, keyOf, list, PyObject, repr, typeName } from './value.ts'

/** `container[key]`; a `KeyError` or `IndexError` if there is none. Of response headers, keys in lower case. */
export function item(container: any, key: any): any {
  if (container instanceof Map) {
    const at = keyOf(key)
    if (container.has(at)) return container.get(at)
    if (container instanceof DefaultDict) return container.missing(at)
    throw error('KeyError', repr(key))
  }
  if (container instanceof PyObject) return called(container, '__getitem__', key)
  if (Array.isArray(container) || typeof container === 'string' || container instanceof Uint8Array) {
    if (typeof key !== 'number')
      throw error(
        'TypeError',
        `${typeName(container)} indices must be integers or slices, not ${typeName(key)}`,
      )
    const items = typeof container === 'string' ? Array.from(container) : container
    const found: unknown = items[key < 0 ? key + items.length : key]
    if (found === undefined) throw error('IndexError', `${typeName(container)} index out of range`)
    return found
  }
  if (isDict(container)) {
    if (Object.hasOwn(container, textKey(key))) return (container as Record<string, unknown>)[textKey(key)]
    throw error('KeyError', repr(key))
  }
  throw error('TypeError', `'${typeName(container)}' object is not subscriptable`)
}

function textKey(key: unknown): string {
  if (typeof key === 'string') return key
  throw error('KeyError', repr(key))
}

/** `container[key] = value`. */
export function setItem(container: any, key: any, value: any): void {
  if (container instanceof Map) container.set(keyOf(key), value)
  else if (container instanceof PyObject) called(container, '__setitem__', key, value)
  else if (Array.isArray(container)) {
    const at = Number(key) < 0 ? Number(key) + container.length : Number(key)
    if (!(at in container)) throw error('IndexError', 'list assignment index out of range')
    container[at] = value
  } else if (typeof key === 'string') container[key] = value
  else throw error('TypeError', `a dict of texts got the key ${repr(key)}: begin it as new Map()`)
}

/** `del container[key]`. */
export function deleteItem(container: any, key: any): void {
  item(container, key)
  if (container instanceof Map) container.delete(keyOf(key))
  else if (Array.isArray(container)) container.splice(Number(key), 1)
  else Reflect.deleteProperty(container, key)
}

/** `dict.get(key, otherwise)`. */
export function get(dict: any, key: any, otherwise: any = null): any {
  if (dict instanceof Queue || dict instanceof PyObject) return (dict as Record<string, any>)['get'](key)
  if (dict instanceof Map) return dict.has(keyOf(key)) ? dict.get(keyOf(key)) : otherwise
  if (!isDict(dict)) throw error('AttributeError', `'${typeName(dict)}' object has no attribute 'get'`)
  return typeof key === 'string' && Object.hasOwn(dict, key)
    ? (dict as Record<string, unknown>)[key]
    : otherwise
}

/** `dict.setdefault(key, value)`. */
export function setDefault(dict: any, key: any, value: any = null): any {
  if (!contains(dict, key)) setItem(dict, key, value)
  return item(dict, key)
}

/** `dict.update(other)`. */
export function update(dict: any, other: any): void {
  for (const [key, value] of isDict(other) ? entriesOf(other) : (other as [unknown, unknown][]))
    setItem(dict, key, value)
}

/** `list.pop(index)`, `dict.pop(key, otherwise)`. */
export function pop(container: any, key?: any, ...otherwise: readonly any[]): any {
  if (otherwise.length > 0 && !contains(container, key)) return otherwise[0]
  if (Array.isArray(container) && container.length === 0) throw error('IndexError', 'pop from empty list')
  const at: unknown = key === undefined && Array.isArray(container) ? -1 : key
  const found: unknown = item(container, at)
  deleteItem(container, at)
  return found
}

/** `list.remove(value)`. */
export function remove(container: any, value: any): void {
  if (container instanceof Set) {
    if (!container.delete(value)) throw error('KeyError', repr(value))
    return
  }
  container.splice(index(container, value), 1)
}

/** `list.index(value)`, `str.index(value)`. */
export function index(container: any, value: any): number {
  const at: number =
    typeof container === 'string'
      ? container.indexOf(String(value))
      : (container as unknown[]).findIndex((one) => equal(one, value))
  if (at < 0) throw error('ValueError', `${repr(value)} is not in ${typeName(container)}`)
  return at
}

/** `list.count(value)`, `str.count(value)`. */
export const count = (container: any, value: any): number =>
  typeof container === 'string'
    ? container.split(String(value)).length - 1
    : list(container).filter((one) => equal(one, value)).length

/** `dict.keys()`, `dict.values()` and `dict.items()`. */
export const keys = (dict: any): any[] => list(dict)
export const values = (dict: any): any[] => entriesOf(dict).map(([, value]) => value)
export const items = (dict: any): [any, any][] => entriesOf(dict)

/** `value in container`. */
export function contains(container: any, value: any): boolean {
  if (typeof container === 'string') {
    if (typeof value !== 'string')
      throw error('TypeError', `'in <string>' requires string as left operand, not ${typeName(value)}`)
    return container.includes(value)
  }
  if (container instanceof Map) return container.has(keyOf(value))
  if (container instanceof Set) return container.has(value)
  if (container instanceof PyObject) {
    const own: unknown = called(container, '__contains__', value)
    if (own !== undefined) return own === true
  }
  if (isDict(container)) return typeof value === 'string' && Object.hasOwn(container, value)
  return list(container).some((one) => equal(one, value))
}

/** `sequence[from:to:step]`. */
export function slice(sequence: any, from: number | null, to: number | null, step = 1): any {
  const items: any = typeof sequence === 'string' ? Array.from(sequence) : sequence
  if (step === 0) throw error('ValueError', 'slice step cannot be zero')
  const length = Number(items.length)
  const bound = (at: number | null, usual: number): number => {
    if (at === null) return usual
    const low = step < 0 ? -1 : 0
    return at < 0 ? Math.max(low, at + length) : Math.min(step < 0 ? length - 1 : length, at)
  }
  const [start, end] = [bound(from, step < 0 ? length - 1 : 0), bound(to, step < 0 ? -1 : length)]
  if (step === 1 && typeof sequence !== 'string') return items.slice(start, Math.max(start, end))
  const found: unknown[] = []
  for (let i = start; step < 0 ? i > end : i < end; i += step) found.push(items[i])
  return typeof sequence === 'string' ? found.join('') : found
}

/** An attribute that a method may not have set yet. */
export function attribute(value: any, name: string): any {
  if (value !== undefined) return value
  throw error('AttributeError', `the user has no attribute '${name}'`)
}

/** Values by position: `a, *b, c = values`, with this many before and behind the list of the others. */
export function unpackAround(values: any, before: number, behind: number): any[] {
  const all = list(values)
  if (all.length < before + behind)
    throw error(
      'ValueError',
      `not enough values to unpack (expected at least ${before + behind}, got ${all.length})`,
    )
  const end = all.length - behind
  return [...all.slice(0, before), all.slice(before, end), ...all.slice(end)] as any[]
}

/** Values by position: `a, b = values`. */
export function unpack(values: any, length: number): any[] {
  const found = list(values)
  if (found.length < length)
    throw error('ValueError', `not enough values to unpack (expected ${length}, got ${found.length})`)
  if (found.length > length) throw error('ValueError', `too many values to unpack (expected ${length})`)
  return found
}
