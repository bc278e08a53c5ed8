/**
 * Decides when a run has measured its figures as precisely as its rules ask.
 *
 * A run that ends when its interval is narrow ends preferably when chance made the interval too narrow. Three things
 * keep that within the stated confidence: a least number of seconds, so that the interval rests on several blocks;
 * looks that get rarer as the run gets longer; and several looks in a row that must all be narrow enough. The true
 * coverage is simulated in `bench/until.ts`.
 */
import { mergeRequest, packRequest, RequestTally } from '../measure/request-tally.ts'
import { requestsPerS } from '../measure/metrics.ts'
import type { Tally } from '../measure/tally.ts'
import type { SettledSecond } from '../measure/timeline.ts'
import { LEAST_UNTIL_S } from '../resolve/precision-options.ts'
import { isOfRow } from '../request/row.ts'
import { printFigure, printPrecision, type PrecisionRule } from '../threshold/precision-rule.ts'
import { intervalOf, precisionOf, type FigureInterval } from './precision.ts'
import { RunSample, samplesNeeded, type SampleSecond } from './run-sample.ts'

/** Seconds between two looks, and the share of the measured seconds that they are at least. */
const LOOK_S = 5
const LOOK_RATIO = 0.05
/** Looks in a row that must be narrow enough. */
const LOOKS = 3

/** What a run reached of one rule. */
export interface PrecisionResult {
  /** The rule as it is written. */
  readonly expression: string
  /** `p99`, or `POST login: p99`. */
  readonly figure: string
  /** In ms, or requests per second; `null` with too few seconds or samples. */
  readonly actual: number | null
  /** The ends of the 95 % interval. */
  readonly low: number | null
  readonly high: number | null
  /** The larger distance of an end from the figure, as a share of the figure. */
  readonly precision: number | null
  /** The precision that the rule asks for, as a share of the figure. */
  readonly margin: number
  readonly reached: boolean
  /** Measured seconds and latencies that it rests on. */
  readonly seconds: number
  readonly samples: number
}

/** What is asked of a run: its rules, and what they must not be decided on. */
export interface AskedPrecision {
  readonly until: readonly PrecisionRule[]
  readonly seed: number
}

export class PrecisionWatch {
  readonly #rules: readonly PrecisionRule[]
  readonly #seed: number
  /** The measured seconds of each name that a rule is about. */
  readonly #seconds = new Map<string | null, SampleSecond[]>()
  #count = 0
  #warmupS = 0
  #fromS = 0
  #nextLook = LEAST_UNTIL_S
  #narrow = 0
  #reached: readonly PrecisionResult[] | null = null

  constructor({ until, seed }: AskedPrecision) {
    this.#rules = until
    this.#seed = seed
    for (const { name } of until) this.#seconds.set(name, [])
  }

  /** Whether there are rules, and all have been reached. */
  get isReached(): boolean {
    return this.#reached !== null
  }

  /** A second of the run is settled; they come in order. */
  settle({ second, phase, loadS, tally, row }: SettledSecond): void {
    if (this.#rules.length === 0 || this.isReached) return
    if (phase === 'warmup') this.#warmupS = second + 1
    if (phase !== 'load' || loadS < 1 || second < this.#fromS) return
    for (const [name, seconds] of this.#seconds) {
      const { histogram, requestsPerS, latencyMs } = row
      seconds.push(
        name === null
          ? { histogram, requestsPerS, latencyMs: { mean: latencyMs.mean } }
          : namedSecond(tally, name),
      )
    }
    this.#count++
    this.#look()
  }

  /** Forgets the seconds before this instant, because the load has been changed and is constant again from then on. */
  restart(fromS: number): void {
    if (this.isReached) return
    this.#fromS = fromS
    for (const seconds of this.#seconds.values()) seconds.length = 0
    this.#count = 0
    this.#narrow = 0
    this.#nextLook = LEAST_UNTIL_S
  }

  /** What was reached; of rules that were not, as of the last second. */
  results(): readonly PrecisionResult[] {
    return this.#reached ?? this.#measure().map((result) => ({ ...result, reached: false }))
  }

  #look(): void {
    if (this.#count < this.#nextLook) return
    this.#nextLook = this.#count + Math.max(LOOK_S, Math.ceil(this.#count * LOOK_RATIO))
    const results = this.#measure()
    this.#narrow = results.every(({ reached }) => reached) ? this.#narrow + 1 : 0
    // The warm-up is at most a third of the run.
    if (this.#narrow >= LOOKS && this.#count >= 2 * this.#warmupS) this.#reached = results
  }

  #measure(): PrecisionResult[] {
    const samples = new Map([...this.#seconds].map(([name, seconds]) => [name, new RunSample(seconds)]))
    return this.#rules.map((rule) => resultOf(rule, samples.get(rule.name)!, this.#seed))
  }
}

/** The requests of one name in a whole second of load. */
function namedSecond(tally: Tally, name: string): SampleSecond {
  const named = new RequestTally(false)
  for (const [row, request] of tally.requests)
    if (isOfRow(row, name)) mergeRequest(named, packRequest(row, request))
  const latency = named.peek('latency')
  const meanUs = latency?.meanUs ?? null
  return {
    histogram: latency?.sparse() ?? { upToUs: [], counts: [] },
    requestsPerS: requestsPerS(named, 1),
    latencyMs: { mean: meanUs === null ? null : meanUs / 1000 },
  }
}

function resultOf(rule: PrecisionRule, sample: RunSample, seed: number): PrecisionResult {
  const { count, seconds } = sample
  const interval: FigureInterval | null =
    count < samplesNeeded(rule.metric) ? null : intervalOf(sample, rule.metric, seed)
  const precision = interval === null ? null : precisionOf(interval)
  return {
    expression: printPrecision(rule),
    figure: printFigure(rule),
    actual: interval?.actual ?? null,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    precision,
    margin: rule.margin,
    reached: precision !== null && precision <= rule.margin,
    ...{ seconds, samples: count },
  }
}
