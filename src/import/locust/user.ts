/** The user in Python: its attributes, its client, its environment. */
import { code, type Code } from './code.ts'
import { member, quote } from '../typescript.ts'
import { attributeOf, lineage, methodsOf, type LocustClass } from './locust-file.ts'
import type { ExprNode, Expr } from './python-tree.ts'
import { contextIn, need, type Scope } from './scope.ts'
import { untranslatable } from './untranslatable.ts'

/** Whether an expression is the user: `self`, and `self.user` and `self.parent` of a task set. */
export function isUser(node: ExprNode, scope: Scope): boolean {
  if (node.nodeType === 'Name') return node.id === scope.self
  if (isHeld(node, scope, 'userField')) return true
  return (
    node.nodeType === 'Attribute' &&
    ['user', 'parent', 'locust'].includes(node.attr) &&
    isUser(node.value, scope) &&
    (scope.owner === null || attributeOf(scope.owner, node.attr) === null)
  )
}

/** Whether an expression is the client of the user. */
export const isClient = (node: ExprNode, scope: Scope): boolean =>
  node.nodeType === 'Name'
    ? scope.clients.has(node.id)
    : node.nodeType === 'Attribute' &&
      ((node.attr === 'client' && isUser(node.value, scope)) || isHeld(node, scope, 'clientField'))

/** Whether an expression is the field of the own object that holds its user, or the client of one. */
function isHeld(node: ExprNode, { facts }: Scope, field: 'userField' | 'clientField'): boolean {
  const own = facts?.own ?? null
  return (
    own !== null &&
    node.nodeType === 'Attribute' &&
    node.value.nodeType === 'Name' &&
    node.value.id === own.self &&
    node.attr === own.of[field]
  )
}

/** The path of an attribute of the user: `environment.parsed_options.x`; `null` if it is none of the user's. */
export function userPath(node: ExprNode, scope: Scope): string | null {
  if (node.nodeType !== 'Attribute') return null
  if (node.value.nodeType === 'Name' && node.value.id === scope.environment) return `environment.${node.attr}`
  if (isUser(node.value, scope)) return node.attr
  const before = userPath(node.value, scope)
  return before === null ? null : `${before}.${node.attr}`
}

/** Whether this is the jar of the user, or the cookies of a response, which go there. */
export function cookieOf(node: ExprNode, scope: Scope): boolean {
  if (node.nodeType !== 'Attribute' || node.attr !== 'cookies') return false
  if (node.value.nodeType === 'Attribute' && node.value.attr === 'client') return true
  return (
    node.value.nodeType === 'Name' &&
    (scope.kinds.get(node.value.id) === 'response' ||
      node.value.id === scope.verdict?.name ||
      scope.clients.has(node.value.id))
  )
}

/** An attribute of the user, or of a class; `null` if it is none. */
export function selfAttribute(node: Expr<'Attribute'>, scope: Scope): Code | null {
  if (
    node.value.nodeType === 'Name' &&
    scope.work.file.classes.has(node.value.id) &&
    !scope.declarations.has(node.value.id)
  )
    return (
      shared(scope.work.file.classes.get(node.value.id)!, node.attr, scope) ??
      untranslatable(`the attribute .${node.attr} of a class`)
    )
  if (isClassOfUser(node.value, scope))
    return (
      (scope.owner === null ? null : shared(scope.owner, node.attr, scope)) ??
      untranslatable(`the attribute .${node.attr} of a class`)
    )
  const path = userPath(node, scope)
  if (path === null) return null
  if (isUser(node, scope)) return code(contextIn(scope))
  if (path === 'client' || isClient(node, scope)) return code(need(scope, 'http'))
  const environment = environmentValue(path, scope)
  if (environment !== null) return environment
  if (path.includes('.')) return null
  return stateValue(node.attr, scope)
}

/** `type(self)` and `self.__class__`. */
const isClassOfUser = (node: ExprNode, scope: Scope): boolean =>
  (node.nodeType === 'Attribute' && node.attr === '__class__' && isUser(node.value, scope)) ||
  (node.nodeType === 'Call' &&
    node.func.nodeType === 'Name' &&
    node.func.id === 'type' &&
    node.args[0] !== undefined &&
    isUser(node.args[0], scope))

function environmentValue(path: string, scope: Scope): Code | null {
  const [, option] = /^environment\.parsed_options\.(\w+)$/.exec(path) ?? []
  if (option !== undefined) {
    const known = scope.work.options.get(option)
    if (known !== undefined) return known
    if (option === 'host') return hostValue(scope)
    return untranslatable('an option of the command line of Locust')
  }
  // There is no web UI of Locust, as with --headless.
  if (path === 'environment.web_ui') return code('null', 'none')
  if (path === 'environment.parsed_options') return code('parsed_options', 'options')
  if (path === 'host' || path === 'environment.host' || path === 'client.base_url') return hostValue(scope)
  if (path.startsWith('environment') || path.startsWith('client.')) return untranslatable(`self.${path}`)
  return null
}

function hostValue(scope: Scope): Code {
  const [host = null, ...more] = new Set(scope.work.hostsOf(scope.owner))
  if (host === null || more.length > 0) return untranslatable('the host, which --host gives')
  scope.work.notes.add('self.host is written out where it is used: --url does not change it there')
  return code(quote(host), 'str')
}

function stateValue(name: string, scope: Scope): Code {
  if (scope.owner !== null) {
    const found = shared(scope.owner, name, scope)
    if (found !== null) return found
    if (methodsOf(scope.owner).has(name)) return untranslatable('a method that is handed on')
    if (name === 'tasks') return untranslatable('self.tasks')
  }
  const text = member(need(scope, 'state'), name)
  return code(scope.work.unsure.has(name) ? `py.attribute(${text}, ${quote(name)})` : text)
}

/** A value that all users of a class share: a constant of the module. */
function shared(owner: LocustClass, name: string, { work }: Scope): Code | null {
  for (let user: LocustClass | null = owner; user !== null; user = work.parents.get(user) ?? null)
    for (const one of lineage(user).toReversed()) {
      const found = work.shared.get(one)?.get(name)
      if (found !== undefined) return code(found, work.constants.get(found) ?? 'any')
    }
  return null
}

/** A field of an object of the file, to be set; `null` if it is none. */
function ownTarget({ value, attr }: Expr<'Attribute'>, scope: Scope): string | null {
  const { own } = scope.work
  if (isUser(value, scope) || !own.names.has(attr)) return null
  if (value.nodeType === 'Name' && own.classes.has(value.id)) return `${value.id}.${attr}`
  if (value.nodeType === 'Name' && scope.work.file.classes.has(value.id)) return null
  const object = scope.expression(value, scope)
  return object.kind === 'object' || object.kind === 'any' ? `${object.text}.${attr}` : null
}

/** Where an attribute of the user is kept, to be set. */
export function stateTarget(node: Expr<'Attribute'>, scope: Scope): string {
  const own = ownTarget(node, scope)
  if (own !== null) return own
  if (isClassOfUser(node.value, scope) && scope.owner !== null)
    return (
      shared(scope.owner, node.attr, scope)?.text ?? untranslatable(`the attribute .${node.attr} of a class`)
    )
  if (node.value.nodeType === 'Name' && scope.work.file.classes.has(node.value.id)) {
    const found = shared(scope.work.file.classes.get(node.value.id)!, node.attr, scope)
    return found?.text ?? untranslatable(`the attribute .${node.attr} of a class`)
  }
  const path = userPath(node, scope)
  if (path === null || path.includes('.')) return untranslatable(`setting .${node.attr} of an object`)
  if (['client', 'environment', 'user', 'parent', 'host', 'wait_time', 'tasks'].includes(path))
    return untranslatable(`setting self.${path}`)
  return member(need(scope, 'state'), node.attr)
}
