/**
 * Searches the highest load that a target holds: one run whose load is amended from trial to trial, so that workers stay
 * warm and connections open. What each trial means, and which load comes next, is core/find's.
 */
import { exitOfSearch, FIND_SCHEMA, kneeOf } from '../core/find/find-report.ts'
import { answerOf } from '../core/find/answer.ts'
import type { FindReport, Recovery, SearchEnd } from '../core/find/find-report.ts'
import type { FindSettings, FoundLoad } from '../core/find/answer.ts'
import { compareCapacities } from '../core/find/capacity-comparison.ts'
import { Search } from '../core/find/search.ts'
import { looserGoals, type Goal } from '../core/find/goal.ts'
import { judgeTrial, type Trial, type TrialSeconds } from '../core/find/trial.ts'
import type { SettledSecond } from '../core/measure/timeline.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { Report } from '../core/report/report.ts'
import type { Output } from '../output/output.ts'
import type { RunControl } from './control.ts'
import { conduct } from './run.ts'

/** What is searched, and how. */
export interface FindPlan {
  /** The run that carries the trials: it begins with the smallest load and lasts as long as the search may. */
  readonly plan: Plan
  readonly goals: readonly Goal[]
  readonly settings: FindSettings
  /** An earlier search to compare with; `null` for none. */
  readonly baseline: Pick<FindReport, 'answers'> | null
}

export interface FindHooks {
  readonly signal?: AbortSignal
  readonly onTrial?: (trial: Trial) => void
  /** A step other than a trial begins, in words. */
  readonly onStep?: (words: string) => void
  readonly outputs?: readonly Output[]
}

/** How long the target may take to come back to what it was after a trial that failed, in trials. */
const MOST_REST = 3
/** The seconds at the smallest load, before the climb and after it, whose latencies are compared. */
const PROBE_S = 3
/** Latencies at the smallest load that are so much longer, and at least by so much, have not recovered. */
const UNRECOVERED = { times: 1.5, ms: 1 }
/** Users come within this time of an amendment; a trial begins when they are there. */
const RAMP_S = 0.5
/** The multiple of a whole trial's permitted growth of the backlog at which the trial is given up. */
const LOST = 2

/** Searches; resolves to the report, also of a search that was interrupted. */
export async function find(asked: FindPlan, hooks: FindHooks = {}): Promise<FindReport> {
  const stopping = new AbortController()
  const seconds = new Seconds()
  const climb = new Climb(asked, seconds, hooks)
  const signal =
    hooks.signal === undefined ? stopping.signal : AbortSignal.any([hooks.signal, stopping.signal])
  let climbing: Promise<void> = Promise.resolve()
  let report: Report
  try {
    report = await conduct(asked.plan, {
      signal,
      outputs: [seconds, ...(hooks.outputs ?? [])],
      onStart(control) {
        climbing = climb.run(control).finally(() => stopping.abort())
        // Reported below, when the run has drained.
        climbing.catch(() => undefined)
      },
    })
  } finally {
    seconds.end()
  }
  await climbing
  return climb.report(report, hooks.signal)
}

/** The settled seconds of the run, in order, for the code that waits for the next one. */
class Seconds implements Output {
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

/** The climb: from trial to trial until every goal has its answer, or the time is over. */
class Climb {
  readonly #asked: FindPlan
  readonly #seconds: Seconds
  readonly #hooks: FindHooks
  readonly #search: Search
  readonly #trials: Trial[] = []
  readonly #warnings: string[] = []
  #control: RunControl | null = null
  #load: number
  /** The first second that lies wholly in the load of now. */
  #steadyFrom = 1
  #last: SettledSecond | null = null
  #before: Recovery['beforeMs'] | null = null
  #recovery: Recovery | null = null
  #end: SearchEnd = 'run'

  constructor(asked: FindPlan, seconds: Seconds, hooks: FindHooks) {
    const { settings, goals, plan } = asked
    this.#asked = asked
    this.#seconds = seconds
    this.#hooks = hooks
    this.#load = settings.least
    this.#search = new Search({
      ...settings,
      most: settings.most ?? Infinity,
      isWhole: plan.model === 'closed',
      goals: goals.length,
      looser: looserGoals(goals),
    })
  }

  async run(control: RunControl): Promise<void> {
    this.#control = control
    const { settings } = this.#asked
    this.#say('warming up at the smallest load')
    // Not counted: connections are opened, code is compiled, caches fill.
    if ((await this.#hold(settings.least, PROBE_S)) === null) return
    const probe = await this.#hold(settings.least, PROBE_S)
    if (probe === null) return
    this.#before = latencyOf(this.#judge(0, settings.least, probe, 'search'))
    this.#end = await this.#climb()
    if (this.#end === 'run') return
    if (this.#end === 'target') return
    this.#say('back at the smallest load')
    await this.#rest()
    const after = await this.#hold(settings.least, PROBE_S)
    if (after !== null) this.#recovery = this.#compared(after)
  }

  async #climb(): Promise<SearchEnd> {
    const { settings, goals } = this.#asked
    for (;;) {
      const load = this.#search.next() ?? this.#unconfirmed()
      if (load === null) return 'done'
      const isConfirmed = this.#search.next() === null
      const forS = isConfirmed ? settings.confirmS : settings.trialS
      if (this.#atS + forS > settings.maxTimeS) return 'max-time'
      const held = await this.#hold(load, forS)
      if (held === null) return 'run'
      const trial = this.#judge(this.#trials.length + 1, load, held, isConfirmed ? 'confirm' : 'search')
      this.#trials.push(trial)
      this.#hooks.onTrial?.(trial)
      const isHeld = trial.answers.every(({ answer }) => answer === 'held')
      // What a target that is gone did not answer says nothing about the load.
      if (!isHeld && (await this.#rest()) === 'gone') return 'target'
      this.#search.add(
        load,
        // A trial that was given up counts whole: it was lost for sure.
        forS,
        goals.map((_, goal) => trial.answers[goal]!.answer),
      )
    }
  }

  /** A load that is the answer for a goal and was not held for the confirming time yet. */
  #unconfirmed(): number | null {
    const { settings, goals } = this.#asked
    if (settings.confirmS === 0) return null
    for (let goal = 0; goal < goals.length; goal++) {
      const { lower } = this.#search.bounds(goal)
      const isTried = this.#trials.some((trial) => trial.kind === 'confirm' && trial.load === lower)
      if (lower !== null && !isTried) return lower
    }
    return null
  }

  get #atS(): number {
    return this.#last === null ? 0 : this.#last.second + 1
  }

  /** Holds a load for whole seconds; fewer if the trial is lost before. `null` when the run is over. */
  async #hold(load: number, forS: number): Promise<SettledSecond[] | null> {
    await this.#amend(load)
    const held: SettledSecond[] = []
    while (held.length < forS) {
      const second = await this.#next()
      if (second === null) return null
      if (second.second < this.#steadyFrom) continue
      this.#backlog = held.length === 0 ? this.#backlogBefore : this.#backlog
      held.push(second)
      if (this.#isLost(load, held, forS)) break
    }
    this.#steadyFrom = this.#atS
    return held
  }

  #backlog = 0
  #backlogBefore = 0

  async #next(): Promise<SettledSecond | null> {
    if (this.#last !== null) this.#backlogBefore = backlogOf(this.#last)
    const second = await this.#seconds.next()
    if (second === null || second.phase === 'drain') return null
    this.#last = second
    return second
  }

  async #amend(load: number): Promise<void> {
    if (load === this.#load) return
    const isOpen = this.#asked.plan.model === 'open'
    const { atS, overS } = await this.#control!.amend(
      isOpen ? { ratePerS: load } : { users: load, overS: RAMP_S },
    )
    this.#load = load
    this.#steadyFrom = Math.ceil(atS + overS)
  }

  /** Whether the rest of the trial could not change that the target fell behind. */
  #isLost(load: number, held: readonly SettledSecond[], forS: number): boolean {
    if (this.#asked.plan.model === 'closed') return false
    const grown = backlogOf(held.at(-1)!) - this.#backlog
    return held.length > 1 && grown > LOST * this.#growth * load * forS
  }

  /** The backlog may grow by half of what the search can tell apart. */
  get #growth(): number {
    return this.#asked.settings.precision / 2
  }

  /** Rests at the smallest load until what was left waiting is done and latencies are what they were. */
  async #rest(): Promise<'rested' | 'gone'> {
    const { settings } = this.#asked
    await this.#amend(settings.least)
    const most = MOST_REST * settings.trialS
    let succeeded = 0
    for (let waited = 0; waited < most; waited++) {
      const second = await this.#next()
      if (second === null) return 'rested'
      if (second.second < this.#steadyFrom) continue
      succeeded += second.row.succeeded
      const { p50 } = second.row.latencyMs
      if (
        second.row.succeeded > 0 &&
        second.row.queued === 0 &&
        p50 !== null &&
        !isLonger(p50, this.#before?.p50 ?? null)
      )
        return 'rested'
    }
    return succeeded === 0 ? 'gone' : 'rested'
  }

  #judge(number: number, load: number, seconds: readonly SettledSecond[], kind: Trial['kind']): Trial {
    const trial: TrialSeconds = { number, load, seconds, kind, backlog: this.#backlog, growth: this.#growth }
    return judgeTrial(this.#asked.plan, this.#asked.goals, trial)
  }

  #compared(seconds: readonly SettledSecond[]): Recovery {
    const beforeMs = this.#before!
    const afterMs = latencyOf(this.#judge(0, this.#asked.settings.least, seconds, 'search'))
    const isRecovered = afterMs.p50 !== null && !isLonger(afterMs.p50, beforeMs.p50)
    return { beforeMs, afterMs, isRecovered }
  }

  #say(words: string): void {
    this.#hooks.onStep?.(words)
  }

  report(run: Report, signal: AbortSignal | undefined): FindReport {
    const { settings, goals, plan, baseline } = this.#asked
    const load = (value: number): FoundLoad =>
      plan.model === 'closed' ? { users: value } : { ratePerS: value }
    const answers = goals.map((goal, i) =>
      answerOf(goal, i, this.#search.bounds(i), this.#trials, settings, load),
    )
    const stoppedBy = signal?.aborted === true ? stopOf(signal) : this.#end
    if (stoppedBy === 'run' && run.stoppedBy !== 'abort')
      this.#warnings.push(`the run that carried the trials was ended by: ${run.stoppedBy}`)
    const comparison = baseline === null ? null : compareCapacities(baseline, answers)
    const isRegressed = comparison?.answers.some(({ answer }) => answer === 'regressed') === true
    const knee = kneeOf(this.#trials)
    return {
      schema: FIND_SCHEMA,
      version: run.version,
      startedAt: run.startedAt,
      durationS: run.durationS,
      unit: plan.model === 'closed' ? 'users' : 'ratePerS',
      plan: run.plan,
      host: run.host,
      settings,
      stoppedBy,
      warnings: [...run.warnings, ...this.#warnings],
      answers,
      trials: this.#trials,
      knee: knee === null ? null : load(knee),
      recovery: this.#recovery,
      comparison,
      exitCode: exitOfSearch(stoppedBy, answers, isRegressed),
    }
  }
}

/** Requests in flight and arrivals that wait, at the end of a second. */
const backlogOf = ({ row }: SettledSecond): number => row.inFlight + row.queued

const latencyOf = ({ latencyMs: { p50, p99 } }: Trial): Recovery['beforeMs'] => ({ p50, p99 })

const isLonger = (ms: number, than: number | null): boolean =>
  than !== null && ms > than * UNRECOVERED.times && ms - than > UNRECOVERED.ms

function stopOf(signal: AbortSignal): SearchEnd {
  const reason: unknown = signal.reason
  return reason === 'SIGINT' || reason === 'SIGTERM' || reason === 'SIGHUP' ? reason : 'abort'
}
