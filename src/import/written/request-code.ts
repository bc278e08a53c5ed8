/** The TypeScript of a request of a task. */
import { property, quote } from '../typescript.ts'
import { plainText, templateCode, type Template } from './template.ts'

export type HeaderPair = readonly [name: string, value: Template]

export interface WrittenBody {
  readonly option: 'body' | 'json' | 'form'
  readonly code: string
  /** Statements before the request, such as those that make a form. */
  readonly before: readonly string[]
  /** The content type that the client writes for it; `null` for none. */
  readonly type: string | null
}

export interface WrittenRequest {
  readonly method: string
  readonly url: Template
  readonly headers: readonly HeaderPair[]
  readonly body: WrittenBody | null
  /** Further options, such as `name: 'login'`. */
  readonly options: readonly string[]
  /** The variable that keeps the response; `null` if nothing is read. */
  readonly response: string | null
  /** Its response lasts, and is not waited for. */
  readonly isStream: boolean
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The statements that send a request. */
export function requestCode(request: WrittenRequest): string[] {
  const { method, url, body, response, isStream } = request
  const isKnown = METHODS.has(method)
  const options = [...request.options, ...headerOption(request), ...bodyOption(body)]
  if (isStream && method !== 'GET') options.unshift(`method: ${quote(method)}`)
  if (response !== null && !isStream) options.push('read: true')
  const given = [
    ...(isKnown || isStream ? [] : [quote(method)]),
    templateCode(url),
    ...(options.length === 0 ? [] : [`{ ${options.join(', ')} }`]),
  ]
  const sender = isStream ? 'stream' : isKnown ? method.toLowerCase() : 'request'
  const call = `http.${sender}(${given.join(', ')})`
  return [...(body?.before ?? []), `${response === null ? '' : `const ${response} = `}await ${call}`]
}

function headerOption({ headers, body }: WrittenRequest): string[] {
  const own = headers.filter(
    ([name, value]) => !(name.toLowerCase() === 'content-type' && body?.type === plainText(value)),
  )
  return own.length === 0 ? [] : [`headers: ${headersCode(own)}`]
}

/** Headers as an object, or as pairs where a name stands twice. */
export function headersCode(headers: readonly HeaderPair[]): string {
  const isOnce = new Set(headers.map(([name]) => name.toLowerCase())).size === headers.length
  return isOnce
    ? `{ ${headers.map(([name, value]) => `${property(name)}: ${templateCode(value)}`).join(', ')} }`
    : `[${headers.map(([name, value]) => `[${quote(name)}, ${templateCode(value)}]`).join(', ')}]`
}

const bodyOption = (body: WrittenBody | null): string[] =>
  body === null ? [] : [body.option === body.code ? body.code : `${body.option}: ${body.code}`]
