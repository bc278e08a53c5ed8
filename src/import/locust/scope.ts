/** The function that is being translated: what its names mean, and what it needs of a user. */
import { declarationsOf, type Block, type Declaration } from './bindings.ts'
import type { Code, Kind } from './code.ts'
import { nameOf } from './code.ts'
import type { LocustClass, LocustFile } from './locust-file.ts'
import type { OwnClass, OwnClasses, OwnMethod } from './own-class.ts'
import type { ExprNode, FunctionNode, StmtNode } from './python-tree.ts'
import type { Signature } from './signature.ts'
import { untranslatable } from './untranslatable.ts'
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
  /** Of a method of an own class: the class, and the name of its object, or of the class itself. */
  readonly own: { readonly of: OwnClass; readonly self: string | null } | null
  /** The expression that is the context of the user: `context`, `this.user`. */
  readonly contextName: string
  readonly signature: Signature
  readonly isGenerator: boolean
  readonly needs: Set<Need>
  /** Functions that it calls. */
  readonly calls: Set<FunctionFacts>
  isAsync: boolean
  /** It hands its context on, and so takes it whole. */
  handsOn: boolean
  /** Called by name, and not only by Locust. */
  isCalled: boolean
  /** It listens to an event: what Locust would give it is known without a parameter. */
  isListener: boolean
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
  /** Whether the users that do a function are FastHttpUsers; `null` if only some are. */
  readonly isFast: (facts: FunctionFacts | null) => boolean | null
  /** Kinds of the constants of the module. */
  readonly constants: Map<string, Kind>
  readonly options: Map<string, Code>
  readonly own: OwnClasses
  /** The facts of a method of an own class. */
  readonly methodFacts: (of: OwnClass, method: OwnMethod) => FunctionFacts
  /** Attributes of classes that are set by the class, and so are no constants. */
  readonly reassigned: ReadonlySet<string>
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
  readonly verdict: {
    readonly name: string
    readonly isChecking: boolean
    /** What `success()` says; `null` for plain success. */
    readonly usual: string | null
  } | null
  readonly renamed: string | null
  /** Names that stand for another expression. */
  readonly aliases: ReadonlyMap<string, string>
  readonly expression: (node: ExprNode, scope: Scope) => Code
  readonly body: Block
  /** The parameter of a listener that is Locust's environment. */
  readonly environment: string | null
  /** The label that `break` leaves, so that the `else` of the loop is left out. */
  readonly breakTo: string | null
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
    aliases = [],
    environment = null,
  }: {
    returned?: string | null
    usedElsewhere?: Iterable<string>
    aliases?: Iterable<readonly [string, string]>
    environment?: string | null
  } = {},
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
    aliases: new Map(aliases),
    expression,
    body,
    environment,
    breakTo: null,
  }
}

/** Notes that the function uses this of its user. */
export function need(scope: Scope, what: Need): string {
  const { facts } = scope
  // Of a client, an object can only send requests.
  if ((facts?.own ?? null) !== null && facts!.self === null && !holdsUser(scope) && what !== 'http')
    return untranslatable('what an object needs of a user that it does not hold')
  facts?.needs.add(what)
  return what
}

/** The context of the user, handed on as a whole. */
export function contextIn({ facts }: Scope): string {
  if (facts === null) return 'context'
  if (facts.own === null) facts.handsOn = true
  return facts.contextName
}

/** The stream of numbers: the user's own, or that of the platform where there is no user. */
export const randomIn = (scope: Scope): string =>
  (scope.facts?.self ?? null) === null && !holdsUser(scope) ? 'Math.random' : need(scope, 'random')

/** Whether the object of a method holds a user. */
export const holdsUser = ({ facts }: Scope): boolean => (facts?.own?.of.userField ?? null) !== null

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
