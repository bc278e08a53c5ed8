/**
 * `GET /metrics` for a Prometheus, during the run. Serves only this page, and only under a name of this host, which prevents
 * DNS rebinding; beyond loopback only with a token. A scraper cannot delay the run or the exit of the process.
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import type { Report } from '../../core/report/report.ts'
import { Telemetry } from '../../core/export/telemetry.ts'
import type { SettledSecond } from '../../core/measure/timeline.ts'
import { Attempts } from './attempts.ts'
import { boundTo, isOnLoopback, listenAt, originOf, type PageAddress } from './page-address.ts'
import { CONTENT_TYPE, renderPrometheus } from './prometheus.ts'
import { isHost, NOT_THIS_NAME, tokenRefusal, type Access, type Refusal } from './web-guard.ts'
import type { Output, RunStart } from '../output.ts'

/** The default port of OpenTelemetry's Prometheus exporters. */
export const DEFAULT_PORT = 9464
const THIS_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/i
/** Connections; a scraper needs one. */
const MOST_CONNECTIONS = 20

export class MetricsPage implements Output {
  readonly name = 'metrics'
  readonly #server: Server
  readonly #address: PageAddress
  readonly #access: Omit<Access, 'token' | 'session'>
  readonly #attempts = new Attempts()
  /** The token that a reader must send; `null` for none. */
  readonly #token: string | null
  #telemetry: Telemetry | null = null
  /** The page as of the last settled second; rendered on request. */
  #page: string | null = ''

  private constructor(server: Server, address: PageAddress) {
    this.#server = server
    this.#address = address
    const isLoopback = isOnLoopback(server)
    this.#access = {
      ...boundTo(server),
      ...{ isLoopback, isTls: address.tls !== null, allowHosts: address.allowHosts },
      ownNames: [hostname(), address.host].map((name) => name.toLowerCase()),
    }
    this.#token = address.token ?? (isLoopback ? null : randomBytes(24).toString('base64url'))
    server.on('request', (request, response) => this.#answer(request, response))
  }

  /** Listens at an address; rejects on failure. */
  static async listen(address: PageAddress): Promise<MetricsPage> {
    return new MetricsPage(await listenAt(address, MOST_CONNECTIONS), address)
  }

  get url(): string {
    return `${originOf(this.#server, this.#address)}/metrics`
  }

  /** Whether only this host can read the page. */
  get isOnLoopback(): boolean {
    return this.#access.isLoopback
  }

  /** The random token that a reader must send; `null` if there is none, or if the user set it. */
  get shownToken(): string | null {
    return this.#address.token === null ? this.#token : null
  }

  start({ plan, agentsNow }: RunStart): void {
    this.#telemetry = new Telemetry(plan, agentsNow?.())
    this.#page = null
  }

  settled(second: SettledSecond): void {
    this.#telemetry!.settle(second)
    this.#page = null
  }

  finish(report: Report): void {
    this.#telemetry!.finish(report)
    this.#page = null
  }

  /** Closes every connection, even during a response. */
  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '' } = request
    const respond = (status: number, text: string, more = {}): void => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...more }).end(text)
    }
    const refusal = this.#refusal(request)
    if (refusal !== null) respond(refusal.status, `${refusal.text}\n`, challengeOf(refusal))
    else if (!/^\/metrics(\?|$)/.test(url)) respond(404, 'only /metrics\n')
    else if (method !== 'GET') respond(405, 'only GET\n', { allow: 'GET' })
    else
      respond(200, (this.#page ??= renderPrometheus(this.#telemetry!.series())), {
        'content-type': CONTENT_TYPE,
      })
  }

  #refusal({ headers, socket }: IncomingMessage): Refusal | null {
    const { host = '', authorization = '' } = headers
    const isNamed =
      (this.#access.isLoopback && THIS_HOST.test(host)) || (host !== '' && isHost(host, this.#access))
    if (!isNamed) return { status: 403, text: NOT_THIS_NAME }
    if (this.#token === null) return null
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
    const from = socket.remoteAddress ?? ''
    const refusal = tokenRefusal({ token, from }, this.#token, this.#attempts, performance.now())
    return refusal?.isForToken === true
      ? { ...refusal, status: 401, text: 'a token is needed, as Authorization: Bearer' }
      : refusal
  }
}

function challengeOf({ status, retryAfterS }: Refusal): Record<string, string> {
  if (status === 401) return { 'www-authenticate': 'Bearer' }
  return retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }
}
