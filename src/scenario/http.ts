/** What a task sends requests with, and what it gets back. Types only: the worker fulfils them. */
import type { ServerEvent } from '../core/request/event-parser.ts'
import type { Duration } from '../core/units.ts'
import type { Trend } from './metric.ts'

/** The value of a field; a list sends the field once for each of its values. */
export type Value = string | number | bigint | boolean

/** Fields by name, or pairs of name and value. A value that is `undefined` leaves its field out. */
export type Values =
  | Readonly<Record<string, Value | readonly Value[] | undefined>>
  | readonly (readonly [name: string, value: Value])[]
  | ReadonlyMap<string, Value | readonly Value[]>
  | URLSearchParams
  | FormData

export interface RequestOptions {
  /** The name under which the request is reported. @default method and path */
  readonly name?: string | undefined
  readonly headers?:
    | Readonly<Record<string, Value | readonly Value[] | undefined>>
    | readonly (readonly [name: string, value: Value])[]
    | ReadonlyMap<string, Value | readonly Value[]>
    | Headers
    | undefined
  /** Added to the URL, encoded. */
  readonly query?: Values | undefined
  /**
   * The body, one of these three: text, bytes or what `fetch` takes as a body, a value to send as JSON, or fields to send as
   * a form. A `FormData` is sent as multipart/form-data, with its files.
   */
  readonly body?:
    string | Uint8Array | ArrayBufferLike | ArrayBufferView | URLSearchParams | FormData | Blob | undefined
  readonly json?: unknown
  readonly form?: Values | undefined
  /** `user:password` of digest authentication (RFC 7616), for this request's server. @default what the run says, for the origin of the base URL */
  readonly authDigest?: string | undefined
  /** Statuses that count as success: `200`, `2xx,404`. @default what the run says, else 2xx and 3xx */
  readonly expectStatus?: string | number | undefined
  /**
   * Success is that no complete response comes: `true` for any such failure, or outcomes, phases or reasons such as
   * `connect.refused` or `connect,timeout`. A response then fails the request. @default false
   */
  readonly expectFailure?: boolean | string | undefined
  /** Most redirects to follow; `false` for none. @default what the scenario or the run says, else none */
  readonly redirects?: number | boolean | undefined
  /** Longest time from sent to done. @default what the run says, else 30s */
  readonly timeout?: Duration | undefined
  /**
   * Ask for a compressed response, which is decoded when it is read. @default what the scenario says, else `--compressed`
   */
  readonly compressed?: boolean | undefined
  /** Keep headers and body of the response, so that they can be read. @default false */
  readonly read?: boolean | undefined
  /** A response that failed is thrown, and ends the task. @default false */
  readonly throws?: boolean | undefined
}

/** With a check, which says whether a response with an expected status is right: true, or else what is wrong. */
export interface CheckedOptions extends RequestOptions {
  /** Called before the request is recorded, so that what it refuses counts as failed. Implies `read`. */
  readonly check: (response: ReadResponse) => boolean | string
}

export type ReadingOptions = CheckedOptions | (RequestOptions & { readonly read: true })

export interface Response {
  /** The request succeeded: a complete response of an expected status that passed its check. */
  readonly ok: boolean
  /** 0 when no response came. */
  readonly status: number
  /** The URL of the request that brought the response: the last one, where redirects were followed. */
  readonly url: string
  /** The redirects that were followed, in their order. */
  readonly redirects: readonly FollowedRedirect[]
  /** Why it failed; empty when it did not. */
  readonly error: string
  /**
   * From when its network work began to its end, with redirects, in milliseconds; 0 if nothing was sent, and of a stream
   * until it has ended.
   */
  readonly latencyMs: number
}

/** A response that led to another request of the same call. */
export interface FollowedRedirect {
  readonly url: string
  readonly status: number
  /** Where it led, as the server wrote it. */
  readonly location: string
  /** Its `Set-Cookie` headers. */
  readonly cookies: readonly string[]
}

/** Headers that go with all further requests of a user, unless a request has one of the same name. */
export interface HeaderSetter {
  /** The value that this user has set. */
  get(name: string): string | undefined
  has(name: string): boolean
  /** Replaces the header of this name, also one of the scenario or of `--header`. */
  set(name: string, value: string): void
  delete(name: string): void
  clear(): void
}

/** A response that was kept. */
export interface ReadResponse extends Response {
  /** By name in lower case; of several with one name, their values joined by a comma. */
  readonly headers: ReadonlyMap<string, string>
  bytes(): Uint8Array
  text(): string
  json(): unknown
}

/** What a stream can be asked for; `timeout` is the longest time until its head has come, and after that until its next piece. */
export interface StreamOptions extends Omit<
  RequestOptions,
  'read' | 'compressed' | 'expectFailure' | 'throws'
> {
  /** @default GET */
  readonly method?: string | undefined
  /** Receives the time from sent to the arrival of the first event, in milliseconds. */
  readonly firstEvent?: Trend | undefined
  /** Receives the time between the arrivals of two events, in milliseconds. */
  readonly eventGap?: Trend | undefined
  /** A request that failed is thrown: where it is opened, or where it is read. @default false */
  readonly throws?: boolean | undefined
}

/**
 * A response that is read while it comes, once, by `events` or by `chunks`. Reading ends when the server ends it or the
 * request fails, which `error` says then; leaving the loop closes the connection.
 */
export interface Stream extends Response {
  /** The head came with an expected status, and the request has not failed since. */
  readonly ok: boolean
  /** By name in lower case; of several with one name, their values joined by a comma. */
  readonly headers: ReadonlyMap<string, string>
  /** The server-sent events (`text/event-stream`), as they come. Throws a TypeError if the stream is read already. */
  events(): AsyncGenerator<ServerEvent, void, undefined>
  /** The pieces of the body, as they come. Throws a TypeError if the stream is read already. */
  chunks(): AsyncGenerator<Uint8Array, void, undefined>
  /** Closes the connection without reading on; the request counts as complete. */
  close(): void
}

/** Sends one request; resolves when it has ended, however it ended. */
export interface Send {
  (url: string | URL, options: ReadingOptions): Promise<ReadResponse>
  (url: string | URL, options?: RequestOptions): Promise<Response>
}

export interface Http {
  readonly get: Send
  readonly head: Send
  readonly post: Send
  readonly put: Send
  readonly patch: Send
  readonly delete: Send
  readonly options: Send
  /** Headers of this user, such as the token of its login: `http.headers.set('authorization', 'Bearer …')`. */
  readonly headers: HeaderSetter
  /** Sends one request whose response is read while it comes; resolves when its head has come, or it has failed. */
  stream(url: string | URL, options?: StreamOptions): Promise<Stream>
  /** Any method. */
  request(method: string, url: string | URL, options: ReadingOptions): Promise<ReadResponse>
  request(method: string, url: string | URL, options?: RequestOptions): Promise<Response>
}
