/** Loads that are held for whole seconds, one after the other, on a run under way; and the time that each part takes. */
import type { SearchTime } from '../core/find/find-report.ts'
import type { HeldSeconds } from '../core/find/backlog.ts'
import type { SettledSecond } from '../core/measure/timeline.ts'
import { CorerushError } from '../errors.ts'
import type { Output } from '../output/output.ts'
import type { RunControl } from './control.ts'

/** Users come within this time of an amendment; seconds count when they are there. */
const RAMP_S = 0.5

/** What is held, and how. */
interface Holding {
  readonly model: 'open' | 'closed'
  readonly least: number
  readonly trialS: number
  /** The share of what was due by which the backlog may grow. */
  readonly growth: number
}

export class HeldLoads {
  readonly #how: Holding
  readonly #control: RunControl
  readonly #seconds: Seconds
  #load: number
  /** The largest load so far: up to it, connections are open. */
  #most: number
  /** Whole seconds after a change of the load in which requests of the load before it end: the target's latency. */
  settleS = 0
  /** The first second that lies wholly in the load of now. */
  #steadyFrom = 1
  /** The seconds since the load was changed, and when that was. */
  #earlier: SettledSecond[] = []
  #changedAtS = 0
  /** When what was held last ended, or the rest after it. */
  #freeS = 0
  #atS = 0
  readonly #time = { trialsS: 0, restS: 0, probesS: 0, changesS: 0 }

  constructor(how: Holding, control: RunControl, seconds: Seconds) {
    this.#how = how
    this.#control = control
    this.#seconds = seconds
    this.#load = this.#most = how.least
  }

  /** Run time at the end of the last second that was settled. */
  get atS(): number {
    return this.#atS
  }

  get time(): SearchTime {
    return this.#time
  }

  /**
   * Holds a load for whole seconds; fewer once `isLost` says that the rest is not needed. Resolves to `null` when the run
   * is over.
   */
  async hold(
    load: number,
    forS: number,
    kind: 'trial' | 'probe' = 'trial',
    isLost: (held: HeldSeconds) => boolean = () => false,
  ): Promise<HeldSeconds | null> {
    if (!(await this.#amend(load))) return null
    const seconds: SettledSecond[] = []
    const held: HeldSeconds = {
      seconds,
      earlier: this.#earlier,
      changedAtS: this.#changedAtS,
      growth: this.#how.growth,
    }
    while (seconds.length < forS) {
      const second = await this.#next()
      if (second === null) return null
      if (second.second < this.#steadyFrom) {
        if (second.second + 1 > this.#changedAtS) this.#earlier.push(second)
        continue
      }
      if (seconds.length === 0) this.#spend(kind === 'probe' ? 'probesS' : 'changesS', second.second)
      seconds.push(second)
      if (isLost(held)) break
    }
    this.#steadyFrom = this.#atS
    this.#earlier = [...this.#earlier, ...seconds]
    this.#spend(kind === 'probe' ? 'probesS' : 'trialsS', this.#atS)
    return held
  }

  /** Rests at the smallest load until `isOver` has seen enough. Resolves to `false` when the run is over. */
  async rest(isOver: (seconds: readonly SettledSecond[]) => boolean): Promise<boolean> {
    if (!(await this.#amend(this.#how.least))) return false
    const rested: SettledSecond[] = []
    do {
      const second = await this.#next()
      if (second === null) return false
      if (second.second >= this.#steadyFrom) rested.push(second)
    } while (rested.length === 0 || !isOver(rested))
    this.#spend('restS', this.#atS)
    return true
  }

  #spend(on: keyof SearchTime, untilS: number): void {
    this.#time[on] += Math.max(0, untilS - this.#freeS)
    this.#freeS = Math.max(this.#freeS, untilS)
  }

  async #next(): Promise<SettledSecond | null> {
    const second = await this.#seconds.next()
    if (second === null || second.phase === 'drain' || second.loadS < 1) return null
    this.#atS = second.second + 1
    return second
  }

  /** Resolves to `false` when the run is over. Rejects if this host cannot carry the load. */
  async #amend(load: number): Promise<boolean> {
    if (load === this.#load) return true
    const isOpen = this.#how.model === 'open'
    // A target at rest goes on resting until the next whole second, so that none of the new load goes uncounted. Above all
    // loads so far connections have to be opened first; and a trial of one second needs the second before it to be compared.
    const isAtRest = isOpen && this.#how.trialS > 1 && this.#load === this.#how.least && load <= this.#most
    const change = isOpen ? { ratePerS: load } : { users: load, overS: RAMP_S }
    const amendment = await this.#control.amend(change, isAtRest ? this.#atS + 1 : 0).catch(overOrThrow)
    if (amendment === null) return false
    const { atS, overS } = amendment
    if (isAtRest) this.#spend('restS', atS)
    this.#load = load
    this.#most = Math.max(this.#most, load)
    this.#steadyFrom = Math.ceil(atS + overS) + this.settleS
    this.#earlier = []
    this.#changedAtS = atS + this.settleS
    return true
  }
}

/** A load within the limits of the options can be amended for as long as there is one. */
function overOrThrow(error: unknown): null {
  if (error instanceof CorerushError && error.code === 'CORERUSH_AMENDMENT') return null
  throw error
}

/** The settled seconds of the run, in order, for whoever waits for the next one. */
export class Seconds implements Output {
  readonly name = 'find'
  readonly #come: SettledSecond[] = []
  #wake: (() => void) | null = null
  #isOver = false

  settled(second: SettledSecond): void {
    this.#come.push(second)
    this.#wake?.()
  }

  end(): void {
    this.#isOver = true
    this.#wake?.()
  }

  /** The next second; `null` when the run is over. */
  async next(): Promise<SettledSecond | null> {
    while (this.#come.length === 0) {
      if (this.#isOver) return null
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    return this.#come.shift()!
  }
}
