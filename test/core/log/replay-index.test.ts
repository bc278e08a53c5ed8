import { describe, expect, test } from 'vitest'
import { ReplayIndexer } from '../../../src/core/log/replay-index.ts'
import { atOf, combined, indexOf, jsonLine, loadOf, namesOf, usOf } from '../../support/logs.ts'

const NOON = Date.UTC(2026, 10, 30, 12) / 1000

describe('the index of a log', () => {
  test('spreads the requests of a second evenly where instants are whole seconds', () => {
    const lines = [0, 0, 0, 0, 1, 3, 3].map((s, i) => combined(NOON + s, `/${i}`))
    const log = indexOf(lines)
    expect(usOf(log)).toEqual([0, 0.25e6, 0.5e6, 0.75e6, 1e6, 3e6, 3.5e6])
    expect(atOf(log)).toEqual(lines.map((_, i) => i * (lines[0]!.length + 1)))
    expect(log).toMatchObject({ isSpread: true, wasUnordered: false, spanUs: 4e6, requests: 7 })
    expect(log.firstUs).toBe(NOON * 1e6)
  })

  test('keeps finer instants as they are, two at once included', () => {
    const log = indexOf([0, 1250, 1250, 2_000_000].map((us, i) => jsonLine(NOON * 1e6 + us, `/${i}`)))
    expect(usOf(log)).toEqual([0, 1250, 1250, 2_000_000])
    expect(log).toMatchObject({ isSpread: false, spanUs: 2e6 })
  })

  test('is in the order of time, whatever order the lines have, those of one instant in their own', () => {
    const seconds = [5, 3, 4, 3, 9, 4]
    const whole = indexOf(seconds.map((s) => combined(NOON + s, `/${s}`)))
    expect(usOf(whole)).toEqual([0, 0.5e6, 1e6, 1.5e6, 2e6, 6e6])
    expect(atOf(whole).map((at) => at / (atOf(whole)[0]! || 1))).toEqual(
      [1, 3, 2, 5, 0, 4].map((line) => line / 1),
    )
    expect(whole.wasUnordered).toBe(true)
    const fine = indexOf([700, 300, 300, 100].map((us) => jsonLine(NOON * 1e6 + us, `/${us}`)))
    expect(usOf(fine)).toEqual([0, 200, 200, 600])
    expect(atOf(fine)[1]).toBeLessThan(atOf(fine)[2]!)
  })

  test('keeps places beyond 4 GB, and many rows, of which only a late one has a finer instant', () => {
    const count = 70_000
    const placeOf = (i: number): number => i * 1_000_003
    for (const lateUs of [0, 250]) {
      const indexer = new ReplayIndexer({ hasUnsafe: false })
      const stampOf = (i: number): number => Math.floor(i / 9) * 1e6 + (i === count - 1 ? lateUs : 0)
      // Pairs of seconds change places, so that rows are sorted over the borders of chunks.
      const order = Array.from({ length: count }, (_, i) => (i % 18 < 9 ? i + 9 : i - 9)).filter(
        (i) => i < count,
      )
      for (const [line, i] of order.entries())
        indexer.add(jsonLine(NOON * 1e6 + stampOf(i), '/'), placeOf(i), line + 1)
      const log = indexer.finish()
      expect(log).toMatchObject({ isSpread: lateUs === 0, wasUnordered: true, requests: order.length })
      expect(atOf(log)).toEqual(order.toSorted((a, b) => a - b).map(placeOf))
      const [us, last] = [usOf(log), order.length - 1]
      expect(us.slice(9, 20)).toEqual(
        lateUs === 0
          ? Array.from({ length: 11 }, (_, k) => 1e6 + (k * 1e6) / 9)
          : [...Array<number>(9).fill(1e6), 2e6, 2e6],
      )
      expect(us[last]! % 1e6 === lateUs || lateUs === 0).toBe(true)
    }
  })

  test('refuses a line that comes more than an hour too late, by its number', () => {
    expect(() => indexOf([combined(NOON + 3700, '/'), combined(NOON, '/')])).toThrow(
      expect.objectContaining({ line: 2, message: expect.stringContaining('at most an hour') as string }),
    )
  })

  test('refuses a log in two formats, by the line', () => {
    expect(() => indexOf([combined(NOON, '/'), '', jsonLine(NOON * 1e6, '/')])).toThrow(
      expect.objectContaining({
        line: 3,
        message: 'is of the format JSON, and the lines before are of the format combined',
      }),
    )
  })

  test('counts what it leaves out, with the first line of each kind', () => {
    const log = indexOf([
      'nonsense',
      combined(NOON, '/a'),
      combined(NOON, '/b', 'POST'),
      combined(NOON, '/b', 'DELETE'),
      combined(NOON, '/b', 'POST'),
      combined(NOON, 'x', 'CONNECT'),
      '::1 - - [never and nowhere] "GET / HTTP/1.1" 200 5',
      '::1 - - [10/Oct/2000:13:55:36 +0000] "\\x16\\x03" 400 5',
      combined(NOON, '/\ufffd'),
      combined(NOON, '/cut').slice(0, 60),
    ])
    expect(log.requests).toBe(1)
    expect(log.leftOut).toEqual([
      { reason: 'lines that are no requests', lines: 2, firstLine: 1 },
      { reason: 'POST requests, whose bodies are not in the log', lines: 2, firstLine: 3 },
      { reason: 'DELETE requests, whose bodies are not in the log', lines: 1, firstLine: 4 },
      { reason: 'lines without a request that can be sent', lines: 2, firstLine: 6 },
      { reason: 'requests without an instant that is known', lines: 1, firstLine: 7 },
      { reason: 'requests with bytes that are not UTF-8', lines: 1, firstLine: 9 },
    ])
    expect(() => indexOf(['x', combined(NOON, '/', 'POST')])).toThrow(
      'has no requests that can be replayed: 1 lines that are no requests (line 1), 1 POST requests, whose bodies are not in the log (line 2)',
    )
  })

  test('has requests with other methods where they are allowed', () => {
    const lines = [combined(NOON, '/a', 'POST'), combined(NOON, '/a/7', 'PROPFIND')]
    expect(namesOf(indexOf(lines, true))).toEqual(['POST /a', 'PROPFIND /a/[id]'])
  })

  test('takes the instant at which a load balancer received the request', () => {
    const line = (received: string): string =>
      `https 2018-07-02T22:23:00.186641Z app/my-lb/50dc 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/a HTTP/1.1" "curl/7.46.0" cipher TLSv1.2 arn "Root=1-58" "www" "-" 1 ${received} "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"`
    const log = indexOf([line('2018-07-02T22:22:48.364000Z'), line('2018-07-02T22:22:48.364500Z')])
    expect(usOf(log)).toEqual([0, 500])
    expect(log.firstUs).toBe(Date.UTC(2018, 6, 2, 22, 22, 48, 364) * 1000)
  })

  test('keeps the most frequent names apart, and joins the rest by their method', () => {
    const rare = Array.from({ length: 500 }, (_, i) => combined(NOON, `/rare${'x'.repeat(i + 1)}`))
    const heads = [combined(NOON, '/rarest', 'HEAD'), ...Array<string>(3).fill(combined(NOON, '/hot'))]
    const log = indexOf([...rare, ...heads])
    const named = namesOf(log)
    expect(named.filter((name) => name === 'GET /hot')).toHaveLength(3)
    expect(named.filter((name) => name === null)).toHaveLength(102)
    expect(
      log.names
        .filter(({ name }) => name === null)
        .map(({ method }) => method)
        .sort(),
    ).toEqual(['GET', 'HEAD'])
    expect(log.names.reduce((sum, { count }) => sum + count, 0)).toBe(504)
  })
})

describe('the part of a log that is replayed', () => {
  const log = indexOf(Array.from({ length: 10 }, (_, s) => combined(NOON + s, `/${s}`)))

  test.each([
    [{}, { first: 0, requests: 10, speed: 1 }, 10, '2026-11-30T12:00:00Z'],
    [{ speed: 4 }, { first: 0, requests: 10, speed: 4 }, 2.5, '2026-11-30T12:00:00Z'],
    [{ replayFrom: '3s' }, { first: 3, requests: 7 }, 7, '2026-11-30T12:00:03Z'],
    [{ replayFrom: '2.5', speed: 2 }, { first: 3, requests: 7 }, 3.75, '2026-11-30T12:00:02.500Z'],
    [{ replayFrom: '2026-11-30T12:00:08Z' }, { first: 8, requests: 2 }, 2, '2026-11-30T12:00:08Z'],
    [{ duration: 0 }, { first: 0, requests: 10 }, 10, '2026-11-30T12:00:00Z'],
    [{ duration: '4s' }, { first: 0, requests: 4 }, 4, '2026-11-30T12:00:00Z'],
    [{ duration: '1m', replayFrom: '1s' }, { first: 1, requests: 9 }, 9, '2026-11-30T12:00:01Z'],
  ])('with %j', (options, span, durationS, from) => {
    const { load, problems } = loadOf(log, options)
    expect(problems).toEqual([])
    expect(load!.plan).toMatchObject({ ...span, from })
    expect(load!.durationS).toBe(durationS)
  })

  test.each([
    [
      { replayFrom: '10s' },
      'must be within the log, which is from 2026-11-30T12:00:00Z to 2026-11-30T12:00:10Z, got "10s"',
    ],
    [{ replayFrom: '2026-11-30T11:00:00Z' }, 'must be within the log'],
    [
      { replayFrom: 'noon' },
      'must be a duration such as 10m, or an instant such as 2026-11-30T12:00:00Z, got "noon"',
    ],
    [{ speed: 0 }, 'must be above 0 and at most 10000, got 0'],
    [{ speed: 1e-6 }, 'must not take longer than 30d'],
    [{ rate: 5 }, 'does not go with replay: the log sets the load'],
    [{ targets: 't' }, 'does not go with replay: the log sets what is sent'],
    [{ body: 'x' }, 'does not go with replay: the log sets what is sent, and it has no bodies'],
    [{ replay: undefined, speed: 2 }, 'is about a log that is replayed: it needs replay'],
  ])('refuses %j', (options, message) => {
    const { problems } = loadOf(log, options)
    expect(problems.map((problem) => problem.message)).toEqual([expect.stringContaining(message)])
  })

  test('ends a moment after the last request where instants are finer, so that it is sent', () => {
    const fine = indexOf([500, 2_000_500].map((us) => jsonLine(NOON * 1e6 + us, '/')))
    expect(loadOf(fine).load).toMatchObject({ durationS: 2.001, plan: { requests: 2 } })
  })
})
