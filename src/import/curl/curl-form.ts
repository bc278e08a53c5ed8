/** The multipart body of curl's `-F`. */
import { bytesOf, joined, textOf } from './curl-data.ts'

export interface FormPart {
  readonly text: string
  /** `--form-string`: no character has a meaning. */
  readonly isPlain: boolean
  readonly written: string
}

const BOUNDARY = '------------------------corerush00000001'

/** The types that curl knows by the ends of names. */
const TYPES: Readonly<Record<string, string>> = {
  gif: 'image/gif',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  htm: 'text/html',
  html: 'text/html',
  pdf: 'application/pdf',
  xml: 'application/xml',
}

/** The body and its content type. `refuse` throws. */
export function multipartOf(
  parts: readonly FormPart[],
  readFile: (path: string) => Uint8Array,
  refuse: (problem: string) => never,
): { readonly body: string | Uint8Array; readonly type: string } {
  const pieces = parts.flatMap((part) => [bytesOf(`--${BOUNDARY}\r\n`), ...piecesOf(part, readFile, refuse)])
  return {
    body: textOf(joined([...pieces, bytesOf(`--${BOUNDARY}--\r\n`)])),
    type: `multipart/form-data; boundary=${BOUNDARY}`,
  }
}

function piecesOf(
  { text, isPlain, written }: FormPart,
  readFile: (path: string) => Uint8Array,
  refuse: (problem: string) => never,
): Uint8Array[] {
  const equals = text.indexOf('=')
  if (equals < 0) refuse(`curl's ${written} must be name=content`)
  const name = text.slice(0, equals)
  const given = text.slice(equals + 1)
  const piece = (
    content: Uint8Array,
    fileName: string | null,
    type: string | null,
    more: string[],
  ): Uint8Array[] => [
    bytesOf(
      `Content-Disposition: form-data; name="${escaped(name)}"${fileName === null ? '' : `; filename="${escaped(fileName)}"`}\r\n` +
        (type === null ? '' : `Content-Type: ${type}\r\n`) +
        `${more.map((line) => `${line}\r\n`).join('')}\r\n`,
    ),
    content,
    bytesOf('\r\n'),
  ]
  if (isPlain) return piece(bytesOf(given), null, null, [])
  if (given.startsWith('(')) refuse(`curl's ${written} with parts within parts cannot be imported`)
  const { content, fields } = split(given)
  const type = fields.get('type') ?? null
  if (fields.has('encoder')) refuse(`curl's ${written} with an encoder cannot be imported`)
  const more = fields.has('headers') ? [fields.get('headers')!] : []
  const named = fields.get('filename') ?? null
  const typed = type ?? (named === null ? null : typeOf(named))
  if (content.startsWith('<')) return piece(readFile(content.slice(1)), named, typed, more)
  if (!content.startsWith('@')) return piece(bytesOf(content), named, typed, more)
  const path = content.slice(1)
  if (path.includes(',')) refuse(`curl's ${written} with several files in one field cannot be imported`)
  const fileName = named ?? path.replace(/^.*[\\/]/, '')
  return piece(readFile(path), fileName, type ?? typeOf(fileName) ?? 'application/octet-stream', more)
}

const typeOf = (fileName: string): string | null =>
  TYPES[/\.(\w+)$/.exec(fileName)?.[1]?.toLowerCase() ?? ''] ?? null

/** The content, which can be quoted, and `;type=…`, `;filename=…`. */
function split(text: string): { content: string; fields: Map<string, string> } {
  const fields = new Map<string, string>()
  const quoted = /^([@<]?)"((?:[^"\\]|\\.)*)"/s.exec(text)
  let content = quoted === null ? text : quoted[1]! + quoted[2]!.replace(/\\(["\\])/g, '$1')
  let rest = quoted === null ? '' : text.slice(quoted[0].length)
  if (quoted === null) {
    const at = text.search(/;\s*(?:type|filename|headers|encoder)=/)
    content = at < 0 ? text : text.slice(0, at)
    rest = at < 0 ? '' : text.slice(at)
  }
  const FIELD =
    /;\s*(type|filename|headers|encoder)=("(?:[^"\\]|\\.)*"|(?:(?!;\s*(?:type|filename|headers|encoder)=).)*)/gs
  for (const [, name, value] of rest.matchAll(FIELD))
    fields.set(
      name!,
      value!.startsWith('"') ? value!.slice(1, -1).replace(/\\(["\\])/g, '$1') : value!.trim(),
    )
  return { content, fields }
}

/** As browsers and curl escape the names of fields and files. */
const escaped = (name: string): string =>
  name.replace(/["\r\n]/g, (char) => (char === '"' ? '%22' : char === '\r' ? '%0D' : '%0A'))
