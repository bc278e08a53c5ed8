/** What a user's tasks are given, and how what they ask for reaches the user. */
import type { Random } from '../../core/random.ts'
import type { Feeder } from '../../scenario/feeder.ts'
import type {
  HeaderSetter,
  Http,
  RequestOptions,
  Response,
  Send,
  Stream,
  StreamOptions,
} from '../../scenario/http.ts'
import type { Context, UserCookies } from '../../scenario/scenario.ts'
import type { Cookies } from '../call/cookies.ts'
import type { RandomStream } from '../../scenario/random.ts'
import type { Requests } from './requests.ts'

/** The user, as its tasks can move it. */
export interface Doer {
  /** The number of the user among all users of the run. */
  readonly number: number
  readonly random: Random
  /** What the setup of its scenario returned. */
  readonly data: unknown
  state(): unknown
  headers(): HeaderSetter
  stream(): RandomStream
  send(method: string, url: string | URL, options?: RequestOptions): Promise<Response>
  openStream(url: string | URL, options?: StreamOptions): Promise<Stream>
  think(pause: string | number): Promise<void>
  take(feeder: Feeder<unknown>): unknown
  transaction<T>(name: string, run: () => T | Promise<T>): Promise<T>
  leave(): never
  stopUser(): never
  stopRun(reason?: string): never
}

/** Made once for each user: its tasks may take it apart as they like. */
export const contextOf = (
  doer: Doer,
  requests: Requests,
  cookies: Cookies | null,
): Context<unknown, unknown> => ({
  http: httpOf(doer),
  get state() {
    return doer.state()
  },
  data: doer.data,
  cookies: cookiesOf(cookies, requests),
  user: doer.number,
  get random() {
    return doer.stream()
  },
  think: (pause) => doer.think(pause),
  take: <Row>(feeder: Feeder<Row>) => doer.take(feeder) as Row,
  transaction: (name, run) => doer.transaction(name, run),
  leave: () => doer.leave(),
  stopUser: () => doer.stopUser(),
  stopRun: (reason) => doer.stopRun(reason),
})

function cookiesOf(cookies: Cookies | null, requests: Requests): UserCookies {
  const kept = (): Cookies => {
    if (cookies === null) throw new Error('the scenario keeps no cookies')
    return cookies
  }
  return {
    get: (name, url = '/') => kept().get(name, requests.urlOf(url).href),
    set: (cookie, url = '/') => kept().set(cookie, requests.urlOf(url).href),
    clear: () => kept().clear(),
  }
}

function httpOf(doer: Doer): Http {
  const by = (method: string): Send =>
    ((url: string | URL, options?: RequestOptions) => doer.send(method, url, options)) as Send
  const request = (method: string, url: string | URL, options?: RequestOptions): Promise<Response> =>
    doer.send(method, url, options)
  return {
    get: by('GET'),
    head: by('HEAD'),
    post: by('POST'),
    put: by('PUT'),
    patch: by('PATCH'),
    delete: by('DELETE'),
    options: by('OPTIONS'),
    get headers() {
      return doer.headers()
    },
    stream: (url, options) => doer.openStream(url, options),
    request: request as Http['request'],
  }
}
