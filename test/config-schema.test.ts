/** The JSON Schema of config files: what the documentation shows is valid by it and by the reader, and both know the same keys. */
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { describe, expect, test } from 'vitest'
import { CONFIG_KEYS, configLayers } from '../src/core/config/config-layers.ts'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const schema = JSON.parse(read('schema/config.schema.json')) as {
  properties: object
  definitions: { Profile: { properties: object } }
}
const validate = new Ajv({ strict: false, allErrors: true, allowUnionTypes: true }).compile(schema)

const examples = ['docs/CI.md', 'docs/CONFIG.md'].flatMap((file) => [
  ...[...read(file).matchAll(/```yaml\n([^]*?)```/g)].map(
    ([, text]) => [file, parse(text!) as object] as const,
  ),
  // Their only words that are not JSON's are the names of the keys, and the quotes.
  ...[...read(file).matchAll(/defineConfig\((\{[^]*?\})\)\n```/g)].map(
    ([, text]) => [file, parse(text!) as object] as const,
  ),
])

test('there are examples in both forms', () => expect(examples).toHaveLength(4))

test.each(examples)('an example of %s is valid', (_, value) => {
  expect([validate(value), validate.errors]).toEqual([true, null])
  const { problems } = configLayers({ file: 'c', value, hasTemplates: true, lineOf: () => null })
  expect(problems).toEqual([])
})

test('the schema, the types behind it and the reader know the same keys', () => {
  const keys = [...CONFIG_KEYS].sort()
  expect(Object.keys(schema.definitions.Profile.properties).sort()).toEqual(keys)
  expect(Object.keys(schema.properties).sort()).toEqual([...keys, '$schema', 'profiles'].sort())
})

describe('what the reader refuses is not valid either', () => {
  test.each([
    [{ usres: 5 }],
    [{ users: true }],
    [{ insecure: 'yes' }],
    [{ url: ['x'] }],
    [{ thresholds: [{}] }],
    [{ headers: { A: [] } }],
    [{ arrival: 5 }],
    [{ profiles: [] }],
    [{ profiles: { a: { profiles: {} } } }],
    [[]],
  ])('%j', (value) => {
    expect(validate(value)).toBe(false)
    expect(validate.errors?.[0]?.message).toBeTruthy()
  })
})

test('a profile takes back with null', () => {
  expect(validate({ profiles: { a: { headers: null, users: null } } })).toBe(true)
})
