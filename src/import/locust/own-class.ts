/** Classes of a locustfile that are none of Locust's: what they have, and what their objects are called by. */
import { assignmentOf, firstParameter, type LocustFile } from './locust-file.ts'
import {
  dotted,
  some,
  walk,
  type ClassNode,
  type Expr,
  type ExprNode,
  type FunctionNode,
  type Module,
} from './python-tree.ts'
import { signatureOf, type Signature } from './signature.ts'

/** How a method is called: on an object, on the class, as a function in the class, or read like a field. */
export type MethodKind = 'method' | 'class' | 'static' | 'property'

export interface OwnMethod {
  readonly name: string
  readonly node: FunctionNode
  readonly kind: MethodKind
}

export interface OwnClass {
  readonly name: string
  readonly node: ClassNode
  readonly kind: 'class' | 'data' | 'exception' | 'enum' | 'tuple'
  readonly base: OwnClass | null
  /** The exception of Python that an exception extends. */
  readonly extends: string
  readonly methods: readonly OwnMethod[]
  /** Fields of its objects with the values that the class gives them; `null` for none. */
  readonly fields: ReadonlyMap<string, ExprNode | null>
  /** Values of the class itself. */
  readonly statics: ReadonlyMap<string, ExprNode>
  /** The field that holds a user, and the one that holds the client of one. */
  readonly userField: string | null
  readonly clientField: string | null
}

/** What is known of all these classes. */
export interface OwnClasses {
  readonly classes: ReadonlyMap<string, OwnClass>
  /** Variables of the module that make named tuples, with their fields. */
  readonly tuples: ReadonlyMap<string, readonly string[]>
  /** The names of all fields, values, members and properties. */
  readonly names: ReadonlySet<string>
  /** The methods of each name. */
  readonly methods: ReadonlyMap<string, readonly { readonly of: OwnClass; readonly method: OwnMethod }[]>
}

const EXCEPTION = /^(?:Exception|BaseException|\w*Error|RescheduleTask\w*|InterruptTaskSet|StopUser)$/

export function readOwnClasses(file: LocustFile, module: Module): OwnClasses {
  const classes = new Map<string, OwnClass>()
  for (const node of file.others.values()) {
    const read = readClass(node, classes, file, module)
    if (read !== null) classes.set(node.name, read)
  }
  const tuples = namedTuplesOf(module, file)
  for (const { name, kind, fields } of classes.values())
    if (kind === 'tuple') tuples.set(name, [...fields.keys()])
  const names = new Set([...tuples.values()].flat())
  const methods = new Map<string, { of: OwnClass; method: OwnMethod }[]>()
  for (const one of classes.values()) {
    for (const name of [...one.fields.keys(), ...one.statics.keys()]) names.add(name)
    if (one.kind === 'enum') for (const name of ['value', 'name']) names.add(name)
    for (const method of one.methods) {
      if (method.kind === 'property') names.add(method.name)
      else methods.set(method.name, [...(methods.get(method.name) ?? []), { of: one, method }])
    }
  }
  return { classes, tuples, names, methods }
}

/** `null` if the class extends what is not known. */
function readClass(
  node: ClassNode,
  classes: ReadonlyMap<string, OwnClass>,
  file: LocustFile,
  module: Module,
): OwnClass | null {
  const full = (one: ExprNode): string => {
    const name = dotted(one) ?? ''
    const root = name.split('.')[0]!
    return ((file.imports.get(root) ?? root) + name.slice(root.length)).split('.').at(-1)!
  }
  const bases = node.bases.map(full).filter((name) => name !== 'object' && name !== 'ABC')
  const decorators = node.decorator_list.map((one) => full(one.nodeType === 'Call' ? one.func : one))
  if (decorators.some((name) => name !== 'dataclass') || node.keywords.length > 0) return null
  const own = bases.flatMap((name) => classes.get(name) ?? [])
  const [base = null] = own
  const kind = kindOf(bases, decorators, base)
  if (kind === null || own.length > 1 || (kind !== 'enum' && bases.length > 1)) return null
  const methods = node.body.flatMap((one) => (one.nodeType === 'FunctionDef' ? [methodOf(one)] : []))
  if (methods.some((one) => one === null)) return null
  const known = methods as OwnMethod[]
  if ((kind === 'enum' || kind === 'tuple') && known.length > 0) return null
  const fields = fieldsOf(node, known, kind)
  const statics = new Map<string, ExprNode>()
  for (const statement of node.body) {
    const assigned = assignmentOf(statement)
    if (assigned === null) continue
    if (fields.has(assigned.name)) fields.set(assigned.name, assigned.value)
    else statics.set(assigned.name, assigned.value)
  }
  return {
    name: node.name,
    node,
    kind,
    base,
    extends: base?.extends ?? bases[0] ?? 'Exception',
    methods: known,
    fields,
    statics,
    userField: base?.userField ?? heldIn(node, known, 'user', module),
    clientField: base?.clientField ?? heldIn(node, known, 'client', module),
  }
}

function kindOf(
  bases: readonly string[],
  decorators: readonly string[],
  base: OwnClass | null,
): OwnClass['kind'] | null {
  if (bases.some((name) => /^(?:Int|Str)?Enum$/.test(name))) return 'enum'
  if (bases.includes('NamedTuple')) return 'tuple'
  if (decorators.includes('dataclass')) return base === null || base.kind === 'data' ? 'data' : null
  if (base !== null) return base.kind === 'enum' || base.kind === 'tuple' ? null : base.kind
  if (bases.length === 0) return 'class'
  return bases.every((name) => EXCEPTION.test(name)) ? 'exception' : null
}

/** `null` for a method with a decorator that is not known. */
function methodOf(node: FunctionNode): OwnMethod | null {
  const [decorator, ...more] = node.decorator_list.map((one) => dotted(one))
  if (more.length > 0) return null
  const kind: MethodKind | null =
    decorator === undefined || decorator === 'abstractmethod'
      ? 'method'
      : decorator === 'property' || decorator === 'cached_property'
        ? 'property'
        : decorator === 'classmethod'
          ? 'class'
          : decorator === 'staticmethod'
            ? 'static'
            : null
  return kind === null ? null : { name: node.name, node, kind }
}

/** The fields that methods set, and those that a data class declares. */
function fieldsOf(
  node: ClassNode,
  methods: readonly OwnMethod[],
  kind: OwnClass['kind'],
): Map<string, ExprNode | null> {
  const fields = new Map<string, ExprNode | null>()
  if (kind === 'data' || kind === 'tuple')
    for (const one of node.body)
      if (one.nodeType === 'AnnAssign' && one.target.nodeType === 'Name') fields.set(one.target.id, null)
  for (const { node: method, kind: called } of methods) {
    if (called === 'class' || called === 'static') continue
    const self = firstParameter(method)
    walk(method, (inner) => {
      if (
        inner.nodeType === 'Attribute' &&
        inner.ctx.nodeType === 'Store' &&
        inner.value.nodeType === 'Name' &&
        inner.value.id === self
      )
        fields.set(inner.attr, null)
    })
  }
  return fields
}

/**
 * The field that is set to a parameter of `__init__` which is a user, or to the client of one: those are known by calls such
 * as `Api(self)` and `Api(self.client)`, and by what the methods do with the field.
 */
function heldIn(
  node: ClassNode,
  methods: readonly OwnMethod[],
  what: 'user' | 'client',
  module: Module,
): string | null {
  const init = methods.find(({ name }) => name === '__init__')?.node
  if (init === undefined) return null
  const self = firstParameter(init)
  const given = new Set(givenTo(node.name, what, module, signatureOf(init, 1)))
  let found: string | null = null
  walk(init, (inner) => {
    if (inner.nodeType !== 'Assign') return
    const [target] = inner.targets
    if (target?.nodeType !== 'Attribute' || target.value.nodeType !== 'Name' || target.value.id !== self)
      return
    const { value } = inner
    const isGiven = value.nodeType === 'Name' && given.has(value.id)
    const isClient = what === 'client' && value.nodeType === 'Attribute' && value.attr === 'client'
    if (isGiven || isClient) found = target.attr
  })
  return found
}

/** The parameters of `__init__` that calls give a user, or the client of one. */
function givenTo(name: string, what: 'user' | 'client', module: Module, { names }: Signature): string[] {
  const fits = (one: ExprNode): boolean =>
    what === 'user'
      ? one.nodeType === 'Name' && one.id === 'self'
      : one.nodeType === 'Attribute' && one.attr === 'client'
  const found: string[] = []
  walk(module, (node) => {
    if (node.nodeType !== 'Call' || dotted(node.func) !== name) return
    for (const [i, one] of node.args.entries()) if (fits(one)) found.push(names[i] ?? '')
    for (const { arg, value } of node.keywords) if (arg !== undefined && fits(value)) found.push(arg)
  })
  return found
}

/** `Point = namedtuple('Point', ['x', 'y'])`. */
function namedTuplesOf(module: Module, file: LocustFile): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const statement of module.body) {
    const assigned = assignmentOf(statement)
    if (assigned?.value.nodeType !== 'Call') continue
    const called = dotted(assigned.value.func) ?? ''
    if (!/(?:^|\.)namedtuple$/.test(file.imports.get(called) ?? called)) continue
    const fields = assigned.value.args[1]
    const names = fields === undefined ? null : fieldNames(fields)
    if (names !== null) found.set(assigned.name, names)
  }
  return found
}

function fieldNames(node: ExprNode): string[] | null {
  if (node.nodeType === 'Constant' && typeof node.value === 'string')
    return node.value.split(/[\s,]+/).filter((one) => one !== '')
  if (node.nodeType !== 'List' && node.nodeType !== 'Tuple') return null
  return node.elts.map((one) => (one.nodeType === 'Constant' ? String(one.value) : ''))
}

/** The class and those that it extends, the farthest first. */
export const ancestry = (one: OwnClass): readonly OwnClass[] =>
  one.base === null ? [one] : [...ancestry(one.base), one]

/** The method of this name that objects of a class have. */
export const ownMethod = (one: OwnClass, name: string): { of: OwnClass; method: OwnMethod } | null =>
  ancestry(one)
    .toReversed()
    .flatMap((of) => of.methods.flatMap((method) => (method.name === name ? [{ of, method }] : [])))[0] ??
  null

/** The parameters by which a class makes its objects. */
export function makingSignature(one: OwnClass): Signature {
  const init = ownMethod(one, '__init__')
  if (init !== null) return signatureOf(init.method.node, 1)
  const names = one.kind === 'data' || one.kind === 'tuple' ? dataFields(one).map(({ name }) => name) : []
  const isException = one.kind === 'exception'
  return { names, named: [], rest: isException ? 'args' : null, more: null, isOpen: isException }
}

/** The fields of a data class in their order, with those that it inherits. */
export function dataFields(one: OwnClass): { readonly name: string; readonly value: ExprNode | null }[] {
  const all = new Map<string, ExprNode | null>()
  for (const { node } of ancestry(one))
    for (const field of node.body)
      if (field.nodeType === 'AnnAssign' && field.target.nodeType === 'Name')
        all.set(field.target.id, field.value ?? null)
  return [...all].map(([name, value]) => ({ name, value }))
}

/** The parameter of a method by which it gets a user: its client is used. */
export function userParameter(node: FunctionNode, skip: number): string | null {
  const names = [...node.args.posonlyargs, ...node.args.args].map(({ arg }) => arg).slice(skip)
  return (
    names.find((name) =>
      some(
        node,
        (one) =>
          one.nodeType === 'Attribute' &&
          one.attr === 'client' &&
          one.value.nodeType === 'Name' &&
          one.value.id === name,
      ),
    ) ?? null
  )
}

/** Whether a function has a `yield` of its own. */
export function isGenerator(node: FunctionNode): boolean {
  const within = (one: ExprNode | { readonly nodeType: string }): boolean =>
    one.nodeType === 'Yield' || one.nodeType === 'YieldFrom'
  let found = false
  const visit = (one: unknown): void => {
    if (typeof one !== 'object' || one === null || found) return
    if (Array.isArray(one)) {
      one.forEach(visit)
      return
    }
    const { nodeType } = one as Expr<'Yield'> | { nodeType?: string }
    if (nodeType === undefined) return
    if (nodeType === 'FunctionDef' || nodeType === 'Lambda' || nodeType === 'ClassDef') return
    if (within(one as ExprNode)) found = true
    Object.values(one).forEach(visit)
  }
  node.body.forEach(visit)
  return found
}
