/** Calls. */
import { argumentsFor, argumentsOf, keyword } from './arguments.ts'
import { builtinCall } from './builtins.ts'
import { isRequest, requestCall } from './client.ts'
import { code, textOf, type Code } from './code.ts'
import { quote } from '../typescript.ts'
import { lineage, methodsOf } from './locust-file.ts'
import { methodCall } from './methods.ts'
import { logged, moduleCall } from './module-calls.ts'
import { dotted, type Expr } from './python-tree.ts'
import { need, randomIn, type FunctionFacts, type Scope } from './scope.ts'
import { untranslatable } from './untranslatable.ts'
import { cookieOf, isUser, userPath } from './user.ts'

export function translateCall(node: Expr<'Call'>, scope: Scope): Code {
  if (isRequest(node, scope)) return code(`(await ${requestCall(node, scope, ['read: true'])})`, 'response')
  const { func } = node
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
    return code(
      `${text}(${argumentsOf(node, scope)
        .all.map((one) => one.text)
        .join(', ')})`,
    )
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
  return headerCall(receiver, func, node, scope) ?? methodCall(receiver, func.attr, node, scope)
}

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
    parts.push('context')
    if (scope.facts !== null) scope.facts.handsOn = true
  }
  parts.push(...argumentsFor({ ...node, args: given }, facts.node, facts.self === null ? 0 : 1, scope))
  return called(facts, parts, scope)
}

function called(facts: FunctionFacts, parts: readonly string[], scope: Scope): Code {
  const text = `${facts.name}(${parts.join(', ')})`
  if (!facts.isAsync) return code(text)
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
  if (scope.facts !== null && facts.self !== null) scope.facts.handsOn = true
  const skip = facts.self === null ? 0 : 1
  const parts = argumentsFor(node, facts.node, skip, scope)
  return called(facts, facts.self === null ? parts : ['context', ...parts], scope)
}

function superCall(node: Expr<'Call'>, name: string, scope: Scope): Code {
  const definer = scope.facts?.definer ?? null
  const above = definer === null ? [] : lineage(definer).slice(0, -1)
  for (const one of above.toReversed())
    for (const member of one.node.body)
      if (member.nodeType === 'FunctionDef' && member.name === name)
        return methodOf(scope.work.factsOf(scope.owner, member), node, scope)
  // Locust's own methods do nothing.
  return ['on_start', 'on_stop', '__init__'].includes(name)
    ? code('undefined', 'none')
    : untranslatable(`super().${name}()`)
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
