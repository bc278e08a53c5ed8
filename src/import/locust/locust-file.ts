/** What stands in a locustfile: its imports, users, task sets, shapes and functions. */
import {
  dotted,
  some,
  type ClassNode,
  type ExprNode,
  type FunctionNode,
  type Module,
  type StmtNode,
} from './python-tree.ts'

/** What a class is to Locust. */
export type Role = 'user' | 'tasks' | 'sequence' | 'shape'

export interface LocustClass {
  readonly name: string
  readonly node: ClassNode
  readonly role: Role
  /** The classes in this file that it extends, in their order. */
  readonly bases: readonly LocustClass[]
  readonly isAbstract: boolean
}

export interface LocustFile {
  /** Local names by what they stand for: `t` of `import time as t` is `time`, `choice` is `random.choice`. */
  readonly imports: ReadonlyMap<string, string>
  readonly classes: ReadonlyMap<string, LocustClass>
  readonly functions: ReadonlyMap<string, FunctionNode>
  /** Other classes of the module, in their order. */
  readonly others: ReadonlyMap<string, ClassNode>
}

const ROLES: Readonly<Record<string, Role>> = {
  User: 'user',
  HttpUser: 'user',
  FastHttpUser: 'user',
  HttpLocust: 'user',
  FastHttpLocust: 'user',
  TaskSet: 'tasks',
  TaskSequence: 'sequence',
  SequentialTaskSet: 'sequence',
  LoadTestShape: 'shape',
}

export function readLocustFile(module: Module): LocustFile {
  const imports = new Map<string, string>()
  const functions = new Map<string, FunctionNode>()
  const nodes = new Map<string, ClassNode>()
  for (const statement of allStatements(module.body)) readImport(statement, imports)
  const visit = (body: readonly StmtNode[]): void => {
    for (const node of body) {
      if (node.nodeType === 'ClassDef') {
        nodes.set(node.name, node)
        visit(node.body)
      } else if (node.nodeType === 'FunctionDef' && body === module.body) functions.set(node.name, node)
    }
  }
  visit(module.body)
  const classes = classesOf(nodes, imports)
  const others = module.body.flatMap((node) =>
    node.nodeType === 'ClassDef' && !classes.has(node.name) ? [[node.name, node] as const] : [],
  )
  return { imports, classes, functions, others: new Map(others) }
}

/** Also those in `try:`, where a file looks which of two modules there is. */
function* allStatements(body: readonly StmtNode[]): Generator<StmtNode> {
  for (const statement of body) {
    yield statement
    if (statement.nodeType === 'Try' || statement.nodeType === 'If') yield* allStatements(statement.body)
    if (statement.nodeType === 'FunctionDef') yield* allStatements(statement.body)
  }
}

function readImport(statement: StmtNode, imports: Map<string, string>): void {
  if (statement.nodeType === 'Import')
    for (const { name, asname } of statement.names)
      imports.set(asname ?? name.split('.')[0]!, asname === undefined ? name.split('.')[0]! : name)
  if (statement.nodeType === 'ImportFrom')
    for (const { name, asname } of statement.names)
      imports.set(asname ?? name, `${statement.module ?? ''}.${name}`)
}

/** The classes of Locust, and those that they extend: classes that only such ones extend are users that are not started. */
function classesOf(
  nodes: ReadonlyMap<string, ClassNode>,
  imports: ReadonlyMap<string, string>,
): Map<string, LocustClass> {
  const found = new Map<string, LocustClass>()
  const add = (node: ClassNode, role: Role, isMixin: boolean): LocustClass => {
    const known = found.get(node.name)
    if (known !== undefined) return known
    const bases = node.bases.flatMap((base) => {
      const other = nodes.get(dotted(base) ?? '')
      if (other === undefined || other === node) return []
      const own = roleOf(other, nodes, imports)
      return [add(other, own ?? role, own === null)]
    })
    const isAbstract = isMixin || hasTrue(node, 'abstract')
    const made: LocustClass = { name: node.name, node, role, bases, isAbstract }
    found.set(node.name, made)
    return made
  }
  for (const node of nodes.values()) {
    const role = roleOf(node, nodes, imports)
    if (role !== null) add(node, role, false)
  }
  return found
}

/** What a class is to Locust by the classes that it extends; `null` if it is none of Locust's. */
function roleOf(
  node: ClassNode,
  nodes: ReadonlyMap<string, ClassNode>,
  imports: ReadonlyMap<string, string>,
  seen: ReadonlySet<ClassNode> = new Set(),
): Role | null {
  if (seen.has(node)) return null
  for (const base of node.bases) {
    const name = dotted(base)
    if (name === null) continue
    const other = nodes.get(name)
    if (other !== undefined) {
      const role = roleOf(other, nodes, imports, new Set([...seen, node]))
      if (role !== null) return role
      continue
    }
    const root = name.split('.')[0]!
    const full = (imports.get(root) ?? root) + name.slice(root.length)
    const isOfLocust = /^locust\b/.test(full) || imports.has('locust')
    const role = isOfLocust ? ROLES[full.split('.').at(-1)!] : undefined
    if (role !== undefined) return role
  }
  return null
}

const hasTrue = (node: ClassNode, name: string): boolean =>
  node.body.some(
    (one) =>
      one.nodeType === 'Assign' &&
      one.targets.some((target) => target.nodeType === 'Name' && target.id === name) &&
      one.value.nodeType === 'Constant' &&
      one.value.value === true,
  )

/** The class and those that it extends, the farthest first: Python looks for a method from the end. */
export function lineage(one: LocustClass): readonly LocustClass[] {
  const order = (from: LocustClass): LocustClass[] => [from, ...from.bases.flatMap(order)]
  const all = order(one)
  // A class that several extend comes behind all of them.
  return all.filter((each, i) => all.lastIndexOf(each) === i).reverse()
}

/** Whether a user has the client of a FastHttpUser. */
export const isFast = (user: LocustClass): boolean =>
  lineage(user).some(({ node }) =>
    node.bases.some((base) => /(?:^|\.)FastHttp(?:User|Locust)$/.test(dotted(base) ?? '')),
  )

/** The value that a class, or one that it extends, gives to an attribute. */
export function attributeOf(one: LocustClass, name: string): ExprNode | null {
  for (const { node } of lineage(one).toReversed())
    for (const statement of node.body) {
      const assigned = assignmentOf(statement)
      if (assigned?.name === name) return assigned.value
    }
  return null
}

/** `name = value` in the body of a class. */
export function assignmentOf(
  statement: StmtNode,
): { readonly name: string; readonly value: ExprNode } | null {
  if (statement.nodeType === 'Assign' && statement.targets.length === 1) {
    const [target] = statement.targets
    return target?.nodeType === 'Name' ? { name: target.id, value: statement.value } : null
  }
  if (
    statement.nodeType === 'AnnAssign' &&
    statement.value !== undefined &&
    statement.target.nodeType === 'Name'
  )
    return { name: statement.target.id, value: statement.value }
  return null
}

/** The methods of a class by their names, with those that it inherits. */
export function methodsOf(one: LocustClass): ReadonlyMap<string, { node: FunctionNode; owner: LocustClass }> {
  const found = new Map<string, { node: FunctionNode; owner: LocustClass }>()
  for (const owner of lineage(one))
    for (const node of owner.node.body)
      if (node.nodeType === 'FunctionDef') found.set(node.name, { node, owner })
  return found
}

/** The name of the first parameter, which is the user in methods. */
export const firstParameter = ({ args }: FunctionNode): string | null =>
  [...args.posonlyargs, ...args.args][0]?.arg ?? null

/** Whether a function of the module gets the user: it uses its client, or is a task. */
export const takesUser = (node: FunctionNode): boolean => {
  const name = firstParameter(node)
  return (
    name !== null &&
    (name === 'self' ||
      some(
        node,
        (one) =>
          one.nodeType === 'Attribute' &&
          one.attr === 'client' &&
          one.value.nodeType === 'Name' &&
          one.value.id === name,
      ))
  )
}
