/** The arguments of a call. */
import { boxed, code, type Code } from './code.ts'
import type { Expr, ExprNode } from './python-tree.ts'
import type { Scope } from './scope.ts'
import type { Signature } from './signature.ts'
import { quote } from '../typescript.ts'
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

/** The arguments of a call, in the order in which `parameterTexts` writes the parameters; what is left out takes its default. */
export function argumentsFor(
  call: Pick<Expr<'Call'>, 'args' | 'keywords'>,
  signature: Signature,
  scope: Scope,
): string[] {
  const { names, named, rest, more } = signature
  const hasStars =
    call.args.some(({ nodeType }) => nodeType === 'Starred') ||
    call.keywords.some(({ arg }) => arg === undefined)
  const value = (node: ExprNode): Code => boxed(scope.expression(node, scope))
  if (hasStars) return [`...py.bound(${boundText(call, signature, value, scope)})`]
  const given = {
    all: call.args.map(value),
    named: new Map(call.keywords.map((one) => [one.arg!, value(one.value)])),
  }
  if (!signature.isOpen) return cut(byName(given, [...names, ...named]))
  const all = given.all.slice(0, names.length)
  const extra = given.all.slice(names.length)
  if (extra.length > 0 && rest === null) return untranslatable('a call with more arguments than are known')
  const known = new Set([...names, ...named])
  const others = [...given.named].filter(([name]) => !known.has(name))
  if (others.length > 0 && more === null) return untranslatable(`the argument ${others[0]![0]}=`)
  const found = byName({ all, named: new Map([...given.named].filter(([name]) => known.has(name))) }, [
    ...names,
    ...named,
  ])
  const list = extra.length === 0 ? undefined : code(`[${extra.map(({ text }) => text).join(', ')}]`)
  const dict =
    others.length === 0
      ? undefined
      : code(`{ ${others.map(([name, { text }]) => `${name}: ${text}`).join(', ')} }`)
  return cut([...found, ...(rest === null ? [] : [list]), ...(more === null ? [] : [dict])])
}

/** The arguments without those behind the last that is given. */
function cut(all: readonly (Code | undefined)[]): string[] {
  const last = all.findLastIndex((one) => one !== undefined)
  return all.slice(0, last + 1).map((one) => one?.text ?? 'undefined')
}

function boundText(
  { args, keywords }: Pick<Expr<'Call'>, 'args' | 'keywords'>,
  { names, named, rest, more }: Signature,
  value: (node: ExprNode) => Code,
  scope: Scope,
): string {
  const parameters = [
    ...names,
    ...named,
    ...(rest === null ? [] : [`*${rest}`]),
    ...(more === null ? [] : [`**${more}`]),
  ]
  const given = args.map((one) =>
    one.nodeType === 'Starred' ? `...py.each(${scope.expression(one.value, scope).text})` : value(one).text,
  )
  const byNames = keywords.map((one) =>
    one.arg === undefined
      ? `...${scope.expression(one.value, scope).text}`
      : `${one.arg}: ${value(one.value).text}`,
  )
  return [
    `[${parameters.map(quote).join(', ')}]`,
    String(names.length),
    `[${given.join(', ')}]`,
    ...(byNames.length === 0 ? [] : [`{ ${byNames.join(', ')} }`]),
  ].join(', ')
}
