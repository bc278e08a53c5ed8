/** The first part of a report: measurement, thresholds, key figures. */
import {
  PERCENTILES,
  isReliable,
  type LatencySummary,
  type PercentileName,
} from '../../core/measure/metrics.ts'
import { showBytes, showClock, showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import type { ReportView, ThresholdView } from '../../output/view/view.ts'
import { element, pairs, section, shown, type Child } from './element.ts'
import { table } from './sortable-table.ts'
import { threadNames } from './thread-names.ts'

type Level = ReportView['report']['verdict']['level']

/** A sign beside each colour, for readers who cannot tell colours apart. */
const SIGN: Record<Level, string> = { sound: '✓', suspect: '!', void: '✗' }
const LEVEL: Record<'note' | 'suspect' | 'void', string> = { note: 'note', suspect: 'suspect', void: 'void' }
const STATE: Record<ThresholdView['state'], string> = {
  passed: '✓ passed',
  warned: '! warning',
  failed: '✗ failed',
  unevaluated: '– not evaluated',
}

export const percentileText = (summary: LatencySummary, name: PercentileName): string =>
  `${summary[name] !== null && !isReliable(summary, name) ? '~' : ''}${showMs(summary[name])}`

export const percentileLabel = (name: PercentileName): string => name.replace('_', '.')

export function verdict(
  { report, words }: Pick<ReportView, 'report' | 'words'>,
  label = 'Measurement',
  id = 'verdict',
): HTMLElement {
  const { level, reasons, errorBoundMs } = report.verdict
  return element(
    'section',
    { id, class: `verdict ${level}`, 'aria-labelledby': `${id}-title` },
    element(
      'h2',
      { id: `${id}-title` },
      element('span', { class: 'sign', 'aria-hidden': 'true' }, SIGN[level]),
      element('span', { class: 'word' }, `${label}: `, element('strong', {}, level)),
    ),
    element('p', { class: 'sentence' }, `${capital(words.sentence)}.`),
    pairs([
      [
        'Generator error',
        (['p50', 'p95', 'p99'] as const)
          .map((name) => `${name} ≤ ${naText(showMs(errorBoundMs[name]))}`)
          .join(', '),
      ],
      ['Bottleneck', words.bottleneck],
    ]),
    reasons.length === 0
      ? null
      : element(
          'ul',
          { class: 'reasons' },
          ...reasons.map(({ code, level: weight, message, advice, fromS, toS, worker }) =>
            element(
              'li',
              { class: `is-${weight}` },
              element(
                'p',
                {},
                element('span', { class: 'chip' }, LEVEL[weight]),
                ` ${capital(message)}. `,
                element(
                  'span',
                  { class: 'where' },
                  `${code}, ${showClock(fromS)}–${showClock(toS + 1)}${worker === undefined ? '' : `, ${threadNames(report)(worker)}`}`,
                ),
              ),
              element('p', { class: 'advice' }, `${capital(advice)}.`),
            ),
          ),
        ),
  )
}

export const warnings = ({ report }: ReportView): HTMLElement | null =>
  report.warnings.length === 0
    ? null
    : section(
        'warnings',
        'Warnings',
        element('ul', {}, ...report.warnings.map((warning) => element('li', {}, warning))),
      )

export function thresholds({ thresholds: all }: ReportView): HTMLElement {
  return section(
    'thresholds',
    'Thresholds',
    table({
      label: 'Thresholds',
      rows: all,
      columns: [
        { title: 'rule', isText: true, cell: ({ expression }) => element('code', {}, expression) },
        { title: 'result', isText: true, cell: ({ state }) => STATE[state], mark: ({ state }) => state },
        { title: 'measured', cell: ({ measured }) => measured },
        { title: 'samples', cell: ({ samples }) => showCount(samples) },
      ],
    }),
  )
}

export function keyFigures({ report }: ReportView): HTMLElement {
  const { total, iterations, connections, model } = report
  return section(
    'figures',
    'Key figures',
    element(
      'dl',
      { class: 'figures' },
      figure(
        'requests',
        'requests',
        showCount(total.finished + total.unfinished),
        `${showCount(total.sent)} sent`,
      ),
      figure('rate', 'requests/s', showRate(total.requestsPerS), `over ${report.loadS.toFixed(1)} s of load`),
      figure(
        'failed',
        'failed',
        showPercent(total.failedRatio),
        `${showCount(total.failed)} failed, ${showCount(total.unfinished)} unfinished`,
      ),
      report.plan.scenario === null
        ? null
        : figure(
            'iterations',
            'iterations',
            showCount(iterations.finished),
            `${showCount(iterations.failed)} failed, ${showCount(iterations.unfinished)} unfinished`,
          ),
      ...(['p50', 'p95', 'p99'] as const).map((name) => percentileFigure(report, name)),
      figure(
        'max',
        'latency max',
        showMs(total.latencyMs.max),
        `mean ${naText(showMs(total.latencyMs.mean))}`,
      ),
      model === 'open'
        ? figure(
            'arrivals',
            'arrivals due',
            showCount(iterations.due),
            `${showCount(iterations.dropped)} dropped, ${showCount(iterations.unstarted)} never started`,
          )
        : figure(
            'connections',
            'connections',
            showCount(connections.opened),
            `opened; ${connections.retried > 0 ? `${showCount(connections.retried)} requests retried; ` : ''}bodies: ${showBytes(total.bytesOut)} sent, ${showBytes(total.bytesIn)} received${total.bytesDecoded > 0 ? `, ${showBytes(total.bytesDecoded)} decoded` : ''}`,
          ),
    ),
  )
}

const figure = (key: string, label: string, value: string, note: Child = null): HTMLElement =>
  element(
    'div',
    { class: 'figure' },
    element('dt', {}, label),
    element('dd', { 'data-key': key }, shown(value)),
    note === null ? null : element('dd', { class: 'note' }, note),
  )

function percentileFigure(
  { total, verdict: judged }: ReportView['report'],
  name: 'p50' | 'p95' | 'p99',
): HTMLElement {
  const boundMs = judged.errorBoundMs[name]
  return figure(
    name,
    `latency ${percentileLabel(name)}`,
    percentileText(total.latencyMs, name),
    boundMs === null ? null : `generator error ≤ ${showMs(boundMs)}`,
  )
}

/** The distributions of latency and of its phases. */
export function distributions({ report }: ReportView): HTMLElement {
  const { latencyMs, serviceMs, failedMs, lagMs, phasesMs } = report.total
  const rows: [string, string, LatencySummary][] = [
    ['latency', report.model === 'open' ? 'due to done' : 'sent to done', latencyMs],
    ...(report.model === 'open'
      ? [['service', 'sent to done', serviceMs] as [string, string, LatencySummary]]
      : []),
    ...(report.witness === null
      ? []
      : [
          ['witness', 'latency as an idle thread measured it', report.witness.latencyMs] as [
            string,
            string,
            LatencySummary,
          ],
        ]),
    ...(phasesMs.blocked === undefined
      ? []
      : [
          ['blocked', 'until a shared connection had room', phasesMs.blocked] as [
            string,
            string,
            LatencySummary,
          ],
        ]),
    ['DNS', 'connections that waited for a lookup', phasesMs.dns],
    ['connect', 'once per connection', phasesMs.connect],
    ['TLS', 'once per connection', phasesMs.tls],
    ['first byte', 'from sent, or from connected', phasesMs.firstByte],
    ['download', 'first byte to done', phasesMs.download],
    ['failed', 'failed requests', failedMs],
    ['lag', 'delay of the generator before each start', lagMs],
    ['iteration', 'whole iterations', report.iterations.durationMs],
  ]
  return section(
    'distributions',
    'Durations by phase',
    table<(typeof rows)[number]>({
      label: 'Durations',
      rows: rows.filter(([, , { mean }]) => mean !== null),
      columns: [
        {
          title: 'phase',
          isText: true,
          cell: ([name, what]) => element('span', {}, name, ' ', element('small', {}, what)),
        },
        { title: 'min', cell: ([, , { min }]) => showMs(min) },
        { title: 'mean', cell: ([, , { mean }]) => showMs(mean) },
        ...PERCENTILES.map(([name]) => ({
          title: percentileLabel(name),
          cell: ([, , summary]: (typeof rows)[number]) => percentileText(summary, name),
        })),
        { title: 'max', cell: ([, , { max }]) => showMs(max) },
      ],
    }),
  )
}

/** A figure inside a sentence, where a dash would be misread. */
const naText = (text: string): string => (text === '–' ? 'n/a' : text)

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
