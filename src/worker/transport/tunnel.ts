/** Asks a proxy to connect to somebody else: HTTP's CONNECT. */
import type { Socket } from 'node:net'
import type { Proxy } from '../../core/request/route.ts'

const LONGEST_ANSWER = 16_384

/** Calls back once, with what went wrong or null; from then on the socket belongs to the two ends. */
export function openTunnel(
  socket: Socket,
  to: string,
  { authorization }: Pick<Proxy, 'authorization'>,
  callback: (error: Error | null) => void,
): void {
  let answer = ''
  const end = (problem: string | null): void => {
    socket.off('data', read)
    socket.off('end', closed)
    // What comes next is for who takes the socket over.
    socket.pause()
    callback(problem === null ? null : new Error(problem))
  }
  const read = (bytes: Buffer): void => {
    answer += bytes.toString('latin1')
    const headEnd = answer.indexOf('\r\n\r\n')
    if (headEnd < 0) {
      if (answer.length > LONGEST_ANSWER) end('the proxy answered CONNECT with too long a header')
      return
    }
    const [, status, words] = /^HTTP\/1\.[01] (\d{3}) ?([^\r\n]*)/.exec(answer) ?? []
    if (status === undefined) end('the proxy did not answer CONNECT in HTTP/1.1')
    else if (!status.startsWith('2')) end(`the proxy answered CONNECT with ${status} ${words!}`.trimEnd())
    // The client speaks first in TLS.
    else if (answer.length > headEnd + 4) end('the proxy sent more than its answer to CONNECT')
    else end(null)
  }
  const closed = (): void => end('the proxy closed the connection instead of answering CONNECT')
  socket.on('data', read)
  socket.on('end', closed)
  const lines = [`CONNECT ${to} HTTP/1.1`, `Host: ${to}`]
  if (authorization !== null) lines.push(`Proxy-Authorization: ${authorization}`)
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
}
