/** Decodes bodies by their content-encoding. The only place that knows which encodings this Node can decode. */
import * as zlib from 'node:zlib'
import { messageOf } from '../../errors.ts'

type Decode = (body: Uint8Array, options: { readonly maxOutputLength: number }) => Buffer

/** `zstdDecompressSync` has been in Node since 22.15 and 23.8. */
const zstd = (zlib as { readonly zstdDecompressSync?: Decode }).zstdDecompressSync

const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', zlib.gunzipSync],
  ['x-gzip', zlib.gunzipSync],
  ['deflate', zlib.inflateSync],
  ['br', zlib.brotliDecompressSync],
  ...(zstd === undefined ? [] : [['zstd', zstd] as const]),
])

/** The encodings to ask for. */
export const ENCODINGS = zstd === undefined ? 'gzip, br' : 'gzip, br, zstd'

/** A server that lists more encodings than this is up to no good: each of them costs a pass over the body. */
const MOST_ENCODINGS = 3

/** The body without its encodings, or why there is none. */
export type DecodedBody =
  { readonly body: Uint8Array } | { readonly problem: string; readonly isTooLarge: boolean }

/** Decodes a whole body that may become `mostBytes` long; `encoding` is the value of its content-encoding. */
export function decoded(body: Uint8Array, encoding: string, mostBytes: number): DecodedBody {
  const encodings = encoding
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one !== 'identity')
  if (encodings.length > MOST_ENCODINGS)
    return { problem: `the body has ${encodings.length} encodings`, isTooLarge: false }
  let left = body
  // The last one was applied last.
  for (const one of encodings.reverse()) {
    const decode = DECODERS.get(one)
    if (decode === undefined)
      return {
        problem: `the body has the encoding "${one.slice(0, 40)}", which is unknown here`,
        isTooLarge: false,
      }
    // Answers to HEAD, and 304, name the encoding of a body that they have not.
    if (left.length === 0) return { body: left }
    try {
      left = decode(left, { maxOutputLength: mostBytes })
    } catch (error) {
      const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      return { problem: `the body is not ${one}: ${messageOf(error)}`, isTooLarge }
    }
  }
  return { body: left }
}
