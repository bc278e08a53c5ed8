/** Calls of what a locustfile takes of Python's modules. */
import { argumentsOf, byName, listed, type Arguments } from './arguments.ts'
import { boxed, code, iterable, textOf, type Code } from './code.ts'
import { quote } from '../typescript.ts'
import { opened } from './builtins.ts'
import type { Expr } from './python-tree.ts'
import { holdsUser, imported, need, randomIn, type Scope } from './scope.ts'
import { untranslatable } from './untranslatable.ts'

/** A call of `module.function`, by its full name. */
export function moduleCall(path: string, node: Expr<'Call'>, scope: Scope): Code {
  const [module = ''] = path.split('.')
  const name = path.slice(module.length + 1)
  if (module === 'random') return chance(name, argumentsOf(node, scope), scope)
  if (/^(?:time|gevent)$/.test(module) && name === 'sleep') return slept(argumentsOf(node, scope), scope)
  if (module === 'logging' || path === 'locust.log') return logged(name, node, scope)
  if (module === 'os' || path === 'pathlib.Path.open') return system(path, node, scope)
  if (/^(?:urllib3|requests\.packages\.urllib3|warnings)\b/.test(path)) return code('undefined', 'none')
  if (path === 'collections.defaultdict') return defaultDict(node, scope)
  if (path === 'collections.namedtuple') return namedTuple(argumentsOf(node, scope))
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
      return code(`py.fromTimestamp(${listed(given, ['seconds', 'tz'])})`, 'date')
    case 'datetime.strptime':
      return code(`py.parseTime(${listed(given, ['text', 'format'])})`, 'date')
    case 'datetime.fromisoformat':
      return code(`py.fromIso(${listed(given, ['text'])})`, 'date')
    case 'datetime':
      return code(
        `py.datetime(${listed(given, ['year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond', 'tzinfo'])})`,
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
  'itertools.cycle': (given) => code(`py.cycle(${listed(given, ['values'])})`, 'iterator'),
  'itertools.count': (given) => code(`py.counting(${listed(given, ['start', 'step'])})`, 'iterator'),
  'itertools.repeat': (given) => code(`py.repeated(${listed(given, ['value', 'times'])})`, 'iterator'),
  'itertools.islice': (given) => code(`py.islice(${given.all.map(({ text }) => text).join(', ')})`, 'list'),
  'itertools.product': (given) =>
    given.named.size > 0
      ? untranslatable('itertools.product() with repeat=')
      : code(`py.product(${given.all.map(({ text }) => text).join(', ')})`, 'list'),
  'itertools.combinations': (given) => code(`py.combinations(${listed(given, ['values', 'r'])})`, 'list'),
  'itertools.permutations': (given) => code(`py.permutations(${listed(given, ['values', 'r'])})`, 'list'),
  'itertools.chain.from_iterable': (given) =>
    code(`py.list(${listed(given, ['values'])}).flatMap((one: any) => py.list(one))`, 'list'),
  'queue.Queue': (given) => code(`py.queue(${listed(given, ['maxsize'])})`, 'queue'),
  'queue.SimpleQueue': () => code('py.queue()', 'queue'),
  'queue.LifoQueue': (given) => code(`py.lifoQueue(${listed(given, ['maxsize'])})`, 'queue'),
  'gevent.queue.Queue': (given) => code(`py.queue(${listed(given, ['maxsize'])})`, 'queue'),
  'collections.Counter': (given) => code(`new py.Counter(${given.all[0]?.text ?? ''})`),
  'dataclasses.asdict': (given) => code(`py.asDict(${listed(given, ['object'])})`, 'any'),
  'statistics.mean': (given) => code(`py.mean(${listed(given, ['values'])})`),
  'pathlib.Path': (given) => code(`py.path(${given.all.map(({ text }) => text).join(', ')})`, 'path'),
  'io.BytesIO': (given) => given.all[0] ?? code('Buffer.alloc(0)', 'bytes'),
  'io.StringIO': (given) => code(given.all[0]?.text ?? "''", 'file'),
  'secrets.token_hex': (given, scope) =>
    code(
      `${imported(scope, 'node:crypto', 'randomBytes')}(${given.all[0]?.text ?? '32'}).toString('hex')`,
      'str',
    ),
  'secrets.token_urlsafe': (given, scope) =>
    code(
      `${imported(scope, 'node:crypto', 'randomBytes')}(${given.all[0]?.text ?? '32'}).toString('base64url')`,
      'str',
    ),
  'secrets.choice': (given, scope) => chance('choice', given, scope),
  'secrets.randbelow': (given, scope) => chance('randrange', given, scope),
  'time.strftime': (given) =>
    given.all.length === 1
      ? code(`py.datetimeNow().strftime(${given.all[0]!.text})`, 'str')
      : untranslatable('time.strftime() of a time'),
  'itertools.chain': (given) => code(`[${given.all.map((one) => `...${iterable(one)}`).join(', ')}]`, 'list'),
  'collections.deque': (given) => code(`py.deque(${listed(given, ['values', 'maxlen'], '[]')})`, 'list'),
  'collections.OrderedDict': (given) => code(`py.dict(${listed(given, ['values'])})`),
  'gevent.lock.RLock': () => code('null', 'lock'),
  'multiprocessing.Lock': () => code('null', 'lock'),
  'threading.Lock': () => code('null', 'lock'),
  'threading.RLock': () => code('null', 'lock'),
  'gevent.lock.Semaphore': () => code('null', 'lock'),
  'gevent.lock.BoundedSemaphore': () => code('null', 'lock'),
  'threading.Semaphore': () => code('null', 'lock'),
  'time.time': () => code('(Date.now() / 1000)', 'float'),
  'time.time_ns': () => code('py.whole(BigInt(Date.now()) * 1_000_000n)'),
  'time.process_time': () => code('(performance.now() / 1000)', 'float'),
  'time.perf_counter': () => code('(performance.now() / 1000)', 'float'),
  'time.monotonic': () => code('(performance.now() / 1000)', 'float'),
  'uuid.uuid4': (_, scope) => code(`${imported(scope, 'node:crypto', 'randomUUID')}()`, 'str'),
  'uuid.UUID': (given) => code(`py.uuid(${listed(given, ['hex'])})`, 'str'),
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
  'base64.urlsafe_b64encode': (given) =>
    code(
      `Buffer.from(Buffer.from(${listed(given, ['bytes'])}).toString('base64').replaceAll('+', '-').replaceAll('/', '_'))`,
      'bytes',
    ),
  'urllib.parse.quote': (given) => code(`py.quote(${listed(given, ['text', 'safe'])})`, 'str'),
  'urllib.parse.quote_plus': (given) => code(`py.quotePlus(${listed(given, ['text', 'safe'])})`, 'str'),
  'urllib.parse.unquote': (given) => code(`py.unquote(${listed(given, ['text'])})`, 'str'),
  'urllib.parse.unquote_plus': (given) => code(`py.unquotePlus(${listed(given, ['text'])})`, 'str'),
  'urllib.parse.urlencode': (given) => code(`py.urlEncode(${listed(given, ['values', 'doseq'])})`, 'str'),
  'urllib.parse.urljoin': (given) => code(`py.joinUrl(${listed(given, ['base', 'url'])})`, 'str'),
  'urllib.parse.urlparse': (given) => code(`py.parseUrl(${listed(given, ['url'])})`, 'url'),
  'urllib.parse.urlsplit': (given) => code(`py.parseUrl(${listed(given, ['url'])}, false)`, 'url'),
  'urllib.parse.parse_qs': (given) => code(`py.parseQuery(${listed(given, ['query'])})`),
  'urllib.parse.parse_qsl': (given) => code(`py.parseQueryList(${listed(given, ['query'])})`, 'list'),
  'random.SystemRandom': () => untranslatable('random.SystemRandom()'),
  'csv.DictReader': (given) => code(`py.csvRows(${given.all[0]?.text ?? ''})`, 'list'),
  'csv.reader': (given) => code(`py.csvLines(${given.all[0]?.text ?? ''})`, 'list'),
  'copy.deepcopy': (given) => code(`py.copied(${listed(given, ['value'])})`, given.all[0]?.kind ?? 'any'),
  'copy.copy': (given) => code(`py.copied(${listed(given, ['value'])}, false)`, given.all[0]?.kind ?? 'any'),
}

/** `defaultdict(int)`, `defaultdict(lambda: 0)`. */
function defaultDict({ args, keywords }: Expr<'Call'>, scope: Scope): Code {
  const [make, values] = args
  if (keywords.length > 0) return untranslatable('defaultdict() with values by name')
  const usual = { int: '0', float: 'py.real(0)', str: "''", list: '[]', dict: '{}', set: 'new Set()' }
  const known = make?.nodeType === 'Name' ? usual[make.id as keyof typeof usual] : undefined
  const text =
    known === undefined
      ? make === undefined
        ? '() => null'
        : scope.expression(make, scope).text
      : `() => (${known})`
  return code(
    `py.defaultDict(${text}${values === undefined ? '' : `, ${scope.expression(values, scope).text}`})`,
  )
}

function namedTuple(given: Arguments): Code {
  const [name, fields, defaults] = byName(given, ['typename', 'field_names', 'defaults'])
  return code(
    `py.namedTuple(${name!.text}, ${fields?.text ?? '[]'}${defaults === undefined ? '' : `, ${defaults.text}`})`,
  )
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
  if (scope.isSync || scope.facts === null || (scope.facts.self === null && !holdsUser(scope)))
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
    if (given.named.size > 0) return untranslatable(`json.${name}() with ${[...given.named.keys()][0]!}=`)
    return code(`py.loads(${first.text})`)
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
  return code(
    `py.dumps(${boxed(first).text}${options.length === 0 ? '' : `, { ${options.join(', ')} }`})`,
    'str',
  )
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
      return code(
        `(${variable} ?? ${otherwise === undefined ? 'null' : boxed(otherwise).text})`,
        otherwise?.kind === 'str' ? 'str' : 'any',
      )
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
    case 'os.urandom':
      return code(`${imported(scope, 'node:crypto', 'randomBytes')}(${listed(given, ['size'])})`, 'bytes')
    case 'os.getpid':
      return code('process.pid', 'int')
    case 'os.getcwd':
      return code('process.cwd()', 'str')
    case 'pathlib.Path.open':
      return opened(node, scope)
    default:
      return untranslatable(`${path}()`)
  }
}
