/** Listeners of Locust's events, and the options that they declare. */
import { code } from './code.ts'
import { property, quote } from '../typescript.ts'
import type { LocustFile } from './locust-file.ts'
import { dotted, some, type Expr, type ExprNode, type FunctionNode, type StmtNode } from './python-tree.ts'
import type { Scope } from './scope.ts'
import { untranslatable } from './untranslatable.ts'

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

/** The options that `init_command_line_parser` declares, by their names: expressions that read them. */
export function optionsOf(
  functions: Iterable<FunctionNode>,
  file: LocustFile,
  scope: Scope,
): Map<string, string> {
  const found = new Map<string, string>()
  for (const node of functions) {
    if (listenerOf(node, file) !== 'init_command_line_parser') continue
    for (const statement of node.body) {
      if (statement.nodeType !== 'Expr' || statement.value.nodeType !== 'Call') continue
      const call = statement.value
      if (call.func.nodeType === 'Attribute' && call.func.attr === 'add_argument')
        readOption(call, scope, found)
    }
  }
  return found
}

function readOption(call: Expr<'Call'>, scope: Scope, found: Map<string, string>): void {
  const written = call.args.flatMap((one) => (one.nodeType === 'Constant' ? [String(one.value)] : []))
  const long = written.find((one) => one.startsWith('--')) ?? written[0]
  if (long === undefined) return
  const keyword = (name: string): ExprNode | undefined => call.keywords.find(({ arg }) => arg === name)?.value
  const dest = keyword('dest')
  const name =
    dest?.nodeType === 'Constant' ? String(dest.value) : long.replace(/^-+/, '').replaceAll('-', '_')
  const env = keyword('env_var')
  const variable = env?.nodeType === 'Constant' ? String(env.value) : name.toUpperCase()
  found.set(name, optionText(member(variable), keyword, scope))
}

const member = (variable: string): string => `process.env[${quote(variable)}]`

function optionText(variable: string, keyword: (name: string) => ExprNode | undefined, scope: Scope): string {
  const usual = keyword('default')
  const otherwise = usual === undefined ? code('null', 'none') : scope.expression(usual, scope)
  const action = keyword('action')
  if (action !== undefined) {
    const kind = action.nodeType === 'Constant' ? String(action.value) : ''
    if (kind === 'store_true') return `(${variable} !== undefined)`
    if (kind === 'store_false') return `(${variable} === undefined)`
    return untranslatable('an option of the command line of Locust')
  }
  const type = keyword('type')
  if (type?.nodeType === 'Name' && (type.id === 'int' || type.id === 'float'))
    return `(${variable} === undefined ? ${otherwise.text} : py.${type.id}(${variable}))`
  return `(${variable} ?? ${otherwise.text})`
}

/** The declaration of the options, if there are any. */
export const optionsText = (options: ReadonlyMap<string, string>): string =>
  options.size === 0
    ? ''
    : `/** Options of the locustfile's own command line, from variables of the environment. */\nconst options: Record<string, any> = { ${[...options].map(([name, text]) => `${property(name)}: ${text}`).join(', ')} }`
