import { describe, expect, test } from 'vitest'
import { amendedPlan, amendedStageWarnings, amendmentWords } from '../../../src/core/plan/amendment.ts'
import { differencesOf } from '../../../src/core/compare/comparable.ts'
import { amendmentOf, type LoadChange } from '../../../src/core/plan/load-change.ts'
import type { Plan } from '../../../src/core/plan/plan.ts'
import { parseThreshold } from '../../../src/core/threshold/threshold.ts'
import { totalTrack } from '../../../src/output/view/tracks.ts'
import { renderSummary } from '../../../src/output/text/summary.ts'
import { combined, indexOf, loadOf } from '../../support/logs.ts'
import { aPlan, anOpenPlan } from '../../support/plan.ts'
import { valueOf } from '../../support/parsed.ts'
import { planOf, reportOf, type Second } from '../../support/reports.ts'

describe('a change', () => {
  const read = (plan: Plan, change: unknown, atS = 3, loadEndS = 10) =>
    amendmentOf(plan, change as LoadChange, atS, loadEndS)

  test('of users takes a second, or what is left of the load, of a rate no time, unless it says so', () => {
    expect(read(aPlan(), { users: 7 })).toEqual({ value: { atS: 3, users: 7, overS: 1 } })
    expect(read(aPlan(), { users: 0, overS: 0 })).toEqual({ value: { atS: 3, users: 0, overS: 0 } })
    expect(read(aPlan(), { users: 7 }, 9.75)).toEqual({ value: { atS: 9.75, users: 7, overS: 0.25 } })
    // To the millisecond, as the instant is.
    expect(read(aPlan(), { users: 7 }, 9.902)).toMatchObject({ value: { overS: 0.098 } })
    expect(read(anOpenPlan(), { ratePerS: 0.5 }, 3, Infinity)).toEqual({
      value: { atS: 3, ratePerS: 0.5, overS: 0 },
    })
  })

  test.each([
    ['of nothing', aPlan(), {}, /one of users, ratePerS, by and durationS/],
    ['of both', aPlan(), { users: 1, ratePerS: 1 }, /one of users, ratePerS, by and durationS/],
    ['of what it does not know', aPlan(), { users: 5, over: 1 }, /a change has no over/],
    ['of users of an open run', anOpenPlan(), { users: 5 }, /amend ratePerS/],
    ['of the rate of a closed run', aPlan(), { ratePerS: 5 }, /amend users/],
    ['by less than nothing', aPlan(), { by: -1 }, /by must be a number from 0/],
    ['to half a user', aPlan(), { users: 2.5 }, /users must be a whole number.*got 2\.5/],
    ['to fewer users than none', aPlan(), { users: -1 }, /users must be a whole number/],
    ['to a text', aPlan(), { users: '5' }, /users must be a whole number/],
    ['to more users than there can be', aPlan(), { users: 2e6 }, /from 0 to 1000000/],
    ['to no rate', anOpenPlan(), { ratePerS: NaN }, /ratePerS must be a number/],
    ['over more than is left', aPlan(), { users: 5, overS: 8 }, /of which 7\.000 s are left; got 8/],
    ['over less than no time', anOpenPlan(), { ratePerS: 5, overS: -1 }, /overS must be/],
  ])('%s makes no sense', (_, plan, change, problem) => {
    expect(read(plan, change)).toEqual({ problem: expect.stringMatching(problem) as string })
  })

  test('of the length sets the end of the load, or takes it away; not in its last moment', () => {
    expect(read(aPlan(), { durationS: 60 })).toEqual({ value: { atS: 3, durationS: 60, overS: 0 } })
    expect(read(aPlan(), { durationS: null })).toEqual({ value: { atS: 3, durationS: null, overS: 0 } })
    expect(read(anOpenPlan(), { durationS: 4 }, 3, Infinity)).toMatchObject({ value: { durationS: 4 } })
    for (const [change, atS, problem] of [
      [{ durationS: 2 }, 3, /at least 3 s, the time of the run so far, got 2/],
      [{ durationS: 60 }, 9.6, /too late to change its length/],
      [{ durationS: 60, users: 5 }, 3, /goes alone, not with users/],
      [{ durationS: NaN }, 3, /must be a number from 0/],
      [{ durationS: '60' }, 3, /must be a number from 0/],
    ] as const)
      expect(read(aPlan(), change, atS)).toEqual({ problem: expect.stringMatching(problem) as string })
  })

  test('of the replay of a log is an earlier end, and nothing else', () => {
    const log = indexOf(Array.from({ length: 9 }, (_, s) => combined(1e9 + s, '/')))
    const { plan, stages, durationS } = loadOf(log).load!
    const replay = anOpenPlan({ stages, durationS, arrival: 'replay', replay: plan })
    expect(read(replay, { durationS: 4 }, 3, 9)).toMatchObject({ value: { durationS: 4 } })
    for (const change of [{ ratePerS: 5 }, { by: 2 }, { durationS: 10 }, { durationS: null }])
      expect(read(replay, change, 3, 9)).toEqual({ problem: expect.stringContaining('a log') as string })
  })

  test('by a factor is of what the plan asks for at that instant, and at least a user', () => {
    const change = (plan: Plan, by: number, atS: number) => read(plan, { by, overS: 0 }, atS)
    // Five of ten users have begun.
    expect(change(aPlan(), 1.1, 0.5)).toMatchObject({ value: { users: 6 } })
    expect(change(aPlan(), 0.9, 0.5)).toMatchObject({ value: { users: 4 } })
    expect(change(aPlan(), 2, 3)).toMatchObject({ value: { users: 20 } })
    expect(change(aPlan(), 0, 3)).toMatchObject({ value: { users: 0 } })
    expect(change(anOpenPlan(), 1.1, 3)).toMatchObject({ value: { ratePerS: 110 } })
  })

  test('makes no sense after the load, nor against the counts of the scenarios', () => {
    expect(read(aPlan(), { users: 5 }, 10)).toEqual({ problem: expect.stringContaining('is over') as string })
    const fixed = { weight: 1, users: 3 }
    const scenario = (scenarios: readonly object[]): Plan => aPlan({ scenario: { scenarios } as never })
    expect(read(scenario([fixed]), { users: 4 })).toMatchObject({ problem: /^users must be 3 users at most/ })
    expect(read(scenario([fixed, { weight: 1, users: null }]), { users: 2 })).toMatchObject({
      problem: /^users must be at least the 3 users/,
    })
  })
})

test('the plan goes on from where the line has got to, and what it had for later is replaced', () => {
  const stage = (fromUsers: number, toUsers: number, durationS: number) => ({ fromUsers, toUsers, durationS })
  const plan = aPlan({ stages: [stage(0, 10, 2), stage(10, 10, 4), stage(10, 0, 2)] })
  expect(amendedPlan(plan, [{ atS: 1, users: 2, overS: 3 }])).toMatchObject({
    stages: [stage(0, 5, 1), stage(5, 2, 3)],
  })
  expect(
    amendedPlan(plan, [
      { atS: 4, users: 20, overS: 1 },
      { atS: 9, users: 0, overS: 0 },
    ]),
  ).toMatchObject({
    stages: [stage(0, 10, 2), stage(10, 10, 2), stage(10, 20, 1), stage(20, 20, 4), stage(20, 0, 0)],
  })
})

describe('a run whose load was amended', () => {
  // 20 arrivals in each of 5 s, and none in the other 5.
  const plan = planOf({
    users: undefined,
    wait: undefined,
    rate: 20,
    maxUsers: 10,
    duration: '10s',
    workers: 1,
  })
  const seconds: Second[] = Array.from({ length: 10 }, (_, second) => ({
    second,
    ok: second < 5 ? { 'GET /GetPrograms': new Array<number>(20).fill(5) } : {},
  }))
  const amendments = [{ atS: 5, ratePerS: 0, overS: 0 }]
  const amended = reportOf(plan, seconds, { amendments })
  const codes = ({ verdict }: typeof amended): string[] => verdict.reasons.map(({ code }) => code)

  test('is held against the load as amended', () => {
    expect(codes(reportOf(plan, seconds))).toContain('pace.short')
    expect(codes(amended)).not.toContain('pace.short')
    expect(amended.amendments).toEqual(amendments)
    expect(amended.plan).toEqual(reportOf(plan, seconds).plan)
    const { low } = totalTrack(amended, 1).lines['planned']!
    expect(low).toEqual([20, 20, 20, 20, 20, 0, 0, 0, 0, 0])
  })

  test('says so in its summary, and where a threshold is on a stage', () => {
    expect(renderSummary(amended, { color: false, width: 200 })).toContain(' · amended to 0/s at 5 s')
    const staged = planOf({
      users: undefined,
      duration: undefined,
      stages: ['5s:4', '5s:8'],
      thresholds: ['p95 < 1s during stage 2'],
    })
    const warned = (atS: number) =>
      reportOf(staged, [], { amendments: [{ atS, users: 4, overS: 1 }] }).warnings
    expect(warned(10)).toEqual([])
    expect(warned(6)).toEqual([
      expect.stringMatching(/threshold "p95.*" is about the time of a stage whose load/),
    ])
  })

  test('cannot be compared with one whose load was not, or otherwise', () => {
    const plain = reportOf(plan, seconds)
    const texts = (one: typeof plain, other: typeof plain) =>
      differencesOf(one, other).map(({ kind, message }) => `${kind}: ${message}`)
    expect(texts(amended, amended).filter((text) => text.includes('amended'))).toEqual([])
    expect(texts(plain, amended)).toContain(
      'plan: the load was amended while the runs went on: not at all and to 0/s at 5 s',
    )
  })
})

test('words for amendments: all of a few, the last of many', () => {
  const to = (users: number) => ({ atS: users, users, overS: users === 1 ? 0.5 : 0 })
  expect(amendmentWords([to(1), to(2)])).toBe('to 1 user at 1 s over 0.5 s, to 2 users at 2 s')
  expect(amendmentWords([1, 2, 3, 4].map(to))).toBe('4 times, last to 4 users at 4 s')
})

test('a change of the length leaves the level as planned', () => {
  const plan = aPlan()
  const longer = amendedPlan(plan, [
    { atS: 3, durationS: 60, overS: 0 },
    { atS: 5, durationS: null, overS: 0 },
  ])
  expect(longer).toEqual({ ...plan, durationS: null })
  expect(
    amendmentWords([
      { atS: 3, durationS: 600, overS: 0 },
      { atS: 5, durationS: null, overS: 0 },
    ]),
  ).toBe('to last 10m at 3 s, to last until it is stopped at 5 s')
  const threshold = {
    ...plan,
    thresholds: [valueOf(parseThreshold('p99 < 1s during stage 1'))],
  }
  expect(amendedStageWarnings(threshold, [{ atS: 3, durationS: 60, overS: 0 }])).toEqual([])
  expect(amendedStageWarnings(threshold, [{ atS: 0.01, users: 60, overS: 0 }])).toHaveLength(1)
})
