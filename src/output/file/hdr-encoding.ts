/** Histograms in the V2 encoding that all tools of HdrHistogram read. The only importer of hdr-histogram-js, which does it. */
import { createRequire } from 'node:module'
import type { Histogram as HdrHistogram } from 'hdr-histogram-js'
import { DIGITS, HIGHEST_US, LOWEST_US, type Histogram } from '../../core/measure/histogram.ts'

type Library = typeof import('hdr-histogram-js')
/** With the fields that the types of the library do not publish. */
type Encodable = HdrHistogram & { readonly _counts: Float64Array }

const load = createRequire(import.meta.url)
/** Loaded when it is needed: its 46 modules are a tenth of the start of a run. */
const library = (): Library => load('hdr-histogram-js') as Library
/** Encodes one histogram after the other. */
let encoder: Encodable | null = null

/** Compressed and in base64; values are µs. */
export function encoded(histogram: Histogram): string {
  encoder ??= library().build({
    bitBucketSize: 64,
    autoResize: false,
    lowestDiscernibleValue: LOWEST_US,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: DIGITS,
  }) as unknown as Encodable
  const { first, counts } = histogram.slots
  encoder._counts.set(counts, first)
  // What the library would have kept while recording; it encodes up to the maximum.
  Object.assign(encoder, { maxValue: histogram.maxUs ?? 0, _totalCount: histogram.count })
  const text = library().encodeIntoCompressedBase64(encoder)
  encoder._counts.fill(0, first, first + counts.length)
  return text
}
