/** The statistics that the live page shows since a reader has reset them. The record of the run is not touched. */
import { deriveMetrics, type Metrics } from '../../core/measure/metrics.ts'
import { mergeRequest, packRequest, RequestTally } from '../../core/measure/request-tally.ts'
import type { SettledSecond } from '../../core/measure/timeline.ts'
import type { Since } from './web-messages.ts'

export class Statistics {
  readonly #atS: number
  readonly #all = new RequestTally(true)
  readonly #names = new Map<string, RequestTally>()
  #loadS = 0

  /** `atS` is the run time of the reset: seconds before it do not count. */
  constructor(atS: number) {
    this.#atS = atS
  }

  settled({ second, loadS, tally, all }: SettledSecond): void {
    if (second < this.#atS) return
    this.#loadS += loadS
    mergeRequest(this.#all, packRequest('', all))
    for (const [name, request] of tally.requests) {
      let own = this.#names.get(name)
      if (own === undefined) this.#names.set(name, (own = new RequestTally(true)))
      mergeRequest(own, packRequest(name, request))
    }
  }

  get since(): Since {
    const metrics = (request: RequestTally): Metrics =>
      deriveMetrics(request, { loadS: this.#loadS, carriedIn: 0 })
    const byName = [...this.#names].map(([name, request]) => [name, metrics(request)] as const)
    return { atS: this.#atS, total: metrics(this.#all), byName: Object.fromEntries(byName) }
  }
}
