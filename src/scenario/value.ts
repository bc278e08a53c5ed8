/** A value of any kind in the words of a message: what it is, and of text and numbers the value itself. */

/** Characters of a text that are quoted. */
const LONGEST = 40

/** Describes a value: `"3", a string`, `an array`, `a Map` or `null`; never longer than a line, and it never throws. */
export function described(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined'
    case 'string':
      return `${JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value)}, a string`
    case 'number':
      return String(value)
    case 'boolean':
    case 'bigint':
      return `${String(value).slice(0, LONGEST)}, a ${typeof value}`
    case 'symbol':
    case 'function':
      return `a ${typeof value}`
    case 'object':
      return value === null ? 'null' : withArticle(kindOf(value))
  }
}

/**
 * The kind of an object, as its constructor or its class calls it: `Array`, `Map`, `FormData`, `Object`. Objects of other
 * realms and of other implementations of one standard have the same kind.
 */
export function kindOf(value: object): string {
  try {
    return Object.prototype.toString.call(value).slice('[object '.length, -1)
  } catch {
    // A proxy that was revoked, or whose traps throw.
    return 'Proxy'
  }
}

/** Whether the object is one with fields: a literal, or an instance of a class that is none of the platform's. */
export function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || kindOf(value) === 'Object'
}

const withArticle = (kind: string): string => {
  if (kind === 'Object') return 'an object'
  if (kind === 'Array') return 'a list'
  return `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`
}
