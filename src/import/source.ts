/** A text to import: its bytes decoded, and the places in it as messages name them. */
import { CorerushError } from '../errors.ts'

export interface Source {
  /** The name in messages: a path, or `standard input`. */
  readonly name: string
  readonly text: string
}

/** Decodes UTF-8, and UTF-16 with a byte order mark. Throws a CorerushError with the line of the first other byte. */
export function decodeSource(name: string, bytes: Uint8Array): Source {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return { name, text: new TextDecoder('utf-16le').decode(bytes) }
  if (first === 0xfe && second === 0xff) return { name, text: new TextDecoder('utf-16be').decode(bytes) }
  try {
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    throw importError(
      { name, text: '' },
      lineOfFirstFault(bytes),
      'is not UTF-8 text; convert it, as in iconv -f latin1 -t utf-8',
    )
  }
}

/** The line, from 1, of the first byte that is not UTF-8. */
function lineOfFirstFault(bytes: Uint8Array): number {
  let line = 1
  let from = 0
  for (let i = 0; i <= bytes.length; i++) {
    if (i < bytes.length && bytes[i] !== 0x0a) continue
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(from, i))
    } catch {
      return line
    }
    line++
    from = i + 1
  }
  return line
}

/** An error in the text at a line, from 1; with a column, also from 1, the line is shown with a caret below it. */
export function importError(
  { name, text }: Source,
  line: number | null,
  message: string,
  column: number | null = null,
): CorerushError {
  const place = line === null ? name : column === null ? `${name}:${line}` : `${name}:${line}:${column}`
  const shown = line === null || column === null ? '' : frame(text, line, column)
  return new CorerushError('CORERUSH_IMPORT', `${place}: ${message}${shown}`)
}

const MOST_SHOWN = 120

function frame(text: string, line: number, column: number): string {
  const whole = text.split(/\r\n|[\n\r]/)[line - 1] ?? ''
  if (whole.length > MOST_SHOWN) return ''
  // Terminals give tabs widths of their own, and the caret stands below its character.
  return `\n  ${whole.replaceAll('\t', ' ')}\n  ${' '.repeat(Math.min(whole.length, column - 1))}^`
}

/** The line, from 1, of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line++
  return line
}
