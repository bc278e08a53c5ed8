/**
 * The run for GitHub Actions: a job summary in Markdown, appended to the file named by the runner, and at most ten
 * annotations as workflow commands. Texts from the server or the options are escaped in both, because a summary would
 * render them and the runner would execute them. Rendering is pure.
 */
import type { Answer } from '../../core/compare/comparison.ts'
import { failedThroughout } from '../../core/judge/exit.ts'
import { largest } from '../../core/extremes.ts'
import type { RunComparison } from '../../core/compare/run-comparison.ts'
import { taskErrorText } from '../../core/measure/task-error.ts'
import { subjectOf } from '../../core/scenario/script-plan.ts'
import type { Report } from '../../core/report/report.ts'
import type { ThresholdResult } from '../../core/judge/gate.ts'
import { BOTTLENECK, errorWords } from '../text/verdict-text.ts'
import { showFigure } from '../../core/threshold/threshold-metric.ts'
import { showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import { renderMetric } from '../text/comparison-text.ts'
import { customTable } from '../text/custom-lines.ts'
import { transactionTable } from '../text/transaction-lines.ts'
import type { Destination } from '../destination.ts'
import type { Output, Screen } from '../output.ts'
import { printable } from '../text/paint.ts'
import { sparkline } from '../text/sparkline.ts'
import { workerWords } from '../text/summary.ts'

/** Annotations that the runner shows, of each kind. */
const MOST_ANNOTATIONS = 10
const MOST_ROWS = 50
const MOST_ERRORS = 10
const SPARK_WIDTH = 60

const MARK: Record<Report['verdict']['level'], string> = { sound: '✅', suspect: '⚠️', void: '❌' }

/** The job summary. */
export const renderStepSummary = (report: Report): string =>
  [
    ...heading(report),
    ...requestTable(report),
    ...transactionTable(report.transactions, escapeMarkdown),
    ...secondsTable(report),
    ...thresholdTable(report),
    ...comparisonTable(report.comparison),
    ...customTable(report),
    ...failureTable(
      'failures',
      report.errors.map(({ outcome, count, message }) => [outcome, count, message]),
    ),
    ...failureTable(
      'task errors',
      report.taskErrors.map((error) => [error.task, error.count, taskErrorText(error)]),
    ),
    ...measurement(report),
  ].join('\n')

const heading = (report: Report): string[] => [
  `### corerush: ${report.exitCode === 0 ? MARK[report.verdict.level] : '❌'} measurement ${report.verdict.level}, ${passed(report)}`,
  '',
  `${escapeMarkdown(subjectOf(report.plan))} · ${report.model} model · ${workerWords(report)} · ${report.loadS.toFixed(1)} s of load`,
  '',
]

function requestTable({ byName, total }: Report): string[] {
  const names = Object.entries(byName)
  const rows = [...names.slice(0, MOST_ROWS), ['total', total] as const].map(([name, metrics]) => {
    const { p50, p95, p99, max } = metrics.latencyMs
    return [
      escapeMarkdown(name),
      showCount(metrics.finished + metrics.unfinished),
      showPercent(metrics.failedRatio),
      showRate(metrics.requestsPerS),
      ...[p50, p95, p99, max].map(showMs),
    ]
  })
  return [
    '| name | requests | failed | req/s | p50 | p95 | p99 | max |',
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    ...(names.length > MOST_ROWS ? ['', `${names.length - MOST_ROWS} more names are in the report.`] : []),
    '',
  ]
}

function secondsTable({ timeline }: Report): string[] {
  const load = timeline.filter(({ phase }) => phase === 'load')
  const row = (title: string, values: (number | null)[], show: (value: number | null) => string): string => {
    const known = values.filter((value) => value !== null)
    const highest = known.length > 0 ? largest(known) : null
    return `| ${title} | <code>${sparkline(values, SPARK_WIDTH)}</code> | ${show(highest)} |`
  }
  return [
    '| per second of load | | highest |',
    '|---|---|--:|',
    row(
      'requests',
      load.map(({ requestsPerS, finished }) => requestsPerS ?? finished),
      showRate,
    ),
    row(
      'p99',
      load.map(({ latencyMs }) => latencyMs.p99),
      showMs,
    ),
    row(
      'failed',
      load.map(({ failed, unfinished }) => failed + unfinished),
      (n) => showCount(n ?? 0),
    ),
    '',
  ]
}

const thresholdTable = ({ thresholds, verdict }: Report): string[] => [
  '| | threshold | measured |',
  '|---|---|--:|',
  ...thresholds.map(
    ({ ok, level, expression, actual, unit }) =>
      `| ${verdict.level === 'void' ? 'not evaluated' : ok ? '✅' : level === 'warn' ? '⚠️' : '❌'} | ${escapeMarkdown(expression)} | ${showFigure(actual, unit)} |`,
  ),
  '',
]

const failureTable = (
  title: string,
  rows: readonly (readonly [what: string, count: number, message: string])[],
): string[] =>
  rows.length === 0
    ? []
    : [
        `| ${title} | count | message |`,
        '|---|--:|---|',
        ...rows
          .slice(0, MOST_ERRORS)
          .map(
            ([what, count, message]) =>
              `| ${escapeMarkdown(what)} | ${showCount(count)} | ${escapeMarkdown(message)} |`,
          ),
        '',
      ]

/** The generator error, the bottleneck, and the reasons of the verdict. */
const measurement = ({ verdict, total }: Report): string[] => [
  ...(total.latencyMs.mean === null
    ? []
    : [`Generator error: ${errorWords(verdict.errorBoundMs).join(' · ')}.`, '']),
  `Bottleneck: ${BOTTLENECK[verdict.limit]}.`,
  '',
  ...verdict.reasons.map(
    ({ code, message, advice }) => `- ${escapeMarkdown(code)}: ${escapeMarkdown(`${message}. ${advice}`)}`,
  ),
  ...(verdict.reasons.length > 0 ? [''] : []),
]

function passed(report: Report): string {
  const { thresholds, verdict, comparison } = report
  if (verdict.level === 'void') return 'thresholds not evaluated'
  const [always] = failedThroughout(report)
  if (always !== undefined) return always
  const failed = thresholds.filter(({ ok, level }) => !ok && level === 'error').length
  const judged =
    failed === 0 ? 'all thresholds passed' : `${failed} of ${thresholds.length} thresholds failed`
  return comparison === null ? judged : `${judged}, ${comparison.result?.answer ?? 'not compared'}`
}

const ANSWER: Record<Answer, string> = { regressed: '❌', 'no regression': '✅', "can't tell": '❔' }

function comparisonTable(comparison: RunComparison | null): string[] {
  if (comparison === null) return []
  const { baseline, refused, result } = comparison
  const rows =
    result === null
      ? refused.map((why) => `| – | not compared | ${escapeMarkdown(why)} |`)
      : result.metrics.map(
          (metric) =>
            `| ${ANSWER[metric.answer]} | ${escapeMarkdown(metric.expression)} | ${escapeMarkdown(renderMetric(metric))} |`,
        )
  return [`| | against ${escapeMarkdown(baseline.join(', '))} | |`, '|---|---|---|', ...rows, '']
}

/**
 * The annotations: reasons for a void run, or else failed thresholds and those that only warn; regressions, and rules
 * without an answer.
 */
export function renderAnnotations(report: Report): string {
  const { verdict, thresholds } = report
  const broken = (level: ThresholdResult['level']): string[] =>
    thresholds
      .filter((result) => !result.ok && result.level === level)
      .map(({ expression, actual, unit }) =>
        command(
          level === 'warn' ? 'warning' : 'error',
          `corerush: ${expression}`,
          `measured ${showFigure(actual, unit)}`,
        ),
      )
  const isVoid = verdict.level === 'void'
  return [
    ...(isVoid
      ? verdict.reasons
          .filter(({ level }) => level === 'void')
          .map(({ code, message, advice }) =>
            command('error', `corerush: void (${code})`, `${message}. ${advice}`),
          )
      : []),
    ...(isVoid ? [] : [...broken('error'), ...broken('warn')]),
    ...(report.comparison?.result?.metrics ?? [])
      .filter(({ answer }) => answer !== 'no regression')
      .map((metric) =>
        command(
          metric.answer === 'regressed' ? 'error' : 'warning',
          `corerush: ${metric.expression}`,
          renderMetric(metric),
        ),
      ),
    ...failedThroughout(report).map((what) => command('error', 'corerush', what)),
    ...report.warnings.map((warning) => command('warning', 'corerush', warning)),
  ]
    .slice(0, MOST_ANNOTATIONS)
    .join('')
}

function command(kind: 'error' | 'warning', title: string, message: string): string {
  const data = (text: string): string =>
    text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
  return `::${kind} title=${property(steady(title))}::${data(steady(message))}\n`
}

/** Removes control characters except line breaks, which the command escapes. */
const steady = (text: string): string =>
  text
    .split(/(\r\n|\r|\n)/)
    .map((part, i) => (i % 2 === 1 ? part : printable(part)))
    .join('')

/** Escapes text for a cell of a Markdown table, for Markdown and HTML. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ')
    .replace(/[!-/:-@[-`{-~]/g, (char) => `&#${char.charCodeAt(0)};`)

export class GithubSummary implements Output {
  readonly name: string
  readonly #destination: Destination
  readonly #commands: Screen

  /** `commands` is a stream that the runner reads, for the annotations. */
  constructor(destination: Destination, commands: Screen) {
    this.name = `github=${destination.name}`
    this.#destination = destination
    this.#commands = commands
  }

  check(): void {
    this.#destination.check()
  }

  finish(report: Report): void | Promise<void> {
    this.#commands.write(renderAnnotations(report))
    return this.#destination.write(renderStepSummary(report))
  }
}
