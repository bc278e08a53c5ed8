/** Redirects on a virtual clock: whatever the target answers, every request that was sent is accounted for. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Plan } from '../../src/core/plan/plan.ts'
import { aPlan, anOpenPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'
import type { Answer, Sent } from '../support/virtual.ts'

/** A path `/n` leads to `/n−1`, and `/0` answers. */
const countdown =
  (status = 302, afterUs = 5000) =>
  ({ request }: Sent): Answer => {
    const left = Number(new URL(request.url).pathname.slice(1))
    return left > 0 ? { afterUs, status, location: `/${left - 1}` } : { afterUs }
  }
const chain = (hops: number, different: Partial<Plan> = {}): Plan =>
  aPlan({
    request: { ...aPlan().request, url: `http://target.test/${hops}` },
    stages: [{ fromUsers: 0, toUsers: 5, durationS: 0 }],
    durationS: 1,
    maxRedirects: 10,
    ...(different as object),
  })
const run = async (plan: Plan, answer = countdown(), workers = 1): Promise<Simulation> =>
  new Simulation(plan, answer, { workers }).to(40)

describe('an iteration', () => {
  test('follows them at once, each a request under the same name', async () => {
    const simulation = await run(chain(3))
    const { sent, total } = simulation
    expect(sent.slice(0, 4).map(({ request }) => request.name)).toEqual(Array(4).fill('GET /'))
    const one = sent.filter(({ connection }) => connection === 0)
    expect(one.slice(0, 5).map(({ atUs, request }) => [atUs / 1000, request.url])).toEqual(
      [3, 2, 1, 0, 3].map((n, i) => [i * 5, `http://target.test/${n}`]),
    )
    // 50 iterations of four requests of 5 ms each fit into the second, of 5 users.
    expect(total.iterations).toMatchObject({ due: 250, started: 250, finished: 250, failed: 0 })
    expect([simulation.count('sent'), simulation.count('finished')]).toEqual([1000, 1000])
    expect(total.iterationDuration.meanUs).toBe(20_000)
    // In the closed model the latency of each is its service time.
    expect([...simulation.snapshots[0]!.tally.requests][0]!.histograms.latency).toMatchObject({ maxUs: 5000 })
  })

  test('in the open model latency counts from due for the first request only', async () => {
    const plan = anOpenPlan({
      ...chain(1),
      model: 'open',
      stages: [{ fromPerS: 10, toPerS: 10, durationS: 1 }],
      maxUsers: 1,
      durationS: 1,
    } as never)
    const { total, sent } = await run(plan, countdown(302, 100_000))
    // One user serves an iteration in 200 ms, and one is due every 100 ms: from due counts what waits.
    expect(sent.length).toBe(10)
    const { latency } = histogramsOf(total)
    expect([latency.minUs, latency.maxUs]).toEqual([100_000, 100_000 + 4 * 100_000])
  })

  test('too many: the last one is judged like any other response', async () => {
    const plan = { ...chain(3), maxRedirects: 2 }
    expect((await run(plan)).outcomes).toEqual({ ok: expect.any(Number) as number })
    const strict = { ...plan, request: { ...plan.request, expectStatus: [{ from: 200, to: 200 }] } }
    const { outcomes, total } = await run(strict)
    // Hops that were followed are judged by where they led.
    expect(outcomes['status']).toBe(total.iterations.failed)
    expect(outcomes['ok']).toBe(2 * outcomes['status']!)
  })

  test('none is followed by default, and what has no location is no redirect', async () => {
    expect(
      (await run({ ...chain(3), maxRedirects: 0 })).sent.every(({ request }) => request.url.endsWith('3')),
    ).toBe(true)
    const { outcomes, total } = await run(chain(3), () => ({ afterUs: 5000, status: 302 }))
    expect([outcomes['ok'], total.iterations.failed]).toEqual([total.iterations.started, 0])
  })

  test('one that leads nowhere is a failure that says so', async () => {
    const { outcomes, total } = await run(chain(1), () => ({
      afterUs: 5000,
      status: 302,
      location: 'ftp://a/',
    }))
    expect(Object.keys(outcomes)).toEqual(['status'])
    expect([...total.errors.values()].map(({ message }) => message)).toEqual([
      'status 302 with a location that is no http URL: ftp://a/',
    ])
  })

  test('to another origin and back goes over two connections, both kept', async () => {
    const { sent, networks } = await run(
      { ...chain(1), stages: [{ fromUsers: 0, toUsers: 1, durationS: 0 }] } as Plan,
      ({ request }) =>
        request.url.includes('other')
          ? { afterUs: 5000 }
          : { afterUs: 5000, status: 307, location: 'https://other.test/' },
    )
    expect(networks[0]!.connections).toBe(2)
    expect(new Set(sent.map(({ connection, request }) => `${connection} ${request.url}`))).toEqual(
      new Set(['0 http://target.test/1', '1 https://other.test/']),
    )
  })
})

test('to a host that is not allowed is not followed, and the response that leads there failed', async () => {
  const plan = chain(1, { allowedHosts: [{ host: 'target.test', isDomain: false, port: 80 }] })
  for (const [location, to] of [
    ['https://target.test/', 'target.test:443'],
    ['//evil.test/x?token=c4n4ry', 'evil.test:80'],
  ] as const) {
    const { sent, outcomes, total } = await run(plan, () => ({ afterUs: 5000, status: 302, location }))
    expect(new Set(sent.map(({ request }) => request.url))).toEqual(new Set(['http://target.test/1']))
    expect(outcomes).toEqual({ host: sent.length })
    expect([...total.errors.values()].map(({ message }) => message)).toEqual([
      `status 302 leads to ${to}, which is not allowed`,
    ])
    // They back off: 0.1, 0.2, 0.4 s and so on, instead of asking again at once.
    expect(sent.length).toBe(5 * 4)
    expect(total.iterations).toMatchObject({ started: sent.length, failed: sent.length })
  }
  expect((await run(plan)).outcomes['host']).toBeUndefined()
})

describe('the end', () => {
  test('a redirect that comes in the drain is followed, until the graceful stop is over', async () => {
    const plan = chain(10, { durationS: 1, gracefulStopS: 2 })
    const simulation = await run(plan, countdown(302, 400_000))
    expect(simulation.isDrained).toBe(true)
    expect(Math.max(...simulation.sentMs)).toBeLessThan(3000)
    expect(Math.max(...simulation.sentMs)).toBeGreaterThan(2500)
    expect([simulation.count('sent'), simulation.count('finished'), simulation.count('unfinished')]).toEqual([
      40, 35, 5,
    ])
    expect(simulation.total.iterations).toMatchObject({ started: 5, finished: 0 })
  })

  test.each([1, 3])(
    'over %d workers exactly the planned requests are sent, hops counted',
    async (workers) => {
      const plan = chain(3, { requests: 101, durationS: null })
      const simulation = await run(plan, countdown(), workers)
      simulation.stop(null)
      await simulation.to(41)
      expect([simulation.sent.length, simulation.count('finished')]).toEqual([101, 101])
      expect(simulation.isDrained).toBe(true)
    },
  )

  test('exactly the planned iterations, each with all its hops', async () => {
    const simulation = await run(chain(3, { iterations: 11, durationS: null }), countdown(), 2)
    simulation.stop(null)
    await simulation.to(41)
    expect(simulation.sent.length).toBe(44)
    expect(simulation.total.iterations).toMatchObject({ started: 11, finished: 11 })
  })
})

test('nothing is lost, whatever comes', async () => {
  const answer = fc.oneof(
    { weight: 4, arbitrary: fc.constant<Answer>({ afterUs: 3000, status: 302, location: '/x' }) },
    {
      weight: 2,
      arbitrary: fc.constant<Answer>({ afterUs: 3000, status: 307, location: 'http://other.test/' }),
    },
    { weight: 2, arbitrary: fc.constant<Answer>({ afterUs: 4000 }) },
    fc.constant<Answer>({ afterUs: 3000, status: 308, location: 'http://evil.test/' }),
    fc.constant<Answer>({ afterUs: 2000, outcome: 'headers.reset' }),
    fc.constant<Answer>({ afterUs: Infinity }),
    fc.constant<Answer>({ afterUs: 1000, status: 301, location: 'ftp://a/' }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(answer, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 0, max: 4 }),
      fc.option(fc.integer({ min: 1, max: 200 })),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      async (answers, maxRedirects, requests, workers, isOpen) => {
        let n = 0
        const allowedHosts = ['target.test', 'other.test'].map((host) => ({
          host,
          isDomain: false,
          port: null,
        }))
        const common = {
          ...{ durationS: 1, timeoutS: 0.3, gracefulStopS: 0.1 },
          ...{ maxRedirects, requests, allowedHosts },
        }
        const plan = isOpen
          ? anOpenPlan({ ...common, maxUsers: 4 })
          : aPlan({ ...common, stages: [{ fromUsers: 0, toUsers: 4, durationS: 0 }] })
        const simulation = new Simulation(plan, () => answers[n++ % answers.length]!, { workers })
        await simulation.to(5)
        simulation.stop(null)
        await simulation.to(6)
        expect(simulation.isDrained).toBe(true)
        const sent = simulation.sent.length
        expect(simulation.sent.some(({ request }) => request.url.includes('evil'))).toBe(false)
        expect(simulation.count('sent')).toBe(sent)
        expect(simulation.count('finished') + simulation.count('unfinished')).toBe(sent)
        expect(simulation.count('succeeded') + simulation.count('failed')).toBe(simulation.count('finished'))
        if (requests !== null) expect(sent).toBeLessThanOrEqual(requests)
        const { started, finished, failed, due, dropped, unstarted } = simulation.total.iterations
        expect(due).toBe(started + dropped + unstarted)
        expect(started).toBeLessThanOrEqual(sent)
        expect(sent).toBeLessThanOrEqual(started * (1 + maxRedirects))
        expect(failed).toBe(simulation.count('failed'))
        expect(started - finished).toBe(simulation.count('unfinished'))
      },
    ),
    { numRuns: 60 },
  )
})

function histogramsOf(total: Simulation['total']) {
  const [request] = total.requests.values()
  return { latency: request!.histogram('latency') }
}
