/**
 * A host's second: what all workers of an agent counted in it, merged before it travels. It comes in parts that add up:
 * what a worker reports late is a part of its own, and so are the counts that end with a worker that died.
 */
import { Account } from '../measure/account.ts'
import type { SecondPart, Snapshot } from '../measure/second.ts'
import { mergeTally, packTally, Tally, type PackedTally } from '../measure/tally.ts'
import type { HostVitals } from '../measure/worker-vitals.ts'

/** A second of an agent's host, or a part of it. */
export interface HostSecond extends Omit<SecondPart, 'member'> {
  /** The number of the part, from 0. */
  readonly part: number
  readonly host: HostVitals | null
}

/** How long after the end of a second its vitals are waited for, and a worker that has not reported it. */
const VITALS_AFTER_S = 0.5
export const HOST_CLOSE_AFTER_S = 1

/** Hosts hand over their seconds one after the other, within this time, so that not all come at once. */
const SPREAD_S = 0.8
/** The turns of few workers follow each other more quickly. */
const LONGEST_TURN_S = 0.0025

/** How long after the end of a second it is the turn of an agent, by the workers before its own, of `of` in all. */
export const turnOf = (base: number, of: number): number => base * Math.min(LONGEST_TURN_S, SPREAD_S / of)

interface OpenSecond {
  snapshots: Snapshot[]
  /** Counts that end with workers that died. */
  lost: PackedTally[]
  host: HostVitals | null
  /** Parts that were taken. */
  parts: number
  isOver: boolean
  readonly reportedBy: Set<number>
}

interface WorkerState {
  readonly account: Account
  nextSecond: number
  /** The first second it will not report. */
  endsBefore: number
}

export class HostSeconds {
  readonly #workers: ReadonlyMap<number, WorkerState>
  readonly #open = new Map<number, OpenSecond>()

  /** `workers` are the run-wide numbers of the host's workers. */
  constructor(workers: readonly number[]) {
    this.#workers = new Map(
      workers.map((worker) => [worker, { account: new Account(), nextSecond: 0, endsBefore: Infinity }]),
    )
  }

  add(snapshot: Snapshot): void {
    const worker = this.#workers.get(snapshot.worker)!
    worker.account.add(snapshot.tally)
    worker.nextSecond = Math.max(worker.nextSecond, snapshot.second + 1)
    const open = this.#second(snapshot.second)
    open.snapshots.push(snapshot)
    open.reportedBy.add(snapshot.worker)
  }

  /** Adds the vitals of the host in a second. */
  host(second: number, vitals: HostVitals): void {
    const open = this.#second(second)
    if (open.parts === 0) open.host = vitals
  }

  /** The worker has reported all it ever will. */
  done(worker: number): void {
    const state = this.#workers.get(worker)!
    state.endsBefore = Math.min(state.endsBefore, state.nextSecond)
  }

  /** The worker died. What it had under way ends in the second that it had open, whose number is returned. */
  lost(worker: number): number {
    const state = this.#workers.get(worker)!
    state.endsBefore = state.nextSecond
    this.#second(state.nextSecond).lost.push(state.account.close())
    return state.nextSecond
  }

  /**
   * Takes what can be handed over at this run time; at Infinity, everything. A second that is whole waits for the turn of
   * its agent, `turnS` after its end.
   */
  take(nowS: number, turnS = 0): HostSecond[] {
    const taken: HostSecond[] = []
    for (const second of [...this.#open.keys()].sort((a, b) => a - b)) {
      const open = this.#open.get(second)!
      const isWhole = this.#isReported(second, open)
      const hasNews = open.snapshots.length + open.lost.length > 0
      const hasVitals = open.host !== null || nowS >= second + 1 + VITALS_AFTER_S
      const isTime =
        (isWhole && hasVitals && nowS >= second + 1 + turnS) || nowS >= second + 1 + HOST_CLOSE_AFTER_S
      if (!isTime || (!hasNews && (open.isOver || !isWhole || open.parts === 0))) continue
      taken.push(mergedPart(second, open, isWhole))
      Object.assign(open, { snapshots: [], lost: [], host: null, parts: open.parts + 1, isOver: isWhole })
    }
    return taken
  }

  #second(second: number): OpenSecond {
    let open = this.#open.get(second)
    if (open === undefined) {
      open = { snapshots: [], lost: [], host: null, parts: 0, isOver: false, reportedBy: new Set() }
      this.#open.set(second, open)
      this.#forget(second)
    }
    return open
  }

  /** Whether every worker that has to report this second has done so. */
  #isReported(second: number, { reportedBy }: OpenSecond): boolean {
    for (const [worker, { endsBefore }] of this.#workers)
      if (second < endsBefore && !reportedBy.has(worker)) return false
    return true
  }

  /** Lets go of what is over; nothing comes for it any more, except with a worker that dies, which has no earlier second. */
  #forget(newest: number): void {
    for (const [second, open] of this.#open) if (open.isOver && second < newest - 1) this.#open.delete(second)
  }
}

function mergedPart(
  second: number,
  { snapshots, lost, host, parts }: OpenSecond,
  isWhole: boolean,
): HostSecond {
  const captured = snapshots.flatMap((one) => one.captured ?? [])
  const slow = snapshots.flatMap((one) => one.slow ?? [])
  const spans = snapshots.flatMap((one) => one.spans ?? [])
  const spansLost = snapshots.reduce((n, one) => n + (one.spansLost ?? 0), 0)
  const sum = (field: 'users' | 'inFlight' | 'queued'): number =>
    snapshots.reduce((n, snapshot) => n + snapshot[field], 0)
  return {
    second,
    part: parts,
    isWhole,
    tally: mergedTallies([...snapshots.map(({ tally }) => tally), ...lost]),
    vitals: snapshots.map(({ vitals }) => vitals),
    host,
    users: sum('users'),
    inFlight: sum('inFlight'),
    queued: sum('queued'),
    ...(captured.length > 0 ? { captured } : {}),
    ...(slow.length > 0 ? { slow } : {}),
    ...(spans.length > 0 ? { spans, spansLost } : {}),
  }
}

function mergedTallies(tallies: readonly PackedTally[]): PackedTally {
  const [only] = tallies
  if (tallies.length === 1) return only!
  const merged = new Tally()
  for (const tally of tallies) mergeTally(merged, tally)
  return packTally(merged)
}

/**
 * Halves a part by request names and by the single requests in it, if it has several; the first half has all else, and only
 * the last can be whole.
 */
export function halved(part: HostSecond): readonly [HostSecond, HostSecond] | null {
  const { requests } = part.tally
  const { slow = [], spans = [] } = part
  if (Math.max(requests.length, slow.length, spans.length) < 2) return null
  const middle = requests.length >> 1
  const rest = packTally(new Tally())
  return [
    {
      ...part,
      isWhole: false,
      tally: { ...part.tally, requests: requests.slice(0, middle) },
      ...(slow.length > 0 ? { slow: slow.slice(0, slow.length >> 1) } : {}),
      ...(spans.length > 0 ? { spans: spans.slice(0, spans.length >> 1) } : {}),
    },
    {
      second: part.second,
      part: part.part,
      isWhole: part.isWhole,
      tally: { ...rest, requests: requests.slice(middle) },
      vitals: [],
      host: null,
      users: 0,
      inFlight: 0,
      queued: 0,
      ...(slow.length > 0 ? { slow: slow.slice(slow.length >> 1) } : {}),
      ...(spans.length > 0 ? { spans: spans.slice(spans.length >> 1) } : {}),
    },
  ]
}
