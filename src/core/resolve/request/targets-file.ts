/** A file of requests, of which each iteration sends one: a line for each, in words or as JSON, or a JSON list. */
import { didYouMean } from '../../suggest.ts'

/** One request as the file has it; what it leaves out is the run's to say. */
export interface WrittenTarget {
  /** Where it is written: `targets.txt:3`. */
  readonly place: string
  readonly weight: number
  readonly method: string | null
  /** Absolute, or a path. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Text, or the bytes of the file that `@FILE` names. */
  readonly body: string | Uint8Array | null
  readonly name: string | null
}

/** What can be read of one request; its place is known elsewhere. */
export type TargetWords = Omit<WrittenTarget, 'place' | 'body'> & { readonly body: string | null }

const RULE = 'must be [WEIGHT] [METHOD] URL [NAME], such as 3 POST /login login, or JSON'
const METHOD_WORD = /^[a-z][\w-]*$/i
const URL_WORD = /^(\/|https?:\/\/)/i
/** A word, in which placeholders may have blanks. */
const WORDS = /(?:\{\{[^{}]*\}\}|\S)+/g

/** A line that is not empty and no comment. */
export function parseTargetLine(line: string): TargetWords | { readonly problems: readonly string[] } {
  if (line.startsWith('{')) {
    const parsed = parseJson(line)
    return 'problem' in parsed ? { problems: [parsed.problem] } : readTarget(parsed.value)
  }
  const words = line.match(WORDS) ?? []
  const isWeighted = /^\d+(\.\d+)?$/.test(words[0] ?? '')
  const weight = isWeighted ? Number(words.shift()) : 1
  const method = METHOD_WORD.test(words[0] ?? '') ? words.shift()! : null
  const [url = '', ...name] = words
  if (!URL_WORD.test(url)) return { problems: [RULE] }
  if (weight <= 0) return { problems: ['weight must be a number above 0'] }
  return { weight, method, url, headers: {}, body: null, name: name.length === 0 ? null : name.join(' ') }
}

function parseJson(text: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) }
  } catch {
    // The parser's message quotes the text, which may hold a secret.
    return { problem: 'is no JSON' }
  }
}

const FIELDS = ['weight', 'method', 'url', 'headers', 'body', 'name']

/** A request as JSON has it. */
export function readTarget(value: unknown): TargetWords | { readonly problems: readonly string[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { problems: ['must be an object such as {"method":"POST","url":"/login"}'] }
  const problems: string[] = []
  for (const field of Object.keys(value))
    if (!FIELDS.includes(field))
      problems.push(`${field} is not a field of a request${didYouMean(field, FIELDS)}`)
  const {
    weight = 1,
    method = null,
    url,
    headers = {},
    body = null,
    name = null,
  } = value as Record<string, unknown>
  const isText = (text: unknown): text is string => typeof text === 'string'
  if (typeof weight !== 'number' || !(weight > 0 && weight < Infinity))
    problems.push('weight must be a number above 0')
  for (const [field, text] of Object.entries({ method, body, name }))
    if (text !== null && !isText(text)) problems.push(`${field} must be a text`)
  if (!isText(url) || !URL_WORD.test(url))
    problems.push('url must be an http or https URL, or a path that begins with /')
  if (typeof headers !== 'object' || headers === null || !Object.values(headers).every(isText))
    problems.push('headers must be texts by their names')
  if (problems.length > 0) return { problems }
  return { weight, method, url, headers, body, name } as TargetWords
}
