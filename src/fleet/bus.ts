/**
 * The carrier between coordinator and agents: requests and replies over core NATS. A NATS server keeps nothing, so a
 * message that is sent while the connection is down is lost. Hence nothing is sent without an answer being waited for,
 * every question is repeated until it is answered, and who answers must bear being asked twice.
 * The only importer of the NATS client, which is loaded with the first connection.
 */
import { readFile } from 'node:fs/promises'
import type {
  Authenticator,
  Msg,
  NatsConnection,
  PermissionViolationError,
  Status,
  Subscription,
} from '@nats-io/transport-node'
import {
  linkOf,
  parseServerUrl,
  printServerUrl,
  type Link,
  type ServerUrl,
} from '../core/fleet/server-url.ts'
import { CorerushError, messageOf } from '../errors.ts'

/** How a question is asked. */
export interface AskOptions {
  readonly timeoutMs: number
  /** Asked again as often as this until there is an answer; 500 ms if undefined. */
  readonly repeatMs?: number
  /** Called for each try that nobody listened to. */
  readonly onNoResponders?: () => void
  /** Ends the asking, which rejects with the reason of the signal. */
  readonly signal?: AbortSignal
}

export interface Bus {
  /**
   * Asks again and again until there is an answer, to whichever try it belongs. Rejects after `timeoutMs`; at once if the
   * server does not permit it, the payload is too large for it, or the connection is closed for good. While the
   * connection is down nothing is sent; it is asked again as soon as it is back.
   */
  ask(subject: string, payload: Uint8Array, options: AskOptions): Promise<Uint8Array>
  /** Asks everybody once; resolves `stallMs` after the last answer, `maxMs` after the question at most. */
  askAll(
    subject: string,
    payload: Uint8Array,
    options: { readonly stallMs: number; readonly maxMs: number },
  ): Promise<Uint8Array[]>
  /**
   * Answers what is asked on a subject, which may have wildcards. A handler that returns `null` gives no answer. One that
   * throws gives none either, and `onFault` reports it.
   */
  answer(
    subject: string,
    handler: (payload: Uint8Array, subject: string) => Uint8Array | null | Promise<Uint8Array | null>,
  ): { end(): void }
  readonly isConnected: boolean
  /** Calls the listener whenever the connection is lost and when it is back. */
  onConnection(listener: (isConnected: boolean) => void): void
  /** A text of letters and digits that nobody else has. */
  newId(): string
  /** Sends what is still to be sent, and closes. Questions without an answer reject. */
  close(): Promise<void>
}

export interface BusOptions {
  /** URLs of one server or of those of a cluster, as `parseServerUrl` reads them. */
  readonly servers: readonly string[]
  /** The name of this connection in what the server reports. */
  readonly name: string
  /** The subject below which answers arrive; the server must permit this client, and should permit no other, to listen there. */
  readonly inboxPrefix: string
  /** A file with a JWT and its seed, as `nsc` writes it; `null` for none. */
  readonly credsFile: string | null
  /** A file with the seed of an NKey; `null` for none. */
  readonly nkeyFile: string | null
  /** A file in PEM with the authorities that are trusted instead of the platform's; it demands TLS. `null` for none. */
  readonly caFile: string | null
  /**
   * Receives what nobody waits for: a subject that must not be listened to, a handler that threw, a connection that is
   * closed for good.
   */
  readonly onFault: (message: string) => void
}

type Nats = typeof import('@nats-io/transport-node')

const REPEAT_MS = 500
/** How long a connection attempt may take. */
const DIAL_MS = 5000
/** A connection is given up after this many pings without a pong, and dialled again this often. */
const PING_MS = 1000
const MOST_PINGS = 2
const REDIAL_MS = 100

/** How safe the way to the servers of these options is; throws a CorerushError if an address cannot be read. */
export const linkOfServers = ({ servers, caFile }: Pick<BusOptions, 'servers' | 'caFile'>): Link =>
  linkOf(servers.map(readServer), caFile !== null)

/** Connects; rejects with a CorerushError that says why it could not be done and what to do about it. */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const servers = options.servers.map(readServer)
  const nats = await import('@nats-io/transport-node')
  const authenticator = await authenticatorOf(options, servers, nats)
  const ca = options.caFile === null ? null : await textOf(options.caFile, '--nats-ca')
  const link = linkOf(servers, ca !== null)
  try {
    const connection = await nats.connect({
      servers: servers.map((server) => printServerUrl(server).replace(/^[a-z]+:\/\//, '')),
      name: options.name,
      inboxPrefix: options.inboxPrefix,
      ...(authenticator === null ? {} : { authenticator }),
      ...(link === 'tls' ? { tls: ca === null ? {} : { ca } } : {}),
      timeout: DIAL_MS,
      pingInterval: PING_MS,
      maxPingOut: MOST_PINGS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: REDIAL_MS,
      reconnectJitterTLS: REDIAL_MS,
      // What a server within this host says of others must not lead out of it unencrypted.
      ignoreClusterUpdates: link === 'loopback',
      noAsyncTraces: true,
    })
    return new NatsBus(connection, nats, options)
  } catch (error) {
    throw connectFault(error, servers)
  }
}

function readServer(text: string): ServerUrl {
  const parsed = parseServerUrl(text)
  // What it was given may hold a token.
  if ('problem' in parsed) throw new CorerushError('CORERUSH_FLEET', `--nats ${parsed.problem}`)
  return parsed.value
}

async function textOf(file: string, flag: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CorerushError('CORERUSH_FLEET', `${flag} names a file that cannot be read: ${messageOf(error)}`)
  }
}

/** What proves who this client is; `null` if it does not. */
async function authenticatorOf(
  { credsFile, nkeyFile }: BusOptions,
  servers: readonly ServerUrl[],
  nats: Nats,
): Promise<Authenticator | null> {
  if (credsFile !== null && nkeyFile !== null)
    throw new CorerushError(
      'CORERUSH_FLEET',
      '--nats-creds and --nats-nkey are two identities; give one of them',
    )
  if (credsFile !== null) {
    const creds = await textOf(credsFile, '--nats-creds')
    if (!/-----BEGIN NATS USER JWT-----/.test(creds) || !/-----BEGIN USER NKEY SEED-----/.test(creds))
      throw new CorerushError(
        'CORERUSH_FLEET',
        `--nats-creds ${credsFile} has no JWT and seed, as nsc writes them`,
      )
    return nats.credsAuthenticator(Buffer.from(creds))
  }
  if (nkeyFile !== null) {
    const seed = Buffer.from((await textOf(nkeyFile, '--nats-nkey')).trim())
    try {
      nats.nkeys.fromSeed(seed)
    } catch {
      throw new CorerushError(
        'CORERUSH_FLEET',
        `--nats-nkey ${nkeyFile} has no seed of an NKey, which begins with SU`,
      )
    }
    return nats.nkeyAuthenticator(seed)
  }
  const { token, user, password } = servers.find((server) => server.token ?? server.user) ?? {}
  if (token !== null && token !== undefined) return nats.tokenAuthenticator(token)
  return user !== null && user !== undefined ? nats.usernamePasswordAuthenticator(user, password ?? '') : null
}

/** Why there is no connection, in words. */
function connectFault(error: unknown, servers: readonly ServerUrl[]): CorerushError {
  const where = servers.map(printServerUrl).join(', ')
  const why = messageOf(error)
  const fault = (message: string, hint?: string): CorerushError =>
    new CorerushError('CORERUSH_FLEET', message, { cause: error, ...(hint === undefined ? {} : { hint }) })
  if (/authorization/i.test(why))
    return fault(
      `the NATS server at ${where} does not let this client in`,
      'a token or user in the URL, --nats-creds or --nats-nkey',
    )
  if (/does not support 'tls'/.test(why)) return fault(`the NATS server at ${where} offers no TLS`)
  if (/certificate|altnames|self.signed|issuer/i.test(why))
    return fault(
      `the certificate of the NATS server at ${where} is not trusted: ${why}`,
      '--nats-ca FILE names its authority',
    )
  return fault(`no NATS server can be reached at ${where}: ${why}`)
}

/** A question that waits for its answers. */
interface Asked {
  readonly subject: string
  answered(payload: Uint8Array): void
  unheard(): void
  refused(error: CorerushError): void
  /** Sends it once more, as the connection is back. */
  readonly resend: () => void
}

class NatsBus implements Bus {
  readonly #connection: NatsConnection
  readonly #nats: Nats
  readonly #onFault: (message: string) => void
  readonly #listeners: ((isConnected: boolean) => void)[] = []
  readonly #asked = new Map<string, Asked>()
  readonly #inbox: string
  #isConnected = true
  #isClosing = false
  /** Why answers do not arrive; `null` if they do. */
  #deafness: string | null = null
  #hasReportedAnswer = false

  constructor(connection: NatsConnection, nats: Nats, { inboxPrefix, onFault }: BusOptions) {
    this.#connection = connection
    this.#nats = nats
    this.#onFault = onFault
    this.#inbox = `${inboxPrefix}.${nats.nuid.next()}`
    connection.subscribe(`${this.#inbox}.*`, { callback: (error, message) => this.#answered(error, message) })
    void this.#watch()
    void connection.closed().then((error) => this.#closed(error))
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  onConnection(listener: (isConnected: boolean) => void): void {
    this.#listeners.push(listener)
  }

  newId(): string {
    return this.#nats.nuid.next()
  }

  ask(subject: string, payload: Uint8Array, options: AskOptions): Promise<Uint8Array> {
    const { timeoutMs, repeatMs = REPEAT_MS, onNoResponders, signal } = options
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error)
        return
      }
      const abort = (): void => end(() => reject(signal!.reason as Error))
      const late = (): void =>
        end(() => reject(fleetError(`no answer on ${subject} within ${timeoutMs / 1000} s`)))
      const question = this.#open(payload, {
        subject,
        answered: (answer) => end(() => resolve(answer)),
        refused: (error) => end(() => reject(error)),
        unheard: () => onNoResponders?.(),
      })
      const timers = [setInterval(question.send, repeatMs), setTimeout(late, timeoutMs)]
      const end = (settle: () => void): void => {
        timers.forEach(clearTimeout)
        signal?.removeEventListener('abort', abort)
        question.close()
        settle()
      }
      signal?.addEventListener('abort', abort)
      question.send()
    })
  }

  askAll(
    subject: string,
    payload: Uint8Array,
    { stallMs, maxMs }: { readonly stallMs: number; readonly maxMs: number },
  ): Promise<Uint8Array[]> {
    return new Promise((resolve, reject) => {
      const answers: Uint8Array[] = []
      let stall: NodeJS.Timeout | undefined
      const question = this.#open(payload, {
        subject,
        answered: (answer) => {
          answers.push(answer)
          clearTimeout(stall)
          stall = setTimeout(end, stallMs, () => resolve(answers))
        },
        refused: (error) => end(() => reject(error)),
        // Nobody is there, so nobody is waited for.
        unheard: () => end(() => resolve(answers)),
      })
      const most = setTimeout(() => end(() => resolve(answers)), maxMs)
      const end = (settle: () => void): void => {
        clearTimeout(stall)
        clearTimeout(most)
        question.close()
        settle()
      }
      question.send()
    })
  }

  answer(
    subject: string,
    handler: (payload: Uint8Array, subject: string) => Uint8Array | null | Promise<Uint8Array | null>,
  ): { end(): void } {
    const reply = async (message: Msg): Promise<void> => {
      try {
        const answer = await handler(message.data, message.subject)
        if (answer !== null && !this.#connection.isClosed()) message.respond(answer)
      } catch (error) {
        this.#onFault(`what was asked on ${message.subject} could not be answered: ${messageOf(error)}`)
      }
    }
    const subscription: Subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) void reply(message)
        else if (!this.#isClosing) this.#onFault(`cannot listen on ${subject}: ${messageOf(error)}`)
      },
    })
    return { end: () => subscription.unsubscribe() }
  }

  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#isConnected)
      await Promise.race([this.#connection.flush(), this.#connection.closed()]).catch(() => null)
    await this.#connection.close()
  }

  /**
   * Opens a question. Each try has a subject of its own for the answer, as a server may permit one answer to each; an
   * answer to any of them counts.
   */
  #open(payload: Uint8Array, asked: Omit<Asked, 'resend'>): { send: () => void; close: () => void } {
    const id = this.#nats.nuid.next()
    let tries = 0
    const send = (): void => {
      if (this.#connection.isClosed()) asked.refused(CLOSED())
      else if (this.#deafness !== null) asked.refused(fleetError(this.#deafness))
      else if (this.#isConnected) {
        tries++
        try {
          this.#connection.publish(asked.subject, payload, { reply: `${this.#inbox}.${id}-${tries}` })
        } catch (error) {
          asked.refused(
            fleetError(`cannot send ${payload.length} bytes on ${asked.subject}: ${messageOf(error)}`, error),
          )
        }
      }
    }
    this.#asked.set(id, { ...asked, resend: send })
    return { send, close: () => this.#asked.delete(id) }
  }

  /** Passes an answer on to its question, if that still waits. */
  #answered(error: Error | null, message: Msg): void {
    if (error !== null) {
      if (this.#isClosing) return
      this.#deafness = `the server does not permit this client to listen for answers: ${messageOf(error)}`
      for (const asked of [...this.#asked.values()]) asked.refused(fleetError(this.#deafness))
      this.#onFault(this.#deafness)
      return
    }
    const asked = this.#asked.get(message.subject.slice(this.#inbox.length + 1).replace(/-\d+$/, ''))
    const isUnheard = message.data.length === 0 && message.headers?.code === 503
    if (isUnheard) asked?.unheard()
    else asked?.answered(message.data)
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) this.#noted(status)
  }

  #noted(status: Status): void {
    if (status.type === 'disconnect') this.#connected(false)
    else if (status.type === 'reconnect') this.#connected(true)
    else if (status.type === 'error' && status.error instanceof this.#nats.PermissionViolationError)
      this.#forbidden(status.error)
  }

  /** The server did not permit a subject. Being kept from listening is reported by the subscription. */
  #forbidden({ operation, subject }: PermissionViolationError): void {
    if (operation !== 'publish') return
    const meant = [...this.#asked.values()].filter((asked) => asked.subject === subject)
    for (const asked of meant)
      asked.refused(fleetError(`the server does not permit this client to ask on ${subject}`))
    // An answer that came too late is not permitted either, and repeated.
    if (meant.length > 0 || this.#hasReportedAnswer) return
    this.#hasReportedAnswer = true
    this.#onFault(`the server did not permit this client to answer on ${subject}`)
  }

  #connected(isConnected: boolean): void {
    if (this.#isConnected === isConnected) return
    this.#isConnected = isConnected
    if (isConnected) for (const { resend } of [...this.#asked.values()]) resend()
    for (const listener of this.#listeners) listener(isConnected)
  }

  #closed(error: unknown): void {
    this.#connected(false)
    for (const asked of [...this.#asked.values()]) asked.refused(CLOSED())
    if (!this.#isClosing) this.#onFault(`the connection to NATS is closed for good: ${messageOf(error)}`)
  }
}

const fleetError = (message: string, cause?: unknown): CorerushError =>
  new CorerushError('CORERUSH_FLEET', message, { exitCode: 1, cause })

const CLOSED = (): CorerushError => fleetError('the connection to NATS is closed')
