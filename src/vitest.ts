/**
 * `corerush/vitest`: `expect(report).toMeet('p99 < 300ms')`. Importing it is enough. The rules are those of `--threshold`,
 * without `warn` and `abort-on-fail`, which are for a run that still goes on.
 */
import { expect } from 'vitest'
import { passes } from './core/judge/gate.ts'
import { isRelative } from './core/threshold/relative-rule.ts'
import { reportFigure } from './core/report/report-figure.ts'
import { REPORT_SCHEMA, type Report } from './core/report/report.ts'
import { isOfRow, partsOf } from './core/request/row.ts'
import { nearest } from './core/suggest.ts'
import { metricOf, showFigure } from './core/threshold/threshold-metric.ts'
import { parseThreshold, printThreshold, type Threshold } from './core/threshold/threshold.ts'

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-explicit-any -- as vitest declares it
  interface Matchers<T = any> {
    /**
     * Whether a report of corerush meets a threshold such as `p99 < 300ms`. What is void, or measured nothing, meets none
     * and breaks none: it fails with `.not` as well. A rule without data in the report throws.
     */
    toMeet: (threshold: string) => void
  }
}

interface Verdict {
  readonly pass: boolean
  readonly message: () => string
}

expect.extend({
  toMeet(received: unknown, text: string): Verdict {
    const { isNot } = this
    const report = reportIn(received)
    const threshold = ruleIn(text, report)
    const says = (what: string): string =>
      `expected ${isNot ? 'not ' : ''}${printThreshold(threshold)}: ${what}`
    const fails = (why: string): Verdict => ({ pass: isNot, message: () => says(why) })
    const { level, reasons } = report.verdict
    if (level === 'void') {
      const why = reasons.filter((reason) => reason.level === 'void').map(({ message }) => message)
      return fails(`the report is void and says nothing about the target: ${why.join('; ')}`)
    }
    const figure = reportFigure(report, threshold)
    if ('problem' in figure) throw new Error(`toMeet: ${figure.problem}, got "${text}"`)
    const { actual, samples, isCounted } = figure
    if (actual === null || samples === 0) return fails('there was nothing to measure')
    const { unit } = metricOf(threshold.metric)!
    const measured = `measured ${showFigure(actual, unit)}, limit ${showFigure(threshold.limit, unit)}`
    return {
      pass: passes(threshold, figure),
      message: () => says(`${measured}, on ${isCounted ? '' : 'at least '}${samples} samples`),
    }
  },
})

function reportIn(received: unknown): Report {
  if (
    typeof received === 'object' &&
    received !== null &&
    'schema' in received &&
    received.schema === REPORT_SCHEMA
  )
    return received as Report
  throw new TypeError(`toMeet is for a report of corerush, one that says "schema": "${REPORT_SCHEMA}"`)
}

function ruleIn(text: string, { byName }: Report): Threshold {
  const wrong = (problem: string): never => {
    throw new Error(`toMeet ${problem}, got "${text}"`)
  }
  if (isRelative(text)) return wrong('cannot be relative to a baseline: see corerush compare')
  const parsed = parseThreshold(text)
  if ('problem' in parsed) return wrong(parsed.problem)
  const { name, level, abortAfterS } = parsed.value
  if (level === 'warn' || abortAfterS !== null) return wrong('can neither warn nor abort: the run is over')
  const isByRequest = metricOf(parsed.value.metric)!.namedBy === 'request'
  const rows = Object.keys(byName)
  if (name !== null && isByRequest && !rows.some((row) => isOfRow(row, name))) {
    const near = nearest(name, [...rows, ...rows.map((row) => partsOf(row).name)])
    return wrong(`must name a request of the report${near === null ? '' : `; did you mean "${near}"?`}`)
  }
  return parsed.value
}
