/** `urllib.parse`. */
import { fields } from './request.ts'
import { list, PyObject, str } from './value.ts'

/** `quote(text, safe)`: percent-encodes all but letters, digits, `_.-~` and what is safe. */
export function quote(text: any, safe = '/'): string {
  const bytes = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text as Uint8Array)
  return Array.from(bytes, (byte) => {
    const char = String.fromCharCode(byte)
    return /[\w.~-]/.test(char) || (byte < 128 && safe.includes(char))
      ? char
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}

/** `quote_plus(text, safe)`. */
export const quotePlus = (text: any, safe = ''): string => quote(text, ` ${safe}`).replaceAll(' ', '+')

/** `unquote(text)` and `unquote_plus(text)`: bytes that are no UTF-8 become U+FFFD. */
export const unquote = (text: string): string =>
  text.replace(/(?:%[\da-f]{2})+/gi, (all) => Buffer.from(all.replaceAll('%', ''), 'hex').toString())
export const unquotePlus = (text: string): string => unquote(text.replaceAll('+', ' '))

/** `urlencode(values, doseq)`. */
export function urlEncode(values: any, isEach: any = false): string {
  const pairs =
    isEach === true
      ? fields(values)
      : (Array.isArray(values) ? (list(values) as [unknown, unknown][]) : fieldPairs(values)).map(
          ([name, value]): [string, string] => [str(name), str(value)],
        )
  return pairs.map(([name, value]) => `${quotePlus(name)}=${quotePlus(value)}`).join('&')
}

const fieldPairs = (values: any): [unknown, unknown][] =>
  values instanceof Map ? [...(values as Map<unknown, unknown>)] : Object.entries(values as object)

/** `parse_qsl(query)` and `parse_qs(query)`: fields without a value are left out. */
export const parseQueryList = (query: string): string[][] =>
  query.split('&').flatMap((one) => {
    const [, name, value] = /^([^=]*)=(.+)$/s.exec(one) ?? []
    return name === undefined || value === undefined ? [] : [[unquotePlus(name), unquotePlus(value)]]
  })

export function parseQuery(query: string): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const [name, value] of parseQueryList(query)) (found[name!] ??= []).push(value!)
  return found
}

/** What `urlparse` gives. */
class ParsedUrl extends PyObject {
  scheme = ''
  netloc = ''
  path = ''
  params = ''
  query = ''
  fragment = ''

  get hostname(): string | null {
    const host = this.netloc.replace(/^.*@/, '').replace(/:\d*$/, '')
    return host === '' ? null : host.toLowerCase()
  }

  get port(): number | null {
    const [, port] = /:(\d+)$/.exec(this.netloc) ?? []
    return port === undefined ? null : Number(port)
  }

  geturl(): string {
    const { scheme, netloc, path, params, query, fragment } = this
    return `${scheme === '' ? '' : `${scheme}:`}${netloc === '' ? '' : `//${netloc}`}${path}${params === '' ? '' : `;${params}`}${query === '' ? '' : `?${query}`}${fragment === '' ? '' : `#${fragment}`}`
  }
}

/** `urlparse(url)`; `urlsplit(url)` leaves parameters in the path. */
export function parseUrl(url: any, hasParameters = true): ParsedUrl {
  const [, scheme = '', netloc = '', rest = '', query = '', fragment = ''] =
    /^(?:([a-zA-Z][\w+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(str(url))!
  const [, path = rest, params = ''] = (hasParameters ? /^(.*);([^/;]*)$/s.exec(rest) : null) ?? []
  return Object.assign(new ParsedUrl(), {
    scheme: scheme.toLowerCase(),
    netloc,
    path,
    params,
    query,
    fragment,
  })
}

/** `urljoin(base, url)`. */
export function joinUrl(base: string, url: string): string {
  if (base === '' || url === '') return base === '' ? url : base
  const isWhole = /^[a-zA-Z][\w+.-]*:/.test(base)
  const joined = new URL(url, isWhole ? base : new URL(base, 'http://base.invalid')).href
  return isWhole ? joined : joined.replace('http://base.invalid', '')
}
