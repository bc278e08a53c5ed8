/** However long the texts that messages quote, and however many the problems, what is said stays short. */
import { expect, test } from 'vitest'
import { cutLines, cutMessage } from '../../src/core/cut.ts'
import { OptionsError } from '../../src/core/options/options-error.ts'

const LONG = 'x'.repeat(1_000_000)

test('quoted texts and the message itself are cut, short ones stay', () => {
  expect(cutMessage('must be a number, got "abc"')).toBe('must be a number, got "abc"')
  expect(cutMessage(`must be a number, got "${LONG}"; did you mean 5?`)).toBe(
    `must be a number, got "${'x'.repeat(120)}… (1000000 characters)"; did you mean 5?`,
  )
  for (const text of [LONG, `"${LONG}`, `${LONG}"`, '"'.repeat(1_000_001), `"${LONG}" `.repeat(3)])
    expect(cutMessage(text).length).toBeLessThan(1100)
})

test('of many problems the first are said, and how many more there are', () => {
  const problems = Array.from({ length: 80_000 }, (_, i) => ({
    option: `key${i}`,
    message: 'is not an option',
  }))
  const lines = new OptionsError(problems).message.split('\n')
  expect(lines).toHaveLength(21)
  expect(lines[0]).toBe('key0 is not an option')
  expect(lines.at(-1)).toBe('and 79980 more')
  expect(cutLines(['a', 'b'])).toEqual(['a', 'b'])
})
