/** Charts of two runs overlaid, each by the seconds of its own run. */
import { showCount, showMs, showPercent, showRate } from '../../core/units.ts'
import type { ComparisonView, SideView } from '../../output/view/comparison-view.ts'
import type { Extremes } from '../../output/text/decimation.ts'
import { comparePercentiles } from './compare-percentiles.ts'
import { chartBar, type Choice } from './bar.ts'
import { element, section } from '../parts/element.ts'
import { Panel } from './panel.ts'
import { axisMs, axisRate, type Plot } from './plot.ts'
import { timeChart, type Line, type TimeChart } from './time-chart.ts'

/** Line styles of the two runs. */
const BASELINE: Pick<Line, 'color' | 'dash' | 'width'> = { color: 'orange', dash: [6, 3], width: 1.5 }
const CURRENT: Pick<Line, 'color' | 'width'> = { color: 'blue', width: 1.75 }

export class CompareCharts {
  readonly root: HTMLElement
  readonly #view: ComparisonView
  readonly #choice: Choice = { name: null, isLog: true }
  readonly #panels: readonly Panel[]
  readonly #select = element('select', { id: 'chosen' })

  constructor(view: ComparisonView) {
    this.#view = view
    this.#panels = this.#plots().map((plot) => new Panel(plot))
    this.root = section(
      'charts',
      'Over time',
      this.#bar(),
      element('div', { class: 'grid' }, ...this.#panels.map(({ root }) => root)),
    )
  }

  /** Shows one request name in the charts that support it. */
  choose(name: string | null): void {
    this.#choice.name = name
    this.#select.value = name === null ? '' : `=${name}`
    this.#update()
  }

  #update(): void {
    for (const [i, plot] of this.#plots().entries()) this.#panels[i]!.show(plot)
  }

  #bar(): HTMLElement {
    this.#select.append(
      element('option', { value: '' }, 'all requests'),
      ...Object.keys(this.#view.baseline.names).map((name) => element('option', { value: `=${name}` }, name)),
    )
    return chartBar(this.#select, this.#choice, {
      choose: (name) => this.choose(name),
      update: () => this.#update(),
    })
  }

  #plots(): Plot[] {
    const { name, isLog } = this.#choice
    const whose = name ?? 'All requests'
    const rate = { show: showRate, showAxis: axisRate }
    const latency = { show: showMs, showAxis: axisMs, isLog }
    const count = { show: showCount, showAxis: axisRate }
    const { baseline, current } = this.#view
    return [
      this.#named('achieved', { id: 'rate', title: 'Requests per second', note: whose, ...rate }),
      this.#named('failed', {
        id: 'failed',
        title: 'Failed requests',
        note: `${whose}, in each second`,
        ...count,
      }),
      ...(['p50', 'p95', 'p99'] as const).map((p) =>
        this.#named(p, { id: p, title: `Latency ${p}`, note: `${whose}, of each second`, ...latency }),
      ),
      // Always for all requests: the report has no distribution of a single name.
      comparePercentiles(baseline.curve, current.curve, isLog),
      this.#total('users', { id: 'users', title: 'Users', note: 'At the end of each second', ...count }),
      this.#total('inFlight', {
        ...{ id: 'flying', title: 'Requests in flight', note: 'At the end of each second' },
        ...count,
      }),
      this.#overlay(current.total.bucketS, [baseline.busiest, current.busiest], {
        ...{ id: 'busiest', title: 'Utilization of the busiest worker' },
        note: 'Share of a core in which its event loop had work',
        ...{ show: showPercent, showAxis: showPercent },
      }),
      this.#total('lagP99', {
        ...{ id: 'lag', title: 'Lag of the generator, p99' },
        note: 'How late iterations started: delay of the generator, never of a slow target',
        ...{ show: showMs, showAxis: axisMs },
      }),
    ]
  }

  /** A chart of the chosen name, or of all requests. */
  #named(key: string, words: Words): Plot {
    const { name } = this.#choice
    if (name === null) return this.#total(key, words)
    const { baseline, current, nameBucketS } = this.#view
    const of = ({ names }: SideView): Extremes => names[name]![key]!
    return this.#overlay(nameBucketS, [of(baseline), of(current)], words)
  }

  #total(key: string, words: Words): Plot {
    const { baseline, current } = this.#view
    return this.#overlay(
      current.total.bucketS,
      [baseline.total.lines[key]!, current.total.lines[key]!],
      words,
    )
  }

  #overlay(bucketS: number, [before, after]: readonly [Extremes, Extremes], words: Words): Plot {
    const { baseline, current } = this.#view
    const length = Math.max(before.low.length, after.low.length)
    const warmupS = Math.max(baseline.warmupEndS, current.warmupEndS)
    return timeChart({
      ...words,
      bucketS,
      endS: Math.max(baseline.endS, current.endS),
      shades: warmupS > 0 ? [{ fromS: 0, toS: warmupS, color: 'mark', label: 'warm-up' }] : [],
      lines: [
        { label: 'baseline', ...BASELINE, values: padded(before, length) },
        { label: 'current', ...CURRENT, values: padded(after, length) },
      ],
    })
  }
}

type Words = Pick<TimeChart, 'id' | 'title' | 'note' | 'show' | 'showAxis' | 'isLog'>

/** Pads the values of the shorter run with `null`. */
function padded({ low, high }: Extremes, length: number): Extremes {
  const nothing = new Array<null>(length - low.length).fill(null)
  return { low: [...low, ...nothing], high: high === null ? null : [...high, ...nothing] }
}
