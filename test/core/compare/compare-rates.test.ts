/** How often a comparison is wrong, and how often it finds what is there: simulated runs, seeded. */
import { expect, test } from 'vitest'
import { compareRuns, type Answer } from '../../../src/core/compare/comparison.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { defaultRules } from '../../../src/core/threshold/relative-rule.ts'
import { SHARED_HOST, simulateRun } from '../../support/simulated-runs.ts'

const RULES = defaultRules(0.05)

/** How often each answer was given. */
function answers(trials: number, one: (trial: number) => Answer): Record<Answer, number> {
  const count = { regressed: 0, 'no regression': 0, "can't tell": 0 }
  for (let trial = 0; trial < trials; trial++) count[one(trial)] += 1 / trials
  return count
}

/** Pairs of runs, the order within them by turns, on a host that becomes slower by `drift` from each run to the next. */
const interleaved =
  (n: number, factor: number, drift: number) =>
  (trial: number): Answer => {
    const random = seededRandom(7, trial)
    const runs = Array.from({ length: 2 * n }, (_, i) => {
      const isCurrent = i % 4 === 1 || i % 4 === 2
      return {
        isCurrent,
        seconds: simulateRun(SHARED_HOST, (isCurrent ? factor : 1) * (1 + drift) ** i, random),
      }
    })
    const side = (isCurrent: boolean) =>
      runs.filter((run) => run.isCurrent === isCurrent).map(({ seconds }) => seconds)
    return compareRuns(side(false), side(true), RULES, { isPaired: true, seed: trial }).answer
  }

const single =
  (factor: number) =>
  (trial: number): Answer => {
    const random = seededRandom(11, trial)
    const [before, after] = [1, factor].map((one) => [simulateRun(SHARED_HOST, one, random)])
    return compareRuns(before!, after!, RULES, { isPaired: false, seed: trial }).answer
  }

// One run of a side is 60 s of 30 requests; a machine and its neighbours spread as SHARED_HOST says.
test('five interleaved pairs, with a drift of 1 % from run to run', () => {
  const drift = 0.01
  const unchanged = answers(60, interleaved(5, 1, drift))
  expect(unchanged.regressed).toBeLessThanOrEqual(0.05)
  expect(unchanged['no regression']).toBeGreaterThan(0.25)
  const slower = answers(60, interleaved(5, 1.1, drift))
  expect(slower.regressed).toBeGreaterThanOrEqual(0.7)
  expect(slower['no regression']).toBeLessThanOrEqual(0.05)
})

test('one run against a stored one says that it cannot tell, rather than guess', () => {
  const unchanged = answers(60, single(1))
  expect(unchanged.regressed).toBeLessThanOrEqual(0.05)
  const slower = answers(60, single(1.1))
  expect(slower['no regression']).toBeLessThanOrEqual(0.05)
  expect(slower["can't tell"]).toBeGreaterThan(0.2)
  expect(answers(20, single(1.3)).regressed).toBeGreaterThanOrEqual(0.95)
})
