import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forbiddenHost, printAllowedHost } from '../../../../src/core/resolve/request/allowed-hosts.ts'
import { configLayers } from '../../../../src/core/config/config-layers.ts'
import { PLAIN_HTTP, type HttpPlan } from '../../../../src/core/resolve/request/http-options.ts'
import type { Options } from '../../../../src/core/options/options.ts'
import { resolveOptions } from '../../../../src/core/resolve/resolve.ts'

const HOST = { cores: 2, descriptors: 20_000 }
function resolved(options: Options): HttpPlan {
  const result = resolveOptions({ url: 'http://api.test/', ...options }, HOST)
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'))
  return result.resolved.http
}
const sentences = (options: Options): string[] => {
  const result = resolveOptions({ url: 'http://api.test/', ...options }, HOST)
  return 'problems' in result
    ? result.problems.map(({ option, message, at }) => `${option}${at ?? ''} ${message}`)
    : []
}
/** Whether a URL may be hit where these hosts are allowed. */
function allows(hosts: string, url: string, different: Partial<HttpPlan> = {}): boolean {
  const { allowedHosts } = resolved({ url: 'http://api.test/', allowHosts: ['api.test', hosts] })
  return forbiddenHost({ ...PLAIN_HTTP, ...different, allowedHosts }, new URL(url)) === null
}

test('without a list every host may be hit', () => {
  expect(resolved({}).allowedHosts).toBeNull()
  expect(forbiddenHost(PLAIN_HTTP, new URL('http://anywhere.test/'))).toBeNull()
})

describe('what a list lets through', () => {
  test.each([
    ['shop.test', 'http://shop.test:8080/x', true],
    ['shop.test', 'http://SHOP.test./x', true],
    ['Shop.Test.', 'http://shop.test/', true],
    ['shop.test', 'http://www.shop.test/', false],
    ['shop.test', 'http://shop.test.evil.test/', false],
    ['shop.test', 'http://shop.test@evil.test/', false],
    ['shop.test:8443', 'https://shop.test:8443/', true],
    ['shop.test:8443', 'https://shop.test/', false],
    ['shop.test:443', 'https://shop.test/', true],
    ['shop.test:443', 'http://shop.test/', false],
    ['*.shop.test', 'http://a.b.shop.test/', true],
    ['*.shop.test', 'http://shop.test/', false],
    ['*.shop.test', 'http://evilshop.test/', false],
    ['*.shop.test:81', 'http://a.shop.test:81/', true],
    ['*.shop.test:81', 'http://a.shop.test/', false],
    ['127.0.0.1', 'http://0x7f.1/', true],
    ['127.0.0.1', 'http://127.0.0.2/', false],
    ['127.0.0.1', 'http://localhost/', false],
    ['[::1]', 'http://[0:0::1]:81/', true],
    ['::1', 'http://[::1]/', true],
    ['[::1]:81', 'http://[::1]/', false],
    ['bücher.test', 'http://xn--bcher-kva.test/', true],
  ])('%s and %s: %s', (hosts, url, isAllowed) => {
    expect(allows(hosts, url)).toBe(isAllowed)
  })

  test('a connection must not lead elsewhere either', () => {
    const to = (toHost: string | null, toPort: number | null) => ({
      connectTo: [{ host: null, port: null, toHost, toPort }],
    })
    expect(allows('shop.test:80', 'http://shop.test/', to('api.test', 81))).toBe(true)
    expect(allows('shop.test:80', 'http://shop.test/', to('evil.test', null))).toBe(false)
    expect(allows('shop.test:80', 'http://shop.test/', to(null, 81))).toBe(false)
    expect(allows('fe80::1', 'http://api.test/', to('fe80::1%eth0', null))).toBe(true)
    const proxy = { host: 'proxy.test', port: 1, authorization: null, digest: null }
    expect(allows('shop.test', 'http://shop.test/', { proxy })).toBe(false)
    // A socket is on this host; the name in the request counts.
    expect(allows('shop.test', 'http://shop.test/', { unixSocket: '/s' })).toBe(true)
    expect(allows('shop.test', 'http://evil.test/', { unixSocket: '/s' })).toBe(false)
  })

  test('a host that is printed reads back as the same one', () => {
    const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6())
    const port = fc.option(fc.integer({ min: 1, max: 65_535 }))
    const parsed = (text: string) => resolved({ allowHosts: ['api.test', text] }).allowedHosts![1]!
    fc.assert(
      fc.property(host, port, (name, number) => {
        const one = parsed(printAllowedHost({ host: name, isDomain: false, port: number }))
        expect(parsed(printAllowedHost(one))).toEqual(one)
        expect(one.port).toBe(number)
      }),
    )
  })
})

describe('what ends before anything is sent', () => {
  const SHAPE = 'must be hosts such as api.test, api.test:8443, *.api.test or [::1]'
  test.each<[Options, ...string[]]>([
    [{ allowHosts: [] }, 'allowHosts must name at least one host'],
    [{ allowHosts: '' }, `allowHosts0 ${SHAPE}, got nothing`],
    [{ allowHosts: ['api.test', 'a.test,'] }, `allowHosts1 ${SHAPE}, got nothing`],
    [{ allowHosts: '*' }, `allowHosts0 ${SHAPE}, got "*"`],
    [{ allowHosts: 'a.test:0' }, `allowHosts0 ${SHAPE}, got "a.test:0"`],
    [{ allowHosts: 'a.test:65536' }, `allowHosts0 ${SHAPE}, got "a.test:65536"`],
    [{ allowHosts: 'a.test/x' }, `allowHosts0 ${SHAPE}, got "a.test/x"`],
    [{ allowHosts: 'http://me:secret@a.test' }, `allowHosts0 ${SHAPE}, and no URLs, got "http://***@a.test"`],
    [
      { allowHosts: '*.127.0.0.1' },
      'allowHosts0 must be names behind *., for an address has nothing below it, got "*.127.0.0.1"',
    ],
    [{ allowHosts: [5 as never] }, 'allowHosts0 must be texts, got 5'],
    [
      { allowHosts: 'apt.test, *.shop.test:81' },
      'url goes to api.test:80, which is not allowed; allowed are apt.test, *.shop.test:81; did you mean apt.test?',
    ],
    [
      { allowHosts: Array.from({ length: 12 }, (_, i) => `h${i}.example`) },
      'url goes to api.test:80, which is not allowed; allowed are h0.example, h1.example, h2.example, h3.example, h4.example, h5.example, h6.example, h7.example, h8.example, h9.example and 2 more',
    ],
    [
      { allowHosts: 'api.test', proxy: 'proxy.test:3128' },
      'proxy goes to proxy.test:3128, which is not allowed; allowed is api.test',
    ],
    [
      { allowHosts: 'api.test', connectTo: [':80:api.test:81', '::elsewhere.example:'] },
      'connectTo1 goes to elsewhere.example, which is not allowed; allowed is api.test',
    ],
    [
      { allowHosts: 'api.test:80', connectTo: ':::81' },
      'connectTo goes to api.test:81, which is not allowed; allowed is api.test:80',
    ],
  ])('%j', (options, ...complaints) => {
    expect(sentences(options)).toEqual(complaints)
  })

  test('an empty list of a config is no list of all hosts', () => {
    const file = { file: 'c.ts', hasTemplates: false, lineOf: () => null }
    const value = { profiles: { a: { allowHosts: [] }, b: { allowHosts: null } } }
    expect(configLayers({ ...file, value }).problems.map(({ place, message }) => [place, message])).toEqual([
      ['c.ts: profiles.a.allowHosts', 'must name at least one host'],
    ])
  })
})
