/** A request of the task with the redirects that it follows. */
import type { Exchange } from './har-exchange.ts'

export interface Call {
  readonly first: Exchange
  /** The recorded requests that redirects led to, which the call makes by itself. */
  readonly hops: readonly Exchange[]
  readonly last: Exchange
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** A redirect is followed at once: its request is among the next ones. */
const NEAREST = 6

export function callsOf(kept: readonly Exchange[]): Call[] {
  const hops = new Set<Exchange>()
  return kept.flatMap((first, at) => {
    if (hops.has(first)) return []
    const chain: Exchange[] = []
    let from = at
    for (let last = first; ; last = chain.at(-1)!) {
      const next = targetOf(kept, from, last, hops)
      if (next === null) break
      from = kept.indexOf(next)
      chain.push(next)
    }
    const last = chain.at(-1) ?? first
    // The last redirect leads to a host that is left out, and would be followed.
    if (chain.length > 0 && REDIRECTS.has(last.response.status)) return [{ first, hops: [], last: first }]
    for (const hop of chain) hops.add(hop)
    return [{ first, hops: chain, last }]
  })
}

function targetOf(
  kept: readonly Exchange[],
  from: number,
  { response, url, method }: Exchange,
  taken: ReadonlySet<Exchange>,
): Exchange | null {
  if (!REDIRECTS.has(response.status)) return null
  const location =
    response.redirectUrl ?? response.headers.find(([name]) => name.toLowerCase() === 'location')?.[1]
  if (location === undefined) return null
  const target = hrefOf(location, url)
  const isKept = response.status === 307 || response.status === 308
  return (
    kept
      .slice(from + 1, from + 1 + NEAREST)
      .find(
        (one) =>
          one.url.href === target &&
          !taken.has(one) &&
          (isKept ? one.method === method : one.method === 'GET' || one.method === 'HEAD'),
      ) ?? null
  )
}

function hrefOf(location: string, base: URL): string | null {
  try {
    const url = new URL(location, base)
    url.hash = ''
    return url.href
  } catch {
    return null
  }
}

/** Whether the response lasts as long as the page, so that nothing waits for its end. */
export const isEndless = ({ last }: Call): boolean => last.response.type === 'text/event-stream'
