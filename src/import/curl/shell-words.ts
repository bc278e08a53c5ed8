/**
 * Splits a shell text into commands and their words: quoting of POSIX shells, bash's `$'…'`, and that of the Windows
 * command prompt as browsers copy it. Nothing is executed.
 */
import { importError, type Source } from '../source.ts'

export interface ShellCommand {
  /** The line of its first word, from 1. */
  readonly line: number
  readonly words: readonly string[]
  /** Words of redirections and the text of following pipelines, which are no part of the command. */
  readonly leftOut: readonly string[]
}

/** Marks of a variable within a word: `MARK NAME MARK`. Private use, so that no text has them by chance. */
export const VARIABLE = '\u{f8fe}'

/** Every variable in a word, its name as the first group. */
export const VARIABLES = new RegExp(`${VARIABLE}(\\w+)${VARIABLE}`, 'g')

/** The commands of a text; throws a CorerushError where a quote is not closed. */
export function readShell(source: Source): ShellCommand[] {
  return isCommandPrompt(source.text) ? readCommandPrompt(source) : new PosixReader(source).read()
}

const isCommandPrompt = (text: string): boolean => /\^"|\^[ \t]*\r?$/m.test(text)

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  E: '\u001b',
  f: '\f',
  v: '\v',
}

class PosixReader {
  readonly #source: Source
  readonly #text: string
  #at = 0
  readonly #commands: ShellCommand[] = []
  #words: string[] = []
  #leftOut: string[] = []
  #line = 1
  /** What assignments in the text have set. */
  readonly #variables = new Map<string, string>()

  constructor(source: Source) {
    this.#source = source
    this.#text = source.text.replaceAll('\r\n', '\n')
  }

  read(): ShellCommand[] {
    while (this.#at < this.#text.length) this.#step()
    this.#end()
    return this.#commands
  }

  #step(): void {
    const rest = this.#text.slice(this.#at, this.#at + 3)
    if (rest.startsWith('\\\n')) this.#at += 2
    else if (/^[ \t]/.test(rest)) this.#at++
    else if (rest.startsWith('#')) this.#skipLine()
    else if (/^[;\n&|(){}]/.test(rest) && !/^[{}]\S/.test(rest)) this.#operator()
    else if (/^\d*[<>]/.test(this.#text.slice(this.#at, this.#at + 8))) this.#redirection()
    else {
      if (this.#words.length === 0) this.#line = this.#lineNow()
      this.#words.push(this.#word())
    }
  }

  #lineNow(): number {
    return this.#text.slice(0, this.#at).split('\n').length
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end < 0 ? this.#text.length : end
  }

  #operator(): void {
    const operator = /^(?:&&|\|\||.)/s.exec(this.#text.slice(this.#at))![0]
    this.#at += operator.length
    if (operator !== '|' || this.#words.length === 0) {
      this.#end()
      return
    }
    // What reads the output of a command sends nothing by itself.
    const from = this.#at
    const before = this.#words
    const line = this.#line
    this.#words = []
    while (
      this.#at < this.#text.length &&
      !/^(?:[;\n]|&&|\|\|)/.test(this.#text.slice(this.#at, this.#at + 2))
    )
      this.#step()
    this.#words = before
    this.#line = line
    this.#leftOut.push(`| ${this.#text.slice(from, this.#at).trim()}`)
  }

  #redirection(): void {
    const operator = /^\d*(?:<<<|<<-?|>>|[<>]&?|&>)/.exec(this.#text.slice(this.#at))![0]
    if (/<</.test(operator)) this.#refuse('reads its input from the text that follows; write it with --data')
    this.#at += operator.length
    while (/[ \t]/.test(this.#text[this.#at] ?? '')) this.#at++
    this.#leftOut.push(`${operator} ${this.#word()}`.trim())
  }

  #word(): string {
    let word = ''
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined || /[\s;&|<>()]/.test(char)) return word
      if (char === "'") word += this.#single()
      else if (char === '"') word += this.#double()
      else if (char === '$') word += this.#dollar()
      else if (char === '`') this.#refuse('has a command in backquotes; write its output instead')
      else if (char === '\\') {
        const next = this.#text[this.#at + 1] ?? ''
        this.#at += 2
        word += next === '\n' ? '' : next
      } else {
        word += char
        this.#at++
      }
    }
  }

  #single(): string {
    const from = this.#at
    const end = this.#text.indexOf("'", from + 1)
    if (end < 0) this.#refuse("has a ' that is not closed")
    this.#at = end + 1
    return this.#text.slice(from + 1, end)
  }

  #double(): string {
    const from = this.#at
    let word = ''
    this.#at++
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined) {
        this.#at = from
        this.#refuse('has a " that is not closed')
      }
      if (char === '"') {
        this.#at++
        return word
      }
      if (char === '$') word += this.#dollar(true)
      else if (char === '`') this.#refuse('has a command in backquotes; write its output instead')
      else if (char === '\\' && /[$`"\\\n]/.test(this.#text[this.#at + 1] ?? '')) {
        const next = this.#text[this.#at + 1]!
        word += next === '\n' ? '' : next
        this.#at += 2
      } else {
        word += char
        this.#at++
      }
    }
  }

  /** At a `$`: `$'…'`, `$"…"`, a variable, or the character itself. */
  #dollar(isQuoted = false): string {
    const rest = this.#text.slice(this.#at)
    if (!isQuoted && rest.startsWith("$'")) return this.#escaped()
    if (!isQuoted && rest.startsWith('$"')) {
      this.#at++
      return this.#double()
    }
    if (rest.startsWith('$(')) this.#refuse('has a command in $(…); write its output instead')
    const match = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/.exec(rest)
    if (match === null) {
      if (rest.startsWith('${')) this.#refuse('has a ${…} that is more than the name of a variable')
      this.#at++
      return '$'
    }
    this.#at += match[0].length
    const name = (match[1] ?? match[2])!
    return this.#variables.get(name) ?? `${VARIABLE}${name}${VARIABLE}`
  }

  #escaped(): string {
    const from = this.#at
    let word = ''
    this.#at += 2
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined) {
        this.#at = from
        this.#refuse("has a $' that is not closed")
      }
      this.#at++
      if (char === "'") return utf8(word)
      if (char === '\\') word += this.#escape()
      else word += char
    }
  }

  #escape(): string {
    const match = /^(?:x([0-9a-f]{1,2})|u([0-9a-f]{1,4})|U([0-9a-f]{1,8})|([0-7]{1,3})|c(.)|(.))/is.exec(
      this.#text.slice(this.#at),
    )
    if (match === null) return '\\'
    this.#at += match[0].length
    const [, byte, unit, point, octal, control, plain] = match
    if (byte !== undefined) return byteMark(Number.parseInt(byte, 16))
    if (octal !== undefined) return byteMark(Number.parseInt(octal, 8) & 0xff)
    if (unit !== undefined) return String.fromCharCode(Number.parseInt(unit, 16))
    if (point !== undefined) return String.fromCodePoint(Number.parseInt(point, 16))
    if (control !== undefined) return String.fromCharCode(control.charCodeAt(0) & 0x1f)
    return ESCAPES[plain!] ?? (/['"\\?]/.test(plain!) ? plain! : `\\${plain!}`)
  }

  /** Ends the command; words that only set variables are none. */
  #end(): void {
    const words = [...this.#words]
    while (/^[A-Za-z_]\w*=/.test(words[0] ?? '')) {
      const [, name, value] = /^(\w+)=(.*)$/s.exec(words.shift()!)!
      this.#variables.set(name!, value!)
    }
    if (words.length > 0) this.#commands.push({ line: this.#line, words, leftOut: this.#leftOut })
    this.#words = []
    this.#leftOut = []
  }

  #refuse(message: string): never {
    const line = this.#lineNow()
    const column = this.#at - this.#text.lastIndexOf('\n', this.#at - 1)
    throw importError({ ...this.#source, text: this.#text }, line, message, column)
  }
}

/** A byte of `\xNN`, kept apart from characters until the whole word is known. */
const byteMark = (byte: number): string =>
  byte < 0x80 ? String.fromCharCode(byte) : String.fromCharCode(0xf700 + byte)

/** Bytes written as `\xNN` are UTF-8 together. */
const utf8 = (word: string): string =>
  word.replace(/[\uf780-\uf7ff]+/g, (marks) =>
    new TextDecoder().decode(Uint8Array.from(marks, (mark) => mark.charCodeAt(0) - 0xf700)),
  )

/** The Windows command prompt: first its carets, then the arguments of a program. */
function readCommandPrompt(source: Source): ShellCommand[] {
  const text = source.text.replaceAll('\r\n', '\n')
  const commands: ShellCommand[] = []
  let line = 1
  let from = 1
  let current = ''
  let isQuoted = false
  const end = (): void => {
    const words = argumentsOf(source, current, from)
    const [first] = words
    if (first !== undefined) commands.push({ line: from, words, leftOut: [] })
    current = ''
    from = line + 1
  }
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '\n') {
      end()
      line++
    } else if (!isQuoted && char === '^') {
      i++
      // A caret before the end of a line joins it with the next, whose first character is taken as it is.
      if (text[i] === '\n') {
        line++
        i++
        if (text[i] === '\n') line++
        else if (text[i] === '^') {
          i--
          continue
        }
      }
      current += text[i] ?? ''
    } else if (!isQuoted && char === '&') {
      end()
      from = line
    } else {
      if (char === '"') isQuoted = !isQuoted
      current += char
    }
  }
  end()
  return commands
}

/** The arguments of a program on Windows: `\"` and `""` within quotes are a quote, other backslashes are themselves. */
function argumentsOf(source: Source, text: string, line: number): string[] {
  const words: string[] = []
  let word: string | null = null
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '\\') {
      const run = /^\\+/.exec(text.slice(i))![0].length
      const isBeforeQuote = text[i + run] === '"'
      word = (word ?? '') + '\\'.repeat(isBeforeQuote ? Math.floor(run / 2) : run)
      i += run - 1
      if (isBeforeQuote && run % 2 === 1) {
        word += '"'
        i++
      }
    } else if (char === '"') {
      if (isQuoted && text[i + 1] === '"') {
        word = `${word ?? ''}"`
        i++
      } else {
        isQuoted = !isQuoted
        word ??= ''
      }
    } else if (/[ \t]/.test(char) && !isQuoted) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + char
  }
  if (isQuoted) throw importError(source, line, 'has a " that is not closed')
  if (word !== null) words.push(word)
  return words
}
