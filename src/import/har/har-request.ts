/** A recorded request as one of the task, with variables where the server's values and secrets stand. */
import { base64Of } from '../bytes.ts'
import { isObject, type Json } from '../json.ts'
import { groupedPath } from '../../core/log/grouped-path.ts'
import { property, quote } from '../typescript.ts'
import { isPlain, templateCode, type Slot, type Template } from '../written/template.ts'
import type { Names } from '../written/names.ts'
import type { HeaderPair, WrittenBody, WrittenRequest } from '../written/request-code.ts'
import type { Secrets } from '../written/secrets.ts'
import { isEndless, type Call } from './har-call.ts'
import type { Correlation, SentAt } from './har-correlation.ts'
import type { Exchange } from './har-exchange.ts'
import type { HarPart } from './har-body.ts'
import { sentHeaders } from './har-headers.ts'
import { queryOf, segmentsOf } from './har-texts.ts'
import { isSecretField } from './har-value.ts'

/** What the requests of a file share. */
export interface Shared {
  readonly correlation: Correlation
  readonly secrets: Secrets
  readonly names: Names
  readonly origin: string
  /** Lower-case names of the headers that the scenario has. */
  readonly common: ReadonlySet<string>
  /** Names of the file's functions and of modules that are used. */
  readonly uses: Set<string>
  readonly notes: string[]
  readonly files: Set<string>
}

export class HarRequest {
  readonly #call: Call
  readonly #at: number
  readonly #shared: Shared

  constructor(call: Call, at: number, shared: Shared) {
    this.#call = call
    this.#at = at
    this.#shared = shared
  }

  /** The request; `null` where its body is not in the recording. */
  written(): WrittenRequest {
    const { method, url, response } = this.#call.first
    const address = this.#url(this.#call.first)
    const body = this.#body(this.#call.first)
    const name = this.#name(url, address)
    const last = this.#call.last.response.status
    return {
      method,
      url: address,
      headers: this.#headers(this.#call.first),
      body,
      options: [
        ...(name === null ? [] : [`name: ${quote(name)}`]),
        ...(this.#call.hops.length > 0 && response.status < 400 ? ['redirects: true'] : []),
        ...(last >= 400 && last < 500 ? [`expectStatus: '2xx,3xx,${last}'`] : []),
      ],
      response: null,
      isStream: isEndless(this.#call),
    }
  }

  /** A cookie that no response has set, as a statement. */
  cookie(name: string, value: string): string {
    const { url } = this.#call.first
    const text = this.#sent(value, name, 'cookie')
    const code = templateCode([`${name}=`, ...text, '; Path=/'])
    return `cookies.set(${code}${url.origin === this.#shared.origin ? '' : `, ${quote(url.origin)}`})`
  }

  #url({ url }: Exchange): Template {
    const origin = url.origin === this.#shared.origin ? '' : url.origin
    const path = segmentsOf(url.pathname).flatMap(({ text, raw, before }, i): Template => {
      const template = this.#shared.correlation.template(text, this.#place('', before))
      return [i === 0 ? '' : '/', ...(isPlain(template) ? [raw] : encoded(template))]
    })
    const query = this.#query(url.search.slice(1))
    return [origin, ...path, ...(url.search === '' ? [] : ['?']), ...query]
  }

  /** The pairs of a query or a form, as they are written where nothing is replaced. */
  #query(text: string): Template {
    return queryOf(text).flatMap(({ rawName, raw, name, value }, i): Template => {
      const template = this.#sent(value, name, 'parameter')
      const pair: Template =
        raw === null ? [rawName] : [`${rawName}=`, ...(isPlain(template) ? [raw] : encoded(template))]
      return [i === 0 ? '' : '&', ...pair]
    })
  }

  #headers(exchange: Exchange): HeaderPair[] {
    return sentHeaders(exchange).flatMap(([name, value]) => {
      const lower = name.toLowerCase()
      if (this.#shared.common.has(lower)) return []
      if (lower === 'origin' || lower === 'referer') return [[name, this.#fromOrigin(value)] as const]
      return [[name, this.#header(name, value)] as const]
    })
  }

  /** The page that a request comes from, which lies at the base URL. */
  #fromOrigin(value: string): Template {
    const { origin } = this.#shared
    if (value !== origin && !value.startsWith(`${origin}/`))
      return this.#shared.correlation.template(value, this.#place('', ''))
    return [
      { code: 'baseUrl', isText: true },
      ...this.#shared.correlation.template(value.slice(origin.length), this.#place('', '')),
    ]
  }

  #header(name: string, value: string): Template {
    const [, scheme, token] = /^(Bearer|Basic|Token)\s+(\S+)$/i.exec(value) ?? []
    if (scheme === undefined) return this.#sent(value, name, 'header')
    const words = scheme.toLowerCase() === 'basic' ? 'BASIC_CREDENTIALS' : 'ACCESS_TOKEN'
    return [`${scheme} `, ...this.#sent(token!, name, 'header', words)]
  }

  /** A text under a name: what came in a response, or a secret, or the text. */
  #sent(text: string, name: string, kind: string, words = name): Template {
    const { correlation, secrets, uses, notes } = this.#shared
    const template = correlation.template(text, this.#place(name, ''))
    if (!isPlain(template)) return template
    const host = correlation.foreignHost(text, this.#at)
    const where = `the ${kind} ${name} of ${this.#title()}`
    if (host !== null) notes.push(`${where} came from ${host}, which is left out (--hosts ${host} keeps it)`)
    if (host === null && !isSecretField(name, text)) return template
    uses.add('secret')
    return [secrets.slot(text, words, where)]
  }

  #title(): string {
    const { method, url } = this.#call.first
    return `${method} ${url.pathname}`
  }

  #place(key: string, before: string): SentAt {
    return { at: this.#at, key, before }
  }

  /** A name without what differs from user to user; `null` where the path itself is one. */
  #name(url: URL, address: Template): string | null {
    const path = address
      .map((part) => (typeof part === 'string' ? part : `[${part.code.replace(/\W/g, '')}]`))
      .join('')
      .replace(/encodeURIComponent/g, '')
      .replace(/\?.*$/s, '')
    const grouped = groupedPath(path)
    return grouped === url.pathname || grouped === url.origin + url.pathname ? null : grouped
  }

  #body(exchange: Exchange): WrittenBody | null {
    const { body } = exchange
    const { uses } = this.#shared
    switch (body.kind) {
      case 'none':
      case 'lost':
        return null
      case 'json':
        return { option: 'json', code: this.#json(body.value, ''), before: [], type: 'application/json' }
      case 'form': {
        const pairs = body.pairs.map(([name, value]) => [name, this.#sent(value, name, 'field')] as const)
        const isOnce = new Set(pairs.map(([name]) => name)).size === pairs.length
        const code = isOnce
          ? `{ ${pairs.map(([name, value]) => `${property(name)}: ${templateCode(value)}`).join(', ')} }`
          : `[${pairs.map(([name, value]) => `[${quote(name)}, ${templateCode(value)}]`).join(', ')}]`
        return { option: 'form', code, before: [], type: 'application/x-www-form-urlencoded' }
      }
      case 'multipart':
        return this.#multipart(body.parts)
      case 'text': {
        const isForm = exchange.headers.some(
          ([name, value]) =>
            /^content-type$/i.test(name) && /^application\/x-www-form-urlencoded/i.test(value),
        )
        const template = isForm
          ? this.#query(body.text)
          : this.#shared.correlation.template(body.text, this.#place('', ''))
        return { option: 'body', code: templateCode(template), before: [], type: null }
      }
      case 'bytes':
        uses.add('Buffer')
        return {
          option: 'body',
          code: `Buffer.from(${quote(base64Of(body.bytes))}, 'base64')`,
          before: [],
          type: null,
        }
    }
  }

  #json(value: Json, key: string): string {
    if (typeof value === 'string') return templateCode(this.#sent(value, key, 'field'))
    if (typeof value === 'number') {
      const slot = this.#shared.correlation.number(value, this.#place(key, ''))
      return slot === null ? JSON.stringify(value) : numberCode(slot)
    }
    if (Array.isArray(value)) return `[${value.map((one: Json) => this.#json(one, key)).join(', ')}]`
    if (isObject(value))
      return `{ ${Object.entries(value)
        .map(([name, one]) => `${property(name)}: ${this.#json(one, name)}`)
        .join(', ')} }`
    return JSON.stringify(value)
  }

  #multipart(parts: readonly HarPart[]): WrittenBody {
    const { names } = this.#shared
    const form = names.take('form', 'form')
    const before = [`const ${form} = new FormData()`]
    for (const { name, fileName, type, content } of parts) {
      if (fileName === null) {
        const value = templateCode(this.#sent(content ?? '', name, 'field'))
        before.push(`${form}.append(${quote(name)}, ${value})`)
        continue
      }
      const options = type === null ? '' : `, { type: ${quote(type)} }`
      const bytes = content === null ? this.#file(fileName) : quote(content)
      const blob = `new Blob([${bytes === '""' ? '' : bytes}]${options})`
      before.push(`${form}.append(${quote(name)}, ${blob}, ${quote(fileName)})`)
    }
    return { option: 'body', code: form, before, type: null }
  }

  /** A file whose content is not in the recording. */
  #file(fileName: string): string {
    const { uses, files } = this.#shared
    uses.add('readFileSync')
    const own = fileName.replace(/^.*[\\/]/, '') || 'file'
    files.add(own)
    return `readFileSync(new URL(${quote(encodeURIComponent(own))}, import.meta.url))`
  }
}

const encoded = (template: Template): Template =>
  template.map((part) =>
    typeof part === 'string'
      ? encodeURIComponent(part)
      : part.isText
        ? { code: `encodeURIComponent(${part.code})`, isText: true }
        : part,
  )

const numberCode = ({ code, isText }: Slot): string => (isText ? `Number(${code})` : code)
