import { expect, test } from 'vitest'
import { nearest } from '../../src/core/suggest.ts'

const NAMES = ['url', 'users', 'spawnRate', 'duration', 'timeout', 'connectTimeout']

test.each([
  ['user', 'users'],
  ['Users', 'users'],
  ['usesr', 'users'],
  ['urls', 'url'],
  ['duratoin', 'duration'],
  ['dur', 'duration'],
  ['spawn', 'spawnRate'],
  ['spawnrate', 'spawnRate'],
  ['conectTimeout', 'connectTimeout'],
  ['x', null],
  ['banana', null],
  ['', null],
])('%j: %s was meant', (wrong, right) => expect(nearest(wrong, NAMES)).toBe(right))

test('a right name is its own nearest', () => {
  for (const name of NAMES) expect(nearest(name, NAMES)).toBe(name)
})

test('no names, no suggestion', () => expect(nearest('users', [])).toBeNull())
