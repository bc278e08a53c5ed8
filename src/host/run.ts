/** A run from the user's options to the report: resolve, plan, hire the crew, collect, judge. */
import { arch, cpus, platform, totalmem } from 'node:os'
import type { Amendment } from '../core/plan/amendment.ts'
import { OptionsError } from '../core/options/options-error.ts'
import type { Options } from '../core/options/options.ts'
import { soundPerS } from '../core/plan/sound-capacity.ts'
import type { Plan } from '../core/plan/plan.ts'
import type { StoppedBy } from '../core/judge/exit.ts'
import { KnownSecrets } from '../core/request/known-secrets.ts'
import { Gate } from '../core/judge/gate.ts'
import { redactPlan } from '../core/plan/redact.ts'
import type { HostReport } from '../core/measure/host-facts.ts'
import { buildReport, judgeRun, type Judgement, type Report } from '../core/report/report.ts'
import type { Comparands } from '../core/compare/run-comparison.ts'
import { Timeline } from '../core/measure/timeline.ts'
import { VERSION } from '../version.ts'
import { readCapacity } from './machine/kept-capacity.ts'
import { findCores } from './machine/cores.ts'
import { readComparands } from './kept/comparands.ts'
import { Control, type RunControl } from './control.ts'
import { readRows } from './files/data-files.ts'
import { Crew, type CrewOptions } from './crew.ts'
import { readFeeder } from './files/feeder-files.ts'
import { outputProblems, Outputs, type OutputHooks } from './output-set.ts'
import { checkLimits, probeTarget, waitForTarget } from './preflight.ts'
import { checkLocalAddresses, checkPorts } from './machine/ports.ts'
import { planScenario } from './run-plan.ts'
import { readinessWarnings, readLoad } from './readiness.ts'
import { TargetMetrics } from './target-metrics.ts'
import { watchHost } from './machine/host-vitals.ts'

/** What a program can hook into a run. */
export interface RunHooks extends OutputHooks {
  /** Aborting ends the load gracefully; the run still resolves to its full report. Aborting again changes nothing. */
  readonly signal?: AbortSignal | undefined
  /** Called when the run begins, with what can be done to it; what it throws ends the run, which rejects with it. */
  readonly onStart?: ((control: RunControl) => void) | undefined
}

/** How far ahead of the order to start, to stop and to amend, its instant lies: time for a message to reach every worker. */
const AHEAD_S = 0.02
/** How long the probe of the target may take; the workers get ready meanwhile. */
const PROBE_MS = 1000
const TICK_MS = 100

/**
 * Runs a load test and resolves to its report. Rejects with a CorerushError when the options make no plan or this host
 * cannot carry it; a target that fails is no error but a finding of the report.
 */
export async function run(options: Options, hooks: RunHooks = {}): Promise<Report> {
  return conduct(await planScenario(options), hooks)
}

/** Carries out a plan. Comparands are what its baseline stands for, where that is no stored runs. */
export async function conduct(
  plan: Plan,
  hooks: RunHooks & { readonly comparands?: Comparands | undefined } = {},
  crewOptions: CrewOptions = {},
): Promise<Report> {
  const fileWarning = checkLimits(plan)
  await checkLocalAddresses(plan)
  const portWarning = await checkPorts(plan)
  const unwritable = outputProblems(hooks.outputs ?? [])
  if (unwritable.length > 0) throw new OptionsError(unwritable)
  const host = describeHost()
  const comparands =
    hooks.comparands ?? readComparands(plan, { plan: redactPlan(plan), host, version: VERSION })
  const feeders =
    plan.scenario === null ? readRows(plan) : plan.scenario.feeders.map((feeder) => readFeeder(feeder))
  const outputs = new Outputs(hooks)
  await waitForTarget(plan, hooks.signal)
  const sound = soundPerS(readCapacity(), plan)
  // Before the workers are hired, whose start is load as well.
  const hostWarnings = readinessWarnings(plan, { cores: findCores(), ...readLoad(), soundPerS: sound })

  const gate = new Gate(plan)
  const timeline = new Timeline(plan.workers, plan.durationS ?? Infinity, plan.warmupS, (second) => {
    gate.settle(second)
    outputs.settled(second)
  })
  const secrets = new KnownSecrets(plan)
  const lostWorkers: { worker: number; second: number; message: string }[] = []
  const amendments: Amendment[] = []
  let lastJudged: { readonly untilS: number; readonly judgement: Judgement } | null = null
  /** Once for a second, however many ask. */
  const judgeSoFar = (): Judgement => {
    const untilS = timeline.rows.length
    if (lastJudged?.untilS === untilS) return lastJudged.judgement
    const loadEndS = Math.min(timeline.loadEndS, untilS)
    const judgement = judgeRun(plan, timeline, {
      ...{ gate, lostWorkers, amendments, soundPerS: sound, loadEndS, untilS },
      wasStopped: ending.by === 'threshold',
    })
    lastJudged = { untilS, judgement }
    return judgement
  }
  const ending = { by: null as StoppedBy | null }
  /** Ends the load, once the run has begun. */
  let stop: (by: StoppedBy) => void = () => undefined
  const stopReasons: string[] = []
  let lastDoneS = 0
  let endedS = 0
  const addresses = new Map<string, Set<string>>()
  const crew = new Crew(
    plan,
    {
      snapshot: (snapshot) => timeline.add(snapshot),
      exhausted(count) {
        ending.by ??= count
        crew.stop(null)
      },
      stopRun(reason) {
        if (reason !== null && stopReasons.length === 0)
          stopReasons.push(`the scenario stopped the run: ${reason}`)
        stop('scenario')
      },
      deserted() {
        if (lostWorkers.length < plan.workers) stop(plan.data === null ? 'users' : 'data')
      },
      ended(worker, drained) {
        timeline.done(worker)
        lastDoneS = Math.max(lastDoneS, drained.lastDoneS)
        endedS = Math.max(endedS, drained.endedS)
        for (const [host, found] of Object.entries(drained.addresses))
          addresses.set(host, new Set([...(addresses.get(host) ?? []), ...found]))
      },
      lost: (worker, message) =>
        lostWorkers.push({ worker, second: timeline.lost(worker), message: secrets.hide(message, []) }),
    },
    { ...crewOptions, feeders },
  )
  try {
    const probe = probeTarget(plan, PROBE_MS)
    await crew.ready
    const problem = await probe
    const warnings = [
      ...[fileWarning, portWarning].filter((warning) => warning !== null),
      ...(problem === null ? [] : [`the target did not answer before the run: ${problem}`]),
      ...hostWarnings,
      ...(comparands?.warnings ?? []),
    ]

    const startUs = nowUs() + AHEAD_S * 1e6
    const startedAt = new Date(Date.now() + AHEAD_S * 1000).toISOString()
    const elapsedS = (): number => (nowUs() - startUs) / 1e6
    outputs.start({ plan: redactPlan(plan), version: VERSION, startedAt, warnings, elapsedS })
    crew.start(startUs)

    const hostWatch = watchHost()
    const metrics = plan.targetMetrics === null ? null : new TargetMetrics(plan.targetMetrics, elapsedS)
    const lookAtTarget = async (second: number): Promise<void> => {
      const vitals = (await metrics?.look()) ?? null
      if (vitals !== null && second >= 0) timeline.target(second, vitals)
    }
    void lookAtTarget(-1)
    let hostSecond = 0
    const tick = (): void => {
      const second = Math.floor(elapsedS())
      if (second > hostSecond) {
        timeline.host(second - 1, hostWatch.read())
        void lookAtTarget(second - 1)
        hostSecond = second
      }
      outputs.seconds(timeline.close(elapsedS()), timeline, soFar)
      if (gate.trip !== null && ending.by === null && elapsedS() < timeline.loadEndS) stop('threshold')
    }
    // What ended the load first stays what ended it: a stop in the drain, or after another, changes nothing of that.
    stop = (by) => {
      const atS = Math.max(0, elapsedS() + AHEAD_S)
      ending.by ??= atS < timeline.loadEndS ? by : 'duration'
      if (atS < timeline.loadEndS) timeline.endLoad(atS)
      crew.stop(atS)
    }
    const reportUntil = (
      durationS: number,
      comparands: Comparands | null,
      judged: Judgement | null = null,
    ): Report => {
      const facts = {
        version: VERSION,
        startedAt,
        durationS,
        host,
        stoppedBy: ending.by ?? 'duration',
        warnings: [...new Set([...warnings, ...control.warnings]), ...stopReasons, ...targetProblem(metrics)],
        lostWorkers,
        amendments,
        addresses: Object.fromEntries([...addresses].map(([host, found]) => [host, [...found].sort()])),
        gate,
        soundPerS: sound,
        comparands,
      }
      return buildReport(plan, timeline, facts, judged)
    }
    // A run that goes on is compared with nothing yet.
    const report = (): Report => reportUntil(timeline.rows.length, null, judgeSoFar())
    const soFar = { judged: judgeSoFar, report }
    const control = new Control(plan, {
      nextInstantS: () => Math.max(0, elapsedS()) + AHEAD_S,
      loadEndS: () => (ending.by === null ? timeline.loadEndS : -Infinity),
      carryOut(amendment, amended) {
        amendments.push(amendment)
        crew.amend(amendment)
        outputs.amended(redactPlan(amended), amendment)
      },
    })
    const ticker = setInterval(tick, TICK_MS)
    const abort = (): void => stop(signalOf(hooks.signal))
    if (hooks.signal?.aborted === true) abort()
    hooks.signal?.addEventListener('abort', abort, { once: true })
    try {
      hooks.onStart?.(control)
      await crew.finished
    } finally {
      clearInterval(ticker)
      hooks.signal?.removeEventListener('abort', abort)
      metrics?.end()
    }
    tick()

    const durationS = lostWorkers.length === plan.workers ? Math.max(0, elapsedS()) : endedS
    if (lostWorkers.length === plan.workers) {
      ending.by ??= 'workers'
      timeline.endLoad(Math.min(timeline.loadEndS, durationS))
    } else if (timeline.loadEndS > durationS || ending.by === 'requests' || ending.by === 'iterations')
      timeline.endLoad(Math.min(timeline.loadEndS, lastDoneS))
    outputs.seconds(timeline.finish(), timeline, soFar)

    const finished = reportUntil(durationS, comparands)
    await outputs.finish(finished)
    return finished
  } finally {
    await crew.dismiss()
  }
}

/** However often it failed, it is told once. */
const targetProblem = (metrics: TargetMetrics | null): string[] =>
  metrics === null || metrics.problem === null
    ? []
    : [`the target's own metrics could not be read at ${metrics.page}: ${metrics.problem}`]

/** The monotonic clock that all threads share, in µs. */
const nowUs = (): number => Number(process.hrtime.bigint() / 1000n)

function signalOf(signal: AbortSignal | undefined): StoppedBy {
  const reason: unknown = signal?.reason
  return reason === 'SIGINT' || reason === 'SIGTERM' ? reason : 'abort'
}

export function describeHost(): HostReport {
  const cores = findCores()
  return {
    node: process.version,
    platform: platform(),
    arch: arch(),
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cores.usable,
    cpuQuota: cores.quota,
    memoryBytes: totalmem(),
  }
}
