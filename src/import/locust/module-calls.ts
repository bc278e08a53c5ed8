/** Calls of what a locustfile takes of Python's modules. */
import { argumentsOf, byName, listed, type Arguments } from './arguments.ts'
import { code, iterable, textOf, type Code } from './code.ts'
import { quote } from '../typescript.ts'
import { opened } from './builtins.ts'
import type { Expr } from './python-tree.ts'
import { imported, need, randomIn, type Scope } from './scope.ts'
import { untranslatable } from './untranslatable.ts'

/** A call of `module.function`, by its full name. */
export function moduleCall(path: string, node: Expr<'Call'>, scope: Scope): Code {
  const [module = ''] = path.split('.')
  const name = path.slice(module.length + 1)
  if (module === 'random') return chance(name, argumentsOf(node, scope), scope)
  if (/^(?:time|gevent)$/.test(module) && name === 'sleep') return slept(argumentsOf(node, scope), scope)
  if (module === 'logging' || path === 'locust.log') return logged(name, node, scope)
  if (module === 'os' || module === 'pathlib') return system(path, node, scope)
  const given = path.startsWith('json') ? null : argumentsOf(node, scope)
  if (given === null) return json(name, node, scope)
  if (module === 're') return matched(name, given)
  if (module === 'datetime') return dated(name, given)
  if (module === 'hashlib' || path === 'hmac.new') return hashed(path, given, scope)
  const known = FUNCTIONS[path]?.(given, scope)
  return known ?? untranslatable(`${path}()`)
}

/** `re.NAME(…)`. */
function matched(name: string, given: Arguments): Code {
  const names = ['pattern', 'string', 'flags']
  switch (name) {
    case 'compile':
      return code(`py.pattern(${listed(given, ['pattern', 'flags'])})`)
    case 'search':
    case 'match':
    case 'fullmatch':
      return code(`py.${name}(${listed(given, names)})`)
    case 'findall':
    case 'finditer':
      return code(`py.${name}(${listed(given, names)})`, 'list')
    case 'sub':
      return code(`py.substitute(${listed(given, ['pattern', 'repl', 'string', 'count', 'flags'])})`, 'str')
    default:
      return untranslatable(`re.${name}()`)
  }
}

/** `datetime.datetime.now()` and the like. */
function dated(name: string, given: Arguments): Code {
  const zone = given.all[0] ?? given.named.get('tz')
  switch (name) {
    case 'datetime.now':
      return code(zone === undefined ? 'py.datetimeNow()' : `py.datetimeNow(${zone.text})`, 'date')
    case 'datetime.today':
      return code('py.datetimeNow()', 'date')
    case 'datetime.utcnow':
      return code("py.datetimeNow('utc')", 'date')
    case 'date.today':
      return code('py.dateToday()', 'date')
    case 'datetime.fromtimestamp':
      return code(`py.fromTimestamp(${listed(given, ['seconds'])})`, 'date')
    case 'datetime':
      return code(
        `py.datetime(${listed(given, ['year', 'month', 'day', 'hour', 'minute', 'second'])})`,
        'date',
      )
    case 'date':
      return code(`py.date(${listed(given, ['year', 'month', 'day'])})`, 'date')
    case 'timedelta': {
      const names = ['days', 'seconds', 'microseconds', 'milliseconds', 'minutes', 'hours', 'weeks']
      const values = byName(given, names)
      const fields = values.flatMap((value, i) =>
        value === undefined ? [] : [`${names[i]!}: ${value.text}`],
      )
      return code(`py.timedelta({ ${fields.join(', ')} })`, 'date')
    }
    default:
      return untranslatable(`datetime.${name}()`)
  }
}

/** `hashlib.sha256(bytes)`, `hmac.new(key, bytes, hashlib.sha256)`. */
function hashed(path: string, given: Arguments, scope: Scope): Code {
  if (path === 'hmac.new') {
    const [key, text, digest] = byName(given, ['key', 'msg', 'digestmod'])
    if (key === undefined || text === undefined || digest === undefined) return untranslatable('hmac.new()')
    const create = imported(scope, 'node:crypto', 'createHmac')
    return code(`${create}(${digest.text}, ${key.text}).update(${text.text})`)
  }
  const name = path.replace('hashlib.', '')
  if (!HASHES.has(name) || given.all.length !== 1) return untranslatable(`${path}()`)
  return code(`${imported(scope, 'node:crypto', 'createHash')}(${quote(name)}).update(${given.all[0]!.text})`)
}

/** Hashes that both languages call the same. */
export const HASHES: ReadonlySet<string> = new Set(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'])

type Translation = (given: Arguments, scope: Scope) => Code

const FUNCTIONS: Readonly<Record<string, Translation>> = {
  'itertools.cycle': (given) => code(`py.cycle(${listed(given, ['values'])})`),
  'itertools.count': (given) => code(`py.counting(${listed(given, ['start', 'step'])})`),
  'itertools.chain': (given) => code(`[${given.all.map((one) => `...${iterable(one)}`).join(', ')}]`, 'list'),
  'collections.deque': (given) => code(`py.deque(${listed(given, ['values', 'maxlen'], '[]')})`, 'list'),
  'collections.OrderedDict': (given) => code(`py.dict(${listed(given, ['values'])})`),
  'threading.Lock': () => code('null', 'lock'),
  'threading.RLock': () => code('null', 'lock'),
  'gevent.lock.Semaphore': () => code('null', 'lock'),
  'gevent.lock.BoundedSemaphore': () => code('null', 'lock'),
  'threading.Semaphore': () => code('null', 'lock'),
  'time.time': () => code('(Date.now() / 1000)', 'float'),
  'time.time_ns': () => untranslatable('a whole number beyond 2^53'),
  'time.perf_counter': () => code('(performance.now() / 1000)', 'float'),
  'time.monotonic': () => code('(performance.now() / 1000)', 'float'),
  'uuid.uuid4': (_, scope) => code(`${imported(scope, 'node:crypto', 'randomUUID')}()`, 'str'),
  'uuid.uuid1': (_, scope) => code(`${imported(scope, 'node:crypto', 'randomUUID')}()`, 'str'),
  'math.floor': (given) => code(`Math.floor(${listed(given, ['x'])})`, 'int'),
  'math.ceil': (given) => code(`Math.ceil(${listed(given, ['x'])})`, 'int'),
  'math.sqrt': (given) => code(`Math.sqrt(${listed(given, ['x'])})`, 'float'),
  'math.sin': (given) => code(`Math.sin(${listed(given, ['x'])})`, 'float'),
  'math.cos': (given) => code(`Math.cos(${listed(given, ['x'])})`, 'float'),
  'math.exp': (given) => code(`Math.exp(${listed(given, ['x'])})`, 'float'),
  'base64.b64encode': (given) =>
    code(`Buffer.from(Buffer.from(${listed(given, ['bytes'])}).toString('base64'))`, 'bytes'),
  'base64.b64decode': (given) => code(`Buffer.from(String(${listed(given, ['text'])}), 'base64')`, 'bytes'),
  'urllib.parse.quote': (given) =>
    code(`encodeURIComponent(${listed(given, ['text'])}).replaceAll('%2F', '/')`, 'str'),
  'urllib.parse.urlencode': (given) =>
    code(`new URLSearchParams(py.fields(${listed(given, ['values'])})).toString()`, 'str'),
  'csv.DictReader': (given) => code(`py.csvRows(${given.all[0]?.text ?? ''})`, 'list'),
  'csv.reader': (given) => code(`py.csvLines(${given.all[0]?.text ?? ''})`, 'list'),
  'copy.deepcopy': (given) => code(`structuredClone(${listed(given, ['value'])})`),
  'copy.copy': (given) => code(`structuredClone(${listed(given, ['value'])})`),
}

function chance(name: string, given: Arguments, scope: Scope): Code {
  const random = randomIn(scope)
  const of = (helper: string, names: readonly string[], kind: Code['kind'] = 'any'): Code =>
    code(`py.${helper}(${[random, listed(given, names)].filter((one) => one !== '').join(', ')})`, kind)
  switch (name) {
    case 'random':
      return code(`${random}()`, 'float')
    case 'randint': {
      const [from, to] = byName(given, ['a', 'b'])
      if (random === 'random' && from?.kind === 'int' && to?.kind === 'int')
        return code(`random.int(${from.text}, ${to.text})`, 'int')
      return of('randint', ['a', 'b'], 'int')
    }
    case 'randrange':
      return of('randrange', ['start', 'stop', 'step'], 'int')
    case 'uniform':
      return of('uniform', ['a', 'b'], 'float')
    case 'choice': {
      const [values] = given.all
      if (random === 'random' && values?.kind === 'list') return code(`random.pick(${values.text})`)
      return code(`py.choice(${random}, ${listed(given, ['seq'])})`, values?.kind === 'str' ? 'str' : 'any')
    }
    case 'choices': {
      const [population, weights, k] = byName({ ...given, named: new Map([...given.named]) }, [
        'population',
        'weights',
        'k',
      ])
      return code(
        `py.choices(${[random, population?.text ?? '[]', weights?.text ?? 'null', ...(k === undefined ? [] : [k.text])].join(', ')})`,
        'list',
      )
    }
    case 'sample':
      return of('sample', ['population', 'k'], 'list')
    case 'shuffle':
      return of('shuffle', ['x'], 'none')
    case 'expovariate':
      return of('expovariate', ['lambd'], 'float')
    case 'gauss':
    case 'normalvariate':
      return of('gauss', ['mu', 'sigma'], 'float')
    case 'seed':
      scope.work.notes.add('random.seed() is left out: --seed says where random numbers begin')
      return code('undefined', 'none')
    default:
      return untranslatable(`random.${name}()`)
  }
}

function slept(given: Arguments, scope: Scope): Code {
  if (scope.isSync || scope.facts === null || scope.facts.self === null)
    return untranslatable('a pause outside of a user')
  scope.facts.isAsync = true
  const [pause] = byName(given, ['secs'])
  const text =
    pause === undefined
      ? "'0s'"
      : /^[\d.]+$/.test(pause.text)
        ? quote(`${pause.text}s`)
        : `\`\${${pause.text}}s\``
  return code(`await ${need(scope, 'think')}(${text})`, 'none')
}

const LEVELS: ReadonlySet<string> = new Set([
  'debug',
  'info',
  'warning',
  'warn',
  'error',
  'critical',
  'exception',
  'log',
])

/** A line of a log: the console, which corerush keeps out of its own output. */
export function logged(name: string, node: Expr<'Call'>, scope: Scope): Code {
  if (!LEVELS.has(name)) {
    scope.work.notes.add('the set-up of logging is left out: what is logged goes to the console')
    return code('undefined', 'none')
  }
  const { all } = argumentsOf({ ...node, keywords: [] }, scope)
  const [first, ...values] = name === 'log' ? all.slice(1) : all
  if (first === undefined) return code('console.log()', 'none')
  const text =
    values.length === 0
      ? textOf(first)
      : `py.percent(${first.text}, [${values.map((one) => one.text).join(', ')}])`
  return code(
    `console.${name === 'error' || name === 'critical' || name === 'exception' ? 'error' : name.startsWith('warn') ? 'warn' : 'log'}(${text})`,
    'none',
  )
}

function json(name: string, node: Expr<'Call'>, scope: Scope): Code {
  const given = argumentsOf(node, scope)
  const [first] = given.all
  if (first === undefined) return untranslatable(`json.${name}()`)
  if (name === 'loads' || name === 'load') {
    const text = first.kind === 'file' || first.kind === 'str' ? first.text : `String(${first.text})`
    return code(`(JSON.parse(${text}) as any)`)
  }
  if (name !== 'dumps') return untranslatable(`json.${name}()`)
  const options: string[] = []
  for (const [key, value] of given.named)
    if (key === 'ensure_ascii') options.push(`ensureAscii: ${value.text}`)
    else if (key === 'sort_keys') options.push(`sortKeys: ${value.text}`)
    else if (key === 'indent') options.push(`indent: ${value.text}`)
    else if (key === 'separators' && value.text.replaceAll(/\s/g, '') === '[",",":"]')
      options.push('compact: true')
    else untranslatable(`json.dumps() with ${key}=`)
  return code(`py.dumps(${first.text}${options.length === 0 ? '' : `, { ${options.join(', ')} }`})`, 'str')
}

function system(path: string, node: Expr<'Call'>, scope: Scope): Code {
  const given = argumentsOf(node, scope)
  switch (path) {
    case 'os.getenv':
    case 'os.environ.get': {
      const [name, otherwise] = byName(given, ['key', 'default'])
      const variable = /^"[A-Za-z_]\w*"$/.test(name!.text)
        ? `process.env[${name!.text}]`
        : `process.env[py.str(${name!.text})]`
      return code(`(${variable} ?? ${otherwise?.text ?? 'null'})`, otherwise?.kind === 'str' ? 'str' : 'any')
    }
    case 'os.path.join':
      return code(
        `${imported(scope, 'node:path', 'join')}(${given.all.map((one) => one.text).join(', ')})`,
        'str',
      )
    case 'os.path.dirname':
      return code(`${imported(scope, 'node:path', 'dirname')}(${listed(given, ['path'])})`, 'str')
    case 'os.path.basename':
      return code(`${imported(scope, 'node:path', 'basename')}(${listed(given, ['path'])})`, 'str')
    case 'os.path.abspath':
    case 'os.path.realpath':
      return code(`${imported(scope, 'node:path', 'resolve')}(${listed(given, ['path'])})`, 'str')
    case 'os.path.exists':
    case 'os.path.isfile':
      return code(`${imported(scope, 'node:fs', 'existsSync')}(${listed(given, ['path'])})`, 'bool')
    case 'os.getcwd':
      return code('process.cwd()', 'str')
    case 'pathlib.Path.open':
      return opened(node, scope)
    default:
      return untranslatable(`${path}()`)
  }
}
