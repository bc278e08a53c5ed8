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
  /** The class in this file that it extends. */
  readonly base: LocustClass | null
  readonly isAbstract: boolean
}

export interface LocustFile {
  /** Local names by what they stand for: `t` of `import time as t` is `time`, `choice` is `random.choice`. */
  readonly imports: ReadonlyMap<string, string>
  readonly classes: ReadonlyMap<string, LocustClass>
  readonly functions: ReadonlyMap<string, FunctionNode>
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
  const classes = new Map<string, LocustClass>()
  const functions = new Map<string, FunctionNode>()
  for (const statement of allStatements(module.body)) readImport(statement, imports)
  const visit = (body: readonly StmtNode[]): void => {
    for (const node of body) {
      if (node.nodeType === 'ClassDef') {
        const known = roleOf(node, imports, classes)
        if (known !== null) classes.set(node.name, known)
        visit(node.body)
      } else if (node.nodeType === 'FunctionDef' && body === module.body) functions.set(node.name, node)
    }
  }
  visit(module.body)
  return { imports, classes, functions }
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

function roleOf(
  node: ClassNode,
  imports: ReadonlyMap<string, string>,
  classes: ReadonlyMap<string, LocustClass>,
): LocustClass | null {
  for (const base of node.bases) {
    const name = dotted(base)
    if (name === null) continue
    const known = classes.get(name)
    const full = imports.get(name) ?? name
    const role =
      known?.role ??
      (/^locust\b/.test(full) || imports.has('locust') ? ROLES[full.split('.').at(-1)!] : undefined)
    if (role === undefined) continue
    return { name: node.name, node, role, base: known ?? null, isAbstract: hasTrue(node, 'abstract') }
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

/** The class and those that it extends, the farthest first. */
export const lineage = (one: LocustClass): readonly LocustClass[] =>
  one.base === null ? [one] : [...lineage(one.base), one]

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
