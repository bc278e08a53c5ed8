/** A server on loopback that delays neither a run nor the exit of the process. */
import { createServer, type Server } from 'node:http'

export const HOST = '127.0.0.1'
const LONGEST_REQUEST_MS = 10_000

/** Listens on a port, or on any free one for 0; rejects on failure. */
export async function listenOnLoopback(port: number, mostConnections: number): Promise<Server> {
  const server = createServer({ requestTimeout: LONGEST_REQUEST_MS, connectionsCheckingInterval: 1000 })
  server.maxConnections = mostConnections
  server.on('connection', (socket) => socket.unref())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, resolve)
  })
  // If a connection cannot be accepted, the client must try again.
  server.on('error', () => undefined)
  server.unref()
  return server
}
