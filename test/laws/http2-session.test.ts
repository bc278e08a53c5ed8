/** Laws of HTTP/2 without sockets: header blocks come back as they were, and no bytes of a peer break the reader. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FieldDecoder } from '../../src/worker/transport/http2/field-decoder.ts'
import { FieldEncoder } from '../../src/worker/transport/http2/field-encoder.ts'
import { DynamicTable, type Field } from '../../src/worker/transport/http2/field-tables.ts'
import { Http2Session } from '../../src/worker/transport/http2/http2-session.ts'
import { Http2Stream } from '../../src/worker/transport/http2/http2-stream.ts'
import { data, frame, goaway, headers, literal, numbers, ok, rst } from '../support/frames.ts'
import { cutAt, mutated, mutations, someCuts } from '../support/responses.ts'

const decode = (decoder: FieldDecoder, bytes: Buffer): string | Field[] => {
  const fields: Field[] = []
  const fault = decoder.decode(bytes, 0, bytes.length, (name, value) => fields.push({ name, value }) > 0)
  return fault === '' ? fields : fault
}
const fieldsOf = (text: string): Field[] =>
  text.split('\n').map((line) => {
    const [, name, value] = /^(:?[^:]*): (.*)$/.exec(line)!
    return { name: name!, value: value! }
  })

describe('header blocks', () => {
  test('of RFC 7541, C.2 to C.6, are read as they are meant', () => {
    expect(
      decode(new FieldDecoder(), Buffer.from('400a637573746f6d2d6b65790d637573746f6d2d686561646572', 'hex')),
    ).toEqual([{ name: 'custom-key', value: 'custom-header' }])
    const requests = new FieldDecoder()
    const lines = [
      [
        '828684418cf1e3c2e5f23a6ba0ab90f4ff',
        ':method: GET\n:scheme: http\n:path: /\n:authority: www.example.com',
      ],
      [
        '828684be5886a8eb10649cbf',
        ':method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\ncache-control: no-cache',
      ],
      [
        '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
        ':method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value',
      ],
    ] as const
    for (const [hex, text] of lines) expect(decode(requests, Buffer.from(hex, 'hex'))).toEqual(fieldsOf(text))
    expect(
      decode(
        new FieldDecoder(),
        Buffer.from(
          '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
          'hex',
        ),
      ),
    ).toEqual(
      fieldsOf(
        ':status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\nlocation: https://www.example.com',
      ),
    )
  })

  const word = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    maxLength: 40,
  })
  const name = fc.oneof(
    fc.constantFrom(':path', 'cookie', 'authorization', 'x-a', 'x-b', 'content-type', 'accept-encoding'),
    word,
  )
  const field = fc.record({
    name,
    value: fc.oneof(fc.constantFrom('', 'gzip, deflate', 'a'.repeat(300), 'b'.repeat(5000)), word),
  })
  const block = fc.record({
    fields: fc.array(field, { maxLength: 8 }),
    limits: fc.array(fc.constantFrom(0, 31, 100, 4096, 65_536), { maxLength: 2 }),
  })

  test('come back as they were, whatever table sizes are set between them, and the tables stay alike', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), (blocks) => {
        const encoder = new FieldEncoder()
        const decoder = new FieldDecoder()
        for (const { fields, limits } of blocks) {
          for (const limit of limits) encoder.limit(limit)
          // The same fields again mostly stand in the table.
          for (let i = 0; i < 2; i++) {
            const bytes: number[] = []
            encoder.encode(fields, bytes)
            expect(decode(decoder, Buffer.from(bytes))).toEqual(fields)
          }
        }
      }),
    )
  })

  test('that leave the table as it was are the same bytes again', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 8 }), (fields) => {
        const encoder = new FieldEncoder()
        const encode = (): number[] => {
          const bytes: number[] = []
          encoder.encode(fields, bytes)
          return bytes
        }
        encode()
        const again = encode()
        if (encoder.leftTable) expect(encode()).toEqual(again)
      }),
    )
  })

  test('of any bytes end, in fields or in a fault', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), (blocks) => {
        const decoder = new FieldDecoder()
        for (const bytes of blocks) decode(decoder, Buffer.from(bytes))
      }),
      { numRuns: 500 },
    )
  })

  test('keep the table within its size, the newest first', () => {
    fc.assert(
      fc.property(
        fc.array(field, { maxLength: 300 }),
        fc.constantFrom(0, 100, 1000, 4096),
        (fields, limit) => {
          const table = new DynamicTable()
          table.setLimit(limit)
          for (const one of fields) table.add(one)
          const bytes = (all: readonly Field[]): number =>
            all.reduce((sum, one) => sum + one.name.length + one.value.length + 32, 0)
          let kept: Field[] = []
          for (const one of fields) {
            while (kept.length > 0 && bytes([one, ...kept]) > limit) kept.pop()
            if (bytes([one]) <= limit) kept = [one, ...kept]
          }
          expect(Array.from({ length: table.length }, (_, i) => table.at(i))).toEqual(kept)
          expect(table.at(table.length)).toBeUndefined()
        },
      ),
    )
  })
})

const FACTS = ['isGoingAway', 'goawayCode', 'fault'] as const
const STREAM_FACTS = [
  'status',
  'bodyBytes',
  'hasBegun',
  'isComplete',
  'resetCode',
  'isRefused',
  'sentBytes',
] as const

/** Everything that a session shows, and what it wrote and reported. */
const stateOf = (
  session: Http2Session,
  stream: Http2Stream,
  written: readonly Uint8Array[],
  heard: readonly unknown[],
): unknown => ({
  ...Object.fromEntries(FACTS.map((fact) => [fact, session[fact]])),
  ...Object.fromEntries(STREAM_FACTS.map((fact) => [fact, stream[fact]])),
  written: Buffer.concat(written).toString('hex'),
  heard: heard.join('|'),
})

/** A session with a request under way, that has then read these pieces. */
function read(pieces: readonly Buffer[], body = 'x'.repeat(20_000)): unknown {
  const written: Uint8Array[] = []
  const heard: string[] = []
  let text = ''
  const session = new Http2Session((bytes) => written.push(Buffer.from(bytes)))
  const stream = new Http2Stream()
  const message = { fields: [{ name: ':method', value: 'POST' }], body: Buffer.from(body), isHead: false }
  session.open(stream, message, [], {
    head: (status, fields) => void heard.push(String(status), ...fields),
    data: (bytes) => (text += Buffer.from(bytes).toString('latin1')),
  })
  for (const piece of pieces) session.read(piece, 0, piece.length)
  return stateOf(session, stream, written, [...heard, text])
}

const somePayload = fc.uint8Array({ maxLength: 60 })
const aFrame = fc.oneof(
  fc.constantFrom(
    frame(4, 0, 0),
    ok(1),
    ok(1, ['content-length', '4'], ['x', 'y']),
    headers(1, [[':status', '103']]),
    headers(1, [['x-sum', '1']], 5),
    data(1, 'four'),
    data(1, 'four', true),
    data(1, '', true),
    rst(1, 0),
    rst(1, 8),
    goaway(1, 0),
    goaway(0, 2, 'why'),
    frame(8, 0, 0, numbers(100_000)),
    frame(8, 0, 1, numbers(100_000)),
    frame(6, 0, 0, 'pingpong'),
    frame(1, 0, 1, Buffer.of(0x88)),
    frame(9, 4, 1, literal('x', 'y', 0x40)),
    frame(4, 0, 0, Buffer.concat([Buffer.of(0, 4), numbers(10)])),
    frame(4, 0, 0, Buffer.concat([Buffer.of(0, 1), numbers(0)])),
  ),
  fc
    .tuple(fc.nat(11), fc.nat(255), fc.nat(3), somePayload)
    .map(([type, flags, stream, payload]) => frame(type, flags, stream, payload)),
)
const someFrames = fc
  .array(aFrame, { maxLength: 8 })
  .map((frames) => Buffer.concat([frame(4, 0, 0), ...frames]))

describe('a session', () => {
  test('makes the same of frames, however they are cut', () => {
    fc.assert(
      fc.property(someFrames, someCuts, (bytes, cuts) => {
        expect(read(cutAt(bytes, cuts))).toEqual(read([bytes]))
        expect(read(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(read([bytes]))
      }),
      { numRuns: 300 },
    )
  })

  test('ends in a state, whatever the bytes', () => {
    fc.assert(
      fc.property(someFrames, mutations, (bytes, changes) => void read([mutated(bytes, changes)])),
      { numRuns: 500 },
    )
  })

  test('sends a body once, in frames that are allowed, in whatever steps the peer allows it', () => {
    const step = fc.record({ on: fc.constantFrom(0, 1), bytes: fc.integer({ min: 1, max: 40_000 }) })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200_000 }),
        fc.array(step, { maxLength: 12 }),
        (length, steps) => {
          const body = Buffer.alloc(length, 'abcdefg')
          const written: Buffer[] = []
          const session = new Http2Session((bytes) => void written.push(Buffer.from(bytes)))
          const stream = new Http2Stream()
          session.open(stream, { fields: [], body, isHead: false }, [], null)
          const settings = frame(4, 0, 0)
          session.read(settings, 0, settings.length)
          const windows = [65_535, 65_535]
          for (const { on, bytes } of steps) {
            windows[on]! += bytes
            const update = frame(8, 0, on, numbers(bytes))
            session.read(update, 0, update.length)
          }
          const all = Buffer.concat(written)
          const sent: Buffer[] = []
          let hasEnded = false
          for (let at = 24; at < all.length; at += 9 + all.readUIntBE(at, 3)) {
            const size = all.readUIntBE(at, 3)
            expect(size).toBeLessThanOrEqual(16_384)
            expect(hasEnded && all[at + 3]! < 2).toBe(false)
            if (all[at + 3] === 0) sent.push(all.subarray(at + 9, at + 9 + size))
            if (all[at + 3]! < 2 && (all[at + 4]! & 1) !== 0) hasEnded = true
          }
          const allowed = Math.min(length, ...windows)
          expect(Buffer.concat(sent).equals(body.subarray(0, allowed))).toBe(true)
          expect([stream.sentBytes, hasEnded]).toEqual([allowed, allowed === length])
        },
      ),
    )
  })
})
