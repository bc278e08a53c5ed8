/** The cookies of one user: which are kept (RFC 6265, 5.3), where they are sent, and that headers are never stale. */
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { CookieLoss } from '../../src/core/measure/cookie-counts.ts'
import type { RequestPlan } from '../../src/core/request/request.ts'
import { newJar } from '../../src/worker/scenario/jar.ts'
import { A_REQUEST } from '../support/plan.ts'

const at = (url: string, headers: RequestPlan['headers'] = []): RequestPlan => ({
  ...A_REQUEST,
  url,
  headers,
})
const to = (path: string, headers?: RequestPlan['headers']): RequestPlan =>
  at(`http://target.test${path}`, headers)
/** A jar, and what it did not keep. */
function countingJar() {
  const lost: CookieLoss[] = []
  return { lost, jar: newJar((why) => lost.push(why)) }
}
const ROOT = to('/')

test('a cookie that is sent anew, deleted or cleared is not sent as it was', () => {
  const jar = countingJar().jar
  expect(jar.headerFor(ROOT)).toBe('')
  jar.keep(ROOT, ['a=1'])
  expect(jar.headerFor(ROOT)).toBe('a=1')
  jar.keep(ROOT, ['a=1'])
  jar.keep(ROOT, ['a=2', 'b=3'])
  expect(jar.headerFor(ROOT)).toBe('a=2; b=3')
  jar.keep(ROOT, ['a=1'])
  expect(jar.headerFor(ROOT)).toBe('a=1; b=3')
  jar.keep(ROOT, ['a=; Max-Age=0'])
  expect(jar.headerFor(ROOT)).toBe('b=3')
  jar.set('c=4', ROOT.url)
  expect(jar.headerFor(ROOT)).toBe('b=3; c=4')
  jar.clear()
  expect([jar.headerFor(ROOT), jar.get('b', ROOT.url)]).toEqual(['', undefined])
  jar.keep(ROOT, ['a=1'])
  expect(jar.headerFor(ROOT)).toBe('a=1')
})

test('the same words after other ones count again', () => {
  const jar = countingJar().jar
  for (const value of ['1', '2', '1']) jar.keep(ROOT, [`a=${value}`])
  expect(jar.headerFor(ROOT)).toBe('a=1')
  jar.set('a=5', ROOT.url)
  jar.keep(ROOT, ['a=1'])
  expect(jar.headerFor(ROOT)).toBe('a=1')
})

test('one that expires is sent a second longer at most, and one that is renewed goes on', () => {
  vi.useFakeTimers({ now: 1e12, toFake: ['Date'] })
  try {
    const jar = countingJar().jar
    jar.keep(ROOT, ['a=1; Max-Age=5'])
    vi.setSystemTime(1e12 + 4000)
    expect(jar.headerFor(ROOT)).toBe('a=1')
    jar.keep(ROOT, ['a=1; Max-Age=5'])
    vi.setSystemTime(1e12 + 8000)
    expect(jar.headerFor(ROOT)).toBe('a=1')
    vi.setSystemTime(1e12 + 10_000)
    expect(jar.headerFor(ROOT)).toBe('')
  } finally {
    vi.useRealTimers()
  }
})

test('path, security and a header of the request’s own decide for each request', () => {
  const jar = countingJar().jar
  jar.keep(to('/shop/cart'), [
    'shop=1',
    'all=2; Path=/',
    'tls=3; Secure',
    'else=4; Domain=other.test',
    '',
    '=',
  ])
  expect(jar.headerFor(to('/shop/pay'))).toBe('shop=1; all=2')
  expect(jar.headerFor(ROOT)).toBe('all=2')
  expect(jar.headerFor(to('/', [['Cookie', 'own=1']]))).toBe('')
  expect(() => jar.set('x=1; Domain=other.test', ROOT.url)).toThrow('domain')
  expect(() => jar.set('', ROOT.url)).toThrow('a cookie is name=value')
})

describe('the domain of a cookie', () => {
  // A cookie is sent to its host and, where it has a domain, to the hosts of that; null: it is not kept at all.
  test.each<[host: string, domain: string, sentTo: string[] | null]>([
    // Hosts that are a public suffix may set cookies of their own, as those of container networks do.
    ['app', 'app', ['app']],
    ['app', '.app', ['app']],
    ['app:8080', 'APP', ['app:8080', 'app']],
    ['my_app', 'my_app', ['my_app']],
    ['localhost', 'localhost', ['localhost']],
    ['test', 'test', ['test']],
    ['local', 'local', ['local']],
    ['github.io', 'github.io', ['github.io']],
    ['co.uk', 'co.uk', ['co.uk']],
    ['app', 'app.', null],
    ['app', 'app:80', null],
    ['app', 'other', null],
    ['a.app', 'app', null],
    ['api.localhost', 'localhost', null],
    ['example.com', 'com', null],
    ['www.example.co.uk', 'co.uk', null],
    ['me.github.io', 'github.io', null],
    ['app.local', 'local', null],
    // The host, or a domain above it, and all hosts below that.
    ['www.example.com', 'example.com', ['www.example.com', 'example.com', 'a.b.example.com']],
    ['example.com', 'Example.COM', ['example.com', 'www.example.com']],
    ['a.svc.cluster.local', 'svc.cluster.local', ['a.svc.cluster.local', 'b.svc.cluster.local']],
    ['a_b.example.com', 'example.com', ['a_b.example.com', 'example.com']],
    ['x.api.localhost', 'api.localhost', ['x.api.localhost', 'api.localhost']],
    ['xn--bcher-kva.de', 'xn--bcher-kva.de', ['xn--bcher-kva.de', 'www.xn--bcher-kva.de']],
    ['example.com', 'www.example.com', null],
    ['badexample.com', 'example.com', null],
    ['xn--bcher-kva.de', 'b\u00fccher.de', null],
    // An address has nothing above it.
    ['127.0.0.1', '127.0.0.1', ['127.0.0.1']],
    ['127.0.0.1', '.127.0.0.1', ['127.0.0.1']],
    ['127.0.0.1', '0.0.1', null],
    ['[::1]', '[::1]', ['[::1]']],
    ['[::1]', '::1', ['[::1]']],
    // No domain at all.
    ['www.example.com', '', ['www.example.com']],
    ['www.example.com', '.', ['www.example.com']],
  ])('%s sets Domain=%s', (host, domain, sentTo) => {
    const { jar, lost } = countingJar()
    jar.keep(at(`http://${host}/`), [`a=1; Domain=${domain}`])
    const hosts = new Set([
      ...(sentTo ?? []),
      host,
      `below.${host}`,
      'example.com',
      'com',
      'app',
      'other.test',
    ])
    const got = [...hosts].filter(
      (one) => URL.canParse(`http://${one}/`) && jar.headerFor(at(`http://${one}/`)) === 'a=1',
    )
    // Below a host that shares its cookie, the cookie is sent as well.
    const isShared = sentTo !== null && sentTo.length > 1 && sentTo.includes(host) && !host.includes(':')
    const expected = [...(sentTo ?? []), ...(isShared ? [`below.${host}`] : [])]
    expect([...new Set(got)].sort()).toEqual([...new Set(expected)].sort())
    expect(lost).toEqual(sentTo === null ? ['refused'] : [])
  })

  test('the last Domain counts', () => {
    const { jar } = countingJar()
    jar.keep(at('http://www.example.com/'), ['a=1; Domain=other.test; Domain=example.com'])
    expect(jar.headerFor(at('http://example.com/'))).toBe('a=1')
  })
})

describe('limits', () => {
  const big = (bytes: number): string => `a=${'x'.repeat(bytes - 1)}`

  test('a cookie of more than 4,096 bytes is not kept, and counted each time', () => {
    const { jar, lost } = countingJar()
    jar.keep(ROOT, [`${big(4096)}; Path=/`])
    expect(jar.headerFor(ROOT)).toBe(big(4096))
    for (let n = 0; n < 2; n++) jar.keep(ROOT, [big(4097), 'b=2; Domain=other.test'])
    expect(jar.headerFor(ROOT)).toBe(big(4096))
    expect(lost).toEqual(['tooLarge', 'refused', 'tooLarge', 'refused'])
    expect(() => jar.set(big(4097), ROOT.url)).toThrow('at most 4096 bytes')
  })

  test('of more than 50 of a domain, the least recently used goes', () => {
    const { jar, lost } = countingJar()
    const name = (n: number): string => `c${n}=1`
    for (let n = 0; n < 50; n++) jar.keep(ROOT, [n < 10 ? `${name(n)}; Path=/seldom` : name(n)])
    jar.headerFor(to('/seldom'))
    jar.headerFor(ROOT)
    // All were used, those below a path not by the last request.
    jar.keep(ROOT, ['new=1', 'newer=1'])
    expect(jar.headerFor(to('/seldom')).split('; ')).toHaveLength(50)
    expect(jar.headerFor(to('/seldom'))).not.toMatch(/\bc[01]=/)
    expect(lost).toEqual(['evicted', 'evicted'])
    // Another domain has its own 50, and one that is sent anew takes no more room.
    jar.keep(at('http://other.test/'), ['o=1'])
    jar.keep(ROOT, ['new=2'])
    expect(lost).toHaveLength(2)
  })

  test('an expired one goes before any other, and is not counted', () => {
    vi.useFakeTimers({ now: 1e12, toFake: ['Date'] })
    try {
      const { jar, lost } = countingJar()
      for (let n = 0; n < 49; n++) jar.keep(ROOT, [`c${n}=1`])
      jar.keep(ROOT, ['brief=1; Max-Age=5'])
      vi.setSystemTime(1e12 + 6000)
      jar.keep(ROOT, ['new=1'])
      expect(jar.headerFor(ROOT).split('; ')).toHaveLength(50)
      expect(lost).toEqual([])
    } finally {
      vi.useRealTimers()
    }
  })

  test('of more than 3,000 in all, the least recently used goes', () => {
    const { jar, lost } = countingJar()
    for (let host = 0; host < 61; host++)
      for (let n = 0; n < 50; n++) jar.keep(at(`http://h${host}.test/`), [`c${n}=1`])
    expect(lost).toEqual(Array.from({ length: 50 }, () => 'evicted'))
    const sizeOf = (host: number): number => jar.headerFor(at(`http://h${host}.test/`)).split('; ').length
    expect([jar.headerFor(at('http://h0.test/')), sizeOf(1), sizeOf(60)]).toEqual(['', 50, 50])
  })

  test('whatever a server sends, the header stays within the limits and can be sent', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', maxLength: 9000, size: 'max' }))
        .map((pair) => pair.join('=')),
    )
    const attributes = fc.constantFrom('', '; Path=/', '; Domain=test', '; Domain=target.test', '; Max-Age=1')
    const setCookie = fc.tuple(text, attributes).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.array(fc.array(setCookie, { maxLength: 9 }), { maxLength: 30 }), (responses) => {
        const { jar } = countingJar()
        for (const one of responses) jar.keep(ROOT, one)
        const header = jar.headerFor(ROOT)
        expect(header.length).toBeLessThanOrEqual(50 * (4096 + 3))
        expect(header).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/)
      }),
      { numRuns: 50 },
    )
  })
})
