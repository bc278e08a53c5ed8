/** What tasks ask of hosts that the plan does not allow, on a virtual clock: no network, every request accounted for. */
import { expect, test } from 'vitest'
import type { Response } from '../../src/scenario/http.ts'
import { Exchange } from '../../src/worker/transport/transport.ts'
import { Refusal } from '../../src/worker/transport/refusal.ts'
import { A_REQUEST, aPlan, anOpenPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'

const allowedHosts = [{ host: 'target.test', isDomain: false, port: null }]
const COMMON = { allowedHosts, durationS: 1, gracefulStopS: 1 }

test.each([
  ['closed', aPlan({ ...COMMON, stages: [{ fromUsers: 1, toUsers: 1, durationS: 0 }] })],
  ['open', anOpenPlan({ ...COMMON, stages: [{ fromPerS: 100, toPerS: 100, durationS: 1 }], maxUsers: 1 })],
])('%s model: not sent, counted as a connection that failed, and its user backs off', async (_, plan) => {
  const responses: Response[] = []
  const script = {
    tasks: {
      T: async ({ http }: { http: { get(url: string): Promise<Response> } }) => {
        responses.push(await http.get('http://evil.test/x'))
      },
    },
  }
  const run = await new Simulation(plan, undefined, { script }).to(5)
  // After 0.1, 0.2 and 0.4 s: four times in a second, however many were wanted.
  expect([run.count('sent'), run.count('finished'), run.count('failed')]).toEqual([4, 4, 4])
  expect([run.sent.length, run.isDrained]).toEqual([0, true])
  expect(run.outcomes).toEqual({ host: 4 })
  const { iterations, connections, errors } = run.total
  expect(iterations).toMatchObject({ started: 4, finished: 4, failed: 4 })
  expect(iterations.due).toBe(iterations.started + iterations.dropped + iterations.unstarted)
  expect(connections).toEqual({ opened: 0, reused: 0, failed: 4, retried: 0 })
  expect([...errors.values()].map(({ message }) => message)).toEqual([
    'it goes to evil.test:80, which is not allowed',
  ])
  const error = 'host: it goes to evil.test:80, which is not allowed'
  expect(responses.map((one) => ({ ...one }))).toMatchObject(
    Array(4).fill({ ok: false, status: 0, error, url: 'http://evil.test/x' }),
  )
})

test('the end of the drain cuts it like any other, and it ends once', async () => {
  const ended: Exchange['outcome'][] = []
  const exchange = new Exchange({
    sent: () => undefined,
    connecting: () => undefined,
    done: () => ended.push(exchange.outcome),
  })
  const refusal = new Refusal('no', () => 7)
  refusal.send(exchange, { plan: A_REQUEST, bytesOut: 0, isIdempotent: true, to: '' })
  expect(ended).toEqual([])
  refusal.cut('unfinished')
  await new Promise((resolve) => setImmediate(resolve))
  expect(ended).toEqual(['unfinished'])
})
