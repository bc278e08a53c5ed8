/** Asks a proxy to connect to somebody else: HTTP's CONNECT. */
import type { Socket } from 'node:net'

const LONGEST_ANSWER = 16_384

/** Called once with the outcome; from then on the socket belongs to the two ends. */
export interface TunnelListener {
  tunnelled(): void
  failed(error: Error): void
  /** The proxy asks who its user is: the values of `Proxy-Authenticate`, and the error that they are unless answered. */
  challenged(challenges: readonly string[], error: Error): void
}

/** `authorization` is sent as `Proxy-Authorization`, unless it is empty. */
export function openTunnel(
  socket: Socket,
  to: string,
  authorization: string,
  listener: TunnelListener,
): void {
  let answer = ''
  const end = (problem: string | null, challenges: readonly string[] = []): void => {
    socket.off('data', read)
    socket.off('end', closed)
    // What comes next is for who takes the socket over.
    socket.pause()
    if (problem === null) listener.tunnelled()
    else if (challenges.length > 0) listener.challenged(challenges, new Error(problem))
    else listener.failed(new Error(problem))
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
    else if (!status.startsWith('2'))
      end(
        `the proxy answered CONNECT with ${status} ${words!}`.trimEnd(),
        status === '407' ? challengesOf(answer) : [],
      )
    // The client speaks first in TLS.
    else if (answer.length > headEnd + 4) end('the proxy sent more than its answer to CONNECT')
    else end(null)
  }
  const closed = (): void => end('the proxy closed the connection instead of answering CONNECT')
  socket.on('data', read)
  socket.on('end', closed)
  const lines = [`CONNECT ${to} HTTP/1.1`, `Host: ${to}`]
  if (authorization !== '') lines.push(`Proxy-Authorization: ${authorization}`)
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
}

const challengesOf = (head: string): string[] =>
  [...head.matchAll(/^proxy-authenticate:[ \t]*(.*?)[ \t]*\r$/gim)].map(([, value]) => value!)
