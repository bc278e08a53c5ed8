/** How HTTP/2 answers are read, frame by frame, and how they fail: each row whole and in single bytes. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/request/outcome.ts'
import type { RequestPlan } from '../../src/core/request/request.ts'
import { codeName } from '../../src/worker/transport/http2/frames.ts'
import {
  data,
  frame,
  goaway,
  headers,
  literal,
  numbers,
  ok,
  rst,
  startFrames,
  type FramePeer,
} from '../support/frames.ts'
import { pour } from '../support/responses.ts'
import { OneUser } from '../support/exchanges.ts'
import { Client, turns } from '../support/transports.ts'

const END_STREAM = 1
const END_HEADERS = 4
const PADDED = 8
const PRIORITY = 0x20

interface Row {
  readonly method?: string
  /** What the peer answers on a stream; `index` counts the requests of a connection. */
  readonly answer: (stream: number, index: number) => readonly Buffer[]
  /** The peer ends the connection after it, or resets it. */
  readonly ends?: 'fin' | 'rst'
  readonly outcome?: Outcome
  readonly status?: number
  readonly bytesIn?: number
  /** The next request goes out on the same connection. */
  readonly reuses?: boolean
  readonly message?: string | RegExp
}

const malformed = (answer: Row['answer'], message: string | RegExp): Row => ({
  answer,
  outcome: 'headers.malformed',
  status: 0,
  reuses: false,
  message,
})
const malformedBody = (answer: Row['answer'], bytesIn: number, message: string | RegExp): Row => ({
  answer,
  outcome: 'body.malformed',
  bytesIn,
  reuses: false,
  message,
})
const block = (stream: number, bytes: Uint8Array): Buffer => frame(1, END_HEADERS | END_STREAM, stream, bytes)
const trailers = (stream: number, name = 'x-sum', flags = END_STREAM): Buffer =>
  headers(stream, [[name, '1']], END_HEADERS | flags)

/** Streams that are reset with this code, before the headers and inside a body with and without a length. */
const resetsWith = (code: number): Readonly<Record<string, Row>> => ({
  [`a reset with ${codeName(code)} before the headers`]: {
    answer: (id) => [rst(id, code)],
    outcome: 'headers.reset',
    status: 0,
    message: new RegExp(codeName(code)),
  },
  [`a reset with ${codeName(code)} inside a body`]: {
    answer: (id) => [ok(id), data(id, 'hello'), rst(id, code)],
    outcome: 'body.reset',
    bytesIn: 5,
  },
  [`a reset with ${codeName(code)} inside a length`]: {
    answer: (id) => [ok(id, ['content-length', '9']), data(id, 'hello'), rst(id, code)],
    outcome: 'body.reset',
    bytesIn: 5,
  },
})

const ROWS: Readonly<Record<string, Row>> = {
  // Whole responses.
  'a body that ends its stream': { answer: (id) => [ok(id), data(id, 'hello', true)], bytesIn: 5 },
  'an empty DATA at the end': { answer: (id) => [ok(id), data(id, 'hello'), data(id, '', true)], bytesIn: 5 },
  'no body': { answer: (id) => [headers(id, [[':status', '200']], END_HEADERS | END_STREAM)] },
  'a length': { answer: (id) => [ok(id, ['content-length', '5']), data(id, 'hello', true)], bytesIn: 5 },
  trailers: { answer: (id) => [ok(id), data(id, 'hello'), trailers(id)], bytesIn: 5 },
  'an error status': {
    answer: (id) => [headers(id, [[':status', '503']]), data(id, 'busy', true)],
    status: 503,
    bytesIn: 4,
  },
  'an interim response before it': {
    answer: (id) => [
      headers(id, [
        [':status', '103'],
        ['link', '</x>'],
      ]),
      ok(id),
      data(id, 'hi', true),
    ],
    bytesIn: 2,
  },
  'HEAD with a length': {
    method: 'HEAD',
    answer: (id) => [
      headers(
        id,
        [
          [':status', '200'],
          ['content-length', '100'],
        ],
        END_HEADERS | END_STREAM,
      ),
    ],
  },
  '304 with a length': {
    answer: (id) => [
      headers(
        id,
        [
          [':status', '304'],
          ['content-length', '7'],
        ],
        END_HEADERS | END_STREAM,
      ),
    ],
    status: 304,
  },
  'padding and priority': {
    answer: (id) => [
      frame(
        1,
        END_HEADERS | PADDED | PRIORITY,
        id,
        Buffer.concat([Buffer.of(3), numbers(0), Buffer.of(9, 0x88), Buffer.alloc(3)]),
      ),
      frame(0, PADDED, id, '\x04hello\0\0\0\0'),
      frame(0, PADDED | END_STREAM, id, '\x00'),
    ],
    bytesIn: 5,
  },
  'a head in pieces': {
    answer: (id) => [
      frame(1, 0, id, Buffer.of(0x88)),
      frame(9, 0, id),
      frame(9, END_HEADERS, id, literal('x', 'y')),
      data(id, 'hi', true),
    ],
    bytesIn: 2,
  },
  'frames of extensions, settings and pings between': {
    answer: (id) => [
      frame(0xaa, 0xff, id, 'xyz'),
      ok(id),
      frame(6, 0, 0, '12345678'),
      frame(4, 0, 0),
      frame(2, 0, id, '\0\0\0\0\x01'),
      data(id, 'hi', true),
    ],
    bytesIn: 2,
  },
  'a field in the table, and out of it again': {
    answer: (id, index) => [
      block(
        id,
        index === 0
          ? Buffer.concat([Buffer.of(0x88), literal('content-length', '0', 0x40)])
          : Buffer.of(0x88, 0xbe),
      ),
    ],
  },

  // The stream ends too early: by the declared length, or by the code of the reset.
  ...resetsWith(0),
  ...resetsWith(2),
  ...resetsWith(5),
  ...resetsWith(8),
  ...resetsWith(11),
  'a reset after the whole response': {
    answer: (id) => [ok(id), data(id, 'hi', true), rst(id, 0)],
    bytesIn: 2,
  },
  'an end inside a body': {
    answer: (id) => [ok(id), data(id, 'hello')],
    ends: 'fin',
    outcome: 'body.closed',
    bytesIn: 5,
    reuses: false,
  },
  'a reset of the connection inside a body': {
    answer: (id) => [ok(id), data(id, 'hello')],
    ends: 'rst',
    outcome: 'body.reset',
    bytesIn: 5,
    reuses: false,
  },
  'an end without a byte': {
    answer: () => [],
    ends: 'fin',
    outcome: 'headers.closed',
    status: 0,
    reuses: false,
  },
  'an end inside a frame': {
    answer: (id) => [ok(id).subarray(0, 12)],
    ends: 'fin',
    outcome: 'headers.closed',
    status: 0,
    reuses: false,
  },
  'an end after the response': {
    answer: (id) => [ok(id), data(id, 'hi', true)],
    ends: 'fin',
    bytesIn: 2,
    reuses: false,
  },

  // The server goes away: what it has taken, it completes.
  'GOAWAY, then the response': {
    answer: (id) => [goaway(id, 0), ok(id), data(id, 'hi', true)],
    bytesIn: 2,
    reuses: false,
  },
  'GOAWAY inside the response': {
    answer: (id) => [ok(id), goaway(id, 0), data(id, 'hi', true)],
    bytesIn: 2,
    reuses: false,
  },
  'GOAWAY after the response': {
    answer: (id) => [ok(id), data(id, 'hi', true), goaway(id, 0)],
    bytesIn: 2,
    reuses: false,
  },
  'GOAWAY twice, a warning first': {
    answer: (id) => [goaway(0x7fff_ffff, 0), goaway(id, 0), ok(id), data(id, 'hi', true)],
    bytesIn: 2,
    reuses: false,
  },
  'GOAWAY with an error, and still the response': {
    answer: (id) => [goaway(id, 2), ok(id), data(id, 'hi', true)],
    bytesIn: 2,
    reuses: false,
  },
  'GOAWAY with an error, and the end': {
    answer: (id) => [goaway(id, 11, 'slow down')],
    ends: 'fin',
    outcome: 'headers.closed',
    status: 0,
    reuses: false,
    message: 'the server closed the connection with GOAWAY ENHANCE_YOUR_CALM: slow down',
  },
  'GOAWAY that leaves the request out': {
    answer: () => [goaway(0, 0)],
    outcome: 'headers.closed',
    status: 0,
    reuses: false,
    message: 'the server closed the connection with GOAWAY NO_ERROR',
  },

  // What breaks the protocol.
  'not HTTP/2': malformed(
    () => [Buffer.from('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')],
    /a frame of \d+ bytes/,
  ),
  'a frame larger than allowed': malformed((id) => [data(id, 'x'.repeat(16_385))], 'a frame of 16385 bytes'),
  'a head that does not decode': malformed(
    (id) => [block(id, Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff))],
    'a header block that does not decode',
  ),
  'an index that is in no table': malformed(
    (id) => [block(id, Buffer.of(0x88, 0xbf))],
    'a header block that does not decode',
  ),
  'a table size that was not offered': malformed(
    (id) => [block(id, Buffer.of(0x3f, 0xe2, 0x1f, 0x88))],
    /table size/,
  ),
  'no :status': malformed((id) => [headers(id, [['x', 'y']])], 'a response without :status'),
  'two :status': malformed(
    (id) => [
      headers(id, [
        [':status', '200'],
        [':status', '200'],
      ]),
    ],
    ':status twice',
  ),
  ':status after a field': malformed(
    (id) => [
      headers(id, [
        ['x', 'y'],
        [':status', '200'],
      ]),
    ],
    ':status after other fields',
  ),
  'a :status that is none': malformed((id) => [headers(id, [[':status', '20']])], /three digits/),
  'a field of a request': malformed((id) => [ok(id, [':path', '/'])], 'the field :path in a response'),
  'an upper-case name': malformed((id) => [ok(id, ['X-A', 'b'])], /lower case/),
  'a name that is none': malformed((id) => [ok(id, ['x y', 'b'])], /lower case/),
  'a value with a line end': malformed((id) => [ok(id, ['x', 'a\r\nb'])], /a value of x/),
  'a value with a space at its end': malformed((id) => [ok(id, ['x', 'a '])], /a value of x/),
  'a field of HTTP/1 connections': malformed(
    (id) => [ok(id, ['connection', 'close'])],
    'the field connection in HTTP/2',
  ),
  'two lengths': malformed(
    (id) => [ok(id, ['content-length', '5'], ['content-length', '5'])],
    'content-length twice',
  ),
  'a length that is none': malformed((id) => [ok(id, ['content-length', '+5'])], /plain number/),
  'a length beyond all sizes': malformed(
    (id) => [ok(id, ['content-length', '9'.repeat(20)])],
    /plain number/,
  ),
  '17 KB of fields': malformed(
    (id) =>
      [0, 1]
        .map((i) =>
          headers(id, [...(i === 0 ? [[':status', '200'] as const] : []), ['x', 'y'.repeat(9000)]], 0),
        )
        .map((one, i) => (i === 0 ? one : Buffer.concat([frame(9, END_HEADERS, id, one.subarray(9))]))),
    /more than 16384/,
  ),
  'header frames without end': malformed(
    (id) => [frame(1, 0, id, Buffer.of(0x88)), ...Array.from({ length: 8000 }, () => frame(9, 0, id))],
    /more than 65536/,
  ),
  'switching protocols': malformed((id) => [headers(id, [[':status', '101']])], 'switching protocols'),
  'an interim response that ends its stream': malformed(
    (id) => [headers(id, [[':status', '103']], END_HEADERS | END_STREAM)],
    /interim/,
  ),
  'DATA before the headers': malformed((id) => [data(id, 'x', true)], 'DATA before the headers'),
  'DATA on stream 0': malformed(() => [data(0, 'x')], 'DATA on a stream that was never opened'),
  'DATA on a stream that was never opened': malformed((id) => [data(id + 2, 'x')], /never opened/),
  'HEADERS on a stream that was never opened': malformed((id) => [ok(id + 2)], /never opened/),
  'RST_STREAM on a stream that was never opened': malformed((id) => [rst(id + 2, 0)], /never opened/),
  'a window update of nothing': malformed((id) => [frame(8, 0, id, numbers(0))], /WINDOW_UPDATE/),
  'a window beyond all sizes': malformed((id) => [frame(8, 0, id, numbers(0x7fff_ffff))], /2 GiB/),
  'an initial window beyond all sizes': malformed(
    () => [frame(4, 0, 0, Buffer.concat([Buffer.of(0, 4), numbers(0x8000_0000)]))],
    /initial window/,
  ),
  'a ping of 7 bytes': malformed(() => [frame(6, 0, 0, '1234567')], /a frame of type 6 with 7 bytes/),
  'settings on a stream': malformed((id) => [frame(4, 0, id)], /a frame of type 4 on stream/),
  'a push': malformed(
    (id) => [frame(5, END_HEADERS, id, Buffer.concat([numbers(2), Buffer.of(0x82)]))],
    /PUSH_PROMISE/,
  ),
  'a frame inside a head': malformed(
    (id) => [frame(1, 0, id, Buffer.of(0x88)), data(id, 'x')],
    'another frame inside a header block',
  ),
  'CONTINUATION without HEADERS': malformed(
    (id) => [frame(9, END_HEADERS, id)],
    'CONTINUATION without HEADERS',
  ),
  'padding longer than its frame': malformed((id) => [frame(0, PADDED, id, '\x05ab')], /padding/),
  'a body shorter than its length': malformedBody(
    (id) => [ok(id, ['content-length', '9']), data(id, 'hello', true)],
    5,
    'a body of 5 bytes instead of 9',
  ),
  'a body longer than its length': malformedBody(
    (id) => [ok(id, ['content-length', '3']), data(id, 'hello', true)],
    3,
    'a body of more than 3 bytes',
  ),
  'a length and no body': malformedBody(
    (id) => [
      headers(
        id,
        [
          [':status', '200'],
          ['content-length', '9'],
        ],
        END_HEADERS | END_STREAM,
      ),
    ],
    0,
    'a body of 0 bytes instead of 9',
  ),
  'a body after HEAD': {
    ...malformedBody((id) => [ok(id), data(id, 'hi', true)], 0, /more than 0/),
    method: 'HEAD',
  },
  'trailers that do not end the stream': malformedBody((id) => [ok(id), trailers(id, 'x', 0)], 0, /trailers/),
  'a :status among trailers': malformedBody((id) => [ok(id), trailers(id, ':status')], 0, /:status/),
  'DATA after the end': {
    answer: (id) => [ok(id), data(id, 'hi', true), data(id, 'more')],
    bytesIn: 2,
    reuses: false,
  },
  'a second response after the first': {
    answer: (id) => [ok(id), data(id, 'hi', true), ok(id)],
    bytesIn: 2,
    reuses: false,
  },
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

async function clientOf(peer: FramePeer, options = {}): Promise<Client> {
  const client = await Client.of('http2', peer.url, options)
  closing.push(
    () => client.close(),
    () => peer.stop(),
  )
  return client
}

describe('HTTP/2 reads', () => {
  test.concurrent.for(
    Object.entries(ROWS).flatMap(([title, row]) => [
      { title, row, isDripping: false, how: 'whole' },
      { title, row, isDripping: true, how: 'in single bytes' },
    ]),
  )('$title, $how', async ({ row, isDripping }) => {
    const { outcome = 'ok', status = 200, bytesIn = 0 } = row
    const reuses = row.reuses ?? (outcome === 'ok' || outcome.endsWith('reset'))
    let poured: Promise<unknown> | undefined
    const counts = new Map<number, number>()
    const peer = await startFrames(({ socket, stream, connection }) => {
      const index = counts.get(connection) ?? 0
      counts.set(connection, index + 1)
      const bytes = Buffer.concat(row.answer(stream, index))
      const size = !isDripping ? Infinity : bytes.length > 2000 ? 701 : 1
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) || 0 }, (_, i) =>
        size === Infinity ? bytes : bytes.subarray(i * size, (i + 1) * size),
      )
      poured = pour(socket, size === Infinity && bytes.length > 0 ? [bytes] : pieces).then(async () => {
        if (row.ends === 'fin') socket.end()
        // A reset that overtakes data hides it.
        if (row.ends === 'rst') await turns(20).then(() => socket.resetAndDestroy())
      })
    })
    const client = await Client.of('http2', peer.url)
    const asking: Partial<RequestPlan> & { cutAfterMs: number } = {
      method: row.method ?? 'GET',
      cutAfterMs: 5000,
    }
    const expected = { outcome, status, bytesIn, bytesOut: 0 }
    for (const reused of [false, reuses]) {
      expect(await client.ask(asking)).toEqual({ ...expected, reused })
      if (row.message !== undefined) expect(client.last!.message).toMatch(row.message)
      await poured
      await turns(1)
    }
    expect([peer.requests(), peer.accepted(), client.sent]).toEqual([2, reuses ? 1 : 2, 2])
    client.close()
    await peer.stop()
  })
})

describe('an upload over HTTP/2', () => {
  const body = { text: 'x'.repeat(300_000) }
  const window = (bytes: number): Buffer => frame(4, 0, 0, Buffer.concat([Buffer.of(0, 4), numbers(bytes)]))

  test('goes out up to the window of the peer, and on when that grows', async () => {
    const peer = await startFrames(async ({ socket, stream }) => {
      await turns(20)
      // Sent before the settings had come.
      expect(peer.bytes()).toBe(65_535)
      socket.write(frame(8, 0, 0, numbers(400_000)))
      await turns(20)
      expect(peer.bytes()).toBe(65_535)
      socket.write(frame(8, 0, stream, numbers(70_000)))
      await turns(20)
      expect(peer.bytes()).toBe(71_000)
      socket.write(window(300_000))
      while (peer.bytes() < 300_000) await turns(1)
      socket.write(Buffer.concat([ok(stream), data(stream, 'ok', true)]))
    }, window(1000))
    const client = await clientOf(peer)
    expect(await client.ask({ body, cutAfterMs: 5000 })).toMatchObject({ outcome: 'ok', bytesOut: 300_000 })
    expect(peer.bytes()).toBe(300_000)
  })

  test.each([
    ['and nothing more', (): Buffer[] => []],
    ['and a reset with NO_ERROR', (stream: number): Buffer[] => [rst(stream, 0)]],
  ])(
    'that is answered early %s ends there: the answer counts, and the connection serves on',
    async (_, more) => {
      const peer = await startFrames(({ socket, stream }) =>
        socket.write(
          Buffer.concat([headers(stream, [[':status', '413']]), data(stream, 'no', true), ...more(stream)]),
        ),
      )
      const client = await clientOf(peer)
      for (let i = 0; i < 5; i++)
        expect(await client.ask({ body, cutAfterMs: 5000 })).toMatchObject({
          outcome: 'ok',
          status: 413,
          // The window of the connection is used up by the first one.
          bytesOut: i === 0 ? 65_535 : 0,
          reused: i > 0,
        })
      await turns(5)
      expect(peer.resets.length).toBe(5)
      expect(new Set(peer.resets)).toEqual(new Set([0]))
      expect(peer.accepted()).toBe(1)
    },
  )

  test('that a Node server answers early succeeds as often as it is made', async () => {
    const { createServer } = await import('node:http2')
    const server = createServer().on('stream', (stream) => {
      stream.on('error', () => undefined)
      stream.respond({ ':status': 413 })
      stream.end('no')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    const client = await Client.of('http2', `http://127.0.0.1:${(server.address() as { port: number }).port}`)
    closing.push(() => client.close())
    const seen = await client.askAll(50, { body: { text: 'x'.repeat(1_000_000) }, cutAfterMs: 10_000 })
    expect(seen.map(({ outcome, status }) => `${outcome} ${status}`)).toEqual(Array(50).fill('ok 413'))
  })
})

describe('a connection of HTTP/2', () => {
  test('that gets GOAWAY while idle is not used again', async () => {
    const peer = await startFrames(async ({ socket, stream }) => {
      socket.write(Buffer.concat([ok(stream), data(stream, 'ok', true)]))
      await turns(2)
      socket.write(goaway(stream, 0))
    })
    const client = await clientOf(peer)
    for (let i = 0; i < 3; i++) {
      expect(await client.ask()).toMatchObject({ outcome: 'ok', reused: false })
      await turns(10)
    }
    expect([peer.requests(), peer.accepted()]).toEqual([3, 3])
  })

  test('survives a request that is cut off, whose late answer is nobody’s', async () => {
    const peer = await startFrames(async ({ socket, stream, index }) => {
      if (index === 0) {
        while (peer.resets.length === 0) await turns(1)
        // It crossed the cut.
        socket.write(Buffer.concat([headers(stream, [[':status', '500']]), data(stream, 'late', true)]))
      } else socket.write(Buffer.concat([ok(stream), data(stream, 'ok', true)]))
    })
    const client = await clientOf(peer)
    expect(await client.ask({ cutAfterMs: 50 })).toMatchObject({ outcome: 'headers.timeout' })
    expect(await client.ask()).toMatchObject({ outcome: 'ok', status: 200, bytesIn: 2, reused: true })
    expect([peer.accepted(), peer.resets]).toEqual([1, [8]])
  })

  test('waits for the peer to allow a stream', async () => {
    const none = frame(4, 0, 0, Buffer.concat([Buffer.of(0, 3), numbers(0)]))
    const one = frame(4, 0, 0, Buffer.concat([Buffer.of(0, 3), numbers(1)]))
    let isAllowed = false
    const peer = await startFrames(({ socket, stream }) => {
      expect(isAllowed || stream === 1).toBe(true)
      isAllowed = false
      socket.write(Buffer.concat([ok(stream), data(stream, 'ok', true), none]))
      setTimeout(() => {
        isAllowed = true
        socket.write(one)
      }, 20)
    })
    const client = await clientOf(peer)
    expect(await client.ask({ cutAfterMs: 5000 })).toMatchObject({ outcome: 'ok' })
    expect(await client.ask({ cutAfterMs: 5000 })).toMatchObject({ outcome: 'ok', reused: true })
  })

  test('says goodbye, with its reason', async () => {
    const peer = await startFrames(({ socket, stream, index }) =>
      socket.write(index === 0 ? Buffer.concat([ok(stream), data(stream, 'ok', true)]) : data(stream, 'x')),
    )
    const client = await clientOf(peer, { keepAlive: false })
    await client.ask()
    await client.ask()
    await turns(10)
    expect(peer.goaways).toEqual([0, 1])
  })

  test('and one of Node’s read each other’s fields, in any characters and from its tables', async () => {
    const { createServer } = await import('node:http2')
    const text = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')
    const seen: unknown[] = []
    const server = createServer((request, response) => {
      const { ':path': path, ':authority': authority, cookie, 'x-all': all } = request.headers
      seen.push([path, authority, cookie, all])
      for (let i = 0; i < 40; i++) response.setHeader(`x-${i}`, `${i}:${text.slice(i)}.`)
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.end('ok')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const host = `127.0.0.1:${(server.address() as { port: number }).port}`
    const user = new OneUser({ plan: { http2: true } })
    const heads: string[][] = []
    for (let i = 0; i < 3; i++) {
      await user.send(
        {
          url: `http://${host}/p?q=${i}`,
          headers: [
            ['X-All', `${i}${text}.`],
            ['Cookie', 'c=3'],
          ],
        },
        undefined,
        { head: (_, fields) => heads.push(fields.filter((one) => !/GMT/.test(one))), data: () => undefined },
      )
    }
    user.connection.close()
    server.close()
    expect(seen).toEqual([0, 1, 2].map((i) => [`/p?q=${i}`, host, 'c=3', `${i}${text}.`]))
    expect(heads[0]).toContain(`39:${text.slice(39)}.`)
    expect(heads[0]!.filter((one) => /^[ab]=/.test(one))).toEqual(['a=1', 'b=2'])
    expect(heads.slice(1)).toEqual([heads[0], heads[0]])
  })

  test('takes a body of 40 MB, larger than all windows', async () => {
    const { createServer } = await import('node:http2')
    const bytes = 40_000_000
    const server = createServer((_, response) => response.end(Buffer.alloc(bytes, 120)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    const client = await Client.of('http2', `http://127.0.0.1:${(server.address() as { port: number }).port}`)
    closing.push(() => client.close())
    expect(await client.ask({ cutAfterMs: 30_000 })).toMatchObject({ outcome: 'ok', bytesIn: bytes })
    expect(await client.ask({ cutAfterMs: 30_000 })).toMatchObject({
      outcome: 'ok',
      bytesIn: bytes,
      reused: true,
    })
  })

  test('is ended when it sends frames and reads none of the answers', async () => {
    const peer = await startFrames(({ socket }) => {
      socket.pause()
      const pings = Buffer.concat(Array.from({ length: 5000 }, () => frame(6, 0, 0, '12345678')))
      const pour = (): void => {
        while (socket.writable && socket.write(pings));
      }
      socket.on('drain', pour)
      pour()
    })
    const client = await clientOf(peer)
    expect(await client.ask({ cutAfterMs: 30_000 })).toMatchObject({ outcome: 'headers.malformed' })
    expect(client.last!.message).toBe('frames whose acknowledgements it does not read')
  })
})
