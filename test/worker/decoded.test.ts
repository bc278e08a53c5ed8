/** Compressed bodies: decoded within a limit, and what is none is named. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import * as zlib from 'node:zlib'
import { expect, test } from 'vitest'
import { decoded, ENCODINGS } from '../../src/worker/scenario/decoded.ts'
import { KeptReply } from '../../src/worker/scenario/reply.ts'

const text = Buffer.from('{"programs":[1,2,3]}')
const zstd = (zlib as { zstdCompressSync?: (body: Uint8Array) => Buffer }).zstdCompressSync

test.each<[encoding: string, body: Buffer]>([
  ['gzip', gzipSync(text)],
  ['GZIP', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['br', brotliCompressSync(text)],
  ['deflate', deflateSync(text)],
  ['gzip, br', brotliCompressSync(gzipSync(text))],
  ['identity', text],
  ['gzip', Buffer.alloc(0)],
  ...(zstd === undefined ? [] : ([['zstd', zstd(text)]] as [string, Buffer][])),
])('%s', (encoding, body) => {
  const result = decoded(body, encoding, 1000)
  expect(result).toEqual({ body: body.length === 0 ? body : text })
})

test('zstd is asked for where this Node has it, and unknown where it has not', () => {
  expect(ENCODINGS).toBe(zstd === undefined ? 'gzip, br' : 'gzip, br, zstd')
  if (zstd === undefined) expect(decoded(text, 'zstd', 100)).toMatchObject({ isTooLarge: false })
})

const bomb = gzipSync(Buffer.alloc(10_000_000))
test.each([
  ['a body that is none', text, 'gzip', /^the body is not gzip: incorrect header check$/, false],
  ['one that was cut short', gzipSync(text).subarray(0, 20), 'gzip', /unexpected end of file/, false],
  [
    'an unknown encoding',
    text,
    'compress',
    /^the body has the encoding "compress", which is unknown here$/,
    false,
  ],
  ['too many encodings', text, 'gzip,gzip,gzip,gzip', /^the body has 4 encodings$/, false],
  ['a bomb', bomb, 'gzip', /^the body is not gzip: /, true],
  ['a bomb within a bomb', gzipSync(bomb), 'gzip, gzip', /^the body is not gzip: /, true],
])('%s is a problem', (_, body, encoding, problem, isTooLarge) => {
  expect(decoded(body, encoding, 100_000)).toEqual({
    problem: expect.stringMatching(problem) as string,
    isTooLarge,
  })
})

test('a response is decoded when it is read, and where it was asked for', () => {
  const reply = (isCompressed: boolean, body: Uint8Array): KeptReply => {
    const kept = new KeptReply(1000, () => undefined, isCompressed)
    kept.head(200, ['Content-Encoding', 'gzip'])
    kept.data(body)
    return kept
  }
  const asked = reply(true, gzipSync(text))
  expect(asked.decodedBytes).toBe(0)
  expect(asked.json()).toEqual({ programs: [1, 2, 3] })
  expect(asked.decodedBytes).toBe(text.length)
  expect(Buffer.from(reply(false, gzipSync(text)).bytes())).toEqual(gzipSync(text))
  const broken = reply(true, text)
  expect(() => broken.text()).toThrow('the body is not gzip: incorrect header check')
  expect(Buffer.from(broken.readable)).toEqual(text)
})
