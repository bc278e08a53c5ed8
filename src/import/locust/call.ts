/** Calls. */
import { argumentsFor, argumentsOf, keyword } from './arguments.ts'
import { builtinCall } from './builtins.ts'
import { isRequest, requestCall } from './client.ts'
import { boxed, code, nameOf, textOf, type Code } from './code.ts'
import { quote } from '../typescript.ts'
import { lineage, methodsOf } from './locust-file.ts'
import { methodCall } from './methods.ts'
import { logged, moduleCall } from './module-calls.ts'
import { makingSignature, ownMethod, type OwnClass } from './own-class.ts'
import { dotted, type Expr } from './python-tree.ts'
import { contextIn, need, randomIn, type FunctionFacts, type Scope } from './scope.ts'
import type { Signature } from './signature.ts'
import { untranslatable } from './untranslatable.ts'
import { cookieOf, isUser, userPath } from './user.ts'

export function translateCall(node: Expr<'Call'>, scope: Scope): Code {
  if (isRequest(node, scope)) return code(`(await ${requestCall(node, scope, ['read: true'])})`, 'response')
  const { func } = node
  const object = ownObject(node, scope)
  if (object !== null) return object
  const path = dotted(func)
  const root = path?.split('.')[0]
  if (path !== null && root !== scope.self && !scope.declarations.has(root!) && !scope.kinds.has(root!)) {
    const module = scope.work.file.imports.get(root!)
    if (module !== undefined) return moduleCall(module + path.slice(root!.length), node, scope)
    const target = scope.work.file.functions.get(path)
    if (target !== undefined) return ownCall(scope.work.factsOf(null, target), node, scope)
    if (func.nodeType === 'Name') return builtinCall(path, node, scope) ?? untranslatable(`${path}()`)
  }
  if (func.nodeType === 'Name' || func.nodeType === 'Lambda') {
    const { text } = scope.expression(func, scope)
    const { all, named } = argumentsOf(node, scope)
    if (named.size > 0) return untranslatable('a call by name of what a variable holds')
    return code(`${text}(${all.map((one) => boxed(one).text).join(', ')})`)
  }
  if (func.nodeType !== 'Attribute') return untranslatable('a call of what a call gives')
  if (func.value.nodeType === 'Name' && scope.work.loggers.has(func.value.id))
    return logged(func.attr, node, scope)
  if (func.value.nodeType === 'Name' && scope.work.fakers.has(func.value.id))
    return faked(func.attr, node, scope)
  const own = userCall(node, func, scope)
  if (own !== null) return own
  if (cookieOf(func.value, scope)) return cookieCall(func.attr, node, scope)
  const receiver = scope.expression(func.value, scope)
  const method = ownMethodCall(receiver, func, node, scope)
  if (method !== null) return method
  return headerCall(receiver, func, node, scope) ?? methodCall(receiver, func.attr, node, scope)
}

/** An object of a class of the file, or a named tuple; `null` if the call makes none. */
function ownObject(node: Expr<'Call'>, scope: Scope): Code | null {
  const { func } = node
  if (func.nodeType !== 'Name') return null
  const { own } = scope.work
  const fields = own.tuples.get(func.id)
  if (fields !== undefined)
    return code(`${nameOf(func.id)}(${argumentsFor(node, plain(fields), scope).join(', ')})`)
  const facts = scope.facts?.own ?? null
  const isOwn = facts !== null && facts.self === func.id
  const of = isOwn ? facts.of : own.classes.get(func.id)
  if (
    of === undefined ||
    (!isOwn && scope.declarations.get(func.id)?.at !== of.node && scope.kinds.has(func.id))
  )
    return null
  if (of.kind === 'enum') return untranslatable('a member of an Enum by its value')
  const init = ownMethod(of, '__init__')
  if (init !== null) {
    const making = scope.work.methodFacts(init.of, init.method)
    scope.facts?.calls.add(making)
    if (making.isAsync) return untranslatable('an object that sends requests while it is made')
  }
  return code(
    `py.make(${[isOwn ? 'this' : nameOf(of.name), ...argumentsFor(node, makingSignature(of), scope)].join(', ')})`,
    'object',
  )
}

const plain = (names: readonly string[]): Signature => ({
  names,
  named: [],
  rest: null,
  more: null,
  isOpen: false,
})

/** `object.method(…)`, `Class.method(…)` and `super().method(…)` of classes of the file; `null` if none has such a method. */
function ownMethodCall(
  receiver: Code,
  { attr, value }: Expr<'Attribute'>,
  node: Expr<'Call'>,
  scope: Scope,
): Code | null {
  const known = scope.work.own.methods.get(attr)
  if (known === undefined || !['any', 'object'].includes(receiver.kind)) return null
  const all = known.map(({ of, method }) => scope.work.methodFacts(of, method))
  const texts = new Set(fittingArguments(node, all, scope))
  if (texts.size > 1) return untranslatable(`the method .${attr}() of several classes`)
  const [given = ''] = texts
  for (const facts of all) scope.facts?.calls.add(facts)
  const isClass = value.nodeType === 'Name' && scope.work.own.classes.has(value.id)
  const asAny = given.includes('...py.bound(') ? `(${receiver.text} as any)` : receiver.text
  const called = `${asAny}.${attr}(${given})`
  if (all.some(({ isAsync }) => isAsync)) {
    if (scope.isSync || scope.facts === null)
      return untranslatable('a function with requests within an expression that cannot wait')
    scope.facts.isAsync = true
    return code(`(await ${called})`)
  }
  const isGenerator = all.every((one) => one.isGenerator)
  if (receiver.kind === 'object' || isClass || !COMMON.has(attr))
    return code(called, isGenerator ? 'iterator' : 'any')
  // Dicts, lists and texts have a method of this name, too.
  const other = methodCall(receiver, attr, node, scope).text
  return code(
    `(${receiver.text} instanceof py.PyObject ? (${receiver.text} as any).${attr}(${given}) : ${other})`,
  )
}

/** The arguments by each of the signatures that take them; throws if none does. */
function fittingArguments(node: Expr<'Call'>, all: readonly FunctionFacts[], scope: Scope): string[] {
  let reason: unknown
  const found = all.flatMap(({ signature }) => {
    try {
      return [argumentsFor(node, signature, scope).join(', ')]
    } catch (error) {
      reason = error
      return []
    }
  })
  if (found.length > 0) return found
  throw reason
}

/** Methods that Python's own values have. */
const COMMON: ReadonlySet<string> = new Set(
  'add append clear copy count decode encode endswith extend find format get group groups index insert items join json keys lower pop popleft put qsize read remove replace reverse search setdefault sort split startswith strip sub title update upper values'.split(
    ' ',
  ),
)

/** `fake.name()`. */
function faked(name: string, node: Expr<'Call'>, scope: Scope): Code {
  if (/^(?:seed|seed_instance|add_provider)$/.test(name)) return code('undefined', 'none')
  const { all, named } = argumentsOf(node, scope)
  // Names of arguments differ from value to value: those of one argument are its only one.
  if (named.size > 0 && all.length + named.size > 1)
    return untranslatable(`faker's ${name}() with several arguments`)
  const given = [...all, ...named.values()].map((one) => one.text)
  scope.work.notes.add('values of faker are of the same form, and others')
  return code(`py.fake(${[randomIn(scope), quote(name), ...given].join(', ')})`, FAKE_KINDS[name] ?? 'str')
}

const FAKE_KINDS: Readonly<Record<string, Code['kind']>> = {
  words: 'list',
  random_int: 'int',
  pyint: 'int',
  random_number: 'int',
  random_digit: 'int',
  pyfloat: 'float',
  boolean: 'bool',
  pybool: 'bool',
  random_element: 'any',
  date_of_birth: 'date',
  past_date: 'date',
  future_date: 'date',
}

/** A call of a function of the file. */
function ownCall(facts: FunctionFacts, node: Expr<'Call'>, scope: Scope): Code {
  facts.isCalled = true
  scope.facts?.calls.add(facts)
  const given = [...node.args]
  const parts: string[] = []
  if (facts.self !== null) {
    const user = given.shift()
    if (user === undefined || !isUser(user, scope)) return untranslatable('a function that gets another user')
    parts.push(contextIn(scope))
  }
  parts.push(...argumentsFor({ ...node, args: given }, facts.signature, scope))
  return called(facts, parts, scope)
}

function called(facts: FunctionFacts, parts: readonly string[], scope: Scope): Code {
  const isSpread = parts.some((one) => one.startsWith('...'))
  const text = `${isSpread ? `(${facts.name} as any)` : facts.name}(${parts.join(', ')})`
  if (facts.isGenerator && facts.isAsync) return untranslatable('a generator that sends requests')
  if (!facts.isAsync) return code(text, facts.isGenerator ? 'iterator' : 'any')
  if (scope.isSync || scope.facts === null)
    return untranslatable('a function with requests within an expression that cannot wait')
  scope.facts.isAsync = true
  return code(`(await ${text})`)
}

/** `self.method(…)`, `super().method(…)`, and what Locust offers. */
function userCall(node: Expr<'Call'>, func: Expr<'Attribute'>, scope: Scope): Code | null {
  const isSuper = func.value.nodeType === 'Call' && dotted(func.value.func) === 'super'
  if (isSuper) return superCall(node, func.attr, scope)
  const path = userPath(func, scope)
  if (path === null) return null
  if (path === 'environment.process_exit_code') return null
  if (path === 'environment.runner.quit' || path === 'environment.runner.stop')
    return code(`${need(scope, 'stopRun')}(${quote('the scenario quit')})`, 'none')
  if (path === 'stop') return code(`${need(scope, 'stopUser')}()`, 'none')
  if (path === 'interrupt') return code(`${need(scope, 'leave')}()`, 'none')
  if (path === 'get_run_time' && scope.owner?.role === 'shape')
    return code(`${need(scope, 'state')}.run_time`, 'float')
  if (path === 'wait') return untranslatable('self.wait()')
  if (path.includes('.'))
    return cookieOf(func.value, scope)
      ? null
      : path.startsWith('client.') || path.startsWith('environment.')
        ? untranslatable(`self.${path}()`)
        : null
  for (let owner = scope.owner; owner !== null; owner = scope.work.parents.get(owner) ?? null) {
    const method = methodsOf(owner).get(path)
    if (method !== undefined) return methodOf(scope.work.factsOf(owner, method.node), node, scope)
  }
  return untranslatable(`self.${path}()`)
}

function methodOf(facts: FunctionFacts, node: Expr<'Call'>, scope: Scope): Code {
  facts.isCalled = true
  scope.facts?.calls.add(facts)
  const parts = argumentsFor(node, facts.signature, scope)
  return called(facts, facts.self === null ? parts : [contextIn(scope), ...parts], scope)
}

/** `self.name` where `name` is a property; `null` if it is none. */
export function propertyValue(name: string, node: Expr<'Attribute'>, scope: Scope): Code | null {
  for (let owner = scope.owner; owner !== null; owner = scope.work.parents.get(owner) ?? null) {
    const method = methodsOf(owner).get(name)
    if (method === undefined) continue
    const isProperty = method.node.decorator_list.some((one) =>
      /(?:^|\.)(?:cached_)?property$/.test(dotted(one) ?? ''),
    )
    if (!isProperty) return null
    const { lineno, col_offset } = node
    const call: Expr<'Call'> = { nodeType: 'Call', func: node, args: [], keywords: [], lineno, col_offset }
    return methodOf(scope.work.factsOf(owner, method.node), call, scope)
  }
  return null
}

function superCall(node: Expr<'Call'>, name: string, scope: Scope): Code {
  const own = scope.facts?.own ?? null
  if (own !== null) return ownSuperCall(node, name, own, scope)
  const definer = scope.facts?.definer ?? null
  const all = scope.owner === null ? [] : lineage(scope.owner)
  const above = definer === null ? [] : all.slice(0, Math.max(0, all.indexOf(definer)))
  for (const one of above.toReversed())
    for (const member of one.node.body)
      if (member.nodeType === 'FunctionDef' && member.name === name)
        return methodOf(scope.work.factsOf(scope.owner, member), node, scope)
  // Locust's own methods do nothing.
  return ['on_start', 'on_stop', '__init__'].includes(name)
    ? code('undefined', 'none')
    : untranslatable(`super().${name}()`)
}

function ownSuperCall(
  node: Expr<'Call'>,
  name: string,
  { of }: { readonly of: OwnClass },
  scope: Scope,
): Code {
  const found = of.base === null ? null : ownMethod(of.base, name)
  if (found === null) {
    if (name !== '__init__') return untranslatable(`super().${name}()`)
    if (of.kind === 'exception')
      return code(
        `super.__init__(${node.args.map((one) => boxed(scope.expression(one, scope)).text).join(', ')})`,
        'none',
      )
    return code('undefined', 'none')
  }
  const facts = scope.work.methodFacts(found.of, found.method)
  scope.facts?.calls.add(facts)
  const given = argumentsFor(node, facts.signature, scope).join(', ')
  if (given.includes('...py.bound(')) return untranslatable('super() with * or **')
  const called = `super.${name}(${given})`
  if (!facts.isAsync) return code(called)
  scope.facts!.isAsync = true
  return code(`(await ${called})`)
}

function cookieCall(name: string, node: Expr<'Call'>, scope: Scope): Code {
  const cookies = need(scope, 'cookies')
  const given = argumentsOf(node, scope)
  const [first, second] = given.all
  switch (name) {
    case 'clear':
      return code(`${cookies}.clear()`, 'none')
    case 'get':
      return code(
        `(${cookies}.get(${first?.text ?? "''"}) ?? ${second?.text ?? 'null'})`,
        second?.kind === 'str' ? 'str' : 'any',
      )
    case 'set':
      if (given.named.size > 0 || first === undefined || second === undefined)
        return untranslatable('a cookie with a domain or path')
      return code(`${cookies}.set(\`\${${textOf(first)}}=\${${textOf(second)}}; Path=/\`)`, 'none')
    default:
      return untranslatable(`cookies.${name}()`)
  }
}

/** `response.headers.get('Name')`: the names of a response's headers are in lower case. */
function headerCall(receiver: Code, func: Expr<'Attribute'>, node: Expr<'Call'>, scope: Scope): Code | null {
  if (func.value.nodeType !== 'Attribute' || func.value.attr !== 'headers' || func.attr !== 'get') return null
  const [name, otherwise] = node.args
  if (name?.nodeType !== 'Constant' || keyword(node, 'default') !== undefined) return null
  const value = otherwise === undefined ? 'null' : scope.expression(otherwise, scope).text
  return code(`(${receiver.text}.get(${quote(String(name.value).toLowerCase())}) ?? ${value})`)
}
