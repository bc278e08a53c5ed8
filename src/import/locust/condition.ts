/** Conditions: what is true to Python. */
import type { ExprNode } from './python-tree.ts'
import type { Scope } from './scope.ts'

/** A condition. */
export function test(node: ExprNode, scope: Scope): string {
  if (node.nodeType === 'BoolOp')
    return `(${node.values.map((one) => test(one, scope)).join(node.op.nodeType === 'And' ? ' && ' : ' || ')})`
  if (node.nodeType === 'UnaryOp' && node.op.nodeType === 'Not') return `!(${test(node.operand, scope)})`
  const { text, kind } = scope.expression(node, scope)
  switch (kind) {
    // Of these, both languages take the same for false.
    case 'bool':
    case 'str':
    case 'file':
    case 'int':
    case 'float':
      return text
    case 'list':
    case 'bytes':
      return `${text}.length > 0`
    case 'response':
      return `${text}.ok`
    case 'none':
      return 'false'
    default:
      return `py.truthy(${text})`
  }
}
