/** A search for the highest load as text: each trial during the search, and the answers at the end. Pure. */
import type { CapacityAnswer } from '../../core/find/capacity-comparison.ts'
import type { FindReport } from '../../core/find/find-report.ts'
import { showLoad, valueOf, type FindAnswer, type FoundLoad } from '../../core/find/answer.ts'
import type { Trial } from '../../core/find/trial.ts'
import { BUSY } from '../../core/judge/rules/limits.ts'
import { subjectOf } from '../../core/scenario/script-plan.ts'
import { printDurationS, showMany, showMs, showPercent, showRate } from '../../core/units.ts'
import { bar, renderLine, type Paint, type Style } from './paint.ts'
import { renderTable, type Column } from './text-table.ts'
import { wrap } from './verdict-text.ts'

const PAINT: Readonly<Record<Trial['answers'][number]['answer'], Paint>> = {
  held: 'green',
  failed: 'red',
  unmeasurable: 'yellow',
}
const COMPARED: Readonly<Record<CapacityAnswer['answer'], readonly [text: string, paint: Paint]>> = {
  regressed: ['regressed', 'red'],
  'no-regression': ['no regression', 'green'],
  'cannot-tell': ["can't tell", 'yellow'],
}
const CHART_WIDTH = 40
const SHOWN_SHARE = { low: 0.05, high: 1 }

const loadOf = (value: number, unit: FindReport['unit']): FoundLoad =>
  unit === 'users' ? { users: value } : { ratePerS: value }

/** Columns of a trial's line; the answer and its reason follow. */
const TRIAL_COLUMNS = [5, 12, 5, 11, 9, 9, 7] as const

const trialCells = (cells: readonly string[]): string =>
  cells.map((cell, at) => cell.padStart(TRIAL_COLUMNS[at]!)).join('  ')

/** The heading of the trials' lines. */
export const renderTrialHead = (style: Style): string =>
  renderLine(
    [[`${trialCells(['trial', 'load', 'time', 'requests', 'p50', 'p99', 'failed'])}  answer`, 'dim']],
    style,
  )

/** One trial as a line. */
export function renderTrial(trial: Trial, unit: FindReport['unit'], style: Style): string {
  const { number, kind, load, durationS, requestsPerS, latencyMs, failedRatio, answers } = trial
  const worst = answers.find(({ answer }) => answer !== 'held') ?? answers[0]!
  return renderLine(
    [
      trialCells([
        String(number),
        showLoad(loadOf(load, unit)),
        printDurationS(durationS),
        `${showRate(requestsPerS)}/s`,
        ms(latencyMs.p50),
        ms(latencyMs.p99),
        failedRatio === null ? '–' : showPercent(failedRatio),
      ]),
      [`  ${kind === 'confirm' ? 'confirming: ' : ''}${worst.answer}`, PAINT[worst.answer]],
      worst.reason === '' ? '' : [`  ${worst.reason}`, 'dim'],
    ],
    style,
  )
}

const whole = (seconds: number): string => printDurationS(Math.round(seconds))

const ms = (value: number | null): string => (value === null ? '–' : showMs(value))

/** The answers of a search. */
export function renderFind(report: FindReport, style: Style): string {
  const { plan, unit, trials, durationS, time, answers, knee, recovery, warnings, version } = report
  const head = `corerush ${version} find · ${subjectOf(plan)}`
  const goalLines = answers.flatMap((answer) => answerLines(answer, report, style))
  const lines = [
    renderLine([[head, 'bold']], style),
    ...wrap(
      `${unit === 'users' ? 'closed model, users' : 'open model, iterations per second'} · ${showMany(trials.length, 'trial')} in ${whole(durationS)}: ${whole(time.trialsS)} of trials, ${whole(time.restS)} of rest, ${whole(time.changesS)} for changes of the load`,
      style.width,
      0,
    ).map((line) => renderLine([[line, 'dim']], style)),
    '',
    ...renderFindChart(trials, unit, answers, style),
    '',
    ...goalLines,
    ...(knee === null
      ? []
      : [renderLine([`knee      ${showLoad(knee)}: the most throughput for its latency`], style)]),
    ...recoveryLines(recovery, style),
    ...endLines(report, style),
    ...warnings.flatMap((text) =>
      wrap(`warning: ${text}`, style.width, 9).map((line) => renderLine([[line, 'yellow']], style)),
    ),
  ]
  return [...lines, ''].join('\n')
}

function answerLines(answer: FindAnswer, report: FindReport, style: Style): string[] {
  const { goal, lower, upper, conditionalPerS, limitedBy, reason, targetBusy, isDone } = answer
  const found =
    lower === null
      ? upper === null
        ? 'no load was proven to hold'
        : 'no load was held'
      : upper === null || limitedBy === 'generator'
        ? `at least ${showLoad(lower)}`
        : `${showLoad(lower)} held, ${showLoad(upper)} not`
  const lines = [
    renderLine(
      [
        [lower === null ? '✗ ' : '✓ ', lower === null ? 'red' : 'green'],
        `${goal}  `,
        [found, 'bold'],
        conditionalPerS === null ? '' : ` · ${showRate(conditionalPerS)} requests/s at this load`,
        isDone || lower === null ? '' : [' · wider than --precision', 'yellow'],
      ],
      style,
    ),
  ]
  const why =
    limitedBy === 'generator' && upper !== null
      ? `at ${showLoad(upper)} this generator, not the target, is the limit: ${reason}`
      : upper !== null
        ? `at ${showLoad(upper)}: ${reason}${busyWords(targetBusy)}`
        : lower === null
          ? ''
          : 'nothing failed up to the largest load'
  if (why !== '')
    lines.push(...wrap(`  ${why}`, style.width, 2).map((line) => renderLine([[line, 'dim']], style)))
  const compared = report.comparison?.answers.find((one) => one.goal === goal)
  if (compared !== undefined) {
    const [text, paint] = COMPARED[compared.answer]
    const before = compared.baseline.lower
    lines.push(
      renderLine(
        ['  baseline: ', before === null ? 'none held' : `${showLoad(before)} held · `, [text, paint]],
        style,
      ),
    )
  }
  return lines
}

/** What the CPU of the target has to do with the limit, where its metrics are read. */
const busyWords = (busy: number | null): string =>
  busy === null
    ? ''
    : busy >= BUSY
      ? `; its CPU is the limit: the busiest core was at ${showPercent(busy)}`
      : `; its CPU is not the limit: the busiest core was at ${showPercent(busy)}`

function recoveryLines(recovery: FindReport['recovery'], style: Style): string[] {
  if (recovery === null) return []
  const { beforeMs, afterMs, isRecovered } = recovery
  const words = `at the smallest load p50 was ${ms(beforeMs.p50)} before the climb and ${ms(afterMs.p50)} after it`
  return [
    renderLine(
      isRecovered
        ? [`recovery  the target recovered: ${words}`]
        : [[`recovery  the target did not recover: ${words}`, 'yellow']],
      style,
    ),
  ]
}

const END: Readonly<Record<FindReport['stoppedBy'], string>> = {
  done: '',
  'max-time': 'the time limit was reached before the interval was narrow enough (--max-time)',
  target: 'no request succeeded any more, even at the smallest load; this is a partial result',
  SIGINT: 'interrupted; this is a partial result',
  SIGTERM: 'terminated; this is a partial result',
  SIGHUP: 'the terminal was closed; this is a partial result',
  abort: 'aborted; this is a partial result',
  run: 'the underlying run ended; this is a partial result',
}

const endLines = ({ stoppedBy }: FindReport, style: Style): string[] =>
  END[stoppedBy] === '' ? [] : [renderLine([[`ended     ${END[stoppedBy]}`, 'yellow']], style)]

interface LoadRow {
  readonly load: number
  readonly trials: readonly Trial[]
}

/** Load against p99: a row per load, with a bar on a logarithmic scale, and the bounds of the first goal. */
export function renderFindChart(
  trials: readonly Trial[],
  unit: FindReport['unit'],
  [answer]: readonly FindAnswer[],
  style: Style,
): string[] {
  const isAt = (load: number, bound: FoundLoad | null | undefined): boolean =>
    bound !== null && bound !== undefined && valueOf(bound) === load
  const loads = [...new Set(trials.map(({ load }) => load))].sort((a, b) => a - b)
  const rows = loads.map((load): LoadRow => ({ load, trials: trials.filter((trial) => trial.load === load) }))
  const worst = ({ trials: ofLoad }: LoadRow): number | null =>
    ofLoad.reduce<number | null>(
      (most, { latencyMs: { p99 } }) => (p99 === null ? most : Math.max(most ?? 0, p99)),
      null,
    )
  const known = rows.map(worst).filter((value) => value !== null && value > 0) as number[]
  const [least, most] = [Math.min(...known), Math.max(...known)]
  const share = (value: number | null): number =>
    value === null || value <= 0
      ? 0
      : most === least
        ? SHOWN_SHARE.high
        : SHOWN_SHARE.low +
          ((SHOWN_SHARE.high - SHOWN_SHARE.low) * Math.log(value / least)) / Math.log(most / least)
  const held = (row: LoadRow): number =>
    row.trials.filter(({ answers }) => answers.every(({ answer }) => answer === 'held')).length
  const columns: Column<LoadRow>[] = [
    { title: 'load', cell: ({ load }) => showLoad(loadOf(load, unit)) },
    {
      title: 'held',
      cell: (row) => `${held(row)}/${row.trials.length}`,
      paint: (row) => (held(row) === row.trials.length ? 'green' : held(row) === 0 ? 'red' : 'yellow'),
    },
    { title: 'p99', cell: (row) => ms(worst(row)) },
    {
      title: '',
      align: 'left',
      cell: ({ load }) => (isAt(load, answer?.lower) ? 'lower' : isAt(load, answer?.upper) ? 'upper' : ''),
      paint: ({ load }) => (isAt(load, answer?.lower) ? 'green' : isAt(load, answer?.upper) ? 'red' : null),
    },
    {
      title: '',
      align: 'left',
      rank: 1,
      cell: (row) =>
        bar(share(worst(row)), CHART_WIDTH)
          .replaceAll('·', ' ')
          .trimEnd(),
    },
  ]
  return renderTable(columns, rows, style)
}
