/** An OpenAPI document with its references resolved where they are followed. */
import { isObject, listOf, objectOf, textOf, type Json, type JsonObject } from '../json.ts'

/** A description that refers to a file or URL is not whole. */
export class ForeignReference extends Error {}

export class OpenApiDocument {
  readonly root: JsonObject

  constructor(root: JsonObject) {
    this.root = root
  }

  /** The object, or that which its `$ref` names within the document. */
  resolve(value: unknown, seen: ReadonlySet<string> = new Set()): JsonObject {
    const found = objectOf(value)
    const reference = textOf(found['$ref'])
    if (reference === null) return found
    if (!reference.startsWith('#')) throw new ForeignReference(reference)
    if (seen.has(reference)) return {}
    let target: unknown = this.root
    for (const part of reference.slice(1).split('/').slice(1))
      target = objectOf(target)[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')]
    return this.resolve(target, new Set([...seen, reference]))
  }

  /** The first of several examples, or the one; `undefined` for none. */
  example(given: JsonObject): Json | undefined {
    if (given['example'] !== undefined) return given['example']
    const [first] = Object.values(objectOf(given['examples']))
    const named = first === undefined ? undefined : this.resolve(first)['value']
    return named ?? listOf(given['examples'])[0]
  }
}

/** Nested schemas are followed to this depth. */
const DEEPEST = 8

/** A value of a schema: its example, default or first choice; else one of its type. */
export function valueOf(document: OpenApiDocument, given: unknown, depth = 0): Json {
  const schema = document.resolve(given)
  const said = document.example(schema) ?? schema['default'] ?? schema['const'] ?? listOf(schema['enum'])[0]
  if (said !== undefined) return said
  const parts = listOf(schema['allOf'])
  if (parts.length > 0) {
    const values = [...parts, ...(schema['properties'] === undefined ? [] : [{ ...schema, allOf: [] }])].map(
      (one) => valueOf(document, one, depth + 1),
    )
    return values.every(isObject) ? (Object.assign({}, ...values) as JsonObject) : values[0]!
  }
  const [choice] = [...listOf(schema['oneOf']), ...listOf(schema['anyOf'])]
  if (choice !== undefined) return valueOf(document, choice, depth + 1)
  const types = Array.isArray(schema['type']) ? listOf(schema['type']) : [schema['type'] ?? null]
  const type =
    types.find((one) => one !== 'null') ?? (schema['properties'] === undefined ? 'string' : 'object')
  if (type === 'object') return objectValue(document, schema, depth)
  if (type === 'array') return depth > DEEPEST ? [] : [valueOf(document, schema['items'] ?? {}, depth + 1)]
  if (type === 'boolean') return true
  if (type === 'integer' || type === 'number') return numberValue(schema)
  return textValue(schema)
}

/** Required properties, and those with an example; all, if none is required. */
function objectValue(document: OpenApiDocument, schema: JsonObject, depth: number): Json {
  if (depth > DEEPEST) return {}
  const required = new Set(listOf(schema['required']))
  const properties = Object.entries(objectOf(schema['properties'])).filter(([name, one]) => {
    const property = document.resolve(one)
    if (property['readOnly'] === true) return false
    return required.size === 0 || required.has(name) || document.example(property) !== undefined
  })
  return Object.fromEntries(properties.map(([name, one]) => [name, valueOf(document, one, depth + 1)]))
}

function numberValue(schema: JsonObject): number {
  const least = Number(schema['minimum'] ?? schema['exclusiveMinimum'] ?? 1)
  const most = Number(schema['maximum'] ?? Infinity)
  const value = typeof schema['exclusiveMinimum'] === 'number' ? least + 1 : least
  return Math.min(Number.isFinite(value) ? value : 1, most)
}

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
  time: '00:00:00Z',
  email: 'user@example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  byte: 'dGV4dA==',
}

function textValue(schema: JsonObject): string {
  const known = FORMATS[textOf(schema['format']) ?? '']
  if (known !== undefined) return known
  const [least, most] = [Number(schema['minLength'] ?? 0), Number(schema['maxLength'] ?? Infinity)]
  return 'text'.padEnd(least, 'x').slice(0, most)
}
