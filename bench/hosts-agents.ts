/**
 * Made-up agents for bench/hosts-coordinator.ts: each has a connection of its own, is claimed, follows the clock and hands
 * over seconds as an agent does, and has no workers. What they hand over was made before the start.
 */
import { HostSeconds } from '../dist/core/fleet/host-second.js'
import { subjectsOf } from '../dist/core/fleet/subjects.js'
import { seededRandom } from '../dist/core/random.js'
import { connectBus, type Bus } from '../dist/fleet/bus.js'
import { FleetClock } from '../dist/fleet/clock.js'
import {
  decode,
  encode,
  PROTOCOL,
  question,
  readOrder,
  writeSecond,
  type Answer,
  type Card,
  type Order,
} from '../dist/fleet/messages.js'
import { Teller, UNTIL_HEARD_MS } from '../dist/fleet/teller.js'
import { THIS_TIME } from '../dist/fleet/time.js'
import { describeHost } from '../dist/host/machine/this-host.js'
import { VERSION } from '../dist/version.js'
import { madeUpHost, madeUpSnapshot, madeUpTally } from './made-up-run.ts'

const [url = '', realm = '', agents = '', workers = '', names = '', requests = ''] = process.argv.slice(2)
const WORKERS = Number(workers)
/** Different seconds, which are then repeated. */
const DIFFERENT = 4
/** A real agent looks every tenth of a second for what it can hand over. */
const TICK_MS = 100

const host = describeHost()
const subjects = subjectsOf(realm)
const random = seededRandom(1)
/** Seconds of the workers 0 to n, merged. */
const templates = Array.from({ length: DIFFERENT }, (_, which) => {
  const merged = new HostSeconds(Array.from({ length: WORKERS }, (_, worker) => worker))
  for (let worker = 0; worker < WORKERS; worker++) {
    const tally = madeUpTally(Number(names), which * WORKERS + worker, Number(requests), random)
    merged.add(madeUpSnapshot(worker, 0, tally, random))
  }
  merged.host(0, madeUpHost(WORKERS, random))
  return merged.take(1)[0]!
})
let bytes = 0
let seconds = 0

for (let i = 0; i < Number(agents); i++) {
  const name = `agent-${String(i).padStart(4, '0')}`
  const bus = await connectBus({
    servers: [url],
    name,
    inboxPrefix: subjects.inbox(name),
    ...{ credsFile: null, nkeyFile: null, caFile: null },
    onFault: (message) => console.error(message),
  })
  serve(bus, name)
}
process.once('disconnect', () => process.exit())
process.send!('ready')

type OrderOf<T extends Order['type']> = Order & { readonly type: T }

/** Is found, claimed and ordered. */
function serve(bus: Bus, name: string): void {
  const instance = bus.newId()
  const own: Card = {
    ...{ name, instance, labels: {}, version: VERSION, node: host.node, protocol: PROTOCOL, state: 'idle' },
    ...{
      coordinator: null,
      workers: WORKERS,
      host,
      spareDescriptors: null,
      soundPerS: null,
      link: 'loopback',
    },
    accepts: { hosts: ['*'], scenarios: false, ratePerS: null, users: null },
  }
  bus.answer(subjects.find, (asked) => (question(decode(asked)), encode(own)))
  let part: Part | null = null
  bus.answer(subjects.order(name, instance), (given) => {
    const order = readOrder(given)
    const answer: Answer = order.type === 'claim' ? { workers: WORKERS } : {}
    if (order.type === 'prepare') part ??= new Part(bus, name, order)
    if (order.type === 'start') part!.start(order)
    if (order.type === 'release') part?.end()
    return encode(answer)
  })
}

/** An agent's part in the run. */
class Part {
  readonly #bus: Bus
  readonly #order: OrderOf<'prepare'>
  readonly #subjects: { readonly second: string }
  readonly #abort = new AbortController()
  readonly #clock: FleetClock
  readonly #teller: Teller
  readonly #parcels: Uint8Array[] = []
  #hasStarted = false

  constructor(bus: Bus, name: string, order: OrderOf<'prepare'>) {
    const { run, turn } = order
    const { signal } = this.#abort
    const nothing = (): void => undefined
    this.#bus = bus
    this.#order = order
    this.#subjects = { second: subjects.second(run, name) }
    const subject = subjects.clock(run, name)
    const clock = { bus, time: THIS_TIME, subject, signal }
    this.#clock = new FleetClock({ ...clock, heard: nothing, givenUp: nothing, steered: nothing })
    const told = { bus, turn, signal, subject: subjects.tell(run, name) }
    this.#teller = new Teller({ ...told, givenUp: nothing, log: console.error })
    void this.#prepare()
  }

  async #prepare(): Promise<void> {
    await this.#clock.settle()
    void this.#clock.run()
    const { turn, base, plan } = this.#order
    const clock = this.#clock.state()!
    for (let second = 0; second < plan.durationS!; second++) {
      const template = templates[second % DIFFERENT]!
      const vitals = template.vitals.map((one) => ({ ...one, worker: base + one.worker }))
      this.#parcels.push(writeSecond({ turn, clock, second: { ...template, second, vitals } }))
      // All agents are in one process, and pings go on.
      await THIS_TIME.pause(0)
    }
    await this.#teller.tell({ type: 'ready', clock, warnings: [] })
  }

  start({ atUs }: OrderOf<'start'>): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    process.send!('started')
    const startMs = (this.#clock.hostUs(atUs) - THIS_TIME.nowUs()) / 1000
    void Promise.all(
      this.#parcels.map(async (parcel, second) => {
        await THIS_TIME.pause(startMs + (second + 1) * 1000 + 20 + random() * TICK_MS)
        bytes += parcel.byteLength
        seconds++
        await this.#bus.ask(this.#subjects.second, parcel, { timeoutMs: UNTIL_HEARD_MS, repeatMs: 1000 })
      }),
    ).then(() => {
      const { length } = this.#parcels
      return this.#teller.tell({
        ...{ type: 'ended', lastDoneS: length, endedS: length, addresses: {}, stoppedBy: null, missing: 0 },
      })
    })
  }

  end(): void {
    this.#abort.abort()
    process.send!({ bytes, seconds })
  }
}
