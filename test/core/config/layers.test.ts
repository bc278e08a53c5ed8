import { describe, expect, test } from 'vitest'
import { merged, type Layer, type Said } from '../../../src/core/config/layers.ts'

type Words = Record<string, string | readonly string[]>
const said = (text: string): Said => ({ text, origin: { by: 'flag', flag: '' } })
const layer = (words: Words): Layer =>
  new Map(
    Object.entries(words).map(([option, value]) => [
      option,
      (typeof value === 'string' ? [value] : value).map(said),
    ]),
  )
/** What is said together, the strongest source first. */
const together = (...layers: Words[]): Words =>
  Object.fromEntries(
    [...merged(layers.map(layer))].map(([option, values]) => {
      const texts = values.map(({ text }) => text)
      return [option, texts.length === 1 ? texts[0]! : texts]
    }),
  )

test('what is said twice is the stronger source’s; what is said once is said', () => {
  expect(together({ users: '5' }, { users: '50', wait: '1s' }, { users: '500', seed: '2' })).toEqual({
    users: '5',
    wait: '1s',
    seed: '2',
  })
})

test('a list is replaced whole, headers by their names', () => {
  expect(
    together(
      { thresholds: 'p99 < 1s', headers: ['x-env: b', 'Accept: */*'] },
      { thresholds: ['rps > 5', 'p50 < 1s'], headers: ['X-Env: a', 'X-Other: c'] },
    ),
  ).toEqual({ thresholds: 'p99 < 1s', headers: ['X-Other: c', 'x-env: b', 'Accept: */*'] })
})

test('no value takes back what weaker sources say, and a still stronger one may say it again', () => {
  expect(together({ ca: [] }, { ca: 'a.pem', url: 'u' })).toEqual({ url: 'u' })
  expect(together({ ca: 'b.pem' }, { ca: [] }, { ca: 'a.pem' })).toEqual({ ca: 'b.pem' })
  expect(together({ headers: [] }, { headers: 'a: b' })).toEqual({})
})

describe('a load that is said in another way replaces the weaker one', () => {
  test.each<[string, Words, Words, Words]>([
    [
      'users over users: the rest stays',
      { users: '5' },
      { users: '9', rampUp: '3s', wait: '1s' },
      { users: '5', rampUp: '3s', wait: '1s' },
    ],
    [
      'users where only the wait was said',
      { users: '5' },
      { wait: '1s', spawnRate: '2' },
      { users: '5', wait: '1s', spawnRate: '2' },
    ],
    [
      'a rate over users',
      { rate: '9' },
      { users: '5', wait: '1s', spawnRate: '2', duration: '1m' },
      { rate: '9', duration: '1m' },
    ],
    [
      'a rate over users with a ramp, which was theirs',
      { rate: '9' },
      { users: '5', rampUp: '3s' },
      { rate: '9' },
    ],
    [
      'a rate where the arrival was said',
      { rate: '9' },
      { arrival: 'poisson', rampUp: '3s' },
      { rate: '9', arrival: 'poisson', rampUp: '3s' },
    ],
    [
      'users over a rate',
      { users: '5' },
      { rate: '9', arrival: 'poisson', maxUsers: '7', onFull: 'drop' },
      { users: '5' },
    ],
    [
      'stages of users over users',
      { stages: '1s:5' },
      { users: '9', wait: '1s', rampUp: '3s', duration: '1m' },
      { stages: '1s:5', wait: '1s' },
    ],
    [
      'stages of arrivals over users',
      { stages: '1s:5/s' },
      { users: '9', wait: '1s', requests: '3' },
      { stages: '1s:5/s' },
    ],
    [
      'users over stages',
      { users: '5', duration: '1m' },
      { stages: ['1s:5', '1s:0'] },
      { users: '5', duration: '1m' },
    ],
    ['stages over stages', { stages: '1s:5' }, { stages: ['2s:5', '1s:0'] }, { stages: '1s:5' }],
    [
      'a log over users and what they send',
      { replay: 'a.log', speed: '2' },
      { users: '5', wait: '1s', spawnRate: '2', targets: 't', duration: '1m', maxUsers: '7' },
      { replay: 'a.log', speed: '2', duration: '1m', maxUsers: '7' },
    ],
    [
      'a rate over a log',
      { rate: '9' },
      { replay: 'a.log', speed: '2', replayFrom: '1m', maxUsers: '7' },
      { rate: '9', maxUsers: '7' },
    ],
    [
      'a ramp over a spawn rate',
      { rampUp: '3s' },
      { users: '5', spawnRate: '2' },
      { users: '5', rampUp: '3s' },
    ],
    [
      'a duration alone changes no load',
      { duration: '5s' },
      { rate: '9', requests: '3' },
      { rate: '9', requests: '3', duration: '5s' },
    ],
  ])('%s', (_, stronger, weaker, expected) => expect(together(stronger, weaker)).toEqual(expected))

  test('a wait over a rate is the user’s own contradiction, and stays one', () => {
    expect(together({ wait: '1s' }, { rate: '9' })).toEqual({ wait: '1s', rate: '9' })
  })
})

test('a scenario replaces the one request; a way to the target another one', () => {
  expect(together({ scenario: 's.ts' }, { method: 'POST', body: 'x', url: 'u' })).toEqual({
    scenario: 's.ts',
    url: 'u',
  })
  expect(together({ proxy: 'p' }, { unixSocket: 's' })).toEqual({ proxy: 'p' })
  expect(together({ against: 'o' }, { baseline: 'b', allow: 'host' })).toEqual({
    against: 'o',
    allow: 'host',
  })
  expect(together({ baseline: 'b' }, { against: 'o' })).toEqual({ baseline: 'b' })
  expect(together({ insecure: 'true' }, { ca: 'a.pem' })).toEqual({ insecure: 'true' })
  expect(together({ insecure: 'false' }, { ca: 'a.pem' })).toEqual({ insecure: 'false', ca: 'a.pem' })
})
