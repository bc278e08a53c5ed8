/**
 * Sends a run to an OTLP collector: all settled seconds, every 10 s of run time and at the end. The first failed push is
 * reported; later pushes are still made, because they contain the missing data. Spans of traced requests go out each second.
 */
import type { OtlpTarget } from '../../core/export/otlp-options.ts'
import type { Report } from '../../core/report/report.ts'
import type { Attributes } from '../../core/export/exported-series.ts'
import { Telemetry } from '../../core/export/telemetry.ts'
import type { RequestSpan } from '../../core/measure/request-record.ts'
import type { SettledSecond } from '../../core/measure/timeline.ts'
import { messageOf } from '../../errors.ts'
import { Collector } from './collector.ts'
import { SpanPush } from './span-push.ts'
import { renderOtlp } from './otlp-payload.ts'
import type { Output, RunStart } from '../output.ts'

const PERIOD_S = 10

export class OtlpPush implements Output {
  readonly name: string
  readonly #collector: Collector
  readonly #resource: Attributes
  readonly #tracesUrl: string | null
  /** `null` if the run has no traces. */
  #spans: SpanPush | null = null
  /** Series of the run in progress. */
  #run: { readonly telemetry: Telemetry; readonly startMs: number; readonly version: string } | null = null
  /** The push in progress. */
  #underWay: AbortController | null = null
  #pushedS = 0

  /** `instance` distinguishes this run from others that send to the same collector. */
  constructor(target: OtlpTarget, instance: string, firstPauseMs?: number) {
    this.#collector = new Collector(target, firstPauseMs)
    this.name = `otlp=${this.#collector.name}`
    this.#tracesUrl = target.tracesUrl
    this.#resource = { 'service.instance.id': instance, ...target.resource }
  }

  start({ plan, startedAt, version, agentsNow }: RunStart): void {
    const startMs = Date.parse(startedAt)
    this.#run = { telemetry: new Telemetry(plan, agentsNow?.()), startMs, version }
    const scope = { resource: this.#resource, version, agents: agentsNow?.() ?? [] }
    this.#spans = plan.trace === null ? null : new SpanPush(this.#collector, this.#tracesUrl, startMs, scope)
  }

  traced(spans: readonly RequestSpan[], lost: number): Promise<void> {
    return this.#spans!.add(spans, lost)
  }

  settled(second: SettledSecond): Promise<void> | void {
    this.#run!.telemetry.settle(second)
    // Skipped while a push is in progress: the next one contains all of its data.
    if ((second.second + 1) % PERIOD_S === 0 && this.#underWay === null) return this.#push()
  }

  async finish(report: Report): Promise<void> {
    this.#run!.telemetry.finish(report)
    this.#underWay?.abort()
    const [metrics, spans] = await Promise.allSettled([this.#push(), this.#spans?.finish()])
    if (metrics.status === 'rejected') throw metrics.reason
    if (spans.status === 'rejected') throw spans.reason
  }

  async #push(): Promise<void> {
    const { telemetry, startMs, version } = this.#run!
    // A short last second must not move the time backwards.
    this.#pushedS = Math.max(this.#pushedS, telemetry.endS)
    const text = renderOtlp(
      telemetry.series(),
      { startMs, endS: this.#pushedS },
      { resource: this.#resource, version },
    )
    const ending = new AbortController()
    this.#underWay = ending
    try {
      await this.#collector.push(text, ending.signal)
    } catch (error) {
      // Replaced by the last push, which contains its data.
      if (ending.signal.aborted) return
      throw new Error(`did not accept all metrics: ${messageOf(error)}`, { cause: error })
    } finally {
      if (this.#underWay === ending) this.#underWay = null
    }
  }
}
