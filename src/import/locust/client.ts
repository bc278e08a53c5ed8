/** Requests of the user's client. */
import { boxed, code, isNumeric, type Code } from './code.ts'
import { quote } from '../typescript.ts'
import { keyword } from './arguments.ts'
import { dotted, type Expr, type ExprNode } from './python-tree.ts'
import { need, type Scope } from './scope.ts'
import { untranslatable } from './untranslatable.ts'
import { isClient, isUser } from './user.ts'

const METHODS: ReadonlySet<string> = new Set(['get', 'post', 'put', 'patch', 'delete', 'head', 'options'])

/** Whether a call is a request of the client. */
export const isRequest = (node: ExprNode, scope: Scope): boolean =>
  node.nodeType === 'Call' &&
  node.func.nodeType === 'Attribute' &&
  (METHODS.has(node.func.attr) || node.func.attr === 'request') &&
  isClient(node.func.value, scope)

/** The arguments of a request that have a translation, or none to need. */
const KNOWN: ReadonlySet<string> = new Set([
  'url',
  'path',
  'method',
  'name',
  'params',
  'data',
  'json',
  'headers',
  'catch_response',
  'timeout',
  'auth',
  'files',
  'verify',
  'allow_redirects',
  'stream',
  'context',
])

/** The call of `http`, without its `await`. `more` are options that the place of the request brings. */
export function requestCall(node: Expr<'Call'>, scope: Scope, more: readonly string[]): string {
  if (scope.isSync) return untranslatable('a request within an expression that cannot wait')
  for (const { arg } of node.keywords)
    if (arg !== undefined && !KNOWN.has(arg)) return untranslatable(`a request with ${arg}=`)
  if (node.args.some(({ nodeType }) => nodeType === 'Starred')) return untranslatable('a call with * or **')
  const name = (node.func as Expr<'Attribute'>).attr
  const positional = [...node.args]
  const method = name === 'request' ? (positional.shift() ?? keyword(node, 'method')) : undefined
  const url = positional.shift() ?? keyword(node, 'url') ?? keyword(node, 'path')
  if (url === undefined) return untranslatable('a request without a URL')
  const verb = method?.nodeType === 'Constant' ? String(method.value).toLowerCase() : name
  // python-requests takes params by position in get, data and json in post, data in put and patch.
  const [second, third] = positional
  const data =
    second !== undefined && ['post', 'put', 'patch'].includes(verb) ? second : keyword(node, 'data')
  const params = second !== undefined && verb === 'get' ? second : keyword(node, 'params')
  if (positional.length > 2 || (third !== undefined && verb !== 'post'))
    return untranslatable('a request with more arguments by position')
  const [json, files] = [third ?? keyword(node, 'json'), keyword(node, 'files')]
  const headers = headerOption(keyword(node, 'headers'), keyword(node, 'auth'), scope)
  const fast = files === undefined ? fastData(data, keyword(node, 'headers'), headers, scope) : null
  const options = [
    ...nameOption(node, scope),
    ...(fast ?? headers),
    ...queryOption(params, scope),
    ...(fast === null ? bodyOption(data, json, files, scope) : []),
    ...otherOptions(node, verb, scope),
    ...more,
    ...node.keywords.flatMap(({ arg, value }) =>
      arg === undefined ? [`...py.options(${scope.expression(value, scope).text})`] : [],
    ),
  ]
  const http = need(scope, 'http')
  const call = METHODS.has(verb)
    ? `${http}.${verb}(${urlText(url, scope)}`
    : `${http}.request(${scope.expression(method!, scope).text}, ${urlText(url, scope)}`
  scope.facts!.isAsync = true
  return `${call}${options.length === 0 ? '' : `, { ${options.join(', ')} }`})`
}

/** Locust puts the host and the path together as they are. */
function urlText(node: ExprNode, scope: Scope): string {
  const { text, kind } = scope.expression(node, scope)
  const literal = literalStart(node)
  const slashes = new Set(scope.work.hostsOf(scope.owner).map((host) => host?.endsWith('/') === true))
  if (slashes.size > 1 && !/^https?:\/\//i.test(literal ?? ''))
    return untranslatable('a path for users whose hosts end differently')
  const slash = slashes.has(true)
  if (literal !== null && literal !== '' && !/^https?:\/\//i.test(literal)) {
    if (!slash && !literal.startsWith('/')) return untranslatable('a path that does not begin with /')
    if (slash && node.nodeType === 'Constant') return quote(`/${literal}`)
    if (slash) return text.startsWith('`') ? `\`/${text.slice(1)}` : `('/' + ${text})`
  } else if (slash && literal === null) return `py.behindSlash(${text})`
  return kind === 'str' ? text : `py.str(${text})`
}

/** The text that a URL begins with, whatever follows; `null` if it begins with a value. */
function literalStart(node: ExprNode): string | null {
  if (node.nodeType === 'Constant') return typeof node.value === 'string' ? node.value : null
  if (node.nodeType === 'JoinedStr') {
    const [first] = node.values
    return first?.nodeType === 'Constant' ? String(first.value) : null
  }
  if (node.nodeType === 'BinOp') return literalStart(node.left)
  if (node.nodeType === 'Call' && node.func.nodeType === 'Attribute' && node.func.attr === 'format') {
    const text = literalStart(node.func.value)
    return text === null || text.startsWith('{') ? null : text
  }
  return null
}

function nameOption(node: Expr<'Call'>, scope: Scope): string[] {
  const name = keyword(node, 'name')
  if (name === undefined) return scope.renamed === null ? [] : [`name: ${scope.renamed}`]
  const { text, kind } = scope.expression(name, scope)
  return kind === 'none' ? [] : [`name: ${kind === 'str' ? text : `py.str(${text})`}`]
}

function headerOption(headers: ExprNode | undefined, auth: ExprNode | undefined, scope: Scope): string[] {
  const own = headers === undefined ? null : scope.expression(headers, scope)
  const given =
    own === null || own.kind === 'none'
      ? null
      : isPlainDict(headers!, scope)
        ? own.text
        : `py.headers(${own.text})`
  const credentials = auth === undefined ? null : authText(auth, scope)
  if (credentials?.startsWith('authDigest') === true)
    return [...(given === null ? [] : [`headers: ${given}`]), credentials]
  if (credentials === null) return given === null ? [] : [given === 'headers' ? given : `headers: ${given}`]
  return [`headers: { ${given === null ? '' : `...${given}, `}authorization: ${credentials} }`]
}

/** `(user, password)`, `HTTPBasicAuth(…)` and `HTTPDigestAuth(…)`. */
export function authText(node: ExprNode, scope: Scope): string {
  const pair = node.nodeType === 'Tuple' ? node.elts : node.nodeType === 'Call' ? node.args : []
  const kind = node.nodeType === 'Call' ? (dotted(node.func)?.split('.').at(-1) ?? '') : 'HTTPBasicAuth'
  const [user, password] = pair.map((one) => scope.expression(one, scope))
  if (user === undefined || password === undefined)
    return untranslatable('auth= that is not written as (user, password)')
  if (kind === 'HTTPBasicAuth') return `py.basicAuth(${user.text}, ${password.text})`
  if (kind === 'HTTPDigestAuth') return `authDigest: \`\${${user.text}}:\${${password.text}}\``
  return untranslatable(`auth=${kind}`)
}

/** A dict whose values are texts and numbers, which both sides write alike. */
const isPlainDict = (node: ExprNode, scope: Scope): boolean =>
  node.nodeType === 'Dict' &&
  node.keys.every((key) => key?.nodeType === 'Constant' && typeof key.value === 'string') &&
  node.values.every((value) => ['str', 'int'].includes(scope.expression(value, scope).kind))

function queryOption(params: ExprNode | undefined, scope: Scope): string[] {
  if (params === undefined) return []
  const { text, kind } = scope.expression(params, scope)
  if (kind === 'none') return []
  if (kind === 'str' || kind === 'bytes') return untranslatable('params= that is a text')
  return [`query: ${isPlainDict(params, scope) ? text : `py.fields(${text})`}`]
}

function bodyOption(
  data: ExprNode | undefined,
  json: ExprNode | undefined,
  files: ExprNode | undefined,
  scope: Scope,
): string[] {
  const sent = data === undefined ? null : bodyCode(data, scope)
  const value = json === undefined ? null : scope.expression(json, scope)
  if (files !== undefined) {
    const file = scope.expression(files, scope)
    if (file.kind !== 'none')
      return [`body: py.multipart(${file.text}${sent === null ? '' : `, ${sent.text}`})`]
  }
  if (sent !== null && sent.kind !== 'none') {
    if (value !== null && value.kind !== 'none') return untranslatable('a request with data= and json=')
    if (sent.kind === 'str' || sent.kind === 'bytes' || sent.kind === 'file')
      return [sent.text === "''" || sent.text === '""' ? '' : `body: ${sent.text}`].filter(
        (one) => one !== '',
      )
    if (isPlainDict(data!, scope))
      return (data as Expr<'Dict'>).keys.length === 0 ? [] : [`form: ${sent.text}`]
    return [`...py.data(${sent.text})`]
  }
  if (value === null || value.kind === 'none') return []
  return [isPlainJson(json!, scope) ? `json: ${value.text}` : `...py.json(${boxed(value).text})`]
}

/** Whether both languages write the JSON of an expression alike, whatever it becomes. */
function isPlainJson(node: ExprNode, scope: Scope): boolean {
  if (node.nodeType === 'List' || node.nodeType === 'Tuple')
    return node.elts.every((one) => isPlainJson(one, scope))
  if (node.nodeType === 'Dict')
    return (
      node.keys.every(
        (key) => key?.nodeType === 'Constant' && typeof key.value === 'string' && !/^\d+$/.test(key.value),
      ) && node.values.every((one) => isPlainJson(one, scope))
    )
  const { text, kind } = boxed(scope.expression(node, scope))
  if (kind === 'float') return !/e/i.test(text)
  return (
    kind === 'str' || kind === 'bool' || kind === 'none' || (kind === 'int' && !text.startsWith('py.int'))
  )
}

/** `data=` of a FastHttpUser, whose client says what type it is; `null` where the headers say it, or there is none. */
function fastData(
  data: ExprNode | undefined,
  given: ExprNode | undefined,
  headers: readonly string[],
  scope: Scope,
): string[] | null {
  const isFast = scope.work.isFast(scope.facts)
  if (data === undefined || isFast === false) return null
  const value = scope.expression(data, scope)
  const isTyped =
    given?.nodeType === 'Dict' &&
    given.keys.some((key) => key?.nodeType === 'Constant' && /^content-type$/i.test(String(key.value)))
  if (value.kind === 'none' || isTyped) return null
  if (isFast === null) return untranslatable('a body that is sent by users of both kinds of clients')
  const [own = '{}', ...more] = headers.map((one) =>
    one === 'headers' ? one : one.replace(/^headers: /, ''),
  )
  if (more.length > 0 || own.startsWith('authDigest'))
    return untranslatable('a body with digest authentication')
  return [`...py.fastData(${boxed(value).text}${own === '{}' ? '' : `, ${own}`})`]
}

/** Text that is encoded as UTF-8 only to be sent is sent as the text. */
function bodyCode(node: ExprNode, scope: Scope): Code {
  const isEncoded =
    node.nodeType === 'Call' &&
    node.func.nodeType === 'Attribute' &&
    node.func.attr === 'encode' &&
    node.args.every((one) => one.nodeType === 'Constant' && /^utf-?8$/i.test(String(one.value)))
  if (!isEncoded) return scope.expression(node, scope)
  const text = scope.expression((node.func as Expr<'Attribute'>).value, scope)
  return text.kind === 'str' ? text : code(`py.str(${text.text})`, 'str')
}

function otherOptions(node: Expr<'Call'>, verb: string, scope: Scope): string[] {
  const options: string[] = []
  const timeout = keyword(node, 'timeout')
  if (timeout !== undefined) {
    const value = scope.expression(timeout.nodeType === 'Tuple' ? timeout.elts.at(-1)! : timeout, scope)
    if (value.kind !== 'none')
      options.push(
        `timeout: ${isNumeric(value) && /^[\d.]+$/.test(value.text) ? quote(`${value.text}s`) : `\`\${${value.text}}s\``}`,
      )
  }
  const verify = keyword(node, 'verify')
  if (verify !== undefined && verify.nodeType !== 'Constant')
    return untranslatable('verify= that is not written')
  const redirects = keyword(node, 'allow_redirects')
  // The scenario follows redirects; python-requests follows none of HEAD unless it is told to.
  const follows = redirects === undefined ? verb !== 'head' : !isFalse(redirects)
  if (!follows) options.push('redirects: false')
  return options
}

/** `self.rest('POST', path, json=…)` as the request that it sends; `null` if it is something else. */
export function restCall(node: Expr<'Call'>, scope: Scope): Expr<'Call'> | null {
  const { func } = node
  if (func.nodeType !== 'Attribute' || func.attr !== 'rest' || !isUser(func.value, scope)) return null
  const given = keyword(node, 'headers')
  if (
    given !== undefined &&
    (given.nodeType !== 'Dict' || given.keys.some((key) => key?.nodeType !== 'Constant'))
  )
    return untranslatable('rest() with headers that are not written')
  const at = { lineno: node.lineno, col_offset: node.col_offset }
  const text = (value: string): Expr<'Constant'> => ({ nodeType: 'Constant', value, ...at })
  const named = new Set(given?.keys.map((key) => String((key as Expr<'Constant'>).value).toLowerCase()))
  const usual = ['Content-Type', 'Accept'].filter((name) => !named.has(name.toLowerCase()))
  const headers: ExprNode = {
    nodeType: 'Dict',
    keys: [...usual.map(text), ...(given?.keys ?? [])],
    values: [...usual.map(() => text('application/json')), ...(given?.values ?? [])],
    ...at,
  }
  const client: ExprNode = { ...func, attr: 'client' }
  return {
    ...node,
    func: { ...func, value: client, attr: 'request' },
    keywords: [
      ...node.keywords.filter(({ arg }) => arg !== 'headers'),
      { nodeType: 'Keyword', arg: 'headers', value: headers, ...at },
    ],
  }
}

const isFalse = (node: ExprNode): boolean => node.nodeType === 'Constant' && node.value === false
