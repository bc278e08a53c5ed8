/**
 * A run under way: orders go to the workforce, what the workforce reports goes into the record, and closed seconds go
 * to the outputs.
 */
import type { StoppedBy } from '../core/judge/exit.ts'
import type { SecondPart, Snapshot } from '../core/measure/second.ts'
import type { RowReader } from '../core/measure/request-rows.ts'
import type { LogEntry } from '../core/measure/task-log.ts'
import type { Amendment } from '../core/plan/amendment.ts'
import type { Plan } from '../core/plan/plan.ts'
import { redactPlan } from '../core/plan/redact.ts'
import type { Report } from '../core/report/report.ts'
import { HeapWatch, type Heap } from '../core/measure/heap-watch.ts'
import { showBytes } from '../core/units.ts'
import { LEAD_S, type Drained } from '../protocol.ts'
import { CorerushError } from '../errors.ts'
import { VERSION } from '../version.ts'
import { Control, type Amendable, type ConductHooks } from './control.ts'
import { checkPorts } from './machine/ports.ts'
import type { ConductingHost } from './machine/this-host.ts'
import { checkLimits } from './preflight.ts'
import { Outputs } from './output-set.ts'
import type { PreparedRun } from './prepared-run.ts'
import { RequestRecords } from './request-records.ts'
import { RunRecord } from './run-record.ts'
import { VitalsReader } from './vitals-reader.ts'
import type { AgentEvents, AgentSeen, Hire, Workforce, WorkforceEvents } from './workforce.ts'

/** How often closed seconds are looked for, and thresholds checked. */
const TICK_MS = 100
/** How long after SIGTERM the last records of requests are written: the container may be killed soon. */
const AFTER_SIGTERM_MS = 1000
/** For this many ticks the heap must be near its limit until the run is ended: 3 s. */
const HIGH_TICKS = 30

export class RunUnderWay implements WorkforceEvents, AgentEvents, Amendable {
  readonly #plan: Plan
  readonly #hooks: ConductHooks
  readonly #host: ConductingHost
  readonly #outputs: Outputs
  readonly #record: RunRecord
  /** `null` if no request is recorded. */
  readonly #requests: RequestRecords | null
  readonly #workforce: Workforce
  readonly #heap = new HeapWatch(HIGH_TICKS)
  readonly #setup: PreparedRun['setup']
  /** When the run starts, by the clock of the host; Infinity until `toEnd` sets it. */
  #startUs = Infinity

  /** Hires the workforce, which begins to get ready. */
  constructor(prepared: PreparedRun, hooks: ConductHooks, hire: Hire, host: ConductingHost) {
    this.#plan = prepared.plan
    this.#hooks = hooks
    this.#host = host
    this.#outputs = new Outputs(hooks)
    const { sampleRequests } = prepared.plan
    this.#requests =
      sampleRequests === null
        ? null
        : new RequestRecords(sampleRequests, this.#outputs.recording, (rows) => this.#outputs.recorded(rows))
    this.#record = new RunRecord(prepared, (second) => this.#outputs.settled(second), this.#requests)
    this.#setup = prepared.setup
    this.#workforce = hire(prepared.plan, prepared.feeders, this, prepared.setup.data, prepared.replay)
  }

  /** Whether an output takes spans of traced requests. */
  get wantsSpans(): boolean {
    return this.#outputs.wantsSpans
  }

  /** Resolves when every worker is ready to start; rejects if one cannot get ready. */
  get ready(): Promise<void> {
    return this.#workforce.ready
  }

  /** Ends all workers at once. */
  dismiss(): Promise<void> {
    return this.#workforce.dismiss()
  }

  /** Starts the run, whose workforce is ready, and resolves to the report when it has ended. */
  async toEnd(warnings: readonly string[] = []): Promise<Report> {
    for (const warning of warnings) this.#record.warn(warning)
    this.#start()
    const vitals = new VitalsReader(
      this.#record,
      this.#record.hasAgents ? null : this.#host.watch(),
      this.#plan.targetMetrics,
      this.#elapsedS,
    )
    const tick = (): void => this.#tick(vitals)
    const stopTicking = this.#host.every(TICK_MS, tick)
    const { signal, onStart } = this.#hooks
    const abort = (): void => this.#stop(causeOf(signal))
    signal?.addEventListener('abort', abort, { once: true })
    try {
      if (signal?.aborted === true) abort()
      onStart?.(new Control(this.#plan, this))
      await this.#workforce.finished
    } finally {
      stopTicking()
      signal?.removeEventListener('abort', abort)
      vitals.end()
    }
    tick()
    return this.#finish()
  }

  snapshot(snapshot: Snapshot): void {
    this.#record.timeline.add(snapshot)
    this.#traced(snapshot)
  }

  exhausted(count: 'requests' | 'iterations'): void {
    this.#record.ending.exhausted(count)
    this.#workforce.stop(null)
  }

  stopRun(reason: string | null): void {
    this.#record.stopRun(reason)
    this.#stop('scenario')
  }

  recorded(rows: RowReader): void {
    this.#requests?.add(rows)
  }

  logged(entries: readonly LogEntry[]): void {
    this.#outputs.logged(entries)
  }

  nearHeapLimit(worker: number, heap: Heap): void {
    this.#stopForMemory(this.#record.threadName(worker), heap)
  }

  stuck(isStuck: boolean): void {
    if (!isStuck) return
    this.#record.warn(
      'the run was ended because its tasks waited neither for a response nor in think() for two minutes, and none would have ended the run: see the task errors',
    )
    this.#stop('stuck')
  }

  deserted(): void {
    if (!this.#record.isLost) this.#stop(this.#plan.data === null ? 'users' : 'data')
  }

  ended(member: number, drained: Omit<Drained, 'last'>): void {
    this.#record.drained(member, drained)
  }

  lost(member: number, message: string): void {
    this.#record.lost(member, message)
  }

  part(part: SecondPart): void {
    this.#record.timeline.addPart(part)
    this.#traced(part)
  }

  workerLost(agent: number, worker: number, second: number, message: string): void {
    this.#record.workerLost(agent, worker, second, message)
  }

  warned(text: string): void {
    this.#record.warn(text)
  }

  refusedAgent(name: string, why: string): void {
    this.#record.warn(
      `the run was ended because agent ${name} did not carry out a change of the load: it ${why}`,
    )
    this.#stop('agents')
  }

  endWithAgent(name: string): void {
    this.#record.warn(`the run was ended because agent ${name} was lost (--on-lost-agent stop)`)
    this.#stop('agents')
  }

  agentSeen(agent: number, seen: AgentSeen): void {
    this.#record.agentSeen(agent, seen)
  }

  nextInstantS(): number {
    return Math.max(0, this.#elapsedS()) + this.#lead.orderS
  }

  async check(amendment: Amendment, amended: Plan): Promise<readonly string[]> {
    if (!this.#record.hasAgents)
      return [checkLimits(amended), await checkPorts(amended)].filter((warning) => warning !== null)
    const problem = this.#workforce.amendmentProblem?.(amendment, amended) ?? null
    if (problem !== null) throw new CorerushError('CORERUSH_LIMIT', problem)
    return []
  }

  loadEndS(): number {
    return this.#record.ending.cause === null ? this.#record.timeline.loadEndS : -Infinity
  }

  amend(amendment: Amendment, amended: Plan, warnings: readonly string[]): void {
    for (const warning of warnings) this.#record.warn(warning)
    this.#record.amended(amendment)
    this.#workforce.amend(amendment)
    this.#outputs.amended(redactPlan(amended), amendment)
  }

  get #lead(): NonNullable<Workforce['lead']> {
    return this.#workforce.lead ?? { startS: LEAD_S, orderS: LEAD_S }
  }

  #traced({ spans, spansLost = 0 }: Pick<Snapshot, 'spans' | 'spansLost'>): void {
    if (spans !== undefined) this.#outputs.traced(spans, spansLost)
  }

  readonly #elapsedS = (): number => (this.#host.nowUs() - this.#startUs) / 1e6

  #start(): void {
    // Before the start instant is fixed: a plan with many or large requests takes a while.
    const plan = redactPlan(this.#plan)
    const { startS } = this.#lead
    this.#startUs = this.#host.nowUs() + startS * 1e6
    const startedAt = new Date(this.#host.wallMs() + startS * 1000).toISOString()
    this.#record.started(startedAt)
    this.#outputs.start({
      plan,
      version: VERSION,
      startedAt,
      warnings: this.#record.warnings,
      elapsedS: this.#elapsedS,
      agentsNow: this.#workforce.agents ?? null,
    })
    this.#workforce.start(this.#startUs)
  }

  #tick(vitals: VitalsReader): void {
    const { timeline, gate, ending, precision } = this.#record
    vitals.read(this.#elapsedS())
    this.#showClosed(timeline.close(this.#elapsedS()))
    if (gate.trip !== null && ending.cause === null && this.#elapsedS() < timeline.loadEndS)
      this.#stop('threshold')
    if (precision.isReached && ending.cause === null) this.#stop('until')
    const heap = this.#host.heap()
    if (this.#heap.isNear(heap)) this.#stopForMemory('corerush', heap)
  }

  /** Ends the load while there is room for the report. */
  #stopForMemory(whose: string, { usedBytes, limitBytes }: Heap): void {
    if (this.#record.ending.cause !== null) return
    this.#record.warn(
      `the run was ended because the heap of ${whose}, ${showBytes(usedBytes)}, came near its limit of ${showBytes(limitBytes)}; NODE_OPTIONS=--max-old-space-size=MB raises it`,
    )
    this.#stop('memory')
  }

  /** Ends the load; before the start there is none, and a worker that dies then makes `ready` reject. */
  #stop(cause: StoppedBy): void {
    if (this.#startUs === Infinity) return
    const atS = Math.max(0, this.#elapsedS() + this.#lead.orderS)
    this.#record.ending.stop(cause, atS)
    this.#workforce.stop(atS, cause === 'SIGTERM' ? this.#plan.sigtermStopS : null)
  }

  async #finish(): Promise<Report> {
    const { ending, timeline, isLost } = this.#record
    const durationS = isLost ? ending.concludeLost(this.#elapsedS()) : ending.concludeDrained()
    this.#showClosed(timeline.finish())
    this.#record.tornDown(await this.#setup.tearDown((entry) => this.logged([entry])))
    await this.#requests?.end(ending.cause === 'SIGTERM' ? AFTER_SIGTERM_MS : undefined)
    const report = this.#record.report(durationS)
    await this.#outputs.finish(report)
    return report
  }

  #showClosed(rows: ReturnType<RunRecord['timeline']['close']>): void {
    const { timeline, judgeSoFar, reportSoFar } = this.#record
    this.#outputs.seconds(rows, timeline, { judged: judgeSoFar, report: reportSoFar })
  }
}

/** An aborted signal as the cause of a run's end. */
function causeOf(signal: AbortSignal | undefined): StoppedBy {
  const reason: unknown = signal?.reason
  return reason === 'SIGINT' || reason === 'SIGTERM' || reason === 'SIGHUP' ? reason : 'abort'
}
