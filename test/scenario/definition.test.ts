import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Options } from '../../src/core/options/options.ts'
import { seededRandom } from '../../src/core/random.ts'
import { buildPlan, plannedConnections, plannedUsers } from '../../src/core/plan/plan.ts'
import { resolveOptions } from '../../src/core/resolve/resolve.ts'
import { chooser, subjectOf, type ScriptPlan } from '../../src/core/scenario/script-plan.ts'
import { codeFrame, readScenarios } from '../../src/scenario/file.ts'
import { planOf } from '../../src/scenario/definition.ts'
import { feeder, type CsvOptions } from '../../src/scenario/feeder.ts'
import type { ScenarioDefinition } from '../../src/scenario/scenario.ts'
import { between, constant, pacing, throughput } from '../../src/scenario/wait.ts'
import { withFolder } from '../support/cli.ts'

const read = (definition: object) => planOf('/s.ts', [definition as ScenarioDefinition<unknown, unknown>])
const run = (): void => undefined

test('what the plan says of a scenario', () => {
  const wait = between('0.9s', '1.1s')
  expect(
    read({
      baseUrl: 'http://a.test',
      wait,
      order: 'sequence',
      tasks: {
        A: run,
        B: { weight: 3, tags: ['x'], run },
        G: {
          order: 'sequence',
          tags: ['g'],
          tasks: { C: { tags: ['x', 'g'], run }, D: { tasks: { E: run } } },
        },
        Never: { weight: 0, tasks: { F: run } },
      },
    }),
  ).toEqual({
    plan: {
      file: '/s.ts',
      baseUrl: 'http://a.test',
      stages: null,
      scenarios: [
        {
          index: 0,
          name: null,
          weight: 1,
          users: null,
          wait: { kind: 'between', minS: 0.9, maxS: 1.1 },
          isSequence: true,
          keepsCookies: true,
          http: null,
          sets: [],
          hasSetup: false,
          hasStart: false,
          tasks: [
            { name: 'A', group: '', at: 0, weight: 1, tags: [] },
            { name: 'B', group: '', at: 1, weight: 3, tags: ['x'] },
            { name: 'G/C', group: 'G', at: 0, weight: 1, tags: ['g', 'x'] },
            { name: 'G/D/E', group: 'G/D', at: 0, weight: 1, tags: ['g'] },
          ],
          groups: [
            { name: 'G', group: '', at: 2, weight: 1, isSequence: true },
            { name: 'G/D', group: 'G', at: 1, weight: 1, isSequence: false },
          ],
        },
      ],
      feeders: [],
      options: [],
      metrics: [],
      own: [{ url: 'http://a.test' }],
    },
    problems: [],
  })
})

/** A group of tasks that is in itself. */
const CYCLE: Record<string, unknown> = (() => {
  const inside: Record<string, unknown> = { B: run }
  inside['again'] = { tasks: inside }
  return { A: { tasks: inside } }
})()

test.each([
  [{ tasks: {} }, 'tasks must have at least one task'],
  [{}, 'tasks must have at least one task'],
  [{ taks: { A: run }, tasks: { A: run } }, 'taks is not a field of a scenario; did you mean tasks?'],
  [{ tasks: { A: 1 } }, 'tasks.A must be a function, have one as run, or be a group with tasks'],
  [{ tasks: { A: { run, weight: 0 } } }, 'tasks must have a task with a weight above 0'],
  [{ tasks: { A: { run, weight: Infinity } } }, 'tasks.A.weight must be a number of at least 0'],
  [{ tasks: { A: { run, tags: 'x' } } }, 'tasks.A.tags must be a list of texts without commas'],
  [{ tasks: { A: { run, tasks: { B: run } } } }, 'tasks.A has run and tasks: a group has no run'],
  [{ tasks: { A: { tasks: {} } } }, 'tasks.A.tasks must have at least one task'],
  [{ tasks: { A: { tasks: { B: 1 } } } }, /^tasks\.A\.tasks\.B must be a function/],
  [{ tasks: { A: { tasks: { B: run }, order: 'x' } } }, 'tasks.A.order must be weights or sequence'],
  [{ tasks: { A: { run, wieght: 2 } } }, 'tasks.A.wieght is not a field of a task; did you mean weight?'],
  [{ tasks: { A: { tasks: { B: run }, onStart: run } } }, /^tasks\.A\.onStart is not a field of a group/],
  [{ tasks: { 'A/B': run, A: { tasks: { B: run } } } }, 'tasks has two tasks or groups called A/B'],
  [{ tasks: CYCLE }, 'tasks.A.tasks.again.tasks contains itself'],
  [{ tasks: { A: run }, wait: '1s' }, /^wait must be made by between, constant, pacing or throughput/],
  [{ tasks: { A: run }, wait: {} }, /^wait must be made by/],
  [{ tasks: { A: run }, wait: [] }, /^wait must be made by/],
  [{ tasks: { A: run }, name: ' ' }, 'name must be a text'],
  [{ tasks: { A: run }, weight: -1 }, 'weight must be a number of at least 0'],
  [{ tasks: { A: run }, users: 1.5 }, 'users must be a whole number from 1 to 1000000'],
  [{ tasks: { A: run }, users: 2, weight: 2 }, 'weight does not go with users, which says it exactly'],
  [{ tasks: { A: run }, baseUrl: 1 }, 'baseUrl must be a text, got 1'],
  [{ tasks: { A: run }, headers: 'x: y' }, /^headers must be an object or lines/],
  [{ tasks: { A: run }, headers: { 'content-length': '1' } }, /^headers must not set content-length/],
  [{ tasks: { A: run }, redirects: -1 }, /^redirects must be a whole number from 0 to 100/],
  [{ tasks: { A: run }, redirects: 'all' }, /^redirects must be/],
  [{ tasks: { A: run }, timeout: 'soon' }, /^timeout must be/],
  [{ tasks: { A: run }, insecure: 'yes' }, 'insecure must be true or false, got "yes"'],
  [{ tasks: { A: run }, http2: 1 }, /^http2 must be true or false/],
  [{ tasks: { A: run }, proxy: 'http://proxy' }, /^proxy must be the http URL of a proxy with its port/],
  [{ tasks: { A: run }, ca: 'none' }, /^ca must be in PEM/],
  [{ tasks: { A: run }, cert: '-----BEGIN X' }, 'cert needs the key that belongs to it'],
  [{ tasks: { A: run }, http2: true, proxy: 'http://p:1' }, 'http2 does not go through a proxy'],
  [{ tasks: { A: run }, onStart: 1 }, 'onStart must be a function'],
  [{ tasks: { A: run }, onStop: {} }, 'onStop must be a function'],
  [{ tasks: { A: run }, cookies: 'no' }, 'cookies must be true or false'],
  [{ tasks: { A: run }, order: 'random' }, 'order must be weights or sequence'],
  [{ tasks: { A: run }, stages: 5 }, 'stages must be text such as 30s:100, or a list of such texts, got 5'],
  [{ tasks: { A: run }, stages: ['5s:5', '5s:5/s'] }, /^stages must be all users or all arrivals per second/],
])('%s: %s', (definition, problem) => {
  const { plan, problems } = read(definition)
  expect(plan).toBeNull()
  expect(problems).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)])
})

test.each([
  [{}, { order: 'sequential', end: 'recycle', delimiter: ',', isGuess: true }],
  [{ order: 'unique' }, { order: 'unique', end: 'stop', delimiter: ',', isGuess: true }],
  [{ order: 'unique', end: 'recycle' }, 'end must not be recycle, or rows were not unique'],
  [{ order: 'random', end: 'stop' }, 'end does not go with random, which has none'],
  [{ order: 'any' }, 'order must be one of sequential, random, shuffle, unique'],
  [{ end: 'never' }, 'end must be one of recycle, stop, error'],
  [{ delimiter: '' }, 'delimiter must be a text'],
  [{ ordr: 'unique' }, 'ordr is not an option of a feeder; did you mean order?'],
])('a feeder with %j', (options, expected) => {
  const feeder = { path: '/rows.csv', format: 'csv', options: options as CsvOptions } as const
  const { plan, problems } = planOf('/s.ts', [{ tasks: { A: run } }], [feeder])
  if (typeof expected === 'string') expect(problems).toEqual([`feeder /rows.csv: ${expected}`])
  else expect(plan!.feeders).toEqual([{ path: '/rows.csv', format: 'csv', ...expected }])
})

test('a feeder has a path', () => {
  expect(() => feeder.csv('')).toThrow('feeder.csv needs the path of a file')
})

test('the four waits', () => {
  expect(between(0.9, '1.1s')).toEqual({ kind: 'between', minS: 0.9, maxS: 1.1 })
  expect(constant('500ms')).toEqual({ kind: 'constant', seconds: 0.5 })
  expect(pacing('1s')).toEqual({ kind: 'pacing', seconds: 1 })
  expect(throughput(2)).toEqual({ kind: 'throughput', perS: 2 })
  expect(() => between('2s', '1s')).toThrow(TypeError)
  expect(() => throughput(0)).toThrow('above 0')
})

describe('tasks are chosen as their weights say', () => {
  test('the shares come out', () => {
    const choose = chooser([1, 3, 6])
    const random = seededRandom(7)
    const counts = [0, 0, 0]
    for (let i = 0; i < 10_000; i++) counts[choose(i, random)]!++
    for (const [i, share] of [0.1, 0.3, 0.6].entries()) expect(counts[i]! / 10_000).toBeCloseTo(share, 1)
  })

  test('every number in [0, 1) chooses an existing one', () => {
    const choose = chooser([0.1, 0.2, 0.7])
    for (const at of [0, 0.1, 0.3, 0.999_999_999, 1 - Number.EPSILON / 2])
      expect([0, 1, 2]).toContain(choose(0, () => at))
  })
})

test('what is wrong with a definition is shown with its line, and so is a file of PEM that is not there', async () => {
  await withFolder(async (folder) => {
    const problemOf = (fields: string): Promise<string> => {
      const file = join(folder, 's.ts')
      const code = ["import { scenario } from 'corerush'", 'export default scenario({', fields, '})', '']
      writeFileSync(file, code.join('\n'))
      return readScenarios(file).then(
        () => '',
        (error: unknown) => (error as Error).message.replaceAll(folder, ''),
      )
    }
    expect(await problemOf("tasks: { A: () => 1 },\n'redirects': -1,")).toBe(
      [
        '/s.ts:4: redirects must be a whole number from 0 to 100, got -1',
        '  2 | export default scenario({',
        '  3 | tasks: { A: () => 1 },',
        "> 4 | 'redirects': -1,",
        '  5 | })',
        '  6 | ',
      ].join('\n'),
    )
    expect(await problemOf('tasks: { A: {\ntasks: { B: 1 } } }')).toContain('> 4 | tasks: { B: 1 }')
    expect(await problemOf("tasks: { A: () => 1 },\nca: 'none.pem'")).toMatch(
      /^\/s\.ts:4: ca names a file that cannot be read/,
    )
  })
})

test('the code around a fault tells no token', () => {
  expect(codeFrame("const headers = { 'x-token': 'c4n4ry' }; nothing()", 1, 42)).toBe(
    `> 1 | const headers = { 'x-token': '***' }; nothing()\n    | ${' '.repeat(38)}^`,
  )
})

test('a code frame marks line and column', () => {
  expect(codeFrame('a\nb\nlet x = y\nd\ne\nf', 3, 9)).toBe(
    ['  1 | a', '  2 | b', '> 3 | let x = y', '    |         ^', '  4 | d', '  5 | e'].join('\n'),
  )
})

test('what the plan keeps of a file is derived from its text', async () => {
  const file = join(import.meta.dirname, '../../examples/getprograms.ts')
  const sha256 = createHash('sha256').update(readFileSync(file, 'utf8')).digest('hex')
  expect(await readScenarios(file)).toMatchObject({ file, sha256 })
})

/** A plan as it is once its file has been read. */
const planned = (
  definitions: readonly ScenarioDefinition<unknown, unknown>[],
): { plan: ScriptPlan | null } => {
  const { plan } = planOf('/s.ts', definitions)
  return { plan: plan === null ? null : { ...plan, sha256: '' } }
}

/** The scenarios that are left of these for these options, or what is wrong. */
function resolved(definitions: readonly object[], options: Options): ScriptPlan['scenarios'] | string[] {
  const { plan } = planned(definitions as ScenarioDefinition<unknown, unknown>[])
  const result = resolveOptions({ url: 'http://a.test', ...options }, { cores: 1, descriptors: 100 }, plan)
  return 'problems' in result
    ? result.problems.map(({ option, message }) => `${option} ${message}`)
    : result.resolved.scenario!.scenarios
}

describe('several scenarios', () => {
  const kind = (name: string, more: object = {}): object => ({ name, tasks: { T: run }, ...more })

  test.each([
    [[kind('a'), kind('a')], 'each of several scenarios must have a name of its own'],
    [[kind('a'), { tasks: { T: run } }], 'each of several scenarios must have a name of its own'],
    [[kind('a'), kind('b', { weight: -1 })], 'scenario b: weight must be a number of at least 0'],
  ])('%j make no plan', (definitions, problem) => {
    expect(planOf('/s.ts', definitions as ScenarioDefinition<unknown, unknown>[])).toEqual({
      plan: null,
      problems: [problem],
    })
  })

  test.each([
    [
      [kind('a', { users: 3 }), kind('b')],
      { users: 2 },
      'users must be at least the 3 users that the scenarios say they have, got 2',
    ],
    [
      [kind('a', { users: 3 }), kind('b', { users: 1 })],
      { users: 5 },
      'users must be 4 users at most, as every scenario says how many it has, got 5',
    ],
    [
      [kind('a', { users: 1 }), kind('b')],
      { rate: 5 },
      'rate goes with the weights of scenarios, and one of them says how many users it has: an arrival asks for no kind of user',
    ],
  ])('%j do not go with %j', (definitions, options, problem) => {
    expect(resolved(definitions, options)).toEqual([problem])
  })

  test.each<[string | string[] | undefined, unknown]>([
    [undefined, ['a 2', 'b 1', 'c 3 users']],
    ['b', ['b 1']],
    ['b=3,a', ['a 2', 'b 3']],
    [
      ['c', 'off'],
      ['c 3 users', 'off 1'],
    ],
    ['c=2', ['c 2']],
    ['bb', ['scenarios must name scenarios of the file, got "bb"; did you mean b?']],
    ['shop=1', ['scenarios must name scenarios of the file, got "shop"; it has a, b, c, off']],
    ['a,a=2', ['scenarios names a twice']],
    ['a=0', ['scenarios must have weights above 0, got "a=0"']],
    ['a=', ['scenarios must have weights above 0, got "a="']],
  ])('--scenario %j', (scenarios, expected) => {
    const all = [kind('a', { weight: 2 }), kind('b'), kind('c', { users: 3 }), kind('off', { weight: 0 })]
    const result = resolved(all, { users: 3, scenarios })
    expect(
      result.map((one) =>
        typeof one === 'string'
          ? one
          : `${one.name} ${one.users === null ? one.weight : `${one.users} users`}`,
      ),
    ).toEqual(expected)
  })

  test('with a rate, users have connections for each, so there are fewer of them', () => {
    const most = (options: Options): number[] => {
      const { plan } = planned([kind('a'), kind('b')] as ScenarioDefinition<unknown, unknown>[])
      const words = { url: 'http://a.test', rate: 5, ...options }
      const result = resolveOptions(words, { cores: 1, descriptors: 20_000 }, plan)
      if ('problems' in result) throw new Error(JSON.stringify(result.problems))
      const made = buildPlan(result.resolved, 'corerush/test')
      return [plannedUsers(made), plannedConnections(made)]
    }
    expect(most({})).toEqual([5_000, 10_000])
    expect(most({ maxUsers: 700 })).toEqual([700, 1_400])
  })

  test('each has its own wait, --wait is for all, and one whose tasks are all left out goes', () => {
    const two = [
      kind('a', { wait: constant('2s') }),
      kind('b', { tasks: { T: { run, tags: ['x'] } }, wait: between('0.5s', '1s') }),
    ]
    const waits = (options: Options): unknown[] =>
      resolved(two, options).map((one) => (typeof one === 'string' ? one : [one.name, one.index, one.wait]))
    const b = { kind: 'between', minS: 0.5, maxS: 1 }
    expect(waits({})).toEqual([
      ['a', 0, { kind: 'constant', seconds: 2 }],
      ['b', 1, b],
    ])
    expect(waits({ tags: 'x' })).toEqual([['b', 1, b]])
    const three = { kind: 'constant', seconds: 3 }
    expect(waits({ wait: '3s' })).toEqual([
      ['a', 0, three],
      ['b', 1, three],
    ])
  })
})

describe('the load over time that a scenario says', () => {
  const stages = ['5s:10', '5s:0']
  const a = { name: 'a', tasks: { T: run } }
  const load = (options: Options) => {
    const { plan } = planned([
      { ...a, stages },
      { ...a, name: 'b' },
    ] as ScenarioDefinition<unknown, unknown>[])
    const result = resolveOptions({ url: 'http://a.test', ...options }, { cores: 1, descriptors: 100 }, plan)
    if ('problems' in result) return result.problems.map(({ option, message }) => `${option} ${message}`)
    const { load: of, durationS, scenario } = result.resolved
    return [
      of.stages?.map(({ to }) => to) ?? null,
      of.model === 'closed' ? of.users : of.ratePerS,
      durationS,
      scenario?.stages,
    ]
  }

  test('is that of all its users, and gives way to any other', () => {
    expect(load({})).toEqual([[10, 0], 1, 10, stages])
    expect(load({ stages: '3s:4' })).toEqual([[4], 1, 3, null])
    expect(load({ users: 7, duration: '1m' })).toEqual([null, 7, 60, null])
  })

  test('is all there is to say, as other stages are', () => {
    expect(load({ duration: '1m' })).toEqual([
      'duration does not go with stages, which set the length of the load, got "1m"',
    ])
  })

  test('is said by one of several', () => {
    const both = [
      { ...a, stages },
      { ...a, name: 'b', stages },
    ] as ScenarioDefinition<unknown, unknown>[]
    expect(planOf('/s.ts', both).problems).toEqual([
      'only one of several scenarios can have stages, which are the load of all users',
    ])
  })

  test('can be a function; where that is wrong, its line is shown', async () => {
    const file = (code: string) => (folder: string) => {
      const path = join(folder, 'scenario.ts')
      writeFileSync(path, `import { scenario, shape } from 'corerush'\n${code}`)
      return readScenarios(path)
    }
    const of = (users: string): string =>
      `const stages = shape({ duration: '2s', users: ${users} })\nexport default scenario({ stages, tasks: { T() {} } })\n`
    expect(await withFolder(file(of('(t) => 3 - t')))).toMatchObject({ stages: ['0s:3', '2s:1'] })
    const wrong = withFolder(file(of('(t) => 1 - t')))
    await expect(wrong).rejects.toMatchObject({ code: 'CORERUSH_SCENARIO', exitCode: 2 })
    await expect(wrong).rejects.toThrow(
      /scenario\.ts:2:\d+: a shape must give numbers of at least 0, and gives -1 at 2 s\n[^]*> 2 \| const stages/,
    )
  })
})

describe('tags choose tasks', () => {
  const { plan: scenario } = planned([
    {
      baseUrl: 'http://a.test',
      tasks: {
        None: run,
        Read: { tags: ['read', 'smoke'], run },
        Write: { tags: ['write', 'smoke'], run },
      },
    },
  ])
  const tasks = (options: Options, of: ScriptPlan | null = scenario): readonly string[] => {
    const url = of === null ? 'http://a.test' : undefined
    const result = resolveOptions({ url, ...options }, { cores: 1, descriptors: 100 }, of)
    return 'problems' in result
      ? result.problems.map(({ option, message }) => `${option} ${message}`)
      : result.resolved.scenario!.scenarios[0]!.tasks.map(({ name }) => name)
  }

  test.each([
    [{}, ['None', 'Read', 'Write']],
    [{ tags: 'smoke' }, ['Read', 'Write']],
    [{ tags: ['read', 'write'] }, ['Read', 'Write']],
    [{ excludeTags: 'write' }, ['None', 'Read']],
    [{ tags: 'smoke', excludeTags: 'write' }, ['Read']],
    [{ tags: 'read', excludeTags: 'smoke' }, ['tags must leave a task of the scenario']],
    [{ tags: 'smok' }, ['tags must name tags of tasks, got "smok"; did you mean smoke?']],
  ])('%j', (options, expected) => {
    expect(tasks(options)).toEqual(expected)
  })

  test('without a scenario there is nothing to choose', () => {
    expect(tasks({ tags: 'read' }, null)).toEqual(['tags chooses tasks of a scenario, and there is none'])
  })
})

test('what a run is called: its scenario’s file, or its one request', () => {
  const scenario = {
    ...{ file: '/x/s.ts', sha256: '', baseUrl: null, stages: null },
    ...{ scenarios: [], feeders: [], metrics: [] },
  }
  const request = { method: 'GET', url: 'http://a.test/' }
  expect(subjectOf({ scenario, targets: null, request })).toBe('s.ts http://a.test/')
  expect(subjectOf({ scenario: null, targets: { file: '/x/t.txt' }, request })).toBe('t.txt http://a.test/')
  expect(subjectOf({ scenario: null, targets: null, request })).toBe('GET http://a.test/')
})

describe('thresholds name scenarios and tasks', () => {
  const of = (threshold: string, ...names: string[]): readonly string[] => {
    const definitions = (names.length === 0 ? [undefined] : names).map((name) => ({
      ...(name === undefined ? {} : { name }),
      tasks: { Pay: run },
    }))
    const found = resolved(definitions, { thresholds: threshold })
    return found.filter((one) => typeof one === 'string')
  }
  test.each([
    ['iterations.failed < 1%', [], null],
    ['buy: iterations.failed < 1%', ['buy', 'sell'], null],
    ['by: iterations.failed < 1%', ['buy', 'sell'], 'must name a scenario of the file, did you mean "buy"?'],
    ['buy: iterations.failed < 1%', [], 'cannot name a scenario: none has a name'],
    ['Pay: taskErrors < 1', [], null],
    ['onStart: taskErrors < 1', [], null],
    ['(not awaited): taskErrors < 1', [], null],
    ['Pay: no stock: left: taskErrors < 1', [], null],
    ['buy: Pay: no stock: taskErrors < 1', ['buy', 'sell'], null],
    ['Pai: taskErrors < 1', [], 'must name a task of the scenario, did you mean "Pay"?'],
    ['Pay: taskErrors < 1', ['buy', 'sell'], 'must name a task of the scenario'],
  ] as const)('%s of %j', (threshold, names, problem) => {
    expect(of(threshold, ...names)).toEqual(problem === null ? [] : [expect.stringContaining(problem)])
  })
})
