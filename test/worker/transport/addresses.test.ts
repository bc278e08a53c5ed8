import { expect, test } from 'vitest'
import { Addresses, turnOf, type Known } from '../../../src/worker/transport/addresses.ts'

/** A resolver that answers when it is told to. */
function resolver() {
  const asked: { host: string; answer: (error: Error | null, addresses?: readonly string[]) => void }[] = []
  return {
    asked,
    lookUp: (host: string, callback: (error: Error | null, addresses: readonly string[]) => void) =>
      void asked.push({ host, answer: (error, addresses = []) => callback(error, addresses) }),
  }
}

test('an address is known without a look-up', () => {
  const addresses = new Addresses(null, () => 0, resolver().lookUp)
  expect(addresses.known('127.0.0.1')).toMatchObject({ families: [[4, ['127.0.0.1']]], proven: 4 })
  expect(addresses.known('::1')).toMatchObject({ families: [[6, ['::1']]], proven: 6 })
  expect(addresses.known('target.test')).toBeNull()
  expect(addresses.seen).toEqual({})
})

test('all who wait share one look-up, which then holds for the run', () => {
  const { asked, lookUp } = resolver()
  let nowUs = 0
  const addresses = new Addresses(null, () => nowUs, lookUp)
  const told: (Known | null)[] = []
  for (let i = 0; i < 100; i++) addresses.find('a.test', (_, known) => told.push(known))
  addresses.find('a.test', () => told.push(null))()
  expect(asked.map(({ host }) => host)).toEqual(['a.test'])
  asked[0]!.answer(null, ['10.0.0.2', '10.0.0.1', '10.0.0.2'])
  expect(told.length).toBe(100)
  nowUs = 1e15
  expect(addresses.known('a.test')).toBe(told[0])
  expect(told[0]).toMatchObject({ families: [[4, ['10.0.0.1', '10.0.0.2']]], proven: 4 })
})

test('a look-up holds as long as the plan says, and all addresses ever found are shown', () => {
  const { asked, lookUp } = resolver()
  let nowUs = 0
  const addresses = new Addresses(2, () => nowUs, lookUp)
  addresses.find('a.test', () => undefined)
  asked[0]!.answer(null, ['10.0.0.1'])
  nowUs = 1_999_999
  expect(addresses.known('a.test')).not.toBeNull()
  nowUs = 2_000_000
  expect(addresses.known('a.test')).toBeNull()
  addresses.find('a.test', () => undefined)
  asked[1]!.answer(null, ['10.0.0.0'])
  expect(addresses.seen).toEqual({ 'a.test': ['10.0.0.0', '10.0.0.1'] })
})

test('a failure reaches all that wait, and is not kept', () => {
  const { asked, lookUp } = resolver()
  const addresses = new Addresses(null, () => 0, lookUp)
  const told: (Error | null)[] = []
  addresses.find('a.test', (error) => told.push(error))
  asked[0]!.answer(new Error('no'))
  expect(told).toEqual([new Error('no')])
  addresses.find('a.test', () => undefined)
  expect(asked.length).toBe(2)
  expect(addresses.seen).toEqual({})
})

test('users take their turn in one family; the other one stands by until one has proven to work', () => {
  const known: Known = {
    families: [
      [6, ['::1', '::2']],
      [4, ['10.0.0.1', '10.0.0.2', '10.0.0.3']],
    ],
    expiresUs: Infinity,
    proven: null,
  }
  expect([0, 1, 2].map((user) => turnOf(known, user, null))).toEqual([
    ['::1', '10.0.0.1'],
    ['::2', '10.0.0.2'],
    ['::1', '10.0.0.3'],
  ])
  expect(turnOf({ ...known, proven: 4 }, 4, null)).toEqual(['10.0.0.2'])
  expect(turnOf(known, 3, 6)).toEqual(['::2'])
  expect(turnOf({ ...known, families: [[4, ['10.0.0.1']]] }, 0, 6)).toEqual([])
})
