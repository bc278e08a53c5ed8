/** Whether a value is JSON, so that it can be handed to every worker without a loss. */
import { described, isRecord } from './value.ts'

/** Nesting beyond which a value is refused. */
const DEEPEST = 500

/**
 * Where and why a value is no JSON, such as `users[3].born is a Date`; `null` if it is. A property that is `undefined` is
 * left out, as JSON does.
 */
export function jsonProblem(value: unknown, name = 'it'): string | null {
  return problemIn(value, '', name, [])
}

function problemIn(value: unknown, path: string, name: string, around: readonly object[]): string | null {
  const is = (what: string): string => `${path === '' ? name : path.replace(/^\./, '')} is ${what}`
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return null
    case 'number':
      return Number.isFinite(value) ? null : is(String(value))
    case 'object':
      break
    default:
      return is(described(value))
  }
  if (value === null) return null
  if (around.includes(value)) return is('within itself')
  if (around.length >= DEEPEST) return is(`nested more than ${DEEPEST} deep`)
  const within = [...around, value]
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const problem = problemIn(value[i] as unknown, `${path}[${i}]`, name, within)
      if (problem !== null) return problem
    }
    return null
  }
  if (!isRecord(value) || 'toJSON' in value) return is(described(value))
  for (const [key, one] of Object.entries(value)) {
    const at = /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
    const problem = one === undefined ? null : problemIn(one, path + at, name, within)
    if (problem !== null) return problem
  }
  return null
}

/** Freezes a JSON value and everything in it: what all users share, none of them can change. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const one of Object.values(value)) frozen(one)
  return Object.freeze(value)
}
