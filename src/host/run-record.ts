/** The record of a run: what its workers have reported, and what can be judged and reported of that. */
import type { Comparands } from '../core/compare/run-comparison.ts'
import { PrecisionWatch } from '../core/compare/precision-watch.ts'
import { LevelWatch } from '../core/measure/level-watch.ts'
import { firstRampS } from '../core/plan/plan.ts'
import { threadName, threadsOf, witnessOf } from '../core/plan/witness.ts'
import { longestWarmupS } from '../core/resolve/precision-options.ts'
import { Gate } from '../core/judge/gate.ts'
import { KeptWorkers } from '../core/judge/rules/kept-workers.ts'
import type { Verdict } from '../core/judge/verdict.ts'
import type { Snapshot } from '../core/measure/second.ts'
import { Timeline, type SettledSecond } from '../core/measure/timeline.ts'
import { isOfLevel, type Amendment } from '../core/plan/amendment.ts'
import { judgeRun, type Judgement } from '../core/report/judgement.ts'
import { buildReport, type Report, type RunFacts } from '../core/report/report.ts'
import { KnownSecrets } from '../core/request/known-secrets.ts'
import type { AgentReport } from '../core/measure/host-facts.ts'
import type { Drained } from '../protocol.ts'
import { VERSION } from '../version.ts'
import { Ending } from './ending.ts'
import type { PreparedRun } from './prepared-run.ts'
import type { RequestRecords } from './request-records.ts'
import type { AgentSeen } from './workforce.ts'

/** A run that goes on is judged anew every second up to half an hour; after that the more rarely the longer it is. */
const SECONDS_PER_JUDGED = 1800

export class RunRecord {
  readonly timeline: Timeline
  readonly gate: Gate
  readonly ending: Ending
  readonly precision: PrecisionWatch
  readonly amendments: Amendment[] = []
  readonly #prepared: PreparedRun
  readonly #requests: Pick<RequestRecords, 'report'> | null
  readonly #warnings: Set<string>
  readonly #secrets: KnownSecrets
  readonly #lostWorkers: RunFacts['lostWorkers'][number][] = []
  /** The agents as the report has them; `null` if the work is done by this process. */
  readonly #agents: AgentReport[] | null
  /** How many members there are, and how many of them have died. */
  readonly #members: number
  #lostMembers = 0
  readonly #addresses = new Map<string, Set<string>>()
  /** Why the scenario stopped the run; the first reason counts. */
  #stopReason: string | null = null
  #teardownProblems: readonly string[] = []
  #startedAt = ''
  #verdict: { readonly untilS: number; readonly verdict: Verdict } | null = null
  /** The last judgement while the run goes on, and the seconds that it is about. */
  #judged: { readonly untilS: number; readonly judgement: Judgement } | null = null

  /**
   * `onSettled` is called with each second once, in order, when nothing can correct it any more. `requests` counts the
   * records of requests; `null` if none is recorded.
   */
  constructor(
    prepared: PreparedRun,
    onSettled: (second: SettledSecond) => void,
    requests: Pick<RequestRecords, 'report'> | null = null,
  ) {
    const { plan, warnings, agents } = prepared
    this.#prepared = prepared
    this.#requests = requests
    this.#warnings = new Set(warnings)
    this.#secrets = new KnownSecrets(plan)
    this.gate = new Gate(plan)
    this.precision = new PrecisionWatch(plan)
    const level = plan.warmupAuto ? new LevelWatch(firstRampS(plan)) : null
    this.#agents =
      agents?.map(({ name, labels, host, workers }) => ({
        ...{ name, labels, host, workers },
        clock: null,
        lost: null,
        stoppedBy: null,
      })) ?? null
    const members = agents?.map(({ name }) => name) ?? threadsOf(plan)
    this.#members = typeof members === 'number' ? members : members.length
    const settled = (second: SettledSecond): void => {
      this.gate.settle(second)
      this.precision.settle(second)
      level?.settle(second)
      if (level?.holds === true) this.timeline.endWarmup()
      onSettled(second)
    }
    this.timeline = new Timeline(
      members,
      plan.durationS ?? Infinity,
      longestWarmupS(plan),
      settled,
      witnessOf(plan),
      plan.captureSlowest,
      agents === null ? null : new KeptWorkers(plan, agents).prune,
    )
    this.ending = new Ending(this.timeline)
  }

  get warnings(): readonly string[] {
    return [...this.#warnings]
  }

  /** Whether every member has died. */
  get isLost(): boolean {
    return this.#lostMembers === this.#members
  }

  /** "worker 2", or "worker alpha/2" on several hosts. */
  threadName(worker: number): string {
    return threadName(this.#prepared.plan, worker, this.#agents)
  }

  /** Whether agents do the work. */
  get hasAgents(): boolean {
    return this.#agents !== null
  }

  /** Adds a warning to the report, once. */
  warn(text: string): void {
    this.#warnings.add(text)
  }

  /** The run starts at this wall time, ISO 8601. */
  started(at: string): void {
    this.#startedAt = at
  }

  /** The load is changed; what was measured of the load before it makes no figure of the new one precise. */
  amended(amendment: Amendment): void {
    this.amendments.push(amendment)
    if (isOfLevel(amendment)) this.precision.restart(amendment.atS + amendment.overS)
    else this.timeline.endLoad(amendment.durationS ?? Infinity)
  }

  snapshot(snapshot: Snapshot): void {
    this.timeline.add(snapshot)
  }

  stopRun(reason: string | null): void {
    this.#stopReason ??= reason
  }

  /** The scenario's teardown is over, and this went wrong. */
  tornDown(problems: readonly string[]): void {
    this.#teardownProblems = problems
  }

  drained(member: number, drained: Omit<Drained, 'last'>): void {
    this.timeline.done(member)
    this.ending.drained(drained)
    for (const [host, found] of Object.entries(drained.addresses))
      this.#addresses.set(host, new Set([...(this.#addresses.get(host) ?? []), ...found]))
  }

  /** A member died: a worker of this process, or an agent. */
  lost(member: number, message: string): void {
    const second = this.timeline.lost(member)
    this.#lostMembers++
    const hidden = this.#secrets.hide(message)
    if (this.#agents === null) this.#lostWorkers.push({ worker: member, second, message: hidden })
    else this.#agents[member] = { ...this.#agents[member]!, lost: { second, message: hidden } }
  }

  /** A worker of an agent died in this second. */
  workerLost(agent: number, worker: number, second: number, message: string): void {
    this.timeline.lostPart(agent, second)
    this.#lostWorkers.push({ worker, second, message: this.#secrets.hide(message) })
  }

  agentSeen(agent: number, seen: AgentSeen): void {
    this.#agents![agent] = { ...this.#agents![agent]!, ...seen }
  }

  /** Judges the closed seconds; once for each second, however often it is called. */
  readonly judgeSoFar = (): Judgement => {
    const untilS = this.timeline.rows.length
    if (this.#judged?.untilS === untilS) return this.#judged.judgement
    const { plan, soundPerS, costOfAuto = null } = this.#prepared
    const judgement = judgeRun(plan, this.timeline, {
      gate: this.gate,
      lostWorkers: this.#lostWorkers,
      agents: this.#agents,
      amendments: this.amendments,
      ...{ soundPerS, costOfAuto },
      loadEndS: Math.min(this.timeline.loadEndS, untilS),
      untilS,
      wasStopped: this.ending.cause === 'threshold',
      verdict: this.#lastVerdict(untilS),
    })
    this.#judged = { untilS, judgement }
    if (judgement.verdict !== this.#verdict?.verdict) this.#verdict = { untilS, verdict: judgement.verdict }
    return judgement
  }

  /** The last verdict, where it is recent enough for a run of this length; a new one looks at every second. */
  #lastVerdict(untilS: number): Verdict | null {
    const last = this.#verdict
    return last !== null && (untilS - last.untilS) * SECONDS_PER_JUDGED < untilS ? last.verdict : null
  }

  /** Makes the report as if the run had ended with its closed seconds. It is compared with nothing yet. */
  readonly reportSoFar = (): Report => this.#report(this.timeline.rows.length, null, this.judgeSoFar())

  /** Makes the report of the run, which took `durationS` and has ended. */
  report(durationS: number): Report {
    return this.#report(durationS, this.#prepared.comparands, null)
  }

  #report(durationS: number, comparands: Comparands | null, judged: Judgement | null): Report {
    const { plan, host, soundPerS, costOfAuto = null } = this.#prepared
    const stopReasons = this.#stopReason === null ? [] : [`the scenario stopped the run: ${this.#stopReason}`]
    const facts: RunFacts = {
      version: VERSION,
      startedAt: this.#startedAt,
      durationS,
      host,
      stoppedBy: this.ending.cause ?? 'duration',
      warnings: [...this.#warnings, ...stopReasons, ...this.#teardownProblems],
      isTornDown: this.#teardownProblems.length === 0,
      lostWorkers: this.#lostWorkers,
      agents: this.#agents,
      amendments: this.amendments,
      addresses: Object.fromEntries([...this.#addresses].map(([host, found]) => [host, [...found].sort()])),
      gate: this.gate,
      ...{ soundPerS, costOfAuto },
      comparands,
      until: plan.until.length === 0 ? [] : this.precision.results(),
      records: this.#requests?.report ?? null,
    }
    return buildReport(plan, this.timeline, facts, judged)
  }
}
