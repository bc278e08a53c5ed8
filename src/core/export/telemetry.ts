/**
 * Series that a run exports to monitoring systems, with names, units and kinds, from its settled seconds, which
 * nothing can correct any more. So what is counted up never goes down, and at the end it is what the report says, the
 * warm-up left out. OTLP and the Prometheus page are two ways to write the same series.
 */
import type { Buckets } from './buckets.ts'
import { gauge, type Attributes, type Point, type Series } from './exported-series.ts'
import { CustomSeries } from './custom-series.ts'
import { Histogram, type PackedHistogram } from '../measure/histogram.ts'
import { NameTotals } from './name-totals.ts'
import { TransactionSeries } from './transaction-series.ts'
import type { Plan } from '../plan/plan.ts'
import type { Report } from '../report/report.ts'
import { bareHost, portOf } from '../request/route.ts'
import { MOST_ROWS, OTHER_REQUESTS, partsOf } from '../request/row.ts'
import { busiestWorker } from '../measure/agent-utilization.ts'
import type { AgentFacts } from '../measure/host-facts.ts'
import { workerAttributes } from '../measure/worker-label.ts'
import type { SecondRow } from '../measure/second.ts'
import { noIterations, Tally, type IterationCounts } from '../measure/tally.ts'
import type { SettledSecond } from '../measure/timeline.ts'
import type { VerdictLevel } from '../judge/verdict.ts'

/** Gauges that would jump from second to second cover this many seconds. */
const WINDOW_S = 10
const LAG_QUANTILES = [0.5, 0.99, 1] as const
/** The value for other methods and other errors, by the semantic conventions. */
const OTHER_VALUE = '_OTHER'
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']
const LEVELS: readonly VerdictLevel[] = ['sound', 'suspect', 'void']
const ITERATIONS = [
  'due',
  'started',
  'finished',
  'failed',
  'unfinished',
  'stuck',
  'skipped',
  'dropped',
  'unstarted',
] as const

export class Telemetry {
  readonly #isOpen: boolean
  readonly #server: Attributes
  /** By row: method and name. */
  readonly #rows = new Map<string, NameTotals>()
  readonly #iterations = noIterations()
  /** Counts the errors of tasks, by no more messages than the report has. */
  readonly #errors = new Tally({ wide: true })
  readonly #custom = new CustomSeries(WINDOW_S)
  readonly #transactions = new TransactionSeries()
  /** Latencies of the witness; `null` without a witness. */
  readonly #witness: NameTotals | null
  /** The last seconds, and the lag in each. */
  readonly #recent: { readonly row: SecondRow; readonly lag: PackedHistogram | null }[] = []
  #verdict: VerdictLevel | null = null
  #endS = 0

  readonly #agents: readonly Pick<AgentFacts, 'name' | 'workers'>[]

  /** `agents` are those that do the work; `null` if this process does it. */
  constructor(plan: Plan, agents: readonly Pick<AgentFacts, 'name' | 'workers'>[] | null = null) {
    this.#agents = agents ?? []
    const { model, request, witness } = plan
    this.#witness = witness === null ? null : new NameTotals()
    const url = new URL(request.url)
    this.#isOpen = model === 'open'
    this.#server = { 'server.address': bareHost(url.hostname), 'server.port': portOf(url) }
  }

  /** The run time up to which everything is counted. */
  get endS(): number {
    return this.#endS
  }

  settle({ second, tally, witness, row }: SettledSecond): void {
    this.#endS = second + 1
    this.#recent.push({ row, lag: tally.lag.pack() })
    if (this.#recent.length > WINDOW_S) this.#recent.shift()
    this.#custom.add(tally, row.phase === 'warmup')
    if (row.phase === 'warmup') return
    this.#transactions.add(tally)
    if (witness !== null) this.#witness?.add(witness, this.#isOpen)
    for (const [row, request] of tally.requests) this.#totalsOf(row).add(request, this.#isOpen)
    for (const key of ITERATIONS) this.#iterations[key] += tally.iterations[key]
    for (const error of tally.taskErrors.values()) this.#errors.taskError(error)
  }

  /** The run is over: its last second may have been a short one. */
  finish({ durationS, verdict }: Report): void {
    this.#endS = Math.min(this.#endS, durationS)
    this.#verdict = verdict.level
  }

  series(): Series[] {
    return [
      ...this.#requestTimes(),
      ...this.#requestCounts(),
      ...this.#bodyBytes(),
      ...ITERATIONS.map((key): Series => ({
        name: `corerush.iterations.${key}`,
        unit: '{iteration}',
        kind: 'sum',
        help: ITERATION_HELP[key],
        points: [{ attributes: {}, value: this.#iterations[key] }],
      })),
      ...this.#taskErrors(),
      ...this.#custom.series(),
      ...this.#transactions.series(),
      ...this.#gauges(),
    ]
  }

  #requestTimes(): Series[] {
    const rows = this.#rowPoints()
    return [
      {
        name: 'http.client.request.duration',
        unit: 's',
        kind: 'histogram',
        help: 'Service time of requests that ended, connecting included; those with an error type failed',
        points: rows.flatMap(([attributes, totals]) => this.#durations(attributes, totals)),
      },
      {
        name: 'corerush.request.latency',
        unit: 's',
        kind: 'histogram',
        help: 'Latency as users would have seen it: latencyMs of the report',
        points: rows.map(([attributes, { latency }]) => ({ attributes, value: latency })),
      },
      ...(this.#witness === null
        ? []
        : [
            {
              name: 'corerush.witness.latency',
              unit: 's',
              kind: 'histogram',
              help: 'Latency of the requests that an idle thread made; they are part of all',
              points: [{ attributes: {}, value: this.#witness.latency }],
            } as const,
          ]),
    ]
  }

  #requestCounts(): Series[] {
    const rows = this.#rowPoints()
    return [
      {
        name: 'corerush.requests.sent',
        unit: '{request}',
        kind: 'sum',
        help: 'Requests whose network work began',
        points: this.#ofRows(({ sent }) => sent),
      },
      {
        name: 'corerush.requests.finished',
        unit: '{request}',
        kind: 'sum',
        help: 'Requests that ended, by outcome',
        points: rows.flatMap(([attributes, { outcomes }]) =>
          [...outcomes].map(([outcome, value]) => ({
            attributes: { ...attributes, 'corerush.outcome': outcome },
            value,
          })),
        ),
      },
      {
        name: 'corerush.requests.unfinished',
        unit: '{request}',
        kind: 'sum',
        help: 'Requests sent and not done when the drain ended',
        points: this.#ofRows(({ unfinished }) => unfinished),
      },
      {
        name: 'corerush.responses',
        unit: '{response}',
        kind: 'sum',
        help: 'Final statuses that were received',
        points: rows.flatMap(([attributes, { statuses }]) =>
          [...statuses].map(([status, value]) => ({
            attributes: { ...attributes, 'http.response.status_code': status },
            value,
          })),
        ),
      },
    ]
  }

  #bodyBytes(): Series[] {
    return [
      {
        name: 'corerush.body.received',
        unit: 'By',
        kind: 'sum',
        help: 'Body bytes received',
        points: this.#ofRows(({ bytesIn }) => bytesIn),
      },
      {
        name: 'corerush.body.decoded',
        unit: 'By',
        kind: 'sum',
        help: 'Body bytes of compressed responses that tasks read, decoded',
        points: this.#ofRows(({ bytesDecoded }) => bytesDecoded),
      },
      {
        name: 'corerush.body.sent',
        unit: 'By',
        kind: 'sum',
        help: 'Body bytes sent',
        points: this.#ofRows(({ bytesOut }) => bytesOut),
      },
    ]
  }

  #rowPoints(): (readonly [Attributes, NameTotals])[] {
    return [...this.#rows].map(([row, totals]) => [rowAttributes(row), totals])
  }

  /** One point per row. */
  #ofRows(value: (totals: NameTotals) => number): Point<number>[] {
    return this.#rowPoints().map(([attributes, totals]) => ({ attributes, value: value(totals) }))
  }

  /** None if no task threw. */
  #taskErrors(): Series[] {
    const counts = new Map<string, Point<number>>()
    for (const { task, message, count } of this.#errors.taskErrors.values()) {
      const key = `${task}\n${message}`
      const value = (counts.get(key)?.value ?? 0) + count
      counts.set(key, { attributes: { 'corerush.task': task, 'corerush.message': message }, value })
    }
    if (counts.size === 0) return []
    return [
      {
        name: 'corerush.task.errors',
        unit: '{error}',
        kind: 'sum',
        help: 'Errors that tasks of the scenario threw, by task and message',
        points: [...counts.values()],
      },
    ]
  }

  #gauges(): Series[] {
    const last = this.#recent.at(-1)
    if (last === undefined) return []
    const lag = new Histogram()
    for (const second of this.#recent) lag.add(second.lag)
    return [
      gauge('corerush.users', '{user}', 'Users active at the end of the last second', last.row.users),
      gauge(
        'corerush.requests.in_flight',
        '{request}',
        'Requests in flight at the end of the last second',
        last.row.inFlight,
      ),
      {
        name: 'corerush.iteration.lag',
        unit: 's',
        kind: 'gauge',
        help: `How late iterations started, over the last ${WINDOW_S} s: the generator's own lateness`,
        points:
          lag.count === 0
            ? []
            : LAG_QUANTILES.map((q) => ({
                attributes: { quantile: String(q) },
                value: lag.quantileUs(q)! / 1e6,
              })),
      },
      {
        name: 'corerush.worker.utilization',
        unit: '1',
        kind: 'gauge',
        help: `Share of time in which the worker's event loop was busy, mean of the last ${WINDOW_S} s`,
        points: this.#means((row) => this.#utilizations(row)),
      },
      {
        name: 'corerush.core.busy',
        unit: '1',
        kind: 'gauge',
        help: `Share of time in which this host's core was busy, whatever ran there, mean of the last ${WINDOW_S} s`,
        points: this.#means(coresOf),
      },
      {
        name: 'corerush.verdict',
        unit: '{verdict}',
        kind: 'gauge',
        help: 'The judgement of the run on itself, at its end: 1 for the level it is',
        points:
          this.#verdict === null
            ? []
            : LEVELS.map((level) => ({
                attributes: { 'corerush.verdict.level': level },
                value: level === this.#verdict ? 1 : 0,
              })),
      },
    ]
  }

  /** Of each worker; of the busiest of each agent, where a second keeps only some workers. */
  #utilizations({ workers, workersSummary }: SecondRow): readonly Measured[] {
    if (workersSummary !== undefined)
      return this.#agents.flatMap((agent) => {
        const busiest = busiestWorker(agent, workers)
        return busiest === null ? [] : [[{ 'corerush.agent': agent.name }, busiest.utilization] as const]
      })
    return workers.map(({ worker, utilization }) => [workerAttributes(worker, this.#agents), utilization])
  }

  /** The mean over the last seconds of each value, in the order in which the values come. */
  #means(of: (row: SecondRow) => readonly Measured[]): Point<number>[] {
    const seen = new Map<string, { readonly attributes: Attributes; readonly values: number[] }>()
    for (const { row } of this.#recent)
      for (const [attributes, value] of of(row)) {
        const key = JSON.stringify(attributes)
        const one = seen.get(key) ?? { attributes, values: [] }
        one.values.push(value)
        seen.set(key, one)
      }
    return [...seen.values()].map(({ attributes, values }) => ({
      attributes,
      value: values.reduce((sum, value) => sum + value, 0) / values.length,
    }))
  }

  #durations(row: Attributes, { succeeded, failed }: NameTotals): Point<Buckets>[] {
    const attributes = { ...this.#server, ...row }
    return [
      ...(succeeded.count > 0 ? [{ attributes, value: succeeded }] : []),
      ...(failed.count > 0
        ? [{ attributes: { ...attributes, 'error.type': OTHER_VALUE }, value: failed }]
        : []),
    ]
  }

  #totalsOf(row: string): NameTotals {
    const known = this.#rows.get(row)
    if (known !== undefined) return known
    // Each worker has its own first rows, so together they can be more.
    if (this.#rows.size >= MOST_ROWS && row !== OTHER_REQUESTS) return this.#totalsOf(OTHER_REQUESTS)
    const totals = new NameTotals()
    this.#rows.set(row, totals)
    return totals
  }
}

/** A value of a second, with what it is about. */
type Measured = readonly [about: Attributes, value: number]

/** The cores of this host, or of all agents. */
function coresOf({ host, agents }: SecondRow): readonly Measured[] {
  if (agents === undefined)
    return (host?.cores ?? []).map(({ core, busy }) => [{ 'corerush.core': core }, busy])
  return agents.flatMap(({ agent, host: own }) =>
    (own?.cores ?? []).map(({ core, busy }): Measured => [
      { 'corerush.agent': agent, 'corerush.core': core },
      busy,
    ]),
  )
}

const ITERATION_HELP: Readonly<Record<keyof IterationCounts, string>> = {
  due: 'Iterations that the plan wanted to start',
  started: 'Iterations that started',
  finished: 'Iterations that ended',
  failed: 'Iterations that ended in a failure',
  unfinished: 'Iterations that the end of the drain cut off',
  stuck: 'Of these, iterations whose task waited for nothing that the generator knows',
  skipped: 'Iterations that ended in onStart, whose user stopped there',
  dropped: 'Arrivals that found no free user',
  unstarted: 'Arrivals that still waited for a user when the load ended',
}

/** The attributes of a row. Methods that the semantic conventions do not know are given beside `_OTHER`. */
function rowAttributes(row: string): Attributes {
  const { method, name } = partsOf(row)
  const isKnown = METHODS.includes(method)
  return {
    'http.request.method': isKnown ? method : OTHER_VALUE,
    ...(isKnown || method === '' ? {} : { 'http.request.method_original': method }),
    'corerush.request.name': name,
  }
}
