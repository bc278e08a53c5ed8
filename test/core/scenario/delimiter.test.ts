import { expect, test } from 'vitest'
import { guessDelimiter, parseDelimiter } from '../../../src/core/scenario/delimiter.ts'

test.each([
  ['a,b\n1,2\n', ','],
  ['a;b\n1,5;2\n', ';'],
  ['a\tb\n1,5\t2;3\n', '\t'],
  ['a|b\r\n1|2\r\n', '|'],
  ['"a;b",c\n"1;2",3\n', ','],
  ['a;b,c\n1;2\n', ';'],
  ['"a\n;",b;c\n1;2\n', ';'],
  ['name\nann\n', ','],
  ['', ','],
  ['a;b', ';'],
])('the cells of %j are separated by %j', (text, delimiter) => {
  expect(guessDelimiter(text)).toBe(delimiter)
})

test('a delimiter is one character', () => {
  for (const [text, value] of Object.entries({ ';': ';', tab: '\t', '\\t': '\t', '\t': '\t' }))
    expect(parseDelimiter(text)).toEqual({ value })
  for (const text of ['', ';;', '"', '\n', 'x y']) expect(parseDelimiter(text)).toHaveProperty('problem')
})
