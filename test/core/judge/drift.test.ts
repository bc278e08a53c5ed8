/** A constant load whose level changes: found when it does, and hardly ever when it does not. */
import { describe, expect, test } from 'vitest'
import { driftOf } from '../../../src/core/judge/rules/drift.ts'
import { judge } from '../../../src/core/judge/verdict.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { aRow, evidence } from '../../support/evidence.ts'
import { aPlan } from '../../support/plan.ts'
import { levels } from '../../support/simulated-seconds.ts'

const STEADY = { rho: 0.5, sigma: 0.05 }
const RUNS = 200

/** In how many of the runs of 300 s drift is found. */
function found(change: (share: number) => number, level = STEADY): number {
  let n = 0
  for (let seed = 1; seed <= RUNS; seed++) {
    const next = levels(seededRandom(seed, 3), level)
    const values = Array.from({ length: 300 }, (_, second) => 20 * Math.exp(next()) * change(second / 300))
    if (driftOf(values) !== null) n++
  }
  return n
}

describe('by simulated runs whose seconds resemble each other', () => {
  test('steady runs are hardly ever called drifting', () => {
    expect(found(() => 1)).toBeLessThanOrEqual(0.05 * RUNS)
    expect(found(() => 1, { rho: 0.6, sigma: 0.3 })).toBeLessThanOrEqual(0.05 * RUNS)
  })

  test('+10 % over the run, or at once, is nearly always found', () => {
    expect(found((share) => 1 + 0.1 * share)).toBeGreaterThanOrEqual(0.8 * RUNS)
    expect(found((share) => (share < 0.7 ? 1 : 1.1))).toBeGreaterThanOrEqual(0.8 * RUNS)
  })
})

test('a step has its second and its size, a line its size', () => {
  const noise = (second: number): number => 1 + 0.001 * Math.sin(second * 12.9898)
  expect(driftOf(Array.from({ length: 200 }, (_, s) => (s < 120 ? 20 : 30) * noise(s)))).toMatchObject({
    shape: 'step',
    at: 120,
    size: expect.closeTo(0.5, 2) as number,
  })
  const rising = driftOf(
    Array.from({ length: 200 }, (_, s) => 20 * Math.exp((s / 200) * Math.log(1.2)) * noise(s)),
  )
  expect(rising).toMatchObject({ shape: 'line', size: expect.closeTo(0.2, 2) as number })
})

test('nothing is said of what does not vary, is too short, or has no figure', () => {
  expect(driftOf(Array<number>(500).fill(20))).toBeNull()
  expect(driftOf(Array.from({ length: 79 }, (_, s) => s + 1))).toBeNull()
  expect(driftOf(Array<null>(500).fill(null))).toBeNull()
})

describe('the verdict', () => {
  const run = (p50: (second: number) => number, different = {}) => {
    const rows = Array.from({ length: 200 }, (_, second) => {
      const row = aRow(second)
      return { ...row, latencyMs: { ...row.latencyMs, p50: p50(second) * (1 + 0.01 * Math.sin(second * 7)) } }
    })
    const stages = [{ fromUsers: 10, toUsers: 10, durationS: 0 }]
    const plan = aPlan({ stages, durationS: 200, ...different })
    const given = evidence({ plan, rows, loadEndS: 200 })
    return judge(given).reasons.filter(({ code }) => code === 'load.drifting')
  }
  const step = (to: number) => (second: number) => (second < 100 ? 20 : to)

  test('a change is a note with its second; a far one makes the run suspect, up or down', () => {
    expect(run(step(20))).toEqual([])
    expect(run(step(20.4))).toEqual([])
    expect(run(step(23))).toMatchObject([{ level: 'note', fromS: 100, toS: 199 }])
    expect(run(step(23))[0]!.message).toContain('the p50 of the latency rose by 15')
    expect(run(step(40))).toMatchObject([{ level: 'suspect' }])
    expect(run(step(10))).toMatchObject([{ level: 'suspect' }])
  })

  test('a load that is planned to change does not drift', () => {
    const rising = [{ fromUsers: 0, toUsers: 10, durationS: 200 }]
    expect(run(step(40), { stages: rising })).toEqual([])
    const stages = [10, 10, 20, 20].map((users, i, all) => ({
      ...{ fromUsers: i === 2 ? 20 : (all[i - 1] ?? 10), toUsers: users },
      durationS: i === 2 ? 0 : 50,
    }))
    expect(run(step(40), { stages })).toEqual([])
  })
})
