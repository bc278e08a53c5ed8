/** Whole searches on virtual time: conducted as `corerush find` does, against targets whose capacity is known. */
import { expect, test } from 'vitest'
import type { FindSettings } from '../../src/core/find/answer.ts'
import type { FindReport } from '../../src/core/find/find-report.ts'
import { parseThreshold } from '../../src/core/threshold/threshold.ts'
import { find, type FindHooks, type FindPlan } from '../../src/host/find.ts'
import { A_REQUEST, aPlan, anOpenPlan } from '../support/plan.ts'
import { SimulatedRun, type SimulatedWays } from '../support/simulated-workforce.ts'

/** Nobody listens there, so the probe before the run fails at once. */
const REQUEST = { ...A_REQUEST, url: 'http://127.0.0.1:1/' }
const SETTINGS: FindSettings = {
  least: 10,
  most: null,
  trialS: 2,
  forS: 8,
  tolerated: 0.2,
  precision: 0.1,
  confirmS: 4,
  maxTimeS: 600,
}
const OPEN = anOpenPlan({
  request: REQUEST,
  maxUsers: 2000,
  durationS: 1000,
  stages: [{ fromPerS: 10, toPerS: 10, durationS: 1000 }],
})

const goal = (text: string): FindPlan['goals'][number] => {
  const thresholds = text.split(', ').map((one) => {
    const parsed = parseThreshold(one)
    if ('problem' in parsed) throw new Error(parsed.problem)
    return parsed.value
  })
  return { text, thresholds }
}

interface Asked extends SimulatedWays {
  readonly goals?: readonly string[]
  readonly settings?: Partial<FindSettings>
  readonly plan?: FindPlan['plan']
  readonly hooks?: FindHooks
}

function searched({
  goals = ['p99 < 300ms'],
  settings,
  plan = OPEN,
  hooks,
  ...ways
}: Asked): Promise<FindReport> {
  const run = new SimulatedRun(ways)
  const asked = { plan, goals: goals.map(goal), settings: { ...SETTINGS, ...settings }, baseline: null }
  return find(asked, hooks, run.hire, run.host)
}

/** One server that takes a request after the other, each for 1/capacity s; then `afterUs` more. */
function server(capacityPerS: number, afterUs = 2000): NonNullable<SimulatedWays['answer']> {
  let freeUs = -Infinity
  return ({ atUs }) => {
    freeUs = Math.max(freeUs, atUs) + 1e6 / capacityPerS
    return { afterUs: freeUs - atUs + afterUs }
  }
}

/** How many requests came in the last second before each one. */
function arrivals(): (atUs: number) => number {
  const at: number[] = []
  return (atUs) => {
    at.push(atUs)
    while (at[0]! <= atUs - 1e6) at.shift()
    return at.length
  }
}

const rate = (load: FindReport['answers'][number]['lower']): number => (load as { ratePerS: number }).ratePerS

test('the interval holds the capacity, and every second of the search is accounted for', async () => {
  const { answers, trials, time, stoppedBy, durationS, recovery, exitCode } = await searched({
    answer: server(100),
    settings: { trialS: 5, forS: 60, precision: 0.02 },
  })
  const [answer] = answers
  expect([stoppedBy, exitCode, answer!.isDone]).toEqual(['done', 0, true])
  expect(rate(answer!.lower)).toBeLessThanOrEqual(100)
  expect(rate(answer!.upper)).toBeGreaterThan(100)
  expect(rate(answer!.upper) / rate(answer!.lower)).toBeLessThanOrEqual(1.0201)
  expect(answer).toMatchObject({
    limitedBy: 'target',
    reason: expect.stringMatching(/fell behind|p99/) as string,
  })
  expect(recovery?.isRecovered).toBe(true)
  expect(trials.at(-1)!.kind).toBe('confirm')
  const { trialsS, restS, probesS, changesS } = time
  expect(trialsS).toBe(trials.reduce((sum, trial) => sum + trial.durationS, 0))
  expect(Math.abs(trialsS + restS + probesS + changesS - durationS)).toBeLessThan(2)
  // A trial costs its time and at most a tenth more.
  expect(changesS / trialsS).toBeLessThan(0.1)
}, 60_000)

test('a slow target that keeps up is not behind', async () => {
  const { answers } = await searched({
    answer: server(100, 1_500_000),
    goals: ['p99 < 5s'],
    settings: { trialS: 5, forS: 20, precision: 0.1, confirmS: 0 },
  })
  expect(rate(answers[0]!.lower)).toBeLessThanOrEqual(101)
  expect(rate(answers[0]!.lower)).toBeGreaterThan(80)
})

test('several goals are answered from the same trials, the stricter one with the lower bounds', async () => {
  // Latency grows with the load, by 1 ms for each request of the last second.
  const perS = arrivals()
  const { answers } = await searched({
    answer: ({ atUs }) => ({ afterUs: 2000 + perS(atUs) * 1000 }),
    goals: ['p99 < 100ms', 'p99 < 50ms'],
    settings: { confirmS: 0 },
  })
  const [loose, strict] = answers
  expect(rate(strict!.lower)).toBeLessThanOrEqual(rate(loose!.lower))
  expect(rate(strict!.upper)).toBeLessThanOrEqual(rate(loose!.upper))
  expect(rate(strict!.lower)).toBeLessThanOrEqual(48)
  expect(rate(strict!.upper)).toBeGreaterThanOrEqual(47)
  expect(rate(loose!.lower)).toBeLessThanOrEqual(98)
  expect(rate(loose!.upper)).toBeGreaterThanOrEqual(97)
})

test('a trial that cannot be saved any more is given up, and counts whole', async () => {
  const perS = arrivals()
  const { trials, answers } = await searched({
    answer: ({ atUs }) => ({ afterUs: 2000, status: perS(atUs) > 60 ? 503 : 200 }),
    goals: ['failed < 1%'],
    settings: { trialS: 5, forS: 20, confirmS: 0 },
  })
  expect(trials.find(({ load }) => load >= 80)!.durationS).toBe(1)
  expect(rate(answers[0]!.upper) / rate(answers[0]!.lower)).toBeLessThan(1.11)
})

test('a target that dies under way ends the search with the bounds so far', async () => {
  const { stoppedBy, answers, exitCode } = await searched({
    answer: (request) =>
      request.atUs < 20e6 ? { afterUs: 2000 } : { afterUs: 1000, outcome: 'connect.refused' },
  })
  expect([stoppedBy, exitCode]).toEqual(['target', 99])
  expect(answers[0]!.upper).toBeNull()
})

test('users that wait are searched in whole numbers; thresholds that fail at the smallest load are the answer', async () => {
  const plan = aPlan({
    request: REQUEST,
    durationS: 1000,
    wait: { kind: 'constant', seconds: 0.5 },
    stages: [{ fromUsers: 2, toUsers: 2, durationS: 1000 }],
  })
  const asked = { plan, answer: server(50), settings: { least: 2, confirmS: 0 } }
  // 50/s for users that wait 0.5 s and 2 ms are 25 users without a queue; 100 ms of it are 5 more.
  const { answers, exitCode } = await searched({ ...asked, goals: ['p99 < 100ms'] })
  const { lower, upper } = answers[0]! as unknown as Record<'lower' | 'upper', { users: number }>
  expect([exitCode, Number.isInteger(lower.users), Number.isInteger(upper.users)]).toEqual([0, true, true])
  expect(lower.users).toBeLessThanOrEqual(30)
  expect(upper.users).toBeGreaterThanOrEqual(25)
  const none = await searched({ ...asked, answer: server(50), goals: ['p99 < 1ms'] })
  expect([none.exitCode, none.stoppedBy]).toEqual([99, 'done'])
  expect(none.answers[0]).toMatchObject({ lower: null, upper: { users: 2 }, limitedBy: 'target' })
  expect(none.answers[0]!.reason).toMatch(/^p99 < 1ms: /)
}, 20_000)

test('an interrupted search reports what it has found, with exit code 130', async () => {
  const ending = new AbortController()
  const { stoppedBy, exitCode, trials, answers } = await searched({
    answer: server(100),
    hooks: { signal: ending.signal, onTrial: ({ number }) => number === 8 && ending.abort('SIGINT') },
  })
  expect([stoppedBy, exitCode, trials.length]).toEqual(['SIGINT', 130, 8])
  expect(answers[0]).toMatchObject({ isDone: false })
})

test('a target that does not recover from overload is reported, and its capacity afterwards is found', async () => {
  let freeUs = -Infinity
  let capacity = 100
  const { answers, warnings } = await searched({
    answer: ({ atUs }) => {
      if (freeUs - atUs > 1e6) capacity = 60
      freeUs = Math.max(freeUs, atUs) + 1e6 / capacity
      return { afterUs: freeUs - atUs + 2000 }
    },
    settings: { trialS: 5, forS: 20, confirmS: 0 },
  })
  expect(rate(answers[0]!.lower)).toBeLessThanOrEqual(60)
  expect(rate(answers[0]!.upper)).toBeGreaterThan(60)
  expect(warnings.join()).toContain('the target stayed slower at the smallest load: p50 18')
  expect(warnings.join()).toMatch(/80\/s held until 160\/s had been tried, and [\d.]+\/s failed since then/)
})
