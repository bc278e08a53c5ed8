/** The statements that read values of a response. */
import { property, quote } from '../typescript.ts'
import { comment } from '../written/scenario-file.ts'
import type { Variable } from './har-correlation.ts'
import type { Reading, Within } from './har-source.ts'

/** `const token = found(…, 'token in the response of POST /login')`. */
export function readingCode(
  { name, source }: Variable,
  response: string,
  title: string,
  origin: string,
  uses: Set<string>,
): string {
  uses.add('found')
  const what = `${source.key === '' ? name : source.key} in the response of ${title}`
  const { reading } = source
  const raw = `found(${valueCode(reading, response, source.isText, origin)}, ${quote(comment(what))})`
  return `const ${name} = ${decodedCode(reading, raw, uses)}`
}

function decodedCode(reading: Reading, raw: string, uses: Set<string>): string {
  if (reading.kind === 'cookie' && reading.isEncoded) return `decodeURIComponent(${raw})`
  if (reading.kind !== 'pattern' || !reading.isEscaped) return raw
  uses.add('unescaped')
  return `unescaped(${raw})`
}

/** Whether the response itself has to be kept. */
export const needsResponse = ({ source }: Variable): boolean => source.reading.kind !== 'cookie'

function valueCode(reading: Reading, response: string, isText: boolean, origin: string): string {
  if (reading.kind === 'json') {
    const { path } = reading
    const leaf = isText ? 'string' : 'number'
    const type = path.reduceRight<string>(
      (inner, key) =>
        typeof key === 'number' ? `(${inner} | undefined)[]` : `{ ${property(key)}?: ${inner} }`,
      leaf,
    )
    return `(${response}.json() as ${type})${path.map(accessCode).join('')}`
  }
  if (reading.kind === 'header') return `${response}.headers.get(${quote(reading.name)})`
  if (reading.kind === 'cookie')
    return `cookies.get(${quote(reading.name)}${reading.url === origin ? '' : `, ${quote(reading.url)}`})`
  return `/${reading.pattern.replace(/\n/g, '\\n')}/i.exec(${textCode(reading.within, response)})?.[1]`
}

function textCode(within: Within, response: string): string {
  if (within.kind === 'body') return `${response}.text()`
  if (within.kind === 'header') return `${response}.headers.get(${quote(within.name)}) ?? ''`
  return `${response}.redirects[${within.index}]?.location ?? ''`
}

/** The first access is to what is there; further ones are to what may be missing. */
const accessCode = (key: string | number, i: number): string => {
  const dot = i === 0 ? '' : '?.'
  if (typeof key === 'number') return `${dot}[${key}]`
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${dot === '' ? '.' : dot}${key}` : `${dot}[${quote(key)}]`
}
