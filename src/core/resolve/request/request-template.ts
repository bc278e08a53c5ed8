/** The request's texts with placeholders: URL, header values, body. */
import { parseUrl } from '../../request/parsed-url.ts'
import type { Wrong } from '../../options/option-readers.ts'
import type { BodyPlan, RequestPlan } from '../../request/request.ts'
import { withoutUserinfo } from '../../request/userinfo.ts'
import {
  changedAround,
  columnsIn,
  hasPlaceholders,
  knownTemplate,
  parseTemplate,
  printTemplate,
  render,
  type Filling,
  type Template,
} from '../../request/template.ts'

/** A request as it is written, or as it is sent once: its own texts, or templates. */
export type RequestTexts = Pick<RequestPlan, 'url' | 'headers' | 'body'>

export interface RequestTemplate {
  /** What stands for something in it is percent-encoded. */
  readonly url: Template
  readonly headers: readonly (readonly [name: string, value: Template])[]
  /** Bytes that are no text have no placeholders. */
  readonly body: Template | Exclude<BodyPlan, { readonly text: string }> | null
}

/** Parses the texts of a request; problems are reported by option. The URL is valid already. */
export function readRequest(
  { url, headers, body }: RequestTexts,
  columns: readonly string[] | null,
  wrong: Wrong,
): RequestTemplate {
  const read = (option: string, text: string, at?: number): Template => {
    const parsed = parseTemplate(text, columns)
    if ('value' in parsed) return parsed.value
    wrong(option, parsed.problem, at)
    return [text]
  }
  // As lax as URLs are read: with any slashes, and any number of them.
  const [, authority = ''] = /^\s*[a-z]+:[\\/]*([^\\/?#]*)/i.exec(url) ?? []
  if (authority.includes('{{')) wrong('url', 'can have placeholders behind its host only')
  return {
    url: changedAround(read('url', url), (text) => {
      const parsed = parseUrl(text)
      return parsed === null ? text : withoutUserinfo(parsed).href
    }),
    headers: headers.map(([name, value], at) => [name, read('headers', value, at)]),
    body: body !== null && 'text' in body ? read('body', body.text) : body,
  }
}

/** The templates of a request of the plan. */
export const templateOf = ({ url, headers, body }: RequestTexts): RequestTemplate => ({
  url: knownTemplate(url),
  headers: headers.map(([name, value]) => [name, knownTemplate(value)]),
  body: body !== null && 'text' in body ? knownTemplate(body.text) : body,
})

const partsOf = ({ url, headers, body }: RequestTemplate): Template[] => [
  url,
  ...headers.map(([, value]) => value),
  ...(isTemplate(body) ? [body] : []),
]

const isTemplate = (body: RequestTemplate['body']): body is Template => Array.isArray(body)

/** Whether its texts are not always the same. */
export const isVaried = (request: RequestTemplate): boolean => partsOf(request).some(hasPlaceholders)

/** The columns that it has, and those of them that are in headers, which cannot hold everything. */
export const columnsOf = (request: RequestTemplate): { all: Set<string>; inHeaders: Set<string> } => ({
  all: new Set(partsOf(request).flatMap(columnsIn)),
  inHeaders: new Set(request.headers.flatMap(([, value]) => columnsIn(value))),
})

/** The texts that it was read from, the URL in its usual form; or those that it always has, if it has no placeholders. */
export function printRequest(request: RequestTemplate, asTemplates: boolean): RequestTexts {
  const print = asTemplates
    ? printTemplate
    : (template: Template): string => template.filter((part) => typeof part === 'string').join('')
  const { url, headers, body } = request
  return {
    url: print(url),
    headers: headers.map(([name, value]) => [name, print(value)]),
    body: isTemplate(body) ? { text: print(body) } : body,
  }
}

/** The path of its URL with the placeholders as they are written. */
export const writtenPath = ({ url }: RequestTemplate): string =>
  printTemplate(changedAround(url, (text) => new URL(text).pathname))

/** What is sent once. */
export function renderRequest({ url, headers, body }: RequestTemplate, filling: Filling): RequestTexts {
  return {
    url: render(url, filling, encodeURIComponent),
    headers: headers.map(([name, value]) => [name, render(value, filling)]),
    body: isTemplate(body) ? { text: render(body, filling) } : body,
  }
}
