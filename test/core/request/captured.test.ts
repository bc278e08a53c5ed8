import { describe, expect, test } from 'vitest'
import {
  captured,
  earliest,
  KEPT_BODY_BYTES,
  type FailedExchange,
} from '../../../src/core/request/captured.ts'
import { KnownSecrets } from '../../../src/core/request/known-secrets.ts'
import { bodyPlan, type RequestPlan } from '../../../src/core/request/request.ts'
import { A_REQUEST } from '../../support/plan.ts'

const CANARY = 'c4n4ry & "s€cret"'
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const A_PLAN = { request: A_REQUEST, targets: null, proxy: null, hidden: [] }
const nothing = new KnownSecrets(A_PLAN)

const failed = (
  request: Partial<RequestPlan>,
  response: Partial<NonNullable<FailedExchange['response']>> | null = {},
): FailedExchange => ({
  atS: 1.5,
  worker: 1,
  user: 7,
  outcome: 'status',
  message: 'status 503',
  request: { ...A_REQUEST, ...request },
  added: [],
  response: response === null ? null : { status: 503, headers: [], kept: bytes(''), bytes: 0, ...response },
})

describe('a failing exchange that is kept', () => {
  test('is request and response', () => {
    const exchange = failed(
      { body: { text: '<x/>' } },
      { headers: ['a', '1', 'B', '2'], kept: bytes('busy'), bytes: 4 },
    )
    expect(captured(exchange, nothing)).toEqual({
      atS: 1.5,
      worker: 1,
      user: 7,
      name: 'GET /',
      outcome: 'status',
      message: 'status 503',
      request: {
        method: 'GET',
        url: 'http://target.test/',
        headers: [['user-agent', 'corerush/test']],
        body: { bytes: 4, text: '<x/>' },
      },
      response: {
        status: 503,
        headers: [
          ['a', '1'],
          ['B', '2'],
        ],
        body: { bytes: 4, text: 'busy' },
      },
    })
    expect(captured(failed({}, null), nothing)).toMatchObject({ request: { body: null }, response: null })
  })

  test('has the first 2 kB of a body, in whole characters, and how long it was', () => {
    const text = `x${'é'.repeat(5000)}`
    const { request, response } = captured(
      failed({ body: { text } }, { kept: bytes(text).subarray(0, KEPT_BODY_BYTES), bytes: 10_001 }),
      nothing,
    )
    const shown = { bytes: 10_001, text: `x${'é'.repeat(KEPT_BODY_BYTES / 2 - 1)}` }
    expect([request.body, response!.body]).toEqual([shown, shown])
  })

  test('shows no bytes that are no text', () => {
    const binary = Uint8Array.from({ length: 5000 }, (_, i) => 128 + (i % 128))
    const { request, response } = captured(
      failed({ body: bodyPlan(binary) }, { kept: binary.subarray(0, KEPT_BODY_BYTES), bytes: 5000 }),
      nothing,
    )
    expect([request.body, response!.body]).toEqual([
      { bytes: 5000, text: null },
      { bytes: 5000, text: null },
    ])
  })
})

test('of all workers the first N of each outcome are kept, exactly', () => {
  const one = captured(failed({}), nothing)
  const of = (worker: number, ...times: number[]) => times.map((atS) => ({ ...one, worker, atS }))
  const resets = of(0, 0.5, 3).map((failure) => ({ ...failure, outcome: 'body.reset' as const }))
  const kept = earliest([...of(0, 1, 2, 5), ...resets, ...of(1, 1.5, 1.6, 9)], 3)
  expect(kept.map(({ outcome, atS }) => `${outcome} ${atS}`)).toEqual([
    'body.reset 0.5',
    'status 1',
    'status 1.5',
    'status 1.6',
    'body.reset 3',
  ])
})

describe('a secret that was sent is not shown when it comes back', () => {
  const request: RequestPlan = {
    ...A_REQUEST,
    url: `http://target.test/?api_key=${encodeURIComponent(`url ${CANARY}`)}`,
    headers: [
      ['Authorization', `Basic ${Buffer.from(`user:basic ${CANARY}`).toString('base64')}`],
      ['X-Token', 'token-of-header'],
      ['Cookie', 'a=1; sid=cookie-of-request'],
    ],
    body: { text: JSON.stringify({ password: `body ${CANARY}`, pin: '12' }) },
  }
  const known = new KnownSecrets({
    ...A_PLAN,
    proxy: {
      host: 'p',
      port: 1,
      authorization: `Basic ${Buffer.from('me:of-the-proxy').toString('base64')}`,
      digest: null,
    },
  })
  known.learn(request)
  const secrets = [
    `url ${CANARY}`,
    `basic ${CANARY}`,
    Buffer.from(`user:basic ${CANARY}`).toString('base64'),
    'token-of-header',
    'cookie-of-request',
    `body ${CANARY}`,
    'of-the-proxy',
  ]

  test.each<[string, (secret: string) => string]>([
    ['as it is', (secret) => secret],
    ['in a URL', encodeURIComponent],
    ['in a form', (secret) => new URLSearchParams([['', secret]]).toString().slice(1)],
    ['in JSON', (secret) => JSON.stringify(secret).slice(1, -1)],
    ['in HTML', (secret) => secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
  ])('%s', (_, spelt) => {
    for (const secret of secrets) expect(known.hide(`you sent ${spelt(secret)}!`)).toBe('you sent ***!')
  })

  test('nor when only its beginning comes back', () => {
    for (const secret of secrets)
      for (let length = 6; length < secret.length; length++)
        expect(known.hide(`you sent ${secret.slice(0, length)}`)).toBe('you sent ***')
  })

  test('and what is short or was not sent stays', () => {
    expect(known.hide('user 12 sent tokens')).toBe('user 12 sent tokens')
    expect(new KnownSecrets(A_PLAN).hide('token-of-header')).toBe('token-of-header')
  })

  test('in any part of a failing exchange, a cookie of the response among them', () => {
    const echo = `${secrets.join(' ')} set-by-server`
    const headers = [
      'Set-Cookie',
      'sid=set-by-server; path=/; samesite=Strict',
      'X-Echo',
      echo,
      'Location',
      'http://u:p@h/?token=ttt',
    ]
    const kept = bytes(`${echo} Strict`)
    const text = JSON.stringify(captured(failed(request, { headers, kept, bytes: kept.length }), known))
    expect(text).toContain('Strict')
    for (const secret of [...secrets, 'set-by-server', 'u:p', 'ttt'])
      expect(text).not.toContain(JSON.stringify(secret).slice(1, -1))
  })
})

test('what the jar of a user added is shown as a header, and hidden wherever it is said back', () => {
  const response = { headers: [], kept: bytes('you sent session=from-the-jar, or from-the-jar'), bytes: 46 }
  const shown = captured({ ...failed({}, response), added: [['cookie', 'session=from-the-jar']] }, nothing)
  expect(shown.request.headers).toContainEqual(['cookie', '***'])
  expect(JSON.stringify(shown)).not.toContain('from-the-jar')
})

test('a text that the user calls a secret is hidden however short it is, in a path too', () => {
  const known = new KnownSecrets({ ...A_PLAN, hidden: ['4711', 'to/ken x'] })
  const url = 'http://target.test/pin/4711/to/ken%20x'
  const { request, response } = captured(failed({ url }, { kept: bytes('no 4711'), bytes: 7 }), known)
  expect(request.url).toBe('http://target.test/pin/***/***')
  expect(response!.body.text).toBe('no ***')
})
