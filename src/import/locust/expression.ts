/** Expressions of Python as TypeScript. */
import { propertyValue, translateCall } from './call.ts'
import { boxed, code, either, isNumeric, iterable, nameOf, textOf, type Code, type Kind } from './code.ts'
import { property, quote, templateText } from '../typescript.ts'
import { test } from './condition.ts'
import { names } from './bindings.ts'
import { dotted, type ExprNode, type Expr } from './python-tree.ts'
import { targetText } from './target.ts'
import { cookieOf, isUser, selfAttribute } from './user.ts'
import { contextIn, need, type Scope } from './scope.ts'
import { untranslatable } from './untranslatable.ts'
import type { OwnClass } from './own-class.ts'
import { moduleValue } from './modules.ts'
import { responseAttribute } from './response.ts'

export function translate(node: ExprNode, scope: Scope): Code {
  const found = written(node, scope)
  // Such a member is a text or a number to Python, and an object here.
  return found.kind === 'member'
    ? untranslatable('a member of an Enum that is a text or number as well')
    : found
}

function written(node: ExprNode, scope: Scope): Code {
  switch (node.nodeType) {
    case 'Constant':
      return constant(node, scope)
    case 'Name':
      return nameCode(node, scope)
    case 'JoinedStr':
      return template(node, scope)
    case 'Attribute':
      return attribute(node, scope)
    case 'Subscript':
      return subscript(node, scope)
    case 'Call':
      return translateCall(node, scope)
    case 'BinOp':
      return binary(node, scope)
    case 'UnaryOp':
      return unary(node, scope)
    case 'BoolOp':
      return boolean(node, scope)
    case 'Compare':
      return comparison(node, scope)
    case 'IfExp':
      return chosen(node, scope)
    case 'List':
    case 'Tuple':
      return code(`[${elements(node, scope)}]`, 'list')
    case 'Set':
      return code(`new Set<any>([${elements(node, scope)}])`, 'set')
    case 'Dict':
      return dictionary(node, scope)
    case 'ListComp':
    case 'GeneratorExp':
      return comprehension(node, scope)
    case 'SetComp':
      return code(`new Set<any>(${comprehension(node, scope).text})`, 'set')
    case 'DictComp':
      return dictComprehension(node, scope)
    case 'Lambda':
      return lambda(node, scope)
    case 'NamedExpr':
      return named(node, scope)
    case 'Yield':
      return code(
        `(yield${node.value === undefined ? ' null' : ` ${boxed(translate(node.value, scope)).text}`})`,
      )
    case 'YieldFrom':
      return code(`(yield* py.each(${translate(node.value, scope).text}))`)
    case 'Starred':
      return untranslatable('a list that is unpacked here')
    default:
      return untranslatable(WORDS[node.nodeType] ?? node.nodeType)
  }
}

/** `a if test else b`. */
function chosen(node: Expr<'IfExp'>, scope: Scope): Code {
  const [first, second] = [translate(node.body, scope), translate(node.orelse, scope)]
  const [body, orelse] = first.kind === second.kind ? [first, second] : [boxed(first), boxed(second)]
  return code(`(${test(node.test, scope)} ? ${body.text} : ${orelse.text})`, either(body.kind, orelse.kind))
}

function dictComprehension(node: Expr<'DictComp'>, scope: Scope): Code {
  const pair: ExprNode = {
    ...node,
    nodeType: 'Tuple',
    elts: [node.key, node.value],
    ctx: { nodeType: 'Load' },
  }
  return code(`py.dict(${comprehension({ ...node, elt: pair }, scope).text})`, 'any')
}

const WORDS: Readonly<Record<string, string>> = {
  Await: 'await',
}

const elements = ({ elts }: { readonly elts: readonly ExprNode[] }, scope: Scope): string =>
  elts.map((one) => element(one, scope)).join(', ')

function element(node: ExprNode, scope: Scope): string {
  return node.nodeType === 'Starred'
    ? `...py.list(${translate(node.value, scope).text})`
    : boxed(translate(node, scope)).text
}

/** `(name := value)`; the variable is declared at the start of its block. */
function named({ target, value }: Expr<'NamedExpr'>, scope: Scope): Code {
  if (target.nodeType !== 'Name' || scope.declarations.get(target.id)?.at !== null)
    return untranslatable('an assignment within an expression (:=)')
  const found = boxed(translate(value, scope))
  scope.kinds.set(target.id, 'any')
  return code(`(${nameOf(target.id)} = ${found.text})`, found.kind)
}

function constant({ value, quote_style, lineno, col_offset }: Expr<'Constant'>, scope: Scope): Code {
  const given: unknown = value
  if (given === null) return code('null', 'none')
  if (typeof given === 'boolean') return code(String(given), 'bool')
  if (typeof given === 'bigint') return code(`py.whole('${given}')`)
  if (typeof given === 'number') {
    // The tree does not say whether it was written with a point.
    const bytes = new TextEncoder().encode(scope.work.lines[lineno - 1] ?? '').subarray(col_offset)
    const [written = ''] = /^[\d_.]+(?:e[+-]?\d+)?/i.exec(new TextDecoder().decode(bytes)) ?? []
    if (/^[\d_]+$/.test(written) && !Number.isSafeInteger(given))
      return code(`py.whole('${written.replaceAll('_', '')}')`)
    return code(String(given), /[.e]/i.test(written) && !/^0x/i.test(written) ? 'float' : 'int')
  }
  if (typeof given !== 'string') return untranslatable('a value such as ... or 1j')
  if (/^[rR]?[bB]/.test(quote_style ?? '')) {
    const isText = /^[\u0000-\u007f]*$/.test(given)
    return code(isText ? `Buffer.from(${quote(given)})` : `Buffer.from(${quote(given)}, 'latin1')`, 'bytes')
  }
  return code(quote(given), 'str')
}

function nameCode({ id }: Expr<'Name'>, scope: Scope): Code {
  const alias = scope.aliases.get(id)
  if (alias !== undefined) return code(alias, alias === 'this' ? 'object' : 'any')
  if (id === scope.self) return code(contextIn(scope))
  if (id === '__name__') return code("'__main__'", 'str')
  if (id === '__file__') return code('import.meta.filename', 'str')
  if (scope.declarations.has(id) || scope.kinds.has(id)) return code(nameOf(id), scope.kinds.get(id) ?? 'any')
  const module = scope.work.file.imports.get(id)
  if (module !== undefined) return moduleValue(module, scope)
  const called = scope.work.file.functions.get(id)
  if (called !== undefined) {
    const facts = scope.work.factsOf(null, called)
    if (facts.self !== null || facts.isAsync || facts.signature.isOpen)
      return untranslatable('a function that is handed on')
    facts.isCalled = true
    return code(facts.name)
  }
  if (scope.work.own.classes.has(id)) return code(nameOf(id), 'any')
  if (scope.work.file.classes.has(id)) return untranslatable('a class that is handed on')
  if (id in BUILTIN_VALUES) return code(BUILTIN_VALUES[id]!)
  return untranslatable(`the name ${id}`)
}

/** Builtin functions that are handed to others, as in `map(str, values)`. */
const BUILTIN_VALUES: Readonly<Record<string, string>> = {
  str: 'py.str',
  int: '((value: any) => py.int(value))',
  float: '((value: any) => py.float(value))',
  len: 'py.len',
  bool: 'py.truthy',
  repr: 'py.repr',
}

function template({ values }: Expr<'JoinedStr'>, scope: Scope): Code {
  const parts = values.map((part) => {
    if (part.nodeType === 'Constant') return templateText(String(part.value))
    if (part.nodeType !== 'FormattedValue') return untranslatable('a part of an f-string')
    const { value, conversion, format_spec: spec } = part
    const inner = translate(value, scope)
    const converted =
      conversion === 114
        ? code(`py.repr(${boxed(inner).text})`, 'str')
        : conversion === 115
          ? code(textOf(inner), 'str')
          : inner
    if (spec === undefined) return `\${${textOf(converted)}}`
    const format = translate(spec, scope)
    // A number with a type is written by it.
    const isTyped = /[bcdeEfFgGnoxX%][`'"]$/.test(format.text)
    return `\${py.format(${(isTyped ? converted : boxed(converted)).text}, ${format.text})}`
  })
  return code(`\`${parts.join('')}\``, 'str')
}

function attribute(node: Expr<'Attribute'>, scope: Scope): Code {
  const path = dotted(node)
  const root = path?.split('.')[0]
  if (root !== undefined && !scope.declarations.has(root)) {
    const module = scope.work.file.imports.get(root)
    if (module !== undefined && root !== scope.self)
      return moduleValue(module + path!.slice(root.length), scope)
  }
  if (node.attr === '__name__' || node.attr === '__class__') return className(node, scope)
  const computed = isUser(node.value, scope) ? propertyValue(node.attr, node, scope) : null
  if (computed !== null) return computed
  const own = selfAttribute(node, scope)
  if (own !== null) return own
  const value = written(node.value, scope)
  if (value.kind === 'options')
    return scope.work.options.get(node.attr) ?? untranslatable('an option of the command line of Locust')
  const field = ownField(node, value, scope)
  if (field !== null) return field
  if (value.kind === 'response' || isResponseAttribute(node.attr, value.kind))
    return responseAttribute(value, node.attr, scope)
  if (value.kind === 'date' && DATE_FIELDS.has(node.attr)) return code(`${value.text}.${node.attr}`, 'int')
  // Of a UUID, which is text here.
  if (node.attr === 'hex' && value.kind === 'str') return code(`${value.text}.replaceAll('-', '')`, 'str')
  if (value.kind === 'path' && PATH_FIELDS.has(node.attr))
    return code(`${value.text}.${node.attr}`, node.attr === 'parent' ? 'path' : 'str')
  if (value.kind === 'url' && URL_FIELDS.has(node.attr))
    return code(`${value.text}.${node.attr}`, ['hostname', 'port'].includes(node.attr) ? 'any' : 'str')
  if (node.attr === 'args' && value.kind === 'any') return code(`${value.text}.args`, 'any')
  return untranslatable(`the attribute .${node.attr}`)
}

const URL_FIELDS: ReadonlySet<string> = new Set(
  'scheme netloc path params query fragment hostname port'.split(' '),
)
const PATH_FIELDS: ReadonlySet<string> = new Set(['name', 'stem', 'suffix', 'parent'])

/** `type(value).__name__`, `self.__class__.__name__`, `Class.__name__`. */
function className({ value, attr }: Expr<'Attribute'>, scope: Scope): Code {
  const isType = value.nodeType === 'Call' && dotted(value.func) === 'type' && value.args.length === 1
  const of = isType
    ? value.args[0]!
    : value.nodeType === 'Attribute' && value.attr === '__class__'
      ? value.value
      : null
  if (attr !== '__name__' || of === null) return untranslatable(`the attribute .${attr}`)
  if (of.nodeType === 'Name' && of.id === scope.self && scope.owner !== null)
    return code(quote(scope.owner.name), 'str')
  return code(`py.className(${boxed(translate(of, scope)).text})`, 'str')
}

/** A field of an object of the file, or a value of its class; `null` if no class has one of this name. */
function ownField({ attr, value: object }: Expr<'Attribute'>, value: Code, scope: Scope): Code | null {
  const { own } = scope.work
  if (value.kind === 'member')
    return attr === 'value' || attr === 'name' ? code(`${value.text}.${attr}`) : null
  if (!own.names.has(attr) || !['any', 'object'].includes(value.kind)) return null
  const of = object.nodeType === 'Name' ? own.classes.get(object.id) : undefined
  if (of?.kind === 'enum') return enumMember(of, attr, value)
  const text = `${value.text}.${attr}`
  if (value.kind === 'object' || of !== undefined || !isResponseAttribute(attr, 'any')) return code(text)
  return code(
    `(${value.text} instanceof py.PyObject ? (${value.text} as any).${attr} : ${responseAttribute(value, attr, scope).text})`,
  )
}

/** A member of an `Enum`; those that are texts or numbers as well are known by their `.value` only. */
function enumMember(of: OwnClass, name: string, { text }: Code): Code {
  return of.node.bases.length > 1 && of.statics.has(name)
    ? code(`${text}.${name}`, 'member')
    : code(`${text}.${name}`)
}

const DATE_FIELDS: ReadonlySet<string> = new Set(
  'year month day hour minute second microsecond days seconds'.split(' '),
)

const isResponseAttribute = (name: string, kind: Kind): boolean => kind === 'any' && RESPONSE_FIELDS.has(name)

const RESPONSE_FIELDS: ReadonlySet<string> = new Set(
  'status_code text content headers ok url reason history elapsed'.split(' '),
)

function subscript({ value, slice }: Expr<'Subscript'>, scope: Scope): Code {
  if (
    value.nodeType === 'Attribute' &&
    value.attr === 'environ' &&
    dotted(value) === 'os.environ' &&
    slice.nodeType === 'Constant'
  )
    return code(`py.item(process.env, ${translate(slice, scope).text})`, 'str')
  const cookies = cookieOf(value, scope)
  if (cookies)
    return code(
      `py.attribute(${need(scope, 'cookies')}.get(${translate(slice, scope).text}), 'cookie')`,
      'str',
    )
  const container = translate(value, scope)
  if (slice.nodeType === 'Slice') {
    const bound = (node: ExprNode | undefined): string =>
      node === undefined ? 'null' : translate(node, scope).text
    const step = slice.step === undefined ? '' : `, ${bound(slice.step)}`
    const kind = container.kind === 'str' || container.kind === 'list' ? container.kind : 'any'
    return code(`py.slice(${container.text}, ${bound(slice.lower)}, ${bound(slice.upper)}${step})`, kind)
  }
  const key = translate(slice, scope)
  if (container.kind === 'response') return untranslatable('an item of a response')
  const isHeader = value.nodeType === 'Attribute' && value.attr === 'headers' && slice.nodeType === 'Constant'
  return code(
    `py.item(${container.text}, ${isHeader && isResponseValue(value, scope) ? key.text.toLowerCase() : key.text})`,
    container.kind === 'str' || isHeader ? 'str' : 'any',
  )
}

/** Whether `.headers` are those of a response. */
const isResponseValue = ({ value }: Expr<'Attribute'>, scope: Scope): boolean =>
  !isUser(value, scope) &&
  !scope.work.own.names.has('headers') &&
  ['any', 'response'].includes(translate(value, scope).kind)

function dictionary({ keys, values }: Expr<'Dict'>, scope: Scope): Code {
  const isPlain = keys.every(
    (key) =>
      key === null ||
      (key.nodeType === 'Constant' && typeof key.value === 'string' && !/^\d+$/.test(key.value)),
  )
  // An object sorts keys that look like numbers; and keys that are no texts would become such.
  if (!isPlain && keys.every((key) => key !== null))
    return code(
      `py.dict([${keys.map((key, i) => `[${translate(key, scope).text}, ${boxed(translate(values[i]!, scope)).text}]`).join(', ')}])`,
      'any',
    )
  if (!isPlain) return untranslatable('a dict with ** and keys that are not written')
  const entries = keys.map((key, i) => {
    const value = boxed(translate(values[i]!, scope)).text
    return key === null ? `...${value}` : `${property(String((key as Expr<'Constant'>).value))}: ${value}`
  })
  return code(`{ ${entries.join(', ')} }`, 'dict')
}

function comprehension(
  node:
    | Expr<'ListComp'>
    | Expr<'GeneratorExp'>
    | (Omit<Expr<'DictComp'>, 'elt'> & { elt: ExprNode })
    | Expr<'SetComp'>,
  scope: Scope,
): Code {
  const kinds = new Map(scope.kinds)
  const inner: Scope = { ...scope, kinds, isSync: true }
  const build = (at: number): string => {
    const { target, iter, ifs } = node.generators[at]!
    const source = translate(iter, at === 0 ? { ...scope, isSync: scope.isSync } : inner)
    names(target, (name) => kinds.set(name, source.kind === 'file' ? 'str' : 'any'))
    if (iter.nodeType === 'Call' && dotted(iter.func) === 'range')
      names(target, (name) => kinds.set(name, 'int'))
    const parameter = `(${targetText(target)}${iter.nodeType === 'Call' && dotted(iter.func) === 'range' ? '' : `: any`})`
    const filters = ifs.map((one) => `.filter(${parameter} => ${test(one, inner)})`).join('')
    const list = iterable(source)
    if (at < node.generators.length - 1) return `${list}${filters}.flatMap(${parameter} => ${build(at + 1)})`
    const element = boxed(translate(node.elt, inner)).text
    return element === targetText(target)
      ? `${list}${filters}`
      : `${list}${filters}.map(${parameter} => ${arrowBody(element)})`
  }
  return code(build(0), 'list')
}

const arrowBody = (text: string): string => (text.startsWith('{') ? `(${text})` : text)

function lambda({ args, body }: Expr<'Lambda'>, scope: Scope): Code {
  if (args.vararg !== undefined || args.kwarg !== undefined || args.defaults.length > 0)
    return untranslatable('a lambda with optional parameters')
  const kinds = new Map(scope.kinds)
  for (const { arg } of args.args) kinds.set(arg, 'any')
  const inner = translate(body, { ...scope, kinds, isSync: true })
  return code(
    `((${args.args.map(({ arg }) => `${nameOf(arg)}: any`).join(', ')}) => ${arrowBody(boxed(inner).text)})`,
  )
}

function unary({ op, operand }: Expr<'UnaryOp'>, scope: Scope): Code {
  if (op.nodeType === 'Not') return code(`!(${test(operand, scope)})`, 'bool')
  const inner = translate(operand, scope)
  if (op.nodeType === 'Invert') return code(`py.sub(-1, ${boxed(inner).text})`)
  if (!isNumeric(inner)) return code(`py.mul(${inner.text}, ${op.nodeType === 'USub' ? -1 : 1})`)
  return code(op.nodeType === 'USub' ? `(-${inner.text})` : inner.text, inner.kind)
}

/** `and` and `or` as values: the operand that decides. */
function boolean({ op, values: given }: Expr<'BoolOp'>, scope: Scope): Code {
  const isAnd = op.nodeType === 'And'
  // A constant that does not decide is none of the operands.
  const values = given.filter(
    (one, i) => i === given.length - 1 || one.nodeType !== 'Constant' || Boolean(one.value) !== isAnd,
  )
  const all = values.map((one) => translate(one, scope))
  // Of texts, numbers and truth values, both languages take the same for false.
  const isAlike = all.slice(0, -1).every(({ kind }) => ['bool', 'str', 'int', 'float', 'none'].includes(kind))
  const kind = all.map((one) => one.kind).reduce(either)
  // A float that is false must not decide as an object.
  const isBoxed = kind === 'any' && all.slice(0, -1).some((one) => one.kind === 'float')
  if (isAlike && !isBoxed)
    return code(
      `(${(kind === 'any' ? all.map(boxed) : all).map(({ text }) => text).join(isAnd ? ' && ' : ' || ')})`,
      kind,
    )
  const text = all
    .map((one) => boxed(one).text)
    .reduceRight((rest, one) => {
      if (rest.includes('await ')) untranslatable('and/or around a request')
      return `py.${isAnd ? 'and' : 'or'}(${one}, () => ${arrowBody(rest)})`
    })
  return code(text, kind)
}

const COMPARISONS: Readonly<Record<string, string>> = { Lt: '<', LtE: '<=', Gt: '>', GtE: '>=' }

function comparison({ left, ops, comparators }: Expr<'Compare'>, scope: Scope): Code {
  const [right, ...others] = comparators
  if (right !== undefined && others.length === 0 && cookieOf(right, scope)) {
    const isIn = { In: '!==', NotIn: '===' }[ops[0]!.nodeType as string]
    if (isIn === undefined) return untranslatable('a comparison of cookies')
    return code(`(${need(scope, 'cookies')}.get(${translate(left, scope).text}) ${isIn} undefined)`, 'bool')
  }
  const all = [left, ...comparators].map((one) => translate(one, scope))
  if (ops.length > 1 && all.slice(1, -1).some(({ text }) => text.includes('('))) return chained(ops, all)
  const parts = ops.map(({ nodeType }, i) => compared(nodeType, all[i]!, all[i + 1]!))
  return code(parts.length === 1 ? parts[0]! : `(${parts.join(' && ')})`, 'bool')
}

/** Comparisons whose middle value is worked out once. */
function chained(ops: Expr<'Compare'>['ops'], all: readonly Code[]): Code {
  const [a, b, c, ...more] = all as [Code, Code, Code, ...Code[]]
  if (more.length > 0 || [b, c].some(({ text }) => text.includes('await ')))
    return untranslatable('a chain of comparisons of calls')
  const middle = code('middle', b.kind)
  const parts = [compared(ops[0]!.nodeType, a, middle), compared(ops[1]!.nodeType, middle, c)]
  return code(`((middle: ${isNumeric(b) ? 'number' : 'any'}) => ${parts.join(' && ')})(${b.text})`, 'bool')
}

function compared(operator: string, a: Code, b: Code): string {
  switch (operator) {
    case 'Is':
    case 'IsNot':
      return identity(a, b, operator === 'Is')
    case 'Eq':
    case 'NotEq': {
      const isEqual = operator === 'Eq'
      if (a.kind === 'none' || b.kind === 'none') return identity(a, b, isEqual)
      if (a.kind === 'str' || b.kind === 'str' || (isNumeric(a) && isNumeric(b)))
        return `(${a.text} ${isEqual ? '===' : '!=='} ${b.text})`
      return `${isEqual ? '' : '!'}py.equal(${a.text}, ${b.text})`
    }
    case 'In':
    case 'NotIn': {
      const not = operator === 'In' ? '' : '!'
      if (b.kind === 'str' && a.kind === 'str') return `${not}${b.text}.includes(${a.text})`
      return `${not}py.contains(${b.text}, ${a.text})`
    }
    default: {
      const sign = COMPARISONS[operator] ?? untranslatable(`the operator ${operator}`)
      if (isNumeric(a) && isNumeric(b)) return `(${a.text} ${sign} ${b.text})`
      return `(py.compare(${a.text}, ${b.text}) ${sign} 0)`
    }
  }
}

function identity(a: Code, b: Code, isSame: boolean): string {
  // `undefined` stands for what is not there, which is None as well.
  if (a.kind === 'none') return `(${b.text} ${isSame ? '==' : '!='} null)`
  if (b.kind === 'none') return `(${a.text} ${isSame ? '==' : '!='} null)`
  return `(${a.text} ${isSame ? '===' : '!=='} ${b.text})`
}

function binary({ left, op, right }: Expr<'BinOp'>, scope: Scope): Code {
  if (op.nodeType === 'Mod' && isText(left)) return percentText(left, right, scope)
  return arithmetic(op.nodeType, translate(left, scope), translate(right, scope))
}

const isText = (node: ExprNode): boolean => node.nodeType === 'Constant' && typeof node.value === 'string'

const BITS: Readonly<Record<string, string>> = {
  BitAnd: 'bitAnd',
  BitXor: 'bitXor',
  LShift: 'shiftLeft',
  RShift: 'shiftRight',
}

/** `a OPERATOR b`. */
export function arithmetic(operator: string, a: Code, b: Code): Code {
  const isNumbers = isNumeric(a) && isNumeric(b)
  const [x, y] = [boxed(a), boxed(b)]
  const isInts = a.kind === 'int' && b.kind === 'int'
  const isDates = a.kind === 'date' || b.kind === 'date'
  const kind: Kind = isNumbers ? (a.kind === 'int' && b.kind === 'int' ? 'int' : 'float') : 'any'
  switch (operator) {
    case 'Add':
      if (isNumbers || (a.kind === 'str' && b.kind === 'str'))
        return code(`(${a.text} + ${b.text})`, isNumbers ? kind : 'str')
      if (a.kind === 'list' && b.kind === 'list') return code(`[...${a.text}, ...${b.text}]`, 'list')
      return code(
        `py.add(${x.text}, ${y.text})`,
        isDates ? 'date' : a.kind === 'str' || b.kind === 'str' ? 'str' : 'any',
      )
    case 'Sub':
      return isNumbers
        ? code(`(${a.text} - ${b.text})`, kind)
        : code(`py.sub(${x.text}, ${y.text})`, isDates ? 'date' : 'any')
    case 'Mult':
      return isNumbers
        ? code(`(${a.text} * ${b.text})`, kind)
        : code(`py.mul(${x.text}, ${y.text})`, a.kind === 'str' ? 'str' : isDates ? 'date' : 'any')
    case 'Div':
      if (a.kind === 'path') return code(`${a.text}.over(${b.text})`, 'path')
      return isNumbers && /^[\d.]+$/.test(b.text) && /[1-9]/.test(b.text)
        ? code(`(${a.text} / ${b.text})`, 'float')
        : code(`py.div(${a.text}, ${b.text})`, 'float')
    case 'FloorDiv':
      return code(`py.floorDiv(${x.text}, ${y.text})`, isInts ? 'int' : 'any')
    case 'Mod':
      return code(`py.mod(${x.text}, ${y.text})`, a.kind === 'str' ? 'str' : isInts ? 'int' : 'any')
    case 'Pow':
      return isNumbers && /^\d+$/.test(a.text) && /^\d$/.test(b.text)
        ? code(`((${a.text}) ** ${b.text})`, kind)
        : code(`py.power(${x.text}, ${y.text})`)
    case 'BitOr':
      return a.kind === 'dict' || b.kind === 'dict'
        ? code(`py.merged(${a.text}, ${b.text})`)
        : code(`py.bitOr(${x.text}, ${y.text})`)
    default: {
      const helper = BITS[operator] ?? untranslatable(`the operator ${operator}`)
      return code(`py.${helper}(${x.text}, ${y.text})`)
    }
  }
}

/** `'…%s…' % values`, as a template where the marks are simple. */
function percentText(left: ExprNode, right: ExprNode, scope: Scope): Code {
  const text = String((left as Expr<'Constant'>).value)
  const values = right.nodeType === 'Tuple' ? right.elts : right.nodeType === 'Dict' ? null : [right]
  const marks = text.match(/%(?:\(\w+\))?[^a-zA-Z%]*[a-zA-Z%]/g) ?? []
  if (
    values !== null &&
    marks.filter((mark) => mark !== '%%').length === values.length &&
    marks.every((mark) => ['%s', '%d', '%i', '%%'].includes(mark)) &&
    isDigits(marks, values, scope)
  ) {
    let next = 0
    const parts = text.split(/(%[sdi]|%%)/).map((part) => {
      if (part === '%%') return '%'
      return /^%[sdi]$/.test(part) ? `\${${textOf(translate(values[next++]!, scope))}}` : templateText(part)
    })
    return code(`\`${parts.join('')}\``, 'str')
  }
  const given = boxed(translate(right, scope)).text
  // A list is one value; only a tuple has one for each mark.
  const isSingle =
    right.nodeType !== 'Tuple' &&
    right.nodeType !== 'Dict' &&
    marks.filter((mark) => mark !== '%%').length === 1 &&
    !text.includes('%(')
  return code(`py.percent(${quote(text)}, ${isSingle ? `[${given}]` : given})`, 'str')
}

/** Whether what is written as a whole number is known to be one. */
function isDigits(marks: readonly string[], values: readonly ExprNode[], scope: Scope): boolean {
  const own = marks.filter((mark) => mark !== '%%')
  return own.every((mark, i) => mark === '%s' || translate(values[i]!, scope).kind === 'int')
}
