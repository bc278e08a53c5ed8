/**
 * Searches the highest load that a target holds: one run whose load is amended from trial to trial, so that workers stay
 * warm and connections open. What each trial means, and which load comes next, is core/find's.
 */
import { answerOf, type FindAnswer, type FindSettings, type FoundLoad } from '../core/find/answer.ts'
import type { HeldSeconds } from '../core/find/backlog.ts'
import {
  exitOfSearch,
  FIND_SCHEMA,
  kneeOf,
  NO_TIME,
  type FindReport,
  type Recovery,
  type SearchEnd,
} from '../core/find/find-report.ts'
import { isLost } from '../core/find/lost-trial.ts'
import { searchWarnings } from '../core/find/search-warnings.ts'
import { compareCapacities } from '../core/find/capacity-comparison.ts'
import { Search } from '../core/find/search.ts'
import { looserGoals, type Goal } from '../core/find/goal.ts'
import { judgeTrial, type Trial } from '../core/find/trial.ts'
import type { SettledSecond } from '../core/measure/timeline.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { Report } from '../core/report/report.ts'
import { MOST_PER_S, MOST_USERS } from '../core/options/limits.ts'
import { CorerushError } from '../errors.ts'
import { showMany, showMs } from '../core/units.ts'
import type { Output } from '../output/output.ts'
import type { RunControl } from './control.ts'
import { hireCrew } from './crew.ts'
import { HeldLoads, Seconds } from './held-loads.ts'
import { THIS_HOST } from './machine/this-host.ts'
import { conduct } from './run.ts'
import type { Hire } from './workforce.ts'

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
  /** A trial has ended; `answers` are those before it counts. */
  readonly onTrial?: (trial: Trial, answers: readonly FindAnswer[]) => void
  /** A step other than a trial begins, in words. */
  readonly onStep?: (words: string) => void
  readonly outputs?: readonly Output[]
}

/** How long the target may take to come back to what it was after a trial that was not held. */
const MOST_REST_S = 60
/** A median latency that changes by no more than this in this many seconds is what the target has now. */
const SETTLED = { seconds: 10, times: 1.2, ms: 1 } as const
/** A target that answers nothing for this many trials at the smallest load is gone. */
const MOST_SILENT = 3
/** The fewest latencies of the target that a trial must be long, or requests of the load before it decide its figures. */
const SHORTEST_TRIAL = 3
/** The seconds at the smallest load, before the climb and after it, whose latencies are compared. */
const PROBE_S = 3
/** Latencies at the smallest load that are so much longer, and at least by so much, have not recovered. */
const UNRECOVERED = { times: 1.5, ms: 1 }

/**
 * Searches; resolves to the report, also of a search that was interrupted. `hire` makes the workforce, by default worker
 * threads of this process.
 */
export async function find(
  asked: FindPlan,
  hooks: FindHooks = {},
  hire: Hire = hireCrew(),
  host = THIS_HOST,
): Promise<FindReport> {
  const stopping = new AbortController()
  const seconds = new Seconds()
  const climb = new Climb(asked, seconds, hooks)
  const signal =
    hooks.signal === undefined ? stopping.signal : AbortSignal.any([hooks.signal, stopping.signal])
  let climbing: Promise<void> = Promise.resolve()
  let report: Report
  try {
    const onStart = (control: RunControl): void => {
      climbing = climb.run(control).finally(() => stopping.abort())
      // Reported below, when the run has drained.
      climbing.catch(() => undefined)
    }
    const outputs = [seconds, ...(hooks.outputs ?? [])]
    report = await conduct(asked.plan, { signal, outputs, onStart }, hire, host)
  } finally {
    seconds.end()
  }
  await climbing
  return climb.report(report, hooks.signal)
}

/** The climb: from trial to trial until every goal has its answer, or the time is over. */
class Climb {
  readonly #asked: FindPlan
  readonly #seconds: Seconds
  readonly #hooks: FindHooks
  readonly #search: Search
  readonly #trials: Trial[] = []
  readonly #warnings: string[] = []
  #loads: HeldLoads | null = null
  #before: Recovery['beforeMs'] | null = null
  #recovery: Recovery | null = null
  /** Why this host refused a load. */
  readonly #refusals = new Map<number, string>()
  /** The p50 at the smallest load of a target at rest. */
  #restedMs: number | null = null
  /** Whether it has become longer after a trial that did not hold, and stayed so. */
  #hasSlowed = false
  /** Rests that ended before the target had recovered. */
  #unrested = 0
  #end: SearchEnd = 'run'

  constructor(asked: FindPlan, seconds: Seconds, hooks: FindHooks) {
    const { settings, goals, plan } = asked
    this.#asked = asked
    this.#seconds = seconds
    this.#hooks = hooks
    this.#search = new Search({
      ...settings,
      most: settings.most ?? (plan.model === 'closed' ? MOST_USERS : MOST_PER_S),
      isWhole: plan.model === 'closed',
      goals: goals.length,
      looser: looserGoals(goals),
    })
  }

  async run(control: RunControl): Promise<void> {
    const { settings, plan } = this.#asked
    const { least, trialS } = settings
    // The backlog may grow by half of what the search can tell apart.
    const how = { model: plan.model, least, trialS, growth: settings.precision / 2 }
    const loads = (this.#loads = new HeldLoads(how, control, this.#seconds))
    this.#say('warming up at the smallest load')
    // Not counted: connections are opened, code is compiled, caches fill.
    if ((await loads.hold(least, PROBE_S, 'probe')) === null) return
    const probe = await loads.hold(least, PROBE_S, 'probe')
    if (probe === null) return
    this.#before = latencyOf(this.#judge(0, least, probe, 'search'))
    if ((this.#before.p50 ?? 0) / 1000 > settings.trialS / SHORTEST_TRIAL)
      this.#warnings.push(
        `a trial of ${settings.trialS} s is short for a target that takes ${showMs(this.#before.p50)} at the smallest load: make --trial at least ${SHORTEST_TRIAL} times as long`,
      )
    this.#restedMs = this.#before.p50
    loads.settleS = Math.round((this.#before.p50 ?? 0) / 1000)
    this.#end = await this.#climb(loads)
    if (this.#end === 'run' || this.#end === 'target') return
    this.#say('back at the smallest load')
    await this.#rest(loads)
    const after = await loads.hold(least, PROBE_S, 'probe')
    if (after !== null) this.#recovery = this.#compared(after)
  }

  async #climb(loads: HeldLoads): Promise<SearchEnd> {
    const { settings, goals, plan } = this.#asked
    for (;;) {
      const next = this.#search.next()
      const load = next ?? this.#unconfirmed()
      if (load === null) return 'done'
      const forS = next === null ? settings.confirmS : settings.trialS
      if (loads.atS + forS > settings.maxTimeS) return 'max-time'
      const held = await loads
        .hold(load, forS, 'trial', (soFar) => isLost(plan, goals, load, soFar, forS - soFar.seconds.length))
        .catch((error: unknown) => this.#refused(load, error))
      if (held === 'refused') continue
      if (held === null) return 'run'
      const trial = this.#judge(this.#trials.length + 1, load, held, next === null ? 'confirm' : 'search')
      this.#trials.push(trial)
      this.#hooks.onTrial?.(trial, this.#answers())
      const isHeld = trial.answers.every(({ answer }) => answer === 'held')
      // What a target that is gone did not answer says nothing about the load.
      if (!isHeld && (await this.#rest(loads)) === 'gone') return 'target'
      // A trial that was given up counts whole: it was lost for sure.
      this.#search.add(
        load,
        forS,
        trial.answers.map(({ answer }) => answer),
      )
    }
  }

  /** A load that this host cannot carry is beyond the generator; no trial can tell more. */
  #refused(load: number, error: unknown): 'refused' {
    if (!(error instanceof CorerushError) || error.code !== 'CORERUSH_LIMIT') throw error
    this.#refusals.set(load, error.message)
    this.#search.refuse(load)
    return 'refused'
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

  /** Rests until what was left waiting is done and latencies are what they were. */
  async #rest(loads: HeldLoads): Promise<'rested' | 'gone'> {
    const { trialS, maxTimeS } = this.#asked.settings
    const at = { isGone: false, isRested: false, isLate: false }
    await loads.rest((seconds) => {
      const { row } = seconds.at(-1)!
      const { p50 } = row.latencyMs
      at.isGone =
        seconds.length >= MOST_SILENT * trialS && seconds.every((second) => second.row.succeeded === 0)
      at.isRested = row.succeeded > 0 && row.queued === 0 && p50 !== null && !isLonger(p50, this.#restedMs)
      if (!at.isRested && isSettled(seconds)) {
        // It will not become faster again: from now on this is what a rested target has.
        this.#restedMs = p50
        this.#hasSlowed = at.isRested = true
      }
      at.isLate = seconds.length >= MOST_REST_S
      return at.isGone || at.isRested || at.isLate || loads.atS >= maxTimeS
    })
    if (at.isGone) return 'gone'
    if (at.isLate && !at.isRested) this.#unrested++
    return 'rested'
  }

  #judge(number: number, load: number, held: HeldSeconds, kind: Trial['kind']): Trial {
    return judgeTrial(this.#asked.plan, this.#asked.goals, { ...held, number, load, kind })
  }

  #answers(): FindAnswer[] {
    const { goals, settings } = this.#asked
    return goals.map((goal, i) =>
      answerOf(goal, i, this.#search.bounds(i), this.#trials, settings, this.#load, this.#refusals),
    )
  }

  readonly #load = (value: number): FoundLoad =>
    this.#asked.plan.model === 'closed' ? { users: value } : { ratePerS: value }

  #compared(held: HeldSeconds): Recovery {
    const beforeMs = this.#before!
    const afterMs = latencyOf(this.#judge(0, this.#asked.settings.least, held, 'search'))
    const isRecovered = afterMs.p50 !== null && !isLonger(afterMs.p50, beforeMs.p50)
    return { beforeMs, afterMs, isRecovered }
  }

  #say(words: string): void {
    this.#hooks.onStep?.(words)
  }

  report(run: Report, signal: AbortSignal | undefined): FindReport {
    const { settings, goals, plan, baseline } = this.#asked
    const answers = this.#answers()
    const stoppedBy = signal?.aborted === true ? stopOf(signal) : this.#end
    if (stoppedBy === 'run' && run.stoppedBy !== 'abort')
      this.#warnings.push(`the run that carried the trials was ended by: ${run.stoppedBy}`)
    if (this.#hasSlowed)
      this.#warnings.push(
        `after overload the target stayed slower at the smallest load: p50 ${showMs(this.#restedMs)}, ${showMs(this.#before?.p50 ?? null)} before; the answer is about that state`,
      )
    if (this.#unrested > 0)
      this.#warnings.push(
        `the target had not recovered within ${MOST_REST_S} s after ${showMany(this.#unrested, 'trial')} that did not hold; what followed may have failed for that`,
      )
    const comparison = baseline === null ? null : compareCapacities(baseline, answers)
    const isRegressed = comparison?.answers.some(({ answer }) => answer === 'regressed') === true
    const knee = kneeOf(this.#trials)
    return {
      schema: FIND_SCHEMA,
      version: run.version,
      startedAt: run.startedAt,
      durationS: run.durationS,
      time: this.#loads?.time ?? NO_TIME,
      unit: plan.model === 'closed' ? 'users' : 'ratePerS',
      plan: run.plan,
      host: run.host,
      ...(run.agents === undefined ? {} : { agents: run.agents }),
      settings,
      stoppedBy,
      warnings: [...run.warnings, ...this.#warnings, ...searchWarnings(goals, answers, this.#trials)],
      answers,
      trials: this.#trials,
      knee: knee === null ? null : this.#load(knee),
      recovery: this.#recovery,
      comparison,
      exitCode: exitOfSearch(stoppedBy, answers, isRegressed),
    }
  }
}

const latencyOf = ({ latencyMs: { p50, p99 } }: Trial): Recovery['beforeMs'] => ({ p50, p99 })

const isLonger = (ms: number, than: number | null): boolean =>
  than !== null && ms > than * UNRECOVERED.times && ms - than > UNRECOVERED.ms

/** Whether latencies are longer than they were and do not change any more: nothing is being worked off. */
function isSettled(seconds: readonly SettledSecond[]): boolean {
  const last = seconds.slice(-SETTLED.seconds).map(({ row }) => row.latencyMs.p50)
  const known = last.filter((p50) => p50 !== null)
  return (
    known.length === SETTLED.seconds && Math.max(...known) <= Math.min(...known) * SETTLED.times + SETTLED.ms
  )
}

function stopOf(signal: AbortSignal): SearchEnd {
  const reason: unknown = signal.reason
  return reason === 'SIGINT' || reason === 'SIGTERM' || reason === 'SIGHUP' ? reason : 'abort'
}
