/**
 * The confidence interval of a quantile from order statistics: it makes no assumption about the distribution (H. A. David,
 * H. N. Nagaraja, Order Statistics, 2003, 7.1).
 */

/**
 * Returns the lower and the upper bound of the quantile `q` as quantiles of `n` samples, at a confidence such as 0.95; `null`
 * for a bound that so few samples do not give.
 */
export function rankInterval(
  n: number,
  q: number,
  confidence: number,
): { readonly low: number | null; readonly high: number | null } {
  const tail = (1 - confidence) / 2
  const { first, below } = binomialBelow(n, q)
  // The k-th smallest sample is above the quantile with the chance that fewer than k samples are below it.
  let low = 0
  let high = n + 1
  for (const [i, chance] of below.entries()) {
    const k = first + i
    if (chance <= tail) low = k
    if (chance >= 1 - tail) {
      high = k
      break
    }
  }
  return { low: low < 1 ? null : low / n, high: high > n ? null : high / n }
}

/** Weights below this part of the largest one are left out. */
const NEGLIGIBLE = 1e-18

/**
 * Returns the chances that fewer than k of `n` trials succeed, for k from `first` on as far as they differ from 0 and 1. The
 * weights count from the most likely number, so that none of them overflows.
 */
function binomialBelow(n: number, p: number): { readonly first: number; readonly below: readonly number[] } {
  const odds = p / (1 - p)
  const mode = Math.min(n, Math.floor((n + 1) * p))
  const down: number[] = []
  for (let k = mode, weight = 1; k >= 0 && weight > NEGLIGIBLE; k--) {
    down.push(weight)
    weight *= k / (n - k + 1) / odds
  }
  const weights = down.reverse()
  const first = mode - weights.length + 1
  for (let k = mode + 1, weight = ((n - mode) / (mode + 1)) * odds; k <= n && weight > NEGLIGIBLE; k++) {
    weights.push(weight)
    weight *= ((n - k) / (k + 1)) * odds
  }
  const sum = weights.reduce((a, b) => a + b, 0)
  const below = [0]
  let reached = 0
  for (const weight of weights) below.push((reached += weight) / sum)
  return { first, below: below.map((chance) => Math.min(1, chance)) }
}
