/** The requests and responses of a HAR file. */
import { importError, type Source } from '../source.ts'
import { isObject, listOf, objectOf, textOf, type Json, type JsonObject } from '../json.ts'
import { bytesOfBase64, textOfBytes } from '../bytes.ts'
import { readHarBody, type HarBody } from './har-body.ts'

export type Pair = readonly [name: string, value: string]

export interface HarResponse {
  readonly status: number
  /** In their order; several `Set-Cookie` stand alone. */
  readonly headers: readonly Pair[]
  /** In lower case, without parameters. */
  readonly type: string
  /** `null` for one that is not text, or not in the recording. */
  readonly text: string | null
  readonly redirectUrl: string | null
}

export interface Exchange {
  /** Its number among the entries of the file, from 1. */
  readonly number: number
  readonly startMs: number
  readonly endMs: number
  /** The page that it belongs to; `null` for none. */
  readonly page: string | null
  readonly method: string
  readonly url: URL
  readonly headers: readonly Pair[]
  readonly body: HarBody
  readonly isHttp2: boolean
  /** What the browser says that it is, such as `script`; empty if it says nothing. */
  readonly kind: string
  /** Whether it was answered without the network. */
  readonly isCached: boolean
  readonly response: HarResponse
}

export interface Recording {
  readonly exchanges: readonly Exchange[]
  /** Titles of pages by their ids. */
  readonly pages: ReadonlyMap<string, string>
  /** Entries that are no HTTP, such as `data:` and `ws:`, by their protocol. */
  readonly others: ReadonlyMap<string, number>
}

/** The entries in the order of their beginning. Throws a CorerushError for what is no HAR. */
export function readRecording(source: Source, value: Json): Recording {
  const log = objectOf(objectOf(value)['log'])
  if (!Array.isArray(log['entries'])) throw importError(source, null, 'has no log.entries, as a HAR file has')
  const others = new Map<string, number>()
  const exchanges = listOf(log['entries']).flatMap((entry, i) => {
    const where = `log.entries[${i}]`
    if (!isObject(entry) || !isObject(entry['request']))
      throw importError(source, null, `${where} has no request`)
    const url = urlOf(source, where, entry['request'])
    if (!/^https?:$/.test(url.protocol)) {
      others.set(url.protocol, (others.get(url.protocol) ?? 0) + 1)
      return []
    }
    return [exchangeOf(source, where, i + 1, entry, url)]
  })
  const pages = new Map(
    listOf(log['pages']).flatMap((page) => {
      const { id, title } = objectOf(page)
      return typeof id === 'string' ? [[id, textOf(title) ?? id] as const] : []
    }),
  )
  return { exchanges: exchanges.sort((a, b) => a.startMs - b.startMs), pages, others }
}

function urlOf(source: Source, where: string, request: JsonObject): URL {
  try {
    const url = new URL(textOf(request['url']) ?? '')
    url.hash = ''
    return url
  } catch {
    throw importError(source, null, `${where}.request.url is not a URL`)
  }
}

function exchangeOf(source: Source, where: string, number: number, entry: JsonObject, url: URL): Exchange {
  const request = objectOf(entry['request'])
  const method = textOf(request['method'])
  if (method === null || !/^[\w!#$%&'*+.^`|~-]+$/.test(method))
    throw importError(source, null, `${where}.request.method is not a method`)
  const startMs = Date.parse(textOf(entry['startedDateTime']) ?? '')
  if (Number.isNaN(startMs)) throw importError(source, null, `${where}.startedDateTime is not a time`)
  const time = Number(entry['time'])
  const headers = pairsOf(request['headers'])
  return {
    number,
    startMs,
    endMs: startMs + (time > 0 ? time : 0),
    page: textOf(entry['pageref']),
    method: method.toUpperCase(),
    url,
    headers,
    body: readHarBody(request, headers),
    isHttp2: /2|^h2/.test(textOf(request['httpVersion']) ?? ''),
    kind: (textOf(entry['_resourceType']) ?? '').toLowerCase(),
    isCached:
      typeof entry['_fromCache'] === 'string' ||
      objectOf(entry['response'])['_fetchedViaServiceWorker'] === true,
    response: responseOf(objectOf(entry['response'])),
  }
}

/** Headers, without those of HTTP/2 that are the request itself. */
function pairsOf(value: unknown): Pair[] {
  return listOf(value).flatMap((one) => {
    const { name, value: text } = objectOf(one)
    return typeof name === 'string' && typeof text === 'string' && !name.startsWith(':')
      ? [[name, text] as const]
      : []
  })
}

function responseOf(response: JsonObject): HarResponse {
  const content = objectOf(response['content'])
  const headers = pairsOf(response['headers']).flatMap(([name, value]) =>
    // Browsers join several of them by line breaks.
    name.toLowerCase() === 'set-cookie'
      ? value.split('\n').map((one) => [name, one] as const)
      : [[name, value] as const],
  )
  const type = (textOf(content['mimeType']) ?? '').split(';')[0]!.trim().toLowerCase()
  const redirect = textOf(response['redirectURL'])
  return {
    status: Number(response['status']) || 0,
    headers,
    type,
    text: contentText(content),
    redirectUrl: redirect === null || redirect === '' ? null : redirect,
  }
}

function contentText(content: JsonObject): string | null {
  const text = textOf(content['text'])
  if (text === null || content['encoding'] !== 'base64') return text
  const bytes = bytesOfBase64(text)
  return bytes === null ? null : textOfBytes(bytes)
}

/** The value of a header; `null` for none. */
export const headerOf = (headers: readonly Pair[], name: string): string | null =>
  headers.find(([own]) => own.toLowerCase() === name)?.[1] ?? null
