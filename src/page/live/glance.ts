/** The current second: figures of the target beside the health of the generator. */
import { showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import type { WorkerVitals } from '../../core/measure/worker-vitals.ts'
import type { ReportView } from '../../output/view/view.ts'
import type { AgentNow, Now } from '../../output/web/web-messages.ts'
import { threadNames } from '../parts/thread-names.ts'
import { meters } from './meters.ts'
import { element, section, shown } from '../parts/element.ts'

/** A labelled figure. */
type Figure = readonly [label: string, value: string, isBad?: boolean]

export const glance = (view: ReportView, now: Now): HTMLElement =>
  element('div', { class: 'glance' }, target(view, now), generator(view, now))

function target({ report, thresholds }: ReportView, now: Now): HTMLElement {
  const { total, model } = report
  const { p50, p95, p99, max } = now.recent
  const failed = total.failed + total.unfinished
  const broken = thresholds.filter(({ state }) => state === 'failed' || state === 'warned').length
  const figures: Figure[] = [
    ['requests/s', showRate(now.requestsPerS)],
    ['p50', showMs(p50)],
    ['p95', showMs(p95)],
    ['p99', showMs(p99)],
    ['max', showMs(max)],
    ['failed', failed === 0 ? '0%' : showPercent(total.failedRatio), failed > 0],
    ['users', showCount(now.users)],
    ['in flight', showCount(now.inFlight)],
    ...(model === 'open'
      ? ([
          ['due', `${showCount(now.due)}/s`],
          ['waiting', showCount(now.queued), now.queued > 0],
          ['dropped', `${showCount(now.dropped)}/s`, now.dropped > 0],
        ] satisfies Figure[])
      : []),
    ['thresholds', broken === 0 ? 'all pass' : `${broken} of ${thresholds.length} fail`, broken > 0],
  ]
  return section(
    'target',
    'Target',
    element('p', { class: 'note' }, 'last second; latencies: last 10 s; failed: whole run'),
    glances(figures),
    ...(now.targetCores === null
      ? []
      : [
          meters(
            'core',
            now.targetCores.map(({ core, busy }) => ({ number: core, busy })),
          ),
        ]),
  )
}

function generator({ report }: ReportView, now: Now): HTMLElement {
  const { level, reasons } = report.verdict
  const codes = [...new Set(reasons.filter((one) => one.level !== 'note').map(({ code }) => code))]
  const most = (of: (worker: WorkerVitals) => number | null | undefined): string => {
    const values = now.workers.map(of).filter((value) => value !== null && value !== undefined)
    return showMs(values.length === 0 ? null : Math.max(...values))
  }
  return section(
    'generator',
    'Generator',
    element(
      'p',
      { class: `sofar ${level}` },
      'measurement so far: ',
      element('strong', {}, level),
      codes.length === 0 ? null : element('span', { class: 'where' }, ` ${codes.join(', ')}`),
    ),
    element(
      'div',
      { class: 'units' },
      now.agents === null
        ? meters(
            'worker',
            now.workers.map(({ worker, utilization }) => ({ number: worker, busy: utilization })),
            threadNames(report),
          )
        : agentMeters(now.agents),
      now.cores === null
        ? null
        : meters(
            'core',
            now.cores.map(({ core, busy }) => ({ number: core, busy })),
          ),
    ),
    glances([
      ['lag p99', most(({ lagMs }) => lagMs?.p99)],
      ['loop delay', most(({ loopDelayMs }) => loopDelayMs?.max)],
      ['gc', most(({ gcMs }) => gcMs)],
    ]),
  )
}

/** A meter for each agent: the busiest of its workers. */
const agentMeters = (agents: readonly AgentNow[]): HTMLElement =>
  meters(
    'agent',
    agents.map(({ busiest }, number) => ({ number, busy: busiest?.utilization ?? 0 })),
    (number) => agents[number]!.name,
  )

const glances = (figures: readonly Figure[]): HTMLElement =>
  element(
    'dl',
    { class: 'glances' },
    ...figures.map(([label, value, isBad = false]) =>
      element(
        'div',
        isBad ? { class: 'bad' } : {},
        element('dt', {}, label),
        element('dd', {}, shown(value)),
      ),
    ),
  )
