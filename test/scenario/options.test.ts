/** The options of a scenario file: declared in it, set from outside, checked before anything is sent. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, expectTypeOf, test } from 'vitest'
import { plannedDifferences } from '../../src/core/compare/comparable.ts'
import { configLayers } from '../../src/core/config/config-layers.ts'
import { merged, type Layer } from '../../src/core/config/layers.ts'
import { buildPlan, type Plan } from '../../src/core/plan/plan.ts'
import { redactPlan } from '../../src/core/plan/redact.ts'
import { resolveOptions } from '../../src/core/resolve/resolve.ts'
import type { GivenOptions } from '../../src/core/scenario/script-options.ts'
import { renderPlan } from '../../src/output/text/dry-run.ts'
import { renderSettings } from '../../src/output/text/settings-text.ts'
import { loadScenarios, readScenarios } from '../../src/scenario/file.ts'
import { options, ScriptOptions } from '../../src/scenario/options.ts'
import { withFolder } from '../support/cli.ts'

const DECLARED = `{
  items: 10,
  region: { default: 'eu', choices: ['eu', 'us'], description: 'where the shop is' },
  strict: false,
  password: '',
  pin: { default: 'x', secret: true },
}`

const inFile = <T>(code: string, work: (file: string) => Promise<T>): Promise<T> =>
  withFolder((folder) => {
    const file = join(folder, 'shop.ts')
    writeFileSync(file, `import { options, scenario } from 'corerush'\n${code}`)
    return work(file)
  })
const read = (set?: GivenOptions, declared = DECLARED) =>
  inFile(
    `const own = options(${declared})
export default scenario({ baseUrl: 'http://' + own.region + '.test', tasks: { T() {} } })`,
    async (file) => {
      const plan = await readScenarios(file, set)
      // A worker has the same values.
      expect((await loadScenarios(file, plan.options)).scenarios[0]!.definition.baseUrl).toBe(plan.baseUrl)
      return plan
    },
  )
const valuesOf = async (set?: GivenOptions): Promise<unknown[]> =>
  (await read(set)).options.map(({ value }) => value)

test('have their defaults, or what is set, by the type of the default', async () => {
  expect(await valuesOf()).toEqual([10, 'eu', false, '', 'x'])
  expect(await valuesOf(['items=2k', 'region=us', 'strict=true', 'password=a=b', 'items=3'])).toEqual([
    ...[3, 'us', true, 'a=b', 'x'],
  ])
  expect(await valuesOf({ items: 0.5, strict: true, pin: 1234 })).toEqual([0.5, 'eu', true, '', '1234'])
  expect((await read('region=us')).baseUrl).toBe('http://us.test')
})

test.each([
  ['itmes=3', 'set itmes is not an option of the scenario file; did you mean items?'],
  ['zzz=3', 'set zzz is not an option of the scenario file; it has items, region, strict, password, pin'],
  ['items=many', 'set items must be a number, got "many"'],
  ['region=asia', 'set region must be eu or us, got "asia"'],
  ['strict=yes', 'set strict must be true or false, got "yes"'],
  ['items', 'set must be NAME=VALUE'],
])('%s is refused', async (set, problem) => {
  await expect(read(set)).rejects.toMatchObject({ code: 'CORERUSH_OPTIONS', exitCode: 2, message: problem })
})

test.each([
  [
    '{ items: [1] }',
    'the option items must be a text, a number, true or false, or have a default, got a list',
  ],
  ['{ items: { defualt: 1 } }', 'defualt is not a field of the option items; did you mean default?'],
  ['{ items: { default: 1, choices: [2] } }', 'the default of the option items must be one of its choices'],
  ["{ 'a-b': 1 }", 'an option needs a name of letters, digits and _, got "a-b", a string'],
  ['{ items: 1 }); options({ items: 2 }', 'the option items is declared twice'],
  ['7', 'options needs an object such as { items: 10 }, got 7'],
])('options(%s) is refused with its line', async (declared, message) => {
  const wrong = read(undefined, declared)
  await expect(wrong).rejects.toMatchObject({ code: 'CORERUSH_SCENARIO', exitCode: 2 })
  await expect(wrong).rejects.toThrow(message)
  await expect(wrong).rejects.toThrow(/shop\.ts:2:\d+: [^]*> 2 \| const own/)
})

test('a task cannot declare any', () => {
  const own = new ScriptOptions()
  own.isLoaded = true
  expect(() => own.declare({ a: 1 })).toThrow('options are declared when the file is loaded, not by a task')
})

const planOf = async (set?: GivenOptions): Promise<Plan> => {
  const result = resolveOptions({ users: 1 }, { cores: 1, descriptors: 1000 }, await read(set))
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join())
  return buildPlan(result.resolved, 'corerush/1.2.3')
}

test('are shown, the secret ones masked, and are hidden wherever they are quoted', async () => {
  const plan = await planOf(['items=3', 'password=hunter2', 'pin=4711'])
  expect(plan.hidden).toEqual(['hunter2', '4711'])
  const style = { color: false, width: 200 }
  const dry = renderPlan(plan, style)
  expect(dry).toMatch(
    /set +items=3 \(default 10\)\nset +region=eu\nset +strict=false\nset +password=\*\*\*.*\nset +pin=\*\*\*/,
  )
  const origin = { by: 'flag', flag: 'set' } as const
  const given: Layer = new Map([['set', ['items=3', 'pin=4711'].map((text) => ({ text, origin }))]])
  const shown = renderSettings(given, [], plan, style)
  expect(shown).toMatch(/^set +items=3 +--set$/m)
  expect(shown).toMatch(/^set +pin=\*\*\* +--set$/m)
  expect(shown).toMatch(/^set +region=eu +scenario$/m)
  expect(renderSettings(given, [], null, style)).toMatch(/^set +items=\*\*\*/m)
  for (const text of [dry, shown, JSON.stringify(redactPlan(plan))]) expect(text).not.toMatch(/hunter2|4711/)
})

test('two runs with other values are no runs of one plan', async () => {
  const run = async (set: string) => ({
    plan: redactPlan(await planOf(set)),
    host: {} as never,
    version: '1',
  })
  const differences = plannedDifferences(await run('items=3'), await run('items=4'))
  expect(differences.map(({ message }) => message)).toEqual([
    expect.stringContaining('the plans differ in scenario.options') as string,
  ])
  expect(plannedDifferences(await run('items=3'), await run('items=3'))).toEqual([])
})

test('of a config are merged with those of the command by their names', () => {
  const value = { set: { items: 1, strict: true, url: 'http://a' } }
  const { base, problems } = configLayers({ file: 'c.yaml', value, hasTemplates: false, lineOf: () => 1 })
  expect(problems).toEqual([])
  const origin = { by: 'flag', flag: 'set' } as const
  const all = merged([new Map([['set', [{ text: 'items=2', origin }]]]), base])
  expect(all.get('set')!.map(({ text }) => text)).toEqual(['strict=true', 'url=http://a', 'items=2'])
  const wrong = configLayers({
    file: 'c.yaml',
    value: { set: { a: [1] } },
    hasTemplates: false,
    lineOf: () => 7,
  })
  expect(wrong.problems).toMatchObject([
    { message: 'must be a text, a number, true or false, got a list', place: 'c.yaml:7: set.a' },
  ])
})

test('have the types of their defaults and choices', () => {
  const own = options({
    items: 10,
    strict: false,
    name: 'x',
    region: { default: 'eu', choices: ['eu', 'us'] },
    limit: { default: 5 },
  })
  expectTypeOf(own.items).toEqualTypeOf<number>()
  expectTypeOf(own.strict).toEqualTypeOf<boolean>()
  expectTypeOf(own.name).toEqualTypeOf<string>()
  expectTypeOf(own.region).toEqualTypeOf<'eu' | 'us'>()
  expectTypeOf(own.limit).toEqualTypeOf<number>()
  expect(own).toEqual({ items: 10, strict: false, name: 'x', region: 'eu', limit: 5 })
})
