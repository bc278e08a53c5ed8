/** The header that asks for compressed responses. */
import type { Headers } from './request.ts'

/** The encodings that a run without a scenario asks for: it decodes nothing, so any will do. */
export const ALL_ENCODINGS = 'gzip, br, zstd'

/** The headers with the encodings that are accepted, unless they name some themselves. */
export const accepting = (headers: Headers, encodings: string): Headers =>
  headers.some(([name]) => name.toLowerCase() === 'accept-encoding')
    ? headers
    : [...headers, ['accept-encoding', encodings]]
