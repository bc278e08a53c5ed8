/** The wait of a user. */

import { quote } from '../typescript.ts'
import type { Scope } from './scope.ts'
import { dotted, type ExprNode } from './python-tree.ts'
import { untranslatable } from './untranslatable.ts'

const BUILDERS: Readonly<Record<string, string>> = {
  between: 'between',
  constant: 'constant',
  constant_pacing: 'pacing',
  constant_throughput: 'throughput',
}

/** `between(1, 5)`, `constant(1)`, `constant_pacing(1)`, `constant_throughput(2)`, or a lambda. Adds the builder to the imports. */
export function waitText(node: ExprNode, scope: Scope, builders: Set<string>): string {
  if (node.nodeType === 'Lambda') {
    const self = node.args.args[0]?.arg ?? null
    const inner: Scope = { ...scope, self, facts: scope.facts }
    const text = scope.expression(node.body, inner).text.replaceAll('Math.random', 'random')
    return `({ random }) => ${text}`
  }
  if (node.nodeType === 'Constant' && typeof node.value === 'number') return constant(node.value, builders)
  if (node.nodeType !== 'Call') return untranslatable('wait_time')
  const name = dotted(node.func)
  const builder =
    BUILDERS[(name === null ? '' : (scope.work.file.imports.get(name) ?? name)).split('.').at(-1)!]
  if (builder === undefined) return untranslatable('wait_time')
  builders.add(builder)
  const values = [...node.args, ...node.keywords.map(({ value }) => value)]
  if (builder === 'throughput')
    return `throughput(${values.map((one) => scope.expression(one, scope).text).join(', ')})`
  const texts = values.map((one) => duration(one, scope))
  // Zero is no wait.
  if (builder === 'constant' && texts[0] === quote('0s')) {
    builders.delete('constant')
    return ''
  }
  return `${builder}(${texts.join(', ')})`
}

function constant(seconds: number, builders: Set<string>): string {
  builders.add('constant')
  return `constant(${quote(`${seconds}s`)})`
}

function duration(node: ExprNode, scope: Scope): string {
  const { text } = scope.expression(node, scope)
  return /^[\d.]+$/.test(text) ? quote(`${Number(text)}s`) : `\`\${${text}}s\``
}

/** `min_wait` and `max_wait` of old files, in milliseconds. */
export function oldWaitText(
  min: ExprNode | null,
  max: ExprNode | null,
  builders: Set<string>,
): string | null {
  const value = (node: ExprNode | null, usual: number): number | null =>
    node === null ? usual : node.nodeType === 'Constant' && typeof node.value === 'number' ? node.value : null
  const [low, high] = [value(min, 1000), value(max, 1000)]
  if (low === null || high === null) return null
  builders.add('between')
  return `between(${quote(`${low}ms`)}, ${quote(`${high}ms`)})`
}
