/** What a locustfile takes of Python's modules, as values; calls are in call.ts. */
import { code, type Code } from './code.ts'
import { HASHES } from './module-calls.ts'
import { quote } from '../typescript.ts'
import type { Scope } from './scope.ts'
import { untranslatable } from './untranslatable.ts'

const CONSTANTS: Readonly<Record<string, string>> = {
  'string.ascii_letters': 'py.ASCII_LETTERS',
  'string.ascii_lowercase': 'py.ASCII_LOWERCASE',
  'string.ascii_uppercase': 'py.ASCII_UPPERCASE',
  'string.digits': 'py.DIGITS',
  'string.hexdigits': 'py.HEXDIGITS',
  'string.punctuation': 'py.PUNCTUATION',
}

/** Flags of `re`. */
const FLAGS: Readonly<Record<string, string>> = {
  're.I': 'i',
  're.IGNORECASE': 'i',
  're.M': 'm',
  're.MULTILINE': 'm',
  're.S': 's',
  're.DOTALL': 's',
}

export function moduleValue(path: string, scope: Scope): Code {
  const constant = CONSTANTS[path]
  if (constant !== undefined) return code(constant, 'str')
  const flag = FLAGS[path]
  if (flag !== undefined) return code(quote(flag), 'str')
  const [, hash = ''] = /^hashlib\.(\w+)$/.exec(path) ?? []
  if (HASHES.has(hash)) return code(quote(hash), 'str')
  if (path === 'datetime.timezone.utc') return code("'aware'", 'str')
  if (path === 'math.e') return code('Math.E', 'float')
  if (path === 'math.pi') return code('Math.PI', 'float')
  if (path === 'os.environ') return code('process.env', 'any')
  if (path === 'random.random') return code((scope.facts?.self ?? null) === null ? 'Math.random' : 'random')
  return untranslatable(path.startsWith('locust') ? `${path} of Locust` : `${path} of Python`)
}
