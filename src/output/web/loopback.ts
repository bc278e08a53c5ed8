/** A server for this host alone, which holds up neither a run nor the end of the process. */
import { createServer, type Server } from 'node:http'

export const HOST = '127.0.0.1'
const LONGEST_REQUEST_MS = 10_000

/** Listens on this port, or any free one for 0; rejects when it cannot. */
export async function listenOnLoopback(port: number, mostConnections: number): Promise<Server> {
  const server = createServer({ requestTimeout: LONGEST_REQUEST_MS, connectionsCheckingInterval: 1000 })
  server.maxConnections = mostConnections
  server.on('connection', (socket) => socket.unref())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, resolve)
  })
  // A connection that cannot be taken is for the other side to try again.
  server.on('error', () => undefined)
  server.unref()
  return server
}
