/** Calls of Python's builtin functions. */
import { argumentsOf, byName, listed, type Arguments } from './arguments.ts'
import { boxed, code, isNumeric, iterable, textOf, type Code } from './code.ts'
import { quote } from '../typescript.ts'
import { test } from './condition.ts'
import { dotted, type Expr, type ExprNode } from './python-tree.ts'
import { imported, need, type Scope } from './scope.ts'
import { untranslatable } from './untranslatable.ts'
import { isUser, stateTarget } from './user.ts'

/** The call of a builtin; `null` if there is none of this name. */
export function builtinCall(name: string, node: Expr<'Call'>, scope: Scope): Code | null {
  switch (name) {
    case 'print':
      return printed(node, scope)
    case 'isinstance':
      return instance(node, scope)
    case 'hasattr':
    case 'getattr':
      return named(name, node, scope)
    case 'any':
    case 'all':
      return quantified(name, node, scope)
    case 'open':
      return opened(node, scope)
    case 'map':
    case 'filter':
      return mapped(name, node, scope)
    case 'vars':
      return untranslatable('vars()')
    case 'super':
    case 'eval':
    case 'exec':
    case 'globals':
    case 'locals':
    case 'input':
    case 'type':
    case 'setattr':
      return untranslatable(`${name}()`)
    default:
      return simple(name, argumentsOf(node, scope), node, scope)
  }
}

function simple(name: string, given: Arguments, node: Expr<'Call'>, scope: Scope): Code | null {
  const [first = code('')] = given.all
  switch (name) {
    case 'str':
      if (given.all.length === 0) return code("''", 'str')
      return code(first.kind === 'int' ? `String(${first.text})` : textOf(first), 'str')
    case 'repr':
      return code(`py.repr(${boxed(first).text})`, 'str')
    case 'int':
      return code(first.kind === 'int' ? first.text : `py.int(${listed(given, ['value', 'base'])})`, 'int')
    case 'float':
      return code(isNumeric(first) ? first.text : `py.float(${listed(given, ['value'])})`, 'float')
    case 'bool':
      return code(given.all.length === 0 ? 'false' : `Boolean(${test(node.args[0]!, scope)})`, 'bool')
    case 'len':
      return code(first.kind === 'list' ? `${first.text}.length` : `py.len(${first.text})`, 'int')
    default:
      return ofNumbers(name, given) ?? ofLists(name, given)
  }
}

function ofNumbers(name: string, given: Arguments): Code | null {
  const [first = code('')] = given.all
  switch (name) {
    case 'abs':
      return isNumeric(first)
        ? code(`Math.abs(${first.text})`, first.kind)
        : code(`py.abs(${first.text})`, 'any')
    case 'round': {
      const [value = first, digits] = byName(given, ['number', 'ndigits'])
      return digits === undefined || digits.kind === 'none'
        ? code(`py.round(${value.text})`, 'int')
        : code(`py.round(${boxed(value).text}, ${digits.text})`, 'any')
    }
    case 'divmod':
      return code(`py.divMod(${given.all.map((one) => boxed(one).text).join(', ')})`, 'list')
    case 'pow':
      return given.all.length === 2
        ? code(`py.power(${given.all.map((one) => boxed(one).text).join(', ')})`)
        : untranslatable('pow() with three arguments')
    case 'chr':
      return code(`String.fromCodePoint(${first.text})`, 'str')
    case 'ord':
      return code(`${first.text}.codePointAt(0)!`, 'int')
    case 'hex':
      return code(`py.format(${first.text}, '#x')`, 'str')
    default:
      return null
  }
}

function ofLists(name: string, given: Arguments): Code | null {
  const [first = code('')] = given.all
  switch (name) {
    case 'range':
      return code(`py.range(${listed(given, ['from', 'to', 'step'])})`, 'list')
    case 'sum':
      return code(
        `py.sum(${byName(given, ['values', 'start'])
          .flatMap((one) => (one === undefined ? [] : [boxed(one).text]))
          .join(', ')})`,
      )
    case 'enumerate':
      return code(
        `py.enumerate(${iterable(first)}${given.all.length + given.named.size > 1 ? `, ${(given.all[1] ?? given.named.get('start'))!.text}` : ''})`,
        'list',
      )
    case 'next':
      return code(`py.next(${given.all.map((one) => boxed(one).text).join(', ')})`)
    case 'iter':
      return code(`py.iterator(${first.text})`, 'iterator')
    case 'zip':
      return code(`py.zip(${given.all.map(({ text }) => text).join(', ')})`, 'list')
    case 'sorted': {
      const [values, key, reverse] = byName(given, ['values', 'key', 'reverse'])
      const more =
        reverse !== undefined
          ? `, ${key?.text ?? 'null'}, ${reverse.text}`
          : key === undefined
            ? ''
            : `, ${key.text}`
      return code(`py.sorted(${values?.text ?? ''}${more})`, 'list')
    }
    case 'reversed':
      return code(`${iterable(first)}.toReversed()`, 'list')
    case 'min':
    case 'max': {
      const { named } = given
      const key = named.get('key')
      if ([...named.keys()].some((one) => one !== 'key' && one !== 'default'))
        return untranslatable(`an argument of ${name}()`)
      if (named.has('default') && given.all.length === 1)
        return code(
          `(py.len(py.list(${first.text})) === 0 ? ${boxed(named.get('default')!).text} : py.${name}(${first.text}${key === undefined ? '' : `, ${key.text}`}))`,
        )
      if (
        given.all.length > 1 &&
        key === undefined &&
        isNumeric(first) &&
        given.all.every(({ kind }) => kind === first.kind)
      )
        return code(`Math.${name}(${given.all.map(({ text }) => text).join(', ')})`, first.kind)
      const values =
        given.all.length === 1 ? first.text : `[${given.all.map((one) => boxed(one).text).join(', ')}]`
      return code(`py.${name}(${values}${key === undefined ? '' : `, ${key.text}`})`)
    }
    default:
      return collected(name, given)
  }
}

/** `list(…)`, `set(…)`, `dict(…)`. */
function collected(name: string, given: Arguments): Code | null {
  const [first = code('')] = given.all
  switch (name) {
    case 'list':
    case 'tuple':
      return code(
        given.all.length === 0 ? '[]' : first.kind === 'list' ? `[...${first.text}]` : iterable(first),
        'list',
      )
    case 'set':
    case 'frozenset':
      return code(`new Set<any>(${given.all.length === 0 ? '' : iterable(first)})`, 'set')
    case 'dict': {
      if (given.all.length > 0)
        return given.named.size > 0
          ? untranslatable('dict() with both kinds of arguments')
          : code(`py.dict(${first.text})`)
      return code(
        `{ ${[...given.named].map(([key, value]) => `${key}: ${boxed(value).text}`).join(', ')} }`,
        'dict',
      )
    }
    case 'format':
      return code(
        `py.format(${[boxed(first), ...given.all.slice(1)].map(({ text }) => text).join(', ')})`,
        'str',
      )
    default:
      return null
  }
}

/** `print` and the loggers write to the console, which corerush keeps out of its own output. */
function printed(node: Expr<'Call'>, scope: Scope): Code {
  const { all } = argumentsOf({ ...node, keywords: [] }, scope)
  return code(
    `console.log(${all.map((one) => (one.kind === 'str' ? one.text : textOf(boxed(one)))).join(', ')})`,
    'none',
  )
}

function instance({ args }: Expr<'Call'>, scope: Scope): Code {
  const [value, types] = args
  const all = types?.nodeType === 'Tuple' ? types.elts : types === undefined ? [] : [types]
  const runner = runnerKind(value, all)
  if (runner !== null) return runner
  const names = all.map((one) =>
    one.nodeType === 'Name' ? one.id : untranslatable('isinstance() of a class'),
  )
  if (
    names.some(
      (name) =>
        !scope.work.own.classes.has(name) &&
        !['str', 'int', 'float', 'bool', 'list', 'tuple', 'dict', 'set', 'bytes'].includes(name),
    )
  )
    return untranslatable('isinstance() of a class')
  return code(
    `py.isInstance(${boxed(scope.expression(value!, scope)).text}, ${names.map(quote).join(', ')})`,
    'bool',
  )
}

/** `isinstance(environment.runner, MasterRunner)`: one process is neither master nor worker; `null` for another question. */
function runnerKind(value: ExprNode | undefined, types: readonly ExprNode[]): Code | null {
  if (value === undefined || !/(?:^|\.)environment\.runner$|(?:^|\.)runner$/.test(dotted(value) ?? ''))
    return null
  const names = types.map((one) => dotted(one)?.split('.').at(-1) ?? '')
  if (!names.every((name) => /^(?:Master|Worker|Local|Distributed)?Runner$/.test(name))) return null
  return code(String(names.some((name) => name === 'LocalRunner' || name === 'Runner')), 'bool')
}

/** `hasattr(self, 'name')` and `getattr(self, 'name', otherwise)`. */
function named(name: string, { args }: Expr<'Call'>, scope: Scope): Code {
  const [object, attribute, otherwise] = args
  if (object === undefined || !isUser(object, scope) || attribute?.nodeType !== 'Constant')
    return untranslatable(`${name}()`)
  const target = stateTarget(
    {
      nodeType: 'Attribute',
      value: object,
      attr: String(attribute.value),
      ctx: { nodeType: 'Load' },
      lineno: object.lineno,
      col_offset: object.col_offset,
    },
    scope,
  )
  need(scope, 'state')
  if (name === 'hasattr') return code(`(${target} !== undefined)`, 'bool')
  if (otherwise === undefined) return code(`py.attribute(${target}, ${quote(String(attribute.value))})`)
  return code(`(${target} ?? ${boxed(scope.expression(otherwise, scope)).text})`)
}

function quantified(name: string, node: Expr<'Call'>, scope: Scope): Code {
  const [values] = node.args
  if (values === undefined) return untranslatable(`${name}()`)
  const list = iterable(scope.expression(values, scope))
  return code(`${list}.${name === 'any' ? 'some' : 'every'}((value: any) => py.truthy(value))`, 'bool')
}

function mapped(name: string, { args }: Expr<'Call'>, scope: Scope): Code {
  const [each, values, ...more] = args
  if (each === undefined || values === undefined || more.length > 0) return untranslatable(`${name}()`)
  const list = iterable(scope.expression(values, scope))
  if (each.nodeType === 'Constant' && each.value === null) return code(`${list}.filter(py.truthy)`, 'list')
  const apply = scope.expression(each, scope).text
  return code(
    name === 'map'
      ? `${list}.map((value: any) => ${apply}(value))`
      : `${list}.filter((value: any) => py.truthy(${apply}(value)))`,
    'list',
  )
}

/** `open(path)` to read: the content of the file, as text or bytes. */
export function opened(node: Expr<'Call'>, scope: Scope): Code {
  const given = argumentsOf(node, scope)
  const [path, mode = code("'r'")] = [
    given.all[0] ?? given.named.get('file'),
    given.all[1] ?? given.named.get('mode'),
  ]
  if (path === undefined || !/^["'](?:r|rt|rb|r\+?U?)["']$/.test(mode.text))
    return untranslatable('a file that is written')
  if (given.named.has('encoding') && !/^"utf-?8(?:-sig)?"$/i.test(given.named.get('encoding')!.text))
    return untranslatable('a file that is not UTF-8')
  if (path.kind === 'path')
    return mode.text.includes('b')
      ? code(`${path.text}.read_bytes()`, 'bytes')
      : code(`${path.text}.read_text()`, 'file')
  const read = imported(scope, 'node:fs', 'readFileSync')
  if (mode.text.includes('b')) return code(`${read}(${path.text})`, 'bytes')
  return code(`${read}(${path.text}, 'utf8')`, 'file')
}

/** The class of an exception, by its last name. */
export const errorName = (node: ExprNode): string =>
  dotted(node)?.split('.').at(-1) ?? untranslatable('an exception that is not named')
