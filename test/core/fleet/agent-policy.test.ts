import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  amendmentRefusal,
  portionOf,
  refusals,
  restricted,
  type AgentPolicy,
} from '../../../src/core/fleet/agent-policy.ts'
import type { Amendment } from '../../../src/core/plan/amendment.ts'
import { forbiddenHost, type AllowedHost } from '../../../src/core/resolve/request/allowed-hosts.ts'
import { A_REQUEST, anOpenPlan, aPlan } from '../../support/plan.ts'

const host = (text: string): AllowedHost => {
  const [name, port] = text.replace(/^\*\./, '').split(':')
  return { host: name!, isDomain: text.startsWith('*.'), port: port === undefined ? null : Number(port) }
}
const policyOf = (different: Partial<AgentPolicy>): AgentPolicy => ({
  allowedHosts: null,
  maxPerS: null,
  maxUsers: null,
  acceptsScenarios: false,
  ...different,
})
const ALL = { base: 0, workers: 4, of: 4 }
const HALF = { base: 2, workers: 2, of: 4 }
const to = (url: string) => ({ ...A_REQUEST, url })

describe('refusals', () => {
  test.each([
    ['its URL', aPlan({ request: to('http://prod.test/') }), 'prod.test:80'],
    [
      'one of its targets',
      aPlan({
        targets: { file: 'x', requests: [{ weight: 1, request: to('http://shop.test:81/') }] },
        request: to('http://shop.test/'),
      }),
      null,
    ],
    [
      'a target elsewhere',
      aPlan({
        targets: { file: 'x', requests: [{ weight: 1, request: to('http://prod.test:81/') }] },
        request: to('http://shop.test/'),
      }),
      'prod.test:81',
    ],
    [
      'where connections really go',
      aPlan({
        request: to('http://shop.test/'),
        connectTo: [{ host: null, port: null, toHost: 'prod.test', toPort: null }],
      }),
      'prod.test:80',
    ],
    [
      'its proxy',
      aPlan({
        request: to('http://shop.test/'),
        proxy: { host: 'proxy.test', port: 3128, authorization: null, digest: null },
      }),
      'proxy.test:3128',
    ],
  ])('of a plan that leads elsewhere: %s', (_, plan, forbidden) => {
    const problems = refusals(policyOf({ allowedHosts: [host('shop.test')] }), plan, ALL)
    if (forbidden === null) expect(problems).toEqual([])
    else expect(problems).toEqual([expect.stringContaining(forbidden)])
    expect(refusals(policyOf({}), plan, ALL)).toEqual([])
  })

  test('of code, sockets and addresses', () => {
    const scenario = { file: '/x.ts', scenarios: [], feeders: [] } as never
    expect(refusals(policyOf({}), aPlan({ scenario }), ALL)).toEqual([
      expect.stringContaining('--accept-scenarios'),
    ])
    expect(refusals(policyOf({ acceptsScenarios: true }), aPlan({ scenario }), ALL)).toEqual([])
    expect(refusals(policyOf({}), aPlan({ unixSocket: '/var/run/docker.sock' }), ALL)).toHaveLength(1)
    expect(refusals(policyOf({}), aPlan({ localAddresses: ['10.0.0.1'] }), ALL)).toHaveLength(1)
  })

  test('of a scenario that leads elsewhere by a request or a proxy of its own', () => {
    const own = (url: string, proxy: string | null) =>
      aPlan({
        request: to('http://shop.test/'),
        scenario: {
          ...{ file: '/x.ts', feeders: [] },
          scenarios: [
            { http: null },
            {
              http: {
                request: to(url),
                proxy: proxy === null ? null : { host: proxy, port: 3128, authorization: null, digest: null },
              },
            },
          ],
        } as never,
      })
    const policy = policyOf({ allowedHosts: [host('shop.test')], acceptsScenarios: true })
    expect(refusals(policy, own('http://shop.test/basket', null), ALL)).toEqual([])
    expect(refusals(policy, own('http://prod.test/', null), ALL)).toEqual([
      expect.stringContaining('prod.test:80'),
    ])
    expect(refusals(policy, own('http://shop.test/', 'proxy.test'), ALL)).toEqual([
      expect.stringContaining('proxy.test:3128'),
    ])
    // What only the iteration knows is checked by each request, as redirects are.
    expect(refusals(policy, own('{{origin}}/', null), ALL)).toEqual([])
  })

  test('of more load than is allowed, by its part of it, also when the load is amended', () => {
    const open = anOpenPlan({ stages: [{ fromPerS: 0, toPerS: 1000, durationS: 1 }], maxUsers: 400 })
    expect(refusals(policyOf({ maxPerS: 500, maxUsers: 200 }), open, HALF)).toEqual([])
    expect(refusals(policyOf({ maxPerS: 499 }), open, HALF)).toEqual([expect.stringContaining('500')])
    expect(refusals(policyOf({ maxUsers: 199 }), open, HALF)).toEqual([expect.stringContaining('200 users')])
    expect(refusals(policyOf({ maxPerS: 500 }), aPlan(), HALF)).toEqual([
      expect.stringContaining('users without waits'),
    ])
    const limited = policyOf({ maxPerS: 500, maxUsers: 200 })
    expect(amendmentRefusal(limited, { ratePerS: 1000, atS: 1, overS: 0 }, HALF)).toBeNull()
    expect(amendmentRefusal(limited, { ratePerS: 1001, atS: 1, overS: 0 }, HALF)).toContain('--max-rate')
    expect(amendmentRefusal(limited, { users: 400, atS: 1, overS: 0 }, HALF)).toBeNull()
    expect(amendmentRefusal(limited, { users: 403, atS: 1, overS: 0 }, HALF)).toContain('--max-users')
  })
})

test('the parts of all agents are all users', () => {
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 8 }),
      (n, crews) => {
        const of = crews.reduce((a, b) => a + b)
        let base = 0
        const parts = crews.map((workers) => {
          const part = portionOf(n, { base, workers, of })
          base += workers
          return part
        })
        expect(parts.reduce((a, b) => a + b)).toBe(n)
      },
    ),
  )
})

test('whatever is amended, an agent starts no more and has no more users than its owner allows', () => {
  const share = fc
    .tuple(fc.nat(64), fc.integer({ min: 1, max: 64 }), fc.nat(64))
    .map(([base, workers, more]) => ({ base, workers, of: base + workers + more }))
  const most = fc.integer({ min: 1, max: 1000 })
  fc.assert(
    fc.property(share, most, fc.nat(100_000), fc.boolean(), (of, limit, asked, isRate) => {
      const policy = policyOf({ maxPerS: limit, maxUsers: limit })
      const amendment = { ...(isRate ? { ratePerS: asked } : { users: asked }), atS: 1, overS: 0 }
      const own = isRate ? (asked * of.workers) / of.of : portionOf(asked, of)
      expect(amendmentRefusal(policy, amendment as Amendment, of) === null).toBe(own <= limit)
      expect(amendmentRefusal(policyOf({}), amendment as Amendment, of)).toBeNull()
    }),
  )
})

test('the restricted plan allows exactly what both lists allow', () => {
  const name = fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'other.test')
  const allowed = fc.record({
    host: name,
    isDomain: fc.boolean(),
    port: fc.constantFrom(null, 80, 8080),
  })
  const list = fc.array(allowed, { maxLength: 4 })
  fc.assert(
    fc.property(list, fc.option(list), name, fc.constantFrom(80, 8080), (own, asked, to, port) => {
      const url = new URL(`http://${to}:${port}/`)
      const plan = aPlan({ allowedHosts: asked })
      const may = (allowedHosts: readonly AllowedHost[] | null): boolean =>
        forbiddenHost({ ...plan, allowedHosts }, url) === null
      expect(may(restricted(policyOf({ allowedHosts: own }), plan).allowedHosts)).toBe(may(own) && may(asked))
      expect(restricted(policyOf({}), plan)).toBe(plan)
    }),
  )
})
