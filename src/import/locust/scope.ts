/** The function that is being translated: what its names mean, and what it needs of a user. */
import { declarationsOf, type Block, type Declaration } from './bindings.ts'
import type { Code, Kind } from './code.ts'
import { nameOf } from './code.ts'
import type { LocustClass, LocustFile } from './locust-file.ts'
import type { ExprNode, FunctionNode, StmtNode } from './python-tree.ts'
import type { Source } from '../source.ts'

/** What a function takes of the context of a user. */
export type Need = 'http' | 'state' | 'random' | 'think' | 'cookies' | 'leave' | 'stopUser' | 'stopRun'

/** A function of the file, and what is known of it after the first pass. */
export interface FunctionFacts {
  /** Its name in the file that is made. */
  readonly name: string
  readonly node: FunctionNode
  /** The class whose users call it, and the one that defines it. */
  readonly owner: LocustClass | null
  readonly definer: LocustClass | null
  /** The parameter that is the user, if any. */
  readonly self: string | null
  readonly needs: Set<Need>
  /** Functions that it calls. */
  readonly calls: Set<FunctionFacts>
  isAsync: boolean
  /** It hands its context on, and so takes it whole. */
  handsOn: boolean
  /** Called by name, and not only by Locust. */
  isCalled: boolean
}

/** What is known of the whole file while it is translated. */
export interface Work {
  readonly source: Source
  readonly lines: readonly string[]
  readonly file: LocustFile
  /** The facts of a function of the module, or of a method as the users of a class call it. */
  readonly factsOf: (owner: LocustClass | null, node: FunctionNode) => FunctionFacts
  /** The user that a task set belongs to. */
  readonly parents: ReadonlyMap<LocustClass, LocustClass>
  /** Variables that functions declare global. */
  readonly globals: ReadonlySet<string>
  /** Values that the classes share: module constants by class and attribute. */
  readonly shared: ReadonlyMap<LocustClass, ReadonlyMap<string, string>>
  /** Attributes that a user may not have when they are read. */
  readonly unsure: ReadonlySet<string>
  /** Names of modules that the file imports, by what it takes of them. */
  readonly modules: Map<string, Set<string>>
  /** The hosts that are written for the users of a class, or for all users; `null` for one that is not written as a text. */
  readonly hostsOf: (owner: LocustClass | null) => readonly (string | null)[]
  /** Kinds of the constants of the module. */
  readonly constants: Map<string, Kind>
  readonly options: ReadonlyMap<string, string>
  readonly notes: Set<string>
  /** Variables of the module that are loggers. */
  readonly loggers: ReadonlySet<string>
  /** Variables of the module that are fakers. */
  readonly fakers: ReadonlySet<string>
}

export interface Scope {
  readonly work: Work
  readonly facts: FunctionFacts | null
  readonly owner: LocustClass | null
  readonly self: string | null
  readonly kinds: Map<string, Kind>
  readonly declarations: ReadonlyMap<string, Declaration>
  readonly declared: Set<string>
  /** Variables of the user's client. */
  readonly clients: Set<string>
  /** Whether a request may be sent here: not in a check, nor within an arrow function. */
  readonly isSync: boolean
  /** What `return` gives: the state in `onStart`. */
  readonly returned: string | null
  /** The response whose verdict a `check` gives. */
  readonly verdict: { readonly name: string; readonly isChecking: boolean } | null
  readonly renamed: string | null
  /** Names that stand for another expression. */
  readonly aliases: ReadonlyMap<string, string>
  readonly expression: (node: ExprNode, scope: Scope) => Code
  readonly body: Block
}

/** The scope of a function's body. */
export function scopeOf(
  work: Work,
  facts: FunctionFacts | null,
  body: Block,
  parameters: ReadonlyMap<string, Kind>,
  expression: Scope['expression'],
  {
    returned = null,
    usedElsewhere = [],
  }: { returned?: string | null; usedElsewhere?: Iterable<string> } = {},
): Scope {
  return {
    work,
    facts,
    owner: facts?.owner ?? null,
    self: facts?.self ?? null,
    kinds: new Map([...work.constants, ...parameters]),
    declarations: declarationsOf(body, parameters.keys(), usedElsewhere),
    declared: new Set(),
    clients: new Set(),
    isSync: false,
    returned,
    verdict: null,
    renamed: null,
    aliases: new Map(),
    expression,
    body,
  }
}

/** Notes that the function uses this of its user. */
export function need(scope: Scope, what: Need): string {
  scope.facts?.needs.add(what)
  return what
}

/** The stream of numbers: the user's own, or that of the platform where there is no user. */
export const randomIn = (scope: Scope): string =>
  (scope.facts?.self ?? null) === null ? 'Math.random' : need(scope, 'random')

/** Notes an import of a module of Node. */
export function imported(scope: Scope, module: string, name: string): string {
  const known = scope.work.modules.get(module) ?? new Set()
  known.add(name)
  scope.work.modules.set(module, known)
  return name
}

/** A variable as it is written: its declaration where this statement makes it. */
export function bind(
  scope: Scope,
  name: string,
  kind: Kind,
  statement: StmtNode | null,
): { text: string; declares: 'const' | 'let' | null } {
  const declaration = scope.declarations.get(name)
  const isHere = declaration !== undefined && declaration.at === statement && statement !== null
  const isConstant =
    declaration?.isConstant === true && !(scope.facts === null && scope.work.globals.has(name))
  scope.kinds.set(name, isConstant ? kind : scope.kinds.get(name) === kind ? kind : 'any')
  if (!isHere) return { text: nameOf(name), declares: null }
  scope.declared.add(name)
  return { text: nameOf(name), declares: isConstant ? 'const' : 'let' }
}
