/**
 * Fewer connections than users (`--connections`): the users of a worker share its part of them, for each origin. A request
 * takes a connection that has room, or waits in a queue for one: first come, first served. Works over every transport.
 *
 * A request counts as sent when its user asks for a connection, so the wait is part of its latency and no lag. It is kept
 * as a phase of its own (`blocked`, as in HAR), between that instant and the one at which the request itself begins.
 *
 * A connection that comes free late, because its response waited for this thread, makes the requests behind it wait as
 * well. So a pool adds up the spans in which responses can have waited for this thread, and those that fall into the wait
 * of a request are part of its error bound. In the open model, whose requests are due by the clock, so are those that had
 * made the queue longer before: all since a connection was last free.
 */
import { globalIndex, portion, type Share } from '../../core/share.ts'
import type { Clock } from '../time/clock.ts'
import type { Turn } from '../time/turn.ts'
import type { RequestPlan } from '../../core/request/request.ts'
import type { Channel, Connection, Exchange, ExchangeListener, Prepared, Transport } from './transport.ts'

/** How connections are shared. */
export interface Sharing {
  /** Connections of the whole run, to each origin. */
  readonly connections: number
  /** The most requests at once on one of them, where the transport can; `null` for what the server allows. */
  readonly streams: number | null
  readonly share: Share
  /** Whether iterations are due by the clock. */
  readonly isOpen: boolean
}

/** Origins whose connections are kept; beyond that, those of idle ones are closed. */
const MOST_POOLS = 100

/** The transport with its connections shared. */
export const shared = (transport: Transport, sharing: Sharing, clock: Clock, turn: Turn): Transport =>
  new SharedTransport(transport, sharing, clock, turn)

class SharedTransport implements Transport {
  readonly #transport: Transport
  readonly #sharing: Sharing
  readonly clock: Clock
  readonly turn: Turn
  readonly #pools = new Map<unknown, Pool>()

  constructor(transport: Transport, sharing: Sharing, clock: Clock, turn: Turn) {
    this.#transport = transport
    this.#sharing = sharing
    this.clock = clock
    this.turn = turn
  }

  prepare(plan: RequestPlan): Prepared {
    return this.#transport.prepare(plan)
  }

  connection(): Connection {
    return new SharedConnection(this)
  }

  /** The connections to where this request goes. */
  poolFor(request: Prepared): Pool {
    let pool = this.#pools.get(request.to)
    if (pool !== undefined) return pool
    if (this.#pools.size >= MOST_POOLS) this.#closeIdle()
    pool = new Pool(this.#transport, this.#sharing, this, request)
    this.#pools.set(request.to, pool)
    return pool
  }

  #closeIdle(): void {
    for (const [to, pool] of this.#pools) if (pool.close()) this.#pools.delete(to)
  }
}

/** A connection in its pool. */
interface Slot {
  readonly channel: Channel
  /** Whether it is in the queue of those that have room. */
  isListed: boolean
}

/** The connections of a worker to one origin. */
class Pool {
  readonly #transport: Transport
  readonly #sharing: Sharing
  readonly #clock: Clock
  readonly #turn: Turn
  readonly #request: Prepared
  readonly #most: number
  readonly #slots: Slot[] = []
  /** Connections that have room, the one that has had it longest first: all of them are used in turn. */
  #free = new Fifo<Slot>()
  /** Users that wait for a connection: a list, as any of them may leave it. */
  #first: SharedConnection | null = null
  #last: SharedConnection | null = null
  /** Connections whose requests failed: nothing may be sent from within that. */
  #failed: Slot[] = []
  /** For how long, in all, responses and what follows on them can have waited for this thread; up to which instant. */
  #owedUs = 0
  #owedUntilUs = 0
  /** The same when a connection was last free. */
  #owedWhenFreeUs = 0

  constructor(
    transport: Transport,
    sharing: Sharing,
    { clock, turn }: { readonly clock: Clock; readonly turn: Turn },
    request: Prepared,
  ) {
    this.#transport = transport
    this.#sharing = sharing
    this.#clock = clock
    this.#turn = turn
    this.#request = request
    this.#most = portion(sharing.connections, sharing.share)
  }

  /** Returns a connection with room for one more request; `null` if there is none, or if others wait. */
  take(): Slot | null {
    if (this.#first !== null) return null
    const slot = this.#slots.length < this.#most ? this.#made() : this.#nextFree()
    // It stays in turn if it has room for another one besides.
    if (slot !== null && slot.channel.room > 1) this.#list(slot)
    if (slot !== null) this.#owedWhenFreeUs = this.#owedUs
    return slot
  }

  wait(user: SharedConnection): void {
    user.before = this.#last
    if (this.#last === null) this.#first = user
    else this.#last.after = user
    this.#last = user
  }

  leave(user: SharedConnection): void {
    if (user.before === null) this.#first = user.after
    else user.before.after = user.after
    if (user.after === null) this.#last = user.before
    else user.after.before = user.before
    user.before = user.after = null
  }

  /** A request has ended on a connection, now or just before. */
  release(slot: Slot, canFollow: boolean): void {
    this.owe(this.#clock.nowUs())
    if (canFollow) this.#serve(slot)
    else if (this.#failed.push(slot) === 1) setImmediate(this.#serveFailed)
  }

  /** What happens now can have waited for this thread. */
  owe(nowUs: number): void {
    if (nowUs <= this.#owedUntilUs) return
    this.#owedUs += nowUs - Math.max(this.#owedUntilUs, nowUs - this.#turn.boundUs(nowUs))
    this.#owedUntilUs = nowUs
  }

  /** Where a request that begins to wait now begins to count what it owes. */
  get owedFromUs(): number {
    return this.#sharing.isOpen ? this.#owedWhenFreeUs : this.#owedUs
  }

  /** How much later a request is than without this thread, at most. */
  owedSinceUs(owedFromUs: number): number {
    return this.#owedUs - owedFromUs
  }

  /** Closes all connections if nothing is under way, and says whether it did. */
  close(): boolean {
    if (this.#first !== null || this.#slots.some(({ channel }) => !channel.isIdle)) return false
    for (const { channel } of this.#slots) channel.close()
    return true
  }

  readonly #serveFailed = (): void => {
    const failed = this.#failed
    this.#failed = []
    this.owe(this.#clock.nowUs())
    for (const slot of failed) this.#serve(slot)
  }

  /** Gives its room to those who wait. */
  #serve(slot: Slot): void {
    while (this.#first !== null && slot.channel.room > 0) {
      const user = this.#first
      this.leave(user)
      user.go(slot)
    }
    if (slot.channel.room > 0) this.#list(slot)
  }

  #list(slot: Slot): void {
    if (slot.isListed) return
    slot.isListed = true
    this.#free.push(slot)
  }

  #nextFree(): Slot | null {
    for (;;) {
      const slot = this.#free.shift()
      if (slot === null) return null
      slot.isListed = false
      if (slot.channel.room > 0) return slot
    }
  }

  #made(): Slot {
    const { share, streams } = this.#sharing
    const number = globalIndex(this.#slots.length, share)
    const grew = (): void => {
      this.owe(this.#clock.nowUs())
      this.#serve(slot)
    }
    const channel =
      this.#transport.channel?.(number, streams, grew) ??
      new OneAtATime(this.#transport.connection(number, this.#request))
    const slot: Slot = { channel, isListed: false }
    this.#slots.push(slot)
    return slot
  }
}

/** What a user has for a connection: its request takes one of the pool's for itself, or a part of it. */
class SharedConnection implements Connection, ExchangeListener {
  readonly #shared: SharedTransport
  #exchange: Exchange | null = null
  #request: Prepared | null = null
  /** The listener of who sent the exchange. */
  #caller: ExchangeListener | null = null
  #pool: Pool | null = null
  /** The connection in use; `null` if there is none. */
  #slot: Slot | null = null
  /** Since when the request waits, or waited, for a connection; negative if it had one at once. */
  #sinceUs = -1
  #isWaiting = false
  /** The request has begun after its wait. */
  #hasBegun = false
  #owedFromUs = 0
  /** Neighbours in the queue. */
  before: SharedConnection | null = null
  after: SharedConnection | null = null
  /** When a request that has waited was written, or began to connect. */
  sentUs = 0

  constructor(transport: SharedTransport) {
    this.#shared = transport
  }

  send(exchange: Exchange, request: Prepared): void {
    const caller = exchange.listener
    this.#exchange = exchange
    this.#request = request
    this.#caller = caller
    exchange.listener = this
    const pool = (this.#pool = this.#shared.poolFor(request))
    const slot = pool.take()
    if (slot !== null) {
      this.#sinceUs = -1
      exchange.blockedUs = 0
      this.#slot = slot
      slot.channel.send(exchange, request)
      return
    }
    exchange.begin(request)
    exchange.phase = 'blocked'
    exchange.reused = false
    exchange.blockedUs = -1
    exchange.sentUs = this.#sinceUs = this.#shared.clock.nowUs()
    this.#isWaiting = true
    this.#hasBegun = false
    this.#owedFromUs = pool.owedFromUs
    pool.wait(this)
    caller.sent()
  }

  /** Its turn has come. */
  go(slot: Slot): void {
    this.#isWaiting = false
    this.#slot = slot
    slot.channel.send(this.#exchange!, this.#request!)
  }

  // ── What becomes of the exchange ──

  sent(): void {
    const caller = this.#caller!
    if (this.#sinceUs < 0) {
      caller.sent()
      return
    }
    const exchange = this.#exchange!
    const pool = this.#pool!
    const begunUs = exchange.sentUs
    pool.owe(begunUs)
    exchange.blockedUs = begunUs - this.#sinceUs
    exchange.sentUs = this.#sinceUs
    exchange.ownUs += Math.min(exchange.blockedUs, pool.owedSinceUs(this.#owedFromUs))
    this.sentUs = begunUs
    this.#hasBegun = true
    this.#shared.turn.sent(this)
    if (!exchange.reused) caller.connecting(begunUs)
  }

  get ownUs(): number {
    return this.#exchange!.ownUs
  }

  set ownUs(us: number) {
    this.#exchange!.ownUs = us
  }

  connecting(nowUs: number): void {
    this.#caller!.connecting(nowUs)
  }

  done(): void {
    const exchange = this.#exchange!
    const slot = this.#slot!
    // Cut off before it began: what it has waited counts.
    if (this.#sinceUs >= 0 && !this.#hasBegun) exchange.sentUs = this.#sinceUs
    const caller = this.#leave(exchange)
    slot.channel.ended(exchange)
    this.#pool!.release(slot, exchange.canFollow)
    caller.done()
  }

  cut(reason: 'timeout' | 'unfinished'): void {
    const exchange = this.#exchange!
    if (this.#slot !== null) this.#slot.channel.cut(exchange, reason)
    else if (this.#isWaiting) {
      this.#pool!.leave(this)
      exchange.doneUs = this.#shared.clock.nowUs()
      exchange.outcome = reason === 'timeout' ? 'blocked.timeout' : reason
      exchange.message = reason === 'timeout' ? 'timed out in phase blocked' : ''
      this.#leave(exchange).done()
    }
  }

  stopReading(): void {
    this.#slot?.channel.stopReading(this.#exchange!)
  }

  startReading(): void {
    this.#slot?.channel.startReading(this.#exchange!)
  }

  close(): void {
    const exchange = this.#exchange
    const slot = this.#slot
    if (exchange === null) return
    if (this.#isWaiting) this.#pool!.leave(this)
    if (slot !== null || this.#isWaiting) this.#leave(exchange)
    if (slot === null) return
    slot.channel.drop(exchange)
    slot.channel.ended(exchange)
    this.#pool!.release(slot, false)
  }

  /** Gives the exchange back to who sent it. */
  #leave(exchange: Exchange): ExchangeListener {
    const caller = this.#caller!
    exchange.listener = caller
    this.#slot = null
    this.#isWaiting = false
    return caller
  }
}

/** A connection of HTTP/1.1 in a pool: one request at a time. */
class OneAtATime implements Channel {
  readonly #connection: Connection
  isIdle = true

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get room(): number {
    return this.isIdle ? 1 : 0
  }

  send(exchange: Exchange, request: Prepared): void {
    this.isIdle = false
    this.#connection.send(exchange, request)
  }

  ended(): void {
    this.isIdle = true
  }

  cut(_: Exchange, reason: 'timeout' | 'unfinished'): void {
    this.#connection.cut(reason)
  }

  stopReading(): void {
    this.#connection.stopReading()
  }

  startReading(): void {
    this.#connection.startReading()
  }

  drop(): void {
    this.#connection.close()
  }

  close(): void {
    this.#connection.close()
  }
}

/** A queue whose ends cost the same, however long it is. */
class Fifo<T> {
  #items: T[] = []
  #from = 0

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | null {
    if (this.#from === this.#items.length) return null
    const item = this.#items[this.#from++]!
    if (this.#from > 1000 && this.#from * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#from)
      this.#from = 0
    }
    return item
  }
}
