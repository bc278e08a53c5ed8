/** The checked-in JSON Schemas are those of the types, and real reports are valid by theirs. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run, type Options } from '../dist/index.js'
import { makeSchemas } from '../scripts/schema.ts'
import { startFaults, type Faults } from './support/faults.ts'

const file = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))
const schema = JSON.parse(readFileSync(file('schema/report.schema.json'), 'utf8')) as object
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema)

let server: Faults
beforeAll(async () => {
  server = await startFaults('ok')
})
afterAll(() => server.stop())

test('the schemas are those of the types: if not, npm run generate', () => {
  const config = JSON.parse(readFileSync(file('schema/config.schema.json'), 'utf8')) as object
  const find = JSON.parse(readFileSync(file('schema/find.schema.json'), 'utf8')) as object
  expect(makeSchemas()).toEqual({
    'report.schema.json': schema,
    'config.schema.json': config,
    'find.schema.json': find,
  })
})

test.each<[string, Options]>([
  ['closed', { users: 3, wait: '50ms', duration: '1500ms', thresholds: ['p99 < 1s over 1s warn'] }],
  ['open', { rate: 50, duration: '1s', arrival: 'poisson', body: new Uint8Array([255]), requests: 20 }],
])('the report of a real run is valid: %s', async (_, options) => {
  const report = await run({ url: server.url, ...options })
  expect([validate(report), validate.errors]).toEqual([true, null])
  expect(validate({ ...report, total: undefined })).toBe(false)
  expect(validate({ ...report, total: { ...report.total, finished: 'many' } })).toBe(false)
})
