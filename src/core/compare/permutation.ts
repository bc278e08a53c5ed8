/**
 * Exact tests on figures of whole runs: were the labels of the runs drawn by lot, how often would the difference be as
 * large as it is? Every drawing is tried, so nothing is assumed of the distribution. R. A. Fisher, The Design of
 * Experiments (1935), §21, and E. J. G. Pitman, "Significance tests which may be applied to samples from any
 * populations", JRSS Supplement 4 (1937). Several metrics: S. Holm, Scandinavian Journal of Statistics 6 (1979).
 */

/** Sums that differ by rounding alone are equal; a tie counts against the claim. */
const TIE = 1e-9

/** The share of all ways to choose which runs are `after` whose sum is at least as high. */
export function permutationP(before: readonly number[], after: readonly number[]): number {
  const all = [...before, ...after]
  const observed = sum(after)
  let asHigh = 0
  let ways = 0
  const choose = (from: number, left: number, chosen: number): void => {
    if (left === 0) {
      ways++
      if (chosen >= observed - TIE) asHigh++
      return
    }
    for (let i = from; i <= all.length - left; i++) choose(i + 1, left - 1, chosen + all[i]!)
  }
  choose(0, after.length, 0)
  return asHigh / ways
}

/** The share of all signs of the pairs' differences whose sum is at least as high. */
export function signFlipP(differences: readonly number[]): number {
  const observed = sum(differences)
  const ways = 2 ** differences.length
  let asHigh = 0
  for (let signs = 0; signs < ways; signs++) {
    let flipped = 0
    for (const [i, difference] of differences.entries())
      flipped += ((signs >> i) & 1) === 1 ? -difference : difference
    if (flipped >= observed - TIE) asHigh++
  }
  return asHigh / ways
}

/** The smallest p that this many runs can give. */
export function leastP(baseline: number, current: number, isPaired: boolean): number {
  if (isPaired) return 2 ** -Math.min(baseline, current)
  let ways = 1
  for (let i = 1; i <= current; i++) ways = (ways * (baseline + i)) / i
  return 1 / ways
}

/** How many runs on each side it takes before one of this many metrics can be proven worse. */
export function runsToProve(metrics: number, alpha: number, isPaired: boolean): number {
  let n = 1
  while (leastP(n, n, isPaired) > alpha / metrics) n++
  return n
}

/** Each p after Holm: with it, the chance of any false alarm among all of them stays what it is for one. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]!)
  const adjusted = Array<number>(ps.length)
  let highest = 0
  for (const [rank, i] of order.entries()) {
    highest = Math.max(highest, Math.min(1, ps[i]! * (ps.length - rank)))
    adjusted[i] = highest
  }
  return adjusted
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
