/** A request that ended, as what looks at single requests sees it. */
import type { RequestTally } from '../../core/measure/request-tally.ts'
import type { Trace } from '../../core/request/traceparent.ts'
import type { Exchange } from '../transport/transport.ts'

export interface EndedRequest {
  readonly exchange: Exchange
  /** Counts of its row. */
  readonly tally: RequestTally
  /** Scenario of its user; `null` unless it has a name. */
  readonly scenario: string | null
  /** Place of the user in this worker. */
  readonly user: number
  /** When its latency begins, in µs of run time. */
  readonly sinceUs: number
  readonly trace: Trace | null
}
