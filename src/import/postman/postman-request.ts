/** A request of a collection as one of a task. */
import { isSecretName } from '../../core/request/secret-name.ts'
import { isObject, jsonOf, listOf, objectOf, textOf, type Json, type JsonObject } from '../json.ts'
import { quote } from '../typescript.ts'
import type { HeaderPair, WrittenBody, WrittenRequest } from '../written/request-code.ts'
import type { Secrets } from '../written/secrets.ts'
import { isPlain, plainText, templateCode, type Template } from '../written/template.ts'
import type { Names } from '../written/names.ts'
import { valueText, type Variables } from './postman-variable.ts'

/** What requests of a collection share. */
export interface Shared {
  readonly variables: Variables
  readonly secrets: Secrets
  readonly names: Names
  readonly uses: Set<string>
  /** Files that bodies name. */
  readonly files: Set<string>
  /** What a URL begins with that leads to the base URL: `{{baseUrl}}`, or an origin. */
  readonly base: string | null
}

/** A request, or why there is none. */
export type Found = { readonly request: WrittenRequest } | { readonly problem: string }

export class PostmanRequest {
  readonly #shared: Shared
  readonly #title: string
  #problem: string | null = null

  constructor(title: string, shared: Shared) {
    this.#title = title
    this.#shared = shared
  }

  written(given: Json, auth: Json, behavior: JsonObject): Found {
    const request = isObject(given) ? given : { url: given }
    const headers = this.#headers(request)
    const body = this.#body(objectOf(request['body']), headers)
    const signed = this.#auth(request['auth'] ?? auth)
    const url = this.#url(request['url'] ?? null, signed.query)
    const all: HeaderPair[] = [
      ...headers.filter(
        ([name]) => !signed.headers.some(([own]) => own.toLowerCase() === name.toLowerCase()),
      ),
      ...signed.headers,
    ]
    if (this.#problem !== null) return { problem: this.#problem }
    const method = (textOf(request['method']) ?? 'GET').toUpperCase()
    return {
      request: {
        method,
        url,
        headers: all,
        body,
        options: [
          `name: ${quote(this.#title)}`,
          ...(behavior['followRedirects'] === false ? ['redirects: false'] : []),
          ...signed.options,
        ],
        response: null,
        isStream: false,
      },
    }
  }

  #fail(problem: string): void {
    this.#problem ??= problem
  }

  #text(text: string): Template {
    return this.#shared.variables.template(text)
  }

  /** A text that is a secret unless a variable has it. */
  #secret(text: string, words: string, where: string): Template {
    const template = this.#text(text)
    if (!isPlain(template) || text === '') return template
    this.#shared.uses.add('secret')
    return [this.#shared.secrets.slot(text, words, `${where} of ${this.#title}`)]
  }

  #headers(request: JsonObject): [string, Template][] {
    return listOf(request['header']).flatMap((one): [string, Template][] => {
      const { key, value, disabled } = objectOf(one)
      if (typeof key !== 'string' || key === '' || disabled === true) return []
      // The client writes these.
      if (/^(?:host|content-length|connection|accept-encoding|postman-token)$/i.test(key)) return []
      const text = valueText(value)
      return [[key, isSecretName(key) ? this.#secret(text, key, `the header ${key}`) : this.#text(text)]]
    })
  }

  #url(given: Json, more: readonly (readonly [string, Template])[]): Template {
    const url = objectOf(given)
    const raw = textOf(given) ?? textOf(url['raw']) ?? partsOf(url)
    if (raw === '') this.#fail('it has no URL')
    const [before = ''] = raw.replace(/#.*$/s, '').split('?')
    const listed = Array.isArray(url['query'])
      ? listOf(url['query']).flatMap((one) => {
          const { key, value, disabled } = objectOf(one)
          if (disabled === true) return []
          return [[valueText(key), value === null || value === undefined ? null : valueText(value)] as const]
        })
      : raw
          .replace(/#.*$/s, '')
          .split('?')
          .slice(1)
          .join('?')
          .split('&')
          .filter((pair) => pair !== '')
          .map((pair) => {
            const at = pair.indexOf('=')
            return at < 0 ? ([pair, null] as const) : ([pair.slice(0, at), pair.slice(at + 1)] as const)
          })
    const query = listed.flatMap(([name, value], i): Template => [
      i === 0 ? '?' : '&',
      ...this.#encoded(name),
      ...(value === null ? [] : ['=', ...this.#parameter(name, value)]),
    ])
    const added = more.flatMap(([name, value], i): Template => [
      i === 0 && listed.length === 0 ? '?' : '&',
      `${encodeURIComponent(name)}=`,
      ...value.map((part) => encodedPart(part)),
    ])
    return [...this.#path(before, listOf(url['variable'])), ...query, ...added]
  }

  #parameter(name: string, value: string): Template {
    if (!isSecretName(name)) return this.#encoded(value)
    return this.#secret(value, name, `the parameter ${name}`).map((part) => encodedPart(part))
  }

  /** Postman encodes what has no place in a URL, and leaves what is encoded. */
  #encoded(text: string): Template {
    return this.#text(text).map((part) =>
      typeof part === 'string'
        ? part.replace(/[^\w\-.~!$'()*+,;:@/?%[\]={}|^`"<>]/gu, (char) => encodeURIComponent(char))
        : encodedPart(part),
    )
  }

  /** The part before the query, with `:name` replaced, and without what the base URL is. */
  #path(text: string, variables: readonly Json[]): Template {
    const { base } = this.#shared
    const own = base !== null && text.startsWith(base) ? text.slice(base.length) || '/' : withScheme(text)
    const values = new Map(
      variables.flatMap((one) => {
        const { key, value } = objectOf(one)
        return typeof key === 'string' ? [[key, valueText(value)] as const] : []
      }),
    )
    return own.split(/(\/:[A-Za-z_][\w-]*)/).flatMap((part, i): Template => {
      const value = i % 2 === 0 ? undefined : values.get(part.slice(2))
      return value === undefined
        ? this.#text(part)
        : ['/', ...this.#text(value).map((one) => encodedPart(one))]
    })
  }

  #auth(given: Json): {
    readonly headers: readonly HeaderPair[]
    readonly query: readonly (readonly [string, Template])[]
    readonly options: readonly string[]
  } {
    const none = { headers: [], query: [], options: [] }
    const auth = objectOf(given)
    const type = textOf(auth['type']) ?? 'noauth'
    const field = (name: string): string => authField(auth[type], name)
    const user = this.#text(field('username'))
    switch (type) {
      case 'noauth':
        return none
      case 'basic': {
        const password = this.#secret(field('password'), 'password', 'the password')
        const code = `Buffer.from(${templateCode([...user, ':', ...password])}).toString('base64')`
        return { ...none, headers: [['Authorization', ['Basic ', { code, isText: true }]]] }
      }
      case 'digest': {
        const password = this.#secret(field('password'), 'password', 'the password')
        return { ...none, options: [`authDigest: ${templateCode([...user, ':', ...password])}`] }
      }
      case 'bearer':
        return {
          ...none,
          headers: [['Authorization', ['Bearer ', ...this.#secret(field('token'), 'token', 'the token')]]],
        }
      case 'oauth2': {
        if (field('accessToken') === '') break
        const token = this.#secret(field('accessToken'), 'access token', 'the access token')
        if (field('addTokenTo') === 'queryParams') return { ...none, query: [['access_token', token]] }
        const prefix = field('headerPrefix').trim() || 'Bearer'
        return { ...none, headers: [['Authorization', [`${prefix} `, ...token]]] }
      }
      case 'apikey': {
        const name = field('key') || 'X-Api-Key'
        const value = this.#secret(field('value'), name, `the key ${name}`)
        return field('in') === 'query'
          ? { ...none, query: [[name, value]] }
          : { ...none, headers: [[name, value]] }
      }
    }
    this.#fail(`its authorization of the kind ${type}`)
    return none
  }

  #body(body: JsonObject, headers: readonly HeaderPair[]): WrittenBody | null {
    const mode = textOf(body['mode'])
    if (mode === null || body['disabled'] === true) return null
    const isTyped = headers.some(([name]) => name.toLowerCase() === 'content-type')
    switch (mode) {
      case 'raw':
        return this.#raw(
          textOf(body['raw']) ?? '',
          objectOf(objectOf(body['options'])['raw']),
          isTyped,
          headers,
        )
      case 'urlencoded': {
        const pairs = this.#fields(listOf(body['urlencoded']))
        const code = `[${pairs.map(([name, value]) => `[${templateCode(name)}, ${templateCode(value)}]`).join(', ')}]`
        return { option: 'form', code, before: [], type: 'application/x-www-form-urlencoded' }
      }
      case 'formdata':
        return this.#form(listOf(body['formdata']))
      case 'graphql': {
        const graphql = objectOf(body['graphql'])
        const query = templateCode(this.#text(textOf(graphql['query']) ?? ''))
        const given = textOf(graphql['variables']) ?? ''
        const variables = given.trim() === '' ? { value: {} } : jsonOf(given)
        if (variables === null && !given.includes('{{'))
          this.#fail('the variables of its GraphQL, which are not JSON')
        const code =
          variables === null ? `JSON.parse(${templateCode(this.#text(given))})` : this.#json(variables.value)
        return {
          option: 'json',
          code: `{ query: ${query}, variables: ${code} }`,
          before: [],
          type: 'application/json',
        }
      }
      case 'file':
        return {
          option: 'body',
          code: this.#file(textOf(objectOf(body['file'])['src']) ?? ''),
          before: [],
          type: null,
        }
      default:
        this.#fail(`its body of the kind ${mode}`)
        return null
    }
  }

  /** A text, which is sent as it is written. */
  #raw(
    text: string,
    options: JsonObject,
    isTyped: boolean,
    headers: readonly HeaderPair[],
  ): WrittenBody | null {
    if (text === '') return null
    const language = textOf(options['language']) ?? 'text'
    const types: Readonly<Record<string, string>> = {
      json: 'application/json',
      xml: 'application/xml',
      html: 'text/html',
      javascript: 'application/javascript',
      text: 'text/plain',
    }
    const template = this.#text(text)
    const plain = plainText(template)
    const json = plain === null ? null : jsonOf(plain)
    if (json !== null && JSON.stringify(json.value) === plain && language === 'json' && !isTyped)
      return { option: 'json', code: this.#json(json.value), before: [], type: 'application/json' }
    if (!isTyped) (headers as HeaderPair[]).push(['Content-Type', [types[language] ?? 'text/plain']])
    return { option: 'body', code: templateCode(template), before: [], type: null }
  }

  #json(value: Json): string {
    if (typeof value === 'string') return templateCode(this.#text(value))
    if (Array.isArray(value)) return `[${value.map((one: Json) => this.#json(one)).join(', ')}]`
    if (isObject(value))
      return `{ ${Object.entries(value)
        .map(([name, one]) => `${quote(name)}: ${this.#json(one)}`)
        .join(', ')} }`
    return JSON.stringify(value)
  }

  #fields(given: readonly Json[]): (readonly [Template, Template])[] {
    return given.flatMap((one) => {
      const { key, value, disabled } = objectOf(one)
      if (disabled === true) return []
      const [name, text] = [valueText(key), valueText(value)]
      return [
        [
          this.#text(name),
          isSecretName(name) ? this.#secret(text, name, `the field ${name}`) : this.#text(text),
        ],
      ]
    })
  }

  #form(given: readonly Json[]): WrittenBody {
    const form = this.#shared.names.take('form', 'form')
    const before = [`const ${form} = new FormData()`]
    for (const one of given) {
      const { key, type, src, disabled, contentType } = objectOf(one)
      if (disabled === true) continue
      const name = templateCode(this.#text(valueText(key)))
      if (type !== 'file') {
        const [[, value] = [[], []]] = this.#fields([one])
        before.push(`${form}.append(${name}, ${templateCode(value)})`)
        continue
      }
      for (const path of Array.isArray(src) ? src : [src ?? '']) {
        const file = textOf(path) ?? ''
        const options =
          typeof contentType === 'string' && contentType !== '' ? `, { type: ${quote(contentType)} }` : ''
        before.push(
          `${form}.append(${name}, new Blob([${this.#file(file)}]${options}), ${quote(baseName(file))})`,
        )
      }
    }
    return { option: 'body', code: form, before, type: null }
  }

  #file(path: string): string {
    if (path === '') this.#fail('a file of its body, which the collection does not name')
    this.#shared.uses.add('readFileSync')
    this.#shared.files.add(baseName(path))
    return `readFileSync(new URL(${quote(encodeURIComponent(baseName(path)))}, import.meta.url))`
  }
}

const baseName = (path: string): string => path.replace(/^.*[\\/]/, '')

const encodedPart = (part: Template[number]): Template[number] =>
  typeof part === 'string'
    ? encodeURIComponent(part)
    : part.isText
      ? { code: `encodeURIComponent(${part.code})`, isText: true }
      : part

/** Postman takes a host without a scheme as one of http. */
const withScheme = (text: string): string =>
  text.startsWith('{{') || /^[a-z][a-z\d+.-]*:\/\//i.test(text) || text === '' ? text : `http://${text}`

/** A URL of parts, without `raw`. */
function partsOf(url: JsonObject): string {
  const joined = (value: unknown, separator: string): string =>
    typeof value === 'string' ? value : listOf(value).map(valueText).join(separator)
  const host = joined(url['host'], '.')
  if (host === '') return ''
  const protocol = textOf(url['protocol'])
  const port = valueText(url['port'])
  const path = joined(url['path'], '/')
  return `${protocol === null ? '' : `${protocol}://`}${host}${port === '' ? '' : `:${port}`}${path === '' ? '' : `/${path.replace(/^\//, '')}`}`
}

/** A field of an authorization: a list of keys and values in version 2.1, an object in 2.0. */
export function authField(given: unknown, name: string): string {
  if (isObject(given)) return valueText(given[name])
  const found = listOf(given).find((one) => objectOf(one)['key'] === name)
  return found === undefined ? '' : valueText(objectOf(found)['value'])
}
