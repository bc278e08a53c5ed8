/** The body of a recorded request. */
import { bytesOfBase64, textOfBytes } from '../bytes.ts'
import { jsonOf, listOf, objectOf, textOf, type Json, type JsonObject } from '../json.ts'

export interface HarPart {
  readonly name: string
  /** `null` for a field that is no file. */
  readonly fileName: string | null
  readonly type: string | null
  /** `null` for content that is not in the recording. */
  readonly content: string | null
}

export type HarBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'form'; readonly pairs: readonly (readonly [string, string])[] }
  | { readonly kind: 'multipart'; readonly parts: readonly HarPart[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** The request had a body that is not in the recording. */
  | { readonly kind: 'lost'; readonly why: string }

const LOST = '\u{fffd}'

/** Each kind is chosen only if writing it gives the recorded text again. */
export function readHarBody(request: JsonObject, headers: readonly (readonly [string, string])[]): HarBody {
  const data = objectOf(request['postData'])
  const header = (name: string): string => headers.find(([own]) => own.toLowerCase() === name)?.[1] ?? ''
  const type = header('content-type') || (textOf(data['mimeType']) ?? '')
  const given = textOf(data['text']) ?? ''
  const params = listOf(data['params'])
  if (given === '' && params.length === 0) {
    const size = Math.max(Number(header('content-length')) || 0, Number(request['bodySize']) || 0)
    return size > 0
      ? { kind: 'lost', why: `the ${size} bytes of its body are not in the recording` }
      : { kind: 'none' }
  }
  if (given === '') return ofParams(params, type)
  if (data['encoding'] === 'base64' || data['_encoding'] === 'base64') {
    const bytes = bytesOfBase64(given)
    if (bytes === null) return { kind: 'lost', why: 'its body is not base64, as the recording says' }
    const text = textOfBytes(bytes)
    return text === null ? { kind: 'bytes', bytes } : bodyOfText(text, type)
  }
  return bodyOfText(given, type)
}

function bodyOfText(text: string, type: string): HarBody {
  if (/^multipart\/form-data/i.test(type)) {
    const parts = multipartParts(text, type)
    if (parts !== null) return { kind: 'multipart', parts }
  }
  if (text.includes(LOST)) return { kind: 'lost', why: 'its body is binary, and not whole in the recording' }
  const json = jsonOf(text)
  if (json !== null && JSON.stringify(json.value) === text && /json/i.test(type))
    return { kind: 'json', value: json.value }
  if (/^application\/x-www-form-urlencoded/i.test(type)) {
    const fields = new URLSearchParams(text)
    if (fields.toString() === text) return { kind: 'form', pairs: [...fields] }
  }
  return { kind: 'text', text }
}

function ofParams(params: readonly Json[], type: string): HarBody {
  const parts = params.map((param): HarPart => {
    const { name, value, fileName, contentType } = objectOf(param)
    return {
      name: textOf(name) ?? '',
      fileName: textOf(fileName),
      type: textOf(contentType),
      content: textOf(value) === '' && textOf(fileName) !== null ? null : textOf(value),
    }
  })
  if (/^multipart\/form-data/i.test(type)) return { kind: 'multipart', parts }
  return { kind: 'form', pairs: parts.map(({ name, content }) => [name, decoded(content ?? '')]) }
}

/** Browsers write the values of a form as they went over the wire. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** The parts; `null` where a `FormData` would send something else. */
function multipartParts(text: string, type: string): HarPart[] | null {
  const [, quoted, bare] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type) ?? []
  const boundary = quoted ?? bare
  if (boundary === undefined) return null
  // Some tools write line feeds alone.
  const whole = text.includes('\r\n') ? text : text.replaceAll('\n', '\r\n')
  const pieces = `\r\n${whole}`.split(`\r\n--${boundary}`)
  if (pieces.length < 3 || pieces[0] !== '' || !/^--\s*$/.test(pieces.at(-1)!)) return null
  const parts = pieces.slice(1, -1).map((piece): HarPart | null => {
    const [, head, content] = /^\r\n(.*?)\r\n\r\n(.*)$/s.exec(piece) ?? /^()\r\n(.*)$/s.exec(piece) ?? []
    if (head === undefined || content === undefined) return null
    const lines = head.split('\r\n')
    const disposition = lines.find((line) => /^content-disposition:/i.test(line)) ?? ''
    const partType = lines.find((line) => /^content-type:/i.test(line))?.replace(/^[^:]+:\s*/, '') ?? null
    const name = parameter(disposition, 'name')
    const fileName = parameter(disposition, 'filename')
    // A field that is no file has no type of its own in a FormData.
    if (name === null || lines.length > 2 || (fileName === null && partType !== null)) return null
    const isLost = content.includes(LOST) || (content === '' && fileName !== null && fileName !== '')
    return { name, fileName, type: partType, content: isLost ? null : content }
  })
  return parts.some((part) => part === null) ? null : (parts as HarPart[])
}

const parameter = (header: string, name: string): string | null => {
  const [, value] = new RegExp(`;\\s*${name}="([^"]*)"`, 'i').exec(header) ?? []
  return value?.replace(/%22/gi, '"').replace(/%0D/gi, '\r').replace(/%0A/gi, '\n') ?? null
}
