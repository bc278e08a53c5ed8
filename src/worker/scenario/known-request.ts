/** A request that was made ready, and what it was made of, so that the next one in the same words need not be made again. */
import type { RequestTally } from '../../core/measure/request-tally.ts'
import type { RequestOptions } from '../../scenario/http.ts'
import type { ReadBody } from './read-body.ts'
import { hasSameFields, keptFields, type Kept } from './fields.ts'
import type { Prepared } from '../transport/transport.ts'

/** A request that can be sent. */
export interface ReadyRequest {
  readonly request: Prepared
  readonly tally: RequestTally
  readonly timeoutS: number
  /** Whether it goes to another origin than the scenario's. */
  readonly isElsewhere: boolean
  readonly mostRedirects: number
  /** Outcomes that are its success; `null` if a response is. */
  readonly expectedFailures: ReadonlySet<string> | null
  /** Whether its response is decoded when it is read. */
  readonly isCompressed: boolean
  /** Why it must not be sent; `null` if it may be. */
  readonly refusal: string | null
}

export interface KnownRequest {
  readonly options: Pick<
    RequestOptions,
    'name' | 'authDigest' | 'expectStatus' | 'expectFailure' | 'timeout' | 'redirects'
  >
  readonly headers: Kept
  readonly query: Kept
  readonly form: Kept
  readonly hasForm: boolean
  readonly body: unknown
  readonly bodyType: string | null
  readonly json: string | undefined
  readonly isCompressed: boolean
  readonly ready: ReadyRequest
}

/** Copies of what the task gave: it may use its own objects again and change them. */
export function keptOf(
  options: RequestOptions,
  json: string | undefined,
  read: ReadBody | null,
  ready: ReadyRequest,
): KnownRequest {
  const { name, authDigest, expectStatus, expectFailure, timeout, redirects } = options
  const { headers, query, form, body } = options
  return {
    options: { name, authDigest, expectStatus, expectFailure, timeout, redirects },
    headers: keptFields(headers),
    query: keptFields(query),
    form: keptFields(form),
    hasForm: form !== undefined,
    body: read !== null ? read.bytes : body instanceof Uint8Array ? Buffer.from(body) : body,
    bodyType: read === null ? null : read.type,
    json,
    isCompressed: ready.isCompressed,
    ready,
  }
}

/** Whether two descriptions, their JSON apart, are of one request. */
export const isSame = (known: KnownRequest, given: RequestOptions, read: ReadBody | null): boolean =>
  known.options.name === given.name &&
  hasSameBytes(known.body, read === null ? given.body : read.bytes) &&
  known.bodyType === (read === null ? null : read.type) &&
  known.options.authDigest === given.authDigest &&
  known.options.expectStatus === given.expectStatus &&
  known.options.expectFailure === given.expectFailure &&
  known.options.timeout === given.timeout &&
  known.options.redirects === given.redirects &&
  hasSameFields(known.headers, given.headers) &&
  hasSameFields(known.query, given.query) &&
  known.hasForm === (given.form !== undefined) &&
  hasSameFields(known.form, given.form)

/** Other objects than bytes may have changed since, so they are never the same. */
const hasSameBytes = (a: unknown, b: unknown): boolean =>
  typeof b !== 'object'
    ? a === b
    : a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0
