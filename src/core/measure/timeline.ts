/**
 * The timeline: snapshots of all workers merged by second number, never by the order in which they arrive.
 *
 * A second closes when every worker that still owes it has reported it, or 2 s after it ended, marked incomplete; a
 * late snapshot still corrects the second and the totals. A blocked or dead worker never stops the clock.
 */
import type { CapturedFailure } from '../request/captured.ts'
import { deriveMetrics, type Metrics } from './metrics.ts'
import {
  deriveSecond,
  mergeNames,
  requestsOf,
  respanSecond,
  type SecondRow,
  type Snapshot,
} from './second.ts'
import { NameSpans } from './name-spans.ts'
import { packRow } from './packed-row.ts'
import { mergeRequest, RequestTally } from './request-tally.ts'
import { mergeTally, packTally, Tally, type IterationCounts, type PackedTally } from './tally.ts'
import { ValueStore } from './value-store.ts'
import { WitnessSamples } from './witness-samples.ts'
import type { HostVitals, TargetVitals } from './worker-vitals.ts'

/** A second that nothing can correct any more: every worker has reported it, or the run is over. */
export interface SettledSecond {
  readonly second: number
  readonly phase: SecondRow['phase']
  /** The part of the second that is load, 0 to 1. */
  readonly loadS: number
  /** All workers' counts of it. */
  readonly tally: Tally
  /** The requests of all names as one. */
  readonly all: RequestTally
  /** Those of them that the witness made; `null` without a witness. */
  readonly witness: RequestTally | null
  /** The second as the report has it. */
  readonly row: SecondRow
}

/** Longest time for which a second stays open after its end. */
export const CLOSE_AFTER_S = 2
/** So many seconds are kept as objects, which are the fastest to read; later ones are packed. */
export const PLAIN_ROWS = 3600
/** The span of live percentiles. */
const WINDOW_S = 10

interface OpenSecond {
  readonly snapshots: Snapshot[]
  /** Counts that no worker has reported: requests that a lost worker had in flight. */
  readonly lost: PackedTally[]
  host: HostVitals | null
  /** All its requests as one, and its lag, as of when it was last derived: what the live window is made of. */
  merged: PackedTally | null
  target: TargetVitals | null
}

interface WorkerState {
  /** The first second it will not report any more: it is done, or lost. */
  endsBefore: number
  lost: boolean
  /** Requests in flight by name, from its own counts. */
  readonly inFlight: Map<string, number>
  /** Arrivals that were due and wait for a user. */
  waiting: number
  /** Iterations that started and have not ended. */
  underWay: number
  /** Transactions that started and have not ended, by name. */
  readonly transactions: Map<string, number>
  nextSecond: number
}

export class Timeline {
  readonly #workers: WorkerState[]
  /** Seconds not derived for good: open, incomplete or within the live window. */
  readonly #open = new Map<number, OpenSecond>()
  readonly #rows: SecondRow[] = []
  readonly #names: NameSpans
  readonly #packed = new ValueStore()
  /** The second that was derived last, and its counts. */
  #derived: (Pick<SettledSecond, 'tally' | 'all' | 'witness'> & { readonly second: number }) | null = null
  /** The first second whose names can still change. */
  #changing = 0
  readonly #total = new Tally({ wide: true })
  readonly #all = new RequestTally(true)
  /** What the witness measured in the measured seconds so far; `null` without a witness. */
  readonly witness: WitnessSamples | null
  /** The number under which the witness reports. */
  readonly #witness: number | null
  readonly #onSettled: ((second: SettledSecond) => void) | null
  /** The first second that is not settled. */
  #unsettled = 0
  #loadEndS: number
  #warmupS: number
  /** The first second that no snapshot has come from yet. */
  #unseen = 0
  /** Failing exchanges that workers kept. */
  readonly captured: CapturedFailure[] = []
  /** Requests by name that were sent and did not end in the warm-up, and iterations that were due and did not start. */
  readonly #carriedIn = new Map<string, number>()
  #carriedInIterations = 0

  /**
   * `workers` report seconds, the witness among them. `loadEndS` is when the load ends by the plan, Infinity when it does
   * not; the first `warmupS` whole seconds are kept and shown, but not part of the total. `onSettled` is called with each
   * second once, in order, when nothing can correct it any more. `witness` is the number of the witness; `null` without one.
   */
  constructor(
    workers: number,
    loadEndS: number,
    warmupS = 0,
    onSettled: ((second: SettledSecond) => void) | null = null,
    witness: number | null = null,
  ) {
    this.#workers = Array.from({ length: workers }, () => ({
      endsBefore: Infinity,
      lost: false,
      inFlight: new Map<string, number>(),
      waiting: 0,
      underWay: 0,
      transactions: new Map<string, number>(),
      nextSecond: 0,
    }))
    this.#loadEndS = loadEndS
    this.#warmupS = warmupS
    this.#onSettled = onSettled
    this.#witness = witness
    this.witness = witness === null ? null : new WitnessSamples()
    this.#names = new NameSpans(this.#rows)
  }

  /** The merge of all measured seconds so far. */
  get total(): Tally {
    return this.#total
  }

  /** The requests of the measured seconds so far, all names as one. */
  get all(): RequestTally {
    return this.#all
  }

  /** The closed seconds so far, in order. */
  get rows(): readonly SecondRow[] {
    return this.#rows
  }

  /** Seconds of which the names are joined, because of their number; 1 if none are. */
  get nameSpanS(): number {
    return this.#names.spanS
  }

  get loadEndS(): number {
    return this.#loadEndS
  }

  /** The load ended, or will end, at this instant of run time. */
  endLoad(atS: number): void {
    const before = this.#rows.map(({ second }) => this.#loadS(second))
    this.#loadEndS = atS
    for (const [second, row] of this.#rows.entries()) {
      const loadS = this.#loadS(second)
      if (loadS === before[second]) continue
      if (this.#open.has(second)) this.#rederive(second)
      else this.#rows[second] = respanSecond(row, before[second]!, loadS)
    }
  }

  add(snapshot: Snapshot): void {
    const worker = this.#workers[snapshot.worker]!
    worker.nextSecond = Math.max(worker.nextSecond, snapshot.second + 1)
    for (const { name, sent, finished, unfinished } of snapshot.tally.requests)
      worker.inFlight.set(name, (worker.inFlight.get(name) ?? 0) + sent - finished - unfinished)
    worker.waiting += waitingOf(snapshot.tally.iterations)
    worker.underWay += underWayOf(snapshot.tally.iterations)
    for (const { name, started, finished, unended } of snapshot.tally.transactions)
      worker.transactions.set(name, (worker.transactions.get(name) ?? 0) + started - finished - unended)
    if (snapshot.captured !== undefined) this.captured.push(...snapshot.captured)
    this.#count(snapshot.second, snapshot.tally)
    if (snapshot.worker === this.#witness && snapshot.second >= this.warmupS)
      this.witness!.add(snapshot.second, snapshot.tally)
    this.#second(snapshot.second).snapshots.push(snapshot)
    if (snapshot.second < this.#rows.length) {
      this.#rederive(snapshot.second)
      if (snapshot.second < this.#rows.length - WINDOW_S) this.#forget(snapshot.second)
    }
  }

  host(second: number, vitals: HostVitals): void {
    this.#second(second).host = vitals
  }

  /** Adds the vitals of the server, possibly after the second has closed. */
  target(second: number, vitals: TargetVitals): void {
    if (second < this.#rows.length) this.#rows[second] = { ...this.#rows[second]!, target: vitals }
    if (second >= this.#rows.length || this.#open.has(second)) this.#second(second).target = vitals
  }

  /** The worker has reported all it ever will. */
  done(worker: number): void {
    this.#workers[worker]!.endsBefore = this.#workers[worker]!.nextSecond
  }

  /**
   * The worker is gone. Its closed seconds are kept; the one it had open is lost and marked; requests it had in
   * flight by its last word are unfinished, iterations too, its open transactions unended, and arrivals that waited unstarted. Returns the number of the lost second.
   */
  lost(worker: number): number {
    const state = this.#workers[worker]!
    const second = state.nextSecond
    state.endsBefore = second
    state.lost = true
    const tally = new Tally()
    for (const [name, n] of state.inFlight) if (n > 0) tally.request(name).unfinished += n
    state.inFlight.clear()
    tally.iterations.unstarted += state.waiting
    state.waiting = 0
    tally.iterations.unfinished += Math.max(0, state.underWay)
    state.underWay = 0
    for (const [name, n] of state.transactions) if (n > 0) tally.transaction(name).unended += n
    state.transactions.clear()
    const packed = packTally(tally)
    this.#count(second, packed)
    this.#second(second).lost.push(packed)
    if (second < this.#rows.length) this.#rederive(second)
    return second
  }

  /** Closes what can be closed at this instant of run time and returns it, in order. */
  close(nowS: number): SecondRow[] {
    const closed: SecondRow[] = []
    for (let second = this.#rows.length; ; second++) {
      const inTime = second + 1 + CLOSE_AFTER_S > nowS
      if (second + 1 > nowS || (inTime && !this.#isReported(second)) || this.#isAfterRun(second)) break
      const row = this.#derive(second)
      this.#rows.push(row)
      closed.push(row)
      this.#settle()
      this.#forget(second - WINDOW_S)
    }
    this.#settle()
    this.#thin(this.#rows.length - WINDOW_S)
    return closed
  }

  /** Closes every second that was begun, when no worker is left to report; returns the new ones. */
  finish(): SecondRow[] {
    const last = Math.max(-1, ...this.#open.keys())
    const closed: SecondRow[] = []
    for (let second = this.#rows.length; second <= last; second++) {
      // A host reading alone, after the last word of the workers, makes no second of the run.
      const begun = [...this.#open].some(
        ([number, open]) => number >= second && (open.snapshots.length > 0 || open.lost.length > 0),
      )
      if (!begun) break
      const row = this.#derive(second)
      this.#rows.push(row)
      closed.push(row)
    }
    this.#settle(true)
    this.#thin(this.#rows.length)
    return closed
  }

  /** The metrics of the last 10 closed seconds, for live views. */
  recent(): Metrics {
    const to = this.#rows.length
    const from = Math.max(0, to - WINDOW_S)
    const tally = new Tally()
    for (let second = from; second < to; second++) {
      const merged = this.#open.get(second)?.merged ?? null
      if (merged !== null) mergeTally(tally, merged)
    }
    const loadS = Math.max(0, Math.min(to, this.#loadEndS) - from)
    return deriveMetrics(requestsOf(tally), { loadS, carriedIn: 0 }, tally.lag)
  }

  /** Whole seconds of run time that are not measured. */
  get warmupS(): number {
    return this.#warmupS
  }

  /** Ends a warm-up that was to last longer, before the first second that no worker has reported yet. */
  endWarmup(): void {
    this.#warmupS = Math.min(this.#warmupS, Math.max(this.#unseen, this.#rows.length))
  }

  /** Requests of this name that were in flight when measuring began. */
  carriedIn(name: string): number {
    return this.#carriedIn.get(name) ?? 0
  }

  /** Arrivals that waited for a user when measuring began. */
  get carriedInIterations(): number {
    return this.#carriedInIterations
  }

  #count(second: number, tally: PackedTally): void {
    this.#unseen = Math.max(this.#unseen, second + 1)
    if (second >= this.warmupS) {
      mergeTally(this.#total, tally)
      for (const request of tally.requests) mergeRequest(this.#all, request)
      return
    }
    for (const { name, sent, finished, unfinished } of tally.requests)
      this.#carriedIn.set(name, this.carriedIn(name) + sent - finished - unfinished)
    this.#carriedInIterations += waitingOf(tally.iterations)
  }

  /** The part of a second that is load, 0 to 1. */
  #loadS(second: number): number {
    return Math.min(1, Math.max(0, this.#loadEndS - second))
  }

  #second(second: number): OpenSecond {
    let open = this.#open.get(second)
    if (open === undefined)
      this.#open.set(second, (open = { snapshots: [], lost: [], host: null, target: null, merged: null }))
    return open
  }

  /** Whether every worker that has to report this second has done so. */
  #isReported(second: number): boolean {
    const snapshots = this.#open.get(second)?.snapshots ?? []
    return this.#workers.every(
      ({ endsBefore }, index) => second >= endsBefore || snapshots.some(({ worker }) => worker === index),
    )
  }

  /** Whether this second was lost with a worker: it is not waited for, and not complete. */
  #isLost(second: number): boolean {
    return this.#workers.some(({ endsBefore, lost }) => lost && second === endsBefore)
  }

  /** Whether no worker reports this second: all have ended before it. */
  #isAfterRun(second: number): boolean {
    return !this.#isLost(second) && this.#workers.every(({ endsBefore }) => second >= endsBefore)
  }

  /** All workers' counts of a second, and the lost ones. */
  #talliesOf(second: number): PackedTally[] {
    const { snapshots = [], lost = [] } = this.#open.get(second) ?? {}
    return [...snapshots.map(({ tally }) => tally), ...lost]
  }

  #derive(second: number): SecondRow {
    const open = this.#second(second)
    const tallies = this.#talliesOf(second)
    const tally = mergeAll(tallies)
    const merged = mergeNames(tallies)
    const witness = this.#witnessOf(second)
    this.#derived = { second, tally, all: requestsOf(merged), witness }
    open.merged = packTally(merged)
    return deriveSecond({
      ...open,
      second,
      isWarmup: second < this.warmupS,
      isComplete: this.#isReported(second) && !this.#isLost(second),
      loadS: this.#loadS(second),
      tally,
      merged,
      witness,
    })
  }

  /** The requests of the witness in a second; `null` without a witness. */
  #witnessOf(second: number): RequestTally | null {
    if (this.#witness === null) return null
    const { snapshots = [] } = this.#open.get(second) ?? {}
    return requestsOf(
      mergeNames(snapshots.flatMap((one) => (one.worker === this.#witness ? [one.tally] : []))),
    )
  }

  /** All workers' counts of a second; merging those of many names once is expensive enough. */
  #countsOf(second: number): Pick<SettledSecond, 'tally' | 'all' | 'witness'> {
    const derived = this.#derived
    this.#derived = null
    if (derived?.second === second) {
      const { tally, all, witness } = derived
      return { tally, all, witness }
    }
    const tallies = this.#talliesOf(second)
    const all = requestsOf(mergeNames(tallies))
    return { tally: mergeAll(tallies), all, witness: this.#witnessOf(second) }
  }

  #rederive(second: number): void {
    if (this.#open.has(second)) this.#rows[second] = this.#derive(second)
  }

  /** Tells of the closed seconds that have become settled; at the end of the run, that is all of them. */
  #settle(isOver = false): void {
    while (this.#unsettled < this.#rows.length && (isOver || this.#isReported(this.#unsettled))) {
      const second = this.#unsettled++
      if (this.#onSettled !== null) {
        const counts = this.#countsOf(second)
        const row = this.#rows[second]!
        this.#onSettled({ second, phase: row.phase, loadS: this.#loadS(second), ...counts, row })
      }
      if (second < this.#rows.length - WINDOW_S) this.#forget(second)
    }
  }

  /** Lets the names of settled seconds before `untilS` be joined, and packs rows of a long run. */
  #thin(untilS: number): void {
    const until = Math.min(untilS, this.#unsettled)
    while (this.#changing < until) {
      const second = this.#changing++
      this.#names.settled(second)
      if (second >= PLAIN_ROWS) this.#rows[second] = packRow(this.#rows[second]!, this.#packed)
    }
  }

  /** Lets go of a second's histograms once nothing can correct it any more. */
  #forget(second: number): void {
    if (second >= 0 && second < this.#unsettled) this.#open.delete(second)
  }
}

function mergeAll(tallies: readonly PackedTally[]): Tally {
  const merged = new Tally()
  for (const tally of tallies) mergeTally(merged, tally)
  return merged
}

/** The change in the number of waiting arrivals over a span. */
const waitingOf = ({ due, started, dropped, unstarted }: Readonly<IterationCounts>): number =>
  due - started - dropped - unstarted

/** The change in the number of iterations under way over a span. */
const underWayOf = ({ started, finished, unfinished, skipped }: Readonly<IterationCounts>): number =>
  started - finished - unfinished - skipped
