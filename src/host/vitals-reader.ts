/** Reads the vitals of the conducting host, and of the target if the plan says where, once a second into the record. */
import type { HostVitalSigns } from './machine/host-vitals.ts'
import type { RunRecord } from './run-record.ts'
import { TargetMetrics } from './target-metrics.ts'

export class VitalsReader {
  readonly #record: RunRecord
  readonly #host: HostVitalSigns | null
  readonly #target: TargetMetrics | null
  /** The second that is not over yet. */
  #second = 0

  /**
   * `host` is `null` if the work is done elsewhere. `targetUrl` is the page of the target's own metrics, `null` without
   * one; `elapsedS` is run time.
   */
  constructor(
    record: RunRecord,
    host: HostVitalSigns | null,
    targetUrl: string | null,
    elapsedS: () => number,
  ) {
    this.#record = record
    this.#host = host
    this.#target = targetUrl === null ? null : new TargetMetrics(targetUrl, elapsedS)
    void this.#readTarget(-1)
  }

  /** Reads the vitals of the second that has ended by this run time, if one has. */
  read(elapsedS: number): void {
    const second = Math.floor(elapsedS)
    if (second <= this.#second) return
    if (this.#host !== null) this.#record.timeline.host(second - 1, this.#host.read())
    void this.#readTarget(second - 1)
    this.#second = second
  }

  /** Gives up a page of the target's metrics that has not come yet. */
  end(): void {
    this.#target?.end()
  }

  async #readTarget(second: number): Promise<void> {
    if (this.#target === null) return
    const vitals = await this.#target.look()
    const { problem, page } = this.#target
    if (problem !== null)
      this.#record.warn(`the target's own metrics could not be read at ${page}: ${problem}`)
    if (vitals !== null && second >= 0) this.#record.timeline.target(second, vitals)
  }
}
