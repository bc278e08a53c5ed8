import { expect, test } from 'vitest'
import { staleConnectionWarnings } from '../../../src/core/report/stale-connections.ts'

test('closed connections are warned of from 1 % of retries on, and whenever one cost a request', () => {
  expect(staleConnectionWarnings(1000, 9, new Map([['ok', 1000]]), false)).toEqual([])
  expect(staleConnectionWarnings(0, 0, new Map(), false)).toEqual([])
  expect(staleConnectionWarnings(1000, 10, new Map([['ok', 1000]]), false)).toEqual([
    'the server closed reused connections under 10 requests (1%): 10 retried',
    expect.stringContaining('--no-keepalive'),
  ])
  expect(staleConnectionWarnings(1000, 2, new Map([['reused.closed', 1]]), false)[0]).toBe(
    'the server closed reused connections under 3 requests (0.3%): 2 retried, 1 failed as reused.closed',
  )
})

test('shared connections of HTTP/2 cannot be given up: the advice names the limits of the server instead', () => {
  const [, advice] = staleConnectionWarnings(1000, 10, new Map([['ok', 1000]]), true)
  expect(advice).toContain('GOAWAY')
  expect(advice).not.toContain('--no-keepalive')
})
