/** Requests as python-requests makes them of its arguments. */
import { error, notTranslated } from './python-error.ts'
import { dumps, loads } from './text.ts'
import { entriesOf, isDict, list, str, truthy, typeName } from './value.ts'

/** Fields of `params=` and `data=`: values as Python writes them, lists once for each item, `None` left out. */
export function fields(values: any): [string, string][] {
  if (values === null || values === undefined) return []
  const pairs = isDict(values) ? entriesOf(values) : (list(values) as [unknown, unknown][])
  return pairs.flatMap(([name, value]): [string, string][] => {
    if (value === null || value === undefined) return []
    const all = Array.isArray(value) || value instanceof Set ? list(value) : [value]
    return all.map((one) => [str(name), str(one)])
  })
}

/** `data=`: text and bytes as they are, dicts and lists as a form, nothing of what is empty. */
export function data(value: any): { body?: string | Uint8Array; form?: [string, string][] } {
  if (!truthy(value)) return {}
  if (typeof value === 'string' || value instanceof Uint8Array) return { body: value }
  if (isDict(value) || Array.isArray(value)) return { form: fields(value) }
  throw error('TypeError', `data must be text, bytes or a dict, not ${typeName(value)}`)
}

/** `data=` of a FastHttpUser, with its headers: its client adds the type of a body that has none. */
export function fastData(
  value: any,
  own: Readonly<Record<string, any>> = {},
): ReturnType<typeof data> & { headers: Record<string, any> } {
  const sent = data(value)
  const isTyped = Object.keys(own).some((name) => name.toLowerCase() === 'content-type')
  const type =
    sent.form !== undefined
      ? 'application/x-www-form-urlencoded; charset=utf-8'
      : typeof sent.body === 'string'
        ? 'text/plain; charset=utf-8'
        : 'application/octet-stream'
  const isEmpty = sent.form === undefined && sent.body === undefined
  return { ...sent, headers: isTyped || isEmpty ? own : { ...own, 'content-type': type } }
}

/** `json=`: a value as JSON; nothing of `None`. Numbers that JavaScript would write otherwise are sent as Python writes them. */
export function json(value: any): { json?: unknown; body?: Blob } {
  if (value === null || value === undefined) return {}
  return isPlain(value) ? { json: value } : { body: new Blob([dumps(value)], { type: 'application/json' }) }
}

/** Whether JavaScript writes the JSON of a value as Python does. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return isShort(value)
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isPlain)
  return isDict(value) && !(value instanceof Map) && Object.values(value).every(isPlain)
}

/** Whether both languages write a number alike: Python uses exponents of other sizes. */
const isShort = (value: number): boolean =>
  Number.isFinite(value) && (value === 0 || (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e16))

/** `response.js` of `rest`: the value of the JSON of a response; `null` if it has none. */
export function parsed(response: any): any {
  const text: string = response.text()
  try {
    return text === '' ? null : loads(text)
  } catch {
    return null
  }
}

/** What `rest` takes for wrong by itself: text that is not JSON. */
export function notJson(response: any): string | true {
  const text: string = response.text()
  try {
    if (text !== '') loads(text)
    return true
  } catch {
    return `Could not parse response as JSON. ${text.slice(0, 250)}, response code ${String(response.status)}`
  }
}

/** The options of a request of the arguments that python-requests takes by name: those of `**kwargs`. */
export function options(given: any): Record<string, any> {
  const found: Record<string, any> = {}
  for (const [name, value] of isDict(given) ? entriesOf(given) : []) {
    const write = OPTIONS[str(name)]
    if (write === undefined) notTranslated(`a request with ${str(name)}=`)
    else if (value !== null && value !== undefined) Object.assign(found, write(value))
  }
  return found
}

const OPTIONS: Readonly<Record<string, (value: any) => Record<string, any>>> = {
  name: (value) => ({ name: str(value) }),
  headers: (value) => ({ headers: headers(value) }),
  params: (value) => ({ query: fields(value) }),
  data,
  json,
  files: (value) => ({ body: multipart(value) }),
  timeout: (value) => ({ timeout: `${str(Array.isArray(value) ? value.at(-1) : value)}s` }),
  allow_redirects: (value) => (value === false ? { redirects: false } : {}),
  verify: () => ({}),
  stream: () => ({}),
  context: () => ({}),
  catch_response: (value) =>
    value === false ? {} : notTranslated('catch_response in arguments that are handed on'),
}

/** `headers=`: without those that are `None`. */
export const headers = (values: any): Record<string, string> =>
  Object.fromEntries(
    (values === null || values === undefined ? [] : entriesOf(values)).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[str(name), str(value)]],
    ),
  )

/** The header of `auth=(user, password)`, in Latin-1 as python-requests has it. */
export const basicAuth = (user: any, password: any): string =>
  `Basic ${Buffer.from(`${str(user)}:${str(password)}`, 'latin1').toString('base64')}`

/** `files=` with `data=`: a form with files. A file is its content, or `[name, content, type]`. */
export function multipart(files: any, values: any = null): FormData {
  const form = new FormData()
  for (const [name, value] of fields(values)) form.append(name, value)
  const pairs = isDict(files) ? entriesOf(files) : (list(files) as [unknown, unknown][])
  for (const [name, file] of pairs) {
    const [fileName, content, type] = Array.isArray(file) ? (file as unknown[]) : [name, file, undefined]
    const blob = new Blob(
      [content as string | Uint8Array<ArrayBuffer>],
      type === undefined ? {} : { type: str(type) },
    )
    if (fileName === null) form.append(str(name), str(content))
    else form.append(str(name), blob, str(fileName))
  }
  return form
}

/** A path behind a host that ends with a slash, which Locust keeps; an absolute URL stays. */
export const behindSlash = (path: any): string =>
  /^https?:\/\//i.test(str(path)) ? str(path) : `/${str(path)}`
