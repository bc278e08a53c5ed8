/** Functions and methods of a locustfile as functions of the scenario file. */
import type { Kind } from './code.ts'
import { scopeOf, type FunctionFacts, type Need, type Work } from './scope.ts'
import type { Statements } from './statement.ts'
import { Untranslatable } from './untranslatable.ts'
import type { Scope } from './scope.ts'
import type { Marks } from './marks.ts'

type Expression = Scope['expression']

/** `{ http, state }`, or the whole context where it is handed on. */
const contextText = (
  { needs, handsOn }: FunctionFacts,
  order: readonly Need[] = NEEDS,
): { parameter: string; first: string } => {
  const used = order.filter((one) => needs.has(one))
  const pattern = `{ ${used.join(', ')} }`
  if (handsOn) return { parameter: 'context', first: used.length === 0 ? '' : `const ${pattern} = context\n` }
  return { parameter: used.length === 0 ? '' : pattern, first: '' }
}

export const NEEDS: readonly Need[] = [
  'http',
  'state',
  'random',
  'think',
  'cookies',
  'leave',
  'stopUser',
  'stopRun',
]

function bodyOf(
  facts: FunctionFacts,
  work: Work,
  statements: Statements,
  expression: Expression,
  kinds: ReadonlyMap<string, Kind>,
  returned: string | null,
): string {
  const { node } = facts
  const scope = scopeOf(work, facts, node.body, kinds, expression, {
    returned,
    environment: node.args.args.find(({ arg }) => arg === 'environment' || arg === 'env')?.arg ?? null,
  })
  return statements.block(node.body, scope)
}

/** Python hands `environment` or `parent` to these, which Locust does by itself. */
const isInit = ({ node, owner, own }: FunctionFacts): boolean =>
  node.name === '__init__' && owner !== null && own === null

/** The parameters behind the user, and their kinds; a function that has none that can be written is marked as a whole. */
function parametersOf(
  facts: FunctionFacts,
  work: Work,
  statements: Statements,
  expression: Expression,
  marks: Marks,
): { parameters: string; kinds: Map<string, Kind> } | string {
  const scope = scopeOf(work, null, [], new Map(), expression)
  if (isInit(facts) || facts.isListener) return { parameters: '', kinds: new Map() }
  try {
    return statements.parameters(facts.node, facts.self === null ? 0 : 1, scope)
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error
    return marks.mark(facts.node, error.message)
  }
}

/** A function that is called by others. */
export function functionText(
  facts: FunctionFacts,
  work: Work,
  statements: Statements,
  expression: Expression,
  marks: Marks,
  state: string,
): string {
  const found = parametersOf(facts, work, statements, expression, marks)
  const head = `${facts.isAsync ? 'async ' : ''}function${facts.isGenerator ? '*' : ''} ${facts.name}`
  if (typeof found === 'string')
    return `${head}(..._: any[]): ${facts.isAsync ? 'Promise<any>' : 'any'} {\n${found}\n}`
  if (facts.isGenerator && facts.isAsync)
    return `${head}(..._: any[]): any {\n${marks.mark(facts.node, 'a generator that sends requests')}\n}`
  const body = bodyOf(facts, work, statements, expression, found.kinds, null)
  const { parameter, first } = contextText(facts)
  const user = facts.self === null ? [] : [`${parameter === '' ? '_' : parameter}: Context<${state}>`]
  const result = facts.isAsync ? 'Promise<any>' : facts.isGenerator ? 'Generator<any, any>' : 'any'
  return `${head}(${[...user, ...(found.parameters === '' ? [] : [found.parameters])].join(', ')}): ${result} {\n${first}${body}\n}`
}

/** A task: `async name({ http }) { … }`. */
export function taskText(
  facts: FunctionFacts,
  name: string,
  work: Work,
  statements: Statements,
  expression: Expression,
): string {
  const kinds = new Map<string, Kind>()
  const body = bodyOf(facts, work, statements, expression, kinds, null)
  const { parameter, first } = contextText(facts)
  return `${facts.isAsync ? 'async ' : ''}${name}(${parameter}) {\n${first}${body}\n}`
}

/** The bodies of `on_start` of a user and its task set, which make its state. */
export function onStartText(
  starts: readonly FunctionFacts[],
  state: string | null,
  work: Work,
  statements: Statements,
  expression: Expression,
): string {
  const isAsync = starts.some((one) => one.isAsync)
  const isCalling = starts.length > 1 || starts.some(({ handsOn, isCalled }) => handsOn || isCalled)
  if (state !== null && starts.length === 0) return `onStart: () => new ${state}()`
  if (isCalling) {
    const calls = starts.map((one) => `${one.isAsync ? 'await ' : ''}${one.name}(context)`)
    for (const one of starts) one.isCalled = true
    const made = state === null ? 'undefined' : `new ${state}()`
    return `${isAsync ? 'async ' : ''}onStart(start) {\nconst context = { ...start, state: ${made} }\n${calls.join('\n')}\nreturn context.state\n}`
  }
  const [only] = starts
  if (only === undefined) return ''
  const body = bodyOf(only, work, statements, expression, new Map(), state === null ? 'undefined' : 'state')
  const used = NEEDS.filter((one) => only.needs.has(one) && one !== 'state')
  const parameter = used.length === 0 ? '' : `{ ${used.join(', ')} }`
  const [made, returned] = state === null ? ['', ''] : [`const state = new ${state}()\n`, '\nreturn state']
  return `${isAsync ? 'async ' : ''}onStart(${parameter}) {\n${made}${body}${returned}\n}`
}

/** The end of a user. */
export function onStopText(
  facts: FunctionFacts,
  work: Work,
  statements: Statements,
  expression: Expression,
): string {
  if (facts.isCalled) {
    return `onStop: (context) => ${facts.name}(context)`
  }
  return taskText(facts, 'onStop', work, statements, expression)
}

/** What the parameters of a listener of requests are here. */
const OF_REQUEST: Readonly<Record<string, string>> = {
  request_type: 'event.method',
  name: 'event.name',
  response_time: 'py.real(event.latencyMs)',
  response_length: 'event.bytes',
  exception: '(event.ok ? null : event.error)',
  url: 'event.url',
}

/** A listener of requests as an `onRequest`. */
export function requestListenerText(
  facts: FunctionFacts,
  work: Work,
  statements: Statements,
  expression: Expression,
): string {
  const { node } = facts
  const names = [...node.args.posonlyargs, ...node.args.args, ...node.args.kwonlyargs].map(({ arg }) => arg)
  const aliases = names.flatMap((name) => {
    const text = OF_REQUEST[name]
    return text === undefined ? [] : [[name, text] as const]
  })
  const scope = scopeOf(work, facts, node.body, new Map(), expression, { aliases })
  return `function ${facts.name}(event: any): void {\n${statements.block(node.body, scope)}\n}`
}
