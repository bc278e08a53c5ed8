/** The parameters of a function. */
import type { FunctionNode } from './python-tree.ts'

export interface Signature {
  /** Parameters that can be given by position. */
  readonly names: readonly string[]
  /** Parameters that can only be given by name. */
  readonly named: readonly string[]
  /** The name behind `*`, and that behind `**`; `null` if there is none. */
  readonly rest: string | null
  readonly more: string | null
  /** It takes arguments that it does not name. */
  readonly isOpen: boolean
}

/** The signature of a function, without its first `skip` parameters. */
export function signatureOf({ args }: Pick<FunctionNode, 'args'>, skip: number): Signature {
  const [rest, more] = [args.vararg?.arg ?? null, args.kwarg?.arg ?? null]
  return {
    names: [...args.posonlyargs, ...args.args].map(({ arg }) => arg).slice(skip),
    named: args.kwonlyargs.map(({ arg }) => arg),
    rest,
    more,
    isOpen: rest !== null || more !== null,
  }
}
