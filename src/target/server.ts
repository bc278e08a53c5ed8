/**
 * The embedded target: a real HTTP server whose latency is known. It is one thread and meant to cost little, so the
 * path of a request has no closures and nothing is built per answer that could be built once.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { seededRandom } from '../core/random.ts'
import { CorerushError, messageOf } from '../errors.ts'
import { NO_LATENCY, sampleLatencyS, type Latency } from './latency.ts'

/** A status and the share of all requests, from 0 to 1, that are answered with it. */
export interface StatusShare {
  readonly status: number
  readonly ratio: number
}

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
/** setTimeout takes what is longer for 1 ms. */
const LONGEST_TIMER_MS = 2_147_483_647

/** One kind of answer, built once, and how often it was sent. */
interface Answer {
  readonly status: number
  /** Drawn when the random number is below this; the last answer's is Infinity. */
  readonly below: number
  readonly headers: string[]
  readonly body: Buffer
  sent: number
}

const CARRIES = Symbol('what a connection has carried so far')
interface Carrier extends Socket {
  [CARRIES]?: 'nothing' | 'counts' | 'load'
}

/**
 * Starts the target and resolves when it listens.
 * @throws CorerushError CORERUSH_TARGET when it cannot listen where it was told to
 */
export async function startTarget(options: TargetOptions = {}): Promise<Target> {
  const { host, port, latency, statuses, capacityPerS, bodyBytes, seed } = { ...TARGET_DEFAULTS, ...options }
  const answers = buildAnswers(statuses, bodyBytes)
  // Two streams, so that the same requests get the same statuses whatever the latency is.
  const latencyRandom = seededRandom(seed, 0)
  const statusRandom = seededRandom(seed, 1)
  const servedEveryMs = 1000 / capacityPerS
  /** When the next request can be served. */
  let freeAtMs = 0
  let requests = 0
  let connections = 0
  let stopping: Promise<TargetCounts> | null = null

  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      requestTimeout: 0,
      requireHostHeader: false,
      maxHeaderSize: 65_536,
    },
    receive,
  )
  // Otherwise node itself answers 417 to an `expect` that it does not know.
  server.on('checkExpectation', receive)
  server.on('connection', (socket: Carrier) => {
    connections++
    socket[CARRIES] = 'nothing'
  })

  function receive(req: IncomingMessage, res: ServerResponse): void {
    const socket = req.socket as Carrier
    if (req.url === COUNT_PATH && req.method === 'GET') {
      tell(socket, res)
      return
    }
    const servedMs = Math.max(performance.now(), freeAtMs)
    freeAtMs = servedMs + servedEveryMs
    const dueMs = servedMs + 1000 * sampleLatencyS(latency, latencyRandom)
    requests++
    if (socket[CARRIES] !== 'load') {
      if (socket[CARRIES] === 'counts') connections++
      socket[CARRIES] = 'load'
    }
    // The rest of what came with the headers is parsed before the next tick: most bodies are then already complete.
    process.nextTick(read, res, dueMs, draw(answers, statusRandom))
  }

  /** An answer that overtakes its request's body makes clients give up the connection; so the body comes first. */
  function read(res: ServerResponse, dueMs: number, answer: Answer): void {
    const { req } = res
    if (req.complete) wait(res, dueMs, answer)
    else {
      req.once('end', () => wait(res, dueMs, answer))
      req.resume()
    }
  }

  /**
   * Timers count whole milliseconds of the loop's clock and fire up to 1 ms early: so look, and wait again. Answers are
   * thus never early, and late by up to 1 ms and what else the loop has to do.
   */
  function wait(res: ServerResponse, dueMs: number, answer: Answer): void {
    const leftMs = dueMs - performance.now()
    if (leftMs <= 0) {
      send(res, answer)
      return
    }
    const delayMs = Math.min(Math.floor(leftMs) + 1, LONGEST_TIMER_MS)
    // What keeps the process alive is the connection that waits for this answer, not the timer.
    setTimeout(wait, delayMs, res, dueMs, answer).unref()
  }

  function send(res: ServerResponse, answer: Answer): void {
    if (res.destroyed) return
    if (stopping !== null) res.shouldKeepAlive = false
    answer.sent++
    res.writeHead(answer.status, answer.headers)
    // For HEAD, node keeps the body back by itself.
    res.end(answer.body)
  }

  function tell(socket: Carrier, res: ServerResponse): void {
    if (socket[CARRIES] === 'nothing') {
      socket[CARRIES] = 'counts'
      connections--
    }
    const body = JSON.stringify(counts())
    res.writeHead(200, ['content-type', 'application/json', 'content-length', String(body.length)])
    res.end(body)
  }

  function counts(): TargetCounts {
    const sent = answers.filter((answer) => answer.sent > 0)
    return {
      requests,
      connections,
      statuses: Object.fromEntries(sent.map((answer) => [answer.status, answer.sent])),
    }
  }

  function stop(): Promise<TargetCounts> {
    stopping ??= new Promise((resolve) => {
      const cut = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS)
      server.close(() => {
        clearTimeout(cut)
        resolve(counts())
      })
    })
    return stopping
  }

  await listen(server, host, port)
  const bound = (server.address() as AddressInfo).port
  return { url: `http://${authority(host, bound)}`, port: bound, counts, stop }
}

const authority = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

function buildAnswers(statuses: readonly StatusShare[], bodyBytes: number): Answer[] {
  const ratios = new Map<number, number>()
  for (const { status, ratio } of statuses) ratios.set(status, (ratios.get(status) ?? 0) + ratio)
  const body = Buffer.alloc(bodyBytes, 'corerush target\n')
  const none = Buffer.alloc(0)
  const answers: Answer[] = []
  const add = (status: number, below: number): void => {
    // 204 and 304 have no body by definition; a length would be wrong for 204, and a client may wait for what a 304 names.
    if (status === 204 || status === 304)
      return void answers.push({ status, below, headers: [], body: none, sent: 0 })
    const content = status === 205 ? none : body
    const headers = ['content-type', 'text/plain', 'content-length', String(content.length)]
    answers.push({ status, below, headers, body: content, sent: 0 })
  }
  let below = 0
  for (const [status, ratio] of ratios) if (status !== 200 && ratio > 0) add(status, (below += ratio))
  // Ratios such as 0.1 do not add up to exactly 1.
  if (below < 1 - 1e-9) add(200, Infinity)
  else answers[answers.length - 1] = { ...answers.at(-1)!, below: Infinity }
  return answers
}

function draw(answers: readonly Answer[], random: () => number): Answer {
  if (answers.length === 1) return answers[0]!
  const x = random()
  return answers.find((answer) => x < answer.below)!
}

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
