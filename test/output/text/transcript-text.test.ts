import { expect, test } from 'vitest'
import { KnownSecrets } from '../../../src/core/request/known-secrets.ts'
import { transcriptOf, type Seen } from '../../../src/core/request/transcript.ts'
import { renderStep } from '../../../src/output/text/transcript-text.ts'
import { A_REQUEST } from '../../support/plan.ts'

const whole = (body: Uint8Array): { kept: Uint8Array; bytes: number } => ({ kept: body, bytes: body.length })

const SEEN: Seen = {
  request: {
    ...A_REQUEST,
    method: 'POST',
    name: 'login',
    url: 'http://target.test/login?token=t1&page=2',
    headers: [['Authorization', 'Bearer t2']],
    body: { text: 'name=ann&password=t3' },
  },
  added: [['cookie', 'session=t4']],
  response: {
    status: 200,
    headers: ['Set-Cookie', 'session=t5', 'Content-Type', 'application/json'],
    ...whole(Buffer.from('{"access_token": "t6", "api_key":7, "text": "a\u001b[31mb"}')),
  },
  outcome: 'ok',
  message: '',
  isNewConnection: true,
  serviceMs: 1.234,
  isChecked: true,
}
const KNOWN = new KnownSecrets({
  request: A_REQUEST,
  targets: null,
  proxy: null,
  hidden: ['from-the-environment'],
})
const PLAIN = { color: false, width: 20 }
const rendered = (different: Partial<Seen>): string =>
  renderStep({ type: 'exchange', exchange: transcriptOf({ ...SEEN, ...different }, KNOWN) }, PLAIN)

test('a request and its response, without their secrets and what would steer a terminal', () => {
  const text = rendered({})
  expect(text).toMatchInlineSnapshot(`
    "→ POST http://target.test/login?token=***&page=2  POST login
      Authorization: ***
      cookie: ***

      name=ann&password=***
    ← 200 in 1.23 ms, on a new connection
      Set-Cookie: ***
      Content-Type: application/json

      {"access_token": "***", "api_key":"***", "text": "a�[31mb"}
      ok, the check passed
    "
  `)
  expect(text).not.toMatch(/t\d/)
})

test('one that failed, one without a response, and bodies that are no text or long', () => {
  expect(rendered({ outcome: 'check', message: 'an empty page' })).toContain(
    '\n  failed, check: an empty page\n',
  )
  expect(
    rendered({ outcome: 'connect.refused', message: 'refused', response: null, isNewConnection: false }),
  ).toContain('\n← no response in 1.23 ms\n  failed, connect.refused: refused\n')
  const body = (bytes: Uint8Array): string => rendered({ response: { ...SEEN.response!, ...whole(bytes) } })
  expect(body(new Uint8Array([255, 0, 1]))).toContain('\n  (3 bytes)\n')
  expect(body(Buffer.from(`${'x'.repeat(600)}\n${'line\n'.repeat(50)}`))).toMatch(
    /\n {2}x{500}\n( {2}line\n){19} {2}… 256 more characters\n/,
  )
  expect(rendered({ request: { ...SEEN.request, body: { base64: 'AAECAw==' } } })).toContain(
    '\n  (4 bytes)\n',
  )
})

test('how a task begins and ends', () => {
  const task = 'buy: Pay'
  expect(renderStep({ type: 'begins', task }, PLAIN)).toBe('── buy: Pay\n')
  expect(renderStep({ type: 'ended', task, hasFailed: false, error: null }, PLAIN)).toBe('✓ buy: Pay\n\n')
  expect(renderStep({ type: 'ended', task, hasFailed: true, error: null }, PLAIN)).toBe(
    '✗ buy: Pay: a request failed\n\n',
  )
  const error = { message: 'no stock', frame: 's.ts:2\n> 2 | check()' }
  expect(renderStep({ type: 'ended', task, hasFailed: true, error }, PLAIN)).toBe(
    '✗ buy: Pay: no stock\n  s.ts:2\n  > 2 | check()\n\n',
  )
})

test('a secret that the target says back is not shown', () => {
  const headers: Seen['request']['headers'] = [['Authorization', 'Bearer abcdef-123']]
  const text = rendered({
    request: { ...SEEN.request, headers },
    response: {
      status: 401,
      headers: ['x-asked', 'Bearer abcdef-123'],
      ...whole(Buffer.from('no such token: abcdef-123, from-the-environment')),
    },
  })
  expect(text).toContain('x-asked: ***')
  expect(text).toContain('no such token: ***, ***')
})
