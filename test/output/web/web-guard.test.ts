/** Who may see the live page, and who may act on it. */
import { expect, test } from 'vitest'
import { parseAllowedHost } from '../../../src/core/resolve/request/allowed-hosts.ts'
import { Attempts, MOST_AT_ONCE, ONE_MORE_MS } from '../../../src/output/web/attempts.ts'
import { refusalOf, SAFE_HEADERS, type Access, type Knock } from '../../../src/output/web/web-guard.ts'
import { valueOf } from '../../support/parsed.ts'

const PORT = 8089
const TOKEN = 'the-token'
const READS: Knock = {
  method: 'GET',
  path: '/events',
  host: '127.0.0.1:8089',
  origin: undefined,
  token: TOKEN,
  from: '127.0.0.1',
}
const ACTS: Knock = { ...READS, method: 'POST', path: '/stop', origin: 'http://127.0.0.1:8089' }
const LOCAL: Access = {
  address: '127.0.0.1',
  port: PORT,
  isLoopback: true,
  isTls: false,
  token: TOKEN,
  session: null,
  ownNames: ['here.test', '127.0.0.1'],
  allowHosts: [],
}
const NETWORK: Access = {
  ...LOCAL,
  address: '0.0.0.0',
  isLoopback: false,
  session: 'the-session',
  ownNames: ['here.test', '0.0.0.0'],
}
const statusOf = (knock: Knock, access = LOCAL, attempts = new Attempts(), nowMs = 0): number =>
  refusalOf(knock, access, attempts, nowMs)?.status ?? 200

test('who has the URL may see and act, by either name of this host', () => {
  expect([statusOf(READS), statusOf(ACTS)]).toEqual([200, 200])
  const named = { host: 'localhost:8089', origin: 'http://localhost:8089' }
  expect(statusOf({ ...READS, ...named })).toBe(200)
  expect(statusOf({ ...ACTS, ...named })).toBe(200)
  expect(statusOf({ ...ACTS, ...named, host: 'LocalHost:8089' })).toBe(200)
})

test('on the port that browsers leave out, they do', () => {
  const knock = { ...ACTS, host: '127.0.0.1', origin: 'http://127.0.0.1' }
  const access = { ...LOCAL, port: 80 }
  expect(statusOf(knock, access)).toBe(200)
  expect(statusOf({ ...knock, host: '127.0.0.1:80' }, access)).toBe(403)
})

test.each([
  undefined,
  '',
  '127.0.0.1',
  'localhost',
  '127.0.0.1:8090',
  'attacker.test:8089',
  '127.0.0.1.attacker.test:8089',
  'localhost@attacker.test:8089',
  '127.0.0.1:8089.attacker.test',
])('under the name %s nothing is answered, not even the script', (host) => {
  for (const path of ['/', '/events', '/live.js', '/report.json'])
    expect(statusOf({ ...READS, host, path })).toBe(403)
  // A page of that name would say so as its origin.
  expect(statusOf({ ...ACTS, host, origin: `http://${host}` })).toBe(403)
})

test.each([
  undefined,
  'null',
  'http://attacker.test',
  'http://127.0.0.1:8090',
  'https://127.0.0.1:8089',
  'http://localhost:8089',
  'http://127.0.0.1:8089/',
])('an action from the origin %s is refused, whatever token it has', (origin) => {
  expect(statusOf({ ...ACTS, origin })).toBe(403)
})

test.each([undefined, '', 'the-tokem', 'the-token ', 'THE-TOKEN', 'the-tokenthe-token'])(
  'with the token %s nothing of the run is seen, and nothing done',
  (token) => {
    for (const path of ['/', '/events', '/report.json', '/live.js/', '/nothing'])
      expect(statusOf({ ...READS, path, token })).toBe(403)
    expect(statusOf({ ...ACTS, token })).toBe(403)
    expect(statusOf({ ...ACTS, path: '/live.js', token })).toBe(403)
    for (const path of ['/live.js', '/live.css']) expect(statusOf({ ...READS, path, token })).toBe(200)
  },
)

test('other methods are none', () => {
  for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE', ''])
    expect(statusOf({ ...ACTS, method })).toBe(405)
})

test('no answer lets another origin read it, or the page load from elsewhere', () => {
  expect(Object.keys(SAFE_HEADERS).filter((name) => name.startsWith('access-control'))).toEqual([])
  expect(SAFE_HEADERS['cache-control']).toBe('no-store')
  const policy = SAFE_HEADERS['content-security-policy']!
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toMatch(/unsafe|http|\*/)
})

const at = (host: string, more: Partial<Knock> = {}): Knock => ({ ...READS, host, ...more })

test('beyond loopback: any address, the names of this host, and those that were allowed; any port, as behind a mapping', () => {
  const allowHosts = ['page.test', 'proxy.test:8443', '*.lab.test'].map((text) =>
    valueOf(parseAllowedHost(text)),
  )
  const access = { ...NETWORK, allowHosts }
  for (const host of [
    ...['10.1.2.3:8089', '10.1.2.3', '[2001:db8::1]:8089', 'localhost:18089', 'Here.Test:8089'],
    ...['page.test', 'page.test:1', 'proxy.test:8443', 'a.b.lab.test:8089'],
  ])
    expect([host, statusOf(at(host), access)]).toEqual([host, 200])
  for (const host of [
    ...['attacker.test:8089', '10.1.2.3.attacker.test', 'proxy.test:8089', 'lab.test', 'xlab.test'],
    ...['here.test@attacker.test', 'here.test/', 'page.test:8089:1', '[::1', '', '10.1.2.3 attacker.test'],
  ])
    expect([host, statusOf(at(host, { session: 'the-session' }), access)]).toEqual([host, 403])
  // Also on loopback, for a proxy on this host or a forwarded port.
  expect(statusOf(at('page.test'), { ...LOCAL, allowHosts })).toBe(200)
  expect(statusOf(at('10.1.2.3:8089'), { ...LOCAL, allowHosts })).toBe(403)
})

test('an action beyond loopback comes from the page itself; behind a proxy with TLS that is https', () => {
  const act = (host: string, origin: string, access: Access) =>
    statusOf({ ...ACTS, host, origin, token: undefined, session: 'the-session' }, access)
  expect(act('10.1.2.3:8089', 'http://10.1.2.3:8089', NETWORK)).toBe(200)
  expect(act('here.test', 'https://here.test', NETWORK)).toBe(200)
  const tls = { ...NETWORK, isTls: true }
  expect(act('10.1.2.3:8089', 'https://10.1.2.3:8089', tls)).toBe(200)
  for (const [origin, access] of [
    // Whoever can change what comes without TLS could act on the page with it.
    ['http://10.1.2.3:8089', tls],
    ['http://10.1.2.3:9090', NETWORK],
    ['http://attacker.test', NETWORK],
    ['null', NETWORK],
    ['', NETWORK],
  ] as const)
    expect([origin, act('10.1.2.3:8089', origin, access)]).toEqual([origin, 403])
})

test('a cookie stands for the token beyond loopback, and nowhere else', () => {
  const visit = (session: string | undefined, access: Access) =>
    statusOf(at('127.0.0.1:8089', { token: undefined, session }), access)
  expect(visit('the-session', NETWORK)).toBe(200)
  for (const session of [undefined, '', 'the-sessiom', TOKEN]) expect(visit(session, NETWORK)).toBe(403)
  expect(visit('the-session', LOCAL)).toBe(403)
  expect(visit('', LOCAL)).toBe(403)
})

test('wrong tokens: a few at once, then one at a time, and the right one waits as well; others do not', () => {
  const attempts = new Attempts()
  const guess = (token: string, nowMs: number, from = '10.0.0.9') =>
    statusOf(at('10.1.2.3:8089', { token, from }), NETWORK, attempts, nowMs)
  const GUESSES = Array.from({ length: 1000 }, (_, i) => guess(`guess ${i}`, 0))
  expect(GUESSES.filter((status) => status === 403)).toHaveLength(MOST_AT_ONCE)
  expect(guess(TOKEN, 0)).toBe(429)
  expect(guess(TOKEN, 0, '::ffff:10.0.0.9')).toBe(429)
  expect(refusalOf(at('10.1.2.3:8089', { from: '10.0.0.9' }), NETWORK, attempts, 1)).toMatchObject({
    retryAfterS: ONE_MORE_MS / 1000,
  })
  expect(guess(TOKEN, 0, '10.0.0.8')).toBe(200)
  // Tabs that are open go on, and no token at all is no attempt.
  expect(statusOf(at('10.1.2.3:8089', { session: 'the-session', from: '10.0.0.9' }), NETWORK, attempts)).toBe(
    200,
  )
  expect(guess('', 0)).toBe(403)
  expect([guess('guess', ONE_MORE_MS), guess(TOKEN, ONE_MORE_MS)]).toEqual([403, 429])
  expect(guess(TOKEN, 2 * ONE_MORE_MS)).toBe(200)
  // In an hour no more than one each ten seconds.
  let wrong = 0
  for (let ms = 3 * ONE_MORE_MS; ms < 3_600_000; ms += 1000) if (guess('guess', ms) === 403) wrong++
  expect(wrong).toBeLessThanOrEqual(3600 / 10 + MOST_AT_ONCE)
})

test('one IPv6 network counts as one address, and many addresses cost no memory', () => {
  const attempts = new Attempts()
  const waits = (address: string) => attempts.waitMs(address, 0) > 0
  for (let i = 0; i < MOST_AT_ONCE; i++) attempts.failed(`2001:db8:0:1::${i}`, 0)
  expect(waits('2001:db8:0:1:ffff::1')).toBe(true)
  expect(waits('2001:db8::1:0:0:0:1')).toBe(true)
  expect(waits('2001:db8:0:2::1')).toBe(false)
  for (let i = 0; i < 3000; i++) attempts.failed(`10.0.${i >> 8}.${i & 255}`, 0)
  expect(attempts.size).toBeLessThanOrEqual(1001)
  expect(waits('192.0.2.1')).toBe(true)
  attempts.failed('192.0.2.1', 1e12)
  expect(attempts.size).toBe(1)
})
