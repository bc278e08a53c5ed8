/**
 * Splits the URL of a request into what its transport writes. Requests with placeholders, and those of tasks, have another
 * URL each time; one that a parser would leave as it is need not go through one.
 */
import { parseUrl } from '../../core/request/parsed-url.ts'

export interface TargetUrl {
  readonly origin: string
  /** With its port, where that is not the usual one: the value of the Host header. */
  readonly host: string
  /** The path and the query. */
  readonly path: string
}

/** Characters that a parser of URLs leaves as they are, in a path and in a query. */
const PLAIN = /^(https?:\/\/[a-z0-9.:[\]-]+)(\/[\w.~%!$&()*+,;=:@/?-]*)$/
/** What a parser takes out of them: segments such as `..`, written in any way, and a query without a character. */
const NOT_KEPT = /\/(?:\.|%2e)|\?$/i

/** The host of each origin; `null` where a parser changes the origin. Scenarios can make any number of them. */
const hosts = new Map<string, string | null>()
const MOST_KEPT = 1000

export function targetOf(url: string): TargetUrl {
  const found = PLAIN.exec(url)
  if (found !== null) {
    const origin = found[1]!
    const path = found[2]!
    const host = hostOf(origin)
    if (host !== null && !NOT_KEPT.test(path)) return { origin, host, path }
  }
  const { origin, host, pathname, search } = new URL(url)
  return { origin, host, path: pathname + search }
}

function hostOf(origin: string): string | null {
  let host = hosts.get(origin)
  if (host === undefined) {
    const url = parseUrl(origin)
    host = url?.origin === origin ? url.host : null
    if (hosts.size >= MOST_KEPT) hosts.clear()
    hosts.set(origin, host)
  }
  return host
}
