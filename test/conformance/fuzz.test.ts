/** Random responses, whole and broken, through both transports over real sockets: both must see the same. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Socket } from 'node:net'
import { response, startFaults, type Faults } from '../support/faults.ts'
import { aResponse, cutAt, mutated, mutations, someCuts } from '../support/responses.ts'
import { Client, TRANSPORT_NAMES, type Seen } from '../support/transports.ts'

/** An answer that no random one looks like. */
const SENTINEL = response('299 Sentinel', '7 bytes')
/**
 * Where undici is laxer by nature (docs/MEASUREMENT.md, known limits): line ends before a status line, other versions,
 * chunk extensions without a name.
 */
const LAXER_IN_UNDICI = /(?:^|\r\n\r\n)[\r\n]|(?:^|\r\n\r\n)HTTP\/(?:0\.9|2\.0) |;=/

/** Cut off when it takes longer; what is broken mostly ends with its connection. */
const TIMEOUT_MS = 2000

let server: Faults
let answer: (socket: Socket, index: number) => void = () => undefined
let answered = 0
beforeAll(async () => {
  server = await startFaults(({ socket }) => answer(socket, answered++))
})
afterAll(() => server.stop())

/** What each transport sees of so many requests, the server answering anew for each. */
async function seenByBoth(
  behaviour: (socket: Socket, index: number) => void,
  ask: (client: Client) => Promise<readonly Seen[]>,
): Promise<Readonly<Record<string, readonly Seen[]>>> {
  const seen: Record<string, readonly Seen[]> = {}
  for (const name of TRANSPORT_NAMES) {
    answered = 0
    answer = behaviour
    const client = await Client.of(name, server.url)
    seen[name] = await ask(client)
    client.close()
  }
  return seen
}

function pour(socket: Socket, pieces: readonly Buffer[], then: () => void): void {
  const [first, ...rest] = pieces
  if (!socket.writable) return
  if (first === undefined) then()
  else socket.write(first, () => (rest.length === 0 ? then() : setImmediate(() => pour(socket, rest, then))))
}

describe('both transports', () => {
  test('read any valid response as it was meant, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(aResponse, someCuts, async (sent, cuts) => {
        const pieces = cutAt(sent.bytes, cuts)
        const seen = await seenByBoth(
          (socket) =>
            pour(socket, pieces, () => {
              if (sent.endsWithConnection) socket.end()
            }),
          (client) => client.askAll(3, { method: sent.isHead ? 'HEAD' : 'GET', cutAfterMs: TIMEOUT_MS }),
        )
        const expected = { outcome: 'ok', status: sent.status, bytesIn: sent.bodyBytes, bytesOut: 0 }
        for (const name of TRANSPORT_NAMES) expect(seen[name]).toMatchObject([expected, expected, expected])
        expect(seen['wire']!.map(({ reused }) => reused)).toEqual([false, sent.keeps, sent.keeps])
      }),
      { numRuns: 150 },
    )
  })

  test('make the same of any broken one, and nothing of it reaches the next', async () => {
    await fc.assert(
      fc.asyncProperty(aResponse, mutations, someCuts, async (sent, changes, cuts) => {
        const bytes = mutated(sent.bytes, changes)
        const pieces = cutAt(bytes, cuts)
        const seen = await seenByBoth(
          (socket, index) => {
            if (index === 0) pour(socket, pieces, () => socket.end())
            else socket.write(SENTINEL)
          },
          async (client) => {
            const asking = { method: sent.isHead ? 'HEAD' : 'GET', cutAfterMs: TIMEOUT_MS }
            const first = await client.ask(asking)
            return [first, await client.ask({ ...asking, method: 'GET' })]
          },
        )
        for (const name of TRANSPORT_NAMES)
          expect(seen[name]![1]).toEqual({
            outcome: 'ok',
            status: 299,
            bytesIn: 7,
            bytesOut: 0,
            reused: false,
          })
        const text = bytes.toString('latin1')
        fc.pre(!LAXER_IN_UNDICI.test(text))
        expect(seen['wire']![0], JSON.stringify(text)).toEqual(seen['undici']![0])
      }),
      { numRuns: 300 },
    )
  })
})
