/** The headers of recorded requests that are sent again. */
import { headerOf, type Exchange, type Pair } from './har-exchange.ts'

/** Headers that the client, its connection or its cache writes. */
const OF_THE_CLIENT =
  /^(?:host|connection|content-length|transfer-encoding|keep-alive|proxy-.*|te|trailer|upgrade|http2-settings|expect|accept-encoding|user-agent|cookie|sec-.*|upgrade-insecure-requests|dnt|priority|purpose|save-data|x-client-data|alt-used|pragma)$/i

/** Headers of a browser's cache: a user has none. */
const OF_THE_CACHE = /^(?:if-none-match|if-modified-since|cache-control)$/i

export function sentHeaders({ headers, method, body }: Exchange): Pair[] {
  const isSafe = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  return headers.filter(
    ([name]) =>
      !OF_THE_CLIENT.test(name) &&
      !(isSafe && OF_THE_CACHE.test(name)) &&
      // A form has a boundary of its own.
      !(body.kind === 'multipart' && name.toLowerCase() === 'content-type'),
  )
}

/** Headers that several requests have in common with the same value, which the scenario then has. */
export function sharedHeaders(exchanges: readonly Exchange[]): Pair[] {
  const [first, ...more] = exchanges
  if (first === undefined || more.length === 0) return []
  return sentHeaders(first).filter(
    ([name, value]) =>
      !/^(?:content-.*|origin|referer|authorization)$/i.test(name) &&
      more.every((one) => headerOf(one.headers, name.toLowerCase()) === value),
  )
}

/** Whether the browser asked for compressed responses. */
export const asksCompressed = (exchanges: readonly Exchange[]): boolean =>
  exchanges.some(({ headers }) => /gzip|br|zstd/.test(headerOf(headers, 'accept-encoding') ?? ''))
