import { describe, expect, test } from 'vitest'
import type { Options } from '../../../../src/core/options/options.ts'
import { buildPlan, type Plan } from '../../../../src/core/plan/plan.ts'
import { redactPlan } from '../../../../src/core/plan/redact.ts'
import { renderRequest, templateOf } from '../../../../src/core/resolve/request/request-template.ts'
import { resolveOptions } from '../../../../src/core/resolve/resolve.ts'

const HOST = { cores: 1, descriptors: 100 }
const COLUMNS = ['name', 'token']
function planned(options: Options): Plan | string[] {
  const result = resolveOptions({ url: 'http://a.test/', ...options }, HOST, null, {
    columns: COLUMNS,
    targets: null,
  })
  if ('problems' in result) return result.problems.map(({ option, message }) => `${option} ${message}`)
  return buildPlan(result.resolved, 'corerush/test')
}
const plan = (options: Options): Plan => {
  const made = planned(options)
  if (Array.isArray(made)) throw new Error(made.join('\n'))
  return made
}
const FILLING = { user: 3, seq: 9, random: () => 0.5, row: { name: 'ä b', token: 'c4n4ry-5ecret' } }

describe('a request with placeholders', () => {
  const made = plan({
    url: 'http://us:er@A.test/x y/{{user}}?q={{name}}&z=1#{{seq}}',
    headers: { 'X-Seq': '{{seq}}' },
    body: new TextEncoder().encode('<n>{{name}}</n>'),
    data: '/words.csv',
  })

  test('is planned as it is written, named by them, with its rows', () => {
    expect(made).toMatchObject({
      isTemplated: true,
      request: {
        name: 'POST /x%20y/{{user}}',
        url: 'http://a.test/x%20y/{{user}}?q={{name}}&z=1',
        body: { text: '<n>{{name}}</n>' },
      },
      data: { path: '/words.csv', format: 'csv', delimiter: ',', order: 'sequential', end: 'recycle' },
    })
    expect(JSON.parse(JSON.stringify(made))).toEqual(made)
  })

  test('is sent filled in', () => {
    expect(renderRequest(templateOf(made.request), FILLING)).toEqual({
      url: 'http://a.test/x%20y/3?q=%C3%A4%20b&z=1',
      headers: [
        ['user-agent', 'corerush/test'],
        ['X-Seq', '9'],
        ['authorization', 'Basic dXM6ZXI='],
      ],
      body: { text: '<n>ä b</n>' },
    })
  })
})

test('without placeholders it is as it always was, and {{{{ is {{', () => {
  expect(
    plan({ url: 'http://a.test/{{{{x?y={{{{z', body: '{{{{user}}', headers: { a: '{{{{' } }),
  ).toMatchObject({
    isTemplated: false,
    request: {
      url: 'http://a.test/%7B%7Bx?y={{z',
      body: { text: '{{user}}' },
      headers: [
        ['user-agent', 'corerush/test'],
        ['a', '{{'],
      ],
    },
    data: null,
  })
  const bytes = Uint8Array.of(0xff, 0x7b, 0x7b)
  expect(plan({ body: bytes })).toMatchObject({ isTemplated: false, request: { body: { base64: '/3t7' } } })
})

test('what is a secret by its name is none of the plan that is shown, and placeholders are', () => {
  const { url, headers, body } = redactPlan(
    plan({
      url: 'http://a.test/{{name}}?token={{token}}&q={{random 1 5}}',
      headers: { Authorization: 'Bearer {{token}}' },
      body: '{"password":"{{token}}","word":"{{name}}"}',
      data: '/words.csv',
    }),
  ).request
  expect(url).toBe('http://a.test/{{name}}?token=***&q={{random 1 5}}')
  expect(headers).toContainEqual(['Authorization', '***'])
  expect(body).toEqual({ text: '{"password":"***","word":"{{name}}"}' })
})

test.each<[Options, string]>([
  [{ url: 'http://{{name}}.test/' }, 'url can have placeholders behind its host only'],
  [{ url: 'http://a.test/{{nme}}' }, 'url has {{nme}}, which is no placeholder; did you mean {{name}}?'],
  [{ headers: { a: '{{use}}' } }, 'headers has {{use}}, which is no placeholder; did you mean {{user}}?'],
  [{ body: '{{' }, 'body has {{ without }}; {{{{ stands for {{ itself'],
  [{ data: '/w.csv' }, 'data is not used: no placeholder such as {{name}} is one of its columns'],
  [{ dataOrder: 'unique' }, 'dataOrder is about rows of data, and there are none'],
  [{ dataEnd: 'stop' }, 'dataEnd is about rows of data, and there are none'],
  [
    { body: '{{name}}', data: '/w.csv', dataEnd: 'error' as never },
    'dataEnd must be recycle or stop, got "error"',
  ],
  [
    { body: '{{name}}', data: '/w.csv', dataOrder: 'unique', dataEnd: 'recycle' },
    'dataEnd must not be recycle, or rows were not unique, got "recycle"',
  ],
  [
    { body: '{{name}}', data: '/w.csv', dataOrder: 'random', dataEnd: 'stop' },
    'dataEnd does not go with random, which has none, got "stop"',
  ],
])('%j is refused', (options, problem) => {
  expect(planned(options)).toEqual([problem])
})

test('a placeholder that is wrong does not make the data useless as well', () => {
  expect(planned({ body: '{{nme}}', data: '/w.csv' })).toEqual([
    'body has {{nme}}, which is no placeholder; did you mean {{name}}?',
  ])
})

test('in a scenario placeholders are none, and data is what feeders read', () => {
  const scenario = {
    ...{ file: '/s.ts', sha256: '', baseUrl: null, stages: null },
    ...{ scenarios: [], feeders: [], options: [], metrics: [] },
  }
  const result = resolveOptions({ url: 'http://a.test/{{user}}', data: '/w.csv' }, HOST, scenario)
  expect('problems' in result && result.problems.map(({ option }) => option)).toEqual(['url', 'data'])
})
