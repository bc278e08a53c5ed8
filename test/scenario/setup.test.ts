/** The setup and teardown of a scenario file, run as a run does. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { LogEntry } from '../../src/core/measure/task-log.ts'
import { buildPlan, type Plan } from '../../src/core/plan/plan.ts'
import { resolveOptions } from '../../src/core/resolve/resolve.ts'
import { conduct } from '../../src/host/run.ts'
import { readScenarios } from '../../src/scenario/file.ts'
import { jsonProblem } from '../../src/scenario/json-value.ts'
import { setUp, type SetUp } from '../../src/scenario/setup.ts'
import { withFolder } from '../support/cli.ts'
import { SimulatedRun } from '../support/simulated-workforce.ts'

const logged: unknown[] = []
const log = ({ worker, level, text }: LogEntry): void => void logged.push([worker, level, text])
const asked = globalThis as { did?: unknown[]; begun?: () => void }
afterEach(() => {
  delete asked.did
  logged.length = 0
})

const HEAD = `import { scenario } from 'corerush'
const did = (globalThis.did ??= [])
const tasks = { T() {} }
`
/** What the code of a scenario file set up, in a folder of its own. */
const inFile = <T>(code: string, work: (file: string) => Promise<T>): Promise<T> =>
  withFolder((folder) => {
    const file = join(folder, 'shop.ts')
    writeFileSync(file, HEAD + code)
    return work(file)
  })
const of = (
  file: string,
  { names = [null] as (string | null)[], limitS = 5, signal = undefined as AbortSignal | undefined } = {},
): Promise<SetUp> =>
  setUp({
    file,
    scenarios: names.map((name, index) => ({ index, name, http: null })),
    baseUrl: 'http://a.test/',
    options: [],
    limitS,
    signal,
    onLog: log,
  })

test('is handed on as JSON, and taken down with the same', async () => {
  await inFile(
    `export default scenario({
  async setup({ baseUrl, signal }) {
    did.push(signal.aborted)
    console.log('logged in as %s', 'admin', { id: 1 })
    return { baseUrl, users: [1, 'two', null, { left: undefined }] }
  },
  teardown: ({ data }) => void did.push(data),
  tasks,
})`,
    async (file) => {
      const { data, tearDown } = await of(file)
      const json = { baseUrl: 'http://a.test/', users: [1, 'two', null, {}] }
      expect(data.map((one) => JSON.parse(one!) as unknown)).toEqual([json])
      expect(await tearDown(log)).toEqual([])
      expect(await tearDown(log)).toEqual([])
      expect(asked.did).toEqual([false, json])
      expect(logged).toEqual([[null, 'log', 'logged in as admin { id: 1 }']])
    },
  )
})

test.each([
  ['setup() { throw new Error("no admin") }', /shop\.ts:5: setup: no admin\n[^]*> 5 \| setup\(\)/],
  [
    'async setup() { await null; return { at: [0, new Date()] } }',
    /shop\.ts:5: setup must return JSON, which every worker is given: at\[1\] is a Date\n[^]*> 5 \|/,
  ],
  ['setup: () => process.exit(3)', /shop\.ts:5: setup: process\.exit\(3\) while setup runs/],
  [
    'setup: () => new Promise(() => setTimeout(() => {}, 3000).unref())',
    /shop\.ts:5: setup: setup takes longer than 0\.2 s, the time of --setup-timeout/,
  ],
])('where %s goes wrong, nothing is sent, and file, line and code are shown', async (field, message) => {
  const failed = inFile(`export default scenario({\n${field},\n tasks })`, (file) =>
    of(file, { limitS: 0.2 }),
  )
  await expect(failed).rejects.toMatchObject({ code: 'CORERUSH_SCENARIO', exitCode: 2 })
  await expect(failed).rejects.toThrow(message)
})

test('what was set up before the one that failed is taken down', async () => {
  await inFile(
    `export default [
  scenario({ name: 'a', setup: () => 1, teardown: ({ data }) => { did.push(data); throw new Error('still there') }, tasks }),
  scenario({ name: 'b', setup: () => fetch('http://127.0.0.1:1/'), tasks }),
]`,
    async (file) => {
      const failed = of(file, { names: ['a', 'b'] })
      await expect(failed).rejects.toThrow(
        /setup of b: fetch failed[^]*shop\.ts:5: teardown of a: still there/,
      )
      expect(asked.did).toEqual([1])
    },
  )
})

test('a run that is ended meanwhile is interrupted, and the signal is named', async () => {
  await inFile(
    `export default scenario({
  setup: ({ signal }) => {
    signal.addEventListener('abort', () => did.push('told'))
    queueMicrotask(() => globalThis.begun())
    return new Promise(() => setTimeout(() => {}, 9000).unref())
  },
  tasks })`,
    async (file) => {
      const ender = new AbortController()
      asked.begun = () => ender.abort('SIGINT')
      await expect(of(file, { signal: ender.signal })).rejects.toMatchObject({ exitCode: 130 })
      expect(asked.did).toEqual(['told'])
    },
  )
})

/** The plan of a run with this file. */
async function planOf(file: string): Promise<Plan> {
  const options = { url: 'http://127.0.0.1:1/', users: 1, wait: '100ms', duration: '1s' }
  const result = resolveOptions(options, { cores: 1, descriptors: 1000 }, await readScenarios(file))
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'))
  return buildPlan(result.resolved, 'corerush/1.2.3')
}

test.each([
  ['', 0, []],
  ['throw new Error("still there")', 1, [expect.stringMatching(/shop\.ts:6: teardown: still there/)]],
])('after the load: %s', async (teardown, exitCode, warnings) => {
  await inFile(
    `export default scenario({\n setup: () => 'up',
 teardown({ data }) { did.push(data); ${teardown} },\n tasks })`,
    async (file) => {
      const run = new SimulatedRun()
      const report = await conduct(await planOf(file), {}, run.hire, run.host)
      expect(report.warnings.filter((text) => text.includes('teardown'))).toEqual(warnings)
      expect(report.exitCode).toBe(exitCode)
      expect(report.total.finished).toBe(10)
      expect(asked.did).toEqual(['up'])
    },
  )
})

test.each([
  [{ a: [1, { b: 2n }] }, 'a[1].b is 2, a bigint'],
  [[undefined], '[0] is undefined'],
  [{ 'a b': NaN }, '["a b"] is NaN'],
  [new Map(), 'it is a Map'],
  [() => 1, 'it is a function'],
  [{ a: { toJSON: () => 1 } }, 'a is an object'],
])('%o is no JSON', (value, problem) => {
  expect(jsonProblem(value)).toBe(problem)
})

test('nor is what contains itself, or is too deep', () => {
  const round: Record<string, unknown> = {}
  round['me'] = [round]
  expect(jsonProblem(round)).toBe('me[0] is within itself')
  let deep: unknown = 1
  for (let i = 0; i < 20_000; i++) deep = [deep]
  expect(jsonProblem(deep)).toMatch(/ is nested more than 500 deep$/)
  const twice = { a: 1 }
  expect(jsonProblem([twice, twice])).toBeNull()
})
