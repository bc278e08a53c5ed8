import { describe, expect, test } from 'vitest'
import type { Options } from '../../../../src/core/options/options.ts'
import { buildPlan, plannedConnections, type Plan } from '../../../../src/core/plan/plan.ts'
import { redactPlan } from '../../../../src/core/plan/redact.ts'
import { resolveOptions } from '../../../../src/core/resolve/resolve.ts'
import {
  parseTargetLine,
  readTarget,
  type WrittenTarget,
} from '../../../../src/core/resolve/request/targets-file.ts'

const words = (different: Partial<WrittenTarget>) => ({
  ...{ weight: 1, method: null, url: '/', headers: {}, body: null, name: null },
  ...different,
})

describe('a line of a targets file', () => {
  test.each([
    ['/', {}],
    ['https://a.test/x?y=1', { url: 'https://a.test/x?y=1' }],
    ['3 POST /login  log in', { weight: 3, method: 'POST', url: '/login', name: 'log in' }],
    ['0.5 /a', { weight: 0.5, url: '/a' }],
    [
      'delete /a/{{random 1 5}}?q={{first word}} a',
      { method: 'delete', url: '/a/{{random 1 5}}?q={{first word}}', name: 'a' },
    ],
    [
      '{"url":"/a","weight":2,"headers":{"x":"y"},"body":"b"}',
      { url: '/a', weight: 2, headers: { x: 'y' }, body: 'b' },
    ],
  ])('%j', (line, expected) => {
    expect(parseTargetLine(line)).toEqual(words(expected))
  })

  const rule = 'must be [WEIGHT] [METHOD] URL [NAME], such as 3 POST /login login, or JSON'
  test.each([
    ['login', [rule]],
    ['3 4 /a', [rule]],
    ['Content-Type: text/xml', [rule]],
    ['0 /a', ['weight must be a number above 0']],
    ['{"url":"/a"', ['is no JSON']],
    [
      '{"ulr":"/a"}',
      [
        'ulr is not a field of a request; did you mean url?',
        'url must be an http or https URL, or a path that begins with /',
      ],
    ],
  ])('%j is none', (line, problems) => {
    expect(parseTargetLine(line)).toEqual({ problems })
  })
})

test.each([
  [5, ['must be an object such as {"method":"POST","url":"/login"}']],
  [['/a'], ['must be an object such as {"method":"POST","url":"/login"}']],
  [{ url: 'a' }, ['url must be an http or https URL, or a path that begins with /']],
  [{ url: '/a', weight: '3' }, ['weight must be a number above 0']],
  [
    { url: '/a', method: 1, body: {}, name: [] },
    ['method must be a text', 'body must be a text', 'name must be a text'],
  ],
  [{ url: '/a', headers: ['x: y'] }, []],
  [{ url: '/a', headers: { x: 1 } }, ['headers must be texts by their names']],
])('%j in a list is no request', (value, problems) => {
  expect('problems' in readTarget(value) ? readTarget(value) : { problems: [] }).toEqual({ problems })
})

const planned = (targets: readonly Partial<WrittenTarget>[], options: Options): Plan | string[] => {
  const written = targets.map((one, i) => ({ ...words(one), place: `t.txt:${i + 1}` }))
  const files = { columns: ['name'], targets: written }
  const result = resolveOptions(
    { targets: '/t.txt', ...options },
    { cores: 1, descriptors: 100 },
    null,
    files,
  )
  if ('problems' in result)
    return result.problems.map(({ option, message, place }) => `${place ?? option} ${message}`)
  return buildPlan(result.resolved, 'corerush/test')
}
const requests = (targets: readonly Partial<WrittenTarget>[], options: Options = {}) => {
  const plan = planned(targets, { url: 'http://us:er@a.test/api/?x#y', ...options })
  if (Array.isArray(plan)) throw new Error(plan.join('\n'))
  return plan.targets!.requests.map(({ request }) => request)
}

describe('what a targets file plans', () => {
  test('paths belong to the URL, methods follow the body, names and headers come from the file or the run', () => {
    const shared = { headers: { 'X-All': '1', 'X-Own': 'run' }, name: 'rest' }
    expect(
      requests(
        [
          { url: '/a?b', name: 'a' },
          { url: 'http://b.test/{{user}}', body: 'x', headers: { 'x-own': 'own' } },
        ],
        shared,
      ),
    ).toMatchObject([
      {
        ...{ name: 'a', method: 'GET', url: 'http://a.test/api/a?b', body: null },
        headers: [
          ['user-agent', 'corerush/test'],
          ['X-All', '1'],
          ['X-Own', 'run'],
          ['authorization', 'Basic dXM6ZXI='],
        ],
      },
      {
        ...{ name: 'rest', method: 'POST', url: 'http://b.test/{{user}}', body: { text: 'x' } },
        headers: [
          ['user-agent', 'corerush/test'],
          ['X-All', '1'],
          ['x-own', 'own'],
        ],
      },
    ])
    expect(requests([{ url: '/b/{{user}}' }])[0]!.name).toBe('GET /api/b/{{user}}')
  })

  test('without paths it needs no URL, and goes first to where its first request goes', () => {
    expect(planned([{ url: 'http://b.test/x' }], {})).toMatchObject({
      request: { url: 'http://b.test/', name: '(not started)' },
      targets: { file: '/t.txt', requests: [{ weight: 1, request: { url: 'http://b.test/x' } }] },
    })
  })

  test('every one of its requests is held to the hosts that are allowed', () => {
    const targets = [{ url: '/a' }, { url: 'http://b.test/{{user}}' }, { url: 'http://b.test/c' }]
    expect(planned(targets, { url: 'http://a.test', allowHosts: ['a.test'] })).toEqual([
      'targets goes to b.test:80, which is not allowed; allowed is a.test; did you mean a.test?',
    ])
    expect(planned(targets, { url: 'http://a.test', allowHosts: ['*.test'] })).not.toBeInstanceOf(Array)
  })

  test('requests to another origin take a second connection of each user', () => {
    const connections = (...urls: string[]): number => {
      const plan = planned(
        urls.map((url) => ({ url })),
        { url: 'http://a.test', users: 7 },
      )
      return Array.isArray(plan) ? 0 : plannedConnections(plan)
    }
    expect([connections('/a', 'http://a.test/b'), connections('/a', 'http://b.test/')]).toEqual([7, 14])
  })

  test('names beyond 500 are one', () => {
    const many = Array.from({ length: 510 }, (_, i) => ({ url: `/${i}` }))
    const names = requests(many).map(({ name }) => name)
    expect([names[499], names[500], names[509]]).toEqual([
      'GET /api/499',
      '(other requests)',
      '(other requests)',
    ])
  })

  test('no secret of it is shown', () => {
    const plan = planned(
      [{ url: '/?token=c4n4ry', headers: { Cookie: 'c4n4ry' }, body: 'password=c4n4ry' }],
      { url: 'http://a.test' },
    )
    expect(Array.isArray(plan)).toBe(false)
    expect(JSON.stringify(redactPlan(plan as Plan))).not.toContain('c4n4ry')
  })

  test.each<[Partial<WrittenTarget>[], Options, string[]]>([
    [[{ url: '/a' }], {}, ['url is required']],
    [[{ url: 'http://' }], { url: 'http://a.test' }, ['t.txt:1: url must be an http or https URL']],
    [
      [{ url: '/{{nme}}' }, { url: '/', method: 'a b' }, { url: '/', headers: { a: '\n' } }],
      { url: 'http://a.test', method: 'PUT', body: '' },
      [
        'method does not go with targets, which say what is sent',
        'body does not go with targets, which say what is sent',
        't.txt:1: url has {{nme}}, which is no placeholder; did you mean {{name}}?',
        't.txt:2: method must be an HTTP method, got "a b"',
        't.txt:3: headers must have values of printable Latin-1 characters, and that of a is none',
      ],
    ],
    [
      [{ url: '/', name: 'GetPrograms' }],
      { url: 'http://a.test', thresholds: 'GetProgram: p95 < 1s' },
      ['thresholds must name a request of the plan, did you mean "GetPrograms"?, got "GetProgram: p95 < 1s"'],
    ],
  ])('%j with %j is refused', (targets, options, problems) => {
    expect(planned(targets, options)).toEqual(problems)
  })
})
