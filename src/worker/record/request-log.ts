/** Writes records of requests, all or one in N, into memory that the main thread reads. */
import {
  FIELD,
  PER_OUTCOME,
  ROW_OUTCOMES,
  RowWriter,
  type HandedRows,
} from '../../core/measure/request-rows.ts'
import type { RequestTally } from '../../core/measure/request-tally.ts'
import { OneIn } from '../../core/one-in.ts'
import { seededRandom } from '../../core/random.ts'
import { rowOf } from '../../core/request/row.ts'
import { globalIndex, type Share } from '../../core/share.ts'
import type { EndedRequest } from './ended-request.ts'

/** Apart from the streams of waits, tasks, requests and traces. */
const SAMPLE_STREAM = 0x71_0000
const OUTCOME_NUMBERS = new Map(ROW_OUTCOMES.map((outcome, i) => [outcome, i]))

export class RequestLog {
  readonly #writer: RowWriter
  readonly #share: Share
  readonly #hand: (rows: HandedRows) => void
  /** `null` if all requests are recorded. */
  readonly #chosen: OneIn | null
  /** The row of the report counts by the same object in all seconds, so that its name is looked up once. */
  readonly #names = new Map<RequestTally, number>()
  readonly #methods = new Map<string, number>()
  readonly #scenarios = new Map<string | null, number>([[null, 0]])
  #newNames: string[] = []
  #newMethods: string[] = []
  #newScenarios: string[] = []

  /** `every`: one request in this number is recorded; `hand` is called with what the main thread can read. */
  constructor(
    memory: SharedArrayBuffer,
    every: number,
    seed: number,
    share: Share,
    hand: (rows: HandedRows) => void,
  ) {
    this.#writer = new RowWriter(memory)
    this.#chosen = every === 1 ? null : new OneIn(every, seededRandom(seed, SAMPLE_STREAM + share.index))
    this.#share = share
    this.#hand = hand
  }

  /** A request ended, or was cut off at the end of the drain: records it if it is chosen. */
  ended({ exchange, tally, scenario, user, sinceUs, trace }: EndedRequest): void {
    if (this.#chosen !== null && !this.#chosen.next()) return
    const writer = this.#writer
    const at = writer.claim()
    if (at < 0) return
    const { values } = writer
    const { plan } = exchange.request!
    const { sentUs, firstByteUs, doneUs, status, outcome } = exchange
    let name = this.#names.get(tally)
    if (name === undefined) {
      this.#names.set(tally, (name = this.#names.size))
      this.#newNames.push(rowOf(plan))
    }
    values[at + FIELD.name] = name
    values[at + FIELD.method] = this.#methods.get(plan.method) ?? this.#newMethod(plan.method)
    values[at + FIELD.scenario] = this.#scenarios.get(scenario) ?? this.#newScenario(scenario!)
    values[at + FIELD.user] = globalIndex(user, this.#share)
    values[at + FIELD.due] = Math.round(sinceUs)
    values[at + FIELD.sent] = Math.round(sentUs)
    values[at + FIELD.done] = Math.round(doneUs)
    values[at + FIELD.blocked] = Math.round(exchange.blockedUs)
    values[at + FIELD.dns] = Math.round(exchange.dnsUs)
    values[at + FIELD.connect] = Math.round(exchange.connectUs)
    values[at + FIELD.tls] = Math.round(exchange.tlsUs)
    values[at + FIELD.firstByte] = firstByteUs > 0 ? Math.round(firstByteUs - sentUs) : -1
    values[at + FIELD.result] = (outcome === 'ok' ? 0 : OUTCOME_NUMBERS.get(outcome)!) * PER_OUTCOME + status
    values[at + FIELD.bytesIn] = exchange.bytesIn
    values[at + FIELD.bytesOut] = exchange.bytesOut
    values[at + FIELD.trace] = values[at + FIELD.trace + 1] = 0
    if (trace !== null) writer.trace(at, trace.traceId)
    if (writer.isRipe) this.flush()
  }

  /** Hands over what is written. */
  flush(): void {
    const words = { names: this.#newNames, methods: this.#newMethods, scenarios: this.#newScenarios }
    const handed = this.#writer.hand(words)
    if (handed === null) return
    this.#hand(handed)
    this.#newNames = []
    this.#newMethods = []
    this.#newScenarios = []
  }

  #newMethod(method: string): number {
    const number = this.#methods.size
    this.#methods.set(method, number)
    this.#newMethods.push(method)
    return number
  }

  #newScenario(scenario: string): number {
    const number = this.#scenarios.size
    this.#scenarios.set(scenario, number)
    this.#newScenarios.push(scenario)
    return number
  }
}
