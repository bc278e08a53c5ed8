/**
 * `with self.client.get(…, catch_response=True) as response:`: what the block says of the response becomes a `check`, which is
 * asked before the request is recorded; what else it does comes behind the request.
 */
import { blocksOf, type Block } from './bindings.ts'
import { some, walk, type ExprNode, type StmtNode } from './python-tree.ts'

/** Whether a call is `response.success()` or `response.failure(…)`. */
export function verdictOf(node: ExprNode, name: string): 'success' | 'failure' | null {
  if (node.nodeType !== 'Call' || node.func.nodeType !== 'Attribute') return null
  const { value, attr } = node.func
  return value.nodeType === 'Name' && value.id === name && (attr === 'success' || attr === 'failure')
    ? attr
    : null
}

const isVerdict = (statement: StmtNode, name: string): statement is Extract<StmtNode, { nodeType: 'Expr' }> =>
  statement.nodeType === 'Expr' && verdictOf(statement.value, name) !== null

/** Whether a block says anything of the response. */
export const hasVerdict = (node: StmtNode, name: string): boolean =>
  some(node, (one) => verdictOf(one as ExprNode, name) !== null)

export const hasSuccess = (block: Block, name: string): boolean =>
  block.some((one) => some(one, (inner) => verdictOf(inner as ExprNode, name) === 'success'))

/**
 * The statements that a verdict depends on: those that say it, the conditions around them, and the variables that these
 * read. `null` if a verdict depends on what cannot be asked a second time.
 */
export function checkingPart(
  block: Block,
  name: string,
  isImpure: (node: ExprNode) => boolean,
): StmtNode[] | null {
  let isPossible = true as boolean
  const isPure = (node: ExprNode): boolean => !some(node, (one) => isImpure(one as ExprNode))
  const locals = localsOf(block)
  const reduce = (statements: Block): StmtNode[] => {
    const kept: StmtNode[] = []
    const last = statements.findLastIndex((one) => hasVerdict(one, name))
    const dropped = new Set<string>()
    for (const [i, statement] of statements.entries()) {
      const before = kept.length
      if (isVerdict(statement, name)) kept.push(statement)
      else if (statement.nodeType === 'Return' || statement.nodeType === 'Raise') {
        // What follows is not said in this case.
        kept.push({ ...statement, nodeType: 'Return' })
      } else if (statement.nodeType === 'If') {
        const isNeeded = hasVerdict(statement, name) || (i < last && blocksOf(statement).some(leaves))
        if (!isNeeded) continue
        if (!isPure(statement.test)) isPossible = false
        kept.push({ ...statement, body: reduce(statement.body), orelse: reduce(statement.orelse) })
      } else if (statement.nodeType === 'Try' && hasVerdict(statement, name))
        kept.push({
          ...statement,
          body: reduceTry(statement.body),
          handlers: statement.handlers.map((handler) => ({ ...handler, body: reduce(handler.body) })),
          orelse: reduce(statement.orelse),
          finalbody: reduce(statement.finalbody),
        })
      else if (hasVerdict(statement, name)) isPossible = false
      else if (i < last && (isLocal(statement) || statement.nodeType === 'Assert')) {
        const value =
          statement.nodeType === 'Assert'
            ? statement.test
            : (statement as Extract<StmtNode, { nodeType: 'Assign' }>).value
        if (isPure(value)) kept.push(statement)
      } else if (i < last && isLocalWork(statement, locals, isImpure)) kept.push(statement)
      // A verdict that depends on what is not done here cannot be said here.
      if (kept.length > before) isPossible &&= !kept.slice(before).some((one) => reads(one, dropped))
      else if (i < last) for (const one of changedNames(statement)) dropped.add(one)
    }
    return kept
  }
  // In `try:`, what may fail decides which handler speaks.
  const reduceTry = (statements: Block): StmtNode[] => {
    const reduced = new Set(reduce(statements))
    return statements.flatMap((one) => {
      if (reduced.has(one)) return [one]
      if (one.nodeType === 'If' || one.nodeType === 'Try') return reduce([one])
      if (isLocal(one) || one.nodeType === 'Assert') {
        const value =
          one.nodeType === 'Assert' ? one.test : (one as Extract<StmtNode, { nodeType: 'Assign' }>).value
        return isPure(value) ? [one] : []
      }
      if (one.nodeType === 'Expr' && isPure(one.value)) return [one]
      return []
    })
  }
  const found = reduce(block)
  return isPossible ? found : null
}

/** The variables that a block sets by itself. */
function localsOf(block: Block): Set<string> {
  const found = new Set<string>()
  for (const statement of block) {
    if (isLocal(statement))
      for (const target of (statement as Extract<StmtNode, { nodeType: 'Assign' }>).targets)
        if (target.nodeType === 'Name') found.add(target.id)
    for (const inner of blocksOf(statement)) for (const one of localsOf(inner)) found.add(one)
  }
  return found
}

const WORK: ReadonlySet<string> = new Set(
  'For While If Assign AugAssign Expr Pass Break Continue Comment'.split(' '),
)

/** Whether a statement changes only variables of the block, so that it can be done twice. */
function isLocalWork(
  statement: StmtNode,
  locals: ReadonlySet<string>,
  isImpure: (node: ExprNode) => boolean,
): boolean {
  if (!WORK.has(statement.nodeType)) return false
  const isOwn = (node: ExprNode): boolean =>
    node.nodeType === 'Name'
      ? locals.has(node.id)
      : (node.nodeType === 'Subscript' || node.nodeType === 'Attribute') && isOwn(node.value)
  const isFault = (node: ExprNode | StmtNode): boolean => {
    if (node.nodeType === 'AugAssign') return !isOwn(node.target)
    if ((node.nodeType === 'Attribute' || node.nodeType === 'Subscript') && node.ctx.nodeType !== 'Load')
      return !isOwn(node)
    if (node.nodeType === 'Call' && isImpure(node))
      return !(node.func.nodeType === 'Attribute' && isOwn(node.func.value))
    return node.nodeType !== 'Call' && isImpure(node as ExprNode)
  }
  return (
    !some(statement, isFault) &&
    blocksOf(statement).every((inner) => inner.every((one) => isLocalWork(one, locals, isImpure)))
  )
}

/** The variables that a statement sets, or whose values it changes. */
function changedNames(statement: StmtNode): Set<string> {
  const found = new Set<string>()
  const root = (node: ExprNode): string | null =>
    node.nodeType === 'Name'
      ? node.id
      : node.nodeType === 'Subscript' || node.nodeType === 'Attribute'
        ? root(node.value)
        : null
  walk(statement, (node) => {
    if (node.nodeType === 'Name' && node.ctx.nodeType === 'Store') found.add(node.id)
    const changed =
      node.nodeType === 'Subscript' && node.ctx.nodeType !== 'Load'
        ? root(node)
        : node.nodeType === 'Expr' &&
            node.value.nodeType === 'Call' &&
            node.value.func.nodeType === 'Attribute'
          ? root(node.value.func.value)
          : null
    if (changed !== null && changed !== 'self') found.add(changed)
  })
  return found
}

const reads = (statement: StmtNode, names: ReadonlySet<string>): boolean =>
  names.size > 0 &&
  some(statement, (node) => node.nodeType === 'Name' && node.ctx.nodeType === 'Load' && names.has(node.id))

/** The block without what it says of the response, and without what then does nothing. */
export function actingPart(block: Block, name: string): StmtNode[] {
  return block.flatMap((statement): StmtNode[] => {
    if (isVerdict(statement, name) || statement.nodeType === 'Pass' || statement.nodeType === 'Comment')
      return []
    if (statement.nodeType === 'If') {
      const [body, orelse] = [actingPart(statement.body, name), actingPart(statement.orelse, name)]
      if (body.length === 0 && orelse.length === 0) return []
      return [{ ...statement, body: body.length === 0 ? [passAt(statement)] : body, orelse }]
    }
    if (statement.nodeType === 'Try') {
      const body = actingPart(statement.body, name)
      if (body.length === 0) return actingPart([...statement.orelse, ...statement.finalbody], name)
      const handlers = statement.handlers.map((handler) => ({
        ...handler,
        body: actingPart(handler.body, name),
      }))
      if (
        hasVerdict(statement, name) &&
        isOnlyReading(body) &&
        handlers.every((one) => one.body.length === 0) &&
        statement.orelse.length === 0
      )
        return []
      return [
        {
          ...statement,
          body,
          handlers,
          orelse: actingPart(statement.orelse, name),
          finalbody: actingPart(statement.finalbody, name),
        },
      ]
    }
    if ((statement.nodeType === 'For' || statement.nodeType === 'While') && hasVerdict(statement, name))
      return [{ ...statement, body: actingPart(statement.body, name) }]
    return [statement]
  })
}

/** Variables that nothing reads any more once the verdict is said. */
const isOnlyReading = (block: Block): boolean =>
  block.every(
    (one) =>
      one.nodeType === 'Assert' || (one.nodeType === 'Expr' && one.value.nodeType === 'Call') || isLocal(one),
  ) && !block.some((one) => some(one, (node) => node.nodeType === 'Attribute' && node.attr === 'client'))

const passAt = ({ lineno, col_offset }: StmtNode): StmtNode => ({ nodeType: 'Pass', lineno, col_offset })

const isLocal = (statement: StmtNode): boolean =>
  statement.nodeType === 'Assign' && statement.targets.every(({ nodeType }) => nodeType === 'Name')

const leaves = (block: Block): boolean =>
  block.some((one) => one.nodeType === 'Return' || one.nodeType === 'Raise')

/** Whether each verdict of a block is the last thing that it does, so that it can be returned. */
export function isAtEnds(block: Block, name: string): boolean {
  return block.every((statement, i) => {
    if (!hasVerdict(statement, name)) return true
    const isLast = i === block.length - 1
    if (isVerdict(statement, name)) return isLast || block[i + 1]?.nodeType === 'Return'
    // A condition that returns in all its branches may stand before others.
    const inner = blocksOf(statement)
    if (statement.nodeType !== 'If' && statement.nodeType !== 'Try') return false
    if (
      statement.nodeType === 'Try' &&
      (statement.finalbody.length > 0 || statement.orelse.some((one) => hasVerdict(one, name)))
    )
      return false
    const follows = block.slice(i + 1).some((one) => hasVerdict(one, name) || one.nodeType === 'Return')
    const leavesAll = inner.every(
      (one) => !one.some((each) => hasVerdict(each, name)) || one.at(-1)?.nodeType === 'Return',
    )
    return (isLast || !follows || leavesAll) && inner.every((one) => isAtEnds(one, name))
  })
}

/** Without the `return` behind a verdict, which is returned itself. */
export function withoutReturns(block: Block, name: string): StmtNode[] {
  return block.flatMap((statement, i): StmtNode[] => {
    const before = block[i - 1]
    if (statement.nodeType === 'Return' && before !== undefined && isVerdict(before, name)) return []
    if (statement.nodeType === 'If')
      return [
        {
          ...statement,
          body: withoutReturns(statement.body, name),
          orelse: withoutReturns(statement.orelse, name),
        },
      ]
    if (statement.nodeType === 'Try')
      return [
        {
          ...statement,
          body: withoutReturns(statement.body, name),
          handlers: statement.handlers.map((one) => ({ ...one, body: withoutReturns(one.body, name) })),
        },
      ]
    return [statement]
  })
}

/** Whether a block says something of the response whichever way it goes. */
export function isFinal(block: Block, name: string): boolean {
  const last = block.at(-1)
  if (last === undefined) return false
  if (last.nodeType === 'Return' || isVerdict(last, name)) return true
  return last.nodeType === 'If' && isFinal(last.body, name) && isFinal(last.orelse, name)
}
