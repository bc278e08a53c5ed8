/**
 * What coordinator and agents say to each other, and how it is written. Payloads are JSON in UTF-8; host seconds and
 * plans are deflated, as are longer texts. Whatever cannot be read is a `WireFault`.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { HostSecond } from '../core/fleet/host-second.ts'
import {
  amount,
  byType,
  count,
  countTo,
  fieldsOf,
  flag,
  listOf,
  matching,
  objectOf,
  oneOf,
  orNull,
  partsOf,
  real,
  recordOf,
  textTo,
  WireFault,
  type Shape,
  type Shaped,
} from '../core/fleet/shape.ts'
import { SUBJECT_NAME } from '../core/fleet/subjects.ts'
import { fromWire, toWire } from '../core/fleet/wire-form.ts'
import type { HostReport } from '../core/measure/host-facts.ts'
import type { LogEntry } from '../core/measure/task-log.ts'
import type { Amendment } from '../core/plan/amendment.ts'
import type { Plan } from '../core/plan/plan.ts'
import { messageOf } from '../errors.ts'

/** The number of this way to talk; agents that talk otherwise are not claimed. */
export const PROTOCOL = 1

/** What is longer is not read: a plan of many requests is the longest that there is. */
const MOST_BYTES = 64 * 1024 * 1024
const ID = /^[A-Za-z0-9_-]{1,64}$/
const short = textTo(1000)
const long = textTo(100_000)

const labels = recordOf(short, 100)

const machine: Shape<HostReport> = (value) => {
  fieldsOf({ node: short, platform: short, arch: short, cpuModel: short, cores: count })(value)
  return objectOf(value) as unknown as HostReport
}

/** What an agent says of itself. */
export const card = fieldsOf({
  name: matching(SUBJECT_NAME),
  instance: matching(ID),
  labels,
  version: short,
  node: short,
  protocol: count,
  state: oneOf('idle', 'claimed', 'running'),
  /** Who has claimed it; `null` for nobody. */
  coordinator: orNull(short),
  workers: countTo(1024),
  host: machine,
  /** Connections that the limit of open files leaves room for; `null` if there is no limit. */
  spareDescriptors: orNull(count),
  /** Requests per second that it was measured to make soundly, by transport; `null` if it was not measured. */
  soundPerS: orNull(recordOf(amount, 100)),
  /** How safe its connection to the NATS server is. */
  link: oneOf('tls', 'loopback', 'plain'),
  accepts: fieldsOf({
    hosts: listOf(short, 1000),
    scenarios: flag,
    ratePerS: orNull(amount),
    users: orNull(amount),
  }),
})
export type Card = Shaped<typeof card>

export const question = fieldsOf({ where: labels })

const amendment: Shape<Amendment> = (value) => {
  const { atS, overS } = fieldsOf({ atS: amount, overS: amount })(value)
  if ('durationS' in objectOf(value))
    return { ...fieldsOf({ durationS: orNull(amount) })(value), atS, overS: 0 }
  return 'users' in objectOf(value)
    ? { ...fieldsOf({ users: amount })(value), atS, overS }
    : { ...fieldsOf({ ratePerS: amount })(value), atS, overS }
}

/** Bytes that an agent fetches: their SHA-256 and how many they are. */
const blob = fieldsOf({ sha256: matching(/^[0-9a-f]{64}$/), bytes: count })

/** The code of a scenario, the rows of its feeders and a log, as bytes to be fetched. */
const cargo = fieldsOf({
  feeders: listOf(fieldsOf({ columns: orNull(listOf(long, 10_000)), text: blob, ends: blob }), 1000),
  scenario: orNull(blob),
  data: listOf(orNull(textTo(MOST_BYTES)), 1000),
  /** The log that is replayed, and its index. */
  replay: orNull(
    fieldsOf({
      log: blob,
      format: oneOf('combined', 'load balancer', 'JSON'),
      ...{ us: blob, at: blob, names: blob },
    }),
  ),
})
export type Cargo = Shaped<typeof cargo>

const order = byType({
  claim: fieldsOf({ coordinator: short, leaseS: amount }),
  prepare: fieldsOf({
    /** Which of the runs of this claim, from 1. */
    turn: count,
    plan: objectOf as Shape<unknown> as Shape<Plan>,
    base: countTo(1024 * 1024),
    of: countTo(1024 * 1024),
    cargo,
  }),
  /** An instant of the coordinator's clock. */
  start: fieldsOf({ turn: count, atUs: real }),
  /** The run is not wanted any more: a start that has not come is taken back, and workers end at once. */
  cancel: fieldsOf({ turn: count }),
  stop: fieldsOf({ turn: count, loadEndS: orNull(real), gracefulStopS: orNull(amount) }),
  amend: fieldsOf({ turn: count, amendment }),
  check: fieldsOf({}),
  release: fieldsOf({}),
})
const head = fieldsOf({ n: count, run: matching(ID) })
type OrderBody = Shaped<typeof order>
export type Order = OrderBody & Shaped<typeof head>
/** An order without its head. */
export type Ordered = OrderBody

export const readOrder = (bytes: Uint8Array): Order => {
  const value = decode(bytes)
  return { ...order(value), ...head(value) }
}

/** The answer to an order. */
export const answerShape = partsOf({ refused: long, workers: countTo(1024) })
export type Answer = Shaped<typeof answerShape>

export const clockState = fieldsOf({ boundMs: amount, ratePpm: real, errorMs: real })

const logEntry: Shape<LogEntry> = fieldsOf({
  atS: real,
  worker: orNull(count),
  level: oneOf('debug', 'info', 'log', 'warn', 'error'),
  text: long,
})

const told = byType({
  preparing: fieldsOf({ what: short, ratio: amount }),
  ready: fieldsOf({ clock: clockState, warnings: listOf(long, 100) }),
  refused: fieldsOf({ problems: listOf(long, 100) }),
  lost: fieldsOf({ worker: count, second: count, message: long }),
  stopRun: fieldsOf({ reason: orNull(long) }),
  stuck: fieldsOf({ isStuck: flag }),
  deserted: fieldsOf({ amendments: count }),
  exhausted: fieldsOf({ count: oneOf('requests', 'iterations') }),
  nearHeapLimit: fieldsOf({ worker: count, usedBytes: amount, limitBytes: amount }),
  logged: fieldsOf({ entries: listOf(logEntry, 10_000) }),
  ended: fieldsOf({
    lastDoneS: real,
    endedS: real,
    addresses: recordOf(listOf(short, 1000), 10_000),
    stoppedBy: orNull(oneOf('lease', 'sigterm')),
    /** Host seconds that were not kept long enough to be handed over. */
    missing: count,
  }),
})
const toldHead = fieldsOf({ turn: count, n: count })
export type Tale = Shaped<typeof told>
export type Told = Tale & Shaped<typeof toldHead>

export const readTold = (bytes: Uint8Array): Told => {
  const value = decode(bytes)
  return { ...told(value), ...toldHead(value) }
}

/** What an agent asks the ticket office. */
export const ticketAsk = fieldsOf({
  turn: count,
  of: oneOf('iterations', 'requests'),
  ask: count,
  perS: amount,
  roundTripS: amount,
})
export type TicketQuestion = Shaped<typeof ticketAsk>
export const ticketGrant = fieldsOf({ granted: count, isLast: flag })

/** A host second, with the run of the claim that it is of and how well the agent's clock follows. */
export interface SecondMessage {
  readonly turn: number
  readonly clock: Shaped<typeof clockState> | null
  readonly second: HostSecond
}

const secondHead = fieldsOf({ turn: count, clock: orNull(clockState), second: (value) => value })

export const writeSecond = ({ turn, clock, second }: SecondMessage): Uint8Array =>
  encode({ turn, clock, second: toWire(second) })

export const readSecond = (bytes: Uint8Array): SecondMessage => {
  const { second, ...rest } = secondHead(decode(bytes))
  return { ...rest, second: fromWire(second) }
}

/** What a coordinator answers to an agent that it has given up: whatever it says is not heard any more. */
export const GIVEN_UP = Uint8Array.of(1)
export const HEARD = new Uint8Array()
export const isGivenUp = (answer: Uint8Array): boolean => answer.length === 1 && answer[0] === 1

/** Shorter texts are not deflated. */
const DEFLATED_FROM = 1024
const DEFLATED = 0x7a

/** A value as JSON; deflated, behind a byte that JSON cannot begin with, if that pays. */
export function encode(value: unknown): Uint8Array {
  const text = Buffer.from(JSON.stringify(value))
  if (text.length < DEFLATED_FROM) return text
  return Buffer.concat([Buffer.of(DEFLATED), deflateRawSync(text, { level: 1 })])
}

/** The value of such bytes. */
export function decode(bytes: Uint8Array): unknown {
  try {
    const text =
      bytes[0] === DEFLATED
        ? inflateRawSync(bytes.subarray(1), { maxOutputLength: MOST_BYTES })
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return JSON.parse(text.toString('utf8')) as unknown
  } catch (error) {
    throw new WireFault(`is no message of corerush: ${messageOf(error)}`)
  }
}

/** The instants of a round trip as bytes: 64-bit floats in µs. */
export function packInstants(...us: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(us.length * 8))
  for (const [i, one] of us.entries()) view.setFloat64(i * 8, one)
  return new Uint8Array(view.buffer)
}

export function unpackInstants(bytes: Uint8Array, length: number): number[] {
  if (bytes.byteLength !== length * 8) throw new WireFault(`must be ${length * 8} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length }, (_, i) => real(view.getFloat64(i * 8)))
}
