/** Random responses that are valid, with what must be read of them; and what becomes of their bytes on the way. */
import fc from 'fast-check'
import type { Socket } from 'node:net'

export interface AResponse {
  readonly bytes: Buffer
  readonly isHead: boolean
  readonly status: number
  readonly bodyBytes: number
  /** Names and values of its head in turn, and its body, in Latin-1. */
  readonly headers: readonly string[]
  readonly body: string
  /** It lasts until the connection ends. */
  readonly endsWithConnection: boolean
  /** Another request may follow on the connection. */
  readonly keeps: boolean
}

const TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
/** Printable, blanks and bytes above ASCII; not at the ends, where blanks do not count. */
const TEXT = `${TOKEN}()<>@,;:"/[]?={} \t\x80\xe9\xff`
const textOf = (chars: string, min: number, max: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...Array.from(chars)), { minLength: min, maxLength: max })
    .map((all) => all.join(''))

const FRAMING = /^(content-length|transfer-encoding|connection|keep-alive|proxy-connection|upgrade)$/i
const name = textOf(TOKEN, 1, 18).filter((text) => !FRAMING.test(text))
const blanks = textOf(' \t', 0, 3)
const line = fc
  .tuple(name, blanks, textOf(TEXT, 0, 30))
  .map(([n, blank, value]) => `${n}:${blank}${value.trim()}`)
/** Names that nearly are ones that matter. */
const nearly = fc
  .constantFrom(
    'content-lengt',
    'content-length-x',
    'connectio',
    'connect',
    'transfer-encodin',
    'keep-aliv',
    'cont',
  )
  .map((text) => `${text}: 7`)
const lines = fc.array(fc.oneof({ weight: 4, arbitrary: line }, nearly), { maxLength: 5 })
const cased = (word: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    word,
    word.toUpperCase(),
    word.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()),
  )

const body = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const extension = fc.constantFrom('', '', ';x', ';name=value', ';q="a b"')
const chunks = fc.array(
  fc.record({
    data: body.filter((data) => data !== ''),
    zeros: fc.constantFrom('', '00'),
    extension,
    isUpper: fc.boolean(),
  }),
  { maxLength: 4 },
)

const status = fc.oneof(fc.constantFrom(200, 201, 204, 304, 404, 500), fc.integer({ min: 200, max: 599 }))
const interim = fc.constantFrom('', '', '', 'HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n')

const framing = fc.oneof(
  fc.record({ kind: fc.constant('length' as const), body, field: cased('content-length') }),
  fc.record({
    kind: fc.constant('chunked' as const),
    chunks,
    trailers: lines,
    field: cased('transfer-encoding'),
    last: extension,
  }),
  fc.record({ kind: fc.constant('end' as const), body }),
)

/** Any response that RFC 9112 allows and that does not switch protocols. */
export const aResponse: fc.Arbitrary<AResponse> = fc
  .record({
    isHead: fc.constantFrom(false, false, false, true),
    minor: fc.constantFrom(1, 1, 1, 0),
    status,
    reason: textOf(TEXT, 0, 12),
    interim,
    before: lines,
    after: lines,
    framing,
    connection: fc.constantFrom(null, null, 'close', 'Close', 'keep-alive', 'x, close'),
  })
  .map((parts) => {
    const { isHead, minor, framing, connection } = parts
    const isEmpty = isHead || parts.status === 204 || parts.status === 304
    const fields: string[] = []
    let content = ''
    let bodyBytes = 0
    let body = ''
    if (framing.kind === 'chunked') {
      fields.push(`${framing.field}: chunked`)
      for (const chunk of framing.chunks) {
        const size = chunk.zeros + chunk.data.length.toString(16)
        content += `${chunk.isUpper ? size.toUpperCase() : size}${chunk.extension}\r\n${chunk.data}\r\n`
        bodyBytes += chunk.data.length
        body += chunk.data
      }
      content += `0${framing.last}\r\n${framing.trailers.map((trailer) => `${trailer}\r\n`).join('')}\r\n`
    } else {
      if (framing.kind === 'length') fields.push(`${framing.field}: ${framing.body.length}`)
      content = framing.body
      bodyBytes = content.length
      body = content
    }
    if (connection !== null) fields.push(`connection: ${connection}`)
    const head = [
      `HTTP/1.${minor} ${parts.status} ${parts.reason}`,
      ...parts.before,
      ...fields,
      ...parts.after,
    ]
    const endsWithConnection = framing.kind === 'end' && !isEmpty
    return {
      bytes: Buffer.from(`${parts.interim}${head.join('\r\n')}\r\n\r\n${isEmpty ? '' : content}`, 'latin1'),
      isHead,
      status: parts.status,
      bodyBytes: isEmpty ? 0 : bodyBytes,
      headers: head.slice(1).flatMap((field) => {
        const [, name, value] = /^([^:]*):[ \t]*(.*)$/s.exec(field)!
        return [name!, value!]
      }),
      body: isEmpty ? '' : body,
      endsWithConnection,
      keeps:
        !endsWithConnection &&
        !/close/i.test(connection ?? '') &&
        (minor === 1 || (connection === 'keep-alive' && framing.kind !== 'chunked')),
    }
  })

/** A part of a length, evenly: doubles of fast-check are mostly next to 0. */
export const somePart = fc.integer({ min: 0, max: 9999 }).map((n) => n / 10_000)
/** Where bytes are cut, as parts of their length. */
export const someCuts = fc.array(somePart, { maxLength: 12 })

export function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).flatMap((to, i) => (to > at[i]! ? [bytes.subarray(at[i], to)] : []))
}

/** Writes piece by piece, a turn of the loop between two; resolves when all are written, or nobody is there to read on. */
export async function pour(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (!socket.writable) return
    await new Promise((resolve) => socket.write(piece, resolve))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Bytes that mean something to a reader of HTTP, and any others. */
const aByte = fc.oneof(fc.constantFrom(...Buffer.from('\r\n\0 \t:;,0159afAF+-xH/.\x7f\xff')), fc.nat(255))
export const mutations = fc.array(
  fc.record({
    at: somePart,
    kind: fc.constantFrom('set', 'insert', 'delete', 'double'),
    byte: aByte,
  }),
  { minLength: 1, maxLength: 3 },
)
export type Mutation = typeof mutations extends fc.Arbitrary<(infer M)[]> ? M : never

export function mutated(bytes: Buffer, all: readonly Mutation[]): Buffer {
  const into = [...bytes]
  for (const { at, kind, byte } of all) {
    const index = Math.floor(at * into.length)
    if (kind === 'set') into[index] = byte
    else if (kind === 'insert') into.splice(index, 0, byte)
    else if (kind === 'delete') into.splice(index, 1)
    else into.splice(index, 0, ...into.slice(index, index + 20))
  }
  return Buffer.from(into)
}
