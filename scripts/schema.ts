/** The checked-in JSON Schemas, made from the types: `npm run generate` writes them. */
import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'

const inRepository = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

interface Schema {
  readonly [key: string]: unknown
}

/** By their files. */
export function makeSchemas(): Readonly<Record<string, Schema>> {
  const generator = createGenerator({
    path: inRepository('src/core/{report/report,config/config,find/find-report}.ts'),
    tsconfig: inRepository('src/tsconfig.json'),
    topRef: false,
    // The types are checked by everything else.
    skipTypeCheck: true,
  })
  return {
    'report.schema.json': plain(generator.createSchema('Report')),
    'find.schema.json': plain(generator.createSchema('FindReport')),
    'config.schema.json': withDefaultsInWords(plain(generator.createSchema('Config'))),
  }
}

/** Sorts the keys: the order of the types says nothing. */
export const sorted = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

const plain = (schema: object): Schema => JSON.parse(JSON.stringify(schema)) as Schema

/** Our defaults are words, such as `all tasks`, which an editor must not fill in. */
function withDefaultsInWords(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('default' in value) || !('description' in value))
      return value
    const { default: words, description, ...rest } = value
    return { ...rest, description: `${String(description)} Default: ${String(words)}.` }
  }) as Schema
}
