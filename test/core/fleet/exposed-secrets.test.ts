import { expect, test } from 'vitest'
import { exposureProblem, secretsOf } from '../../../src/core/fleet/exposed-secrets.ts'
import { A_REQUEST, aPlan } from '../../support/plan.ts'

const withRequest = (different: object) => aPlan({ request: { ...A_REQUEST, ...different } })
const PLAIN = { name: 'alpha', link: 'plain' } as const

test.each([
  [
    'a header',
    withRequest({ headers: [['authorization', 'Bearer s3cret']] }),
    [],
    'the header authorization',
  ],
  ['a URL', withRequest({ url: 'http://target.test/?token=s3cret' }), [], 'a part of the URL'],
  ['a user in a URL', withRequest({ url: 'http://u:s3cret@target.test/' }), [], 'a part of the URL'],
  ['a body', withRequest({ body: { text: '{"password":"s3cret"}' } }), [], 'a field of the body'],
  [
    'a body of bytes',
    withRequest({ body: { base64: btoa('{"password":"s3cret"}') } }),
    [],
    'a field of the body',
  ],
  ['digest', withRequest({ digest: { user: 'u', password: 's3cret' } }), [], 'credentials'],
  ['a key', aPlan({ key: 's3cret' }), [], 'the key of a certificate'],
  [
    'a proxy',
    aPlan({ proxy: { host: 'p.test', port: 1, authorization: 's3cret', digest: null } }),
    [],
    'credentials of a proxy',
  ],
  ['a hidden value', aPlan({ hidden: ['s3cret'] }), [], 'values that are hidden in its report'],
  ['a column of its rows', aPlan(), ['user', 'password'], 'the column password'],
])('%s is a secret that does not travel where others can read it', (_, plan, columns, named) => {
  expect(secretsOf(plan, columns)).toContain(named)
  const problem = exposureProblem(plan, columns, [{ name: 'beta', link: 'tls' }, PLAIN])
  expect(problem).toContain(named)
  expect(problem).toContain('alpha')
  expect(problem).not.toMatch(/beta|s3cret/)
  expect(exposureProblem(plan, columns, [{ name: 'alpha', link: 'tls' }])).toBeNull()
  expect(exposureProblem(plan, columns, [{ name: 'alpha', link: 'loopback' }])).toBeNull()
})

test('a plan without secrets may travel, however long its bodies are and its URLs are written', () => {
  const plan = withRequest({
    url: 'http://target.test:80',
    body: { text: 'x'.repeat(5000) },
    headers: [['accept', '*/*']],
  })
  expect(secretsOf(plan, ['name', 'city'])).toEqual([])
  expect(secretsOf(withRequest({ body: { base64: btoa('y'.repeat(5000)) } }), [])).toEqual([])
  expect(exposureProblem(plan, [], [PLAIN])).toBeNull()
})
