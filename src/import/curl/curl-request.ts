/** The requests that a curl command sends, and how it connects. */
import { base64 } from '../../core/request/userinfo.ts'
import { importError, type Source } from '../source.ts'
import type { CurlStep } from './curl-arguments.ts'
import type { CurlEffect } from './curl-options.ts'
import { connectionOf, type Connection } from './curl-connection.ts'
import { bytesOf, encoded, joined, textOf, withoutLines } from './curl-data.ts'
import { multipartOf, type FormPart } from './curl-form.ts'
import { expandGlob } from './curl-glob.ts'

/** Reads a file that a command names. */
export type ReadFile = (path: string) => Uint8Array

export interface CurlRequest {
  /** The line of its command, from 1. */
  readonly line: number
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Bytes where they are no text. */
  readonly body: string | Uint8Array | null
  /** `user:password` of basic authorization. */
  readonly auth: string | null
  readonly connection: Connection
  readonly notes: readonly string[]
}

/** Throws a CorerushError where curl would send something that corerush cannot. */
export function requestsOf(
  source: Source,
  line: number,
  steps: readonly CurlStep[],
  readFile: ReadFile,
): CurlRequest[] {
  return new CurlOperation(source, line, steps, readFile).requests()
}

class CurlOperation {
  readonly #source: Source
  readonly #line: number
  readonly #steps: readonly CurlStep[]
  readonly #readFile: ReadFile
  readonly #notes: string[] = []

  constructor(source: Source, line: number, steps: readonly CurlStep[], readFile: ReadFile) {
    this.#source = source
    this.#line = line
    this.#steps = steps
    this.#readFile = readFile
  }

  requests(): CurlRequest[] {
    const urls = this.#values('url')
    if (urls.length === 0) this.#refuse('the curl command has no URL')
    const isGlob = !this.#has('globOff')
    const data = this.#data()
    return urls
      .flatMap((url) => (isGlob ? expandGlob(url, (problem) => this.#refuse(problem)) : [url]))
      .map((url) => this.#request(url, data))
  }

  #request(written: string, data: Data): CurlRequest {
    const hasQueryData = this.#has('get') && data.body !== null
    const upload = this.#last('upload')
    const query = [...this.#urlQueries(), ...(hasQueryData ? [textOf(data.body)] : [])].filter(
      (one) => one !== '',
    )
    const url = withQuery(this.#urlOf(written, upload), query.join('&'))
    const body = upload !== null ? textOf(this.#file(upload)) : this.#has('get') ? null : data.body
    const method =
      this.#last('method') ??
      (upload !== null ? 'PUT' : this.#has('head') ? 'HEAD' : body === null ? 'GET' : 'POST')
    if (this.#has('head') && body !== null) this.#refuse('curl takes -I or data, not both')
    if (this.#has('range') && body !== null)
      this.#refuse("curl's -r with data names a part of them; write the header, as in -H 'Content-Range: …'")
    const headers = this.#headers(body !== null && upload === null ? data.headers : [])
    const auth = this.#auth(headers.sent)
    const connection = connectionOf(this.#steps, url, headers.closes, (problem) => this.#refuse(problem))
    return {
      line: this.#line,
      method,
      url,
      headers: headers.sent,
      body: body === '' ? null : body,
      auth,
      connection: auth === null ? connection.plain : connection.authorized(auth),
      notes: [...new Set([...this.#notes, ...connection.notes])],
    }
  }

  /** The URL as curl completes it. */
  #urlOf(written: string, upload: string | null): string {
    let url = written.trim().replace(/#.*$/s, '')
    const [, scheme] = /^([a-z][\w+.-]*):\/\//i.exec(url) ?? []
    if (scheme === undefined) url = `http://${url}`
    else if (!/^https?$/i.test(scheme)) this.#refuse(`${scheme}: is a protocol that corerush does not speak`)
    const [origin = ''] = /^[^/]*\/\/[^/?]*/.exec(url) ?? []
    const rest = url.slice(origin.length)
    url = rest.startsWith('/') ? url : `${origin}/${rest}`
    // curl squashes . and .. of a path, as corerush does, and sends a blank as it is, which no server takes.
    if (/\/\.{1,2}(?:[/?]|$)/.test(url)) url = new URL(url).href
    if (upload !== null && /^[^?]*\/$/.test(url)) url += encoded(upload.replace(/^.*[\\/]/, ''))
    return url
  }

  #urlQueries(): string[] {
    return this.#values('urlQuery').map((one) => (one.startsWith('+') ? one.slice(1) : this.#urlencoded(one)))
  }

  /** What the options for data make together, and the headers that they bring. */
  #data(): Data {
    const parts: Uint8Array[] = []
    const form: FormPart[] = []
    let isJson = false
    for (const { effect, value, written } of this.#steps) {
      if (effect === 'form' || effect === 'formString')
        form.push({ text: value, isPlain: effect === 'formString', written })
      const part = this.#dataPart(effect, value)
      if (part === null) continue
      // Of several, `&` goes between them, but not before JSON.
      if (parts.length > 0 && effect !== 'json') parts.push(bytesOf('&'))
      parts.push(part)
      isJson ||= effect === 'json'
    }
    if (form.length > 0 && parts.length > 0) this.#refuse('curl takes data or a form (-F), not both')
    if (form.length > 0) {
      const { body, type } = multipartOf(
        form,
        (path) => this.#file(path),
        (problem) => this.#refuse(problem),
      )
      return { body, headers: [['Content-Type', type]] }
    }
    if (parts.length === 0) return { body: null, headers: [] }
    const headers: Pair[] = isJson
      ? [
          ['Content-Type', 'application/json'],
          ['Accept', 'application/json'],
        ]
      : [['Content-Type', 'application/x-www-form-urlencoded']]
    return { body: textOf(joined(parts)), headers }
  }

  #dataPart(effect: CurlEffect, value: string): Uint8Array | null {
    const isFile = value.startsWith('@')
    switch (effect) {
      case 'data':
        return isFile ? withoutLines(this.#file(value.slice(1))) : bytesOf(value)
      case 'dataBinary':
      case 'json':
        return isFile ? this.#file(value.slice(1)) : bytesOf(value)
      case 'dataRaw':
        return bytesOf(value)
      case 'dataUrlencode':
        return bytesOf(this.#urlencoded(value))
      default:
        return null
    }
  }

  /** `content`, `=content`, `name=content`, `@file` or `name@file`. */
  #urlencoded(text: string): string {
    const [, name = '', mark, content = ''] = /^([^=@]*)([=@])(.*)$/s.exec(text) ?? []
    if (mark === undefined) return encoded(text)
    const value = mark === '=' ? encoded(content) : encoded(textOf(this.#file(content)))
    return name === '' ? value : `${name}=${value}`
  }

  /** The headers as curl sends them: own ones replace those of options, and an empty one takes its name away. */
  #headers(ofData: readonly Pair[]): { readonly sent: Pair[]; readonly closes: boolean } {
    const own = this.#values('header').flatMap((text) =>
      text.startsWith('@') ? textOf(this.#file(text.slice(1)), true).split(/\r?\n/) : [text],
    )
    const sent: Pair[] = []
    const named = new Set<string>()
    let closes = false
    for (const line of own) {
      const [, name, mark, rest = ''] = /^([^:;]+)([:;])(.*)$/s.exec(line) ?? []
      if (name === undefined) continue
      const value = rest.trim()
      named.add(name.trim().toLowerCase())
      if (mark === ':' && value === '') continue
      if (mark === ';' && value !== '') continue
      const lower = name.trim().toLowerCase()
      if (lower === 'connection' && /\bclose\b/i.test(value)) closes = true
      if (FRAMING.has(lower)) {
        if (!closes || lower !== 'connection')
          this.#note(`the header ${name.trim()}: corerush writes it itself`)
      } else sent.push([name.trim(), value])
    }
    const usual = [...ofData, ...this.#ofOptions()]
    return { sent: [...sent, ...usual.filter(([name]) => !named.has(name.toLowerCase()))], closes }
  }

  #ofOptions(): Pair[] {
    const pairs: Pair[] = []
    const add = (name: string, value: string | null): void => {
      if (value !== null && value !== '') pairs.push([name, value])
    }
    const range = this.#last('range')
    add('User-Agent', this.#last('userAgent'))
    add('Referer', this.#last('referer')?.replace(/;auto$/, '') ?? null)
    add('Range', range === null ? null : `bytes=${range}`)
    add('Accept-Encoding', this.#has('compressed') ? 'deflate, gzip, br, zstd' : null)
    const bearer = this.#last('bearer')
    add('Authorization', bearer === null ? null : `Bearer ${bearer}`)
    const cookies = this.#values('cookie')
    if (cookies.some((cookie) => !cookie.includes('=')))
      this.#refuse("curl's -b names a file of cookies; write them, as in -b 'name=value'")
    add('Cookie', cookies.length === 0 ? null : cookies.join(';'))
    return pairs
  }

  #auth(headers: readonly Pair[]): string | null {
    const user = this.#last('user')
    if (user === null || headers.some(([name]) => name.toLowerCase() === 'authorization')) return null
    if (!user.includes(':')) this.#refuse("curl's -u asks for the password; write it, as in -u user:password")
    return user
  }

  #file(path: string): Uint8Array {
    if (path === '-') this.#refuse('the curl command reads standard input; write the data in the command')
    try {
      return this.#readFile(path)
    } catch (error) {
      return this.#refuse(`${path} cannot be read: ${(error as Error).message}`)
    }
  }

  #has(effect: CurlEffect): boolean {
    const found = this.#steps.filter((step) => step.effect === effect).at(-1)
    return found !== undefined && !found.isOff
  }

  #values(effect: CurlEffect): string[] {
    return this.#steps.filter((step) => step.effect === effect).map(({ value }) => value)
  }

  #last(effect: CurlEffect): string | null {
    return this.#values(effect).at(-1) ?? null
  }

  #note(note: string): void {
    this.#notes.push(note)
  }

  #refuse(problem: string): never {
    throw importError(this.#source, this.#line, problem)
  }
}

type Pair = readonly [name: string, value: string]

interface Data {
  readonly body: string | Uint8Array | null
  readonly headers: readonly Pair[]
}

/** Headers that corerush writes itself. */
const FRAMING: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'expect',
  'te',
  'trailer',
  'upgrade',
])

const withQuery = (url: string, query: string): string =>
  query === '' ? url : url + (url.includes('?') ? (url.endsWith('?') ? '' : '&') : '?') + query

/** Basic authorization as a header. */
export const basicHeader = (auth: string): readonly [string, string] => [
  'Authorization',
  `Basic ${base64(auth)}`,
]
