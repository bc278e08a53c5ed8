import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import {
  changedAround,
  parseTemplate,
  printTemplate,
  render,
  type Filling,
} from '../../../src/core/request/template.ts'
import { valueOf } from '../../support/parsed.ts'

const COLUMNS = ['name', 'first word', 'seq']
const parse = (text: string, columns: readonly string[] | null = COLUMNS) =>
  valueOf(parseTemplate(text, columns))
const filling = (different: Partial<Filling> = {}): Filling => ({
  ...{ user: 7, seq: 41, random: seededRandom(1), row: { name: 'ann', 'first word': 'two words', n: 5 } },
  ...different,
})
const rendered = (text: string, different: Partial<Filling> = {}): string =>
  render(parse(text, null), filling(different))

describe('what stands in a template', () => {
  test.each([
    ['', []],
    ['no placeholder', ['no placeholder']],
    ['a{{user}}b', ['a', { kind: 'user' }, 'b']],
    ['{{ uuid }}{{random -3 3}}', [{ kind: 'uuid' }, { kind: 'random', from: -3, to: 3 }]],
    ['{{first word}}', [{ kind: 'column', name: 'first word' }]],
    ['{"a":{"b":{{user}}}}', ['{"a":{"b":', { kind: 'user' }, '}}']],
    ['{{{user}}}', ['{', { kind: 'user' }, '}']],
    ['{{{{user}} }}', ['{{user}} }}']],
  ])('%j', (text, parts) => {
    expect(parse(text)).toEqual(parts)
  })

  test.each([
    ['{{usr}}', 'has {{usr}}, which is no placeholder; did you mean {{user}}?'],
    ['{{nam}}', 'has {{nam}}, which is no placeholder; did you mean {{name}}?'],
    ['{{ranom 1 5}}', 'has {{ranom 1 5}}, which is no placeholder; {{{{ stands for {{ itself'],
    ['{{}}', 'has {{}}, which is no placeholder; {{{{ stands for {{ itself'],
    ['x {{ y', 'has {{ without }}; {{{{ stands for {{ itself'],
    ['{{seq}}', 'has {{seq}}, and the data has a column of this name, too: call that otherwise'],
    ['{{random}}', 'has {{random}}, and random takes two whole numbers, as in {{random 1 100}}'],
    ['{{random 5 1}}', 'has {{random 5 1}}, and random takes two whole numbers, as in {{random 1 100}}'],
    ['{{random 1 1.5}}', 'has {{random 1 1.5}}, and random takes two whole numbers, as in {{random 1 100}}'],
    [
      `{{${'x'.repeat(50)}}}`,
      `has {{${'x'.repeat(40)}…}}, which is no placeholder; {{{{ stands for {{ itself`,
    ],
  ])('%j is none', (text, problem) => {
    expect(parseTemplate(text, COLUMNS)).toEqual({ problem })
  })

  test('is printed as it can be read again', () => {
    const pieces = fc.oneof(
      fc.constantFrom('{', '{{{{', '}}', '{{user}}', '{{name}}', '{{random 1 5}}', '{{seq}}'),
      fc.string().filter((text) => !text.includes('{')),
    )
    fc.assert(
      fc.property(fc.array(pieces), (texts) => {
        const parsed = parseTemplate(texts.join(''), null)
        if ('problem' in parsed) return
        expect(parse(printTemplate(parsed.value), null)).toEqual(parsed.value)
      }),
    )
  })
})

describe('what placeholders stand for', () => {
  test('user, iteration and columns, as often as they are written', () => {
    expect(rendered('{{user}}-{{seq}}-{{name}}-{{n}}-{{seq}}')).toBe('7-41-ann-5-41')
  })

  test('what goes into a URL is encoded, what is written is not', () => {
    const template = parse('/a b/{{first word}}?q={{name}}', null)
    expect(render(template, filling({ row: { name: 'ä/&', 'first word': 'a?b' } }), encodeURIComponent)).toBe(
      '/a b/a%3Fb?q=%C3%A4%2F%26',
    )
  })

  test('chance: both ends are reached and nothing beyond, the same for the same seed', () => {
    const random = seededRandom(5)
    const found = new Set(Array.from({ length: 300 }, () => rendered('{{random -1 2}}', { random })))
    expect([...found].sort()).toEqual(['-1', '0', '1', '2'])
    const twice = '{{random 1 1000000}} {{uuid}} {{uuid}}'
    expect(rendered(twice)).toBe(rendered(twice))
    expect(new Set(rendered(twice).split(' ')).size).toBe(3)
  })

  test('a UUID has its version and variant, and none comes twice, where seeded streams come round', () => {
    const template = parse('{{uuid}}')
    const random = seededRandom(1)
    const found = new Set<string>()
    for (let seq = 0; seq < 20_000; seq++) found.add(render(template, { user: 0, seq, random, row: null }))
    expect(found.size).toBe(20_000)
    for (const one of [...found].slice(0, 1000))
      expect(one).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    // Two iterations whose users' streams have come to the same state.
    const same = (seq: number): string => rendered('{{uuid}}', { seq, random: seededRandom(9) })
    expect(same(1)).not.toBe(same(2))
  })
})

test('a column that no data has is reported as such', () => {
  expect(parseTemplate('{{name}}', [])).toEqual({
    problem: 'has {{name}}, which is no placeholder without data; {{{{ stands for {{ itself',
  })
})

test('a text is changed around its placeholders, which go with what is taken away', () => {
  const change = (text: string): string => new URL(text).href.replace(/#.*/, '')
  const around = (text: string): string => printTemplate(changedAround(parse(text, null), change))
  expect(around('http://A.test/x y/{{user}}5/ä?q={{first word}}#{{seq}}')).toBe(
    'http://a.test/x%20y/{{user}}5/%C3%A4?q={{first word}}',
  )
  expect(around('http://a.test/placeholder0./{{user}}')).toBe('http://a.test/placeholder0./{{user}}')
})
