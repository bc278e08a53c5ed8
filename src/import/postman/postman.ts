/** Imports a collection of Postman (v2.0, v2.1) as a scenario: its requests in their order. */
import { formatted } from '../formatted.ts'
import type { Imported } from '../imported.ts'
import { isObject, listOf, objectOf, readJson, textOf, type Json, type JsonObject } from '../json.ts'
import { importError, type Source } from '../source.ts'
import { quote } from '../typescript.ts'
import { Names } from '../written/names.ts'
import { requestCode } from '../written/request-code.ts'
import { scenarioText } from '../written/scenario-file.ts'
import { Secrets } from '../written/secrets.ts'
import { PostmanRequest, type Shared } from './postman-request.ts'
import { scriptsOf, translated, type Script } from './postman-script.ts'
import { Variables } from './postman-variable.ts'

/** A request with the folders around it. */
interface Item {
  readonly title: string
  readonly item: JsonObject
  readonly auth: Json
}

/** Resolves to a scenario. Throws a CorerushError for a text that is no collection, or has no requests. */
export async function importPostman(source: Source): Promise<Imported> {
  const collection = readJson(source, 'a collection of Postman')
  const root = objectOf(collection)
  if (!Array.isArray(root['item']))
    throw importError(
      source,
      null,
      Array.isArray(root['requests'])
        ? 'is a collection of version 1; export it as version 2.1'
        : 'has no item, as a collection of Postman has',
    )
  const items = itemsOf(root)
  if (items.length === 0) throw importError(source, null, 'has no requests')
  const names = new Names()
  const variables = new Variables(collection, names)
  const scripts = items.map(({ item }) => scriptsOf(item))
  // Which variables are a user's own is known when all scripts are read.
  for (const script of scripts.flat()) if (script.listens === 'test') translated(script.text, variables)
  const secrets = new Secrets(names)
  const base = baseOf(items)
  const shared: Shared = { variables, secrets, names, uses: new Set(), files: new Set(), base }
  let marked = 0
  const mark = (reason: string, text: string): string[] => {
    marked++
    shared.uses.add('notTranslated')
    return [...text.split('\n').map((line) => `// ${line}`.trimEnd()), `notTranslated(${quote(reason)})`]
  }
  const tasks = items.map((one, i) => taskOf(one, scripts[i]!, shared, mark))
  const outer = outerScripts(root).flatMap(({ place, script }) => mark(`the script of ${place}`, script.text))
  const baseField = baseFields(base, variables)
  const declarations = [...variables.declarations(urlVariables(items)), ...secrets.declarations]
  const { state } = variables
  const start =
    outer.length > 0
      ? [`onStart() {\n${outer.join('\n')}${state === null ? '' : `\nreturn ${state}`}\n}`]
      : state === null
        ? []
        : [`onStart: () => (${state})`]
  const text = scenarioText({
    uses: new Set([...shared.uses, ...variables.uses]),
    title: `The collection ${textOf(objectOf(root['info'])['name']) ?? 'of Postman'}: ${items.length} requests.`,
    declarations,
    fields: [
      ...baseField,
      'redirects: true',
      "order: 'sequence'",
      ...start,
      `tasks: {\n${tasks.join(',\n')}\n}`,
    ],
  })
  return {
    kind: 'scenario',
    text: await formatted(text),
    companions: [],
    notes: [
      `${items.length} requests, ${marked} marked with notTranslated`,
      ...notesOf(shared, baseField.length > 0),
    ],
  }
}

/** What a user has to set, and to put beside the scenario. */
const notesOf = ({ variables, secrets, files }: Shared, hasHost: boolean): string[] => [
  ...(variables.missing.length === 0
    ? []
    : [
        `set by --set NAME=VALUE, as the collection has no value or a secret one: ${variables.missing.join(', ')}`,
      ]),
  ...(hasHost ? [] : ['the collection names no host: give it with --url']),
  ...secrets.notes,
  ...[...files].map((file) => `put beside the scenario: ${file}, which a body is read from`),
]

/** All requests, with the names of the folders around them and the authorization that they inherit. */
function itemsOf(root: JsonObject): Item[] {
  const found: Item[] = []
  const taken = new Set<string>()
  const visit = (items: readonly Json[], path: string, auth: Json): void => {
    for (const [i, one] of items.entries()) {
      if (!isObject(one)) continue
      const title = `${path}${(textOf(one['name']) ?? `request ${i + 1}`).trim() || `request ${i + 1}`}`
      if (Array.isArray(one['item'])) visit(one['item'] as Json[], `${title}/`, one['auth'] ?? auth)
      else if (one['request'] !== undefined) {
        let free = title
        for (let n = 2; taken.has(free); n++) free = `${title} (${n})`
        taken.add(free)
        found.push({ title: free, item: one, auth })
      }
    }
  }
  visit(listOf(root['item']), '', root['auth'] ?? null)
  return found
}

/** Scripts of the collection and of folders, which run with each of their requests. */
function outerScripts(root: JsonObject): { readonly place: string; readonly script: Script }[] {
  const folders = (items: readonly Json[]): { place: string; script: Script }[] =>
    items.flatMap((one) => {
      if (!isObject(one) || !Array.isArray(one['item'])) return []
      const place = `the folder ${textOf(one['name']) ?? ''}`
      return [...scriptsOf(one).map((script) => ({ place, script })), ...folders(one['item'] as Json[])]
    })
  return [
    ...scriptsOf(root).map((script) => ({ place: 'the collection', script })),
    ...folders(listOf(root['item'])),
  ]
}

const rawUrl = ({ item }: Item): string => {
  const request = objectOf(item['request'])
  const url = textOf(item['request']) ?? request['url']
  return textOf(url) ?? textOf(objectOf(url)['raw']) ?? ''
}

/** What most URLs begin with: a variable, or an origin. */
function baseOf(items: readonly Item[]): string | null {
  const counts = new Map<string, number>()
  for (const one of items) {
    const [start] = /^(?:\{\{[^{}]+\}\}|https?:\/\/[^/?#{}]+)(?=[/?#]|$)/i.exec(rawUrl(one)) ?? []
    if (start !== undefined) counts.set(start, (counts.get(start) ?? 0) + 1)
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null
}

/** The base URL; none where a variable without a value names it. */
function baseFields(base: string | null, variables: Variables): string[] {
  const [, key] = /^\{\{(.+)\}\}$/.exec(base ?? '') ?? []
  if (key === undefined) return base === null ? [] : [`baseUrl: ${quote(base)}`]
  const value = variables.valueOf(key.trim())
  if (value === '' || value.includes('{{')) return []
  return [`baseUrl: ${variables.slot(key.trim()).code}`]
}

/** Variables that URLs begin with. */
const urlVariables = (items: readonly Item[]): ReadonlySet<string> =>
  new Set(items.flatMap((one) => /^\{\{([^{}]+)\}\}/.exec(rawUrl(one))?.[1]?.trim() ?? []))

function taskOf(
  { title, item, auth }: Item,
  scripts: readonly Script[],
  shared: Shared,
  mark: (reason: string, text: string) => string[],
): string {
  const { variables, uses, names } = shared
  const before = variables.uses.has('random')
  variables.uses.delete('random')
  variables.unknown.clear()
  const behavior = objectOf(item['protocolProfileBehavior'])
  const found = new PostmanRequest(title, shared).written(item['request'] ?? null, auth, behavior)
  const statements: string[] = []
  for (const { listens, text } of scripts)
    if (listens === 'prerequest') statements.push(...mark(`the pre-request script of ${title}`, text))
  const [unknown] = variables.unknown
  const problem =
    'problem' in found ? found.problem : unknown === undefined ? null : `the variable {{${unknown}}}`
  if (problem !== null) statements.push(...mark(`${title}: ${problem}`, `${title}: ${problem}`))
  else if ('request' in found) {
    const tests = scripts
      .filter(({ listens }) => listens === 'test')
      .map(({ text }) => ({ text, done: translated(text, variables) }))
    const status = tests.flatMap(({ done }) => done?.status ?? []).at(-1)
    const reads = tests.flatMap(({ done }) => done?.statements ?? [])
    const response = reads.length === 0 ? null : names.take('response', 'response')
    const options = [...found.request.options, ...(status === undefined ? [] : [`expectStatus: ${status}`])]
    statements.push(
      ...requestCode({ ...found.request, options, response }),
      ...reads.map((one) => one.replace('RESPONSE', response ?? '')),
      ...tests.flatMap(({ text, done }) => (done === null ? mark(`the test script of ${title}`, text) : [])),
    )
  }
  const all = statements.join('\n')
  const context = ['http', 'state', 'random'].filter((name) => new RegExp(`\\b${name}[.(]`).test(all))
  if (before) variables.uses.add('random')
  uses.delete('random')
  return `async ${quote(title)}(${context.length === 0 ? '' : `{ ${context.join(', ')} }`}) {\n${all}\n}`
}
