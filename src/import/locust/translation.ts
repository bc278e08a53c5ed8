/** The file that is made of a locustfile, as text that is not formatted yet. */
import { boxed, nameOf } from './code.ts'
import { property, quote } from '../typescript.ts'
import { translate } from './expression.ts'
import { functionText, onStartText, onStopText, requestListenerText, taskText } from './functions.ts'
import {
  addedListener,
  isOnlyLogging,
  listenerOf,
  optionsOf,
  optionsText,
  REQUEST_EVENTS,
  setsExitCode,
} from './listeners.ts'
import {
  assignmentOf,
  attributeOf,
  firstParameter,
  isFast,
  lineage,
  methodsOf,
  takesUser,
  type LocustClass,
  type LocustFile,
} from './locust-file.ts'
import { Marks } from './marks.ts'
import { isGenerator, readOwnClasses, userParameter, type OwnClass, type OwnMethod } from './own-class.ts'
import { ownClassText } from './own-class-text.ts'
import {
  dotted,
  some,
  walk,
  type ASTNode,
  type ExprNode,
  type FunctionNode,
  type Module,
  type StmtNode,
} from './python-tree.ts'
import { signatureOf } from './signature.ts'
import { scopeOf, type FunctionFacts, type Scope, type Work } from './scope.ts'
import { stagesOf } from './stages.ts'
import { Statements } from './statement.ts'
import { Untranslatable } from './untranslatable.ts'
import { stateOf, tasksOf, usersOf, type StateFacts, type TaskFacts, type UserFacts } from './users.ts'
import { oldWaitText, waitText } from './wait.ts'
import type { Source } from '../source.ts'

export interface Translation {
  readonly text: string
  readonly marks: Marks
  readonly notes: readonly string[]
  readonly users: number
}

export function translateFile(source: Source, module: Module, file: LocustFile): Translation {
  const store = new FactsStore(file)
  // What a function needs is known when all that it calls have been read once.
  new FileWriter(source, module, file, store).write()
  store.settle()
  return new FileWriter(source, module, file, store).write()
}

/** The facts of functions, kept from the first pass to the second. */
class FactsStore {
  readonly #file: LocustFile
  readonly #facts = new Map<string, FunctionFacts>()
  readonly #names = new Set<string>()

  constructor(file: LocustFile) {
    this.#file = file
  }

  of(owner: LocustClass | null, node: FunctionNode): FunctionFacts {
    const key = `${owner?.name ?? ''} ${node.lineno} ${node.col_offset} ${node.name}`
    const known = this.#facts.get(key)
    if (known !== undefined) return known
    const definer =
      owner === null ? null : (lineage(owner).find((one) => one.node.body.includes(node)) ?? owner)
    const isStatic = node.decorator_list.some((one) => dotted(one) === 'staticmethod')
    const self =
      owner === null
        ? takesUser(node)
          ? firstParameter(node)
          : null
        : isStatic
          ? null
          : firstParameter(node)
    const name = this.#free(nameOf(node.name), owner?.name ?? 'helper')
    return this.#add(key, { name, node, owner, definer, self, own: null, contextName: 'context' })
  }

  /** Of a method of a class that is none of Locust's. */
  ofMethod(of: OwnClass, { name, node, kind }: OwnMethod): FunctionFacts {
    const key = `${of.name} ${node.lineno} ${node.col_offset} ${name}`
    const known = this.#facts.get(key)
    if (known !== undefined) return known
    const skip = kind === 'static' ? 0 : 1
    const user = of.userField === null ? userParameter(node, skip) : null
    const own = { of, self: kind === 'static' ? null : firstParameter(node) }
    const contextName = user === null ? `this.${of.userField ?? ''}` : nameOf(user)
    return this.#add(key, { name, node, owner: null, definer: null, self: user, own, contextName })
  }

  #add(
    key: string,
    facts: Pick<FunctionFacts, 'name' | 'node' | 'owner' | 'definer' | 'self' | 'own' | 'contextName'>,
  ): FunctionFacts {
    const { node, self, own, owner } = facts
    const hasFirst = own === null ? self !== null : own.self !== null
    const found: FunctionFacts = {
      ...facts,
      signature: signatureOf(
        owner !== null && node.name === '__init__' ? NO_PARAMETERS : node,
        hasFirst ? 1 : 0,
      ),
      isGenerator: isGenerator(node),
      needs: new Set(),
      calls: new Set(),
      isAsync: false,
      handsOn: false,
      isCalled: false,
      isListener: false,
    }
    this.#facts.set(key, found)
    return found
  }

  #free(name: string, owner: string): string {
    let free = name
    if (this.#names.has(free) || this.#file.classes.has(free)) free = `${owner}_${name}`
    while (this.#names.has(free)) free += '_'
    this.#names.add(free)
    return free
  }

  /** Those of functions: methods of own classes are written with their classes. */
  all(): FunctionFacts[] {
    return [...this.#facts.values()].filter(({ own }) => own === null)
  }

  /** The classes whose methods call a function, by others or itself. */
  ownersOf(facts: FunctionFacts): LocustClass[] {
    const all = new Set([facts])
    for (const one of all) for (const other of this.#facts.values()) if (other.calls.has(one)) all.add(other)
    return [...all].flatMap(({ owner }) => (owner === null ? [] : [owner]))
  }

  /** Who calls what waits, waits as well. */
  settle(): void {
    for (let isChanged = true; isChanged;) {
      isChanged = false
      for (const facts of this.#facts.values())
        if (!facts.isAsync && [...facts.calls].some((one) => one.isAsync)) facts.isAsync = isChanged = true
    }
  }
}

/** Of an `__init__` that Locust calls. */
const NO_PARAMETERS: Pick<FunctionNode, 'args'> = {
  args: {
    nodeType: 'Arguments',
    posonlyargs: [],
    args: [],
    kwonlyargs: [],
    kw_defaults: [],
    defaults: [],
  },
}

class FileWriter {
  readonly #module: Module
  readonly #file: LocustFile
  readonly #store: FactsStore
  readonly #marks: Marks
  readonly #statements: Statements
  readonly #work: Work
  readonly #users: readonly UserFacts[]
  readonly #states = new Map<LocustClass, StateFacts>()
  readonly #builders = new Set<string>()
  readonly #written = new Set<FunctionFacts>()
  readonly #notes = new Set<string>()
  /** Task sets among other tasks with an `on_start` or `on_stop`. */
  readonly #entered = new Set<LocustClass>()
  readonly #insides = new Set<LocustClass>()
  /** Listeners that have a place in the scenario. */
  readonly #listening: { readonly event: string; readonly node: FunctionNode }[] = []

  constructor(source: Source, module: Module, file: LocustFile, store: FactsStore) {
    const lines = source.text.split(/\r\n|[\n\r]/)
    this.#module = module
    this.#file = file
    this.#store = store
    this.#marks = new Marks(lines)
    this.#statements = new Statements(this.#marks)
    this.#users = usersOf(file)
    const taking = [...file.functions.values()].filter(takesUser)
    for (const { user, set, sets } of this.#users) {
      const state = stateOf([user, ...sets], taking)
      const entered = sets.filter((one) => one !== set && hooksOf(one).length > 0)
      for (const one of entered) this.#entered.add(one)
      const fields = new Map([...state.fields, ...entered.map((one) => [insideName(one), null] as const)])
      this.#states.set(user, { ...state, fields })
    }
    const parents = new Map(this.#users.flatMap(({ user, sets }) => sets.map((set) => [set, user] as const)))
    this.#work = {
      source,
      lines,
      file,
      factsOf: (owner, node) => store.of(owner, node),
      parents,
      globals: globalsOf(module),
      shared: this.#sharedValues(),
      unsure: new Set([...this.#states.values()].flatMap(({ unsure }) => [...unsure])),
      modules: new Map(),
      isFast: (facts) => {
        const owners = facts === null ? [] : store.ownersOf(facts).map((owner) => parents.get(owner) ?? owner)
        const doing = this.#users.filter(
          ({ user, tasks }) => owners.includes(user) || tasks.some(({ node }) => node === facts?.node),
        )
        const all = new Set((doing.length === 0 ? this.#users : doing).map(({ user }) => isFast(user)))
        return all.size > 1 ? null : all.has(true)
      },
      hostsOf: (owner) => this.#hostsOf(owner === null ? null : (parents.get(owner) ?? owner)),
      constants: new Map(),
      options: new Map(),
      own: readOwnClasses(file, module),
      methodFacts: (of, method) => store.ofMethod(of, method),
      reassigned: reassignedBy(module, file),
      notes: this.#notes,
      loggers: loggersOf(module),
      fakers: fakersOf(module),
    }
  }

  write(): Translation {
    const options = this.#options()
    const top = this.#top()
    const listeners = this.#listeners()
    const scenarios = this.#users.map((one) => this.#scenario(one))
    const insides = this.#insideTexts()
    const functions = this.#functions()
    const states = [...this.#states].flatMap(([user, { fields }]) =>
      fields.size === 0 ? [] : [this.#stateText(user, fields)],
    )
    const body = [options, top, ...states, ...insides, ...functions, listeners, this.#exported(scenarios)]
      .filter((one) => one !== '')
      .join('\n\n')
    return {
      text: `${this.#imports(body)}\n\n${body}\n`,
      marks: this.#marks,
      notes: [...this.#notes],
      users: this.#users.length,
    }
  }

  #imports(body: string): string {
    const hasOptions = this.#work.options.size > 0
    const names = ['scenario', ...(hasOptions ? ['options'] : []), ...this.#builders].sort()
    const types = /\bContext</.test(body) ? ['type Context'] : []
    const modules = [...this.#work.modules].sort(([a], [b]) => (a < b ? -1 : 1))
    return [
      ...modules.map(([module, taken]) => `import { ${[...taken].sort().join(', ')} } from ${quote(module)}`),
      `import { ${[...names, ...types].join(', ')} } from 'corerush'`,
      ...(/\bpy\./.test(body) ? ["import * as py from 'corerush/python'"] : []),
    ].join('\n')
  }

  #options(): string {
    const scope = scopeOf(this.#work, null, [], new Map(), translate)
    const listening = this.#module.body.filter((one) => one.nodeType === 'FunctionDef')
    const found = optionsOf(listening, this.#file, scope, this.#marks)
    for (const [name, { value }] of found) this.#work.options.set(name, value)
    if (found.size > 0)
      this.#notes.add(
        `options of its command line are set by --set NAME=VALUE: ${[...found].map(([name]) => name).join(', ')}`,
      )
    return optionsText(found)
  }

  /** What the listeners of the file do: when it is loaded, or before, during and after the load. */
  #listeners(): string {
    const calls: string[] = []
    for (const one of [...this.#listening]) {
      const { event, node } = one
      const facts = this.#store.of(null, node)
      facts.isListener = true
      if (this.#isLeftOut(event, facts)) {
        this.#listening.splice(this.#listening.indexOf(one), 1)
        continue
      }
      if (REQUEST_EVENTS.has(event)) continue
      facts.isCalled = true
      if (setsGlobals(node)) {
        this.#notes.add(`${node.name} (${event}) runs when the file is loaded, in each worker`)
        calls.push(`${facts.name}()`)
      }
    }
    return calls.join('\n')
  }

  /**
   * Whether a listener that has no whole translation can be left out: nothing is sent after the load, and what only writes
   * to a log changes nothing.
   */
  #isLeftOut(event: string, facts: FunctionFacts): boolean {
    const { node } = facts
    if (!END_EVENTS.has(event) && !isOnlyLogging(node, this.#work.loggers)) return false
    const lines = new Marks(this.#work.lines)
    const statements = new Statements(lines)
    const text = REQUEST_EVENTS.has(event)
      ? requestListenerText(facts, this.#work, statements, translate)
      : functionText(facts, this.#work, statements, translate, lines, 'any')
    if (!text.includes('py.notTranslated(')) return false
    this.#marks.mark(node, `a listener of ${event} that is left out`)
    this.#notes.add(`the listener ${node.name} (${event}) is left out: the report has the figures of the run`)
    return true
  }

  /** `setup`, `teardown` and `onRequest` of a scenario; the first one has what happens once. */
  #hooks(isFirst: boolean): string[] {
    const of = (events: ReadonlySet<string>): FunctionFacts[] =>
      this.#listening
        .filter(({ event, node }) => events.has(event) && (REQUEST_EVENTS.has(event) || !setsGlobals(node)))
        .map(({ node }) => this.#store.of(null, node))
    const calls = (all: readonly FunctionFacts[], given = ''): string =>
      all.map(({ name }) => `${name}(${given})`).join('\n')
    const [before, after, requests] = [of(START_EVENTS), of(END_EVENTS), of(REQUEST_EVENTS)]
    for (const facts of requests) facts.isCalled = true
    const [only, ...more] = requests
    return [
      ...(isFirst && before.length > 0 ? [`setup() {\n${calls(before)}\n}`] : []),
      ...(isFirst && after.length > 0 ? [`teardown() {\n${calls(after)}\n}`] : []),
      ...(only === undefined
        ? []
        : [
            more.length === 0
              ? `onRequest: ${only.name}`
              : `onRequest(event) {\n${calls(requests, 'event')}\n}`,
          ]),
    ]
  }

  /** The statements of the module and the values of its classes, in their order. */
  #top(): string {
    const kept = this.#module.body.filter((one) => this.#isKept(one))
    const used = new Set<string>()
    for (const statement of this.#module.body)
      if (statement.nodeType === 'FunctionDef' || statement.nodeType === 'ClassDef')
        walk(statement, (node) => {
          if (node.nodeType === 'Name') used.add(node.id)
        })
    const scope = scopeOf(this.#work, null, kept, new Map(), translate, { usedElsewhere: used })
    const parts = [this.#statements.block([], { ...scope, body: kept })]
    const hoisted = [...scope.declarations].filter(([, { at, block }]) => at === null && block === kept)
    for (const [name] of hoisted) {
      scope.declared.add(name)
      this.#work.constants.set(name, 'any')
      parts.push(`let ${nameOf(name)}: any`)
    }
    for (const [i, statement] of this.#module.body.entries()) {
      if (statement.nodeType === 'ClassDef' && this.#file.classes.has(statement.name)) {
        parts.push(...this.#classValues(statement, scope))
        continue
      }
      const own = statement.nodeType === 'ClassDef' ? this.#work.own.classes.get(statement.name) : undefined
      if (own !== undefined) {
        parts.push(
          ownClassText(own, { work: this.#work, statements: this.#statements, marks: this.#marks, scope }),
        )
        continue
      }
      if (!this.#isKept(statement)) continue
      parts.push(this.#statements.statement(statement, scope, i === 0))
      for (const [name, kind] of scope.kinds)
        this.#work.constants.set(name, this.#work.globals.has(name) ? 'any' : kind)
    }
    return parts.filter((one) => one !== '').join('\n')
  }

  #isKept(statement: StmtNode): boolean {
    if (statement.nodeType === 'FunctionDef') {
      const event = listenerOf(statement, this.#file)
      return event !== null && this.#keepsListener(event, statement)
    }
    if (statement.nodeType === 'ClassDef')
      return !this.#file.classes.has(statement.name) && !this.#work.own.classes.has(statement.name)
    const added = addedListener(statement)
    if (added !== null) {
      const { event, listener } = added
      const target = listener?.nodeType === 'Name' ? this.#file.functions.get(listener.id) : undefined
      if (event === 'init_command_line_parser') return false
      return target === undefined || this.#keepsListener(event, target)
    }
    const assigned = assignmentOf(statement)
    return (
      assigned === null || !(this.#work.loggers.has(assigned.name) || this.#work.fakers.has(assigned.name))
    )
  }

  /** Whether a listener has no place here, so that its statement is marked. */
  #keepsListener(event: string, listener: FunctionNode): boolean {
    if (event === 'init_command_line_parser') return false
    if (setsExitCode(listener) && isOnlyLogging(listener, this.#work.loggers)) {
      this.#leaveOut(event, listener)
      return false
    }
    const hasPlace = START_EVENTS.has(event) || END_EVENTS.has(event) || REQUEST_EVENTS.has(event)
    if (hasPlace) {
      if (!this.#listening.some(({ node }) => node === listener))
        this.#listening.push({ event, node: listener })
      return false
    }
    if (OF_SEVERAL_PROCESSES.has(event)) {
      this.#notes.add(`listeners between the processes of Locust are left out: ${event}`)
      return false
    }
    if (!isOnlyLogging(listener, this.#work.loggers)) return true
    this.#leaveOut(event, listener)
    return false
  }

  #leaveOut(event: string, listener: FunctionNode): void {
    this.#notes.add(
      setsExitCode(listener)
        ? `the exit code that a listener sets is left out (${event}): --threshold fails a run`
        : `listeners that only log are left out: ${event}`,
    )
  }

  /** The attributes that all users of a class share, by class: those that no method sets. */
  #sharedValues(): Map<LocustClass, Map<string, string>> {
    const found = new Map<LocustClass, Map<string, string>>()
    const names = new Set<string>(this.#file.functions.keys())
    for (const statement of this.#module.body) {
      const assigned = assignmentOf(statement)
      if (assigned !== null) names.add(assigned.name)
    }
    for (const one of this.#file.classes.values()) {
      const own = new Map<string, string>()
      for (const statement of one.node.body) {
        const assigned = assignmentOf(statement)
        if (assigned === null || OF_LOCUST.has(assigned.name) || this.#isState(assigned.name)) continue
        if (one.role === 'shape') continue
        let free = nameOf(assigned.name)
        while (names.has(free)) free = `${one.name}_${free}`
        names.add(free)
        own.set(assigned.name, free)
      }
      found.set(one, own)
    }
    return found
  }

  #isState(name: string): boolean {
    return [...this.#states.values()].some(({ fields }) => fields.has(name))
  }

  #classValues(node: StmtNode & { nodeType: 'ClassDef' }, scope: Scope): string[] {
    const one = this.#file.classes.get(node.name)!
    const values = this.#work.shared.get(one)!
    const inner = node.body.flatMap((statement): string[] => {
      if (statement.nodeType === 'ClassDef' && this.#file.classes.has(statement.name))
        return this.#classValues(statement, scope)
      const assigned = assignmentOf(statement)
      const name = assigned === null ? undefined : values.get(assigned.name)
      if (assigned === null || name === undefined) return this.#other(statement, scope)
      try {
        const value = translate(assigned.value, scope)
        this.#work.constants.set(name, value.kind)
        const type =
          value.kind === 'dict'
            ? ': Record<string, any>'
            : value.kind === 'list' && value.text.startsWith('[')
              ? ': any[]'
              : ''
        if (this.#work.reassigned.has(assigned.name)) {
          this.#work.constants.set(name, 'any')
          return [`let ${name}: any = ${boxed(value).text}`]
        }
        return [`const ${name}${type} = ${value.text}`]
      } catch (error) {
        if (!(error instanceof Untranslatable)) throw error
        this.#work.constants.set(name, 'any')
        return [`const ${name}: any = undefined`, this.#marks.mark(statement, error.message)]
      }
    })
    return inner
  }

  /** Statements of a class that are neither methods nor values. */
  #other(statement: StmtNode, scope: Scope): string[] {
    if (['FunctionDef', 'Pass', 'Comment', 'ClassDef'].includes(statement.nodeType)) return []
    if (statement.nodeType === 'Expr' && statement.value.nodeType === 'Constant') return []
    if (assignmentOf(statement) !== null || statement.nodeType === 'AnnAssign') return []
    return [this.#marks.mark(statement, `${statement.nodeType} in a class`)].filter(
      () => scope.facts === null,
    )
  }

  #stateText(user: LocustClass, fields: ReadonlyMap<string, ExprNode | null>): string {
    const scope = scopeOf(this.#work, null, [], this.#work.constants, translate)
    const lines = [...fields].map(([name, value]) => {
      if (value === null) return `${property(name)}: any`
      try {
        return `${property(name)}: any = ${boxed(translate(value, scope)).text}`
      } catch (error) {
        if (!(error instanceof Untranslatable)) throw error
        return `${property(name)}: any = py.notTranslated(${quote(`line ${value.lineno}: ${error.message}`)})`
      }
    })
    return `/** What each user keeps. */\nclass ${stateName(user)} {\n${lines.join('\n')}\n}`
  }

  /** The functions that others call, once all of them have been read. */
  #functions(): string[] {
    const found: string[] = []
    for (let isMore = true; isMore;) {
      isMore = false
      for (const facts of this.#store.all()) {
        if (!facts.isCalled || this.#written.has(facts)) continue
        this.#written.add(facts)
        isMore = true
        const request = this.#listening.find(
          ({ event, node }) => node === facts.node && REQUEST_EVENTS.has(event),
        )
        if (request !== undefined) {
          const text = requestListenerText(facts, this.#work, this.#statements, translate)
          found.push(text)
          // What it would throw for each request would stop nobody.
          if (text.includes('py.notTranslated('))
            found.push(`py.notTranslated(${quote(`line ${facts.node.lineno}: a listener of requests`)})`)
          continue
        }
        found.push(
          functionText(
            facts,
            this.#work,
            this.#statements,
            translate,
            this.#marks,
            this.#stateOf(facts.owner),
          ),
        )
      }
    }
    return found
  }

  #stateOf(owner: LocustClass | null): string {
    const user = owner === null ? null : (this.#work.parents.get(owner) ?? owner)
    return user !== null && (this.#states.get(user)?.fields.size ?? 0) > 0 ? stateName(user) : 'any'
  }

  #scenario({ user, set, sets, tasks, problem }: UserFacts): string {
    const inner = set ?? user
    const hasState = (this.#states.get(user)?.fields.size ?? 0) > 0
    const starts = [user, ...(set === null ? [] : [set])].flatMap((one) => {
      const init = methodsOf(one).get('__init__')
      const start = methodsOf(one).get('on_start')
      return [init, start].flatMap((found) => (found === undefined ? [] : [this.#store.of(one, found.node)]))
    })
    const stop = [user, inner].flatMap((one) => methodsOf(one).get('on_stop') ?? []).at(-1)
    const parts = [
      this.#users.length > 1 ? `name: ${quote(user.name)}` : '',
      ...this.#share(user),
      this.#baseUrl(user),
      this.#wait(user, set),
      `redirects: ${MOST_REDIRECTS}`,
      ...(this.#isInsecure(user, sets) ? ['insecure: true'] : []),
      ...this.#hooks(user === this.#users[0]!.user),
      inner.role === 'sequence' ? "order: 'sequence'" : '',
      onStartText(starts, hasState ? stateName(user) : null, this.#work, this.#statements, translate),
      this.#onStop(sets, stop === undefined ? null : this.#store.of(inner, stop.node)),
      ...this.#stages(user),
      problem === null
        ? `tasks: {\n${tasks.map((task) => this.#task(task, [])).join(',\n')}\n}`
        : `tasks: py.notTranslated(${quote(`line ${user.node.lineno}: ${problem}`)})`,
    ]
    if (problem !== null) this.#marks.mark(user.node, problem)
    return `scenario({\n${parts.filter((one) => one !== '').join(',\n')}\n})`
  }

  /** The end of a user, which leaves the task sets that it is in, the innermost first. */
  #onStop(sets: readonly LocustClass[], stop: FunctionFacts | null): string {
    const inner = sets.toReversed().flatMap((one) => {
      const found = this.#entered.has(one) ? methodsOf(one).get('on_stop') : undefined
      return found === undefined ? [] : [[one, this.#store.of(one, found.node)] as const]
    })
    if (inner.length === 0)
      return stop === null ? '' : onStopText(stop, this.#work, this.#statements, translate)
    const all = [...inner.map(([, facts]) => facts), ...(stop === null ? [] : [stop])]
    for (const facts of all) facts.isCalled = true
    const call = (facts: FunctionFacts): string => `${facts.isAsync ? 'await ' : ''}${facts.name}(context)`
    const calls = inner.map(([one, facts]) => `if (context.state.${insideName(one)} === true) ${call(facts)}`)
    return `${all.some(({ isAsync }) => isAsync) ? 'async ' : ''}onStop(context) {\n${[...calls, ...(stop === null ? [] : [call(stop)])].join('\n')}\n}`
  }

  #hostsOf(user: LocustClass | null): (string | null)[] {
    const users = user === null ? this.#users.map((one) => one.user) : [user]
    return users.map((one) => {
      const host = attributeOf(one, 'host')
      return host?.nodeType === 'Constant' && typeof host.value === 'string' ? host.value : null
    })
  }

  /** Whether a user trusts every certificate: it says so, or is a FastHttpUser that does not say otherwise. */
  #isInsecure(user: LocustClass, sets: readonly LocustClass[]): boolean {
    const taking = [...this.#file.functions.values()].filter(takesUser)
    if ([user, ...sets].flatMap((one) => lineage(one).map(({ node }) => node)).some(turnsOffVerifying))
      return true
    if (taking.some(turnsOffVerifying)) return true
    const given = attributeOf(user, 'insecure')
    if (given?.nodeType === 'Constant') return given.value === true
    const host = attributeOf(user, 'host')
    const isPlain = host?.nodeType === 'Constant' && /^http:/i.test(String(host.value))
    return isFast(user) && !isPlain
  }

  #share(user: LocustClass): string[] {
    const number = (name: string): number | null => {
      const value = attributeOf(user, name)
      return value?.nodeType === 'Constant' && typeof value.value === 'number' ? value.value : null
    }
    if (this.#users.length === 1) return []
    const [fixed, weight] = [number('fixed_count'), number('weight')]
    if (fixed !== null && fixed > 0) return [`users: ${fixed}`]
    return weight === null || weight === 1 ? [] : [`weight: ${weight}`]
  }

  #baseUrl(user: LocustClass): string {
    const host = attributeOf(user, 'host')
    if (host === null || (host.nodeType === 'Constant' && host.value === null)) {
      this.#notes.add('the file names no host: give it with --url')
      return ''
    }
    if (host.nodeType === 'Constant') return `baseUrl: ${quote(String(host.value).replace(/\/$/, ''))}`
    const scope = scopeOf(this.#work, null, [], this.#work.constants, translate)
    return this.#orMarked(
      host,
      () => `baseUrl: ${translate(host, scope).text.replace(/ \?\? null\)$/, ' ?? undefined)')}`,
      'baseUrl',
    )
  }

  #wait(user: LocustClass, set: LocustClass | null): string {
    const find = (name: string): ExprNode | null =>
      (set === null ? null : attributeOf(set, name)) ?? attributeOf(user, name)
    const wait = find('wait_time')
    const method = [...(set === null ? [] : [set]), user].flatMap(
      (one) => methodsOf(one).get('wait_time') ?? [],
    )[0]
    const scope = scopeOf(this.#work, null, [], this.#work.constants, translate)
    if (method !== undefined) return this.#waitMethod(method.node)
    if (wait === null) {
      const [min, max] = [find('min_wait'), find('max_wait')]
      if (min === null && max === null) return ''
      if (![...this.#file.imports.values()].some((name) => /\bHttpLocust$|\bLocust$/.test(name))) {
        this.#notes.add('min_wait and max_wait are left out, as Locust 1 and later ignore them')
        return ''
      }
      return `wait: ${oldWaitText(min, max, this.#builders) ?? `py.notTranslated(${quote('min_wait and max_wait')})`}`
    }
    return this.#orMarked(
      wait,
      () => {
        const text = waitText(wait, scope, this.#builders)
        return text === '' ? '' : `wait: ${text}`
      },
      'wait',
    )
  }

  /** `def wait_time(self): return …` */
  #waitMethod(node: FunctionNode): string {
    const [only, ...more] = node.body
    const scope = scopeOf(this.#work, null, [], this.#work.constants, translate)
    if (only?.nodeType === 'Return' && only.value !== undefined && more.length === 0) {
      const { value } = only
      return this.#orMarked(
        value,
        () => `wait: ({ random }) => ${translate(value, scope).text.replaceAll('Math.random', 'random')}`,
        'wait',
      )
    }
    this.#marks.mark(node, 'wait_time')
    return `wait: py.notTranslated(${quote(`line ${node.lineno}: wait_time`)})`
  }

  #orMarked(node: ExprNode, write: () => string, field: string): string {
    try {
      return write()
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error
      this.#marks.mark(
        { nodeType: 'Expr', value: node, lineno: node.lineno, col_offset: node.col_offset },
        error.message,
      )
      return `${field}: py.notTranslated(${quote(`line ${node.lineno}: ${error.message}`)})`
    }
  }

  #stages(user: LocustClass): string[] {
    const shape = [...this.#file.classes.values()].find((one) => one.role === 'shape' && !one.isAbstract)
    if (shape === undefined || user !== this.#users[0]!.user) return []
    const stages = stagesOf(shape)
    if (stages !== null) return [`stages: [${stages.map(quote).join(', ')}]`]
    return this.#computedStages(shape)
  }

  /** The stages of a shape whose `tick` is asked when the file is loaded. */
  #computedStages(shape: LocustClass): string[] {
    const scope = scopeOf(this.#work, null, [], this.#work.constants, translate)
    const tick = methodsOf(shape).get('tick')?.node
    const fields = new Map<string, ExprNode>()
    for (const { node } of lineage(shape))
      for (const statement of node.body) {
        const assigned = assignmentOf(statement)
        if (assigned !== null) fields.set(assigned.name, assigned.value)
      }
    if (tick === undefined) {
      const reason = 'a LoadTestShape without tick'
      this.#marks.mark(shape.node, reason)
      return [`stages: py.notTranslated(${quote(`line ${shape.node.lineno}: ${reason}`)})`]
    }
    const facts = this.#store.of(shape, tick)
    facts.isCalled = true
    const state = [...fields].map(([name, value]) =>
      this.#orMarked(
        value,
        () => `${property(name)}: ${boxed(translate(value, scope)).text}`,
        property(name),
      ),
    )
    const init = methodsOf(shape).get('__init__')
    if (init === undefined) return [`stages: py.stages(${facts.name}, { ${state.join(', ')} })`]
    const making = this.#store.of(shape, init.node)
    making.isCalled = true
    return [`stages: py.stages(${facts.name}, { ${state.join(', ')} }, ${making.name})`]
  }

  /** `around` has the task sets that the task is in, from the outermost in. */
  #task({ name, weight, tags, node, owner, set, line }: TaskFacts, around: readonly LocustClass[]): string {
    const key = property(name)
    if (set !== null) return `${key}: ${this.#group(set, weight, tags, around)}`
    if (node === null)
      return `${key}: { run() {\npy.notTranslated(${quote(`line ${line}: a class that is no task set`)})\n} }`
    const facts = this.#store.of(owner, node)
    if (around.some((one) => this.#entered.has(one))) {
      facts.isCalled = true
      const more = [
        ...(weight === 1 ? [] : [`weight: ${weight}`]),
        ...(tags.length === 0 ? [] : [`tags: [${tags.map(quote).join(', ')}]`]),
      ]
      const run = this.#within(around, facts)
      return more.length === 0 ? `${key}: ${run}` : `${key}: { ${more.join(', ')}, run: ${run} }`
    }
    if (facts.isCalled || weight !== 1 || tags.length > 0) {
      const more = [
        ...(weight === 1 ? [] : [`weight: ${weight}`]),
        ...(tags.length === 0 ? [] : [`tags: [${tags.map(quote).join(', ')}]`]),
      ]
      if (facts.isCalled)
        return more.length === 0
          ? `${key}: ${facts.name}`
          : `${key}: { ${more.join(', ')}, run: ${facts.name} }`
      return `${key}: { ${more.join(', ')}, ${taskText(facts, 'run', this.#work, this.#statements, translate)} }`
    }
    return taskText(facts, key, this.#work, this.#statements, translate)
  }

  /** A task set among other tasks, in which a user stays until a task of it leaves. */
  #group(set: LocustClass, weight: number, tags: readonly string[], around: readonly LocustClass[]): string {
    const { tasks, problem } = tasksOf(set, this.#file)
    const more = [
      ...(weight === 1 ? [] : [`weight: ${weight}`]),
      ...(tags.length === 0 ? [] : [`tags: [${tags.map(quote).join(', ')}]`]),
    ]
    if (problem !== null)
      return `{ ${[...more, `run() {\n${this.#marks.mark(set.node, problem)}\n}`].join(', ')} }`
    if (attributeOf(set, 'wait_time') !== null)
      this.#notes.add('the wait_time of a task set among other tasks is left out: that of the user holds')
    if (set.role === 'sequence') more.push("order: 'sequence'")
    return `{ ${[...more, `tasks: {\n${tasks.map((task) => this.#task(task, [...around, set])).join(',\n')}\n}`].join(', ')} }`
  }

  /** A task in task sets that are entered: `(context) => insideCheckout(context, pay)`. */
  #within(around: readonly LocustClass[], facts: FunctionFacts): string {
    const call = facts.self === null ? `() => ${facts.name}()` : facts.name
    // The innermost set is the one that the task itself leaves.
    const inner = around.at(-1)!
    const start = this.#entered.has(inner)
      ? call
      : facts.self === null
        ? call
        : `() => ${facts.name}(context)`
    const text = around
      .filter((one) => this.#entered.has(one))
      .toReversed()
      .reduce<string>((inside, one, i) => {
        const wrapped = `${insideName(one)}(context, ${inside})`
        this.#insides.add(one)
        return i === around.filter((each) => this.#entered.has(each)).length - 1
          ? `(context) => ${wrapped}`
          : `() => ${wrapped}`
      }, start)
    return text
  }

  /** The functions that let users into task sets, and out of them. */
  #insideTexts(): string[] {
    return [...this.#insides].map((set) => {
      const calls = (names: readonly string[]): string =>
        names
          .flatMap((name) => {
            const found = methodsOf(set).get(name)
            if (found === undefined) return []
            const facts = this.#store.of(set, found.node)
            facts.isCalled = true
            return [`${facts.isAsync ? 'await ' : ''}${facts.name}(inside)`]
          })
          .join('\n')
      const name = insideName(set)
      const stop = calls(['on_stop'])
      return `/** Does a task in ${set.name}: a user that is not in it enters it first, and leaves it with the task that interrupts it. */
async function ${name}(context: Context<any>, task: (inside: Context<any>) => unknown): Promise<void> {
let isLeft = false
const inside: Context<any> = { ...context, leave: () => { isLeft = true; return context.leave() } }
try {
if (context.state.${name} !== true) {
${calls(['__init__', 'on_start'])}
context.state.${name} = true
}
await task(inside)
} finally {
if (isLeft && context.state.${name} === true) {
context.state.${name} = false
${stop}
}
}
}`
    })
  }

  #exported(scenarios: readonly string[]): string {
    const [only, ...more] = scenarios
    if (only === undefined) return ''
    return `export default ${more.length === 0 ? only : `[${scenarios.join(',\n')}]`}`
  }
}

/** python-requests follows this many. */
const MOST_REDIRECTS = 30

/** Attributes of classes that have a meaning of their own. */
const OF_LOCUST: ReadonlySet<string> = new Set([
  'host',
  'wait_time',
  'min_wait',
  'max_wait',
  'tasks',
  'task_set',
  'weight',
  'fixed_count',
  'abstract',
  'connection_timeout',
  'network_timeout',
  'insecure',
  'max_redirects',
  'max_retries',
])

/** Events after which a listener is done before the load, and those after it. */
const START_EVENTS: ReadonlySet<string> = new Set(['init', 'test_start'])
const END_EVENTS: ReadonlySet<string> = new Set(['test_stop', 'test_stopping', 'quitting', 'quit'])

/** Events of a master and its workers, which a run in one process does not have. */
const OF_SEVERAL_PROCESSES: ReadonlySet<string> = new Set([
  'report_to_master',
  'worker_report',
  'worker_connect',
  'heartbeat_sent',
  'heartbeat_received',
])

/** `verify=False` in a request, and `client.verify = False`. */
const turnsOffVerifying = (node: ASTNode): boolean =>
  some(
    node,
    (one) =>
      (one.nodeType === 'Call' &&
        one.keywords.some(
          ({ arg, value }) => arg === 'verify' && value.nodeType === 'Constant' && value.value === false,
        )) ||
      (one.nodeType === 'Assign' &&
        one.targets.some((target) => target.nodeType === 'Attribute' && target.attr === 'verify') &&
        one.value.nodeType === 'Constant' &&
        one.value.value === false),
  )

/** Whether a function sets variables of the module. */
const setsGlobals = (node: FunctionNode): boolean => some(node, ({ nodeType }) => nodeType === 'Global')

/** Attributes that are set by their class: `Shopper.count += 1`, `type(self).count += 1`. */
function reassignedBy(module: Module, file: LocustFile): Set<string> {
  const found = new Set<string>()
  walk(module, (node) => {
    if (node.nodeType !== 'Attribute' || node.ctx.nodeType === 'Load') return
    const { value } = node
    const isClass =
      (value.nodeType === 'Name' && file.classes.has(value.id)) ||
      (value.nodeType === 'Attribute' && value.attr === '__class__') ||
      (value.nodeType === 'Call' && dotted(value.func) === 'type')
    if (isClass) found.add(node.attr)
  })
  return found
}

/** What a task set does when a user enters or leaves it. */
const hooksOf = (set: LocustClass): string[] =>
  ['__init__', 'on_start', 'on_stop'].filter((name) => methodsOf(set).has(name))

const insideName = ({ name }: LocustClass): string => `inside${name}`

const stateName = (user: LocustClass): string => `${user.name}State`

function globalsOf(module: Module): Set<string> {
  const found = new Set<string>()
  walk(module, (node) => {
    if (node.nodeType === 'Global') for (const name of node.names) found.add(name)
  })
  return found
}

/** `logger = logging.getLogger(…)`. */
function loggersOf(module: Module): Set<string> {
  const found = new Set<string>()
  for (const statement of module.body) {
    const assigned = assignmentOf(statement)
    if (assigned?.value.nodeType !== 'Call') continue
    if (/(?:^|\.)getLogger$/.test(dotted(assigned.value.func) ?? '')) found.add(assigned.name)
  }
  return found
}

/** `fake = Faker()`. */
function fakersOf(module: Module): Set<string> {
  const found = new Set<string>()
  for (const statement of module.body) {
    const assigned = assignmentOf(statement)
    if (assigned?.value.nodeType !== 'Call') continue
    if (/^(?:faker\.)?(?:Faker|Factory\.create|Faker\.create)$/.test(dotted(assigned.value.func) ?? ''))
      found.add(assigned.name)
  }
  return found
}
