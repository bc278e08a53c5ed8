/** Virtual time, and a network in it: a worker's load runs on both without waiting for anything. */
import type { Outcome, Phase } from '../../src/core/request/outcome.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { Headers, RequestPlan } from '../../src/core/request/request.ts'
import type { Alarm, Clock } from '../../src/worker/time/clock.ts'
import type { Connection, Exchange, Prepared, Transport } from '../../src/worker/transport/transport.ts'

interface Appointment {
  readonly atUs: number
  readonly callback: () => void
  isCancelled: boolean
}

export interface Cancellable {
  cancel(): void
}

/** A clock that stands still until it is run forward; what falls on one instant happens in the order it was asked for. */
export class VirtualClock implements Clock {
  #nowUs: number
  /** Sorted by time, the next one last. */
  readonly #appointments: Appointment[] = []
  readonly nowUs = (): number => this.#nowUs
  /** Lets promises settle between two callbacks; tasks have longer chains of them than the load. */
  settle = (): Promise<void> => Promise.resolve()

  constructor(startUs = 0) {
    this.#nowUs = startUs
  }

  /** As coarse as a platform may be: whole milliseconds from when it was set, and never at once. */
  alarm(callback: () => void): Alarm {
    let appointment: Cancellable | null = null
    const cancel = (): void => appointment?.cancel()
    return {
      set: (atUs) => {
        cancel()
        const delayMs = Math.max(1, Math.ceil((atUs - this.#nowUs) / 1000))
        appointment = this.at(this.#nowUs + delayMs * 1000, callback)
      },
      cancel,
    }
  }

  /** To the microsecond, as a network has it. */
  at(atUs: number, callback: () => void): Cancellable {
    const appointment: Appointment = { atUs, callback, isCancelled: false }
    let low = 0
    let high = this.#appointments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#appointments[middle]!.atUs > atUs) low = middle + 1
      else high = middle
    }
    this.#appointments.splice(low, 0, appointment)
    return { cancel: () => (appointment.isCancelled = true) }
  }

  /**
   * Runs forward; everything happens at its own instant, or now if that has passed already. Promises settle in
   * between, as they do between two callbacks of the platform.
   */
  async runTo(untilUs: number): Promise<void> {
    for (let next = this.#appointments.at(-1); next !== undefined; next = this.#appointments.at(-1)) {
      if (next.atUs > untilUs) break
      this.#appointments.pop()
      if (next.isCancelled) continue
      this.#nowUs = Math.max(this.#nowUs, next.atUs)
      next.callback()
      await this.settle()
    }
    this.#nowUs = Math.max(this.#nowUs, untilUs)
  }

  /** The event loop is blocked: time goes by and nothing happens. What was due meanwhile comes late. */
  block(byUs: number): void {
    this.#nowUs += byUs
  }
}

/** What the simulated target does with a request. */
export interface Answer {
  /** From sent to done, connecting included; Infinity for never. */
  readonly afterUs: number
  /** How long a connection takes to stand, where one is needed; Infinity for never. @default 0 */
  readonly connectUs?: number
  /** How long it waited for a shared connection. @default none is shared */
  readonly blockedUs?: number
  /** When its reused connection is lost, counted from sent; it is then sent again on a new one. @default never */
  readonly lostUs?: number
  /** How it ends. @default ok */
  readonly outcome?: Outcome
  /** @default 200 */
  readonly status?: number
  /** Where a redirect leads. */
  readonly location?: string
  /** Cookies and challenges. */
  readonly userHeaders?: Headers
  /** The transport will not send it. */
  readonly isRefused?: boolean
}

/** A request as the network saw it. */
export interface Sent {
  readonly atUs: number
  /** Number of the connection, in the order in which users opened theirs. */
  readonly connection: number
  /** Number of the request on its connection, from 0. */
  readonly turn: number
  readonly request: RequestPlan
  /** Headers that were sent besides. */
  readonly added: Headers
  /** When it ended, and how; null while it is in flight. */
  doneUs: number | null
  outcome: Exchange['outcome'] | null
}

export class SimulatedTransport implements Transport {
  /** All requests so far, in the order in which they were sent. */
  readonly sent: Sent[] = []
  readonly clock: VirtualClock
  readonly answer: (request: Sent) => Answer
  /** Whether `cut` calls `done` at once; else it does a moment later. The contract allows both. */
  readonly cutsAtOnce: boolean
  /** Whether a request on an open connection goes out a turn later; the contract allows both. */
  readonly looksFirst: boolean
  connections = 0

  constructor(
    clock: VirtualClock,
    answer: (request: Sent) => Answer,
    { cutsAtOnce = false, looksFirst = false } = {},
  ) {
    this.clock = clock
    this.answer = answer
    this.cutsAtOnce = cutsAtOnce
    this.looksFirst = looksFirst
  }

  prepare(plan: RequestPlan): Prepared {
    return { plan, bytesOut: 10, isIdempotent: true, to: '' }
  }

  connection(): Connection {
    return new SimulatedConnection(this, this.connections++)
  }
}

class SimulatedConnection implements Connection {
  readonly #network: SimulatedTransport
  readonly #number: number
  #turn = 0
  #isOpen = false
  #exchange: Exchange | null = null
  #record: Sent | null = null
  #appointments: Cancellable[] = []

  constructor(network: SimulatedTransport, number: number) {
    this.#network = network
    this.#number = number
  }

  send(exchange: Exchange, request: Prepared): void {
    if (this.#exchange !== null) throw new Error('a connection carries one exchange at a time')
    const atUs = this.#network.clock.nowUs()
    exchange.begin(request)
    this.#exchange = exchange
    this.#record = null
    // As on a connection that was idle: the loop looks at it first.
    if (this.#isOpen && this.#network.looksFirst) this.#later(atUs, () => this.#go(exchange))
    else this.#go(exchange)
  }

  #go(exchange: Exchange): void {
    const { clock, sent, answer } = this.#network
    const atUs = clock.nowUs()
    exchange.sentUs = atUs
    this.#record = {
      atUs,
      connection: this.#number,
      turn: this.#turn++,
      request: exchange.request!.plan,
      added: exchange.added,
      doneUs: null,
      outcome: null,
    }
    const {
      afterUs,
      connectUs = 0,
      blockedUs = -1,
      lostUs = Infinity,
      outcome = 'ok',
      status = 200,
      location = '',
      userHeaders = [],
      isRefused = false,
    } = answer(this.#record)
    if (isRefused) {
      exchange.sentUs = 0
      const record = this.#record
      this.#record = null
      this.#later(atUs, () => {
        exchange.sentUs = clock.nowUs()
        sent.push((this.#record = { ...record, atUs: exchange.sentUs }))
        this.#finish(outcome, 'refused')
      })
      return
    }
    sent.push(this.#record)
    exchange.blockedUs = blockedUs
    if (!this.#isOpen) this.#connect(exchange, atUs, connectUs)
    else
      this.#later(atUs + lostUs, () => {
        exchange.isRetried = true
        this.#connect(exchange, clock.nowUs(), connectUs)
        exchange.listener.connecting(clock.nowUs())
      })
    this.#later(atUs + Math.max(afterUs, this.#isOpen ? 0 : outcome === 'ok' ? connectUs : 0), () => {
      const phase = outcome.split('.')[0]!
      if (outcome === 'ok') {
        exchange.status = status
        exchange.location = location
        if (exchange.wantsUserHeaders) exchange.userHeaders = userHeaders
        exchange.phase = 'body'
        exchange.firstByteUs = clock.nowUs()
        exchange.bytesIn = 100
      } else if (outcome !== 'status' && outcome !== 'check') exchange.phase = phase as Phase
      this.#finish(outcome, outcome === 'ok' ? '' : `simulated ${outcome}`)
    })
    exchange.listener.sent()
  }

  #connect(exchange: Exchange, atUs: number, connectUs: number): void {
    this.#isOpen = exchange.reused = false
    exchange.phase = 'connect'
    this.#later(atUs + connectUs, () => {
      this.#isOpen = true
      exchange.phase = 'headers'
      exchange.connectUs = connectUs
    })
  }

  cut(reason: 'timeout' | 'unfinished'): void {
    const exchange = this.#exchange!
    this.#cancel()
    const finish = (): void =>
      this.#finish(reason === 'unfinished' ? 'unfinished' : `${exchange.phase}.timeout`, 'cut')
    if (this.#network.cutsAtOnce) finish()
    else this.#later(this.#network.clock.nowUs(), finish)
  }

  stopReading(): void {
    // Its responses have no bodies.
  }

  startReading(): void {
    // Its responses have no bodies.
  }

  close(): void {
    this.#cancel()
    this.#exchange = null
    this.#isOpen = false
  }

  #later(atUs: number, callback: () => void): void {
    if (atUs < Infinity) this.#appointments.push(this.#network.clock.at(atUs, callback))
  }

  #cancel(): void {
    for (const appointment of this.#appointments) appointment.cancel()
    this.#appointments = []
  }

  #finish(outcome: Exchange['outcome'], message: string): void {
    this.#cancel()
    const exchange = this.#exchange!
    this.#exchange = null
    if (outcome !== 'ok') this.#isOpen = false
    exchange.doneUs = this.#network.clock.nowUs()
    exchange.outcome = outcome
    exchange.canFollow = outcome === 'ok'
    exchange.message = message
    if (this.#record !== null) {
      this.#record.doneUs = exchange.doneUs
      this.#record.outcome = outcome
    }
    exchange.listener.done()
  }
}

/** A target with moods: quick, slow, refusing, resetting, unwilling, silent; and, if it may, a transport that does not send. */
export function moody(seed: number, mayRefuse = true): (request: Sent) => Answer {
  return ({ connection, turn }) => {
    const random = seededRandom(seed, connection * 100_000 + turn)
    const mood = random()
    const afterUs = Math.round(1000 + random() * 80_000)
    if (mood < 0.6) return { afterUs, connectUs: 500 }
    if (mood < 0.7) return { afterUs: afterUs * 10, connectUs: 500 }
    if (mood < 0.8) return { afterUs: 700, connectUs: Infinity, outcome: 'connect.refused' }
    if (mood < 0.83) return { afterUs, outcome: 'body.reset' }
    if (mood < 0.85 && mayRefuse) return { afterUs: 0, outcome: 'headers.malformed', isRefused: true }
    if (mood < 0.93) return { afterUs, status: 503 }
    return { afterUs: Infinity, connectUs: mood < 0.96 ? Infinity : 500 }
  }
}
