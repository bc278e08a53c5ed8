/** How responses are framed: each row is read the same by both transports, whole and in single bytes. */
import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/request/outcome.ts'
import { startFaults } from '../support/faults.ts'
import { cutAt, pour } from '../support/responses.ts'
import { Client, TRANSPORT_NAMES, turns } from '../support/transports.ts'

interface Row {
  readonly method?: string
  /** What the server answers, each time. */
  readonly answer: string
  /** The server ends the connection after it. */
  readonly ends?: boolean
  readonly outcome?: Outcome
  readonly status?: number
  readonly bytesIn?: number
  /** The next request goes out on the same connection. */
  readonly reuses?: boolean
  /** Where undici differs by nature; each is listed in docs/MEASUREMENT.md, known limits. */
  readonly undici?: Partial<Pick<Row, 'outcome' | 'status' | 'bytesIn' | 'reuses'>>
}

const head = (...lines: string[]): string => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n')
const chunked = (body: string, ...lines: string[]): string =>
  head('transfer-encoding: chunked', ...lines) + body
const malformedHead = (answer: string): Row => ({
  answer,
  outcome: 'headers.malformed',
  status: 0,
  reuses: false,
})
const malformedBody = (answer: string, bytesIn: number): Row => ({
  answer,
  outcome: 'body.malformed',
  bytesIn,
  reuses: false,
})

const ROWS: Readonly<Record<string, Row>> = {
  // Framed by length.
  'a length': { answer: head('content-length: 5') + 'hello', bytesIn: 5 },
  'a length of 0': { answer: head('content-length: 0') },
  'names in any case, values with space around': {
    answer: head('CONTENT-Length:  \t5  ') + 'hello',
    bytesIn: 5,
  },
  'a length with leading zeros': { answer: head('content-length: 005') + 'hello', bytesIn: 5 },
  'names that only begin like ones that matter': {
    answer:
      head(
        'content-length: 2',
        'content-lengths: 9',
        'content-lengt: 9',
        'connection-x: close',
        'con: close',
      ) + 'ok',
    bytesIn: 2,
  },
  'no reason phrase, nor the space before it': {
    answer: 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok',
    bytesIn: 2,
  },
  'bytes above ASCII in reason and values': {
    answer: 'HTTP/1.1 200 \xe9t\xe9\r\nx: \xff\xfe\r\ncontent-length: 2\r\n\r\nok',
    bytesIn: 2,
  },
  'a field without a value': { answer: head('x:', 'content-length: 2') + 'ok', bytesIn: 2 },
  'an error status': {
    answer: 'HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy',
    status: 503,
    bytesIn: 4,
  },
  'a status of no known class': { answer: 'HTTP/1.1 799 Odd\r\ncontent-length: 0\r\n\r\n', status: 799 },

  // Framed by chunks.
  chunks: { answer: chunked('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'), bytesIn: 11 },
  'no chunk at all': { answer: chunked('0\r\n\r\n') },
  'sizes in either case, with leading zeros': {
    answer: chunked('00A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n'),
    bytesIn: 21,
  },
  'chunk extensions': { answer: chunked('5;a=b;c="d"\r\nhello\r\n0;last\r\n\r\n'), bytesIn: 5 },
  trailers: { answer: chunked('5\r\nhello\r\n0\r\nx-sum: 1\r\nconnection-note: close\r\n\r\n'), bytesIn: 5 },
  'a coding before chunked': {
    answer: head('Transfer-Encoding: gzip, Chunked') + '5\r\nhello\r\n0\r\n\r\n',
    bytesIn: 5,
  },
  'a body that looks like a response': {
    answer: chunked('23\r\nHTTP/1.1 500 No\r\ncontent-length:9\r\n\r\n0\r\n\r\n'),
    bytesIn: 35,
  },

  // More than 2^53 bytes cannot be counted exactly, and never come.
  'a length beyond 2^53, and an end inside it': {
    answer: head('content-length: 9007199254740993') + 'hello',
    ends: true,
    outcome: 'body.closed',
    bytesIn: 5,
    reuses: false,
  },
  'a chunk beyond 2^53, and an end inside it': {
    answer: chunked('1000000000000000\r\nhello'),
    ends: true,
    outcome: 'body.closed',
    bytesIn: 5,
    reuses: false,
  },
  'an empty transfer-encoding beside a length': {
    answer: head('transfer-encoding:', 'content-length: 5') + 'hello',
    bytesIn: 5,
  },
  'an empty transfer-encoding': {
    answer: head('transfer-encoding:') + 'hello',
    ends: true,
    bytesIn: 5,
    reuses: false,
  },
  'empty words before chunked': {
    answer: head('transfer-encoding: ,chunked') + '5\r\nhello\r\n0\r\n\r\n',
    bytesIn: 5,
  },
  'proxy-connection: close': {
    answer: head('proxy-connection: close', 'content-length: 2') + 'ok',
    bytesIn: 2,
    reuses: false,
  },

  // Framed by the end of the connection.
  'neither length nor chunks': { answer: head('x: y') + 'hello', ends: true, bytesIn: 5, reuses: false },
  'nothing after the head': { answer: head('x: y'), ends: true, reuses: false },
  'a coding that is not chunked': {
    answer: head('transfer-encoding: gzip') + 'hello',
    ends: true,
    bytesIn: 5,
    reuses: false,
  },

  // No body, whatever the head says.
  'HEAD, a length': { method: 'HEAD', answer: head('content-length: 100') },
  'HEAD, chunks': { method: 'HEAD', answer: head('transfer-encoding: chunked') },
  'HEAD, neither': { method: 'HEAD', answer: head('x: y'), undici: { reuses: false } },
  '204': { answer: 'HTTP/1.1 204 No Content\r\n\r\n', status: 204 },
  '204 with a length': {
    answer: 'HTTP/1.1 204 No Content\r\ncontent-length: 7\r\n\r\n',
    status: 204,
    undici: { reuses: false },
  },
  '304': { answer: 'HTTP/1.1 304 Not Modified\r\n\r\n', status: 304 },
  '304 with a length': {
    answer: 'HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n',
    status: 304,
    undici: { reuses: false },
  },
  '205 has none by its length': { answer: 'HTTP/1.1 205 Reset\r\ncontent-length: 0\r\n\r\n', status: 205 },

  // Interim responses.
  '103 before it': {
    answer: 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n' + head('content-length: 2') + 'ok',
    bytesIn: 2,
  },
  '102 twice': { answer: 'HTTP/1.1 102 P\r\n\r\n'.repeat(2) + head('content-length: 2') + 'ok', bytesIn: 2 },
  '100 that nobody asked for': {
    answer: 'HTTP/1.1 100 Continue\r\n\r\n' + head('content-length: 2') + 'ok',
    bytesIn: 2,
    undici: { outcome: 'headers.malformed', status: 0, bytesIn: 0, reuses: false },
  },
  '101 without an upgrade': malformedHead(
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
  ),

  '101 that does not say to what': malformedHead(
    'HTTP/1.1 101 Switching\r\n\r\n' + head('content-length: 0'),
  ),
  'HEAD, 101': {
    ...malformedHead('HTTP/1.1 101 Switching\r\n\r\n' + head('content-length: 0')),
    method: 'HEAD',
  },

  // Whether the connection goes on.
  'connection: close': {
    answer: head('Connection: Close', 'content-length: 2') + 'ok',
    bytesIn: 2,
    reuses: false,
  },
  'close in a list': {
    answer: head('connection: x , close', 'content-length: 2') + 'ok',
    bytesIn: 2,
    reuses: false,
  },
  'close, chunked': {
    answer: chunked('2\r\nok\r\n0\r\n\r\n', 'connection: close'),
    bytesIn: 2,
    reuses: false,
  },
  'a word that begins with close': {
    answer: head('connection: closed', 'content-length: 2') + 'ok',
    bytesIn: 2,
  },
  'HTTP/1.0': { answer: 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok', bytesIn: 2, reuses: false },
  'HTTP/1.0 with keep-alive': {
    answer: 'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok',
    bytesIn: 2,
  },
  'HTTP/1.0 with keep-alive and chunks': {
    answer:
      'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    bytesIn: 2,
    reuses: false,
    undici: { reuses: true },
  },
  'HTTP/1.0 to the end': { answer: 'HTTP/1.0 200 OK\r\n\r\nhello', ends: true, bytesIn: 5, reuses: false },
  'a hint below the margin': {
    answer: head('keep-alive: timeout=0', 'content-length: 2') + 'ok',
    bytesIn: 2,
    reuses: false,
  },
  'a hint that is long enough': {
    answer: head('Keep-Alive: timeout=5, max=9', 'content-length: 2') + 'ok',
    bytesIn: 2,
  },

  // More or less than one response.
  'bytes after the response': { answer: head('content-length: 2') + 'ok more', bytesIn: 2, reuses: false },
  'a second response after the first': {
    answer: (head('content-length: 2') + 'ok').repeat(2),
    bytesIn: 2,
    reuses: false,
  },
  'an end inside the length': {
    answer: head('content-length: 9') + 'hello',
    ends: true,
    outcome: 'body.closed',
    bytesIn: 5,
    reuses: false,
  },
  'an end inside a chunk': {
    answer: chunked('9\r\nhello'),
    ends: true,
    outcome: 'body.closed',
    bytesIn: 5,
    reuses: false,
  },
  'an end before the last chunk': {
    answer: chunked('5\r\nhello\r\n'),
    ends: true,
    outcome: 'body.closed',
    bytesIn: 5,
    reuses: false,
  },
  'an end inside the trailers': {
    answer: chunked('0\r\nx: y\r\n'),
    ends: true,
    outcome: 'body.closed',
    reuses: false,
  },
  'an end inside the length, with close': {
    answer: head('connection: close', 'content-length: 9') + 'hello',
    ends: true,
    outcome: 'body.closed',
    bytesIn: 5,
    reuses: false,
  },
  'an end inside a chunk, with close': {
    answer: chunked('9\r\nhello', 'connection: close'),
    ends: true,
    outcome: 'body.closed',
    bytesIn: 5,
    reuses: false,
  },
  'an end inside the headers': {
    answer: 'HTTP/1.1 200 OK\r\nx: ',
    ends: true,
    outcome: 'headers.closed',
    status: 0,
    reuses: false,
  },
  'an end without a byte': { answer: '', ends: true, outcome: 'headers.closed', status: 0, reuses: false },

  // What no reader may guess about.
  'both framings': malformedHead(head('content-length: 5', 'transfer-encoding: chunked') + '0\r\n\r\n'),
  'both framings, the other way round': malformedHead(
    head('transfer-encoding: chunked', 'content-length: 5') + '0\r\n\r\n',
  ),
  'two lengths that differ': malformedHead(head('content-length: 5', 'content-length: 6') + 'hello'),
  'two lengths alike': malformedHead(head('content-length: 5', 'content-length: 5') + 'hello'),
  'two lengths in one': malformedHead(head('content-length: 5, 5') + 'hello'),
  'a signed length': malformedHead(head('content-length: +5') + 'hello'),
  'a negative length': malformedHead(head('content-length: -5') + 'hello'),
  'a hexadecimal length': malformedHead(head('content-length: 0x5') + 'hello'),
  'a length with a space inside': malformedHead(head('content-length: 1 5') + 'hello'),
  'no length in the field': malformedHead(head('content-length:') + 'hello'),
  'a length beyond all sizes': malformedHead(head('content-length: 99999999999999999999') + 'hello'),
  'a bare LF after the status': malformedHead('HTTP/1.1 200 OK\ncontent-length: 2\r\n\r\nok'),
  'a bare LF behind a field': malformedHead('HTTP/1.1 200 OK\r\nx: y\ncontent-length: 2\r\n\r\nok'),
  'a bare LF after the head': malformedHead('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\nok'),
  'a bare CR in a value': malformedHead(head('x: y\rz: a', 'content-length: 2') + 'ok'),
  'NUL in a value': malformedHead(head('x: y\0z', 'content-length: 2') + 'ok'),
  'a folded line': malformedHead(head('x: y', ' z', 'content-length: 2') + 'ok'),
  'a space before the colon': malformedHead(head('content-length : 2') + 'ok'),
  'a space before the first field': malformedHead('HTTP/1.1 200 OK\r\n content-length: 2\r\n\r\nok'),
  'a field without a name': malformedHead(head(': x', 'content-length: 2') + 'ok'),
  'a line without a colon': malformedHead(head('x', 'content-length: 2') + 'ok'),
  'a field of 16 KB': malformedHead(head(`x: ${'y'.repeat(17_000)}`, 'content-length: 2') + 'ok'),
  '17 KB of fields': malformedHead(
    head(...Array.from({ length: 170 }, () => 'x'.repeat(50) + ':' + 'y'.repeat(50)), 'content-length: 2') +
      'ok',
  ),
  'not HTTP': malformedHead('SSH-2.0-OpenSSH_9.6\r\n'),
  'a TLS alert': malformedHead('\x15\x03\x03\x00\x02\x02\x46'),
  'HTTP in lower case': malformedHead('http/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
  'a line end before the status': {
    ...malformedHead('\r\n' + head('content-length: 2') + 'ok'),
    undici: { outcome: 'ok', status: 200, bytesIn: 2, reuses: true },
  },
  'HTTP/2.0': {
    ...malformedHead('HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\nok'),
    undici: { outcome: 'ok', status: 200, bytesIn: 2 },
  },
  'an interim response that closes': malformedHead(
    'HTTP/1.1 103 Early Hints\r\nconnection: close\r\n\r\n' + head('content-length: 2') + 'ok',
  ),
  'a chunk extension without a name': malformedBody(chunked('5;\r\nhello\r\n0\r\n\r\n'), 0),
  'a chunk extension with a value and no name': {
    ...malformedBody(chunked('5;=x\r\nhello\r\n0\r\n\r\n'), 0),
    undici: { outcome: 'ok', bytesIn: 5, reuses: true },
  },
  'a chunk extension with a space': malformedBody(chunked('5;a b\r\nhello\r\n0\r\n\r\n'), 0),
  'HTTP/3.0': malformedHead('HTTP/3.0 200 OK\r\ncontent-length: 0\r\n\r\n'),
  'no status': malformedHead('HTTP/1.1 OK\r\ncontent-length: 0\r\n\r\n'),
  'a status of four digits': malformedHead('HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n'),
  'a chunk without a size': malformedBody(chunked('\r\nhello\r\n0\r\n\r\n'), 0),
  'a chunk with a signed size': malformedBody(chunked('+5\r\nhello\r\n0\r\n\r\n'), 0),
  'a chunk with 0x': malformedBody(chunked('0x5\r\nhello\r\n0\r\n\r\n'), 0),
  'a chunk with a space behind its size': malformedBody(chunked('5 \r\nhello\r\n0\r\n\r\n'), 0),
  'a chunk beyond all sizes': malformedBody(chunked('fffffffffffffffff\r\nhello\r\n0\r\n\r\n'), 0),
  'a chunk longer than its size': malformedBody(chunked('3\r\nhello\r\n0\r\n\r\n'), 3),
  'a bare LF behind a size': malformedBody(chunked('5\nhello\r\n0\r\n\r\n'), 0),
  'a bare LF behind a chunk': malformedBody(chunked('5\r\nhello\n0\r\n\r\n'), 5),
  'a bare LF behind a trailer': malformedBody(chunked('0\r\nx: y\n\r\n'), 0),
  'a length among the trailers': malformedBody(chunked('5\r\nhello\r\n0\r\ncontent-length: 5\r\n\r\n'), 5),
  'an empty word after chunked': {
    answer: head('transfer-encoding: chunked,') + '5\r\nhello\r\n0\r\n\r\n',
    ends: true,
    bytesIn: 5,
    // undici takes it for a coding that is not known, whose body lasts to the end.
    undici: { bytesIn: 15 },
    reuses: false,
  },
  'another protocol': {
    ...malformedHead('ICE/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok'),
    undici: { outcome: 'ok', status: 200, bytesIn: 2 },
  },
  'a tab after a length': {
    answer: head('content-length: 2\t') + 'ok',
    bytesIn: 2,
    undici: { outcome: 'headers.malformed', status: 0, bytesIn: 0, reuses: false },
  },
  'a trailer without a colon': malformedBody(chunked('0\r\nxy\r\n\r\n'), 0),
}

/** The answer as it is written: whole, or byte by byte. Large heads in larger pieces: what matters are the cuts. */
function piecesOf(answer: string, isDripping: boolean): Buffer[] {
  const bytes = Buffer.from(answer, 'latin1')
  const size = !isDripping ? Infinity : bytes.length > 2000 ? 701 : 1
  return cutAt(
    bytes,
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => (i * size) / bytes.length),
  )
}

describe.each(TRANSPORT_NAMES)('%s reads', (name) => {
  test.concurrent.for(
    Object.entries(ROWS).flatMap(([title, row]) => [
      { title, row, isDripping: false, how: 'whole' },
      { title, row, isDripping: true, how: 'in single bytes' },
    ]),
  )('$title, $how', async ({ row, isDripping }) => {
    const {
      outcome = 'ok',
      status = 200,
      bytesIn = 0,
      reuses = true,
      method = 'POST',
    } = {
      ...row,
      ...(name === 'undici' ? row.undici : {}),
    }
    const pieces = piecesOf(row.answer, isDripping)
    let poured: Promise<void> | undefined
    const server = await startFaults(({ socket }) => {
      poured = pour(socket, pieces).then(() => {
        if (row.ends) socket.end()
      })
    })
    const client = await Client.of(name, server.url)
    const body = method === 'HEAD' ? null : { text: 'four' }
    const expected = { outcome, status, bytesIn, bytesOut: body === null ? 0 : 4 }
    const asking = { method, body, cutAfterMs: 5000 }
    expect(await client.ask(asking)).toEqual({ ...expected, reused: false })
    // A response can be complete before all has come.
    await poured
    await turns(1)
    expect(await client.ask(asking)).toEqual({ ...expected, reused: reuses })
    expect([server.requests(), server.accepted(), client.sent]).toEqual([2, reuses ? 1 : 2, 2])
    client.close()
    await server.stop()
  })
})
