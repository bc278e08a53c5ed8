/** Which requests of a recording are sent again: no static assets and none of third hosts, unless they are wanted. */
import type { Exchange, Recording } from './har-exchange.ts'
import { headerOf } from './har-exchange.ts'

export interface HarOptions {
  readonly keepsAssets: boolean
  /** Further hosts to keep: `api.example`, `*.example`, `*`. */
  readonly hosts: readonly string[]
}

export interface Selection {
  readonly kept: readonly Exchange[]
  /** Requests of third hosts, whose responses can hold values that kept requests send. */
  readonly foreign: readonly Exchange[]
  /** The origin of the first page. */
  readonly origin: string
  readonly notes: readonly string[]
}

const ASSET_KINDS: ReadonlySet<string> = new Set([
  'stylesheet',
  'script',
  'image',
  'font',
  'media',
  'manifest',
  'texttrack',
])
const ASSET_TYPES =
  /^(?:image|font|audio|video)\/|^text\/css$|^(?:application|text)\/(?:x-)?(?:javascript|ecmascript)$|^application\/(?:wasm|(?:x-)?font\b|vnd\.ms-fontobject|manifest\+json)/
const ASSET_ENDS =
  /\.(?:css|m?js|map|png|jpe?g|gif|webp|avif|svg|ico|bmp|woff2?|ttf|otf|eot|mp[34]|webm|ogg|m4[av]|wasm|webmanifest)$/i

/** The kept requests; `null` where no request has a response. */
export function selectExchanges({ exchanges, others }: Recording, options: HarOptions): Selection | null {
  const answered = exchanges.filter(({ response, isCached }) => response.status > 0 && !isCached)
  const first = answered.find(isPage) ?? answered.find((one) => !isAsset(one)) ?? answered[0]
  if (first === undefined) return null
  const isOwn = ownHosts(first.url.hostname, options.hosts)
  const own = answered.filter(({ url }) => isOwn(url))
  const foreign = answered.filter(({ url }) => !isOwn(url))
  const kept = own.filter((one) => options.keepsAssets || !isAsset(one))
  const notes = [
    leftOut(
      exchanges.filter(({ isCached }) => isCached).length,
      (count) => `${count} that the browser answered from its cache`,
    ),
    leftOut(
      exchanges.filter(({ response, isCached }) => response.status === 0 && !isCached).length,
      (count) => `${count} without a response`,
    ),
    leftOut(own.length - kept.length, (count) => `${count} for static assets (--keep-assets keeps them)`),
    leftOut(foreign.length, (count) => `${count} to other hosts (--hosts keeps them): ${hostList(foreign)}`),
    ...[...others].map(([protocol, count]) => `left out: ${count} with ${protocol}`),
  ]
  return { kept, foreign, origin: first.url.origin, notes: notes.filter((note) => note !== '') }
}

const leftOut = (count: number, text: (count: number) => string): string =>
  count === 0 ? '' : `left out: ${text(count)}`

const MOST_HOSTS = 8

function hostList(exchanges: readonly Exchange[]): string {
  const hosts = [...new Set(exchanges.map(({ url }) => url.hostname))]
  const more = hosts.length - MOST_HOSTS
  return hosts.slice(0, MOST_HOSTS).join(', ') + (more > 0 ? `, and ${more} more` : '')
}

/** The host of the first page, its subdomains (a leading `www.` aside), and those that are named. */
function ownHosts(first: string, named: readonly string[]): (url: URL) => boolean {
  const site = first.replace(/^www\./, '')
  // A subdomain of a host that is one label or an address is none.
  const hasSubdomains = /[a-z]/i.test(site) && site.includes('.') && !site.includes(':')
  return ({ hostname, host }) =>
    hostname === first ||
    hostname === site ||
    (hasSubdomains && hostname.endsWith(`.${site}`)) ||
    named.some(
      (one) =>
        one === '*' ||
        one === hostname ||
        one === host ||
        (one.startsWith('*.') && hostname.endsWith(one.slice(1))),
    )
}

const isPage = ({ kind, response, method }: Exchange): boolean =>
  method === 'GET' && (kind === 'document' || (kind === '' && response.type === 'text/html'))

function isAsset({ method, kind, url, response, headers }: Exchange): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  if (ASSET_KINDS.has(kind)) return true
  if (['document', 'xhr', 'fetch', 'websocket', 'eventsource'].includes(kind)) return false
  const destination = headerOf(headers, 'sec-fetch-dest')
  if (destination !== null && /^(?:style|script|image|font|audio|video|track|manifest)$/.test(destination))
    return true
  return ASSET_TYPES.test(response.type) || (ASSET_ENDS.test(url.pathname) && response.type !== 'text/html')
}
