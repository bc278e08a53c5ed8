import { expect, test } from 'vitest'
import {
  flagOf,
  hasFallback,
  isRead,
  variableOf,
  type Declaration,
} from '../../../src/core/options/declaration.ts'
import { DECLARATIONS, LIBRARY_OPTIONS } from '../../../src/core/options/declarations.ts'

const ALL = Object.entries<Declaration>(DECLARATIONS)

test('no two options share a flag, an alias, a variable or a field of the plan', () => {
  const names = [
    ALL.flatMap(([name, declaration]) => [flagOf(name, declaration) ?? [], declaration.alias ?? []].flat()),
    ALL.map(([name, declaration]) => variableOf(name, declaration)),
    ALL.flatMap(([, { planned }]) => planned ?? []),
  ]
  for (const list of names) expect(list).toEqual([...new Set(list)])
})

test('a default is a value of its format, and printed it is read again', () => {
  const defaults = ALL.flatMap(([name, { format }]) =>
    hasFallback(format) && format.kind === 'text' ? [{ name, format }] : [],
  )
  expect(defaults.length).toBeGreaterThan(5)
  for (const { name, format } of defaults) {
    // Nothing is waited for unless it is asked for.
    if (name === 'waitForTarget') continue
    expect([name, format.parse(format.print(format.fallback))]).toEqual([name, { value: format.fallback }])
  }
})

test('an example and a choice are values of the format', () => {
  for (const [name, { format }] of ALL)
    if (isRead(format))
      for (const text of [...format.examples, ...format.choices])
        expect([name, text, format.parse(text)]).toEqual([
          name,
          text,
          { value: expect.anything() as unknown },
        ])
})

test('a sentence has no capital and no full stop, so that it fits help, documentation and types', () => {
  for (const [name, { sentence }] of ALL)
    expect([
      name,
      /^(?:[a-z0-9"]|[A-Z]{2}|Unix|HOST|KIND|CSV)/.test(sentence),
      sentence.endsWith('.'),
    ]).toEqual([name, true, false])
})

test('what only the command knows is no option of the library', () => {
  expect(LIBRARY_OPTIONS).toContain('users')
  expect(LIBRARY_OPTIONS).not.toContain('quiet')
  expect(LIBRARY_OPTIONS).not.toContain('config')
})
