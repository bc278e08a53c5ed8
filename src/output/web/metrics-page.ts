/**
 * `GET /metrics` for a Prometheus on this host, during the run. Listens on loopback only, serves only this page, and only
 * with a `Host` of this host, which prevents DNS rebinding. A scraper cannot delay the run or the exit of the process.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Report } from '../../core/report/report.ts'
import { Telemetry } from '../../core/export/telemetry.ts'
import type { SettledSecond } from '../../core/measure/timeline.ts'
import { HOST, listenOnLoopback } from './loopback.ts'
import { CONTENT_TYPE, renderPrometheus } from './prometheus.ts'
import type { Output, RunStart } from '../output.ts'

/** The default port of OpenTelemetry's Prometheus exporters. */
export const DEFAULT_PORT = 9464
const THIS_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/i
/** Connections; a scraper needs one. */
const MOST_CONNECTIONS = 20

export class MetricsPage implements Output {
  readonly name = 'metrics'
  readonly #server: Server
  #telemetry: Telemetry | null = null
  /** The page as of the last settled second; rendered on request. */
  #page: string | null = ''

  private constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => this.#answer(request, response))
  }

  /** Listens on a port, or on any free one for 0; rejects on failure. */
  static async listen(port: number): Promise<MetricsPage> {
    return new MetricsPage(await listenOnLoopback(port, MOST_CONNECTIONS))
  }

  get url(): string {
    return `http://${HOST}:${(this.#server.address() as AddressInfo).port}/metrics`
  }

  start({ plan }: RunStart): void {
    this.#telemetry = new Telemetry(plan)
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
    const { method, url = '', headers } = request
    const respond = (status: number, text: string, more = {}): void => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...more }).end(text)
    }
    if (!THIS_HOST.test(headers.host ?? '')) respond(403, 'only for this host\n')
    else if (!/^\/metrics(\?|$)/.test(url)) respond(404, 'only /metrics\n')
    else if (method !== 'GET') respond(405, 'only GET\n', { allow: 'GET' })
    else
      respond(200, (this.#page ??= renderPrometheus(this.#telemetry!.series())), {
        'content-type': CONTENT_TYPE,
      })
  }
}
