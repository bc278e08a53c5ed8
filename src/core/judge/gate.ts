/**
 * Holds a run against its thresholds: second by second while it goes on, for windows, stages and what stops a run
 * early, and as a whole at the end. Pure; it judges settled seconds only, so a worker that reports late changes nothing.
 */
import type { Plan } from '../plan/plan.ts'
import { stageSpan } from '../load/stage.ts'
import { mergeRequest, packRequest, RequestTally, type PackedRequest } from '../measure/request-tally.ts'
import { isOfRow } from '../request/row.ts'
import { mergeTally, packTally, Tally, type PackedTally } from '../measure/tally.ts'
import { metricOf, type Figure, type Measured, type Unit } from '../threshold/threshold-metric.ts'
import { printThreshold, type Operator, type Threshold } from '../threshold/threshold.ts'
import type { SettledSecond, Timeline } from '../measure/timeline.ts'

export interface ThresholdResult {
  readonly expression: string
  readonly level: 'warn' | 'error'
  readonly ok: boolean
  /** What was measured, of a window the worst; `null` if there was nothing to measure, which never passes. */
  readonly actual: number | null
  readonly limit: number
  /** The unit of `actual` and `limit`. */
  readonly unit: Unit
  /** How many requests, or iterations, the figure rests on. */
  readonly samples: number
}

/** The threshold that stopped a run, and what it was at that instant. */
export interface Trip {
  readonly threshold: Threshold
  readonly actual: number
  readonly samples: number
  /** Run time at the end of the last second that was judged. */
  readonly atS: number
}

/** Judges a run by the thresholds of its plan. */
export class Gate {
  readonly #plan: Plan
  readonly #run = new Span()
  readonly #stages = new Map<number, Span>()
  /** The names that rules are about. */
  readonly #names: ReadonlySet<string>
  /** The last whole seconds of measured load, as many as the longest window needs. */
  readonly #recent: { readonly second: number; readonly counts: PackedCounts }[] = []
  readonly #longestWindowS: number
  readonly #isStoppable: boolean
  /** Whether any rule is about less than the whole run, or about it while it goes on. */
  readonly #watches: boolean
  /** The worst window so far of each threshold that has windows. */
  readonly #worst = new Map<Threshold, Figure>()
  #trip: Trip | null = null
  /** The first measured second. */
  #fromS: number | null = null

  constructor(plan: Plan) {
    this.#plan = plan
    this.#names = new Set(plan.thresholds.flatMap(({ name }) => (name === null ? [] : [name])))
    this.#longestWindowS = Math.max(0, ...plan.thresholds.map(({ overS }) => overS ?? 0))
    this.#isStoppable = plan.thresholds.some(({ abortAfterS }) => abortAfterS !== null)
    for (const { stage, overS } of plan.thresholds)
      if (stage !== null && overS === null) this.#stages.set(stage, new Span())
    this.#watches = this.#isStoppable || this.#longestWindowS > 0 || this.#stages.size > 0
  }

  /** The first threshold with `abort-on-fail` that failed. */
  get trip(): Trip | null {
    return this.#trip
  }

  /** A second of the run is settled; they come in order. */
  settle({ second, phase, loadS, tally, all, witness }: SettledSecond): void {
    if (phase === 'warmup' || !this.#watches) return
    this.#fromS ??= second
    const packed = {
      tally: packTally(tally, this.#isRuled),
      all: packRequest('', all),
      witness: witness && packRequest('', witness),
    }
    if (this.#isStoppable) this.#run.add(packed, loadS)
    for (const [stage, span] of this.#stages) if (this.#isWithin(stage, second)) span.add(packed, loadS)
    if (phase === 'load' && loadS === 1 && this.#longestWindowS > 0) {
      this.#recent.push({ second, counts: packed })
      if (this.#recent.length > this.#longestWindowS) this.#recent.shift()
      this.#judgeWindows(second)
    }
    if (phase === 'load') this.#judgeSoFar(second)
  }

  /**
   * How the run fared; `all` is every measured request, `loadS` the measured load, and `wasStopped` says whether the
   * trip ended the run or came when it was ending anyway.
   */
  results(timeline: Timeline, all: RequestTally, loadS: number, wasStopped: boolean): ThresholdResult[] {
    const run = new Span(timeline.total, loadS, all, timeline.witness?.requests ?? null)
    return this.#plan.thresholds.map((threshold) => {
      // What stopped the run stays failed, whatever the answers that came afterwards made of the figure.
      const trip = wasStopped && this.#trip?.threshold === threshold ? this.#trip : null
      const figure = trip ?? this.#figure(threshold, run)
      return {
        expression: printThreshold(threshold),
        level: threshold.level,
        ok: trip === null && passes(threshold, figure),
        actual: figureToShow(threshold, figure),
        limit: threshold.limit,
        unit: metricOf(threshold.metric)!.unit,
        samples: figure.samples,
      }
    })
  }

  /** What a reader of the results must know besides. */
  warnings(results: readonly ThresholdResult[], wasStopped: boolean): string[] {
    const warnings: string[] = []
    if (wasStopped && this.#trip !== null)
      warnings.push(
        `stopped after ${this.#trip.atS} s: the threshold "${printThreshold(this.#trip.threshold)}" failed`,
      )
    for (const [i, { metric }] of this.#plan.thresholds.entries()) {
      const { fewestSamples } = metricOf(metric)!
      const { samples, expression } = results[i]!
      if (samples > 0 && samples < fewestSamples)
        warnings.push(
          `the threshold "${expression}" rests on ${samples} samples; ${metric} says little with fewer than ${fewestSamples}`,
        )
    }
    return warnings
  }

  /** Whether a rule is about this row of requests. */
  readonly #isRuled = (row: string): boolean => {
    for (const name of this.#names) if (isOfRow(row, name)) return true
    return false
  }

  #figure(threshold: Threshold, run: Span): Figure {
    if (threshold.overS !== null) return this.#worst.get(threshold) ?? NO_FIGURE
    return measure(threshold, threshold.stage === null ? run : this.#stages.get(threshold.stage)!)
  }

  /** Whether a second lies wholly within a stage. */
  #isWithin(stage: number | null, second: number): boolean {
    if (stage === null) return true
    const span = stageSpan(this.#plan.stages, stage)
    return span !== null && second >= span.fromS && second + 1 <= span.toS
  }

  #judgeWindows(last: number): void {
    const windows = new Map<number, Span>()
    for (const threshold of this.#plan.thresholds) {
      const { overS, stage } = threshold
      if (overS === null) continue
      const first = last - overS + 1
      const seconds = this.#recent.slice(-overS)
      const isFull = seconds.length === overS && seconds[0]!.second === first
      if (!isFull || !this.#isWithin(stage, first) || !this.#isWithin(stage, last)) continue
      let window = windows.get(overS)
      if (window === undefined) {
        windows.set(overS, (window = new Span()))
        for (const { counts } of seconds) window.add(counts, 1)
      }
      const figure = measure(threshold, window)
      const worst = this.#worst.get(threshold)
      if (worst === undefined || isWorse(threshold, figure, worst)) this.#worst.set(threshold, figure)
    }
  }

  #judgeSoFar(second: number): void {
    if (!this.#isStoppable || this.#trip !== null) return
    for (const threshold of this.#plan.thresholds) {
      const { abortAfterS } = threshold
      if (abortAfterS === null || second + 1 - this.#fromS! < abortAfterS) continue
      const { actual, samples } = this.#figure(threshold, this.#run)
      // Without data there is nothing yet that could have failed; at the end there is.
      if (actual === null || compares(threshold, actual)) continue
      this.#trip = { threshold, actual, samples, atS: second + 1 }
      return
    }
  }
}

const NO_FIGURE: Figure = { actual: null, samples: 0 }

/** The counts of a second: of the request names that rules are about, and of all requests as one. */
interface PackedCounts {
  readonly tally: PackedTally
  readonly all: PackedRequest
  /** Requests of the witness; `null` without a witness. */
  readonly witness: PackedRequest | null
}

/** Counts of some seconds, and how much of these was load. */
class Span {
  readonly #tally: Tally
  readonly #all: RequestTally
  #witness: RequestTally | null
  #loadS: number

  constructor(
    tally = new Tally({ wide: true }),
    loadS = 0,
    all = new RequestTally(true),
    witness: RequestTally | null = null,
  ) {
    this.#tally = tally
    this.#loadS = loadS
    this.#all = all
    this.#witness = witness
  }

  add({ tally, all, witness }: PackedCounts, loadS: number): void {
    mergeTally(this.#tally, tally)
    mergeRequest(this.#all, all)
    if (witness !== null) mergeRequest((this.#witness ??= new RequestTally(true)), witness)
    this.#loadS += loadS
  }

  /** What is measured under a name, whose rows are taken together, or of all. */
  measured(name: string | null): Measured {
    const request = name === null ? this.#all : this.#named(name)
    return { name, request, tally: this.#tally, witness: this.#witness, loadS: this.#loadS }
  }

  #named(name: string): RequestTally {
    const { requests } = this.#tally
    const rows = [...requests.keys()].filter((row) => isOfRow(row, name))
    if (rows.length === 1) return requests.get(rows[0]!)!
    const merged = new RequestTally(true)
    for (const row of rows) mergeRequest(merged, packRequest(row, requests.get(row)!))
    return merged
  }
}

const measure = ({ metric, name }: Threshold, span: Span): Figure =>
  metricOf(metric)!.measure(span.measured(name))

const COMPARE: Readonly<Record<Operator, (actual: number, limit: number) => boolean>> = {
  '<': (actual, limit) => actual < limit,
  '<=': (actual, limit) => actual <= limit,
  '>': (actual, limit) => actual > limit,
  '>=': (actual, limit) => actual >= limit,
  '==': (actual, limit) => actual === limit,
  '!=': (actual, limit) => actual !== limit,
}

const compares = ({ operator, limit }: Threshold, actual: number): boolean => COMPARE[operator](actual, limit)

/** No data never passes, not even a 0 of nothing. */
export const passes = (threshold: Threshold, { actual, samples }: Figure): boolean =>
  actual !== null && samples > 0 && compares(threshold, actual)

/** A 0 of nothing that fails says why; one that would have passed is no data. */
const figureToShow = (threshold: Threshold, { actual, samples }: Figure): number | null =>
  actual !== null && samples === 0 && compares(threshold, actual) ? null : actual

/** Whether a figure is further on the wrong side than another one; nothing is worse than no data. */
export function isWorse(threshold: Threshold, one: Figure, other: Figure): boolean {
  const { operator, limit } = threshold
  const a = figureToShow(threshold, one)
  const b = figureToShow(threshold, other)
  if (a === null || b === null) return a === null && b !== null
  if (operator === '<' || operator === '<=') return a > b
  if (operator === '>' || operator === '>=') return a < b
  return operator === '==' ? Math.abs(a - limit) > Math.abs(b - limit) : a === limit && b !== limit
}
