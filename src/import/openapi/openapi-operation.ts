/** An operation of an OpenAPI document as a request. */
import { isObject, listOf, objectOf, textOf, type Json, type JsonObject } from '../json.ts'
import { quote } from '../typescript.ts'
import type { Names } from '../written/names.ts'
import type { HeaderPair, WrittenBody, WrittenRequest } from '../written/request-code.ts'
import type { Secrets } from '../written/secrets.ts'
import type { Template } from '../written/template.ts'
import { valueOf, type OpenApiDocument } from './openapi-document.ts'

export interface Operation {
  readonly method: string
  readonly path: string
  readonly name: string
  readonly node: JsonObject
  /** Parameters of the path and of the operation. */
  readonly parameters: readonly Json[]
}

export interface Shared {
  readonly document: OpenApiDocument
  readonly secrets: Secrets
  readonly names: Names
  readonly uses: Set<string>
  /** Parameters and bodies whose values are made up, as they have no example. */
  readonly made: string[]
}

/** The request of an operation, or why there is none. */
export function operationRequest(
  operation: Operation,
  shared: Shared,
): { readonly request: WrittenRequest } | { readonly problem: string } {
  const { document } = shared
  const parameters = operation.parameters.map((one) => document.resolve(one))
  const body = bodyOf(operation, shared)
  if (body !== null && 'problem' in body) return body
  const signed = securityOf(operation, shared)
  if ('problem' in signed) return signed
  const of = (place: string): (readonly [name: string, value: Json, parameter: JsonObject])[] =>
    parameters
      .filter((one) => one['in'] === place && isSent(one, document))
      .map((one) => [textOf(one['name']) ?? '', parameterValue(one, operation, shared), one] as const)
  const path = of('path').reduce(
    (text, [name, value]) => text.replace(`{${name}}`, () => encodeURIComponent(plain(value))),
    operation.path,
  )
  const pairs = of('query').flatMap(([name, value, one]) => queryPairs(name, value, one))
  const query = pairs
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')
  const added = signed.query.flatMap(([name, value], i): Template => [
    i === 0 && query === '' ? '?' : '&',
    `${encodeURIComponent(name)}=`,
    ...value.map((part) =>
      typeof part === 'string' ? part : { code: `encodeURIComponent(${part.code})`, isText: true },
    ),
  ])
  const cookies = of('cookie').map(([name, value]) => `${name}=${plain(value)}`)
  const headers: HeaderPair[] = [
    ...of('header').map(([name, value]): HeaderPair => [name, [plain(value)]]),
    ...(cookies.length === 0 ? [] : [['Cookie', [cookies.join('; ')]] as const]),
    ...(body?.headers ?? []),
    ...signed.headers,
  ]
  return {
    request: {
      method: operation.method,
      url: [path, ...(query === '' ? [] : [`?${query}`]), ...added],
      headers,
      body: body?.body ?? null,
      options: [`name: ${quote(operation.name)}`],
      response: null,
      isStream: false,
    },
  }
}

/** Required parameters, and those with an example or a default. */
const isSent = (parameter: JsonObject, document: OpenApiDocument): boolean =>
  parameter['required'] === true || parameter['in'] === 'path' || exampleOf(parameter, document) !== undefined

const exampleOf = (parameter: JsonObject, document: OpenApiDocument): Json | undefined =>
  document.example(parameter) ?? document.example(document.resolve(parameter['schema']))

function parameterValue(parameter: JsonObject, operation: Operation, { document, made }: Shared): Json {
  const example = exampleOf(parameter, document)
  if (example !== undefined) return example
  const schema = document.resolve(parameter['schema'])
  if (schema['default'] === undefined && schema['enum'] === undefined)
    made.push(`${operation.name}: ${textOf(parameter['name']) ?? ''}`)
  return valueOf(document, schema)
}

const plain = (value: Json): string =>
  Array.isArray(value)
    ? value.map((one: Json) => plain(one)).join(',')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)

/** A list sends its name for each value, unless it is not exploded; an object sends its fields. */
function queryPairs(name: string, value: Json, parameter: JsonObject): (readonly [string, string])[] {
  if (Array.isArray(value) && parameter['explode'] !== false)
    return value.map((one: Json) => [name, plain(one)] as const)
  if (!isObject(value)) return [[name, plain(value)]]
  return Object.entries(value).map(([key, one]) =>
    parameter['style'] === 'deepObject' ? [`${name}[${key}]`, plain(one)] : [key, plain(one)],
  )
}

type Body = { readonly body: WrittenBody; readonly headers: readonly HeaderPair[] }

function bodyOf(operation: Operation, shared: Shared): Body | { readonly problem: string } | null {
  const { document, made } = shared
  const content = objectOf(document.resolve(operation.node['requestBody'])['content'])
  const types = Object.keys(content)
  const chosen =
    types.find((type) => /^application\/(?:[\w.-]+\+)?json\b/i.test(type)) ??
    types.find((type) => /^(?:application\/x-www-form-urlencoded|multipart\/form-data)/i.test(type)) ??
    types[0]
  if (chosen === undefined) return null
  const media = document.resolve(content[chosen])
  const example = document.example(media)
  if (example === undefined && document.example(document.resolve(media['schema'])) === undefined)
    made.push(`${operation.name}: the body`)
  const value = example ?? valueOf(document, media['schema'] ?? {})
  const header: HeaderPair = ['Content-Type', [chosen]]
  if (/json/i.test(chosen))
    return {
      body: { option: 'json', code: JSON.stringify(value), before: [], type: 'application/json' },
      headers: [header],
    }
  if (/^application\/x-www-form-urlencoded/i.test(chosen) && isObject(value)) {
    const pairs = Object.entries(value).map(([name, one]) => `[${quote(name)}, ${quote(plain(one))}]`)
    return {
      body: { option: 'form', code: `[${pairs.join(', ')}]`, before: [], type: chosen },
      headers: [header],
    }
  }
  if (/^multipart\/form-data/i.test(chosen) && isObject(value)) {
    const schema = document.resolve(media['schema'])
    const form = shared.names.take('form', 'form')
    const fields = Object.entries(value).map(([name, one]) => {
      const isFile = document.resolve(objectOf(schema['properties'])[name])['format'] === 'binary'
      const text = quote(plain(one))
      return `${form}.append(${quote(name)}, ${isFile ? `new Blob([${text}]), 'file'` : text})`
    })
    return {
      body: { option: 'body', code: form, before: [`const ${form} = new FormData()`, ...fields], type: null },
      headers: [],
    }
  }
  if (typeof value === 'string')
    return { body: { option: 'body', code: quote(value), before: [], type: null }, headers: [header] }
  return { problem: `${operation.name}: its body of the type ${chosen}, which has no example as text` }
}

interface Signed {
  readonly headers: readonly HeaderPair[]
  readonly query: readonly (readonly [string, Template])[]
}

/** The first of the ways to be authorized. */
function securityOf({ node, name }: Operation, shared: Shared): Signed | { readonly problem: string } {
  const { document, secrets, uses } = shared
  const [first] = listOf(node['security'] ?? document.root['security'])
  const schemes = objectOf(objectOf(document.root['components'])['securitySchemes'])
  const headers: HeaderPair[] = []
  const query: (readonly [string, Template])[] = []
  for (const key of Object.keys(objectOf(first))) {
    const scheme = document.resolve(schemes[key])
    const type = textOf(scheme['type'])
    // The value that the environment has for a scheme is the same for all operations.
    const secret = (): Template => {
      uses.add('secret')
      return [secrets.slot(`scheme ${key}`, key, `the authorization ${key}`)]
    }
    const kind = textOf(scheme['scheme'])?.toLowerCase()
    if (type === 'apiKey') {
      const field = textOf(scheme['name']) ?? key
      if (scheme['in'] === 'query') query.push([field, secret()])
      else if (scheme['in'] === 'cookie') headers.push(['Cookie', [`${field}=`, ...secret()]])
      else headers.push([field, secret()])
    } else if (type === 'http' && kind === 'basic') {
      const [slot] = secret()
      const code = `Buffer.from(${typeof slot === 'string' ? quote(slot) : slot!.code}).toString('base64')`
      headers.push(['Authorization', ['Basic ', { code, isText: true }]])
    } else if ((type === 'http' && kind === 'bearer') || type === 'oauth2' || type === 'openIdConnect')
      headers.push(['Authorization', ['Bearer ', ...secret()]])
    else return { problem: `${name}: its authorization ${key} of the type ${kind ?? type ?? 'unknown'}` }
  }
  return { headers, query }
}
