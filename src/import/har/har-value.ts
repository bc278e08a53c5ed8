/** What a value looks like: one that a server made for this session, an id, or a secret. */
import { isSecretName } from '../../core/request/secret-name.ts'

/** Whether a server made the value for this session, by its characters: long, or letters with digits. */
export function isDynamic(value: string): boolean {
  if (/\s/.test(value) || value.length < 5) return false
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return false
  if (/^\d+$/.test(value)) return true
  if (value.length >= 32) return !/^https?:\/\/[^?#]*$/.test(value)
  return value.length >= 8 && /\d/.test(value) && /[a-z]/i.test(value) && !/[/;,()]/.test(value)
}

const ID_WORDS: ReadonlySet<string> = new Set(
  'id ids uuid guid key token nonce state code sid hash ref etag ticket slug number no version'.split(' '),
)

/** Whether a field of this name holds an id, or a token. */
export const isIdName = (name: string): boolean =>
  ID_WORDS.has(wordsOf(name).at(-1) ?? '') || isSecretName(name)

const wordsOf = (name: string): string[] =>
  name
    .replace(/(?<=[a-z\d])(?=[A-Z])/g, ' ')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '')

/** Fields beside a secret that say something about it. */
const ABOUT_SECRETS =
  /(?:type|url|uri|expir\w{0,20}|ttl|method|required|enabled|length|scope|at|name|domain|path|policy|mode|count)$/i

/** Whether a recorded value under this name must not stand in a file. */
export function isSecretField(name: string, value: string): boolean {
  if (value.length < 3 || /^(?:true|false|null|none|undefined)$/i.test(value)) return false
  return isSecretName(name) && !ABOUT_SECRETS.test(name)
}

/** Words of a name without its ending: `order` of `orderId` and `order_id`. */
export function stemOf(name: string): string {
  const words = wordsOf(name)
  const last = words.at(-1) ?? ''
  const stem =
    (words.length > 1 && /^(?:ids?|uuid|guid|key|code|no|number|slug)$/.test(last) ? words.at(-2) : last) ??
    ''
  return stem.replace(/(?<=[a-z]{3})s$/, '')
}
