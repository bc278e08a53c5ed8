/**
 * Warms the worker up before it says ready: a short load, by the run's own code, against a tiny server in this very
 * thread. Otherwise the first second of a run is measured by code that has not been compiled yet, while hundreds of
 * users open their connections. What is recorded here is thrown away; the target sees nothing of it.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { PLAIN_HTTP } from '../core/resolve/request/http-options.ts'
import { peakUsers } from '../core/load/stages.ts'
import type { Plan } from '../core/plan/plan.ts'
import { KnownSecrets } from '../core/request/known-secrets.ts'
import { RunClock } from './time/clock.ts'
import { Load } from './load.ts'
import { Recorder } from './record/recorder.ts'
import { Addresses } from './transport/addresses.ts'
import type { MakeTransport } from './transport-choice.ts'
import { Connector } from './transport/connector.ts'
import { Turn } from './time/turn.ts'
import type { VitalSigns } from './record/vitals.ts'

/**
 * The fewest users, each of which opens a connection; as many as the worker will have, up to the most. Opening is
 * what the first second is made of: with 300 instead of 64 the error bound of p99 of 550 users over 5 s fell by a
 * quarter (9 pairs); 500 users and twice the requests brought no more, and took 0.2 s longer.
 */
const FEWEST_USERS = 64
const MOST_USERS = 300
const REQUESTS = 1500
/** Limit on the warm-up: on a slow host it ends early. */
const LONGEST_S = 0.2
const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok')

/** Resolves when warm. Never fails a run: if no loopback server can be had, the worker starts cold. */
export async function warmUp(
  plan: Plan,
  workers: number,
  vitals: VitalSigns,
  makeTransport: MakeTransport,
): Promise<void> {
  const server = await TinyServer.open(plan.transport === 'http2')
  if (server === null) return
  const trial = trialOf(plan, workers, server.url)
  const clock = new RunClock()
  const turn = new Turn(clock.nowUs)
  const connector = new Connector(trial, new Addresses(null, clock.nowUs))
  const transport = makeTransport({ ...trial, longestIdleS: 0 }, connector, clock, turn)
  let left = REQUESTS
  const load: Load = new Load({
    plan: trial,
    secrets: new KnownSecrets(trial),
    share: { index: 0, of: 1 },
    scenario: null,
    data: null,
    clock,
    recorder: new Recorder(0, vitals, () => undefined),
    turn,
    transport,
    transportOf: () => transport,
    tickets: {
      takeIteration: () => {
        if (left === 1) setImmediate(() => load.stop(null))
        return left-- > 0 ? 'taken' : 'none'
      },
      takeRequest: () => true,
    },
  })
  load.begin()
  await load.drained
  server.close()
}

/** Answers every request with the same two bytes. */
class TinyServer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(answer: (socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      answer(socket)
      socket.on('error', () => socket.destroy())
    })
  }

  /** `null` if it cannot listen. */
  static async open(isHttp2: boolean): Promise<TinyServer | null> {
    const answer = isHttp2 ? (await import('./transport/http2/http2-answers.ts')).answerHttp2 : answerHttp1
    const tiny = new TinyServer(answer)
    return new Promise((resolve) => {
      // Stays on: a connection that cannot be accepted, with no descriptor left, must not end the thread.
      tiny.#server.on('error', () => resolve(null))
      tiny.#server.listen(0, '127.0.0.1', () => resolve(tiny))
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

/** A small request arrives in one piece; if it does not, its answer only comes early. */
const answerHttp1 = (socket: Socket): void => void socket.on('data', () => socket.write(ANSWER))

/** The plan with one small request to this URL, and a short load. */
const trialOf = (plan: Plan, workers: number, url: string): Plan => ({
  ...briefly(plan, workers),
  request: {
    name: 'warm-up',
    method: plan.request.body === null ? 'GET' : 'POST',
    url,
    headers: [],
    body: plan.request.body === null ? null : { text: 'x' },
    digest: null,
    expectStatus: [{ from: 200, to: 200 }],
  },
  scenario: null,
  targets: null,
  isTemplated: false,
  data: null,
  durationS: LONGEST_S,
  requests: null,
  iterations: null,
  warmupS: 0,
  warmupAuto: false,
  until: [],
  gracefulStopS: 0.05,
  keepAlive: true,
  ...PLAIN_HTTP,
})

/** The plan with a short load of the same model, so that the same code runs as in the run. */
function briefly(plan: Plan, workers: number): Plan {
  if (plan.model === 'open')
    return {
      ...plan,
      stages: [{ fromPerS: REQUESTS / LONGEST_S, toPerS: REQUESTS / LONGEST_S, durationS: LONGEST_S }],
      maxUsers: FEWEST_USERS,
      onFull: 'queue',
    }
  const users = Math.min(MOST_USERS, Math.max(FEWEST_USERS, peakUsers(plan.stages) / workers))
  return {
    ...plan,
    wait: plan.wait.kind === 'none' ? plan.wait : { kind: 'between', minS: 0, maxS: 0.002 },
    stages: [{ fromUsers: 0, toUsers: Math.round(users), durationS: 0.02 }],
  }
}
