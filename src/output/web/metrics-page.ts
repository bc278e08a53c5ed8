/**
 * `GET /metrics` for a Prometheus on this host, while the run goes on. It listens on loopback only, and answers nothing
 * but that page, and only to those who ask for this host: a page in a browser must not read it under a name of its own.
 * Nothing that a scraper does or leaves undone holds up the run or the end of the process.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Report } from '../../core/report/report.ts'
import { Telemetry } from '../../core/export/telemetry.ts'
import type { SettledSecond } from '../../core/measure/timeline.ts'
import { HOST, listenOnLoopback } from './loopback.ts'
import { CONTENT_TYPE, renderPrometheus } from './prometheus.ts'
import type { Output, RunStart } from '../output.ts'

/** Where OpenTelemetry's Prometheus exporters listen by default. */
export const DEFAULT_PORT = 9464
const THIS_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/i
/** A scraper is one; whoever else asks may wait. */
const MOST_CONNECTIONS = 20

export class MetricsPage implements Output {
  readonly name = 'metrics'
  readonly #server: Server
  #telemetry: Telemetry | null = null
  /** As of the last settled second; made when it is asked for. */
  #page: string | null = ''

  private constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => this.#answer(request, response))
  }

  /** Listens on this port, or any free one for 0; rejects when it cannot. */
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

  /** Ends every connection, in the middle of an answer as well. */
  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '', headers } = request
    const say = (status: number, text: string, more = {}): void => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...more }).end(text)
    }
    if (!THIS_HOST.test(headers.host ?? '')) say(403, 'only for this host\n')
    else if (!/^\/metrics(\?|$)/.test(url)) say(404, 'only /metrics\n')
    else if (method !== 'GET') say(405, 'only GET\n', { allow: 'GET' })
    else
      say(200, (this.#page ??= renderPrometheus(this.#telemetry!.series())), { 'content-type': CONTENT_TYPE })
  }
}
