/**
 * Whether a stage of constant load stayed the same: a percentile over a stage whose level trends, or changes at some
 * second, is an average of two regimes and describes neither.
 *
 * A permutation test over blocks of seconds, as neighbouring seconds resemble each other and blocks hardly do: of the
 * variance of the block means, the share that a line over time or the best single step explains, against that in random orders
 * of the blocks (E. S. Edgington, Randomization Tests, 1980; a step at an unknown instant: A. N. Pettitt, Applied
 * Statistics 28, 1979). Pure: the orders are seeded.
 */
import type { SecondRow } from '../../measure/second.ts'
import { hasPace, type Plan } from '../../plan/plan.ts'
import { seededRandom, type Random } from '../../random.ts'
import { showPercent } from '../../units.ts'
import type { Evidence, Reason } from './evidence.ts'
import { DRIFTED, DRIFTED_FAR } from './limits.ts'
import { loadSeconds } from './load-seconds.ts'

const SHORTEST_BLOCK_S = 10
const FEWEST_BLOCKS = 8
const MOST_BLOCKS = 60
const ORDERS = 999
/** The chance of a false alarm of one series, if its blocks were independent. */
const ALPHA = 0.01

/** A change of one series. */
export interface Drift {
  readonly shape: 'line' | 'step'
  /** The relative change: over the whole series, or at the step. */
  readonly size: number
  /** Index of the first value after the step; 0 for a line. */
  readonly at: number
}

/** What is looked at in each second, and its words. */
const SERIES: readonly (readonly [name: string, of: (row: SecondRow) => number | null])[] = [
  ['the p50 of the latency', ({ latencyMs }) => latencyMs.p50],
  ['the p95 of the latency', ({ latencyMs }) => latencyMs.p95],
  ['the rate', ({ requestsPerS }) => requestsPerS],
]

/** At most one reason: the largest change of any series in any stage. */
export function driftingLoad(evidence: Evidence): Reason[] {
  const { plan, loadEndS } = evidence
  const rows = loadSeconds(evidence)
  // The rate of arrivals is planned; whether it was held is said by the rules about the pace.
  const series = plan.model === 'open' ? SERIES.slice(0, 2) : SERIES
  const found = constantSpans(plan, loadEndS).flatMap(({ fromS, toS }) => {
    const stage = rows.filter(({ second }) => second >= fromS && second + 1 <= toS)
    return series.flatMap(([name, of]) => {
      const drift = driftOf(stage.map(of))
      return drift === null || Math.abs(drift.size) <= DRIFTED ? [] : [{ name, drift, stage }]
    })
  })
  const far = ({ drift }: (typeof found)[number]): number => Math.abs(Math.log1p(drift.size))
  const [worst] = found.sort((a, b) => far(b) - far(a))
  return worst === undefined ? [] : [reasonOf(worst, plan)]
}

function reasonOf(
  { name, drift, stage }: { name: string; drift: Drift; stage: readonly SecondRow[] },
  plan: Plan,
): Reason {
  const { shape, size, at } = drift
  const moved = `${size > 0 ? 'rose' : 'fell'} by ${showPercent(Math.abs(size))}`
  const fromS = stage[at]!.second
  const toS = stage.at(-1)!.second
  const words = shape === 'step' ? `${moved} at second ${fromS}` : `${moved} from second ${fromS} to ${toS}`
  return {
    code: 'load.drifting',
    level: Math.abs(Math.log1p(size)) > Math.log1p(DRIFTED_FAR) ? 'suspect' : 'note',
    message: `${name} ${words} while the load was constant: a percentile over this time is an average of two regimes`,
    advice:
      shape === 'step' && at < stage.length / 3
        ? `leave out the time before the change (--warmup ${fromS}s, or --warmup auto), or look for what changed in the target`
        : `look for what changes in the target with time${hasPace(plan) ? '' : ' or for what slows this host'}, or compare the seconds before and after`,
    ...{ fromS, toS },
  }
}

/** The time spans with a constant load above 0, in seconds of run time, up to the end of the load. */
function constantSpans(plan: Plan, loadEndS: number): { readonly fromS: number; readonly toS: number }[] {
  const line =
    plan.model === 'closed'
      ? plan.stages.map(({ fromUsers, toUsers, durationS }) => ({ from: fromUsers, to: toUsers, durationS }))
      : plan.stages.map(({ fromPerS, toPerS, durationS }) => ({ from: fromPerS, to: toPerS, durationS }))
  const last = line.at(-1)?.to ?? 0
  const spans: { fromS: number; toS: number; load: number }[] = []
  let t = 0
  // After the last stage its end value holds.
  for (const { from, to, durationS } of [...line, { from: last, to: last, durationS: Infinity }]) {
    const before = spans.at(-1)
    const toS = Math.min(loadEndS, t + durationS)
    if (from === to && to > 0 && toS > t) {
      if (before?.toS === t && before.load === to) before.toS = toS
      else spans.push({ fromS: t, toS, load: to })
    }
    t += durationS
  }
  return spans
}

/** The drift of a series of values above 0, one for each second; `null` if it is steady, or too short to tell. */
export function driftOf(values: readonly (number | null)[], seed = 1): Drift | null {
  const blockS = Math.max(SHORTEST_BLOCK_S, Math.ceil(values.length / MOST_BLOCKS))
  const blocks = Math.floor(values.length / blockS)
  if (blocks < FEWEST_BLOCKS) return null
  const means: number[] = []
  for (let block = 0; block < blocks; block++) {
    // What is left over lengthens the last block.
    const end = block === blocks - 1 ? values.length : (block + 1) * blockS
    const logs = values.slice(block * blockS, end).flatMap((x) => (x === null || x <= 0 ? [] : [Math.log(x)]))
    if (logs.length === 0) return null
    means.push(logs.reduce((a, b) => a + b, 0) / logs.length)
  }
  const center = means.reduce((a, b) => a + b, 0) / blocks
  const centered = means.map((x) => x - center)
  const { line, step, at } = explained(centered)
  const share = Math.max(line, step)
  if (share <= 0 || !isRare(centered, share, seededRandom(seed, blocks))) return null
  if (line >= step) {
    const middle = (blocks - 1) / 2
    const slope =
      centered.reduce((sum, x, i) => sum + x * (i - middle), 0) /
      centered.reduce((sum, _, i) => sum + (i - middle) ** 2, 0)
    return { shape: 'line', size: Math.expm1(slope * blocks), at: 0 }
  }
  const before = centered.slice(0, at).reduce((a, b) => a + b, 0) / at
  const after = centered.slice(at).reduce((a, b) => a + b, 0) / (blocks - at)
  return { shape: 'step', size: Math.expm1(after - before), at: at * blockS }
}

/** The shares of the variance that a line and the best step explain; the values have a mean of 0. */
function explained(values: readonly number[]): { line: number; step: number; at: number } {
  const n = values.length
  const middle = (n - 1) / 2
  let squares = 0
  let product = 0
  let sum = 0
  let step = 0
  let at = 0
  for (let i = 0; i < n; i++) {
    const x = values[i]!
    squares += x * x
    product += x * (i - middle)
    sum += x
    const k = i + 1
    const share = k === n ? 0 : (sum * sum * n) / (k * (n - k))
    if (share > step) [step, at] = [share, k]
  }
  // Means that differ by rounding alone are equal.
  if (squares < 1e-18 * n) return { line: 0, step: 0, at: 0 }
  const times = (n * (n * n - 1)) / 12
  return { line: (product * product) / times / squares, step: step / squares, at }
}

/** Whether at most one of a hundred orders of these values explains as much. */
function isRare(values: readonly number[], share: number, random: Random): boolean {
  const order = [...values]
  const most = Math.floor(ALPHA * (ORDERS + 1)) - 1
  let asMuch = 0
  for (let i = 0; i < ORDERS; i++) {
    for (let j = order.length - 1; j > 0; j--) {
      const k = Math.floor(random() * (j + 1))
      ;[order[j], order[k]] = [order[k]!, order[j]!]
    }
    const { line, step } = explained(order)
    if (Math.max(line, step) >= share - 1e-12 && ++asMuch > most) return false
  }
  return true
}
