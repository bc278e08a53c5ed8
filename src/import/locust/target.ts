/** What a loop or an assignment binds. */
import { nameOf } from './code.ts'
import type { ExprNode } from './python-tree.ts'
import { untranslatable } from './untranslatable.ts'

export function targetText(target: ExprNode): string {
  if (target.nodeType === 'Name') return nameOf(target.id)
  if (target.nodeType === 'Tuple' || target.nodeType === 'List')
    // A rest that others follow is a list of its own already.
    return `[${target.elts.map((one, i) => (one.nodeType === 'Starred' && i < target.elts.length - 1 ? targetText(one.value) : targetText(one))).join(', ')}]`
  if (target.nodeType === 'Starred') return `...${targetText(target.value)}`
  return untranslatable('the target of a loop')
}
