/** Imports curl commands: one as a command of corerush, several as a targets file. */
import { importError, type Source } from '../source.ts'
import { COMPANION, type CompanionFile, type Imported } from '../imported.ts'
import { sortArguments } from './curl-arguments.ts'
import type { Connection } from './curl-connection.ts'
import { basicHeader, requestsOf, type CurlRequest, type ReadFile } from './curl-request.ts'
import { readShell, VARIABLES, type ShellCommand } from './shell-words.ts'

/** Imports all curl commands of a text. Throws a CorerushError with the line of what cannot be imported. */
export function importCurl(source: Source, readFile: ReadFile): Imported {
  const notes: string[] = []
  const requests = readShell(source).flatMap((command) => {
    const words = curlWords(command)
    const place = `line ${command.line}: `
    if (words === null) {
      notes.push(`${place}left out, as it is not curl: ${shown(command.words.join(' '))}`)
      return []
    }
    const { groups, leftOut } = sortArguments(source, command.line, words)
    const without = [...leftOut, ...command.leftOut]
    if (without.length > 0) notes.push(`${place}without meaning for a load: ${shown(without.join(', '))}`)
    const found = groups.flatMap((group) => requestsOf(source, command.line, group, readFile))
    if (found.length === 0) throw importError(source, command.line, 'the curl command has no URL')
    notes.push(...new Set(found.flatMap((one) => one.notes.map((note) => place + note))))
    return found
  })
  const [first, ...more] = requests
  if (first === undefined) throw importError(source, null, 'has no curl command')
  return more.length === 0 ? commandOf(first, notes) : targetsOf(source, requests, notes)
}

/** Words that can stand before a command. */
const PREFIXES: ReadonlySet<string> = new Set([
  '$',
  '>',
  'sudo',
  'time',
  'exec',
  'command',
  'do',
  'then',
  'else',
  '!',
])

/** The words after `curl`; `null` if it is another command. */
function curlWords({ words }: ShellCommand): readonly string[] | null {
  const at = words.findIndex((word) => !PREFIXES.has(word))
  return /^(?:.*[\\/])?curl(?:\.exe)?$/i.test(words[at] ?? '') ? words.slice(at + 1) : null
}

const MOST_SHOWN = 200

const shown = (text: string): string => {
  const plain = text.replace(VARIABLES, '${$1}')
  return plain.length > MOST_SHOWN ? `${plain.slice(0, MOST_SHOWN)}…` : plain
}

/** `{{` means a placeholder to corerush. */
const withoutPlaceholders = (text: string): string => text.replaceAll('{{', '{{{{')

function commandOf(
  { method, url, headers, body, connection }: CurlRequest,
  notes: readonly string[],
): Imported {
  const companions: CompanionFile[] = []
  const usual = body === null ? 'GET' : 'POST'
  const words = [
    quoted(withoutPlaceholders(url)),
    ...(method === usual ? [] : [flagText('method', method)]),
    ...headers.map(([name, value]) => flagText('header', `${name}: ${withoutPlaceholders(value)}`)),
    ...(body === null ? [] : [flagText('body', bodyText(body, companions))]),
    ...flagsOf(connection),
  ]
  const text = words.length > 2 ? `corerush ${words.join(' \\\n  ')}\n` : `corerush ${words.join(' ')}\n`
  return { kind: 'command', text, companions, notes }
}

const flagsOf = (connection: Connection): string[] =>
  connection.map(([flag, value]) => (value === null ? `--${flag}` : flagText(flag, value)))

/** A value that begins with a dash would be read as a flag of its own. */
const flagText = (flag: string, value: string): string =>
  value.startsWith('-') ? `--${flag}=${quoted(value)}` : `--${flag} ${quoted(value)}`

/** A body as corerush reads it; bytes, and a text that would name a file, go to a file of their own. */
function bodyText(body: string | Uint8Array, companions: CompanionFile[]): string {
  if (typeof body === 'string' && !body.startsWith('@')) return withoutPlaceholders(body)
  const bytes = typeof body === 'string' ? new TextEncoder().encode(withoutPlaceholders(body)) : body
  const suffix = `.body-${companions.length + 1}`
  companions.push({ suffix, bytes })
  return `@${COMPANION}${suffix}`
}

/** A word as a POSIX shell reads it; bash's `$'…'` where it has control characters other than line breaks. */
function quoted(text: string): string {
  return (
    text
      .split(/(\u{f8fe}\w+\u{f8fe})/u)
      .map((part, i) => (i % 2 === 1 ? `"$\{${part.slice(1, -1)}}"` : quotedPart(part)))
      .join('') || "''"
  )
}

function quotedPart(text: string): string {
  if (text === '' || /^[\w@%+=:,./\u{f8ff}-]+$/u.test(text)) return text
  if (!/[\u0000-\u0009\u000b-\u001f\u007f]/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`
  const escaped = text.replace(/[\\'\u0000-\u001f\u007f]/g, (char) =>
    char === '\n'
      ? '\\n'
      : char === '\r'
        ? '\\r'
        : char === '\t'
          ? '\\t'
          : /['\\]/.test(char)
            ? `\\${char}`
            : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return `$'${escaped}'`
}

/** What a user adds to the command that runs the targets. */
function targetsOf(source: Source, requests: readonly CurlRequest[], notes: readonly string[]): Imported {
  const companions: CompanionFile[] = []
  const [first] = requests
  const shared = connectionFlags(first!)
  for (const one of requests)
    if (connectionFlags(one).join() !== shared.join())
      throw importError(
        source,
        one.line,
        `connects otherwise than the command in line ${first!.line}; of all requests of a run, ${describe(one, first!)} must be the same`,
      )
  const lines = requests.map((one) => targetLine(source, one, companions))
  const run = ['corerush --targets FILE', ...shared].join(' ')
  return {
    kind: 'targets',
    text: lines.map((line) => `${line}\n`).join(''),
    companions,
    notes: [`${requests.length} requests; run them with: ${run}`, ...notes],
  }
}

/** Flags of the whole run; basic authorization is a header of each request. */
const connectionFlags = ({ connection }: CurlRequest): string[] =>
  flagsOf(connection.filter(([flag]) => flag !== 'auth'))

const describe = (one: CurlRequest, other: CurlRequest): string => {
  const flags = [...connectionFlags(one), ...connectionFlags(other)].map((flag) => flag.split(' ')[0]!)
  return [...new Set(flags)].join(', ')
}

function targetLine(source: Source, one: CurlRequest, companions: CompanionFile[]): string {
  const { auth, method, body, connection } = one
  const isBasic = connection.some(([flag]) => flag === 'auth')
  const pairs = [...one.headers, ...(auth !== null && isBasic ? [basicHeader(auth)] : [])]
  const headers: Record<string, string> = {}
  for (const [name, value] of pairs) {
    const known = Object.keys(headers).find((other) => other.toLowerCase() === name.toLowerCase())
    const between = name.toLowerCase() === 'cookie' ? '; ' : ', '
    headers[known ?? name] =
      known === undefined
        ? withoutPlaceholders(value)
        : headers[known]! + between + withoutPlaceholders(value)
  }
  const line = JSON.stringify({
    method,
    url: withoutPlaceholders(one.url),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(body === null ? {} : { body: bodyText(body, companions) }),
  })
  const [variable] = line.match(VARIABLES) ?? []
  if (variable !== undefined)
    throw importError(
      source,
      one.line,
      `has the variable ${shown(variable)}, and a targets file has none: set it in a line above, as in ${variable.slice(1, -1)}=value`,
    )
  return line
}
