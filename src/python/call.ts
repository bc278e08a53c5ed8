/** Calls with `*` and `**`. */
import { error } from './python-error.ts'
import { entriesOf, isDict, str } from './value.ts'

/**
 * The arguments of a call by the parameters of its function, of which the first `positional` can be given by position:
 * `*args` gets a list, `**kwargs` a dict, and a parameter that is not given `undefined`, for its default.
 */
export function bound(
  parameters: readonly string[],
  positional: number,
  given: readonly any[],
  named: Readonly<Record<string, any>> = {},
): any[] {
  const rest = parameters.find((one) => /^\*\w/.test(one))
  const plain = parameters.filter((one) => !one.startsWith('*'))
  const limit = plain.slice(0, positional)
  const left = new Map(isDict(named) ? entriesOf(named).map(([name, value]) => [str(name), value]) : [])
  if (given.length > limit.length && rest === undefined)
    throw error('TypeError', `takes ${limit.length} positional arguments but ${given.length} were given`)
  const found = parameters.map((one): unknown => {
    if (one.startsWith('**')) return null
    if (one === rest) return given.slice(limit.length)
    const at = limit.indexOf(one)
    if (at >= 0 && at < given.length) {
      if (left.has(one)) throw error('TypeError', `got multiple values for argument '${one}'`)
      return given[at]
    }
    const value = left.get(one)
    left.delete(one)
    return value
  })
  if (parameters.at(-1)?.startsWith('**') === true) found[found.length - 1] = Object.fromEntries(left)
  else if (left.size > 0)
    throw error('TypeError', `got an unexpected keyword argument '${[...left.keys()][0]!}'`)
  return found
}
