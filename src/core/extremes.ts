/** The extremes of any number of values: as arguments of `Math.max`, those of a run of a day overflow the stack. */

/** −∞ without values. */
export function largest(values: Iterable<number>): number {
  let most = -Infinity
  for (const value of values) if (value > most) most = value
  return most
}

/** ∞ without values. */
export function smallest(values: Iterable<number>): number {
  let least = Infinity
  for (const value of values) if (value < least) least = value
  return least
}
