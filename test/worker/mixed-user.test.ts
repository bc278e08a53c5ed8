/** Several scenarios where arrivals come by the clock, on a virtual clock. */
import { describe, expect, test } from 'vitest'
import type { OpenPlan } from '../../src/core/plan/plan.ts'
import type { ScenarioDefinition } from '../../src/scenario/scenario.ts'
import { anOpenPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'

/** A scenario whose paths are its name and what it does. */
const kind = (
  name: string,
  more: Partial<ScenarioDefinition<unknown, unknown>> = {},
): ScenarioDefinition<unknown, unknown> => ({
  name,
  onStart: async ({ http, user }) => {
    await http.get(`/${name}/hello`)
    return `${name} ${user}`
  },
  onStop: ({ http }) => http.get(`/${name}/bye`),
  tasks: {
    T: ({ http, state, user, random }) =>
      http.get(`/${name}/t`, { query: { is: state === `${name} ${user}`, random: random() } }),
  },
  ...more,
})
const at = (ratePerS: number, different: Partial<OpenPlan> = {}): OpenPlan =>
  anOpenPlan({ stages: [{ fromPerS: ratePerS, toPerS: ratePerS, durationS: 5 }], durationS: 5, ...different })
const paths = ({ sent }: Simulation): string[] => sent.map(({ request }) => new URL(request.url).pathname)
const count = (run: Simulation, path: string): number => paths(run).filter((one) => one === path).length

describe('several scenarios with a rate', () => {
  test.each([1, 3])(
    'share the arrivals by their weights, each user with a state for each, over %d workers',
    async (workers) => {
      const script = [kind('a', { weight: 3 }), kind('b')]
      const run = await new Simulation(at(200, { maxUsers: 6 }), undefined, { workers, script }).to(9)
      const { iterations } = run.total
      const by = Object.fromEntries(run.total.scenarios)
      expect([iterations.due, iterations.started, iterations.finished, iterations.failed]).toEqual([
        1000, 1000, 1000, 0,
      ])
      expect(by['a']!.finished + by['b']!.finished).toBe(1000)
      expect(by['a']!.finished / 1000).toBeCloseTo(0.75, 1)
      const queries = run.sent.map(({ request }) => new URL(request.url).searchParams)
      expect(queries.every((query) => query.get('is') !== 'false')).toBe(true)
      // Each stream of chance is another one.
      const drawn = queries.flatMap((query) => query.get('random') ?? [])
      expect(new Set(drawn).size).toBe(drawn.length)
      // Each that has begun ends, one after the other, and nothing else is left.
      for (const name of ['a', 'b']) expect(count(run, `/${name}/bye`)).toBe(count(run, `/${name}/hello`))
      expect(run.isDrained).toBe(true)
    },
  )

  test('an arrival that waits takes whoever is free, whatever that did before', async () => {
    const script = [kind('a'), kind('b')]
    const run = await new Simulation(at(40, { maxUsers: 1 }), () => ({ afterUs: 20_000 }), { script }).to(9)
    const { iterations } = run.total
    expect([iterations.dropped, iterations.unstarted]).toEqual([0, 0])
    // One thing at a time: 20 ms each, and never two at once.
    const times = run.sent.map(({ atUs }) => atUs)
    for (const [i, time] of times.slice(1).entries()) expect(time - times[i]!).toBeGreaterThanOrEqual(20_000)
    expect([count(run, '/a/hello'), count(run, '/b/hello')]).toEqual([1, 1])
  })

  test('a user that stops itself ends as all that it was, and begins anew', async () => {
    let left = 3
    const stops = kind('b', {
      tasks: {
        async T({ http, stopUser }) {
          await http.get('/b/t')
          if (left-- === 0) stopUser()
        },
      },
    })
    const run = await new Simulation(at(20, { maxUsers: 1 }), undefined, { script: [kind('a'), stops] }).to(9)
    const all = paths(run)
    const stopped = all.indexOf('/b/bye')
    expect(all[stopped + 1]).toBe('/a/bye')
    expect(all.slice(stopped + 2)).toEqual(expect.arrayContaining(['/a/hello', '/b/hello']))
    expect([count(run, '/a/bye'), count(run, '/b/bye')]).toEqual([2, 2])
    expect(run.total.iterations).toMatchObject({ due: 100, started: 100, finished: 100 })
    expect(run.isDrained).toBe(true)
  })

  test('one that is cut at the end of the drain does not go on', async () => {
    const never = kind('b', { onStop: ({ http }) => http.get('/never') })
    const plan = at(50, { maxUsers: 1, gracefulStopS: 1 })
    const answer = ({ request }: { request: { url: string } }) => ({
      afterUs: request.url.includes('/never') ? Infinity : 1000,
    })
    const run = await new Simulation(plan, answer, { script: [never, kind('a')] }).to(9)
    expect(count(run, '/never')).toBe(1)
    expect(run.count('unfinished')).toBe(1)
    expect(count(run, '/a/bye')).toBe(0)
    expect(run.isDrained).toBe(true)
  })
})
