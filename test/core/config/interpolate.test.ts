import { expect, test } from 'vitest'
import { interpolate } from '../../../src/core/config/interpolate.ts'

const ENVIRONMENT = { HOST: 'a.test', TOKEN: 's3cret', EMPTY: '', MARK: '${HOST}' }

test.each([
  ['http://${HOST}/', 'http://a.test/', ['a.test']],
  ['${HOST}:${TOKEN}', 'a.test:s3cret', ['a.test', 's3cret']],
  ['${NONE:-b.test}', 'b.test', []],
  ['${EMPTY:-b.test}', 'b.test', []],
  ['${NONE:-}', '', []],
  ['${NONE:-a:-b}', 'a:-b', []],
  ['${TOKEN:-none}', 's3cret', ['s3cret']],
  // What comes from outside is not read once more.
  ['${MARK}', '${HOST}', ['${HOST}']],
  ['$${HOST} $HOST {HOST} 5$', '${HOST} $HOST {HOST} 5$', []],
])('%j is %j', (template, text, values) =>
  expect(interpolate(template, ENVIRONMENT)).toEqual({ text, values, problem: null }),
)

test.each([
  ['${NONE}', 'needs the environment variable NONE, which is not set or empty: ${NONE:-} allows that'],
  ['${EMPTY}', 'needs the environment variable EMPTY, which is not set or empty: ${EMPTY:-} allows that'],
  ['${}', 'has ${}, which names no variable: write $${ for the two characters themselves'],
  ['${a b}', 'has ${a b}, which names no variable: write $${ for the two characters themselves'],
  ['a ${HOST', 'has ${, which names no variable: write $${ for the two characters themselves'],
])('%j: %s', (template, problem) => expect(interpolate(template, ENVIRONMENT).problem).toBe(problem))
