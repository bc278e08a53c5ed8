/** The arguments of a call. */
import { code, type Code } from './code.ts'
import type { Expr, ExprNode, FunctionNode } from './python-tree.ts'
import type { Scope } from './scope.ts'
import { untranslatable } from './untranslatable.ts'

export interface Arguments {
  readonly all: readonly Code[]
  readonly named: ReadonlyMap<string, Code>
}

/** The arguments, translated; refuses `*` and `**`. */
export function argumentsOf({ args, keywords }: Expr<'Call'>, scope: Scope): Arguments {
  if (args.some(({ nodeType }) => nodeType === 'Starred') || keywords.some(({ arg }) => arg === undefined))
    return untranslatable('a call with * or **')
  return {
    all: args.map((one) => scope.expression(one, scope)),
    named: new Map(keywords.map(({ arg, value }) => [arg!, scope.expression(value, scope)])),
  }
}

/** The values of parameters by their names, whether they are given by position or name; refuses others. */
export function byName(given: Arguments, names: readonly string[]): (Code | undefined)[] {
  if (given.all.length > names.length) return untranslatable('a call with more arguments than are known')
  for (const name of given.named.keys())
    if (!names.includes(name)) return untranslatable(`the argument ${name}=`)
  return names.map((name, i) => given.all[i] ?? given.named.get(name))
}

/** The arguments of a call as text, without those behind the last that is given. */
export function listed(given: Arguments, names: readonly string[], missing = 'undefined'): string {
  const all = byName(given, names)
  while (all.length > 0 && all.at(-1) === undefined) all.pop()
  return all.map((one) => one?.text ?? missing).join(', ')
}

/** The keyword of a call. */
export const keyword = ({ keywords }: Expr<'Call'>, name: string): ExprNode | undefined =>
  keywords.find(({ arg }) => arg === name)?.value

/** The arguments for a function of the file, in its order; what is left out takes its default. */
export function argumentsFor(
  call: Expr<'Call'>,
  { args }: FunctionNode,
  skip: number,
  scope: Scope,
): string[] {
  if (args.vararg !== undefined || args.kwarg !== undefined) return untranslatable('a function with * or **')
  const names = [...args.posonlyargs, ...args.args].map(({ arg }) => arg).slice(skip)
  const given = argumentsOf({ ...call }, scope)
  const all = byName(given, [...names, ...args.kwonlyargs.map(({ arg }) => arg)])
  while (all.length > 0 && all.at(-1) === undefined) all.pop()
  return all.map((one) => (one ?? code('undefined')).text)
}
