/** The charts of a report, and the bar above them. */
import { showCount, showMs, showRate } from '../../core/units.ts'
import type { Extremes, Track } from '../../output/text/decimation.ts'
import { OTHER_STATUSES } from '../../output/view/tracks.ts'
import type { ReportView } from '../../output/view/view.ts'
import { chartBar, type Choice } from './bar.ts'
import { workerLabel } from '../../core/measure/worker-label.ts'
import { threadNames } from '../parts/thread-names.ts'
import { element, section } from '../parts/element.ts'
import { heatMap } from './heat-map.ts'
import { Panel } from './panel.ts'
import { percentiles } from './percentiles.ts'
import { blamed, marks } from './marks.ts'
import { axisMs, axisRate, type Plot } from './plot.ts'
import { ridges, type Ridges } from './ridges.ts'
import type { Color } from '../parts/theme.ts'
import { timeChart, type Line } from './time-chart.ts'

const STATUS_COLORS: readonly Color[] = ['blue', 'orange', 'purple', 'green', 'sky', 'ink', 'grey']
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [1, 2], [10, 4], [4, 4]] as const

export class Charts {
  readonly root: HTMLElement
  #view: ReportView
  readonly #choice: Choice = { name: null, isLog: true }
  readonly #panels = new Map<string, Panel>()
  readonly #select = element('select', { id: 'chosen' })
  readonly #grid = element('div', { class: 'grid' })
  readonly #apart: readonly string[]
  /** Holds the charts named in the constructor's `apart`, which are shown elsewhere. */
  readonly apart = element('div', { class: 'grid' })

  constructor(view: ReportView, apart: readonly string[] = []) {
    this.#view = view
    this.#apart = apart
    this.root = section('charts', 'Over time', this.#bar(), this.#grid)
    this.update(view)
  }

  /** Shows a newer view of the same run. */
  update(view: ReportView): void {
    this.#view = view
    const known = new Set(Array.from(this.#select.options, ({ value }) => value))
    // The prefix distinguishes a name from the choice of all requests: a name may be empty.
    for (const [name] of view.names.tracks)
      if (!known.has(`=${name}`)) this.#select.append(element('option', { value: `=${name}` }, name))
    for (const plot of this.#plots()) {
      const panel = this.#panels.get(plot.id)
      if (panel !== undefined) panel.update(plot)
      else {
        const made = new Panel(plot)
        this.#panels.set(plot.id, made)
        ;(this.#apart.includes(plot.id) ? this.apart : this.#grid).append(made.root)
      }
    }
  }

  /** Releases the charts. */
  destroy(): void {
    for (const panel of this.#panels.values()) panel.destroy()
  }

  /** Shows one request name in the charts that support it. */
  choose(name: string | null): void {
    this.#choice.name = name
    this.#select.value = name === null ? '' : `=${name}`
    this.#update()
  }

  #update(): void {
    for (const plot of this.#plots().filter(({ id }) => ['rate', 'latency', 'percentiles'].includes(id)))
      this.#panels.get(plot.id)!.show(plot)
  }

  #bar(): HTMLElement {
    this.#select.append(element('option', { value: '' }, 'all requests'))
    return chartBar(this.#select, this.#choice, {
      choose: (name) => this.choose(name),
      update: () => this.#update(),
    })
  }

  #plots(): Plot[] {
    const { report, endS, workers, cores, target } = this.#view
    const seconds = blamed(this.#view)
    const busy = { endS, shades: [...marks(this.#view), ...seconds] }
    return [
      this.#rate(),
      this.#latency(),
      this.#users(),
      this.#statuses(),
      percentiles(
        this.#chosen?.metrics ?? report.total,
        this.#chosen === null ? this.#view.curve : [],
        this.#choice.isLog,
        this.#whose,
        this.#chosen === null ? (report.witness?.latencyMs ?? null) : null,
      ),
      heatMap(this.#view.heatMap, endS),
      this.#busyWorkers({ ...busy, ...workers }, seconds.length > 0),
      ...(cores.units.length === 0
        ? []
        : [
            this.#busyCores({
              ...busy,
              ...cores,
              shades: [...marks(this.#view), ...seconds.filter(({ unit }) => unit === undefined)],
            }),
          ]),
      ...(target.units.length === 0
        ? []
        : [
            ridges({
              endS,
              ...target,
              shades: marks(this.#view),
              id: 'target',
              title: 'Cores of the target',
              note: 'Busy share of each core, as reported by the target',
              of: 'core',
              color: 'purple',
            }),
          ]),
      this.#lag(),
    ]
  }

  /** Utilization of each worker; of the busiest of each agent, where seconds keep only some workers. */
  #busyWorkers(over: Pick<Ridges, 'endS' | 'shades' | 'units' | 'bucketS'>, isBlamed: boolean): Plot {
    const { report, workers, agents } = this.#view
    const labelOf = (worker: number): string => workerLabel(worker, agents)
    return ridges({
      ...over,
      ...(workers.of === 'agent'
        ? {
            nameOf: (place: number): string => agents[place]!.name,
            title: 'Utilization of the busiest worker of each agent',
          }
        : {
            nameOf: report.agents === undefined ? threadNames(report) : labelOf,
            title: 'Utilization of each worker',
          }),
      id: 'workers',
      of: workers.of,
      note: `Share of a core in which its event loop had work${isBlamed ? '; shaded: seconds named by the verdict' : ''}`,
      color: 'blue',
    })
  }

  /** Cores of this host; or all cores of each agent together. */
  #busyCores(over: Pick<Ridges, 'endS' | 'shades' | 'units' | 'bucketS'>): Plot {
    const { cores, agents } = this.#view
    const words =
      cores.of === 'core'
        ? { title: 'Cores of this host', note: 'Busy share of each core, by all processes' }
        : {
            nameOf: (place: number): string => agents[place]!.name,
            title: 'Cores of each agent',
            note: 'Busy share of all its cores together, by all processes',
          }
    return ridges({ ...over, ...words, id: 'cores', of: cores.of, color: 'green' })
  }

  get #chosen() {
    const { name } = this.#choice
    if (name === null) return null
    const { names, report } = this.#view
    const lines = names.tracks.find(([one]) => one === name)![1]
    return { lines, metrics: report.byName[name]!, bucketS: names.bucketS }
  }

  get #whose(): string {
    return this.#choice.name ?? 'All requests'
  }

  get #over() {
    return { endS: this.#view.endS, shades: marks(this.#view) }
  }

  #lines(of: readonly (Omit<Line, 'values'> & { readonly key: string })[], lines: Track['lines']): Line[] {
    return of.flatMap(({ key, ...line }): Line[] => {
      const values = lines[key]
      return values === undefined ? [] : [{ ...line, values }]
    })
  }

  #rate(): Plot {
    const { total, report } = this.#view
    const chosen = this.#chosen
    const has = (key: string): boolean => someValue(total.lines[key], (value) => value > 0)
    const planned = report.plan.scenario === null ? 'planned' : 'planned iterations'
    return timeChart({
      ...this.#over,
      id: 'rate',
      title: 'Requests per second',
      note: `${this.#whose}${report.model === 'closed' && has('planned') && chosen === null ? '. Planned: the most the users could send if the target answered at once' : ''}`,
      bucketS: chosen?.bucketS ?? total.bucketS,
      show: showRate,
      showAxis: axisRate,
      lines: this.#lines(
        [
          ...(has('planned')
            ? [{ key: 'planned', label: planned, color: 'grey', dash: [6, 4] } as const]
            : []),
          { key: 'achieved', label: 'achieved', color: 'blue', width: 1.75, isArea: true },
          { key: 'failed', label: 'failed', color: 'red', dash: [2, 2], width: 1.75 },
          ...(has('dropped')
            ? [{ key: 'dropped', label: 'dropped', color: 'purple', dash: [8, 3, 2, 3] } as const]
            : []),
        ],
        chosen?.lines ?? total.lines,
      ),
    })
  }

  #latency(): Plot {
    const { total, report } = this.#view
    const chosen = this.#chosen
    return timeChart({
      ...this.#over,
      id: 'latency',
      title: 'Latency',
      note: `${this.#whose}. ${report.model === 'open' ? 'From when each was due' : 'From sent to done'}; percentiles of each second`,
      bucketS: chosen?.bucketS ?? total.bucketS,
      show: showMs,
      showAxis: axisMs,
      isLog: this.#choice.isLog,
      lines: this.#lines(
        [
          { key: 'max', label: 'max', color: 'grey', width: 1, dash: [2, 3] },
          { key: 'p99', label: 'p99', color: 'orange' },
          { key: 'p95', label: 'p95', color: 'green', dash: [6, 3] },
          { key: 'p50', label: 'p50', color: 'blue', width: 1.75 },
          ...(chosen === null && report.witness !== null
            ? [{ key: 'witnessP95', label: 'p95 of the witness', color: 'purple', dash: [2, 2] } as const]
            : []),
        ],
        chosen?.lines ?? total.lines,
      ),
    })
  }

  #users(): Plot {
    const { total, report } = this.#view
    return timeChart({
      ...this.#over,
      id: 'users',
      title: 'Users and requests in flight',
      note: 'At the end of each second',
      bucketS: total.bucketS,
      show: showCount,
      showAxis: axisRate,
      lines: this.#lines(
        [
          ...(report.model === 'closed'
            ? [{ key: 'plannedUsers', label: 'planned users', color: 'grey', dash: [6, 4] } as const]
            : [{ key: 'queued', label: 'waiting arrivals', color: 'orange', dash: [6, 3] } as const]),
          { key: 'users', label: 'users', color: 'blue', width: 1.75 },
          { key: 'inFlight', label: 'in flight', color: 'green', isArea: true },
        ],
        total.lines,
      ),
    })
  }

  #statuses(): Plot {
    const { total, statuses } = this.#view
    const lines = Object.entries(statuses.lines).map(([status, values], i): Line => ({
      label: status === OTHER_STATUSES ? 'other statuses' : `status ${status}`,
      color: STATUS_COLORS[i]!,
      dash: DASHES[i]!,
      values,
    }))
    return timeChart({
      ...this.#over,
      id: 'outcomes',
      title: 'Responses and failures',
      note: 'Responses by status, and failed requests, per second',
      bucketS: total.bucketS,
      show: showRate,
      showAxis: axisRate,
      lines: [
        ...lines,
        ...this.#lines(
          [{ key: 'failed', label: 'failed', color: 'red', dash: [2, 2], width: 1.75 }],
          total.lines,
        ),
      ],
    })
  }

  #lag(): Plot {
    const { total } = this.#view
    return timeChart({
      ...this.#over,
      id: 'lag',
      title: 'Lag of the generator',
      note: 'How late iterations started: delay of the generator, never of a slow target',
      bucketS: total.bucketS,
      show: showMs,
      showAxis: axisMs,
      lines: this.#lines(
        [
          { key: 'lagMax', label: 'max', color: 'grey', width: 1, dash: [2, 3] },
          { key: 'lagP99', label: 'p99', color: 'orange' },
          { key: 'lagP50', label: 'p50', color: 'blue', width: 1.75 },
        ],
        total.lines,
      ),
    })
  }
}

const someValue = (values: Extremes | undefined, is: (value: number) => boolean): boolean =>
  (values?.high ?? values?.low)?.some((value) => value !== null && is(value)) ?? false
