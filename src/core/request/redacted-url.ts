/** URLs as they may be shown: without user, password and parameters that look like secrets. */
import { formDecoded, redactFields } from './secret-field.ts'
import { isSecretParameter, MASK } from './secret-name.ts'
import type { SecretSet } from './secret-set.ts'

/** A URL without its secrets. Its host always stays: a report has to say what was loaded. */
export function redactUrl(href: string, hidden?: SecretSet): string {
  const url = new URL(href)
  const userinfo = url.username === '' && url.password === '' ? '' : `${MASK}@`
  const rest = redactPath(url.pathname) + redactQuery(url.search) + redactQuery(url.hash)
  return `${url.protocol}//${userinfo}${url.host}${hidden?.hide(rest) ?? rest}`
}

/** A path without its parameters that look like secrets: `/a;jsessionid=…`. */
export const redactPath = (path: string): string => (path.includes('=') ? redactFields(path) : path)

/**
 * A text that may be no URL at all, as a message may quote it. A password may hold anything, `/` and `@` too, so all before
 * the last `@` is taken for one.
 */
export function redactUrlText(text: string): string {
  const at = text.lastIndexOf('@')
  const scheme = at < 0 ? '' : (/^[a-z][a-z\d+.-]{0,30}:\/\//i.exec(text)?.[0] ?? '')
  return redactQuery(at < 0 ? text : `${scheme}${MASK}${text.slice(at)}`)
}

/** Masks the values of parameters whose names mark a secret, wherever in the text they are. */
function redactQuery(text: string): string {
  if (!text.includes('=')) return text
  let shown = ''
  let from = 0
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && !'?&#'.includes(text[at]!)) continue
    shown += redactParameter(text.slice(from, at)) + text.slice(at, at + 1)
    from = at + 1
  }
  return shown
}

function redactParameter(part: string): string {
  const equals = part.indexOf('=')
  const value = part.slice(equals + 1)
  if (equals < 0 || value === '') return part
  if (isSecretParameter(formDecoded(part.slice(0, equals)))) return part.slice(0, equals + 1) + MASK
  // A URL, a form or JSON within the value.
  const meant = formDecoded(value)
  const inner = redactFields(meant)
  return inner === meant ? part : part.slice(0, equals + 1) + inner
}
