/** Exported totals of one request name, over the settled seconds. */
import { Buckets } from './buckets.ts'
import { subtract, type PackedHistogram } from '../measure/histogram.ts'
import type { RequestTally } from '../measure/request-tally.ts'

export class NameTotals {
  readonly latency = new Buckets()
  readonly succeeded = new Buckets()
  readonly failed = new Buckets()
  readonly outcomes = new Map<string, number>()
  readonly statuses = new Map<number, number>()
  sent = 0
  unfinished = 0
  bytesIn = 0
  bytesDecoded = 0
  bytesOut = 0

  add(request: RequestTally, isOpen: boolean): void {
    const packed = (name: Parameters<RequestTally['peek']>[0]): PackedHistogram | null =>
      request.peek(name)?.pack() ?? null
    const latency = packed('latency')
    this.latency.add(latency)
    this.succeeded.add(subtract(isOpen ? packed('service') : latency, packed('reached')))
    this.failed.add(packed(isOpen ? 'failedService' : 'failedLatency'))
    for (const [outcome, n] of request.outcomes)
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + n)
    for (const [status, n] of request.statuses)
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + n)
    this.sent += request.sent
    this.unfinished += request.unfinished
    this.bytesIn += request.bytesIn
    this.bytesDecoded += request.bytesDecoded
    this.bytesOut += request.bytesOut
  }
}
