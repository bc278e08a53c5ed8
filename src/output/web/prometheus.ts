/**
 * The series of a run in the text format of Prometheus, with the names that Prometheus derives from OTLP: unit and `_total`
 * at the end. Histograms have classic buckets, unlike the exponential ones of OTLP.
 */
import type { Buckets } from '../../core/export/buckets.ts'
import type { Attributes, Series } from '../../core/export/exported-series.ts'

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Name suffixes of units. Units in braces have none, nor does `1` on a counter. */
const SUFFIXES: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes', '1': '_ratio' }

export const prometheusName = ({ name, unit, kind }: Series): string =>
  wordOf(name) + (SUFFIXES[unit] ?? '') + (kind === 'sum' ? '_total' : '')

export const renderPrometheus = (series: readonly Series[]): string =>
  series
    .filter(({ points }) => points.length > 0)
    .map((one) => {
      const name = prometheusName(one)
      const type = one.kind === 'sum' ? 'counter' : one.kind
      const samples =
        one.kind === 'histogram'
          ? one.points.flatMap(({ attributes, value }) => histogramLines(name, attributes, value))
          : one.points.map(({ attributes, value }) => line(name, attributes, value))
      return [`# HELP ${name} ${escapeHelp(one.help)}\n# TYPE ${name} ${type}\n`, ...samples].join('')
    })
    .join('')

function histogramLines(name: string, attributes: Attributes, buckets: Buckets): string[] {
  return [
    ...buckets
      .classic()
      .map(({ boundS, count }) => line(`${name}_bucket`, { ...attributes, le: numberOf(boundS) }, count)),
    line(`${name}_sum`, attributes, buckets.sumUs / 1e6),
    line(`${name}_count`, attributes, buckets.count),
  ]
}

function line(name: string, attributes: Attributes, value: number): string {
  const labels = Object.entries(attributes).map(
    ([key, text]) => `${wordOf(key)}="${escapeLabel(String(text))}"`,
  )
  return `${name}${labels.length > 0 ? `{${labels.join(',')}}` : ''} ${numberOf(value)}\n`
}

const wordOf = (name: string): string => name.replace(/\W/g, '_')
const numberOf = (value: number): string => (value === Infinity ? '+Inf' : String(value))

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
