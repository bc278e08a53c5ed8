/** What is kept of the answers of a user's jar is never older than its cookies. */
import { expect, test, vi } from 'vitest'
import type { RequestPlan } from '../../src/core/request/request.ts'
import { newJar } from '../../src/worker/scenario/jar.ts'
import { A_REQUEST } from '../support/plan.ts'

const to = (path: string, headers: RequestPlan['headers'] = []): RequestPlan => ({
  ...A_REQUEST,
  url: `http://target.test${path}`,
  headers,
})
const ROOT = to('/')

test('a cookie that is sent anew, deleted or cleared is not sent as it was', () => {
  const jar = newJar()
  expect(jar.headerFor(ROOT)).toBe('')
  jar.keep(ROOT, ['a=1'])
  expect(jar.headerFor(ROOT)).toBe('a=1')
  jar.keep(ROOT, ['a=1'])
  jar.keep(ROOT, ['a=2', 'b=3'])
  expect(jar.headerFor(ROOT)).toBe('a=2; b=3')
  jar.keep(ROOT, ['a=1'])
  expect(jar.headerFor(ROOT)).toBe('a=1; b=3')
  jar.keep(ROOT, ['a=; Max-Age=0'])
  expect(jar.headerFor(ROOT)).toBe('b=3')
  jar.set('c=4', ROOT.url)
  expect(jar.headerFor(ROOT)).toBe('b=3; c=4')
  jar.clear()
  expect([jar.headerFor(ROOT), jar.get('b', ROOT.url)]).toEqual(['', undefined])
  jar.keep(ROOT, ['a=1'])
  expect(jar.headerFor(ROOT)).toBe('a=1')
})

test('the same words after other ones count again', () => {
  const jar = newJar()
  for (const value of ['1', '2', '1']) jar.keep(ROOT, [`a=${value}`])
  expect(jar.headerFor(ROOT)).toBe('a=1')
  jar.set('a=5', ROOT.url)
  jar.keep(ROOT, ['a=1'])
  expect(jar.headerFor(ROOT)).toBe('a=1')
})

test('one that expires is sent a second longer at most, and one that is renewed goes on', () => {
  vi.useFakeTimers({ now: 1e12, toFake: ['Date'] })
  try {
    const jar = newJar()
    jar.keep(ROOT, ['a=1; Max-Age=5'])
    vi.setSystemTime(1e12 + 4000)
    expect(jar.headerFor(ROOT)).toBe('a=1')
    jar.keep(ROOT, ['a=1; Max-Age=5'])
    vi.setSystemTime(1e12 + 8000)
    expect(jar.headerFor(ROOT)).toBe('a=1')
    vi.setSystemTime(1e12 + 10_000)
    expect(jar.headerFor(ROOT)).toBe('')
  } finally {
    vi.useRealTimers()
  }
})

test('path, security and a header of the request’s own decide for each request', () => {
  const jar = newJar()
  jar.keep(to('/shop/cart'), [
    'shop=1',
    'all=2; Path=/',
    'tls=3; Secure',
    'else=4; Domain=other.test',
    '',
    '=',
  ])
  expect(jar.headerFor(to('/shop/pay'))).toBe('shop=1; all=2')
  expect(jar.headerFor(ROOT)).toBe('all=2')
  expect(jar.headerFor(to('/', [['Cookie', 'own=1']]))).toBe('')
  expect(() => jar.set('x=1; Domain=other.test', ROOT.url)).toThrow('domain')
  expect(() => jar.set('', ROOT.url)).toThrow('a cookie is name=value')
})
