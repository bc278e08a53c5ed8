/**
 * Simulations of the two answers that rest on a run's own seconds.
 *
 * Does the interval that ends a run contain the true figure as often as it says? Simulated runs whose seconds resemble
 * each other (AR(1) of the logarithmic level), each ended by the watch of `--until`; the true figure is known.
 *
 * Is a steady run ever called drifting, and one that drifts always? By the test of `load.drifting`.
 */
import { parseArgs } from 'node:util'
import { PrecisionWatch } from '../src/core/compare/precision-watch.ts'
import { parsePrecision } from '../src/core/threshold/precision-rule.ts'
import { driftOf } from '../src/core/judge/rules/drift.ts'
import { seededRandom } from '../src/core/random.ts'
import type { SettledSecond } from '../src/core/measure/timeline.ts'
import {
  levels,
  plainSecond,
  simulatedSecond,
  trueFigure,
  type SimulatedLevel,
} from '../test/support/simulated-seconds.ts'
import { median } from './spread.ts'
import { renderTable } from './table.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '500' }, rule: { type: 'string' } },
})
const RUNS = Number(values.runs)
const REQUESTS = 100
/** Runs that need longer count as not ended. */
const LONGEST_S = 3600

const LEVELS: readonly SimulatedLevel[] = [0, 0.3, 0.6, 0.8].flatMap((rho) =>
  [0.1, 0.25].map((sigma) => ({ rho, sigma })),
)
const RULES = values.rule === undefined ? ['p99 ± 5%', 'mean ± 5%', 'rps ± 5%'] : [values.rule]

function simulate(text: string, level: SimulatedLevel, seed: number) {
  const parsed = parsePrecision(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  const watch = new PrecisionWatch({ until: [parsed.value], seed })
  const random = seededRandom(seed, 7)
  const next = levels(random, level)
  for (let second = 0; second < LONGEST_S && !watch.isReached; second++) {
    const row = /^p\d/.test(parsed.value.metric)
      ? simulatedSecond(random, next(), REQUESTS)
      : plainSecond(next(), REQUESTS)
    watch.settle({ second, phase: 'load', loadS: 1, row } as unknown as SettledSecond)
  }
  const [result] = watch.results()
  const truth = trueFigure(parsed.value.metric, level, REQUESTS)
  return {
    ended: watch.isReached,
    covers: result!.low! <= truth && truth <= result!.high!,
    isNear: Math.abs(result!.actual! / truth - 1) <= parsed.value.margin,
    seconds: result!.seconds,
  }
}

const rows = [['rule', 'rho', 'sigma', 'ended', 'coverage', 'within the margin', 'median s', 'longest s']]
for (const rule of RULES)
  for (const level of LEVELS) {
    const runs = Array.from({ length: RUNS }, (_, seed) => simulate(rule, level, seed + 1))
    const ended = runs.filter((run) => run.ended)
    const share = (of: (run: (typeof runs)[number]) => boolean): string =>
      `${((100 * ended.filter(of).length) / ended.length).toFixed(1)} %`
    const seconds = ended.map((run) => run.seconds)
    rows.push([
      rule,
      String(level.rho),
      String(level.sigma),
      `${ended.length} of ${RUNS}`,
      share(({ covers }) => covers),
      share(({ isNear }) => isNear),
      String(median(seconds)),
      String(Math.max(...seconds)),
    ])
  }
console.log(renderTable(rows))

const DRIFT_RUNS = 1000
const CHANGES: readonly (readonly [name: string, of: (share: number) => number])[] = [
  ['none (false alarms)', () => 1],
  ['+10 % over the run', (share) => 1 + 0.1 * share],
  ['+10 % at two thirds', (share) => (share < 2 / 3 ? 1 : 1.1)],
]

/** The share of runs in which the test of `load.drifting` finds something, of a series of levels. */
function driftShare(seconds: number, level: SimulatedLevel, change: (share: number) => number): string {
  let found = 0
  for (let seed = 1; seed <= DRIFT_RUNS; seed++) {
    const next = levels(seededRandom(seed, 3), level)
    const values = Array.from({ length: seconds }, (_, i) => Math.exp(next()) * change(i / seconds))
    if (driftOf(values) !== null) found++
  }
  return `${((100 * found) / DRIFT_RUNS).toFixed(1)} %`
}

const drifts = [['seconds', 'rho', 'sigma', ...CHANGES.map(([name]) => name)]]
for (const seconds of [120, 300, 1200])
  for (const [rho, sigma] of [
    [0, 0.05],
    [0.5, 0.05],
    [0.6, 0.1],
  ] as const)
    drifts.push([
      ...[seconds, rho, sigma].map(String),
      ...CHANGES.map(([, change]) => driftShare(seconds, { rho, sigma }, change)),
    ])
console.log(`\n${renderTable(drifts)}`)
