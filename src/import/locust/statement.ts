/** Statements of Python as TypeScript. */
import { names, redeclared, type Block } from './bindings.ts'
import { keyword } from './arguments.ts'
import { errorName, opened } from './builtins.ts'
import { isRequest, requestCall, restCall } from './client.ts'
import { isGenerator } from './own-class.ts'
import { boxed, code, isNumeric, iterated, nameOf, textOf, type Code, type Kind } from './code.ts'
import { property, quote } from '../typescript.ts'
import { test } from './condition.ts'
import { arithmetic, translate } from './expression.ts'
import { dotted, some, walk, type Expr, type ExprNode, type Stmt, type StmtNode } from './python-tree.ts'
import { bind, need, scopeOf, type Scope } from './scope.ts'
import { targetText } from './target.ts'
import { Untranslatable, untranslatable } from './untranslatable.ts'
import { cookieOf, isClient, isUser, stateTarget, userPath } from './user.ts'
import { needsReading } from './response.ts'
import type { Marks } from './marks.ts'
import {
  actingPart,
  checkingPart,
  hasSuccess,
  hasVerdict,
  isAtEnds,
  isFinal,
  verdictOf,
  withoutReturns,
} from './verdict.ts'

/** Translates blocks, and keeps what could not be translated. */
export class Statements {
  readonly #marks: Marks
  readonly expression = translate

  constructor(marks: Marks) {
    this.#marks = marks
  }

  /** The statements of a block. */
  block(statements: Block, scope: Scope): string {
    const hoisted = [...scope.declarations]
      .filter(([name, { at, block }]) => at === null && block === statements && !scope.declared.has(name))
      .map(([name]) => {
        scope.declared.add(name)
        return `let ${nameOf(name)}: any`
      })
    return [
      ...hoisted,
      ...statements.map((one, i) => this.statement(one, scope, i === 0 ? scope.body === statements : false)),
    ]
      .filter((one) => one !== '')
      .join('\n')
  }

  /** One statement; marked where it has no translation. */
  statement(statement: StmtNode, scope: Scope, isFirst = false): string {
    try {
      return this.#translate(statement, scope, isFirst)
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error
      return this.#marked(statement, scope, error.message)
    }
  }

  #marked(statement: StmtNode, scope: Scope, reason: string): string {
    const declared: string[] = []
    for (const [name, { at }] of scope.declarations)
      if (
        at !== null &&
        (at === statement || (at.lineno === statement.lineno && at.col_offset === statement.col_offset)) &&
        !scope.declared.has(name)
      ) {
        scope.declared.add(name)
        declared.push(`let ${nameOf(name)}: any`)
      }
    // Names that only the statement's own blocks bind are declared where they are used, which is nowhere now.
    return [...declared, this.#marks.mark(statement, reason)].join('\n')
  }

  #translate(statement: StmtNode, scope: Scope, isFirst: boolean): string {
    switch (statement.nodeType) {
      case 'Comment':
        return `// ${statement.value.replace(/^#+ ?/, '')}`
      case 'Expr':
        return this.#expression(statement.value, scope, isFirst)
      case 'Assign':
        return this.#assign(statement, scope)
      case 'AnnAssign':
        if (statement.value === undefined) return ''
        return this.#bindTarget(
          statement.target,
          this.#value(statement.target, statement.value, scope),
          statement,
          scope,
        )
      case 'AugAssign':
        return augmented(statement, scope)
      case 'If':
        return this.#condition(statement, scope)
      case 'For':
        return this.#loop(statement, scope)
      case 'While':
        return this.#withElse(
          statement,
          scope,
          (inner) => `while (${test(statement.test, scope)}) {\n${this.block(statement.body, inner)}\n}`,
        )
      case 'With':
        return this.#with(statement, scope)
      case 'Try':
        return this.#try(statement, scope)
      case 'Return':
        return this.#return(statement, scope)
      case 'Raise':
        return raised(statement, scope)
      case 'FunctionDef':
        return this.#function(statement, scope)
      case 'Assert': {
        const message = statement.msg === undefined ? "''" : scope.expression(statement.msg, scope).text
        return `if (!(${test(statement.test, scope)})) throw py.error('AssertionError', ${message})`
      }
      case 'Delete':
        return statement.targets.map((target) => deleted(target, scope)).join('\n')
      case 'Break':
        return scope.breakTo === null ? 'break' : `break ${scope.breakTo}`
      case 'Continue':
        return 'continue'
      case 'Pass':
      case 'Global':
      case 'Nonlocal':
      case 'Import':
      case 'ImportFrom':
        return ''
      default:
        return untranslatable(OTHERS[statement.nodeType] ?? statement.nodeType)
    }
  }

  #expression(node: ExprNode, scope: Scope, isFirst: boolean): string {
    if (node.nodeType === 'Constant')
      return typeof node.value === 'string' && isFirst
        ? node.value
            .trim()
            .split('\n')
            .map((line) => `// ${line.trim()}`)
            .join('\n')
        : ''
    const verdict = scope.verdict === null ? null : verdictOf(node, scope.verdict.name)
    if (verdict !== null) return this.#verdict(verdict, node as Expr<'Call'>, scope)
    if (isRequest(node, scope)) {
      if (keyword(node as Expr<'Call'>, 'catch_response') !== undefined)
        return untranslatable('catch_response outside of with')
      return `await ${requestCall(node as Expr<'Call'>, scope, [])}`
    }
    const change = clientChange(node, scope)
    if (change !== null) return change
    const { text } = scope.expression(node, scope)
    return text === 'undefined' ? '' : text.replace(/^\(((?:await|yield\*?) [^()]*(?:\(.*\))?)\)$/s, '$1')
  }

  #verdict(verdict: 'success' | 'failure', node: Expr<'Call'>, scope: Scope): string {
    const message = node.args[0]
    const said =
      verdict === 'success'
        ? (scope.verdict!.usual ?? 'true')
        : message === undefined
          ? "'failed'"
          : failureText(scope.expression(message, scope))
    return scope.aliases.has(VERDICT) ? `verdict = ${said}` : `return ${said}`
  }

  #assign(statement: Stmt<'Assign'>, scope: Scope): string {
    const [target, ...more] = statement.targets
    const value = this.#value(target!, statement.value, scope)
    if (value === null) return ''
    const first = this.#bindTarget(target!, value, statement, scope)
    // a = b = value
    return [
      first,
      ...more.map((one) => this.#bindTarget(one, code(targetValue(target!, scope), value.kind), null, scope)),
    ].join('\n')
  }

  /** The value of an assignment; `null` if the variable only names what is known already. */
  #value(target: ExprNode, node: ExprNode, scope: Scope): Code | null {
    if (target.nodeType === 'Name' && isClient(node, scope)) {
      scope.clients.add(target.id)
      return null
    }
    if (!isRequest(node, scope)) return scope.expression(node, scope)
    if (keyword(node as Expr<'Call'>, 'catch_response') !== undefined)
      return untranslatable('catch_response outside of with')
    const isRead = target.nodeType !== 'Name' || readsResponse(scope.body, target.id)
    return code(`await ${requestCall(node as Expr<'Call'>, scope, isRead ? ['read: true'] : [])}`, 'response')
  }

  #bindTarget(target: ExprNode, value: Code | null, statement: StmtNode | null, scope: Scope): string {
    if (value === null) return ''
    switch (target.nodeType) {
      case 'Name': {
        const { text, declares } = bind(scope, target.id, value.kind, statement)
        const kept = scope.kinds.get(target.id) === 'float' ? value : boxed(value)
        if (declares === null) return `${text} = ${kept.text}`
        return `${declares} ${text}${annotation(declares, kept, target.id, scope)} = ${kept.text}`
      }
      case 'Tuple':
      case 'List': {
        const found: { text: string; declares: 'const' | 'let' | null }[] = []
        names(target, (name) => found.push(bind(scope, name, 'any', statement)))
        const isNew = found.length > 0 && found.every(({ declares }) => declares !== null)
        const length = target.elts.some(({ nodeType }) => nodeType === 'Starred') ? null : target.elts.length
        const rest = target.elts.findIndex(({ nodeType }) => nodeType === 'Starred')
        const isInside = rest >= 0 && rest < target.elts.length - 1
        const from = isInside
          ? `py.unpackAround(${value.text}, ${rest}, ${target.elts.length - 1 - rest})`
          : value.kind === 'list' && value.text.startsWith('[')
            ? value.text
            : length === null
              ? `py.list(${value.text})`
              : `py.unpack(${value.text}, ${length})`
        if (isNew)
          return `${found.some(({ declares }) => declares === 'let') ? 'let' : 'const'} ${targetText(target)}: any[] = ${from}`
        const undeclared = found.flatMap(({ text, declares }) =>
          declares === null ? [] : [`let ${text}: any`],
        )
        return [
          ...undeclared,
          `;[${target.elts.map((one) => targetValue(one, scope)).join(', ')}] = ${from} as any`,
        ].join('\n')
      }
      case 'Attribute':
        return clientSetting(target, value, scope) ?? `${stateTarget(target, scope)} = ${boxed(value).text}`
      case 'Subscript': {
        const header = clientHeader(target, value, scope)
        if (header !== null) return header
        if (target.slice.nodeType === 'Slice') return untranslatable('an assignment to a part of a list')
        const isCookie = cookieOf(target.value, scope)
        const container = isCookie ? code('') : scope.expression(target.value, scope)
        const key = scope.expression(target.slice, scope)
        if (isCookie)
          return `${need(scope, 'cookies')}.set(\`\${${textOf(key)}}=\${${textOf(value)}}; Path=/\`)`
        if (container.kind === 'dict' && key.kind === 'str')
          return `${container.text}[${key.text}] = ${boxed(value).text}`
        return `py.setItem(${container.text}, ${key.text}, ${boxed(value).text})`
      }
      default:
        return untranslatable('the target of an assignment')
    }
  }

  #condition(statement: Stmt<'If'>, scope: Scope): string {
    if (isMain(statement.test)) return ''
    if (statement.body.every(({ nodeType }) => nodeType === 'Pass') && statement.orelse.length > 0)
      return `if (!(${test(statement.test, scope)})) {\n${this.block(statement.orelse, scope)}\n}`
    const head = `if (${test(statement.test, scope)}) {\n${this.block(statement.body, scope)}\n}`
    if (statement.orelse.length === 0) return head
    const [only, ...more] = statement.orelse
    if (only?.nodeType === 'If' && more.length === 0) {
      const inner = this.statement(only, scope)
      if (inner.startsWith('if (')) return `${head} else ${inner}`
      return `${head} else {\n${inner}\n}`
    }
    return `${head} else {\n${this.block(statement.orelse, scope)}\n}`
  }

  #loop(statement: Stmt<'For'>, scope: Scope): string {
    const source = scope.expression(statement.iter, scope)
    const isRange = statement.iter.nodeType === 'Call' && dotted(statement.iter.func) === 'range'
    const kind: Kind = isRange ? 'int' : source.kind === 'file' ? 'str' : 'any'
    const found: { text: string; declares: string | null }[] = []
    names(statement.target, (name) => found.push(bind(scope, name, kind, statement)))
    const isNew = found.every(({ declares }) => declares !== null)
    const declares = !isNew ? '' : found.every((one) => one.declares === 'const') ? 'const ' : 'let '
    return this.#withElse(
      statement,
      scope,
      (inner) =>
        `for (${declares}${targetText(statement.target)} of ${iterated(source)}) {\n${this.block(statement.body, inner)}\n}`,
    )
  }

  /** A loop; its `else` is behind it, where `break` does not get to. */
  #withElse(
    { orelse, lineno }: Stmt<'For'> | Stmt<'While'>,
    scope: Scope,
    loop: (inner: Scope) => string,
  ): string {
    if (orelse.length === 0) return loop({ ...scope, breakTo: null })
    const label = `loop${lineno}`
    return `${label}: {\n${loop({ ...scope, breakTo: label })}\n${this.block(orelse, scope)}\n}`
  }

  #with(statement: Stmt<'With'>, scope: Scope): string {
    const [item, ...more] = statement.items
    if (more.length > 0)
      return this.#with({ ...statement, items: [item!], body: [{ ...statement, items: more }] }, scope)
    const { context_expr: source, optional_vars: target } = item!
    if (source.nodeType === 'Call' && isRequest(source, scope))
      return this.#response(source, target, statement, scope)
    const rest = source.nodeType === 'Call' ? restCall(source, scope) : null
    if (rest !== null) return this.#rest(rest, target, statement, scope)
    const path = source.nodeType === 'Call' ? userPath(source.func, scope) : null
    if (source.nodeType === 'Call' && path === 'client.rename_request')
      return this.block(statement.body, { ...scope, renamed: scope.expression(source.args[0]!, scope).text })
    if (source.nodeType === 'Call' && dotted(source.func) === 'open' && target?.nodeType === 'Name') {
      const bound = this.#bindTarget(target, opened(source, scope), statement, scope)
      return `${bound}\n${this.block(statement.body, scope)}`
    }
    // One thread does not need it.
    if (source.nodeType === 'Name' && scope.expression(source, scope).kind === 'lock')
      return this.block(statement.body, scope)
    return untranslatable('with')
  }

  /** A request whose block looks at its response. */
  #response(
    request: Expr<'Call'>,
    target: ExprNode | undefined,
    statement: Stmt<'With'>,
    scope: Scope,
  ): string {
    if (target !== undefined && target.nodeType !== 'Name')
      return untranslatable('with … as something else than a name')
    const caught = keyword(request, 'catch_response')
    const name = target === undefined ? null : target.id
    if (name === null || caught === undefined || !statement.body.some((one) => hasVerdict(one, name))) {
      if (name === null)
        return `await ${requestCall(request, scope, [])}\n${this.block(statement.body, scope)}`
      const isRead = readsResponse(statement.body, name) || readsResponse(scope.body, name)
      const sent = code(`await ${requestCall(request, scope, isRead ? ['read: true'] : [])}`, 'response')
      return this.#withResponse(target!, name, sent, statement.body, statement, scope)
    }
    const check = this.#check(statement.body, name, scope)
    const acting = actingPart(statement.body, name)
    const statuses = hasSuccess(statement.body, name) ? ["expectStatus: '100-599'"] : []
    const sent = `await ${requestCall(request, scope, [...statuses, check])}`
    if (acting.length === 0) return sent
    // Also where the name itself is not used any more: conditions may look at it.
    const inside: Scope = {
      ...scope,
      declarations: redeclared(scope.declarations, statement.body, acting),
    }
    return this.#withResponse(target!, name, code(sent, 'response'), acting, statement, inside)
  }

  /** A response, and the block that looks at it; the name is its own where other blocks give it another meaning. */
  #withResponse(
    target: ExprNode,
    name: string,
    sent: Code,
    body: Block,
    statement: StmtNode,
    scope: Scope,
  ): string {
    const times = withsOf(scope.body, name)
    if (times === null || scope.declared.has(name))
      return `${this.#bindTarget(target, sent, statement, scope)}\n${this.block(body, scope)}`
    scope.kinds.set(name, 'response')
    const text = `const ${nameOf(name)} = ${sent.text}\n${this.block(body, scope)}`
    return times === 1 ? text : `{\n${text}\n}`
  }

  /** `with self.rest(…) as response:`: JSON both ways, and what is not JSON has failed. */
  #rest(request: Expr<'Call'>, target: ExprNode | undefined, statement: Stmt<'With'>, scope: Scope): string {
    if (target !== undefined && target.nodeType !== 'Name')
      return untranslatable('with … as something else than a name')
    const name = target?.id ?? 'response'
    const check = this.#check(statement.body, name, scope, `py.notJson(${nameOf(name)})`)
    const statuses = hasSuccess(statement.body, name) ? ["expectStatus: '100-599'"] : []
    const sent = code(`await ${requestCall(request, scope, [...statuses, check])}`, 'response')
    const acting = actingPart(statement.body, name)
    if (target === undefined || acting.length === 0) return sent.text
    const inside: Scope = {
      ...scope,
      declarations: redeclared(scope.declarations, statement.body, acting),
    }
    return this.#withResponse(target, name, sent, acting, statement, inside)
  }

  /** The `check` option; `first` says what is wrong before the block does. */
  #check(body: Block, name: string, scope: Scope, first: string | null = null): string {
    const part = checkingPart(body, name, (node) => isImpure(node, scope))
    if (part === null) return untranslatable('a verdict on a response after further requests')
    const isSimple = isAtEnds(part, name)
    const asked = isSimple ? withoutReturns(part, name) : part
    const needsStatus = hasSuccess(body, name)
    const usual =
      first ??
      (needsStatus ? `${nameOf(name)}.status < 400 || \`HTTP status \${${nameOf(name)}.status}\`` : 'true')
    const inner: Scope = {
      ...scopeOf(scope.work, scope.facts, asked, scope.kinds, scope.expression),
      kinds: new Map([...scope.kinds, [name, 'response' as const]]),
      clients: scope.clients,
      isSync: true,
      verdict: { name, isChecking: true, usual: null },
      returned: isSimple ? usual : 'verdict',
      aliases: isSimple ? scope.aliases : new Map([...scope.aliases, [VERDICT, 'verdict']]),
    }
    const text = this.block(asked, inner)
    const only = /^return ([^\n]*)$/.exec(text)
    if (only !== null && part.length === 1) return `check: (${nameOf(name)}) => ${only[1]!}`
    if (isSimple)
      return `check: (${nameOf(name)}) => {\n${text}${isFinal(part, name) ? '' : `\nreturn ${usual}`}\n}`
    return `check: (${nameOf(name)}) => {\nlet verdict: boolean | string = ${usual}\n${text}\nreturn verdict\n}`
  }

  #try(statement: Stmt<'Try'>, scope: Scope): string {
    const parts: string[] = []
    const hasElse = statement.orelse.length > 0
    if (hasElse) parts.push('let isDone = false')
    parts.push(`try {\n${this.block(statement.body, scope)}${hasElse ? '\nisDone = true' : ''}\n}`)
    if (statement.handlers.length > 0) {
      const branches = statement.handlers.map((handler) => {
        const classes =
          handler.type === undefined
            ? ['BaseException']
            : (handler.type.nodeType === 'Tuple' ? handler.type.elts : [handler.type]).map(errorName)
        const own = handler.name === undefined ? '' : `const ${nameOf(handler.name)}: any = thrown\n`
        if (handler.name !== undefined) scope.kinds.set(handler.name, 'any')
        return `if (py.isError(thrown, ${classes.map(quote).join(', ')})) {\n${own}${this.block(handler.body, scope)}\n}`
      })
      parts.push(`catch (thrown) {\n${branches.join(' else ')} else throw thrown\n}`)
    }
    const final =
      statement.finalbody.length === 0 ? '' : ` finally {\n${this.block(statement.finalbody, scope)}\n}`
    if (!hasElse) return parts.join(' ') + final
    const [, ...attempt] = parts
    const text = `let isDone = false\n${attempt.join(' ')}\nif (isDone) {\n${this.block(statement.orelse, scope)}\n}`
    return final === '' ? `{\n${text}\n}` : `try {\n${text}\n}${final}`
  }

  #return({ value }: Stmt<'Return'>, scope: Scope): string {
    if (scope.returned !== null) return `return ${scope.returned}`
    if (value === undefined) return 'return'
    if (scope.facts?.isGenerator === true) return untranslatable('a value that a generator returns')
    if (isRequest(value, scope))
      return `return await ${requestCall(value as Expr<'Call'>, scope, ['read: true'])}`
    return `return ${boxed(scope.expression(value, scope)).text}`
  }

  /** A function within a function. */
  #function(node: Stmt<'FunctionDef'>, scope: Scope): string {
    if (node.decorator_list.length > 0) return untranslatable('a function with a decorator')
    if (isGenerator(node)) return untranslatable('a function with yield within a function')
    if (node.args.vararg !== undefined || node.args.kwarg !== undefined || node.args.kwonlyargs.length > 0)
      return untranslatable('a function with * or ** within a function')
    const { parameters, kinds } = this.parameters(node, 0, scope)
    const inner = scopeOf(
      scope.work,
      null,
      node.body,
      new Map([...scope.kinds, ...kinds]),
      scope.expression,
      {
        aliases: scope.aliases,
      },
    )
    const body = this.block(node.body, inner)
    bind(scope, node.name, 'any', node)
    return `const ${nameOf(node.name)} = (${parameters}): any => {\n${body}\n}`
  }

  /** The parameters of a function behind the first `skip`. */
  parameters(
    { args }: Stmt<'FunctionDef'>,
    skip: number,
    scope: Scope,
  ): { parameters: string; kinds: Map<string, Kind> } {
    const all = [...args.posonlyargs, ...args.args]
    const kinds = new Map<string, Kind>()
    const texts = all.map(({ arg, annotation: type }, i) => {
      const value = args.defaults[i - (all.length - args.defaults.length)]
      const kind: Kind =
        type?.nodeType === 'Name' && (type.id === 'int' || type.id === 'str') && value === undefined
          ? type.id
          : 'any'
      kinds.set(arg, kind)
      return `${nameOf(arg)}: any${value === undefined ? '' : ` = ${boxed(scope.expression(value, scope)).text}`}`
    })
    const more = args.kwonlyargs.map(({ arg }, i) => {
      const value = args.kw_defaults[i]
      kinds.set(arg, 'any')
      return `${nameOf(arg)}: any${value === null || value === undefined ? '' : ` = ${boxed(scope.expression(value, scope)).text}`}`
    })
    const open: string[] = []
    if (args.vararg !== undefined) {
      kinds.set(args.vararg.arg, 'list')
      open.push(`${nameOf(args.vararg.arg)}: any[] = []`)
    }
    if (args.kwarg !== undefined) {
      kinds.set(args.kwarg.arg, 'dict')
      open.push(`${nameOf(args.kwarg.arg)}: any = {}`)
    }
    return { parameters: [...texts.slice(skip), ...more, ...open].join(', '), kinds }
  }
}

const OTHERS: Readonly<Record<string, string>> = {
  Match: 'match',
  ClassDef: 'a class',
  AsyncFunctionDef: 'async',
  AsyncFor: 'async',
  AsyncWith: 'async',
}

/** The alias under which a check keeps a verdict that is not its last word. */
const VERDICT = ' verdict'

const failureText = (message: Code): string => (message.kind === 'str' ? message.text : textOf(message))

/** What must not happen twice: requests, chance, and changes of what is kept. */
function isImpure(node: ExprNode, scope: Scope): boolean {
  if (node.nodeType === 'NamedExpr') return true
  if (node.nodeType !== 'Call') return false
  if (isRequest(node, scope)) return true
  const path = dotted(node.func)
  const full = path === null ? null : (scope.work.file.imports.get(path.split('.')[0]!) ?? path)
  if (full !== null && /^(?:random|uuid|time|gevent|os)\b/.test(full)) return true
  if (node.func.nodeType === 'Attribute' && isUser(node.func.value, scope)) return true
  return (
    node.func.nodeType === 'Attribute' &&
    ['append', 'pop', 'remove', 'extend', 'update', 'add', 'insert', 'shuffle'].includes(node.func.attr)
  )
}

/** How many blocks bind a name as their response; `null` if it is used outside of them. */
function withsOf(body: Block, name: string): number | null {
  let [times, uses, inside] = [0, 0, 0]
  const isUse = (node: ExprNode | StmtNode): boolean => node.nodeType === 'Name' && node.id === name
  for (const statement of body)
    walk(statement, (node) => {
      if (isUse(node)) uses++
      if (
        node.nodeType !== 'With' ||
        !node.items.some(({ optional_vars: target }) => target?.nodeType === 'Name' && target.id === name)
      )
        return
      times++
      walk(node, (inner) => {
        if (isUse(inner)) inside++
      })
    })
  return uses === inside ? times : null
}

/** Whether more than the status of a response is used. */
function readsResponse(body: Block, name: string): boolean {
  let isRead = false as boolean
  for (const statement of body)
    walk(statement, (node) => {
      if (
        node.nodeType === 'Attribute' &&
        node.value.nodeType === 'Name' &&
        node.value.id === name &&
        needsReading(node.attr)
      )
        isRead = true
    })
  return isRead || body.some((statement) => isHandedOn(statement, name))
}

/** Whether a response is used as a whole, other than by an attribute of it. */
function isHandedOn(node: StmtNode, name: string): boolean {
  let uses = 0
  let attributes = 0
  walk(node, (one) => {
    if (one.nodeType === 'Name' && one.id === name && one.ctx.nodeType === 'Load') uses++
    if (one.nodeType === 'Attribute' && one.value.nodeType === 'Name' && one.value.id === name) attributes++
  })
  return uses > attributes
}

const isMain = (node: ExprNode): boolean =>
  node.nodeType === 'Compare' && node.left.nodeType === 'Name' && node.left.id === '__name__'

function annotation(declares: 'const' | 'let', value: Code, name: string, scope: Scope): string {
  if (declares === 'let') {
    const isCounter = isNumeric(value) && scope.body.every((one) => onlyCounts(one, name))
    return isCounter ? '' : ': any'
  }
  if (value.kind === 'dict' || value.text === '{  }') return ': Record<string, any>'
  return value.kind === 'list' && value.text.startsWith('[') ? ': any[]' : ''
}

/** Whether a variable only gets whole numbers: its first value, and steps. */
function onlyCounts(node: StmtNode, name: string): boolean {
  return !some(
    node,
    (one) =>
      (one.nodeType === 'Assign' &&
        one.targets.some((target) => target.nodeType === 'Name' && target.id === name) &&
        one.value.nodeType !== 'Constant') ||
      (one.nodeType === 'AugAssign' &&
        one.target.nodeType === 'Name' &&
        one.target.id === name &&
        one.value.nodeType !== 'Constant') ||
      (one.nodeType === 'Tuple' &&
        one.ctx.nodeType === 'Store' &&
        one.elts.some((elt) => elt.nodeType === 'Name' && elt.id === name)),
  )
}

function targetValue(target: ExprNode, scope: Scope): string {
  if (target.nodeType === 'Name') return nameOf(target.id)
  if (target.nodeType === 'Attribute') return stateTarget(target, scope)
  return untranslatable('the target of an assignment')
}

function augmented({ target, op, value }: Stmt<'AugAssign'>, scope: Scope): string {
  const by = scope.expression(value, scope)
  const isList = (one: Code): boolean => one.kind === 'list'
  if (target.nodeType === 'Subscript') {
    const [container, key] = [scope.expression(target.value, scope), scope.expression(target.slice, scope)]
    return `py.setItem(${container.text}, ${key.text}, ${boxed(arithmetic(op.nodeType, code(`py.item(${container.text}, ${key.text})`), by)).text})`
  }
  const known = scope.expression({ ...target, ctx: { nodeType: 'Load' } } as ExprNode, scope)
  if (target.nodeType === 'Name' && scope.declarations.get(target.id)?.at === null)
    scope.kinds.set(target.id, 'any')
  if (isList(known) && isList(by)) return `${known.text}.push(...${by.text})`
  if (known.kind === 'dict' && op.nodeType === 'BitOr') return `py.update(${known.text}, ${by.text})`
  const place = target.nodeType === 'Name' ? nameOf(target.id) : targetValue(target, scope)
  const operator = { Add: '+', Sub: '-', Mult: '*' }[op.nodeType as string]
  const isAlike =
    (isNumeric(known) && isNumeric(by)) || (known.kind === 'str' && by.kind === 'str' && operator === '+')
  if (operator !== undefined && isAlike) return `${place} ${operator}= ${by.text}`
  if (op.nodeType === 'Add' && known.kind === 'any' && !['str', 'int', 'float'].includes(by.kind))
    return `${place} = py.addTo(${known.text}, ${by.text})`
  return `${place} = ${boxed(arithmetic(op.nodeType, known, by)).text}`
}

function deleted(target: ExprNode, scope: Scope): string {
  if (target.nodeType === 'Subscript' && isClientHeaders(target.value, scope))
    return `${need(scope, 'http')}.headers.delete(${scope.expression(target.slice, scope).text})`
  if (target.nodeType === 'Subscript')
    return `py.deleteItem(${scope.expression(target.value, scope).text}, ${scope.expression(target.slice, scope).text})`
  if (target.nodeType === 'Attribute') return `${stateTarget(target, scope)} = undefined`
  return target.nodeType === 'Name' ? '' : untranslatable('del')
}

/** Exceptions by which Locust ends things. */
function raised({ exc }: Stmt<'Raise'>, scope: Scope): string {
  if (exc === undefined) return 'throw thrown'
  const called = exc.nodeType === 'Call' ? exc.func : exc
  const name = dotted(called)?.split('.').at(-1)
  if (name === undefined) return untranslatable('raise')
  if (exc.nodeType === 'Name' && scope.declarations.get(name) === undefined && scope.kinds.has(name))
    return `throw ${nameOf(name)}`
  if (scope.work.own.classes.has(name)) {
    const made =
      exc.nodeType === 'Call' ? exc : { ...exc, nodeType: 'Call' as const, func: exc, args: [], keywords: [] }
    return `throw ${scope.expression(made, scope).text}`
  }
  const given = exc.nodeType === 'Call' ? exc.args.map((one) => boxed(scope.expression(one, scope)).text) : []
  const [message] = given
  if (name === 'StopUser' || name === 'StopLocust') return `${need(scope, 'stopUser')}()`
  if (name === 'StopTest') return `${need(scope, 'stopRun')}(${message ?? quote('StopTest')})`
  if (name === 'RescheduleTask' || name === 'RescheduleTaskImmediately')
    return scope.facts?.isCalled === false && !scope.isSync
      ? `return${scope.returned === null ? '' : ` ${scope.returned}`}`
      : untranslatable(`raise ${name}`)
  if (name === 'InterruptTaskSet') return `${need(scope, 'leave')}()`
  return `throw py.error(${[quote(name), ...given].join(', ')})`
}

/** `self.client.headers`. */
const isClientHeaders = (node: ExprNode, scope: Scope): boolean =>
  node.nodeType === 'Attribute' && node.attr === 'headers' && isClient(node.value, scope)

/** `self.client.headers.update(…)` and others that change what all requests of the user have. */
function clientChange(node: ExprNode, scope: Scope): string | null {
  if (node.nodeType !== 'Call' || node.func.nodeType !== 'Attribute') return null
  if (!isClientHeaders(node.func.value, scope)) return null
  const [given] = node.args
  if (node.func.attr === 'clear') return `${need(scope, 'http')}.headers.clear()`
  if (node.func.attr === 'pop' && given !== undefined)
    return `${need(scope, 'http')}.headers.delete(${scope.expression(given, scope).text})`
  if (node.func.attr !== 'update') return null
  return headersSet(given, node, scope)
}

/** All headers of a dict, or of arguments by name. */
function headersSet(given: ExprNode | undefined, node: Pick<Expr<'Call'>, 'keywords'>, scope: Scope): string {
  const http = need(scope, 'http')
  if (given?.nodeType === 'Dict' && given.keys.every((key) => key !== null))
    return given.keys
      .map(
        (key, i) =>
          `${http}.headers.set(${scope.expression(key, scope).text}, ${textOfHeader(scope.expression(given.values[i]!, scope))})`,
      )
      .join('\n')
  const pairs =
    given === undefined
      ? `{ ${node.keywords.map(({ arg, value: one }) => `${property(arg!)}: ${scope.expression(one, scope).text}`).join(', ')} }`
      : scope.expression(given, scope).text
  return `for (const [name, value] of Object.entries(py.headers(${pairs}))) ${http}.headers.set(name, value)`
}

const textOfHeader = (value: Code): string => (value.kind === 'str' ? value.text : `py.str(${value.text})`)

/** `self.client.headers['Name'] = value`. */
function clientHeader(
  { value: container, slice }: Expr<'Subscript'>,
  value: Code,
  scope: Scope,
): string | null {
  if (!isClientHeaders(container, scope)) return null
  return `${need(scope, 'http')}.headers.set(${scope.expression(slice, scope).text}, ${textOfHeader(value)})`
}

/** `self.client.verify = False` and the like. */
function clientSetting(target: Expr<'Attribute'>, value: Code, scope: Scope): string | null {
  if (!isClient(target.value, scope)) return null
  // The scenario of a user that turns it off is insecure.
  if (target.attr === 'verify' && ['true', 'false'].includes(value.text)) return ''
  if (target.attr === 'headers')
    return `${need(scope, 'http')}.headers.clear()\nfor (const [name, value] of Object.entries(py.headers(${value.text}))) ${need(scope, 'http')}.headers.set(name, value)`
  if (target.attr === 'auth') {
    const pair = value.text.startsWith('[')
      ? `...(${value.text} as [any, any])`
      : `...(py.unpack(${value.text}, 2) as [any, any])`
    return value.kind === 'none'
      ? `${need(scope, 'http')}.headers.delete('authorization')`
      : `${need(scope, 'http')}.headers.set('authorization', py.basicAuth(${pair}))`
  }
  if (target.attr === 'trust_env') return ''
  return untranslatable(`setting self.client.${target.attr}`)
}
