/** OpenAPI documents: a request for each operation, from its examples, parameters and bodies. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { debugScenario, planDebug } from '../../dist/host/walk-through.js'
import { readYaml } from '../../src/host/files/yaml.ts'
import { formatOf } from '../../src/import/detect/detection.ts'
import { importOpenApi } from '../../src/import/openapi/openapi.ts'
import type { Imported } from '../../src/import/imported.ts'
import { startRecording, type RecordingServer } from '../support/recording-server.ts'
import { strictFaults } from '../support/strict.ts'

const imports = (text: string): Promise<Imported> =>
  importOpenApi({ name: 'a.yaml', text }, readYaml(text, 'a.yaml', false).value)

const DOCUMENT = `openapi: 3.1.0
info: { title: Pets, version: '1' }
servers:
  - url: '{scheme}://HOST/v1/'
    variables: { scheme: { default: http } }
security: [{ token: [] }]
paths:
  /pets/{petId}:
    parameters:
      - { name: petId, in: path, required: true, schema: { type: integer, minimum: 7 } }
    get:
      operationId: getPet
      parameters:
        - { name: fields, in: query, schema: { type: array, items: { type: string } }, example: [name, 'a b'] }
        - { name: more, in: query, schema: { type: string } }
        - { name: X-Tenant, in: header, required: true, schema: { type: string, enum: [acme, other] } }
    put:
      security: []
      requestBody: { $ref: '#/components/requestBodies/Pet' }
  /pets:
    post:
      operationId: createPet
      security: [{ key: [] }]
      requestBody:
        content:
          application/json:
            schema: { $ref: '#/components/schemas/Pet' }
    head: { security: [{ signed: [] }] }
components:
  requestBodies:
    Pet: { content: { application/x-www-form-urlencoded: { examples: { one: { value: { name: Rex, age: 3 } } } } } }
  schemas:
    Named: { type: object, required: [name], properties: { name: { type: string, minLength: 6 } } }
    Pet:
      allOf:
        - $ref: '#/components/schemas/Named'
        - type: object
          required: [id, tags, born]
          properties:
            id: { type: string, format: uuid }
            tags: { type: array, items: { type: string, example: small } }
            born: { type: string, format: date }
            parent: { $ref: '#/components/schemas/Pet' }
  securitySchemes:
    token: { type: http, scheme: bearer }
    key: { type: apiKey, in: query, name: api_key }
    signed: { type: mutualTLS }
`

let server: RecordingServer
let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
  server = await startRecording()
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

test('each operation is sent, with its examples or values of its schemas', async () => {
  const source = DOCUMENT.replace('HOST', `127.0.0.1:${server.port}`)
  expect(formatOf(source)).toBe('openapi')
  const { text, notes } = await imports(source)
  expect(notes).toEqual([
    '4 operations, 1 marked with notTranslated',
    'set in the environment: TOKEN, the authorization token',
    'set in the environment: KEY, the authorization key',
    'made up, as the document has no example: getPet: petId, PUT /pets/{petId}: petId, createPet: the body',
  ])
  const file = join(folder, 'pets.ts')
  writeFileSync(file, text)
  expect(await strictFaults([file])).toEqual([])
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('TOKEN', 't-1')
  vi.stubEnv('KEY', 'k 1')
  const plan = await planDebug({}, file)
  const errors: string[] = []
  await debugScenario(plan, plan.scenario!.scenarios[0]!, (step) => {
    if (step.type === 'ended' && step.error !== null) errors.push(step.error.message)
  })
  expect(errors).toEqual(['not translated: HEAD /pets: its authorization signed of the type mutualTLS'])
  const sent = server.seen.map(({ method, url, headers, body }) => [
    `${method} ${url}`,
    ...headers
      .flatMap(([name, value]) => (/^(?:auth|content-type|x-)/.test(name) ? [`${name}: ${value}`] : []))
      .sort(),
    body.toString(),
  ])
  expect(sent).toEqual([
    ['GET /v1/pets/7?fields=name&fields=a%20b', 'authorization: Bearer t-1', 'x-tenant: acme', ''],
    ['PUT /v1/pets/7', 'content-type: application/x-www-form-urlencoded', 'name=Rex&age=3'],
    [
      'POST /v1/pets?api_key=k%201',
      'content-type: application/json',
      '{"name":"textxx","id":"00000000-0000-4000-8000-000000000000","tags":["small"],"born":"2026-01-01"}',
    ],
  ])
})

test.each([
  ['swagger: "2.0"', 'a.yaml: is Swagger 2; convert it to OpenAPI 3'],
  ['openapi: 3.0.3\npaths: {}', 'a.yaml: has no operations'],
  ['a: 1', 'a.yaml: is not an OpenAPI 3 document'],
  [
    "openapi: 3.0.0\npaths: { /a: { $ref: 'other.yaml#/a' } }",
    'a.yaml: refers to other.yaml#/a; bundle it into one file first',
  ],
])('%j is refused', async (text, message) => {
  const error: unknown = await imports(text).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'CORERUSH_IMPORT', exitCode: 2 })
  expect((error as Error).message).toContain(message)
})
