/** Listeners of Locust's events, and the options that they declare. */
import { boxed, code, nameOf, type Code } from './code.ts'
import type { Marks } from './marks.ts'
import { property, quote } from '../typescript.ts'
import type { LocustFile } from './locust-file.ts'
import { dotted, some, type Expr, type ExprNode, type FunctionNode, type StmtNode } from './python-tree.ts'
import type { Scope } from './scope.ts'
import { Untranslatable, untranslatable } from './untranslatable.ts'

/** Events that say that a request has ended. */
export const REQUEST_EVENTS: ReadonlySet<string> = new Set(['request', 'request_success', 'request_failure'])

/** The event that a function listens to: `test_start`; `null` if it is no listener. */
export function listenerOf({ decorator_list: decorators }: FunctionNode, file: LocustFile): string | null {
  for (const decorator of decorators) {
    const path = dotted(decorator)
    const root = path?.split('.')[0] ?? ''
    const full = path === null ? '' : (file.imports.get(root) ?? root) + path.slice(root.length)
    const [, event] = /\bevents\.(\w+)\.add_listener$/.exec(full) ?? []
    if (event !== undefined) return event
  }
  return null
}

/** The event and listener of `events.NAME.add_listener(function)`. */
export function addedListener(
  statement: StmtNode,
): { readonly event: string; readonly listener: ExprNode | undefined } | null {
  if (statement.nodeType === 'AugAssign') {
    const [, old] = /\bevents\.(\w+)$/.exec(dotted(statement.target) ?? '') ?? []
    return old === undefined ? null : { event: old, listener: statement.value }
  }
  if (statement.nodeType !== 'Expr' || statement.value.nodeType !== 'Call') return null
  const [, event] = /\bevents\.(\w+)\.add_listener$/.exec(dotted(statement.value.func) ?? '') ?? []
  return event === undefined ? null : { event, listener: statement.value.args[0] }
}

/** Whether a function sets the exit code of Locust. */
export const setsExitCode = (node: FunctionNode): boolean =>
  some(
    node,
    (one) => one.nodeType === 'Attribute' && one.attr === 'process_exit_code' && one.ctx.nodeType === 'Store',
  )

/** Whether a function does nothing but write to a log, or set the exit code. */
export const isOnlyLogging = ({ body }: FunctionNode, loggers: ReadonlySet<string>): boolean =>
  body.every((statement) => isLogging(statement, loggers))

function isLogging(statement: StmtNode, loggers: ReadonlySet<string>): boolean {
  if (statement.nodeType === 'Pass' || statement.nodeType === 'Comment') return true
  if (statement.nodeType === 'If')
    return [...statement.body, ...statement.orelse].every((one) => isLogging(one, loggers))
  // The exit code is that of corerush's own thresholds.
  if (
    statement.nodeType === 'Assign' &&
    statement.targets.every((one) => /\.process_exit_code$/.test(dotted(one) ?? ''))
  )
    return true
  if (statement.nodeType !== 'Expr') return false
  const { value } = statement
  if (value.nodeType === 'Constant') return true
  if (value.nodeType !== 'Call') return false
  const root = dotted(value.func)?.split('.')[0] ?? ''
  return root === 'print' || root === 'logging' || loggers.has(root)
}

/** An option of the file's own command line. */
export interface FileOption {
  /** Its declaration, as `options` of corerush takes it. */
  readonly declaration: string
  /** Its value where it is read. */
  readonly value: Code
}

/** The options that `init_command_line_parser` declares, by their names; those without a counterpart are marked. */
export function optionsOf(
  functions: Iterable<FunctionNode>,
  file: LocustFile,
  scope: Scope,
  marks: Marks,
): Map<string, FileOption> {
  const found = new Map<string, FileOption>()
  for (const node of functions) {
    if (listenerOf(node, file) !== 'init_command_line_parser') continue
    for (const statement of node.body) {
      if (statement.nodeType !== 'Expr' || statement.value.nodeType !== 'Call') continue
      const call = statement.value
      if (call.func.nodeType !== 'Attribute' || call.func.attr !== 'add_argument') continue
      try {
        readOption(call, scope, found)
      } catch (error) {
        if (!(error instanceof Untranslatable)) throw error
        marks.mark(statement, error.message)
      }
    }
  }
  return found
}

type Keyword = (name: string) => ExprNode | undefined

function readOption(call: Expr<'Call'>, scope: Scope, found: Map<string, FileOption>): void {
  const written = call.args.flatMap((one) => (one.nodeType === 'Constant' ? [String(one.value)] : []))
  const long = written.find((one) => one.startsWith('--')) ?? written[0]
  if (long === undefined) return
  const keyword: Keyword = (name) => call.keywords.find(({ arg }) => arg === name)?.value
  const dest = keyword('dest')
  const name =
    dest?.nodeType === 'Constant' ? String(dest.value) : long.replace(/^-+/, '').replaceAll('-', '_')
  if (!/^[A-Za-z]\w*$/.test(name)) return untranslatable(`an option called ${name}`)
  if (keyword('nargs') !== undefined) return untranslatable('an option with several values')
  found.set(name, optionOf(name, keyword, scope))
}

/** The text of a constant; `null` if it is none. */
const textIn = (node: ExprNode | undefined): string | null =>
  node?.nodeType === 'Constant' && typeof node.value === 'string' ? node.value : null

function optionOf(name: string, keyword: Keyword, scope: Scope): FileOption {
  const env = textIn(keyword('env_var'))
  const variable = env === null ? null : `process.env[${quote(env)}]`
  const read = code(`parsed_options.${nameOf(name)}`)
  const action = textIn(keyword('action'))
  if (action === 'store_true' || action === 'store_false') {
    const isTrue = action === 'store_false'
    const usual =
      variable === null ? String(isTrue) : `${isTrue ? '!' : ''}/^(?:true|yes|1)$/i.test(${variable} ?? '')`
    return { declaration: declared(usual, keyword, null), value: { ...read, kind: 'bool' } }
  }
  if (action !== null && action !== 'store') return untranslatable(`an option with action="${action}"`)
  const type = keyword('type')
  const typeName = type === undefined ? 'str' : (dotted(type) ?? '')
  if (!['str', 'int', 'float'].includes(typeName)) return untranslatable('an option with a type of its own')
  const usual = keyword('default')
  const given = usual === undefined ? code('null', 'none') : scope.expression(usual, scope)
  const otherwise = variable === null ? given.text : `${variable} ?? ${given.text}`
  // An option that is not given is None, which is an empty text here.
  if (given.kind === 'none' || (given.kind === 'any' && typeName === 'str')) {
    const isSet = `(${read.text} === '' ? null : ${typeName === 'str' ? read.text : `py.${typeName}(${read.text})`})`
    const text =
      variable === null
        ? given.kind === 'none'
          ? "''"
          : `py.str(${given.text} ?? '')`
        : given.kind === 'none'
          ? `${variable} ?? ''`
          : `py.str(${otherwise} ?? '')`
    return { declaration: declared(text, keyword, null), value: code(isSet) }
  }
  if (typeName === 'str') {
    if (given.kind !== 'str') return untranslatable('an option whose default has another type')
    const choices = variable === null ? choicesOf(keyword('choices'), scope) : null
    return { declaration: declared(otherwise, keyword, choices), value: { ...read, kind: 'str' } }
  }
  const isAlike =
    variable === null && (given.kind === typeName || (given.kind === 'int' && typeName === 'float'))
  const number = isAlike ? given.text : `Number(py.${typeName}(${otherwise}))`
  // What is not parsed keeps its type: a default of 5 is an int, also of an option that is a float.
  if (given.kind === 'int' && typeName === 'float' && isAlike)
    return {
      declaration: declared(number, keyword, null),
      value: code(`(${read.text} === ${number} ? ${number} : py.real(${read.text}))`),
    }
  return {
    declaration: declared(number, keyword, null),
    value: { ...read, kind: typeName as 'int' | 'float' },
  }
}

const choicesOf = (node: ExprNode | undefined, scope: Scope): string | null =>
  node?.nodeType === 'List' && node.elts.every((one) => textIn(one) !== null)
    ? boxed(scope.expression(node, scope)).text
    : null

function declared(usual: string, keyword: Keyword, choices: string | null): string {
  const help = textIn(keyword('help'))
  const secret = keyword('is_secret')
  const more = [
    ...(choices === null ? [] : [`choices: ${choices}`]),
    ...(help === null ? [] : [`description: ${quote(help)}`]),
    ...(secret?.nodeType === 'Constant' && secret.value === true ? ['secret: true'] : []),
  ]
  return more.length === 0 ? usual : `{ ${[`default: ${usual}`, ...more].join(', ')} }`
}

/** The declaration of the options, if there are any. */
export const optionsText = (all: ReadonlyMap<string, FileOption>): string =>
  all.size === 0
    ? ''
    : `/** Options of the locustfile's own command line: --set NAME=VALUE. */\nconst parsed_options = options({ ${[...all].map(([name, { declaration }]) => `${property(nameOf(name))}: ${declaration}`).join(', ')} })`
