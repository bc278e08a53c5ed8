/** What a user's tasks are given, and how what they ask for reaches the user. */
import type { Random } from '../../core/random.ts'
import type { Http, RequestOptions, Response, Send } from '../../scenario/http.ts'
import type { Context } from '../../scenario/scenario.ts'

/** The user, as its tasks can move it. */
export interface Doer {
  /** Its number among all users of the run. */
  readonly number: number
  readonly random: Random
  state(): unknown
  send(method: string, url: string, options?: RequestOptions): Promise<Response>
  think(pause: string | number): Promise<void>
  stopUser(): never
  stopRun(reason?: string): never
}

/** Made once for each user: its tasks may take it apart as they like. */
export const contextOf = (doer: Doer): Context<unknown> => ({
  http: httpOf(doer),
  get state() {
    return doer.state()
  },
  user: doer.number,
  random: doer.random,
  think: (pause) => doer.think(pause),
  stopUser: () => doer.stopUser(),
  stopRun: (reason) => doer.stopRun(reason),
})

function httpOf(doer: Doer): Http {
  const by = (method: string): Send =>
    ((url: string, options?: RequestOptions) => doer.send(method, url, options)) as Send
  const request = (method: string, url: string, options?: RequestOptions): Promise<Response> =>
    doer.send(method, url, options)
  return {
    get: by('GET'),
    head: by('HEAD'),
    post: by('POST'),
    put: by('PUT'),
    patch: by('PATCH'),
    delete: by('DELETE'),
    options: by('OPTIONS'),
    request: request as Http['request'],
  }
}
