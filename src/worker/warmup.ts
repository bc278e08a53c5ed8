/**
 * Warms the worker up before it says ready: a short load, by the run's own code, against a tiny server in this very
 * thread. Otherwise the first second of a run is measured by code that has not been compiled yet, while hundreds of
 * users open their connections. What is recorded here is thrown away; the target sees nothing of it.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { PLAIN_HTTP } from '../core/resolve/request/http-options.ts'
import type { Plan } from '../core/plan/plan.ts'
import { KnownSecrets } from '../core/request/known-secrets.ts'
import { RunClock } from './clock.ts'
import { Load } from './load.ts'
import { Recorder } from './recorder.ts'
import { Addresses } from './transport/addresses.ts'
import type { MakeTransport } from './transport/choice.ts'
import { Connector } from './transport/connector.ts'
import { Turn } from './turn.ts'
import type { VitalSigns } from './vitals.ts'

const USERS = 64
const REQUESTS = 1500
/** The warm-up is a courtesy: on a slow host it is cut short. */
const LONGEST_S = 0.2
const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok')

/** Resolves when warm. Never fails a run: where no loopback server can be had, the worker starts cold. */
export async function warmUp(plan: Plan, vitals: VitalSigns, makeTransport: MakeTransport): Promise<void> {
  const sockets = new Set<Socket>()
  const answerHttp2 =
    plan.transport === 'http2' ? (await import('./transport/http2/http2-answers.ts')).answerHttp2 : null
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    if (answerHttp2 !== null) answerHttp2(socket)
    // One small request arrives in one piece, and where it does not, the answers only come early.
    else socket.on('data', () => socket.write(ANSWER))
    socket.on('error', () => socket.destroy())
  })
  const listening = await new Promise<boolean>((resolve) => {
    // Stays on: a connection that cannot be accepted, with no descriptor left, must not end the thread.
    server.on('error', () => resolve(false))
    server.listen(0, '127.0.0.1', () => resolve(true))
  })
  if (!listening) return
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const trial: Plan = {
    ...briefly(plan),
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
    gracefulStopS: 0.05,
    keepAlive: true,
    ...PLAIN_HTTP,
  }
  const clock = new RunClock()
  const turn = new Turn(clock.nowUs)
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
    transport: makeTransport(
      { ...trial, longestIdleS: 0 },
      new Connector(trial, new Addresses(null, clock.nowUs)),
      clock,
      turn,
    ),
    tickets: {
      takeIteration: () => {
        if (left === 1) setImmediate(() => load.stop(null))
        return left-- > 0
      },
      takeRequest: () => true,
    },
  })
  load.begin()
  await load.drained
  for (const socket of sockets) socket.destroy()
  server.close()
}

/** The plan with a load of its own kind that is over soon: the same code runs as in the run. */
function briefly(plan: Plan): Plan {
  if (plan.model === 'open')
    return {
      ...plan,
      stages: [{ fromPerS: REQUESTS / LONGEST_S, toPerS: REQUESTS / LONGEST_S, durationS: LONGEST_S }],
      maxUsers: USERS,
      onFull: 'queue',
    }
  return {
    ...plan,
    wait: plan.wait.kind === 'none' ? plan.wait : { kind: 'between', minS: 0, maxS: 0.002 },
    stages: [{ fromUsers: 0, toUsers: USERS, durationS: 0.02 }],
  }
}
