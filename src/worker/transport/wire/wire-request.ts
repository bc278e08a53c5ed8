/** A request as it goes out: the same bytes that undici writes, header for header. */
import { isIdempotent, type Headers, type RequestPlan } from '../../../core/request/request.ts'
import type { Destination } from '../connector.ts'
import { writtenBody } from '../body-text.ts'
import { EXPECT_BODY, hostHeader, isHost } from '../destination.ts'
import type { AddressedRequest } from '../socket-connection.ts'
import type { TargetUrl } from '../target-url.ts'

export class WireRequest implements AddressedRequest {
  readonly plan: RequestPlan
  readonly to: Destination
  readonly isHead: boolean
  readonly isIdempotent: boolean
  readonly bytesOut: number
  /** The head, and the body unless that is long; every character is a byte. */
  readonly text: string
  /** A long body. */
  readonly body: Buffer | null
  readonly #line: string
  readonly #host: string
  readonly #fields: string
  /** What follows the fields: the length, the end of the head, and the body unless it is long. */
  readonly #rest: string

  constructor(plan: RequestPlan, { host, path }: TargetUrl, keepAlive: boolean, to: Destination) {
    const body = writtenBody(plan.body)
    this.plan = plan
    this.to = to
    this.isHead = plan.method === 'HEAD'
    this.isIdempotent = isIdempotent(plan.method)
    this.bytesOut = body.length
    this.body = typeof body === 'string' ? null : body
    this.#line = `${plan.method} ${path} HTTP/1.1\r\nhost: `
    this.#host = hostHeader(plan) ?? host
    this.#fields = `\r\nconnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n${linesOf(plan.headers)}`
    const length =
      body.length > 0 || EXPECT_BODY.has(plan.method) ? `content-length: ${body.length}\r\n\r\n` : '\r\n'
    this.#rest = typeof body === 'string' ? length + body : length
    this.text = this.#line + this.#host + this.#fields + this.#rest
  }

  /** The text of the request with headers besides. A Host header among them is the one that counts. */
  textWith(added: Headers): string {
    return (
      this.#line + (hostHeader({ headers: added }) ?? this.#host) + this.#fields + linesOf(added) + this.#rest
    )
  }
}

function linesOf(headers: Headers): string {
  let lines = ''
  for (const [name, value] of headers) if (!isHost(name)) lines += `${name}: ${value}\r\n`
  return lines
}
