/**
 * The requests of a worker's tasks, made ready. A task describes its request anew each time, mostly in the same words;
 * comparing them with the last ones is much cheaper than preparing the request again.
 */
import { forbiddenHost } from '../../core/resolve/request/allowed-hosts.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { bodyPlan, type RequestPlan } from '../../core/request/request.ts'
import { isOfOrigin } from '../../core/request/redirect.ts'
import { readHeaders, readMethod } from '../../core/resolve/request/request-options.ts'
import type { KnownSecrets } from '../../core/request/known-secrets.ts'
import { parseStatuses } from '../../core/request/status.ts'
import type { RequestTally } from '../../core/measure/request-tally.ts'
import { MOST_NAMES, OTHER_REQUESTS } from '../../core/measure/tally.ts'
import { parseDurationS } from '../../core/units.ts'
import type { CheckedOptions, RequestOptions, Values } from '../../scenario/http.ts'
import type { Recorder } from '../recorder.ts'
import type { Prepared, Transport } from '../transport/transport.ts'

/** A request that can be sent. */
export interface ReadyRequest {
  readonly request: Prepared
  readonly tally: RequestTally
  readonly timeoutS: number
  /** It goes to another origin than the scenario's. */
  readonly isElsewhere: boolean
  /** Why it must not be sent; null when it may be. */
  readonly refusal: string | null
}

/** URLs whose last request is kept; a task may make up any number of them. */
const MOST_KEPT = 1000

const FIELDS = [
  'name',
  'headers',
  'query',
  'body',
  'json',
  'form',
  'expectStatus',
  'timeout',
  'read',
  'throws',
  'check',
]

interface Known {
  readonly options: RequestOptions
  readonly json: string | undefined
  readonly ready: ReadyRequest
}

export class Requests {
  readonly #plan: Plan
  readonly #transport: Transport
  readonly #recorder: Recorder
  readonly #secrets: KnownSecrets
  readonly #origin: string
  /** The URL that paths are added to. */
  readonly #base: string
  readonly #known = new Map<string, Known>()
  readonly #names = new Set<string>()

  constructor(plan: Plan, transport: Transport, recorder: Recorder, secrets: KnownSecrets) {
    this.#plan = plan
    this.#secrets = secrets
    this.#transport = transport
    this.#recorder = recorder
    const { origin, pathname } = new URL(plan.request.url)
    this.#origin = origin
    this.#base = origin + pathname.replace(/\/$/, '')
  }

  /** The request that a task asks for; throws where it makes none. */
  ready(method: string, url: string, options: RequestOptions | CheckedOptions): ReadyRequest {
    const key = `${method} ${url}`
    const json = options.json === undefined ? undefined : JSON.stringify(options.json)
    const known = this.#known.get(key)
    if (known !== undefined && known.json === json && isSame(known.options, options)) return known.ready
    const ready = this.#prepare(method, url, options, json)
    if (known === undefined && this.#known.size >= MOST_KEPT) this.#known.clear()
    // A copy: the task may use its own objects again and change them.
    const { headers, query, form, body } = options
    const copy = {
      ...options,
      headers: { ...headers },
      query: { ...query },
      form: form && { ...form },
      body: body instanceof Uint8Array ? Buffer.from(body) : body,
    }
    this.#known.set(key, { options: copy, json, ready })
    return ready
  }

  /** A path belongs to the base, whatever path that has itself. */
  urlOf(path: string): URL {
    const whole = path.startsWith('/') ? this.#base + path : path
    const url = URL.canParse(whole) ? new URL(whole) : null
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
      throw new TypeError(`a request needs a path or an http URL, got "${path}"`)
    return url
  }

  #prepare(method: string, path: string, options: RequestOptions, json: string | undefined): ReadyRequest {
    for (const field of Object.keys(options))
      if (!FIELDS.includes(field)) throw new TypeError(`${field} is not an option of a request`)
    const base = this.#plan.request
    const url = this.urlOf(path)
    url.hash = ''
    for (const [name, value] of Object.entries(options.query ?? {}))
      url.searchParams.append(name, String(value))
    const isElsewhere = url.origin !== this.#origin
    const said = required(readMethod(method), 'method')
    const plan: RequestPlan = {
      name: this.#nameOf(options.name ?? `${said} ${this.#secrets.hidePath(url.pathname)}`),
      method: said,
      url: url.href,
      ...bodyAndHeaders(base.headers, options, json, isElsewhere),
      expectStatus:
        options.expectStatus === undefined
          ? base.expectStatus
          : required(parseStatuses(String(options.expectStatus)), 'expectStatus'),
    }
    this.#secrets.glance(plan)
    const { timeout } = options
    const timeoutS =
      timeout === undefined ? this.#plan.timeoutS : required(parseDurationS(timeout), 'timeout')
    if (timeoutS <= 0) throw new TypeError('timeout must be above 0')
    const forbidden = forbiddenHost(this.#plan, url)
    return {
      request: this.#transport.prepare(plan),
      tally: this.#recorder.requestTally(plan.name),
      timeoutS,
      isElsewhere,
      refusal: forbidden === null ? null : `it goes to ${forbidden}, which is not allowed`,
    }
  }

  #nameOf(name: string): string {
    if (this.#names.has(name)) return name
    if (this.#names.size >= MOST_NAMES) return OTHER_REQUESTS
    this.#names.add(name)
    return name
  }
}

function bodyAndHeaders(
  base: RequestPlan['headers'],
  { body, form, headers }: RequestOptions,
  json: string | undefined,
  isElsewhere: boolean,
): Pick<RequestPlan, 'body' | 'headers'> {
  if ([body, json, form].filter((given) => given !== undefined).length > 1)
    throw new TypeError('a request has one body: give body, json or form')
  const own = readHeaders(headers, (_, message): never => {
    throw new TypeError(`headers ${message}`)
  })
  const type =
    json !== undefined ? 'application/json' : form !== undefined ? 'application/x-www-form-urlencoded' : null
  /** What is meant for the origin of the scenario is for no other, unless the task itself says it. */
  const isMeant = (name: string): boolean => !isElsewhere || !isOfOrigin(name)
  const isGiven = (name: string): boolean => own.some(([given]) => given.toLowerCase() === name)
  return {
    body: bodyPlan(json ?? (form === undefined ? (body ?? null) : encoded(form))),
    headers: [
      ...base.filter(([name]) => !isGiven(name.toLowerCase()) && isMeant(name.toLowerCase())),
      ...(type === null || isGiven('content-type') ? [] : [['content-type', type] as const]),
      ...own,
    ],
  }
}

const encoded = (form: Values): string =>
  new URLSearchParams(
    Object.entries(form).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()

function required<T>(parsed: { readonly value: T } | { readonly problem: string }, option: string): T {
  if ('problem' in parsed) throw new TypeError(`${option} ${parsed.problem}`)
  return parsed.value
}

/** Whether two descriptions, their JSON apart, are of one request. */
const isSame = (a: RequestOptions, b: RequestOptions): boolean =>
  a.name === b.name &&
  hasSameBytes(a.body, b.body) &&
  a.expectStatus === b.expectStatus &&
  a.timeout === b.timeout &&
  hasSame(a.headers, b.headers) &&
  hasSame(a.query, b.query) &&
  hasSame(a.form, b.form)

const hasSameBytes = (a: RequestOptions['body'], b: RequestOptions['body']): boolean =>
  a === b || (a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0)

function hasSame(a: Values | undefined, b: Values | undefined): boolean {
  if (a === b) return true
  for (const name in b) if (a?.[name] !== b[name]) return false
  for (const name in a) if (b?.[name] === undefined) return false
  return true
}
