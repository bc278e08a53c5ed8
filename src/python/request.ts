/** Requests as python-requests makes them of its arguments. */
import { error } from './python-error.ts'
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
