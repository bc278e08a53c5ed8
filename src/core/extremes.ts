/**
 * The largest and the smallest of many numbers. `Math.max(...values)` puts each of them on the stack, which a run of a
 * day, with a second for each, overflows.
 */

/** -Infinity of nothing, or what is given for that. */
export function largest<T>(values: Iterable<T>, of: (value: T) => number, least = -Infinity): number {
  let most = least
  for (const value of values) most = Math.max(most, of(value))
  return most
}

/** Infinity of nothing. */
export function smallest<T>(values: Iterable<T>, of: (value: T) => number): number {
  return -largest(values, (value) => -of(value))
}
