/** Challenges of digest authentication as servers write them, and the answers of RFC 7616 and RFC 2069. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  digestAnswer,
  digestRequest,
  digestSecret,
  nextNonce,
  readDigest,
  type DigestChallenge,
  type Hash,
} from '../../../src/core/request/digest.ts'

const OPENSSL = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' } as const
const hash: Hash = (algorithm, data) => {
  const sum = createHash(OPENSSL[algorithm])
  return (typeof data === 'string' ? sum.update(data, 'latin1') : sum.update(data)).digest('hex')
}

function challengeOf(...headers: string[]): DigestChallenge {
  const read = readDigest(headers)
  if ('problem' in read) throw new Error(read.problem)
  return read
}

/** The parameters of the answer, quotes removed. */
function answer(
  header: string,
  { user = 'Mufasa', password = 'Circle of Life', method = 'GET', uri = '/dir/index.html', body = '' } = {},
  { cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ', count = 1 } = {},
): Record<string, string> {
  const challenge = challengeOf(header)
  const secret = digestSecret(challenge, { user, password }, cnonce, hash)
  const ha2 = digestRequest(challenge, method, uri, () => Buffer.from(body), hash)
  const text = digestAnswer(secret, ha2, uri, count, hash)
  expect(text).toMatch(/^Digest /)
  const parameters: Record<string, string> = {}
  for (const [, name, quoted, token] of text.slice(7).matchAll(/([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^,]*))/g))
    parameters[name!] = quoted ?? token!
  return parameters
}

const RFC =
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=%, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'

test.each([
  ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
])('the example of RFC 7616, 3.9.1: %s', (algorithm, response) => {
  expect(answer(RFC.replace('%', algorithm))).toEqual({
    username: 'Mufasa',
    realm: 'http-auth@example.org',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    uri: '/dir/index.html',
    response,
    algorithm,
    opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
    qop: 'auth',
    nc: '00000001',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  })
})

test('the example of RFC 2617, 3.5, and a server of RFC 2069, without qop', () => {
  const old =
    'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
  const mufasa = { password: 'Circle Of Life' }
  expect(answer(`${old}, qop="auth,auth-int"`, mufasa, { cnonce: '0a4f113b' })).toMatchObject({
    response: '6629fae49393a05397450978507c4ef1',
  })
  const plain = answer(old, mufasa)
  expect(plain).toMatchObject({ response: '670fd8c2df070c60b045671b8b24ff02' })
  expect(Object.keys(plain)).toEqual(['username', 'realm', 'nonce', 'uri', 'response', 'opaque'])
})

test('a session, the body, and the count are part of an answer that asks for them', () => {
  const h = (text: string): string => hash('SHA-256', text)
  const asked = 'Digest realm="r", nonce="n", algorithm=sha-256-SESS, qop="auth-int"'
  const session = h(`${h('u:r:p')}:n:c`)
  const request = { user: 'u', password: 'p', method: 'POST', uri: '/x?y=1', body: 'a=b' }
  expect(answer(asked, request, { cnonce: 'c', count: 26 })).toEqual({
    username: 'u',
    realm: 'r',
    nonce: 'n',
    uri: '/x?y=1',
    response: h(`${session}:n:0000001a:c:auth-int:${h(`POST:/x?y=1:${h('a=b')}`)}`),
    algorithm: 'SHA-256-sess',
    qop: 'auth-int',
    nc: '0000001a',
    cnonce: 'c',
  })
})

test('names beyond ASCII go out as UTF-8, encoded or hashed as the server can take them; texts are quoted', () => {
  const ascii = 'Digest realm="say \\"hi\\" \\\\", nonce="n"'
  expect(answer(ascii, { user: 'a"b\\c' })).toMatchObject({
    username: 'a\\"b\\\\c',
    realm: 'say \\"hi\\" \\\\',
  })
  const user = 'J\u00e4s\u00f8n Doe'
  const binary = Buffer.from(user).toString('latin1')
  expect(answer('Digest realm="r", nonce="n"', { user })).toMatchObject({ username: binary })
  expect(answer('Digest realm="r", nonce="n", charset=UTF-8', { user })).toMatchObject({
    'username*': "UTF-8''J%C3%A4s%C3%B8n%20Doe",
  })
  // RFC 7616, 3.9.2, whose hash is SHA-512 cut off; SHA-512/256 begins with other numbers.
  const hashed = answer('Digest realm="api@example.org", nonce="n", algorithm=SHA-512-256, userhash=true', {
    user,
  })
  expect(hashed).toMatchObject({
    userhash: 'true',
    username: hash('SHA-512-256', `${binary}:api@example.org`),
  })
})

test.each<[string[], string]>([
  [[], 'no challenge came with it'],
  [['Basic realm="x"'], 'the server asks for Basic'],
  [['Negotiate', 'Bearer error="x"'], 'the server asks for Negotiate, Bearer'],
  [['Digest realm="r"'], 'the server asks for Digest'],
  [['Digest realm="r", nonce="n", algorithm=MD4'], 'the server asks for Digest MD4'],
  [['Digest realm="r", nonce="n", qop="auth-conf"'], 'the server asks for Digest auth-conf'],
])('%j cannot be answered, and says what is asked for', (headers, problem) => {
  expect(readDigest(headers)).toEqual({ problem })
})

test('the first challenge that can be answered is, whatever stands around it', () => {
  const basic = 'Basic realm="a, Digest realm=\\"b\\"", charset="UTF-8"'
  const digests =
    'Digest realm="m", nonce="1", algorithm=MD4, dIgEsT  Nonce = n , rEalm="r",qop="AUTH", stale=TRUE'
  expect(challengeOf(`Negotiate YII==, ${basic} , ${digests}`)).toMatchObject({
    realm: 'r',
    nonce: 'n',
    qop: 'auth',
    hash: 'MD5',
    isStale: true,
    namesAlgorithm: false,
  })
  expect(challengeOf(basic, 'Digest realm="r", nonce="", qop="auth-int,auth"')).toMatchObject({
    nonce: '',
    qop: 'auth',
    isStale: false,
  })
  expect(nextNonce('nextnonce="a, b=c", qop=auth, nc=00000001')).toBe('a, b=c')
  expect(nextNonce('qop=auth')).toBeNull()
})

test('a challenge of a megabyte is read in one go, whatever it is made of', () => {
  const pieces = ['Digest realm="', '\\', ',', '=', 'a', ' ', '"x"', 'a=', 'Digest ']
  for (const piece of pieces) {
    const header = `Digest realm="r", nonce="n", ${piece.repeat(1e6 / piece.length)}`
    expect(challengeOf(header).nonce).toBe('n')
  }
})
