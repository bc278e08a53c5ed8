/** Methods of texts, lists, dicts, files and responses. */
import { argumentsOf, byName, listed, type Arguments } from './arguments.ts'
import { boxed, code, iterable, textOf, type Code, type Kind } from './code.ts'
import { quote } from '../typescript.ts'
import type { Expr } from './python-tree.ts'
import type { Scope } from './scope.ts'
import { untranslatable } from './untranslatable.ts'

/** `receiver.name(…)`. */
export function methodCall(receiver: Code, name: string, node: Expr<'Call'>, scope: Scope): Code {
  const given = name === 'format' ? null : argumentsOf(node, scope)
  if (given === null) return formatted(receiver, node, scope)
  if (receiver.kind === 'queue') return queueMethod(receiver, name, given)
  if (receiver.kind === 'path') return pathMethod(receiver, name, given)
  return (
    (receiver.kind === 'response' || receiver.kind === 'any'
      ? responseMethod(receiver, name, given)
      : null) ??
    (receiver.kind === 'file' || receiver.kind === 'bytes' ? fileMethod(receiver, name, given) : null) ??
    (['list', 'dict', 'set', 'bytes', 'date', 'lock'].includes(receiver.kind)
      ? null
      : textMethod(receiver, name, given)) ??
    listMethod(receiver, name, given) ??
    dictMethod(receiver, name, given) ??
    objectMethod(receiver, name, given) ??
    untranslatable(`the method .${name}()`)
  )
}

function responseMethod({ text, kind }: Code, name: string, given: Arguments): Code | null {
  if (name === 'json' && given.all.length === 0) return code(`py.loads(${text}.text())`)
  if (name === 'iter_lines' && kind === 'response') return code(`py.splitLines(${text}.text())`, 'list')
  if (name === 'raise_for_status') return code(`${text}.ok || py.raise('HTTPError', ${text}.error)`, 'none')
  if (name === 'close' && kind === 'response') return code('undefined', 'none')
  return null
}

function fileMethod({ text, kind }: Code, name: string, given: Arguments): Code | null {
  switch (name) {
    case 'read':
      return given.all.length > 0
        ? untranslatable('a part of a file')
        : code(text, kind === 'file' ? 'str' : kind)
    case 'readlines':
      return code(`py.splitLines(${text}, true)`, 'list')
    case 'decode':
      return kind === 'bytes' ? code(`Buffer.from(${text}).toString()`, 'str') : null
    case 'hex':
      return code(`Buffer.from(${text}).toString('hex')`, 'str')
    case 'close':
      return code('undefined', 'none')
    default:
      return null
  }
}

function queueMethod({ text }: Code, name: string, given: Arguments): Code {
  const [first] = given.all
  switch (name) {
    case 'put':
    case 'put_nowait':
      return first === undefined
        ? untranslatable(`.${name}()`)
        : code(`${text}.${name}(${boxed(first).text})`, 'none')
    case 'get': {
      const isWaiting = first?.text ?? given.named.get('block')?.text
      return code(`${text}.get(${given.named.has('timeout') ? 'false' : (isWaiting ?? '')})`)
    }
    case 'get_nowait':
      return code(`${text}.get_nowait()`)
    case 'empty':
    case 'full':
      return code(`${text}.${name}()`, 'bool')
    case 'qsize':
      return code(`${text}.qsize()`, 'int')
    case 'task_done':
      return code('undefined', 'none')
    default:
      return untranslatable(`the method .${name}() of a queue`)
  }
}

function pathMethod({ text }: Code, name: string, given: Arguments): Code {
  switch (name) {
    case 'read_text':
      return code(`${text}.read_text()`, 'str')
    case 'read_bytes':
      return code(`${text}.read_bytes()`, 'bytes')
    case 'exists':
    case 'is_file':
      return code(`${text}.exists()`, 'bool')
    case 'resolve':
    case 'absolute':
      return code(`${text}.resolve()`, 'path')
    case 'joinpath':
      return code(
        given.all.reduce((whole, one) => `${whole}.over(${one.text})`, text),
        'path',
      )
    case 'open': {
      const [mode] = byName(given, ['mode', 'buffering', 'encoding'])
      return mode?.text.includes('b') === true
        ? code(`${text}.read_bytes()`, 'bytes')
        : code(`${text}.read_text()`, 'file')
    }
    default:
      return untranslatable(`the method .${name}() of a path`)
  }
}

/** Methods of matches, patterns, hashes, dates and deques. */
function objectMethod({ text, kind }: Code, name: string, given: Arguments): Code | null {
  switch (name) {
    case 'group':
      return code(`py.group(${[text, ...given.all.map((one) => one.text)].join(', ')})`)
    case 'groups':
      return code(`py.groups(${text})`, 'list')
    case 'search':
    case 'match':
    case 'fullmatch':
      return kind === 'any' ? code(`py.${name}(${text}, ${listed(given, ['string'])})`) : null
    case 'findall':
    case 'finditer':
      return kind === 'any' ? code(`py.${name}(${text}, ${listed(given, ['string'])})`, 'list') : null
    case 'sub':
      return kind === 'any'
        ? code(`py.substitute(${text}, ${listed(given, ['repl', 'string'])})`, 'str')
        : null
    case 'hexdigest':
      return code(`${text}.digest('hex')`, 'str')
    case 'digest':
      return code(`${text}.digest()`, 'bytes')
    case 'strftime':
    case 'isoformat':
      return code(`${text}.${name}(${given.all.map((one) => one.text).join(', ')})`, 'str')
    case 'timestamp':
    case 'total_seconds':
      return code(`${text}.${name}()`, 'float')
    case 'weekday':
    case 'isoweekday':
      return kind === 'date' ? code(`${text}.${name}()`, 'int') : null
    case 'astimezone':
      return kind === 'date' && given.all[0]?.text === "'aware'" ? code(`${text}.astimezone()`, 'date') : null
    case 'replace': {
      if (kind !== 'date') return null
      const fields = [...given.named].map(([key, value]) => `${key}: ${value.text}`)
      return code(`${text}.with({ ${fields.join(', ')} })`, 'date')
    }
    case 'most_common':
      return code(`${text}.most_common(${listed(given, ['n'])})`, 'list')
    case 'geturl':
      return code(`${text}.geturl()`, 'str')
    case 'date':
      return kind === 'date' ? code(`${text}.date()`, 'date') : null
    case 'popleft':
      return code(`py.popleft(${text})`)
    case 'appendleft':
      return code(`${text}.unshift(${listed(given, ['value'])})`, 'none')
    case 'acquire':
    case 'release':
      return kind === 'lock' ? code('undefined', 'none') : null
    default:
      return null
  }
}

/** Methods of texts: `[TypeScript, kind]`, `TEXT` for the text. */
const OF_TEXT: Readonly<Record<string, readonly [text: string, kind: Kind]>> = {
  upper: ['TEXT.toUpperCase()', 'str'],
  lower: ['TEXT.toLowerCase()', 'str'],
  casefold: ['TEXT.toLowerCase()', 'str'],
  capitalize: ['py.capitalize(TEXT)', 'str'],
  title: ['py.title(TEXT)', 'str'],
  isdigit: ['/^\\d+$/.test(TEXT)', 'bool'],
  isnumeric: ['/^\\d+$/.test(TEXT)', 'bool'],
  isalpha: ['/^\\p{L}+$/u.test(TEXT)', 'bool'],
  isalnum: ['/^[\\p{L}\\p{N}]+$/u.test(TEXT)', 'bool'],
  isspace: ['/^\\s+$/.test(TEXT)', 'bool'],
}

function textMethod(receiver: Code, name: string, given: Arguments): Code | null {
  const { text } = receiver
  const [first] = given.all
  const simple = OF_TEXT[name]
  if (simple !== undefined && given.all.length === 0)
    return code(
      simple[0].replace('TEXT', () => text),
      simple[1],
    )
  switch (name) {
    case 'strip':
    case 'lstrip':
    case 'rstrip': {
      const plain = name === 'strip' ? 'trim' : name === 'lstrip' ? 'trimStart' : 'trimEnd'
      return code(first === undefined ? `${text}.${plain}()` : `py.${name}(${text}, ${first.text})`, 'str')
    }
    case 'split':
    case 'rsplit': {
      const [separator, most] = byName(given, ['sep', 'maxsplit'])
      if (
        separator !== undefined &&
        separator.text !== 'null' &&
        most === undefined &&
        /^"[^"]+"$/.test(separator.text)
      )
        return code(`${text}.split(${separator.text})`, 'list')
      return code(
        `py.${name}(${[text, separator?.text ?? 'null', ...(most === undefined ? [] : [most.text])].join(', ')})`,
        'list',
      )
    }
    case 'partition':
      return code(`py.partition(${text}, ${listed(given, ['separator'])})`, 'list')
    case 'splitlines':
      return code(`py.splitLines(${[text, ...given.all.map((one) => one.text)].join(', ')})`, 'list')
    case 'replace':
      return code(`py.replace(${text}, ${listed(given, ['old', 'new', 'count'])})`, 'str')
    case 'join':
      return code(`py.join(${text}, ${first?.text ?? '[]'})`, 'str')
    default:
      return searched(receiver, name, given) ?? encodedText(receiver, name, given)
  }
}

function searched({ text }: Code, name: string, given: Arguments): Code | null {
  const [first] = given.all
  switch (name) {
    case 'startswith':
    case 'endswith': {
      const method = name === 'startswith' ? 'startsWith' : 'endsWith'
      if (first?.kind === 'list') return code(`${first.text}.some((one) => ${text}.${method}(one))`, 'bool')
      return code(`${text}.${method}(${listed(given, ['text'])})`, 'bool')
    }
    case 'find':
    case 'rfind':
      return code(
        `${text}.${name === 'find' ? 'indexOf' : 'lastIndexOf'}(${listed(given, ['text', 'from'])})`,
        'int',
      )
    default:
      return null
  }
}

function encodedText({ text }: Code, name: string, given: Arguments): Code | null {
  switch (name) {
    case 'zfill':
      return code(`py.zfill(${text}, ${listed(given, ['width'])})`, 'str')
    case 'ljust':
      return code(`${text}.padEnd(${listed(given, ['width', 'fill'])})`, 'str')
    case 'rjust':
      return code(`${text}.padStart(${listed(given, ['width', 'fill'])})`, 'str')
    case 'encode': {
      const [encoding] = byName(given, ['encoding', 'errors'])
      const name = encoding?.text.slice(1, -1).toLowerCase().replaceAll(/[-_]/g, '') ?? 'utf8'
      const known = { utf8: '', ascii: '', latin1: ", 'latin1'", iso88591: ", 'latin1'" }[name]
      return known === undefined
        ? untranslatable(`the encoding ${name}`)
        : code(`Buffer.from(${text}${known})`, 'bytes')
    }
    case 'decode':
      return code(`Buffer.from(${text}).toString()`, 'str')
    default:
      return null
  }
}

function listMethod({ text, kind }: Code, name: string, given: Arguments): Code | null {
  const [first] = given.all
  if (kind === 'str' && name !== 'count' && name !== 'index') return null
  switch (name) {
    case 'append':
      return first === undefined ? null : code(`${text}.push(${boxed(first).text})`, 'none')
    case 'add':
      return code(`${text}.add(${listed(given, ['value'])})`, 'none')
    case 'extend':
      return first === undefined ? null : code(`${text}.push(...${iterable(first)})`, 'none')
    case 'insert':
      return code(
        `${text}.splice(${given.all[0]?.text ?? '0'}, 0, ${given.all[1] === undefined ? '' : boxed(given.all[1]).text})`,
        'none',
      )
    case 'remove':
      return code(`py.remove(${text}, ${listed(given, ['value'])})`, 'none')
    case 'index':
    case 'count':
      return code(`py.${name}(${text}, ${listed(given, ['value'])})`, 'int')
    case 'reverse':
      return code(`${text}.reverse()`, 'none')
    case 'sort': {
      const [key, reverse] = byName(given, ['key', 'reverse'])
      return code(
        `${text}.splice(0, ${text}.length, ...py.sorted(${[text, key?.text ?? 'null', reverse?.text ?? 'false'].join(', ')}))`,
        'none',
      )
    }
    case 'pop':
      return code(`py.pop(${[text, ...given.all.map((one) => one.text)].join(', ')})`)
    case 'copy':
      return code(
        kind === 'list' ? `[...${text}]` : kind === 'dict' ? `{ ...${text} }` : `py.copied(${text}, false)`,
        kind,
      )
    case 'clear':
      return kind === 'list' ? code(`${text}.splice(0)`, 'none') : null
    default:
      return null
  }
}

function dictMethod({ text, kind }: Code, name: string, given: Arguments): Code | null {
  if (kind === 'str' || kind === 'list') return null
  switch (name) {
    case 'get':
      return code(`py.get(${text}, ${given.all.map((one) => boxed(one).text).join(', ')})`)
    case 'keys':
    case 'values':
    case 'items':
      return code(`py.${name}(${text})`, 'list')
    case 'update': {
      const entries = [...given.named].map(([key, value]) => `${key}: ${boxed(value).text}`)
      if (given.all.length > 0 && entries.length > 0)
        return untranslatable('update() with both kinds of arguments')
      return code(`py.update(${text}, ${given.all[0]?.text ?? `{ ${entries.join(', ')} }`})`, 'none')
    }
    case 'setdefault':
      return code(`py.setDefault(${text}, ${given.all.map((one) => boxed(one).text).join(', ')})`)
    default:
      return null
  }
}

/** `text.format(…)`, as a template where its marks are simple. */
function formatted({ text, kind }: Code, node: Expr<'Call'>, scope: Scope): Code {
  if (kind !== 'str' && kind !== 'any') return untranslatable('the method .format()')
  if (node.args.some(({ nodeType }) => nodeType === 'Starred')) return untranslatable('a call with * or **')
  const all = node.args.map((one) => boxed(scope.expression(one, scope)))
  const named = node.keywords.map(({ arg, value }) => [arg, boxed(scope.expression(value, scope))] as const)
  if (named.some(([name]) => name === undefined)) {
    const [[, only] = [undefined, code('{}')]] = named
    return named.length === 1 && all.length === 0
      ? code(`py.formatText(${text}, [], ${only.text})`, 'str')
      : untranslatable('a call with * or **')
  }
  const literal = literalOf(node)
  const template = literal === null ? null : templateOf(literal, all, new Map(named as [string, Code][]))
  if (template !== null) return code(template, 'str')
  const names = named.map(([name, value]) => `${name!}: ${value.text}`)
  return code(
    `py.formatText(${text}, [${all.map((one) => one.text).join(', ')}]${names.length === 0 ? '' : `, { ${names.join(', ')} }`})`,
    'str',
  )
}

function literalOf({ func }: Expr<'Call'>): string | null {
  if (func.nodeType !== 'Attribute' || func.value.nodeType !== 'Constant') return null
  const value: unknown = func.value.value
  return typeof value === 'string' ? value : null
}

function templateOf(text: string, all: readonly Code[], named: ReadonlyMap<string, Code>): string | null {
  let next = 0
  let isSimple = true as boolean
  const parts = text.split(/(\{\{|\}\}|\{\w*\})/).map((part) => {
    if (part === '{{' || part === '}}') return part[0]!
    const [, field] = /^\{(\w*)\}$/.exec(part) ?? []
    if (field === undefined) {
      isSimple &&= !/[{}]/.test(part)
      return quote(part).slice(1, -1).replaceAll('\\"', '"').replace(/[`$]/g, '\\$&')
    }
    const value = /^\d*$/.test(field) ? all[field === '' ? next++ : Number(field)] : named.get(field)
    isSimple &&= value !== undefined
    return value === undefined ? '' : `\${${textOf(value)}}`
  })
  return isSimple ? `\`${parts.join('')}\`` : null
}
