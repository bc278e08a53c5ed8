/** Who may see the live page, and who may act on it. */
import { expect, test } from 'vitest'
import { refusalOf, SAFE_HEADERS, type Knock } from '../../../src/output/web/web-guard.ts'

const PORT = 8089
const TOKEN = 'the-token'
const READS: Knock = {
  method: 'GET',
  path: '/events',
  host: '127.0.0.1:8089',
  origin: undefined,
  token: TOKEN,
}
const ACTS: Knock = { ...READS, method: 'POST', path: '/stop', origin: 'http://127.0.0.1:8089' }
const statusOf = (knock: Knock): number => refusalOf(knock, PORT, TOKEN)?.status ?? 200

test('who has the URL may see and act, by either name of this host', () => {
  expect([READS, ACTS].map(statusOf)).toEqual([200, 200])
  const named = { host: 'localhost:8089', origin: 'http://localhost:8089' }
  expect(statusOf({ ...READS, ...named })).toBe(200)
  expect(statusOf({ ...ACTS, ...named })).toBe(200)
  expect(statusOf({ ...ACTS, ...named, host: 'LocalHost:8089' })).toBe(200)
})

test('on the port that browsers leave out, they do', () => {
  const knock = { ...ACTS, host: '127.0.0.1', origin: 'http://127.0.0.1' }
  expect(refusalOf(knock, 80, TOKEN)).toBeNull()
  expect(refusalOf({ ...knock, host: '127.0.0.1:80' }, 80, TOKEN)?.status).toBe(403)
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
