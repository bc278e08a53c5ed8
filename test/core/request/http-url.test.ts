import { describe, expect, test } from 'vitest'
import { hasEmptyHost, parseHttpUrl } from '../../../src/core/request/http-url.ts'
import { canonicalHost } from '../../../src/core/request/route.ts'
import { redirected } from '../../../src/core/request/redirect.ts'
import { resolveOptions } from '../../../src/core/resolve/resolve.ts'
import { readOtlpTarget } from '../../../src/core/export/otlp-options.ts'
import type { Options } from '../../../src/core/options/options.ts'
import { A_REQUEST } from '../../support/plan.ts'

const NO_HOST = [
  ...[
    'http:///path',
    'http:////path',
    'https:///api/x',
    'http:\\\\path',
    'http:/path',
    'http:path',
    'HTTP:///p',
  ],
  ...[
    'http://',
    'http://?a',
    'http://#a',
    'http://:80/',
    'http://.test/',
    'http://a..test/',
    'http://ho\nst/',
    '//path',
  ],
]

test.each(NO_HOST)('%j names no host', (text) => {
  expect(parseHttpUrl(text)).toBeNull()
})

test.each([
  [' http://a.test/b ', 'http://a.test/b'],
  ['HTTPS://A.test', 'https://a.test/'],
  ['http://u:p@[::1]:81/?q#f', 'http://u:p@[::1]:81/?q#f'],
  ['http://0x7f.1/', 'http://127.0.0.1/'],
  ['http://a.test./', 'http://a.test./'],
])('%j is %s', (text, href) => {
  expect(parseHttpUrl(text)?.href).toBe(href)
})

describe('wherever a URL is given, one without a host is refused', () => {
  const problems = (options: Options): readonly string[] => {
    const result = resolveOptions({ url: 'http://a.test', ...options }, { cores: 1, descriptors: 99 })
    return 'problems' in result ? result.problems.map(({ option }) => option) : []
  }

  test.each(NO_HOST)('%j', (url) => {
    expect(problems({ url })).toEqual(['url'])
    expect(problems({ targetMetrics: url })).toEqual(['targetMetrics'])
    const wrong: string[] = []
    expect(readOtlpTarget(url, {}, (message) => wrong.push(message))).toBeNull()
    expect(wrong).toHaveLength(1)
  })

  test('of a proxy, of a targets file and of a redirect', () => {
    expect(problems({ proxy: 'http:///p:1' })).toEqual(['proxy'])
    const target = { place: 't:1', weight: 1, method: null, headers: {}, body: null, name: null }
    const files = { columns: [], targets: [{ ...target, url: 'http:///x' }] }
    const result = resolveOptions({ targets: 't' }, { cores: 1, descriptors: 99 }, null, files)
    expect('problems' in result && result.problems.some(({ option }) => option === 'url')).toBe(true)
    for (const location of ['http:///x', '///x', 'https:////x', '/\\/x']) {
      expect(hasEmptyHost(location)).toBe(true)
      expect(redirected(A_REQUEST, 302, location)).toHaveProperty('problem')
    }
    expect(redirected(A_REQUEST, 302, '//b.test/x')).toMatchObject({ url: 'http://b.test/x' })
  })
})

test.each([
  ['API.Test.', 'api.test'],
  ['bücher.test', 'xn--bcher-kva.test'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['::ffff:127.0.0.1', '::ffff:7f00:1'],
  ['127.1', '127.0.0.1'],
  ['0x7f000001', '127.0.0.1'],
  ['a b', null],
  ['', null],
])('the host %j is %j', (host, canonical) => {
  expect(canonicalHost(host)).toBe(canonical)
})

describe('--connect-to', () => {
  const resolve = (url: string, connectTo: string[], more: Options = {}) => {
    const result = resolveOptions({ url, connectTo, ...more }, { cores: 1, descriptors: 99 })
    return 'problems' in result ? result.problems.map(({ message, at }) => `${at}: ${message}`) : 'accepted'
  }

  test.each([
    ['http://[::1]/', '[0:0:0:0:0:0:0:1]:80:127.0.0.1:81'],
    ['http://API.test/', 'api.TEST.::127.0.0.1:'],
    ['http://api.test./', 'api.test:80::81'],
    ['http://bücher.test/', 'BÜCHER.test::127.1:'],
    ['http://127.1/', '127.0.0.1:80:[::1]:'],
    ['http://api.test/', '::127.0.0.1:'],
  ])('for %s matches %s', (url, pair) => {
    expect(resolve(url, [pair])).toBe('accepted')
  })

  test.each([
    [
      'http://localhost/',
      ['locahlost::127.0.0.1:'],
      '0: .*they go to localhost,.*; did you mean localhost\\?',
    ],
    ['https://api.test/', ['api.test:80:127.0.0.1:'], '0: matches no request: they go to api.test'],
    ['http://api.test/', ['::a.test:', 'api.test::b.test:'], '1: matches no request'],
    ['http://api.test/', ['a b::a.test:'], '0: must be HOST:PORT:ADDR:PORT with names or addresses'],
  ])('for %s refuses %j', (url, pairs, message) => {
    expect(resolve(url, pairs)).toEqual([expect.stringMatching(new RegExp(`^${message}`))])
  })

  test('may be meant for where redirects lead, but not for a slip of the own host', () => {
    expect(resolve('http://api.test/', ['other.example::127.0.0.1:'], { maxRedirects: 3 })).toBe('accepted')
    expect(resolve('http://api.test/', ['apo.test::127.0.0.1:'], { maxRedirects: 3 })).toHaveLength(1)
  })
})
