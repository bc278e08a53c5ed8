import { describe, expect, test } from 'vitest'
import type { Options } from '../../../src/core/options/options.ts'
import type { Plan } from '../../../src/core/plan/plan.ts'
import { bodyLength, type BodyPlan } from '../../../src/core/request/request.ts'
import { redactPlan } from '../../../src/core/plan/redact.ts'
import { redactUrlText } from '../../../src/core/request/redacted-url.ts'
import { resolveOptions } from '../../../src/core/resolve/resolve.ts'
import { A_REQUEST, aPlan } from '../../support/plan.ts'

const CANARY = 'c4n4ry-5ecret'
const shown = (request: Partial<Plan['request']>): string =>
  JSON.stringify(redactPlan(aPlan({ request: { ...A_REQUEST, ...request } })))

describe('a secret is sent, never shown', () => {
  test.each([
    'authorization',
    'Authorization',
    'Proxy-Authorization',
    'cookie',
    'Set-Cookie',
    'X-Api-Key',
    'x-auth-token',
    'X-CSRF-Token',
    'client-secret',
    'x-password',
    'X-Auth',
    'apikey',
    'X-Session-Id',
    'X-Credential',
    'X-Amz-Signature',
  ])('in the header %s', (name) => {
    const text = shown({
      headers: [
        ['accept', '*/*'],
        [name, CANARY],
      ],
    })
    expect(text).not.toContain(CANARY)
    expect(text).toContain(`["${name}","***"]`)
  })

  test.each([
    'auth',
    'session',
    'X-Amz-Signature',
    'X-Amz-Credential',
    'passwd',
    'token',
    'access_token',
    'api_key',
    'apikey',
    'key',
    'sig',
    'password',
    'client_secret',
  ])('in the query parameter %s', (name) => {
    const text = shown({ url: `http://target.test/a?q=1&${name}=${CANARY}&z=2` })
    expect(text).not.toContain(CANARY)
    expect(text).toContain('q=1')
    expect(text).toContain('z=2')
  })

  test('in a query parameter that comes twice', () => {
    expect(shown({ url: `http://target.test/?key=${CANARY}1&key=${CANARY}2` })).not.toContain(CANARY)
  })
})

test.each([
  [`ftp://user:${CANARY}@h/a?x=1&token=${CANARY}#f`, 'ftp://***@h/a?x=1&token=***#f'],
  [`http://user:a/${CANARY}@h/`, 'http://***@h/'],
  [`http://user:a?b#${CANARY}@h/`, 'http://***@h/'],
  [`http://user:${CANARY}@x@h/`, 'http://***@h/'],
  [`user:${CANARY}\n@h`, '***@h'],
  [`http:\\\\user:${CANARY}@h`, '***@h'],
  [`http:/h/#access_token=${CANARY}&y=2`, 'http:/h/#access_token=***&y=2'],
  ['not a URL', 'not a URL'],
  ['http://a b/@', 'http://***@'],
])('a complaint about %j quotes %j', (text, quoted) => {
  expect(redactUrlText(text)).toBe(quoted)
})

test.each<[Options, number]>([
  [{ headers: [`Authorization: ${CANARY} €`], url: `ftp://u:${CANARY}@h/?key=${CANARY}` }, 2],
  [{ headers: [`Authorization Bearer ${CANARY}`, `Bearer ${CANARY}: x`, CANARY] }, 3],
  [{ headers: `Authorization: ${CANARY}` as never }, 1],
  [{ headers: { [`Authorization: ${CANARY}`]: '' }, url: `http://user:a/${CANARY}@h/` }, 2],
  [{ proxy: `http://user:a/${CANARY}@h:1` }, 1],
  [{ targetMetrics: `http://user:${CANARY}@h/` }, 1],
  [{ auth: CANARY }, 1],
])('of what is wrong in %# no secret is told', (options, problems) => {
  const result = resolveOptions({ url: 'http://target.test/', ...options }, { cores: 1, descriptors: 100 })
  expect('problems' in result && result.problems).toHaveLength(problems)
  expect(JSON.stringify(result)).not.toContain(CANARY)
})

test.each<[string, BodyPlan]>([
  ['text', { text: `{"user":"me","password":"${CANARY}"}` }],
  ['bytes', { base64: btoa(`\xff&password=${CANARY}&user=me`) }],
])('in a field of a body of %s', (kind, body) => {
  const shownBody = redactPlan(aPlan({ request: { ...A_REQUEST, body } })).request.body!
  const text = 'text' in shownBody ? shownBody.text : atob(shownBody.base64)
  expect(text).toBe(kind === 'text' ? '{"user":"me","password":"***"}' : '\xff&password=***&user=me')
})

test('what is no secret is shown as it is sent', () => {
  const plan = aPlan({
    request: {
      ...A_REQUEST,
      url: 'http://target.test/a?q=%20x',
      headers: [
        ['accept', 'text/xml'],
        ['x-author', 'Tene'],
      ],
    },
  })
  expect(redactPlan(plan)).toEqual(plan)
})

test('the plan itself is not touched: it is still to be sent', () => {
  const plan = aPlan({ request: { ...A_REQUEST, headers: [['authorization', CANARY]] } })
  const before = structuredClone(plan)
  redactPlan(plan)
  expect(plan).toEqual(before)
})

test.each<[string, BodyPlan, string, number]>([
  ['text', { text: `password=${CANARY}&x=${'é'.repeat(5000)}` }, 'password=***&x=éé', 10_025],
  [
    'bytes',
    { base64: btoa(`\xff&password=${CANARY}&x=${'\xff'.repeat(5000)}`) },
    '\xff&password=***&x=\xff',
    5027,
  ],
])('of a large body of %s the beginning is shown, and its length', (_, body, begins, bytes) => {
  const { body: shownBody } = redactPlan(aPlan({ request: { ...A_REQUEST, body } })).request
  const text = 'text' in shownBody! ? shownBody.text : atob(shownBody!.base64)
  expect(text.startsWith(begins)).toBe(true)
  expect(text.length).toBeLessThanOrEqual(2048)
  expect(shownBody).toMatchObject({ bytes })
  expect(bodyLength(shownBody)).toBe(bytes)
})

test('a body of many megabytes is masked in no time to speak of', () => {
  const text = 'token='.repeat(2_000_000)
  expect(
    JSON.stringify(redactPlan(aPlan({ request: { ...A_REQUEST, body: { text } } }))).length,
  ).toBeLessThan(9000)
})

test('a secret in the path and in a URL within a parameter', () => {
  const plan = redactPlan(
    aPlan({
      request: {
        ...A_REQUEST,
        url: `http://target.test/a;jsessionid=${CANARY}/b?to=http%3A%2F%2Fh%3Ftoken%3D${CANARY}&q=1`,
        headers: [['referer', `http://target.test/?pin=${CANARY}`]],
      },
    }),
  )
  expect(JSON.stringify(plan)).not.toContain(CANARY)
  expect(plan.request.url).toContain('q=1')
})
