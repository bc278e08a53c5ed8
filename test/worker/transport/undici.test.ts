/** What only the undici transport has to get right, over real sockets. */
import type { OnReadOpts, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { RunClock } from '../../../src/worker/time/clock.ts'
import { Addresses } from '../../../src/worker/transport/addresses.ts'
import { Connector, type AttemptListener, type Destination } from '../../../src/worker/transport/connector.ts'
import { Exchange } from '../../../src/worker/transport/transport.ts'
import { undiciTransport } from '../../../src/worker/transport/undici.ts'
import { Turn } from '../../../src/worker/time/turn.ts'
import { response, startFaults } from '../../support/faults.ts'
import { A_REQUEST, aPlan } from '../../support/plan.ts'
import { turns } from '../../support/transports.ts'

/** Shows the sockets that it makes. */
class OpenConnector extends Connector {
  readonly sockets: Socket[] = []

  override connect(to: Destination, user: number, listener: AttemptListener, onread?: OnReadOpts) {
    return super.connect(
      to,
      user,
      {
        enters: (phase) => listener.enters(phase),
        failed: (error) => listener.failed(error),
        connected: (socket) => {
          this.sockets.push(socket)
          listener.connected(socket)
        },
      },
      onread,
    )
  }
}

test('a reset is put down to the connection that it broke, not to the next one', async () => {
  const answers: (() => void)[] = []
  const server = await startFaults(
    ({ socket }) => void answers.push(() => socket.write(response('200 OK', 'ok', 'connection: close'))),
  )
  const clock = new RunClock()
  const plan = aPlan()
  const connector = new OpenConnector(plan, new Addresses(null, clock.nowUs))
  const transport = undiciTransport({ ...plan, longestIdleS: 0 }, connector, clock, new Turn(clock.nowUs))
  const request = transport.prepare({ ...A_REQUEST, url: server.url })
  const connection = transport.connection(0, request)
  const outcomes: string[] = []
  const exchange: Exchange = new Exchange({
    sent: () => undefined,
    connecting: () => undefined,
    done: () => void outcomes.push(exchange.outcome),
  })
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await turns(1)
  }

  connection.send(exchange, request)
  await until(() => answers.length === 1)
  const [first] = connector.sockets
  // Whatever is told of this socket from now on comes late.
  const late = first!.listeners('error')[0] as (error: Error) => void
  answers[0]!()
  await until(() => outcomes.length === 1)
  connection.send(exchange, request)
  await until(() => answers.length === 2)
  late(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
  answers[1]!()
  await until(() => outcomes.length === 2)
  expect(outcomes).toEqual(['ok', 'ok'])
  expect(connector.sockets.length).toBe(2)
  connection.close()
  await server.stop()
})
