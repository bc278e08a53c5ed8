/**
 * The run as JUnit XML, in the common subset of the format: a test case for the measurement, one for the tasks of a
 * scenario, one per threshold, and one per rule against a baseline. A failed threshold is a failure; a void run and missing
 * data are errors. In a void run the thresholds are skipped, because it says nothing about the target. Pure.
 */
import { failedThroughout } from '../../core/judge/exit.ts'
import type { Report } from '../../core/report/report.ts'
import { printRelative } from '../../core/threshold/relative-rule.ts'
import { taskErrorText } from '../../core/measure/task-error.ts'
import { isOneRequest, subjectOf } from '../../core/scenario/script-plan.ts'
import type { ThresholdResult } from '../../core/judge/gate.ts'
import { showFigure } from '../../core/threshold/threshold-metric.ts'
import { renderMetric } from '../text/comparison-text.ts'
import { renderSummary } from '../text/summary.ts'

interface Case {
  readonly name: string
  readonly kind: 'passed' | 'failure' | 'error' | 'skipped'
  readonly type?: string
  readonly message?: string
  /** Text in addition to the result. */
  readonly output?: string
}

export function renderJunit(report: Report): string {
  const cases = [
    verdictCase(report),
    ...tasksCase(report),
    ...report.thresholds.map((result) => thresholdCase(result, report)),
    ...baselineCases(report),
  ]
  const count = (kind: Case['kind']): number => cases.filter((one) => one.kind === kind).length
  const seconds = report.durationS.toFixed(3)
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`
  const suite = `corerush ${isOneRequest(report.plan) ? report.plan.request.name : subjectOf(report.plan)}`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="corerush" ${counts} time="${seconds}">`,
    `  <testsuite name="${escapeXml(suite)}" ${counts} time="${seconds}" timestamp="${escapeXml(report.startedAt.replace(/\.\d+Z$/, ''))}">`,
    // The first case has the time of the run, so that the sum over all cases is the time of the suite.
    ...cases.flatMap((one, i) => renderCase(one, suite, i === 0 ? seconds : '0.000')),
    `    <system-out>${escapeXml(renderSummary(report, { color: false, width: Infinity }))}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function verdictCase({ verdict }: Report): Case {
  const name = 'measurement: the run is not void'
  const details = verdict.reasons
    .map(({ code, message, advice }) => `${code}: ${message}. ${advice}`)
    .join('\n')
  if (verdict.level === 'void')
    return {
      name,
      kind: 'error',
      type: 'void',
      message: 'the figures of this run cannot be trusted',
      output: details,
    }
  return { name, kind: 'passed', output: [verdict.level, details].filter((text) => text !== '').join('\n') }
}

/** The case of the tasks: fails only if every iteration failed; otherwise errors are output of a passed case. */
function tasksCase(report: Report): Case[] {
  const { plan, taskErrors, verdict } = report
  if (plan.scenario === null) return []
  const name = 'tasks: an iteration ended without an error'
  const details = taskErrors
    .map((error) => `${error.task}: ${taskErrorText(error)} (${error.count})`)
    .join('\n')
  const always = failedThroughout(report)
  if (always.length === 0) return [{ name, kind: 'passed', ...(details === '' ? {} : { output: details }) }]
  if (verdict.level === 'void') return [{ name, kind: 'skipped', message: `the run is void; ${details}` }]
  return [{ name, kind: 'failure', type: 'tasks', message: always.join(', '), output: details }]
}

function thresholdCase(result: ThresholdResult, { verdict }: Report): Case {
  const { expression: name, ok, level, actual, unit, samples } = result
  const figure = `measured ${showFigure(actual, unit)} on ${samples} samples`
  if (verdict.level === 'void') return { name, kind: 'skipped', message: `the run is void; ${figure}` }
  if (ok) return { name, kind: 'passed', output: figure }
  if (level === 'warn') return { name, kind: 'passed', output: `warning: ${figure}` }
  if (actual === null) return { name, kind: 'error', type: 'no-data', message: 'no data' }
  return { name, kind: 'failure', type: 'threshold', message: figure }
}

/** A case per rule against the baseline. "Can't tell" passes, with the answer as output. */
function baselineCases({ comparison, plan }: Report): Case[] {
  if (comparison === null) return []
  const { result, refused } = comparison
  if (result === null)
    return (plan.baseline?.rules ?? []).map((rule) => ({
      name: printRelative(rule),
      kind: 'skipped',
      message: `not compared: ${refused.join('; ')}`,
    }))
  return result.metrics.map((metric) => {
    const { expression: name, answer } = metric
    const output = renderMetric(metric)
    return answer === 'regressed'
      ? { name, kind: 'failure', type: 'regression', message: output }
      : { name, kind: 'passed', output }
  })
}

function renderCase(
  { name, kind, type, message = '', output }: Case,
  suite: string,
  seconds: string,
): string[] {
  const open = `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}" time="${seconds}">`
  const inner: string[] = []
  if (kind === 'skipped') inner.push(`      <skipped message="${escapeXml(message)}"/>`)
  else if (kind !== 'passed')
    inner.push(
      `      <${kind} type="${type ?? kind}" message="${escapeXml(message)}">${escapeXml(output ?? message)}</${kind}>`,
    )
  else if (output !== undefined) inner.push(`      <system-out>${escapeXml(output)}</system-out>`)
  return [open, ...inner, '    </testcase>']
}

/** Escapes text for an element or an attribute; characters that XML 1.0 does not allow are replaced. */
export const escapeXml = (text: string): string =>
  text
    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufffe\uffff]|\p{Surrogate}/gu,
      '�',
    )
    .replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
    // Commands to a GitHub Actions runner, in case the text goes to standard output.
    .replaceAll('##[', '##&#91;')
    .replace(/^([^\S\r\n]*:):/gm, '$1&#58;')
