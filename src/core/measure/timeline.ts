/**
 * The timeline: what all members of a run report, merged by second number, never by the order in which it arrives. A
 * member is a worker of this process, or an agent with all its workers.
 *
 * A second closes when every member that still owes it has reported it, or 2 s after it ended, marked incomplete; what
 * comes late still corrects the second and the totals. A blocked or dead member never stops the clock.
 */
import type { CapturedFailure } from '../request/captured.ts'
import { Account, waitingOf } from './account.ts'
import { deriveMetrics, type Metrics } from './metrics.ts'
import {
  deriveSecond,
  mergeNames,
  partOf,
  requestsOf,
  respanSecond,
  type SecondPart,
  type SecondRow,
  type Snapshot,
} from './second.ts'
import { NameSpans } from './name-spans.ts'
import { packRow } from './packed-row.ts'
import { Slowest } from './request-record.ts'
import { mergeRequest, RequestTally } from './request-tally.ts'
import { mergeTally, packTally, Tally, type PackedTally } from './tally.ts'
import { ValueStore } from './value-store.ts'
import { WitnessSamples } from './witness-samples.ts'
import type { HostVitals, TargetVitals } from './worker-vitals.ts'

/** A second that nothing can correct any more: every member has reported it, or the run is over. */
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
  readonly parts: SecondPart[]
  /** The members that have reported all of it. */
  readonly whole: Set<number>
  /** The members that are gone and will not report it. */
  readonly lostOf: Set<number>
  /** Counts that no member has reported: requests that a lost one had in flight. */
  readonly lost: PackedTally[]
  host: HostVitals | null
  /** All its requests as one, and its lag, as of when it was last derived: what the live window is made of. */
  merged: PackedTally | null
  target: TargetVitals | null
}

interface MemberState {
  /** The first second it will not report any more: it is done, or lost. */
  endsBefore: number
  readonly account: Account
  nextSecond: number
}

export class Timeline {
  readonly #members: MemberState[]
  /** The names of the members, if they are agents; else empty. */
  readonly #agents: readonly string[]
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
  readonly #prune: ((row: SecondRow) => SecondRow) | null
  /** The first second that is not settled. */
  #unsettled = 0
  #loadEndS: number
  #warmupS: number
  /** The first second that no snapshot has come from yet. */
  #unseen = 0
  /** Failing exchanges that workers kept. */
  readonly captured: CapturedFailure[] = []
  /** The slowest requests of each name that workers kept. */
  readonly slowest: Slowest
  /** Requests by name that were sent and did not end in the warm-up, and iterations that were due and did not start. */
  readonly #carriedIn = new Map<string, number>()
  #carriedInIterations = 0

  /**
   * `members` is how many report; or the names of the agents that do. `loadEndS` is when the load ends by the plan,
   * Infinity when it does not; the first `warmupS` whole seconds are kept and shown, but not part of the total.
   * `onSettled` is called with each second once, in order, when nothing can correct it any more.
   * `witness` is the number of the witness, which is one of the members; `null` without one. `mostSlow`
   * requests of each name are kept, the slowest ones. `prune` makes of a settled row, which come in their order, the one that
   * is kept.
   */
  constructor(
    members: number | readonly string[],
    loadEndS: number,
    warmupS = 0,
    onSettled: ((second: SettledSecond) => void) | null = null,
    witness: number | null = null,
    mostSlow = 0,
    prune: ((row: SecondRow) => SecondRow) | null = null,
  ) {
    this.slowest = new Slowest(mostSlow)
    this.#agents = typeof members === 'number' ? [] : members
    const length = typeof members === 'number' ? members : members.length
    this.#members = Array.from({ length }, () => ({
      endsBefore: Infinity,
      account: new Account(),
      nextSecond: 0,
    }))
    this.#loadEndS = loadEndS
    this.#warmupS = warmupS
    this.#onSettled = onSettled
    this.#prune = prune
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
      // Sums over workers that were let go cannot be made again.
      if (this.#open.has(second) && row.workersSummary === undefined) this.#rederive(second)
      else this.#rows[second] = respanSecond(row, before[second]!, loadS)
    }
  }

  /** Adds a whole second of a worker. */
  add(snapshot: Snapshot): void {
    this.addPart(partOf(snapshot))
  }

  /** Adds a second of a member, or a part of it. */
  addPart(part: SecondPart): void {
    const { second, tally } = part
    const member = this.#members[part.member]!
    member.nextSecond = Math.max(member.nextSecond, second + 1)
    member.account.add(tally)
    if (part.captured !== undefined) this.captured.push(...part.captured)
    for (const record of part.slow ?? []) this.slowest.add(record)
    this.#count(second, tally)
    if (part.member === this.#witness && second >= this.warmupS) this.witness!.add(second, tally)
    const open = this.#second(second)
    open.parts.push(part)
    if (part.isWhole) open.whole.add(part.member)
    this.#correct(second)
  }

  /** A part of the member is gone, such as one worker of an agent: this second of it is not complete. */
  lostPart(member: number, second: number): void {
    this.#second(second).lostOf.add(member)
    this.#correct(second)
  }

  host(second: number, vitals: HostVitals): void {
    this.#second(second).host = vitals
  }

  /** Adds the vitals of the server, possibly after the second has closed. */
  target(second: number, vitals: TargetVitals): void {
    if (second < this.#rows.length) this.#rows[second] = { ...this.#rows[second]!, target: vitals }
    if (second >= this.#rows.length || this.#open.has(second)) this.#second(second).target = vitals
  }

  /** The member has reported all it ever will. */
  done(member: number): void {
    this.#members[member]!.endsBefore = this.#members[member]!.nextSecond
  }

  /**
   * The member is gone. Its closed seconds are kept; the one it had open is lost and marked, as are those of which it
   * has not reported all; what it had under way by its last word ends with it (`Account.close`). Returns the number of
   * the lost second.
   */
  lost(member: number): number {
    const state = this.#members[member]!
    const second = state.nextSecond
    state.endsBefore = second
    for (let earlier = this.#unsettled; earlier < second; earlier++) {
      const open = this.#second(earlier)
      if (open.whole.has(member)) continue
      open.lostOf.add(member)
      this.#correct(earlier)
    }
    const left = state.account.close()
    this.#count(second, left)
    const open = this.#second(second)
    open.lost.push(left)
    open.lostOf.add(member)
    // Seconds that closed without it, before it was known to be gone, are not its to report.
    for (let closed = second; closed < this.#rows.length; closed++) this.#correct(closed)
    return second
  }

  /** Closes what can be closed at this instant of run time and returns it, in order. */
  close(nowS: number): SecondRow[] {
    const from = this.#rows.length
    for (let second = this.#rows.length; ; second++) {
      const inTime = second + 1 + CLOSE_AFTER_S > nowS
      if (second + 1 > nowS || (inTime && !this.#isReported(second)) || this.#isAfterRun(second)) break
      this.#rows.push(this.#derive(second))
      this.#settle()
      this.#forget(second - WINDOW_S)
    }
    this.#settle()
    const closed = this.#rows.slice(from)
    this.#thin(this.#rows.length - WINDOW_S)
    return closed
  }

  /** Closes every second that was begun, when no member is left to report; returns the new ones. */
  finish(): SecondRow[] {
    this.#dropAfterRun()
    const last = Math.max(-1, ...this.#open.keys())
    const from = this.#rows.length
    for (let second = from; second <= last; second++) {
      // A host reading alone, after the last word of the workers, makes no second of the run.
      const begun = [...this.#open].some(
        ([number, open]) => number >= second && (open.parts.length > 0 || open.lost.length > 0),
      )
      if (!begun) break
      this.#rows.push(this.#derive(second))
    }
    this.#settle(true)
    const closed = this.#rows.slice(from)
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
      this.#open.set(
        second,
        (open = {
          parts: [],
          whole: new Set(),
          lostOf: new Set(),
          lost: [],
          host: null,
          target: null,
          merged: null,
        }),
      )
    return open
  }

  /** Derives a closed second anew. */
  #correct(second: number): void {
    if (second >= this.#rows.length) return
    this.#rederive(second)
    if (second < this.#rows.length - WINDOW_S) this.#forget(second)
  }

  /** Whether every member that has to report this second has done so. */
  #isReported(second: number): boolean {
    const open = this.#open.get(second)
    return this.#members.every(
      ({ endsBefore }, index) =>
        second >= endsBefore || open?.whole.has(index) === true || open?.lostOf.has(index) === true,
    )
  }

  /** Whether something of this second was lost with a member: it is not waited for, and not complete. */
  #isLost(second: number): boolean {
    return (this.#open.get(second)?.lostOf.size ?? 0) > 0
  }

  /** Whether no member reports this second: all have ended before it. */
  #isAfterRun(second: number): boolean {
    return !this.#isLost(second) && this.#members.every(({ endsBefore }) => second >= endsBefore)
  }

  /** Drops seconds that closed while it was not known yet that all members had ended before them. */
  #dropAfterRun(): void {
    for (let last = this.#rows.length - 1; last >= this.#unsettled && this.#isAfterRun(last); last--) {
      if (this.#talliesOf(last).length > 0) return
      this.#rows.pop()
      this.#open.delete(last)
    }
  }

  /** All members' counts of a second, and the lost ones. */
  #talliesOf(second: number): PackedTally[] {
    const { parts = [], lost = [] } = this.#open.get(second) ?? {}
    return [...parts.map(({ tally }) => tally), ...lost]
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
      agents: this.#agents,
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
    const { parts = [] } = this.#open.get(second) ?? {}
    return requestsOf(mergeNames(parts.flatMap((one) => (one.member === this.#witness ? [one.tally] : []))))
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
    const isSettled = (second: number): boolean => this.#isReported(second) && !this.#isAfterRun(second)
    while (this.#unsettled < this.#rows.length && (isOver || isSettled(this.#unsettled))) {
      const second = this.#unsettled++
      if (this.#prune !== null) this.#rows[second] = this.#prune(this.#rows[second]!)
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
