/**
 * The requests of a worker's tasks, made ready. A task describes its request anew each time, mostly in the same words;
 * comparing them with the last ones is much cheaper than preparing the request again.
 */
import { forbiddenHost } from '../../core/resolve/request/allowed-hosts.ts'
import type { Plan } from '../../core/plan/plan.ts'
import type { DigestCredentials } from '../../core/request/digest.ts'
import { bodyPlan, type Headers, type RequestPlan } from '../../core/request/request.ts'
import { isOfOrigin } from '../../core/request/redirect.ts'
import {
  checkHeaders,
  dotSegmentsProblem,
  hasDotSegments,
  readMethod,
  readUserPassword,
} from '../../core/resolve/request/request-options.ts'
import { show } from '../../core/options/option-readers.ts'
import { parseHttpUrl } from '../../core/request/http-url.ts'
import type { KnownSecrets } from '../../core/request/known-secrets.ts'
import { parseStatuses } from '../../core/request/status.ts'
import { MOST_REDIRECTS, USUAL_REDIRECTS } from '../../core/options/limits.ts'
import { MOST_ROWS, OTHER_REQUESTS, rowOf } from '../../core/request/row.ts'
import { parseDurationS } from '../../core/units.ts'
import { didYouMean } from '../../core/suggest.ts'
import type { CheckedOptions, RequestOptions } from '../../scenario/http.ts'
import { described, isRecord, kindOf } from '../../scenario/value.ts'
import { accepting } from '../../core/request/accepted-encodings.ts'
import { bodyOf, jsonOf, type Body } from './body.ts'
import { expectedFailures } from './expected-failure.ts'
import { ENCODINGS } from './decoded.ts'
import { fieldsOf } from './fields.ts'
import { isSame, keptOf, type KnownRequest, type ReadyRequest } from './known-request.ts'
import type { ReadBody } from './read-body.ts'
import type { Recorder } from '../record/recorder.ts'
import type { Transport } from '../transport/transport.ts'

/** URLs whose last request is kept; a task may make up any number of them. */
const MOST_KEPT = 1000

export const REQUEST_OPTIONS: ReadonlySet<string> = new Set([
  'name',
  'headers',
  'query',
  'body',
  'json',
  'form',
  'authDigest',
  'expectStatus',
  'expectFailure',
  'redirects',
  'timeout',
  'compressed',
  'read',
  'throws',
  'check',
])

/** What a request is made of besides its options. */
export interface ReadyParts {
  /** The body, where it had to be read first. */
  readonly read: ReadBody | null
  /** Whether the scenario asks for compressed responses. */
  readonly isCompressed: boolean
  /** Headers that the user has set: they replace those of the run. */
  readonly userNames: readonly string[]
}

const NOTHING_ELSE: ReadyParts = { read: null, isCompressed: false, userNames: [] }

export class Requests {
  readonly #plan: Plan
  readonly #transport: Transport
  readonly #recorder: Recorder
  readonly #secrets: KnownSecrets
  readonly origin: string
  /** The URL that paths are added to. */
  readonly #base: string
  readonly #known = new Map<string, KnownRequest>()
  readonly #rows = new Set<string>()

  constructor(plan: Plan, transport: Transport, recorder: Recorder, secrets: KnownSecrets) {
    this.#plan = plan
    this.#secrets = secrets
    this.#transport = transport
    this.#recorder = recorder
    const { origin, pathname } = new URL(plan.request.url)
    this.origin = origin
    this.#base = origin + pathname.replace(/\/$/, '')
  }

  /**
   * The request that a task describes; a TypeError where it describes none.
   */
  ready(
    method: string,
    to: string | URL,
    options: RequestOptions | CheckedOptions,
    { read, isCompressed: usual, userNames }: ReadyParts = NOTHING_ELSE,
  ): ReadyRequest {
    checkOptions(options)
    const isCompressed = options.compressed ?? usual
    const url = textOf(to)
    const key = userNames.length === 0 ? `${method} ${url}` : `${method} ${url}\n${userNames.join()}`
    const json = options.json === undefined ? undefined : jsonOf(options.json)
    const known = this.#known.get(key)
    if (
      known !== undefined &&
      known.json === json &&
      known.isCompressed === isCompressed &&
      isSame(known, options, read)
    )
      return known.ready
    const ready = this.#prepare(method, url, options, { json, read, isCompressed, userNames })
    if (known === undefined && this.#known.size >= MOST_KEPT) this.#known.clear()
    this.#known.set(key, keptOf(options, json, read, ready))
    return ready
  }

  /** A path belongs below the base, whether or not it begins with a slash; `?page=2` to the base itself. */
  urlOf(to: string | URL): URL {
    const path = textOf(to)
    const url = parseHttpUrl(isPath(path) ? this.#base + belowBase(path) : path)
    if (url !== null && typeof to === 'string' && hasDotSegments(path))
      throw new TypeError(`a request ${dotSegmentsProblem(url)}, got ${show(path)}`)
    if (url !== null) return url
    const hint = LIKE_A_HOST.test(path) ? `; did you mean http://${path}?` : ''
    throw new TypeError(`a request needs a path or an http URL with a host, got ${show(path)}${hint}`)
  }

  #prepare(
    method: string,
    path: string,
    options: RequestOptions,
    { json, read, isCompressed, userNames }: ReadyParts & { readonly json: string | undefined },
  ): ReadyRequest {
    const base = this.#plan.request
    const url = this.urlOf(path)
    url.hash = ''
    for (const [name, value] of fieldsOf('query', options.query)) url.searchParams.append(name, value)
    const isElsewhere = url.origin !== this.origin
    const said = required(readMethod(method), 'method')
    const usual = base.headers.filter(([name]) => !userNames.includes(name.toLowerCase()))
    const sent = bodyAndHeaders(usual, options, bodyOf(options, json, read), isElsewhere)
    const plan: RequestPlan = {
      name: this.#nameOf(said, nameIn(options) ?? `${said} ${this.#secrets.hidePath(url.pathname)}`),
      method: said,
      url: url.href,
      body: sent.body,
      headers:
        isCompressed && !userNames.includes('accept-encoding')
          ? accepting(sent.headers, ENCODINGS)
          : sent.headers,
      digest: digestOf(
        options,
        sent.headers,
        isElsewhere || userNames.includes('authorization') ? null : base.digest,
      ),
      expectStatus:
        options.expectStatus === undefined
          ? base.expectStatus
          : required(parseStatuses(String(options.expectStatus)), 'expectStatus'),
    }
    this.#secrets.glance(plan)
    const { timeout, redirects, expectStatus, expectFailure } = options
    const expected = expectedFailures(expectFailure)
    if (expected !== null && expectStatus !== undefined)
      throw new TypeError('expectFailure expects no response, and expectStatus a status')
    const timeoutS =
      timeout === undefined ? this.#plan.timeoutS : required(parseDurationS(durationIn(timeout)), 'timeout')
    if (timeoutS <= 0) throw new TypeError('timeout must be above 0')
    const forbidden = forbiddenHost(this.#plan, url)
    return {
      request: this.#transport.prepare(plan),
      tally: this.#recorder.requestTally(plan),
      timeoutS,
      isElsewhere,
      mostRedirects: redirectsIn(redirects) ?? this.#plan.maxRedirects,
      expectedFailures: expected,
      isCompressed,
      refusal: forbidden === null ? null : `it goes to ${forbidden}, which is not allowed`,
    }
  }

  #nameOf(method: string, name: string): string {
    const row = rowOf({ method, name })
    if (this.#rows.has(row)) return name
    if (this.#rows.size >= MOST_ROWS) return OTHER_REQUESTS
    this.#rows.add(row)
    return name
  }
}

/** The digest credentials of the task, or else those of the run; `null` if a header authorizes already. */
function digestOf(
  { authDigest }: RequestOptions,
  headers: Headers,
  usual: DigestCredentials | null,
): DigestCredentials | null {
  const isAuthorized = headers.some(([name]) => name.toLowerCase() === 'authorization')
  if (authDigest === undefined) return isAuthorized ? null : usual
  if (isAuthorized)
    throw new TypeError('authDigest says who the user is, and so does the authorization header')
  const digest = readUserPassword(authDigest)
  if (digest === null) throw new TypeError('authDigest must be user:password')
  return digest
}

function bodyAndHeaders(
  base: RequestPlan['headers'],
  { headers }: RequestOptions,
  { content, type }: Body,
  isElsewhere: boolean,
): Pick<RequestPlan, 'body' | 'headers'> {
  const own = checkHeaders(fieldsOf('headers', headers), (_, message): never => {
    throw new TypeError(`headers ${message}`)
  })
  /** What is meant for the origin of the scenario is for no other, unless the task itself says it. */
  const isMeant = (name: string): boolean => !isElsewhere || !isOfOrigin(name)
  const isGiven = (name: string): boolean => own.some(([given]) => given.toLowerCase() === name)
  return {
    body: bodyPlan(content),
    headers: [
      ...base.filter(([name]) => !isGiven(name.toLowerCase()) && isMeant(name.toLowerCase())),
      ...(type === null || isGiven('content-type') ? [] : [['content-type', type] as const]),
      ...own,
    ],
  }
}

function required<T>(parsed: { readonly value: T } | { readonly problem: string }, option: string): T {
  if ('problem' in parsed) throw new TypeError(`${option} ${parsed.problem}`)
  return parsed.value
}

/** What a file in JavaScript hands over need not be what the types say: a FormData for options would send nothing. */
function checkOptions(options: RequestOptions | CheckedOptions): void {
  const given: unknown = options
  if (typeof given !== 'object' || given === null || Array.isArray(given) || !isRecord(given))
    throw new TypeError(
      `the options of a request must be an object such as { body: 'x' }, got ${typeof given === 'string' ? 'a string' : described(given)}`,
    )
  for (const option in given)
    if (!REQUEST_OPTIONS.has(option))
      throw new TypeError(
        `${option} is not an option of a request${didYouMean(option, [...REQUEST_OPTIONS])}`,
      )
  const { read, throws, check, compressed } = given as Readonly<Record<keyof CheckedOptions, unknown>>
  if (compressed !== undefined && typeof compressed !== 'boolean')
    throw new TypeError('compressed must be true or false')
  if (read !== undefined && typeof read !== 'boolean') throw new TypeError('read must be true or false')
  if (throws !== undefined && typeof throws !== 'boolean') throw new TypeError('throws must be true or false')
  if (check !== undefined && typeof check !== 'function') throw new TypeError('check must be a function')
}

const LIKE_A_HOST = /^[\w.-]+:\d+(\/|$)/

/** Whether a text is a path, and no URL; `items:batch` is a path, `ftp://host` and `host:8080/` are none. */
const isPath = (text: string): boolean =>
  text !== '' && !/^[a-z][a-z\d+.-]*:\/\//i.test(text) && !/^https?:/i.test(text) && !LIKE_A_HOST.test(text)

const belowBase = (path: string): string => (/^[/?#]/.test(path) ? path : `/${path}`)

/** How many redirects a request asks for; `null` if it does not say. */
function redirectsIn(redirects: unknown): number | null {
  if (redirects === undefined) return null
  if (redirects === false) return 0
  if (redirects === true) return USUAL_REDIRECTS
  if (
    typeof redirects === 'number' &&
    Number.isInteger(redirects) &&
    redirects >= 0 &&
    redirects <= MOST_REDIRECTS
  )
    return redirects
  throw new TypeError(
    `redirects must be false, true or a whole number up to ${MOST_REDIRECTS}, got ${described(redirects)}`,
  )
}

/** The URL or path of a request as text. */
function textOf(to: string | URL): string {
  if (typeof to === 'string') return to
  const given: unknown = to
  if (typeof given === 'object' && given !== null && kindOf(given) === 'URL') return to.href
  throw new TypeError(`a request needs a path or an http URL, got ${described(given)}`)
}

function nameIn({ name }: RequestOptions): string | undefined {
  if (name !== undefined && (typeof (name as unknown) !== 'string' || name === ''))
    throw new TypeError(`name must be a text that is not empty, got ${described(name)}`)
  return name
}

function durationIn(timeout: unknown): string | number {
  if (typeof timeout === 'string' || typeof timeout === 'number') return timeout
  throw new TypeError(`timeout must be a duration such as '2s', got ${described(timeout)}`)
}
