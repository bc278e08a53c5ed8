/**
 * A way to a NATS server on which messages take their time, overtake each other and come twice, both ways. What is no
 * message (greetings, pings, subscriptions) passes at once and in order, as the protocol needs it.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { seededRandom } from '../../src/core/random.ts'

export interface RelayOptions {
  /** The host and port of the NATS server. */
  readonly to: { readonly host: string; readonly port: number }
  /** The address to listen on. */
  readonly address: string
  /** The longest way of a message, in ms. */
  readonly wayMs: number
  /** The share of messages that come once more, after at most three such ways. */
  readonly twice: number
  readonly seed: number
}

export interface MessageRelay {
  readonly url: string
  /** What has happened to messages so far. */
  readonly counts: { messages: number; overtaken: number; twice: number }
  close(): void
}

export async function startMessageRelay(options: RelayOptions): Promise<MessageRelay> {
  const { to, address } = options
  const counts = { messages: 0, overtaken: 0, twice: 0 }
  const random = seededRandom(options.seed, 0)
  const sockets = new Set<Socket>()
  const relay = (from: Socket, into: Socket): void => {
    sockets.add(from)
    from.setNoDelay(true)
    from.on('data', framesOf(disturbed(into, options, counts, random)))
    from.on('error', () => from.destroy())
    from.on('close', () => {
      sockets.delete(from)
      into.destroy()
    })
  }
  const server = createServer((client) => {
    const nats = connect(to.port, to.host)
    relay(client, nats)
    relay(nats, client)
  })
  server.listen(0, address)
  await once(server, 'listening')
  return {
    url: `nats://${address}:${(server.address() as AddressInfo).port}`,
    counts,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

type OnFrame = (frame: Buffer, isMessage: boolean) => void

/** Passes frames on, messages after a way of their own. */
function disturbed(
  into: Socket,
  { wayMs, twice }: RelayOptions,
  counts: MessageRelay['counts'],
  random: () => number,
): OnFrame {
  let last = 0
  let latest = 0
  const pass = (frame: Buffer, number: number, isAgain: boolean): void => {
    if (into.destroyed) return
    if (!isAgain && number < latest) counts.overtaken++
    latest = Math.max(latest, number)
    into.write(frame)
  }
  return (frame, isMessage) => {
    if (!isMessage) {
      into.write(frame)
      return
    }
    const number = ++last
    counts.messages++
    setTimeout(pass, random() * wayMs, frame, number, false)
    if (random() >= twice) return
    counts.twice++
    setTimeout(pass, random() * wayMs * 3, frame, number, true)
  }
}

const MESSAGE = /^H?(?:PUB|MSG) /i

/** Cuts a stream of the NATS protocol into lines, and messages of a line and as many bytes as it says. */
function framesOf(onFrame: OnFrame): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    for (;;) {
      const end = rest.indexOf('\r\n')
      if (end === -1) return
      const line = rest.subarray(0, end).toString('latin1')
      const isMessage = MESSAGE.test(line)
      const length = end + 2 + (isMessage ? Number(line.split(' ').at(-1)) + 2 : 0)
      if (rest.length < length) return
      onFrame(rest.subarray(0, length), isMessage)
      rest = rest.subarray(length)
    }
  }
}
