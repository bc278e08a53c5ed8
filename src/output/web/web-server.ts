/**
 * `--web`: serves the live page, its events and its files. Access control is in web-guard.ts. A tab cannot delay the run or
 * the exit of the process.
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { hostname } from 'node:os'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { Report } from '../../core/report/report.ts'
import { piecesOf, type Pieces } from '../whole-file.ts'
import type { CsvFile } from '../file/csv.ts'
import { renderHtml } from '../file/html.ts'
import { renderJson } from '../file/json.ts'
import { Attempts } from './attempts.ts'
import type { LivePage } from './live-page.ts'
import type { PageFiles } from '../file/page-files.ts'
import { boundTo, isOnLoopback, listenAt, originOf, type PageAddress } from './page-address.ts'
import { cookieOf, refusalOf, SAFE_HEADERS, type Access, type Refusal } from './web-guard.ts'
import { shell, signIn, SIGN_IN_HEADERS } from './web-shell.ts'
import {
  DOWNLOADS,
  FORM_FIELDS,
  optionField,
  LOAD_FIELDS,
  TOKEN_HEADER,
  type Download,
  type FormProblem,
  type FormWords,
  type LoadTarget,
  type LoadWords,
} from './web-messages.ts'

/** The port of Locust's page. */
export const DEFAULT_WEB_PORT = 8089
const MOST_CONNECTIONS = 100
const MOST_FORM_BYTES = 65_536
/** How long to wait for tabs to receive the final state before the process exits. */
const LAST_WORD_MS = 250

/** Actions of a tab. */
export interface WebActions {
  /** Ends the load gracefully. */
  readonly stop: () => void
  /** Starts a run or returns the problems, and updates the initial values of the form; `null` if the page starts no runs. */
  readonly start: ((words: FormWords) => Promise<readonly FormProblem[]>) | null
  /** Changes the load of the run in progress; resolves to the problem, or `null`. */
  readonly amend: (load: LoadTarget, words: LoadWords) => Promise<string | null>
}

export interface WebFiles {
  readonly live: PageFiles
  /** Text of each download, cached for the current report. */
  readonly report: PageFiles
}

export class WebServer {
  readonly page: LivePage
  readonly #server: Server
  readonly #files: WebFiles
  readonly #actions: WebActions
  readonly #access: Access
  readonly #attempts = new Attempts()
  readonly #origin: string
  readonly #isTokenShown: boolean
  /** Connections, also those whose handshake has not ended, of which an HTTPS server itself does not know. */
  readonly #sockets = new Set<Socket>()

  private constructor(
    server: Server,
    address: PageAddress,
    page: LivePage,
    files: WebFiles,
    actions: WebActions,
  ) {
    this.#server = server
    this.page = page
    this.#files = files
    this.#actions = actions
    this.#origin = originOf(server, address)
    this.#access = accessTo(server, address)
    this.#isTokenShown = address.token === null
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.on('request', (request, response) => {
      // The client has gone away.
      this.#answer(request, response).catch(() => response.destroy())
    })
  }

  /** Listens at an address; rejects on failure. */
  static async listen(
    address: PageAddress,
    page: LivePage,
    files: WebFiles,
    actions: WebActions,
  ): Promise<WebServer> {
    return new WebServer(await listenAt(address, MOST_CONNECTIONS), address, page, files, actions)
  }

  get port(): number {
    return this.#access.port
  }

  /** Whether only this host can open the page. */
  get isOnLoopback(): boolean {
    return this.#access.isLoopback
  }

  /** The URL of the page, with the token that permits access unless the user set it. */
  get url(): string {
    return `${this.#origin}/${this.#isTokenShown ? `?token=${this.#access.token}` : ''}`
  }

  /** Keeps the process alive until the server is closed. */
  async stayUntil(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    this.#server.ref()
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    this.#server.unref()
  }

  /** Sends the final state, waits for it briefly, and closes every connection. */
  async close(): Promise<void> {
    const given = new AbortController()
    const { signal } = given
    const late = pause(LAST_WORD_MS, undefined, { signal }).catch(() => undefined)
    await Promise.race([this.page.end(), late])
    given.abort()
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = request
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://page/')
    const respond: Respond = (status, type, text, more = {}) => {
      response
        .writeHead(status, { ...SAFE_HEADERS, 'content-type': `${type}; charset=utf-8`, ...more })
        .end(text)
    }
    const isAction = method === 'POST'
    const token = isAction ? headers[TOKEN_HEADER] : searchParams.get('token')
    const knock = {
      ...{ method, path, host: headers.host, origin: headers.origin },
      token: String(token ?? ''),
      session: cookieOf(headers.cookie, this.#cookie),
      from: request.socket.remoteAddress ?? '',
    }
    const refusal = refusalOf(knock, this.#access, this.#attempts, performance.now())
    if (refusal !== null) this.#refuse(refusal, path, respond)
    else if (isAction) await this.#act(path, request, respond)
    else if (path === '/') this.#welcome(respond)
    else if (path === '/live.js') respond(200, 'text/javascript', this.#files.live.script)
    else if (path === '/live.css') respond(200, 'text/css', this.#files.live.style)
    else if (path === '/events') {
      response.writeHead(200, { ...SAFE_HEADERS, 'content-type': 'text/event-stream' })
      this.page.join(response)
    } else if (isDownload(path.slice(1))) await this.#download(path.slice(1) as Download, response, respond)
    else respond(404, 'text/plain', 'no such page\n')
  }

  /** The name of the cookie: browsers send cookies to all ports of a host. */
  get #cookie(): string {
    return `corerush_${this.port}`
  }

  #refuse(refusal: Refusal, path: string, respond: Respond): void {
    const { status, text, isForToken, retryAfterS } = refusal
    const wait = retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }
    if (isForToken === true && path === '/') respond(status, 'text/html', signIn(text), SIGN_IN_HEADERS)
    else respond(status, 'text/plain', `${text}\n`, wait)
  }

  #welcome(respond: Respond): void {
    const { session, isTls } = this.#access
    const cookie =
      session === null
        ? {}
        : {
            'set-cookie': `${this.#cookie}=${session}; Path=/; HttpOnly; SameSite=Strict${isTls ? '; Secure' : ''}`,
          }
    respond(200, 'text/html', shell(session !== null), cookie)
  }

  async #act(path: string, request: IncomingMessage, respond: Respond): Promise<void> {
    if (path === '/stop') this.#stop(respond)
    else if (path === '/start') await this.#start(request, respond)
    else if (path === '/load') await this.#amend(request, respond)
    else if (path === '/reset') await this.#reset(request, respond)
    else respond(404, 'text/plain', 'no such action\n')
  }

  #stop(respond: Respond): void {
    if (this.page.state.phase === 'running') {
      this.#actions.stop()
      this.page.stopping()
      respond(200, 'application/json', '{}')
    } else respond(409, 'text/plain', 'nothing is running\n')
  }

  async #start(request: IncomingMessage, respond: Respond): Promise<void> {
    const { page } = this
    const { start } = this.#actions
    const { phase, form, options = [] } = page.state
    const words = await readWords(request, [...FORM_FIELDS, ...options.map(optionField)])
    if (form === null || start === null) respond(409, 'text/plain', 'this page cannot start runs\n')
    else if (words === null) respond(400, 'text/plain', 'must be the fields of the form as JSON\n')
    else if (phase !== 'waiting' && phase !== 'ended') respond(409, 'text/plain', 'a run is in progress\n')
    else {
      page.change({ phase: 'preparing', failure: null })
      const problems = await start(words)
      if (problems.length > 0) page.change({ phase })
      respond(200, 'application/json', JSON.stringify({ problems }))
    }
  }

  async #amend(request: IncomingMessage, respond: Respond): Promise<void> {
    const words = await readWords(request, LOAD_FIELDS)
    const { load } = this.page.state
    if (words === null) respond(400, 'text/plain', 'must be the fields of the form as JSON\n')
    else if (load === null) respond(409, 'text/plain', 'nothing is running\n')
    else respond(200, 'application/json', JSON.stringify({ problem: await this.#actions.amend(load, words) }))
  }

  async #reset(request: IncomingMessage, respond: Respond): Promise<void> {
    const words = await readWords(request, ['whole'])
    const { phase } = this.page.state
    if (words === null) respond(400, 'text/plain', 'must be the fields of the form as JSON\n')
    else if (phase !== 'running' && phase !== 'stopping') respond(409, 'text/plain', 'nothing is running\n')
    else {
      this.page.reset(words.whole !== undefined)
      respond(200, 'application/json', '{}')
    }
  }

  async #download(file: Download, response: ServerResponse, respond: Respond): Promise<void> {
    const report = this.page.report()
    if (report === null) {
      respond(404, 'text/plain', 'there is no run to download yet\n')
      return
    }
    const name = this.page.isSoFar ? file.replace('.', '-so-far.') : file
    response.writeHead(200, {
      ...SAFE_HEADERS,
      'content-type': `${DOWNLOADS[file]}; charset=utf-8`,
      'content-disposition': `attachment; filename="corerush-${name}"`,
    })
    await pipeline(Readable.from(this.#render(file, report)), response)
  }

  #render(file: Download, report: Report): Pieces {
    if (file === 'report.json') return piecesOf(renderJson(report))
    return piecesOf(
      file === 'report.html'
        ? renderHtml(report, this.#files.report)
        : this.page.csv(file.replace('.csv', '') as CsvFile, report),
    )
  }
}

type Respond = (status: number, type: string, text: string, more?: Readonly<Record<string, string>>) => void

/** Beyond loopback a cookie stands for the token, so that no URL holds it after the first visit. */
function accessTo(server: Server, { token, allowHosts, tls, host }: PageAddress): Access {
  const isLoopback = isOnLoopback(server)
  return {
    ...boundTo(server),
    isLoopback,
    isTls: tls !== null,
    token: token ?? randomBytes(24).toString('base64url'),
    session: isLoopback ? null : randomBytes(24).toString('base64url'),
    ownNames: [hostname(), host].map((name) => name.toLowerCase()),
    allowHosts,
  }
}

const isDownload = (name: string): boolean => Object.hasOwn(DOWNLOADS, name)

/** The fields of a form, without blank ones; `null` if the body is not a form. */
async function readWords<Field extends string>(
  request: IncomingMessage,
  fields: readonly Field[],
): Promise<Partial<Record<Field, string>> | null> {
  const { 'content-type': type = '', 'content-length': length } = request.headers
  if (!/^application\/json\b/.test(type) || !(Number(length) <= MOST_FORM_BYTES)) return null
  const body: unknown = await json(request).catch(() => null)
  if (typeof body !== 'object' || body === null) return null
  const words: Partial<Record<Field, string>> = {}
  for (const field of fields) {
    const word = (body as Readonly<Partial<Record<Field, unknown>>>)[field] ?? ''
    if (typeof word !== 'string') return null
    if (word.trim() !== '') words[field] = word.trim()
  }
  return words
}
