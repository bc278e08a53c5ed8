/**
 * The series of a run as OTLP in JSON: an `ExportMetricsServiceRequest` in the protobuf mapping of OTLP, with lower camel
 * case, 64-bit integers as strings, and enums as numbers. Sums are cumulative since the start instant, so a lost push costs
 * resolution but no data.
 */
import type { Buckets } from '../../core/export/buckets.ts'
import type { Attributes, Series } from '../../core/export/exported-series.ts'

/** AGGREGATION_TEMPORALITY_CUMULATIVE */
const CUMULATIVE = 2

export interface OtlpSpan {
  /** Wall time of the start instant in ms, and the run time covered by the series. */
  readonly startMs: number
  readonly endS: number
}

export function renderOtlp(
  series: readonly Series[],
  { startMs, endS }: OtlpSpan,
  { resource, version }: { readonly resource: Attributes; readonly version: string },
): string {
  const times = { startTimeUnixNano: nanoseconds(startMs), timeUnixNano: nanoseconds(startMs + endS * 1000) }
  const metrics = series
    .filter(({ points }) => points.length > 0)
    .map((one) => ({ name: one.name, description: one.help, unit: one.unit, ...pointsOf(one, times) }))
  return JSON.stringify({
    resourceMetrics: [
      {
        resource: { attributes: keyValues(resource) },
        scopeMetrics: [{ scope: { name: 'corerush', version }, metrics }],
      },
    ],
  })
}

type Times = Readonly<Record<'startTimeUnixNano' | 'timeUnixNano', string>>

function pointsOf(series: Series, times: Times): object {
  if (series.kind === 'histogram')
    return {
      exponentialHistogram: {
        aggregationTemporality: CUMULATIVE,
        dataPoints: series.points.map(({ attributes, value }) => ({
          attributes: keyValues(attributes),
          ...times,
          ...histogramPoint(value),
        })),
      },
    }
  if (series.kind === 'sum')
    return {
      sum: {
        aggregationTemporality: CUMULATIVE,
        isMonotonic: true,
        dataPoints: series.points.map(({ attributes, value }) => ({
          attributes: keyValues(attributes),
          ...times,
          asInt: String(value),
        })),
      },
    }
  return {
    gauge: {
      dataPoints: series.points.map(({ attributes, value }) => ({
        attributes: keyValues(attributes),
        timeUnixNano: times.timeUnixNano,
        asDouble: value,
      })),
    },
  }
}

function histogramPoint(buckets: Buckets): object {
  const { scale, zeroCount, offset, counts } = buckets.exponential()
  return {
    count: String(buckets.count),
    sum: buckets.sumUs / 1e6,
    ...(buckets.count === 0 ? {} : { min: buckets.minUs! / 1e6, max: buckets.maxUs! / 1e6 }),
    scale,
    zeroCount: String(zeroCount),
    positive: { offset, bucketCounts: counts.map(String) },
  }
}

export const keyValues = (attributes: Attributes): object[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))

const anyValue = (value: string | number): object => {
  if (typeof value === 'string') return { stringValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

/** Nanoseconds as a string: a number has too few digits. */
export const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n)
