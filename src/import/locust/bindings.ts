/** Where the variables of a function are declared: Python's live in the whole function, TypeScript's in a block. */
import { childrenOf, type ASTNode, type ExprNode, type FunctionNode, type StmtNode } from './python-tree.ts'

export type Block = readonly StmtNode[]

export interface Declaration {
  /** The statement that declares it where it binds it; `null`: at the start of the block. */
  readonly at: StmtNode | null
  readonly block: Block
  /** It is bound once. */
  readonly isConstant: boolean
}

interface Occurrence {
  readonly blocks: readonly Block[]
  readonly statement: StmtNode
  readonly isBinding: boolean
}

/** The declarations of all variables that are bound in a body, besides its parameters and what it declares global. */
export function declarationsOf(
  body: Block,
  given: Iterable<string>,
  usedElsewhere: Iterable<string> = [],
): ReadonlyMap<string, Declaration> {
  const occurrences = new Map<string, Occurrence[]>()
  const outer = new Set(given)
  const loops = new Set<Block>()
  const visit = (block: Block, above: readonly Block[]): void => {
    const blocks = [...above, block]
    for (const statement of block) {
      if (statement.nodeType === 'Global' || statement.nodeType === 'Nonlocal')
        for (const name of statement.names) outer.add(name)
      const note = (name: string, isBinding: boolean, where: readonly Block[] = blocks): void => {
        const all = occurrences.get(name) ?? []
        all.push({ blocks: where, statement, isBinding })
        occurrences.set(name, all)
      }
      if (statement.nodeType === 'For' || statement.nodeType === 'While') loops.add(statement.body)
      // The variable of a loop belongs to its body, unless it is used behind it.
      if (statement.nodeType === 'For')
        names(statement.target, (name) => note(name, true, [...blocks, statement.body]))
      ownNames(statement, note)
      for (const inner of blocksOf(statement)) visit(inner, blocks)
    }
  }
  visit(body, [])
  for (const name of usedElsewhere)
    occurrences.get(name)?.push({ blocks: [body], statement: body.at(-1)!, isBinding: false })
  const found = new Map<string, Declaration>()
  for (const [name, all] of occurrences)
    if (!outer.has(name) && all.some(({ isBinding }) => isBinding)) found.set(name, declarationOf(all, loops))
  return found
}

function declarationOf(all: readonly Occurrence[], loops: ReadonlySet<Block>): Declaration {
  const bindings = all.filter(({ isBinding }) => isBinding)
  const [first] = all as [Occurrence, ...Occurrence[]]
  let depth = first.blocks.length
  for (const { blocks } of all) {
    let same = 0
    while (same < depth && blocks[same] === first.blocks[same]) same++
    depth = same
  }
  let block = first.blocks[depth - 1]!
  const isInLoopHeader = first.statement.nodeType === 'For' && first.statement.body === block
  const isDirect =
    first.isBinding && (first.statement.nodeType === 'For' ? isInLoopHeader : block.includes(first.statement))
  if (isDirect && canDeclare(first.statement))
    return { at: first.statement, block, isConstant: bindings.length === 1 }
  // A value that an earlier round of a loop has left is seen by the next one.
  while (depth > 1 && loops.has(block)) block = first.blocks[--depth - 1]!
  return { at: null, block, isConstant: false }
}

/** The declarations where a block takes the place of another: those within the old one are made anew. */
export function redeclared(
  declarations: ReadonlyMap<string, Declaration>,
  old: Block,
  block: Block,
): ReadonlyMap<string, Declaration> {
  const inside = new Set<Block>()
  const collect = (one: Block): void => {
    inside.add(one)
    for (const statement of one) for (const inner of blocksOf(statement)) collect(inner)
  }
  collect(old)
  const own = declarationsOf(block, [])
  return new Map(
    [...declarations].flatMap(([name, declaration]) => {
      if (!inside.has(declaration.block)) return [[name, declaration] as const]
      const found = own.get(name)
      return found === undefined ? [] : [[name, found] as const]
    }),
  )
}

/** Statements that can declare what they bind. */
const canDeclare = (statement: StmtNode): boolean =>
  (statement.nodeType === 'Assign' && statement.targets.length === 1) ||
  (statement.nodeType === 'AnnAssign' && statement.value !== undefined) ||
  statement.nodeType === 'For' ||
  statement.nodeType === 'With' ||
  statement.nodeType === 'FunctionDef'

/** The names that a statement itself has, without its blocks. */
function ownNames(statement: StmtNode, note: (name: string, isBinding: boolean) => void): void {
  switch (statement.nodeType) {
    case 'FunctionDef': {
      note(statement.name, true)
      for (const name of freeNames(statement)) note(name, false)
      return
    }
    case 'ClassDef':
      note(statement.name, true)
      return
    case 'Assign':
      for (const target of statement.targets) targetNames(target, note)
      loads(statement.value, note)
      return
    case 'AugAssign':
      if (statement.target.nodeType === 'Name') note(statement.target.id, true)
      loads(statement.target, note)
      loads(statement.value, note)
      return
    case 'AnnAssign':
      if (statement.value === undefined) return
      targetNames(statement.target, note)
      loads(statement.value, note)
      return
    case 'For':
      loads(statement.iter, note)
      if (statement.target.nodeType !== 'Name' && statement.target.nodeType !== 'Tuple')
        loads(statement.target, note)
      return
    case 'With':
      for (const { context_expr, optional_vars } of statement.items) {
        loads(context_expr, note)
        if (optional_vars !== undefined) targetNames(optional_vars, note)
      }
      return
    case 'Import':
    case 'ImportFrom':
      // What is imported is known by its full name.
      return
    case 'If':
    case 'While':
      loads(statement.test, note)
      return
    case 'Try':
      return
    default:
      for (const child of childrenOf(statement)) if (!isBlockPart(child)) loads(child, note)
  }
}

const isBlockPart = (node: ASTNode): boolean =>
  node.nodeType === 'ExceptHandler' || node.nodeType === 'MatchCase'

function targetNames(target: ExprNode, note: (name: string, isBinding: boolean) => void): void {
  if (target.nodeType === 'Name') note(target.id, true)
  else if (target.nodeType === 'Tuple' || target.nodeType === 'List')
    for (const one of target.elts) targetNames(one, note)
  else if (target.nodeType === 'Starred') targetNames(target.value, note)
  else loads(target, note)
}

/** All names of a target. */
export function names(target: ExprNode, note: (name: string) => void): void {
  targetNames(target, (name, isBinding) => {
    if (isBinding) note(name)
  })
}

function loads(node: ASTNode, note: (name: string, isBinding: boolean) => void): void {
  const expression = node as ExprNode
  if (expression.nodeType === 'Name') note(expression.id, false)
  else if (expression.nodeType === 'NamedExpr') {
    targetNames(expression.target, note)
    loads(expression.value, note)
  } else if (expression.nodeType === 'Lambda') {
    const own = new Set(expression.args.args.map(({ arg }) => arg))
    loads(expression.body, (name, isBinding) => {
      if (!own.has(name)) note(name, isBinding)
    })
  } else if ('generators' in expression) {
    const own = new Set<string>()
    for (const { target } of expression.generators) names(target, (name) => own.add(name))
    for (const child of childrenOf(expression))
      loads(child, (name, isBinding) => {
        if (!own.has(name)) note(name, isBinding)
      })
  } else for (const child of childrenOf(node)) loads(child, note)
}

/** Names that a nested function takes from around it. */
function freeNames(node: FunctionNode): Set<string> {
  const found = new Set<string>()
  const own = new Set(node.args.args.map(({ arg }) => arg))
  const visit = (block: Block): void => {
    for (const statement of block) {
      ownNames(statement, (name, isBinding) => {
        if (isBinding) own.add(name)
        else found.add(name)
      })
      for (const inner of blocksOf(statement)) visit(inner)
    }
  }
  visit(node.body)
  for (const name of own) found.delete(name)
  return found
}

/** The blocks of a statement, in their order; those of functions and classes are their own. */
export function blocksOf(statement: StmtNode): Block[] {
  switch (statement.nodeType) {
    case 'If':
    case 'For':
    case 'While':
      return [statement.body, statement.orelse]
    case 'With':
      return [statement.body]
    case 'Try':
      return [
        statement.body,
        ...statement.handlers.map(({ body }) => body),
        statement.orelse,
        statement.finalbody,
      ]
    default:
      return []
  }
}
