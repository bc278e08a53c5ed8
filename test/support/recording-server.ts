/** A server on loopback that keeps what it was sent, in the order of arrival. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Recorded {
  readonly method: string
  /** Path and query, as they came. */
  readonly url: string
  /** Names in lower case, in the order of arrival. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  readonly atMs: number
}

export interface RecordingServer {
  readonly url: string
  readonly port: number
  readonly seen: Recorded[]
  close(): void
}

/** Answers 200 with an empty body unless `answer` says otherwise. */
export async function startRecording(
  answer: (request: Recorded, response: ServerResponse) => void = (_, response) => void response.end(),
): Promise<RecordingServer> {
  const seen: Recorded[] = []
  const server = createServer((request: IncomingMessage, response) => {
    const atMs = performance.now()
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', rawHeaders } = request
      const headers = rawHeaders.flatMap((name, i) =>
        i % 2 === 0 ? [[name.toLowerCase(), rawHeaders[i + 1]!] as const] : [],
      )
      const one = { method, url, headers, body: Buffer.concat(chunks), atMs }
      seen.push(one)
      answer(one, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
