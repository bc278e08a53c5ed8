/** All texts that a recorded request sends, which values of responses can be in. */
import { isObject, type Json } from '../json.ts'
import type { Exchange } from './har-exchange.ts'
import type { SentText } from './har-correlation.ts'
import { sentHeaders } from './har-headers.ts'

export function sentTexts(exchange: Exchange, at: number): SentText[] {
  const { url, body, headers } = exchange
  const found: SentText[] = []
  const add = (text: string, key: string, before = ''): void => void found.push({ at, text, key, before })
  for (const { text, before } of segmentsOf(url.pathname)) add(text, '', before)
  for (const { name, value } of queryOf(url.search.slice(1))) add(value, name)
  for (const [name, value] of sentHeaders(exchange)) add(value, name)
  for (const [name, value] of headers) if (name.toLowerCase() === 'cookie') add(value, 'cookie')
  if (body.kind === 'json') addLeaves(body.value, '', add)
  if (body.kind === 'form') for (const [name, value] of body.pairs) add(value, name)
  if (body.kind === 'multipart') for (const { name, content } of body.parts) add(content ?? '', name)
  if (body.kind === 'text') {
    add(body.text, '')
    for (const { name, value } of queryOf(body.text)) add(value, name)
  }
  return found
}

function addLeaves(value: Json, key: string, add: (text: string, key: string) => void): void {
  if (typeof value === 'string' || typeof value === 'number') add(String(value), key)
  else if (Array.isArray(value)) value.forEach((one: Json) => addLeaves(one, key, add))
  else if (isObject(value)) for (const [name, one] of Object.entries(value)) addLeaves(one, name, add)
}

/** The segments of a path, decoded, with the one before each. */
export function segmentsOf(
  path: string,
): { readonly text: string; readonly raw: string; readonly before: string }[] {
  const raw = path.split('/')
  return raw.map((one, i) => ({ text: decoded(one), raw: one, before: raw[i - 1] ?? '' }))
}

/** The pairs of a query or a form as they are written, and their values decoded. */
export const queryOf = (
  text: string,
): {
  readonly rawName: string
  readonly raw: string | null
  readonly name: string
  readonly value: string
}[] =>
  text === ''
    ? []
    : text.split('&').map((pair) => {
        const at = pair.indexOf('=')
        const rawName = at < 0 ? pair : pair.slice(0, at)
        const raw = at < 0 ? null : pair.slice(at + 1)
        const plain = (one: string): string => decoded(one.replaceAll('+', ' '))
        return { rawName, raw, name: plain(rawName), value: plain(raw ?? '') }
      })

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
