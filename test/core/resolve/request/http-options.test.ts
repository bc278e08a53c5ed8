import { describe, expect, test } from 'vitest'
import type { Options } from '../../../../src/core/options/options.ts'
import { PLAIN_HTTP, type HttpPlan } from '../../../../src/core/resolve/request/http-options.ts'
import { redactPlan } from '../../../../src/core/plan/redact.ts'
import { resolveOptions } from '../../../../src/core/resolve/resolve.ts'
import { bareHost, ipFamily, portOf, routeOf } from '../../../../src/core/request/route.ts'
import { planOf } from '../../../support/reports.ts'

const HOST = { cores: 2, descriptors: 20_000 }
const PEM = '-----BEGIN CERTIFICATE-----\nsecret\n'
function resolved(options: Options): HttpPlan & { headers: readonly (readonly [string, string])[] } {
  const result = resolveOptions({ url: 'https://target.test/', ...options }, HOST)
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'))
  return { ...result.resolved.http, headers: result.resolved.headers }
}
const sentences = (options: Options): string[] => {
  const result = resolveOptions({ url: 'https://target.test/', ...options }, HOST)
  return 'problems' in result ? result.problems.map(({ option, message }) => `${option} ${message}`) : []
}
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

describe('what a user says', () => {
  test.each<[Options, Partial<HttpPlan>]>([
    [{}, PLAIN_HTTP],
    [
      { http2: true, maxRedirects: '5', dnsTtl: '30s' },
      { http2: true, maxRedirects: 5, dnsTtlS: 30 },
    ],
    [
      { proxy: 'http://proxy.test:80' },
      { proxy: { host: 'proxy.test', port: 80, authorization: null, digest: null } },
    ],
    [
      { proxy: 'proxy.test:3128/' },
      { proxy: { host: 'proxy.test', port: 3128, authorization: null, digest: null } },
    ],
    [
      { proxy: 'http://us:p%C3%A4ss@[::1]:3128' },
      { proxy: { host: '::1', port: 3128, authorization: basic('us:päss'), digest: null } },
    ],
    [
      { proxy: 'http://:pass@proxy.test:1' },
      { proxy: { host: 'proxy.test', port: 1, authorization: basic(':pass'), digest: null } },
    ],
    [{ unixSocket: '/run/app.sock' }, { unixSocket: '/run/app.sock' }],
    [
      { connectTo: ['Target.test:443:127.0.0.1:8443', '::[::1]:'] },
      {
        connectTo: [
          { host: 'target.test', port: 443, toHost: '127.0.0.1', toPort: 8443 },
          { host: null, port: null, toHost: '::1', toPort: null },
        ],
      },
    ],
    [{ localAddress: '127.0.0.1, 127.0.0.2' }, { localAddresses: ['127.0.0.1', '127.0.0.2'] }],
    [{ localAddress: ['::1'] }, { localAddresses: ['::1'] }],
    [
      { cert: PEM, key: Buffer.from(PEM), ca: PEM },
      { cert: PEM, key: PEM, ca: PEM },
    ],
  ])('%j', (options, plan) => {
    expect(resolved(options)).toMatchObject(plan)
  })

  test('digest authentication, of the target and of a proxy', () => {
    const digest = { user: 'us', password: 'pä:ss' }
    expect(planOf({ authDigest: 'us:pä:ss' }).request.digest).toEqual(digest)
    expect(planOf({ authDigest: 'us:' }).request.digest).toEqual({ user: 'us', password: '' })
    const asked = planOf({ proxy: 'http://us:p%C3%A4%3Ass@proxy.test:1', proxyDigest: true })
    expect(asked.proxy).toEqual({ host: 'proxy.test', port: 1, authorization: null, digest })
  })

  test('basic authorization', () => {
    expect(resolved({ auth: 'us:pä:ss' }).headers).toEqual([['authorization', basic('us:pä:ss')]])
  })
})

describe('what makes no sense', () => {
  test.each<[Options, string]>([
    [{ maxRedirects: -1 }, 'maxRedirects must be a whole number from 0 to 100, got -1'],
    [{ maxRedirects: 101 }, 'maxRedirects must be a whole number from 0 to 100, got 101'],
    [{ http2: 'yes' as never }, 'http2 must be true or false, got "yes"'],
    [
      { proxy: 'proxy.test' },
      'proxy must be the http URL of a proxy with its port, such as http://proxy:3128, got "proxy.test"',
    ],
    [
      { proxy: 'socks5://us:er@proxy.test:1080' },
      'proxy must be the http URL of a proxy with its port, such as http://proxy:3128, got "socks5://***@proxy.test:1080"',
    ],
    [
      { proxy: 'http://us:c4/n4@ry@proxy.test:1' },
      'proxy must be the http URL of a proxy with its port, such as http://proxy:3128, got "http://***@proxy.test:1"',
    ],
    [
      { proxy: 'us:c4/n4ry@proxy.test:1/' },
      'proxy must be the http URL of a proxy with its port, such as http://proxy:3128, got "***@proxy.test:1/"',
    ],
    [
      { proxy: 'http://us:er@proxy.test:1', headers: { 'Proxy-Authorization': 'x' } },
      'proxy says who the users are, and so does the proxy-authorization header',
    ],
    [
      { proxy: 'http://proxy.test:1/path' },
      'proxy must be the http URL of a proxy with its port, such as http://proxy:3128, got "http://proxy.test:1/path"',
    ],
    [
      { proxy: 'http://%ff:x@proxy.test:1' },
      'proxy must have a user and password that are percent-encoded properly, got "http://***@proxy.test:1"',
    ],
    [
      { proxy: 5 as never },
      'proxy must be the http URL of a proxy with its port, such as http://proxy:3128, got nothing',
    ],
    [
      { unixSocket: 'x'.repeat(104) },
      `unixSocket must be the path of a socket, of at most 103 bytes, got "${'x'.repeat(104)}"`,
    ],
    [
      { connectTo: 'a:b:c:d' },
      'connectTo must be HOST:PORT:ADDR:PORT, each of which may be empty, got "a:b:c:d"',
    ],
    [
      { connectTo: ':0::1' },
      'connectTo must be HOST:PORT:ADDR:PORT, each of which may be empty, got ":0::1"',
    ],
    [{ connectTo: [7 as never] }, 'connectTo must be texts, got 7'],
    [
      { localAddress: 'localhost' },
      'localAddress must be IP addresses of this host, such as 127.0.0.1,127.0.0.2, got "localhost"',
    ],
    [{ localAddress: '127.0.0.1,::1' }, 'localAddress must be addresses of one family, IPv4 or IPv6'],
    [
      { url: 'https://[::1]/', localAddress: '127.0.0.1' },
      'localAddress must be of the family of the host, IPv6',
    ],
    [{ cert: PEM }, 'cert needs the key that belongs to it'],
    [{ key: PEM }, 'key needs the certificate that belongs to it'],
    [{ ca: 'secret' }, 'ca must be in PEM: "-----BEGIN CERTIFICATE-----" and so on'],
    [{ ca: PEM, insecure: true }, 'ca sets who is trusted, and with insecure everyone is'],
    [{ url: 'http://target.test/', ca: PEM }, 'ca is about TLS certificates, but the URL is plain http'],
    [{ http2: true, proxy: 'p:1' }, 'http2 does not go through a proxy'],
    [{ unixSocket: 's', proxy: 'p:1' }, 'unixSocket is the way to the target, and so is the proxy'],
    [{ unixSocket: 's', connectTo: '::a:' }, 'unixSocket is the way to the target, and so is connect-to'],
    [{ proxy: 'p:1', connectTo: '::a:' }, 'proxy is the way to the target, and so is connect-to'],
    [
      { unixSocket: 's', localAddress: '127.0.0.1' },
      'localAddress is for connections over IP, and does not go with a Unix socket',
    ],
    [{ unixSocket: 's', dnsTtl: 1 }, 'dnsTtl has no name to look up with a Unix socket'],
    [{ auth: 'secret' }, 'auth must be user:password'],
    [{ authDigest: 'secret' }, 'authDigest must be user:password'],
    [{ authDigest: ':secret' }, 'authDigest must be user:password'],
    [{ authDigest: 'a:b\n' }, 'authDigest must be user:password'],
    [{ authDigest: 'a:b', auth: 'a:b' }, 'authDigest says who the users are, and so does auth'],
    [
      { authDigest: 'a:b', url: 'http://c:d@target.test/' },
      'authDigest says who the users are, and so does the URL',
    ],
    [
      { authDigest: 'a:b', headers: ['Authorization: x'] },
      'authDigest says who the users are, and so does the authorization header',
    ],
    [{ proxyDigest: true }, 'proxyDigest is about a proxy, and there is none'],
    [
      { proxyDigest: true, proxy: 'http://proxy.test:1' },
      'proxyDigest needs a user and password in the URL of the proxy',
    ],
    [{ auth: 'a:b', url: 'http://c:d@target.test/' }, 'auth says who the users are, and so does the URL'],
    [{ auth: 'a:b', url: 'http://:d@target.test/' }, 'auth says who the users are, and so does the URL'],
    [
      { url: 'https://a:b@target.test/', headers: ['Authorization: x'] },
      'url says who the users are, and so does the authorization header',
    ],
    [
      { auth: 'a:b', headers: ['Authorization: x'] },
      'auth says who the users are, and so does the authorization header',
    ],
  ])('%j', (options, sentence) => {
    expect(sentences(options)).toEqual([sentence])
  })

  test('a redirect may lead to https, so certificates then make sense', () => {
    expect(sentences({ url: 'http://target.test/', ca: PEM, maxRedirects: 1 })).toEqual([])
    expect(sentences({ url: 'http://target.test/', insecure: true, maxRedirects: 1 })).toEqual([])
  })
})

test('secrets are not shown', () => {
  const plan = planOf({
    url: 'https://target.test/',
    auth: 'us:secret',
    ca: PEM,
    cert: PEM,
    key: PEM,
    proxy: 'http://us:secret@proxy.test:1',
  })
  const digests = planOf({
    url: 'http://target.test/',
    authDigest: 'secret:secret',
    proxy: 'http://us:secret@proxy.test:1',
    proxyDigest: true,
  })
  const shown = JSON.stringify([redactPlan(plan), redactPlan(digests)])
  expect(shown).not.toContain('secret')
  expect(shown).not.toContain(Buffer.from('us:secret').toString('base64'))
  expect(redactPlan(plan)).toMatchObject({
    proxy: { host: 'proxy.test', port: 1, authorization: '***', digest: null },
    ca: '***',
    cert: '***',
    key: '***',
  })
  expect(redactPlan(planOf())).toMatchObject({ proxy: null, ca: null, cert: null, key: null })
})

describe('where a connection goes', () => {
  const proxy = { host: 'proxy.test', port: 3128, authorization: null, digest: null }
  const to = (different: Partial<HttpPlan>, protocol = 'http:', host = 'target.test', port = 80) =>
    routeOf({ ...PLAIN_HTTP, ...different }, protocol, host, port)

  test('straight, to a socket, to a proxy, through a tunnel', () => {
    expect(to({})).toEqual({ host: 'target.test', port: 80, tunnelTo: null })
    expect(to({ unixSocket: '/s' })).toEqual({ path: '/s' })
    expect(to({ proxy })).toEqual({ host: 'proxy.test', port: 3128, tunnelTo: null })
    expect(to({ proxy }, 'https:', '::1', 443)).toMatchObject({ port: 3128, tunnelTo: '[::1]:443' })
  })

  test('elsewhere: the first pair that fits, and what is left out stays', () => {
    const { connectTo } = resolved({
      connectTo: ['target.test:81:a:', 'target.test:::1', '::b:2'],
      maxRedirects: 1,
    })
    expect(to({ connectTo }, 'http:', 'target.test', 81)).toMatchObject({ host: 'a', port: 81 })
    expect(to({ connectTo })).toMatchObject({ host: 'target.test', port: 1 })
    expect(to({ connectTo }, 'http:', 'other.test')).toMatchObject({ host: 'b', port: 2 })
  })

  test.each([
    ['127.0.0.1', 4],
    ['255.255.255.255', 4],
    ['::1', 6],
    ['fe80::1%eth0', 6],
    ['256.0.0.1', null],
    ['1.2.3', null],
    ['1.2.3.4.', null],
    ['target.test', null],
    ['a:b', null],
    ['', null],
  ])('the family of %j is %j', (host, family) => {
    expect(ipFamily(host)).toBe(family)
  })

  test('hosts and ports of URLs', () => {
    expect(['[::1]', 'a'].map(bareHost)).toEqual(['::1', 'a'])
    expect(['http://a', 'https://a', 'https://a:1'].map((url) => portOf(new URL(url)))).toEqual([80, 443, 1])
  })
})
