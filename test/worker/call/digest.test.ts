/** Digest authentication of users, on a virtual clock, against a server that counts what each nonce has served. */
import { describe, expect, test } from 'vitest'
import type { Plan } from '../../../src/core/plan/plan.ts'
import type { RequestPlan } from '../../../src/core/request/request.ts'
import type { ScenarioDefinition } from '../../../src/scenario/scenario.ts'
import { CREDENTIALS, DigestServer, type DigestRules } from '../../support/digest-server.ts'
import { A_REQUEST, anOpenPlan, aPlan } from '../../support/plan.ts'
import { Simulation } from '../../support/simulation.ts'
import type { Answer, Sent } from '../../support/virtual.ts'

const REQUEST: RequestPlan = { ...A_REQUEST, url: 'http://target.test/a?b=%20', digest: CREDENTIALS }
/** Two users who send once a second, for three seconds. */
const TWO = aPlan({
  request: REQUEST,
  stages: [{ fromUsers: 2, toUsers: 2, durationS: 0 }],
  wait: { kind: 'pacing', seconds: 1 },
  durationS: 2.5,
})

const said = ({ added }: Sent, header = 'authorization'): string | undefined =>
  added.find(([name]) => name === header)?.[1]

function answering(server: DigestServer, header?: string): (sent: Sent) => Answer {
  return (sent) => {
    const { method, url, body } = sent.request
    const { pathname, search, href } = new URL(url)
    const uri = header === undefined ? pathname + search : href
    const text = body === null ? '' : 'text' in body ? body.text : ''
    const { status, headers } = server.reply(method, uri, text, said(sent, header))
    return { afterUs: 5000, status, userHeaders: headers }
  }
}

async function simulate(
  rules: DigestRules = {},
  plan: Plan = TWO,
  script?: ScenarioDefinition<unknown, unknown>,
): Promise<{ server: DigestServer; simulation: Simulation; count: (what: string) => number }> {
  const server = new DigestServer(rules)
  const answer = answering(server, rules.isProxy === true ? 'proxy-authorization' : undefined)
  const simulation = new Simulation(plan, answer, script === undefined ? {} : { script })
  await simulation.to(40)
  return { server, simulation, count: (what) => server.seen.filter((one) => one === what).length }
}

describe('a user', () => {
  test.each<DigestRules>([
    {},
    { algorithm: 'SHA-256' },
    { algorithm: 'MD5-sess' },
    { algorithm: 'SHA-256-sess', qop: 'auth-int' },
    { algorithm: 'SHA-512-256' },
    { qop: null },
  ])('answers its first challenge, and then counts its answers: %j', async (rules) => {
    const plan = { ...TWO, request: { ...REQUEST, method: 'POST', name: 'x', body: { text: 'caf\u00e9' } } }
    const { server, simulation, count } = await simulate(rules, plan)
    expect(server.seen).toEqual(['none', 'none', 'good', 'good', 'good', 'good', 'good', 'good'])
    expect([simulation.count('sent'), simulation.count('failed'), count('good')]).toEqual([8, 0, 6])
    expect(simulation.total).toMatchObject({
      challenges: { answered: 2, stale: 0 },
      iterations: { started: 6, finished: 6, failed: 0 },
    })
    expect([...simulation.total.requests.get('POST x')!.statuses]).toEqual([
      [401, 2],
      [200, 6],
    ])
  })

  test('answers anew when its nonce has served, whether or not the server calls it stale', async () => {
    for (const saysStale of [true, false]) {
      const { simulation, count } = await simulate({ uses: 2, saysStale })
      // Each of two users: none, good, good, refused, good.
      expect([count('none'), count('good'), simulation.count('sent')]).toEqual([2, 6, 10])
      expect(simulation.total).toMatchObject({ challenges: { answered: 4, stale: 2 } })
      expect(simulation.count('failed')).toBe(0)
    }
  })

  test('takes the next nonce that a server names', async () => {
    const { count, simulation } = await simulate({ uses: 1, nextNonce: true })
    expect([count('none'), count('good'), count('stale')]).toEqual([2, 6, 0])
    expect(simulation.total).toMatchObject({ challenges: { answered: 2, stale: 0 } })
  })

  test('a refusal is reported, after two tries at most', async () => {
    const wrong = { user: CREDENTIALS.user, password: 'wrong-p4ssword' }
    const { simulation, count } = await simulate({}, { ...TWO, request: { ...REQUEST, digest: wrong } })
    expect([count('none'), count('bad')]).toEqual([6, 6])
    expect([...simulation.total.errors.values()]).toMatchObject([
      { outcome: 'status', message: 'status 401: the digest credentials were refused', count: 6 },
    ])
    // A server whose nonces are stale whatever is said does not keep it for ever.
    const endless = await simulate({ uses: 0 })
    expect([endless.count('none'), endless.count('stale')]).toEqual([6, 12])
    expect(endless.simulation.count('failed')).toBe(6)
  })

  test('a challenge that is no digest is named', async () => {
    const simulation = await new Simulation(TWO, () => ({
      afterUs: 5000,
      status: 401,
      userHeaders: [['www-authenticate', 'Basic realm="x"']],
    })).to(40)
    expect([...simulation.total.errors.values()]).toMatchObject([
      { message: 'status 401: the server asks for Basic', count: 6 },
    ])
    expect(simulation.count('sent')).toBe(6)
  })

  test('answers a proxy by the whole URL, and its server besides', async () => {
    const proxy = { host: 'proxy.test', port: 1, authorization: null, digest: CREDENTIALS }
    const server = new DigestServer()
    const between = new DigestServer({ isProxy: true })
    const ofServer = answering(server)
    const ofProxy = answering(between, 'proxy-authorization')
    const simulation = new Simulation({ ...TWO, proxy }, (sent) => {
      const answer = ofProxy(sent)
      return answer.status === 407 ? answer : ofServer(sent)
    })
    await simulation.to(40)
    expect([between.seen.slice(0, 2), server.seen.slice(0, 2)]).toEqual([
      ['none', 'none'],
      ['none', 'none'],
    ])
    expect(server.seen.slice(2)).toEqual(Array(6).fill('good'))
    expect(between.seen.filter((was) => was === 'bad' || was === 'stale')).toEqual([])
    expect(simulation.total).toMatchObject({ challenges: { answered: 4, stale: 0 } })
    expect(simulation.count('failed')).toBe(0)
  })
})

test('each challenge is a request: it takes a ticket, and without one it ends the iteration', async () => {
  const plan = { ...TWO, requests: 5, durationS: 30 }
  const { server, simulation } = await simulate({ uses: 1 }, plan)
  expect(server.seen).toHaveLength(5)
  expect([simulation.count('sent'), simulation.count('finished')]).toEqual([5, 5])
})

test('in the open model an answer counts from when its iteration was due, and the challenge with it', async () => {
  const plan = anOpenPlan({
    request: REQUEST,
    stages: [{ fromPerS: 1, toPerS: 1, durationS: 2 }],
    maxUsers: 1,
    durationS: 2,
  })
  const { simulation } = await simulate({}, plan)
  const { latency, service } = (() => {
    const tally = simulation.total.requests.get('GET /')!
    return { latency: tally.histogram('latency'), service: tally.histogram('service') }
  })()
  // 401 after 5 ms, its answer 10 ms after it was due, and the next one 5 ms after.
  expect([latency.count, latency.minUs, latency.maxUs]).toEqual([3, 5000, 10_000])
  expect([service.minUs, service.maxUs]).toEqual([5000, 5000])
})

test('credentials stay with their origin: a redirect to another carries none, and a request may have its own', async () => {
  const server = new DigestServer()
  const answer = answering(server)
  const elsewhere: Sent[] = []
  const simulation = new Simulation(
    { ...TWO, maxRedirects: 1, request: { ...REQUEST, url: 'http://target.test/' } },
    (sent) => {
      const { origin, pathname } = new URL(sent.request.url)
      if (origin !== 'http://target.test') {
        elsewhere.push(sent)
        return {
          afterUs: 1000,
          status: 401,
          userHeaders: [['www-authenticate', 'Digest realm="r", nonce="n"']],
        }
      }
      return pathname === '/away'
        ? { afterUs: 1000, status: 302, location: 'http://other.test/' }
        : answer(sent)
    },
    {
      script: {
        tasks: {
          async T({ http }) {
            await http.get('/away')
            await http.get('/', { authDigest: `${CREDENTIALS.user}:${CREDENTIALS.password}` })
            await http.get('/x', { headers: { Authorization: 'Bearer x' }, expectStatus: 401 })
          },
        },
      },
    },
  )
  await simulation.to(40)
  expect(elsewhere.length).toBeGreaterThan(0)
  expect(elsewhere.every((sent) => sent.added.length === 0)).toBe(true)
  expect(server.seen.filter((was) => was === 'good')).toHaveLength(6)
  expect([...simulation.total.taskErrors.values()]).toEqual([])
})

test('a user of a scenario has its own nonces, in parallel too', async () => {
  const { server, simulation } = await simulate({}, TWO, {
    tasks: {
      async T({ http }) {
        await http.get('/')
        await Promise.all([http.get('/1'), http.get('/2'), http.get('/3')])
      },
    },
  })
  expect(server.seen.filter((was) => was === 'none')).toHaveLength(2)
  expect(server.seen.filter((was) => was === 'good')).toHaveLength(24)
  expect(simulation.count('failed')).toBe(0)
})

test('of requests in the same words, each is sent by the name that it gives', async () => {
  const { server } = await simulate(
    {},
    { ...TWO, durationS: 0.5 },
    {
      tasks: {
        async T({ http }) {
          await http.get('/')
          await http.get('/', { authDigest: 'somebody:else' })
          await http.get('/')
        },
      },
    },
  )
  // Each of two users: asked, answered, then the other name asked and refused, then answered again.
  expect(server.seen.filter((was) => was === 'good')).toHaveLength(4)
  expect(server.seen.filter((was) => was === 'bad')).toHaveLength(2)
  expect(server.seen.filter((was) => was === 'none')).toHaveLength(4)
})
