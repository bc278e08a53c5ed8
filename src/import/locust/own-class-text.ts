/** Classes of a locustfile that are none of Locust's, as classes of TypeScript. */
import { boxed, nameOf, type Kind } from './code.ts'
import { quote } from '../typescript.ts'
import { NEEDS } from './functions.ts'
import type { Marks } from './marks.ts'
import { ancestry, dataFields, ownMethod, type OwnClass, type OwnMethod } from './own-class.ts'
import type { ExprNode } from './python-tree.ts'
import { scopeOf, type FunctionFacts, type Scope, type Work } from './scope.ts'
import type { Statements } from './statement.ts'
import { Untranslatable } from './untranslatable.ts'

interface Parts {
  readonly work: Work
  readonly statements: Statements
  readonly marks: Marks
  /** The scope of the module, in which values of the class are worked out. */
  readonly scope: Scope
}

export function ownClassText(one: OwnClass, parts: Parts): string {
  if (one.kind === 'enum') return enumText(one, parts)
  if (one.kind === 'tuple') return tupleText(one, parts)
  const base = one.base?.name ?? (one.kind === 'exception' ? 'py.PythonError' : 'py.PyObject')
  const members = [
    ...(one.kind === 'exception'
      ? [
          `static readonly base${one.base === null ? '' : ': string'} = ${quote(one.extends)}`,
          `override name = ${quote(one.name)}`,
        ]
      : []),
    ...(one.kind === 'data'
      ? [
          `static override readonly fields: readonly string[] = [${dataFields(one)
            .map(({ name }) => quote(name))
            .join(', ')}]`,
        ]
      : []),
    ...fieldTexts(one, parts),
    ...staticTexts(one, parts),
    ...(one.kind === 'data' && ownMethod(one, '__init__') === null ? [dataInit(one, parts)] : []),
    ...one.methods.map((method) => methodText(one, method, parts)),
  ]
  return `class ${nameOf(one.name)} extends ${base} {\n${members.join('\n\n')}\n}`
}

function fieldTexts(one: OwnClass, parts: Parts): string[] {
  const inherited = new Set(
    one.base === null ? [] : ancestry(one.base).flatMap(({ fields }) => [...fields.keys()]),
  )
  return [...one.fields].flatMap(([name, value]) => {
    const isDefault = value !== null && one.kind !== 'data'
    if (inherited.has(name) && !isDefault) return []
    const override = inherited.has(name) ? 'override ' : ''
    const isOfError = one.kind === 'exception' && ['name', 'message', 'args', 'stack'].includes(name)
    if (isOfError) return []
    return [`${override}${name}: any${isDefault ? ` = ${valueText(value, parts)}` : ''}`]
  })
}

/** Values of the class; its objects have them, too. */
function staticTexts(one: OwnClass, parts: Parts): string[] {
  if (one.kind === 'data') return []
  const inherited = new Set(
    one.base === null ? [] : ancestry(one.base).flatMap(({ statics }) => [...statics.keys()]),
  )
  return [...one.statics].flatMap(([name, value]) => {
    if (name === '__slots__') return []
    const override = inherited.has(name) ? 'override ' : ''
    const own = `static ${override}${name}: any = ${valueText(value, parts)}`
    return override === ''
      ? [own, `get ${name}(): any {\nreturn (this.constructor as any).${name}\n}`]
      : [own]
  })
}

function valueText(node: ExprNode, { scope, marks }: Parts): string {
  try {
    return boxed(scope.expression(node, scope)).text
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error
    marks.mark(
      { nodeType: 'Expr', value: node, lineno: node.lineno, col_offset: node.col_offset },
      error.message,
    )
    return `py.notTranslated(${quote(`line ${node.lineno}: ${error.message}`)})`
  }
}

/** The `__init__` that a data class is given. */
function dataInit(one: OwnClass, parts: Parts): string {
  const fields = dataFields(one)
  const parameters = fields.map(({ name, value }) => {
    const usual = value === null ? null : dataDefault(value, parts)
    return `${nameOf(name)}${usual === null ? '?: any' : `: any = ${usual}`}`
  })
  const after = ownMethod(one, '__post_init__') === null ? [] : ['this.__post_init__()']
  const body = [...fields.map(({ name }) => `this.${name} = ${nameOf(name)}`), ...after]
  return `${one.base === null ? '' : 'override '}__init__(${parameters.join(', ')}): void {\n${body.join('\n')}\n}`
}

/** `field(default=…)` and `field(default_factory=…)`, or the value itself. */
function dataDefault(value: ExprNode, parts: Parts): string | null {
  if (
    value.nodeType !== 'Call' ||
    !/(?:^|\.)field$/.test(value.func.nodeType === 'Name' ? value.func.id : '')
  )
    return valueText(value, parts)
  const find = (name: string): ExprNode | undefined => value.keywords.find(({ arg }) => arg === name)?.value
  const [usual, factory] = [find('default'), find('default_factory')]
  if (usual !== undefined) return valueText(usual, parts)
  if (factory === undefined) return null
  const { lineno, col_offset } = factory
  return valueText({ nodeType: 'Call', func: factory, args: [], keywords: [], lineno, col_offset }, parts)
}

function methodText(one: OwnClass, method: OwnMethod, { work, statements, marks }: Parts): string {
  const facts = work.methodFacts(one, method)
  facts.isCalled = true
  const { node, kind, name } = method
  const isOverriding = one.base !== null && ownMethod(one.base, name) !== null
  const isOfError = one.kind === 'exception' && name === '__init__'
  const head = `${kind === 'class' || kind === 'static' ? 'static ' : ''}${isOverriding || isOfError ? 'override ' : ''}`
  const skip = kind === 'static' ? 0 : 1
  const outer = scopeOf(work, null, [], new Map(work.constants), statements.expression)
  let found: { parameters: string; kinds: Map<string, Kind> }
  try {
    found = statements.parameters(node, skip, outer)
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error
    return `${head}${name}(..._: any[]): any {\n${marks.mark(node, error.message)}\n}`
  }
  if (facts.isGenerator && facts.isAsync)
    return `${head}${name}(..._: any[]): any {\n${marks.mark(node, 'a generator that sends requests')}\n}`
  const body = methodBody(facts, kind, found.kinds, work, statements)
  // A compiler lets a method replace another one only if it can be called alike.
  const parameters =
    isOverriding || isOfError
      ? found.parameters.replace(/\b(\w+): any(?=,|$)/g, '$1?: any')
      : found.parameters
  const result = facts.isAsync ? 'Promise<any>' : facts.isGenerator ? 'Generator<any, any>' : 'any'
  if (kind === 'property') return `${head}get ${name}(): any {\n${body}\n}`
  return `${head}${facts.isAsync ? 'async ' : ''}${facts.isGenerator ? '*' : ''}${name}(${parameters}): ${isOfError ? 'void' : result} {\n${body}\n}`
}

function methodBody(
  facts: FunctionFacts,
  kind: OwnMethod['kind'],
  kinds: ReadonlyMap<string, Kind>,
  work: Work,
  statements: Statements,
): string {
  const self = facts.own!.self
  const scope = scopeOf(work, facts, facts.node.body, kinds, statements.expression, {
    aliases: self === null ? [] : [[self, 'this']],
  })
  const text = statements.block(facts.node.body, { ...scope, isSync: kind === 'property' })
  const used = NEEDS.filter((one) => facts.needs.has(one))
  if (used.length === 0) return text
  const { userField, clientField } = facts.own!.of
  const holds = facts.self !== null || userField !== null
  if (!holds && clientField !== null && used.length === 1) return `const http = this.${clientField}\n${text}`
  return `const { ${used.join(', ')} } = ${facts.contextName}\n${text}`
}

function enumText(one: OwnClass, parts: Parts): string {
  let next = 1
  const members = [...one.statics].map(([name, value]) => {
    const isAuto = value.nodeType === 'Call' && value.func.nodeType === 'Name' && value.func.id === 'auto'
    return `${name}: ${isAuto ? next++ : valueText(value, parts)}`
  })
  return `const ${nameOf(one.name)} = py.enumeration(${quote(one.name)}, { ${members.join(', ')} })`
}

function tupleText(one: OwnClass, parts: Parts): string {
  const fields = dataFields(one)
  const defaults = fields.flatMap(({ value }) => (value === null ? [] : [valueText(value, parts)]))
  return `const ${nameOf(one.name)} = py.namedTuple(${[
    quote(one.name),
    `[${fields.map(({ name }) => quote(name)).join(', ')}]`,
    ...(defaults.length === 0 ? [] : [`[${defaults.join(', ')}]`]),
  ].join(', ')})`
}
