/**
 * The embedded target: a real HTTP server whose latency is known. It is one thread and meant to cost little, so the
 * path of a request has no closures and nothing is built per answer that could be built once.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { seededRandom, type Random } from '../core/random.ts'
import { CorerushError, messageOf } from '../errors.ts'
import { buildAnswers, drawAnswer, type Answer, type StatusShare } from './answers.ts'
import { NO_LATENCY, sampleLatencyS, type Latency } from './latency.ts'

export interface TargetOptions {
  /** @default 127.0.0.1 */
  readonly host?: string
  /** 0 takes any free port. @default 8080 */
  readonly port?: number
  /** From the arrival of the request's headers to the answer. @default none */
  readonly latency?: Latency
  /** What is not covered is answered with 200. @default none */
  readonly statuses?: readonly StatusShare[]
  /** Requests served per second at most, evenly; the rest queue, in their order. @default Infinity */
  readonly capacityPerS?: number
  /** Length of every answer's body. @default 200 */
  readonly bodyBytes?: number
  /** The n-th request to arrive gets the same status and latency with the same seed. @default 1 */
  readonly seed?: number
}

/** What the target does with a request, wherever it listens. */
type Behavior = Omit<Required<TargetOptions>, 'host' | 'port'>

export const TARGET_DEFAULTS: Required<TargetOptions> = {
  host: '127.0.0.1',
  port: 8080,
  latency: NO_LATENCY,
  statuses: [],
  capacityPerS: Infinity,
  bodyBytes: 200,
  seed: 1,
}

/** What the target saw, not counting those who only asked it for this. */
export interface TargetCounts {
  /** Requests whose headers have arrived. */
  readonly requests: number
  /** Connections accepted, whether or not they carried a request. */
  readonly connections: number
  /** Answers sent, by status; fewer than `requests` when some are in flight or were given up by the client. */
  readonly statuses: Readonly<Record<string, number>>
}

export interface Target {
  /** Origin without a slash at its end: `http://127.0.0.1:8080`. */
  readonly url: string
  readonly port: number
  counts(): TargetCounts
  /** Stops accepting, lets requests in flight end for up to a second, then cuts what is left. */
  stop(): Promise<TargetCounts>
}

export const COUNT_PATH = '/__corerush/count'

const BACKLOG = 4096
/** Longer than any client keeps an idle connection, so that it is never the target which closes one under a request. */
const KEEP_ALIVE_MS = 65_000
const STOP_GRACE_MS = 1000
const SERVER_OPTIONS = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: 0,
  requestTimeout: 0,
  requireHostHeader: false,
  maxHeaderSize: 65_536,
}
/** setTimeout takes what is longer for 1 ms. */
const LONGEST_TIMER_MS = 2_147_483_647

const CARRIES = Symbol('what a connection has carried so far')
interface Carrier extends Socket {
  [CARRIES]?: 'nothing' | 'counts' | 'load'
}

/**
 * Starts the target and resolves when it listens.
 * @throws CorerushError CORERUSH_TARGET when it cannot listen at this host and port
 */
export async function startTarget(options: TargetOptions = {}): Promise<Target> {
  const { host, port, ...behavior } = { ...TARGET_DEFAULTS, ...options }
  const target = new TargetServer(behavior)
  const bound = await target.listen(host, port)
  return {
    url: `http://${authority(host, bound)}`,
    port: bound,
    counts: () => target.counts(),
    stop: () => target.stop(),
  }
}

/** The server, its queue and its counters. */
class TargetServer {
  readonly #server: Server
  readonly #answers: readonly Answer[]
  readonly #latency: Latency
  // Two streams, so that the same requests get the same statuses whatever the latency is.
  readonly #latencyRandom: Random
  readonly #statusRandom: Random
  readonly #servedEveryMs: number
  /** When the next request can be served. */
  #freeAtMs = 0
  #requests = 0
  #connections = 0
  #stopping: Promise<TargetCounts> | null = null

  constructor({ latency, statuses, capacityPerS, bodyBytes, seed }: Behavior) {
    this.#answers = buildAnswers(statuses, bodyBytes)
    this.#latency = latency
    this.#latencyRandom = seededRandom(seed, 0)
    this.#statusRandom = seededRandom(seed, 1)
    this.#servedEveryMs = 1000 / capacityPerS
    this.#server = createServer(SERVER_OPTIONS, this.#receive)
    // Otherwise node itself answers 417 to an `expect` that it does not know.
    this.#server.on('checkExpectation', this.#receive)
    this.#server.on('connection', (socket: Carrier) => {
      this.#connections++
      socket[CARRIES] = 'nothing'
    })
  }

  /** Resolves with the port. */
  async listen(host: string, port: number): Promise<number> {
    await listen(this.#server, host, port)
    return (this.#server.address() as AddressInfo).port
  }

  counts(): TargetCounts {
    const sent = this.#answers.filter((answer) => answer.sent > 0)
    return {
      requests: this.#requests,
      connections: this.#connections,
      statuses: Object.fromEntries(sent.map((answer) => [answer.status, answer.sent])),
    }
  }

  stop(): Promise<TargetCounts> {
    this.#stopping ??= new Promise((resolve) => {
      const cut = setTimeout(() => this.#server.closeAllConnections(), STOP_GRACE_MS)
      this.#server.close(() => {
        clearTimeout(cut)
        resolve(this.counts())
      })
    })
    return this.#stopping
  }

  // The steps of a request are bound once, and called with what they need.

  readonly #receive = (req: IncomingMessage, res: ServerResponse): void => {
    const socket = req.socket as Carrier
    if (req.url === COUNT_PATH && req.method === 'GET') {
      this.#sendCounts(socket, res)
      return
    }
    const servedMs = Math.max(performance.now(), this.#freeAtMs)
    this.#freeAtMs = servedMs + this.#servedEveryMs
    const dueMs = servedMs + 1000 * sampleLatencyS(this.#latency, this.#latencyRandom)
    this.#requests++
    if (socket[CARRIES] !== 'load') {
      if (socket[CARRIES] === 'counts') this.#connections++
      socket[CARRIES] = 'load'
    }
    // The rest of what came with the headers is parsed before the next tick: most bodies are then already complete.
    process.nextTick(this.#read, res, dueMs, drawAnswer(this.#answers, this.#statusRandom))
  }

  /** An answer that overtakes its request's body makes clients give up the connection; so the body comes first. */
  readonly #read = (res: ServerResponse, dueMs: number, answer: Answer): void => {
    const { req } = res
    if (req.complete) this.#wait(res, dueMs, answer)
    else {
      req.once('end', () => this.#wait(res, dueMs, answer))
      req.resume()
    }
  }

  /**
   * Timers count whole milliseconds of the loop's clock and fire up to 1 ms early: so look, and wait again. Answers are
   * thus never early, and late by up to 1 ms and what else the loop has to do.
   */
  readonly #wait = (res: ServerResponse, dueMs: number, answer: Answer): void => {
    const leftMs = dueMs - performance.now()
    if (leftMs <= 0) {
      this.#send(res, answer)
      return
    }
    const delayMs = Math.min(Math.floor(leftMs) + 1, LONGEST_TIMER_MS)
    // What keeps the process alive is the connection that waits for this answer, not the timer.
    setTimeout(this.#wait, delayMs, res, dueMs, answer).unref()
  }

  #send(res: ServerResponse, answer: Answer): void {
    if (res.destroyed) return
    if (this.#stopping !== null) res.shouldKeepAlive = false
    answer.sent++
    res.writeHead(answer.status, answer.headers)
    // For HEAD, node keeps the body back by itself.
    res.end(answer.body)
  }

  #sendCounts(socket: Carrier, res: ServerResponse): void {
    if (socket[CARRIES] === 'nothing') {
      socket[CARRIES] = 'counts'
      this.#connections--
    }
    const body = JSON.stringify(this.counts())
    res.writeHead(200, ['content-type', 'application/json', 'content-length', String(body.length)])
    res.end(body)
  }
}

const authority = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => reject(cannotListen(error, host, port))
    server.once('error', refuse)
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', refuse)
      // From now on only accepting can fail, for want of files: the client sees that, and the target goes on.
      server.on('error', () => {})
      resolve()
    })
  })
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): CorerushError {
  const [why, hint] =
    error.code === 'EADDRINUSE'
      ? ['the port is already in use', 'give another port with --port, or --port 0 for any free one']
      : error.code === 'EACCES'
        ? ['this user may not use the port', 'give a port above 1023 with --port']
        : error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN'
          ? ['it is not an address of this machine', 'leave --host out to listen on 127.0.0.1']
          : [messageOf(error), undefined]
  const message = `the target cannot listen on ${authority(host, port)}: ${why}`
  return new CorerushError('CORERUSH_TARGET', message, { cause: error, ...(hint && { hint }) })
}
