/** Which users a locustfile has, what each of them does, and what it keeps. */
import { blocksOf } from './bindings.ts'
import {
  assignmentOf,
  attributeOf,
  firstParameter,
  lineage,
  methodsOf,
  type LocustClass,
  type LocustFile,
} from './locust-file.ts'
import { dotted, some, walk, type ExprNode, type FunctionNode, type StmtNode } from './python-tree.ts'

/** One task of a user. */
export interface TaskFacts {
  readonly name: string
  readonly weight: number
  readonly tags: readonly string[]
  readonly node: FunctionNode | null
  /** The class of the method; `null` of a function of the module. */
  readonly owner: LocustClass | null
  /** A task set, with tasks of its own. */
  readonly set: LocustClass | null
  readonly line: number
}

export interface UserFacts {
  readonly user: LocustClass
  /** The one task set that has all the tasks of the user, whose order and start are then the user's. */
  readonly set: LocustClass | null
  readonly tasks: readonly TaskFacts[]
  /** All task sets of the user, at any depth. */
  readonly sets: readonly LocustClass[]
  /** What cannot be said of its tasks. */
  readonly problem: string | null
}

/** The users that Locust would start, in their order. */
export function usersOf(file: LocustFile): UserFacts[] {
  const found: UserFacts[] = []
  for (const user of file.classes.values()) {
    if (user.role !== 'user' || user.isAbstract) continue
    const { tasks, problem } = tasksOf(user, file)
    if (tasks.length === 0 && problem === null) continue
    const [only] = tasks
    const single = tasks.length === 1 ? only!.set : null
    // A user with one task set is in it from its start to its end, unless it leaves and enters it again.
    const set = single === null || leaves(single) ? null : single
    const inner = set === null ? { tasks, problem } : tasksOf(set, file)
    const sets = setsOf(tasks, file)
    found.push({ user, set, sets, tasks: inner.tasks, problem: problem ?? inner.problem })
  }
  return found
}

/** Whether a task of a set interrupts it. */
export const leaves = (set: LocustClass): boolean =>
  lineage(set).some(({ node }) =>
    some(
      node,
      (one) =>
        (one.nodeType === 'Attribute' && one.attr === 'interrupt') ||
        (one.nodeType === 'Name' && one.id === 'InterruptTaskSet'),
    ),
  )

/** The task sets among tasks, and those within them. */
function setsOf(tasks: readonly TaskFacts[], file: LocustFile, seen = new Set<LocustClass>()): LocustClass[] {
  for (const { set } of tasks) {
    if (set === null || seen.has(set)) continue
    seen.add(set)
    setsOf(tasksOf(set, file).tasks, file, seen)
  }
  return [...seen]
}

/** The tasks of a user or a task set, with those that it inherits. */
export function tasksOf(one: LocustClass, file: LocustFile): { tasks: TaskFacts[]; problem: string | null } {
  const tasks: TaskFacts[] = []
  let problem: string | null = null
  for (const member of lineage(one).flatMap(({ node }) => node.body)) {
    if (member.nodeType === 'FunctionDef' || member.nodeType === 'ClassDef') {
      const weight = taskWeight(member.decorator_list, file)
      const at = tasks.findIndex(({ name }) => name === member.name)
      if (at >= 0) tasks.splice(at, 1)
      if (weight === null) continue
      if (Number.isNaN(weight)) problem = 'the weight of a task'
      tasks.push({
        name: member.name,
        weight,
        tags: tagsOf(member.decorator_list, file),
        node: member.nodeType === 'FunctionDef' ? member : null,
        owner: one,
        set: member.nodeType === 'ClassDef' ? (file.classes.get(member.name) ?? null) : null,
        line: member.lineno,
      })
    }
    const assigned = assignmentOf(member)
    if (assigned !== null && (assigned.name === 'tasks' || assigned.name === 'task_set')) {
      const listed = listedTasks(assigned.value, one, file)
      if (listed === null) problem = 'tasks = that are not written as a list or a dict of names'
      else tasks.push(...listed)
    }
  }
  return { tasks, problem }
}

/** `@task`, `@task(3)`, `@seq_task(1)`; `null` if it is no task. */
function taskWeight(decorators: readonly ExprNode[], file: LocustFile): number | null {
  for (const decorator of decorators) {
    const called = decorator.nodeType === 'Call' ? decorator : null
    const name = dotted(called?.func ?? decorator)
    const full = name === null ? '' : (file.imports.get(name) ?? name)
    if (/(?:^|\.)seq_task$/.test(full)) return 1
    if (!/(?:^|\.)task$/.test(full)) continue
    const [weight] = called?.args ?? []
    const given = weight ?? called?.keywords.find(({ arg }) => arg === 'weight')?.value
    if (given === undefined) return 1
    return given.nodeType === 'Constant' && typeof given.value === 'number' ? given.value : Number.NaN
  }
  return null
}

function tagsOf(decorators: readonly ExprNode[], file: LocustFile): string[] {
  return decorators.flatMap((decorator) => {
    if (decorator.nodeType !== 'Call') return []
    const name = dotted(decorator.func)
    const isTag = name !== null && /(?:^|\.)tag$/.test(file.imports.get(name) ?? name)
    return isTag
      ? decorator.args.flatMap((one) => (one.nodeType === 'Constant' ? [String(one.value)] : []))
      : []
  })
}

/** `tasks = [a, B]`, `tasks = {a: 3}`, `task_set = B`; `null` where it is something else. */
function listedTasks(value: ExprNode, one: LocustClass, file: LocustFile): TaskFacts[] | null {
  const pairs: [ExprNode, number][] = []
  if (value.nodeType === 'List' || value.nodeType === 'Tuple' || value.nodeType === 'Set')
    for (const each of value.elts) pairs.push([each, 1])
  else if (value.nodeType === 'Name') pairs.push([value, 1])
  else if (value.nodeType === 'Dict')
    for (const [i, key] of value.keys.entries()) {
      const weight = value.values[i]
      if (key === null || weight?.nodeType !== 'Constant' || typeof weight.value !== 'number') return null
      pairs.push([key, weight.value])
    }
  else return null
  const found = new Map<string, TaskFacts>()
  for (const [node, weight] of pairs) {
    const name = dotted(node)?.split('.').at(-1)
    if (name === undefined) return null
    const set = file.classes.get(name) ?? null
    const method = methodsOf(one).get(name)
    const target = method?.node ?? file.functions.get(name) ?? null
    if (set === null && target === null) return null
    const known = found.get(name)
    found.set(name, {
      name,
      weight: weight + (known?.weight ?? 0),
      tags: target === null ? [] : tagsOf(target.decorator_list, file),
      node: target,
      owner: method === undefined ? null : one,
      set,
      line: node.lineno,
    })
  }
  return [...found.values()]
}

export interface StateFacts {
  /** The attributes that methods set, with what the class says of them. */
  readonly fields: ReadonlyMap<string, ExprNode | null>
  /** Those that a method may read before any has set them. */
  readonly unsure: ReadonlySet<string>
}

/** What a user keeps: the attributes that any of these classes or functions sets. */
export function stateOf(classes: readonly LocustClass[], functions: readonly FunctionNode[]): StateFacts {
  const fields = new Map<string, ExprNode | null>()
  const bodies = [
    ...classes.flatMap((one) => [...methodsOf(one).values()].map(({ node }) => node)),
    ...classes.flatMap((one) =>
      lineage(one).flatMap(({ node }) =>
        node.body.filter((member): member is FunctionNode => member.nodeType === 'FunctionDef'),
      ),
    ),
    ...functions,
  ]
  for (const node of bodies)
    walk(node, (inner) => {
      if (inner.nodeType !== 'Attribute' || inner.ctx.nodeType === 'Load') return
      if (isUserOf(inner.value, firstParameter(node)) && !RESERVED.has(inner.attr))
        fields.set(inner.attr, null)
    })
  for (const name of fields.keys())
    for (const one of classes) {
      const value = attributeOf(one, name)
      if (value !== null) fields.set(name, value)
    }
  const sure = new Set<string>()
  for (const one of classes)
    for (const start of ['__init__', 'on_start']) {
      const method = methodsOf(one).get(start)
      if (method !== undefined) collectSure(method.node, one, sure, new Set())
    }
  const unsure = [...fields].flatMap(([name, value]) => (value === null && !sure.has(name) ? [name] : []))
  return { fields, unsure: new Set(unsure) }
}

const RESERVED: ReadonlySet<string> = new Set([
  'client',
  'environment',
  'user',
  'parent',
  'host',
  'wait_time',
  'tasks',
])

function isUserOf(node: ExprNode, self: string | null): boolean {
  if (node.nodeType === 'Name') return node.id === self
  return node.nodeType === 'Attribute' && ['user', 'parent'].includes(node.attr) && isUserOf(node.value, self)
}

/** The attributes that a method sets whatever happens, also by the methods that it calls. */
function collectSure(
  node: FunctionNode,
  owner: LocustClass,
  sure: Set<string>,
  seen: Set<FunctionNode>,
): void {
  if (seen.has(node)) return
  seen.add(node)
  const self = firstParameter(node)
  const visit = (block: readonly StmtNode[]): boolean => {
    for (const statement of block) {
      if (statement.nodeType === 'Return' || statement.nodeType === 'Raise') return false
      if (statement.nodeType === 'With') {
        if (!visit(statement.body)) return false
        continue
      }
      if (
        statement.nodeType === 'Assign' ||
        statement.nodeType === 'AnnAssign' ||
        statement.nodeType === 'Expr'
      )
        walk(statement, (inner) => {
          if (inner.nodeType === 'Attribute' && inner.ctx.nodeType === 'Store' && isUserOf(inner.value, self))
            sure.add(inner.attr)
          if (
            inner.nodeType === 'Call' &&
            inner.func.nodeType === 'Attribute' &&
            isUserOf(inner.func.value, self)
          ) {
            const called = methodsOf(owner).get(inner.func.attr)
            if (called !== undefined) collectSure(called.node, owner, sure, seen)
          }
        })
      // What follows a way out need not be reached.
      if (
        blocksOf(statement).some((inner) =>
          inner.some(({ nodeType }) => nodeType === 'Return' || nodeType === 'Raise'),
        )
      )
        return false
    }
    return true
  }
  visit(node.body)
}
