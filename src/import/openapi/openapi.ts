/** Imports an OpenAPI 3 document as a scenario: a request for each operation. */
import { formatted } from '../formatted.ts'
import type { Imported } from '../imported.ts'
import { isObject, listOf, objectOf, textOf, type Json } from '../json.ts'
import { importError, type Source } from '../source.ts'
import { quote } from '../typescript.ts'
import { Names } from '../written/names.ts'
import { requestCode } from '../written/request-code.ts'
import { scenarioText } from '../written/scenario-file.ts'
import { Secrets } from '../written/secrets.ts'
import { ForeignReference, OpenApiDocument } from './openapi-document.ts'
import { operationRequest, type Operation, type Shared } from './openapi-operation.ts'

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** Values that are made up are named up to this many. */
const MOST_NAMED = 8

/** Resolves to a scenario. `value` is the document of the source. Throws a CorerushError for another version. */
export async function importOpenApi(source: Source, value: unknown): Promise<Imported> {
  const root = objectOf(value)
  if (root['swagger'] !== undefined)
    throw importError(source, null, 'is Swagger 2; convert it to OpenAPI 3, such as by editor.swagger.io')
  const version = root['openapi']
  // YAML reads 3.0 as a number.
  if (!/^3(?:\.|$)/.test(typeof version === 'number' ? String(version) : (textOf(version) ?? '')))
    throw importError(source, null, 'is not an OpenAPI 3 document: it has no openapi: 3')
  const document = new OpenApiDocument(root)
  const names = new Names()
  const shared: Shared = { document, secrets: new Secrets(names), names, uses: new Set(), made: [] }
  try {
    return await scenarioOf(source, shared)
  } catch (error) {
    if (!(error instanceof ForeignReference)) throw error
    throw importError(source, null, `refers to ${error.message}; bundle it into one file first`)
  }
}

async function scenarioOf(source: Source, shared: Shared): Promise<Imported> {
  const { document, secrets, uses, made } = shared
  const operations = operationsOf(document)
  if (operations.length === 0) throw importError(source, null, 'has no operations')
  let marked = 0
  const tasks = operations.map((operation) => {
    const found = operationRequest(operation, shared)
    if ('request' in found)
      return `async ${quote(operation.name)}({ http }) {\n${requestCode(found.request).join('\n')}\n}`
    marked++
    uses.add('notTranslated')
    return `${quote(operation.name)}() {\nnotTranslated(${quote(found.problem)})\n}`
  })
  const server = serverOf(document)
  const text = scenarioText({
    uses,
    title: `${textOf(objectOf(document.root['info'])['title']) ?? 'The API'}: a request for each of ${operations.length} operations.`,
    declarations: secrets.declarations,
    fields: [...(server === null ? [] : [`baseUrl: ${quote(server)}`]), `tasks: {\n${tasks.join(',\n')}\n}`],
  })
  const more = made.length - MOST_NAMED
  return {
    kind: 'scenario',
    text: await formatted(text),
    companions: [],
    notes: [
      `${operations.length} operations, ${marked} marked with notTranslated`,
      ...(server === null ? ['the document names no host: give it with --url'] : []),
      ...secrets.notes,
      ...(made.length === 0
        ? []
        : [
            `made up, as the document has no example: ${made.slice(0, MOST_NAMED).join(', ')}${more > 0 ? `, and ${more} more` : ''}`,
          ]),
    ],
  }
}

function operationsOf(document: OpenApiDocument): Operation[] {
  const taken = new Set<string>()
  return Object.entries(objectOf(document.root['paths'])).flatMap(([path, given]) => {
    const item = document.resolve(given)
    return METHODS.flatMap((method) => {
      const node = item[method]
      if (!isObject(node)) return []
      const own = textOf(node['operationId'])
      const name = own === null || taken.has(own) ? `${method.toUpperCase()} ${path}` : own
      taken.add(name)
      return [
        { method: method.toUpperCase(), path, name, node, parameters: parametersOf(document, item, node) },
      ]
    })
  })
}

/** Those of an operation go before those of its path with the same name and place. */
function parametersOf(document: OpenApiDocument, item: unknown, node: unknown): Json[] {
  const found = new Map<string, Json>()
  for (const one of [...listOf(objectOf(item)['parameters']), ...listOf(objectOf(node)['parameters'])]) {
    const resolved = document.resolve(one)
    found.set(`${textOf(resolved['in']) ?? ''} ${textOf(resolved['name']) ?? ''}`, resolved)
  }
  return [...found.values()]
}

/** The first server, with the defaults of its variables; `null` for a relative one. */
function serverOf({ root }: OpenApiDocument): string | null {
  const [first] = listOf(root['servers'])
  const { url, variables } = objectOf(first)
  const whole = (textOf(url) ?? '').replace(
    /\{([^{}]+)\}/g,
    (_, name: string) => textOf(objectOf(objectOf(variables)[name])['default']) ?? '',
  )
  return /^https?:\/\/[^/]/i.test(whole) ? whole.replace(/\/$/, '') : null
}
