import { expect, test } from 'vitest'
import { renderPlan } from '../../../src/output/text/dry-run.ts'
import { widthOf } from '../../../src/output/text/paint.ts'
import { planOf } from '../../support/reports.ts'

const shown = (plan: ReturnType<typeof planOf>, width = 80): string =>
  `\n${renderPlan(plan, { color: false, width })}`

test('the plan of one user as fast as it can, and of more workers than users', () => {
  expect(shown(planOf({ users: 1, workers: 3, wait: 0, duration: undefined, requests: 1003 })))
    .toMatchInlineSnapshot(`
      "
      dry run: nothing is sent
      request   GET http://127.0.0.1:8080/GetPrograms
      name      GET /GetPrograms
      header    user-agent: corerush/1.2.3
      body      none
      success   status 2xx,3xx
      model     closed: up to 1 user, no wait
      at most   as many requests/s as target and generator can handle
      ends      after exactly 1,003 requests across all workers; then up to 30s for r…
      time-outs 30s per request, 10s to connect
      transport undici
      seed      1
      threshold succeeded > 0
      threshold failed < 1%

      stage         worker  users at end     users start at
      30ms: 0 → 1        0             1  0.000 s … 0.000 s
      30ms: 0 → 1        1             0               none
      30ms: 0 → 1        2             0               none
      then: hold 1       0             1               none
      then: hold 1       1             0               none
      then: hold 1       2             0               none
      "
    `)
})

test.each([
  [{}, 'undici'],
  [{ transport: 'wire' as const }, 'wire'],
  [{ transport: 'auto' as const }, 'wire (auto)'],
  [{ transport: 'auto' as const, proxy: 'http://127.0.0.1:2' }, 'undici (auto, because of --proxy)'],
])('the transport of %j', (options, words) => {
  expect(shown(planOf(options))).toContain(`transport ${words}\n`)
})

test('the hosts that may be hit', () => {
  expect(shown(planOf({ allowHosts: ['127.0.0.1:8080', '*.Shop.test'] }))).toContain(
    'allowed   127.0.0.1:8080\nallowed   *.shop.test\n',
  )
})

test('the plan of the story, secrets masked, 40 columns wide', () => {
  const plan = planOf({
    users: 550,
    workers: 2,
    wait: '0.9s-1.1s',
    duration: '15s',
    body: '<GetPrograms/>',
    headers: { 'Content-Type': 'application/xml', Cookie: 'hidden' },
    url: 'http://127.0.0.1:8080/GetPrograms?api_key=hidden',
    expectStatus: '200,404,2xx',
  })
  expect(shown(plan)).toMatchInlineSnapshot(`
    "
    dry run: nothing is sent
    request   POST http://127.0.0.1:8080/GetPrograms?api_key=***
    name      POST /GetPrograms
    header    user-agent: corerush/1.2.3
    header    Content-Type: application/xml
    header    Cookie: ***
    body      14 B
    success   status 200,404,2xx
    model     closed: up to 550 users, wait 0.9s-1.1s
    at most   550 requests/s, if the target answers at once
    ends      after 15s; then up to 30s for requests in flight
    time-outs 30s per request, 10s to connect
    transport undici
    seed      1
    threshold succeeded > 0
    threshold failed < 1%

    stage          worker  users at end     users start at
    1s: 0 → 550         0           275  0.000 s … 0.996 s
    1s: 0 → 550         1           275  0.002 s … 0.998 s
    14s: hold 550       0           275               none
    14s: hold 550       1           275               none
    "
  `)
  expect(shown(plan)).not.toContain('hidden')
  for (const width of [20, 40])
    for (const line of shown(plan, width).split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width)
})

/** The numbers of the column of arrivals, by stage. */
function arrivals(text: string): Record<string, number[]> {
  const byStage: Record<string, number[]> = {}
  for (const [, stage, n] of text.matchAll(/^(\S.*?) {2,}\d+ +([\d,]+) +[\d,]+$/gm))
    (byStage[stage!] ??= []).push(Number(n!.replaceAll(',', '')))
  return byStage
}
const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0)

test('the plan of arrivals in stages: what is due from each worker in each', () => {
  const words = { users: undefined, wait: undefined, duration: undefined, workers: 3, maxUsers: 500 }
  const plan = planOf({ ...words, stages: ['10s:100/s', '5s:100/s', '0s:7.5/s', '4s:0/s'], warmup: '2s' })
  expect(shown(plan, 90)).toMatchInlineSnapshot(`
    "
    dry run: nothing is sent
    request   GET http://127.0.0.1:8080/GetPrograms
    name      GET /GetPrograms
    header    user-agent: corerush/1.2.3
    body      none
    success   status 2xx,3xx
    model     open: up to 100 iterations/s, uniform arrivals
    users     created on demand, up to 500; then arrivals wait, and the wait counts as latency
    warm-up   the first 2s are not measured
    ends      after 19s; then up to 30s for requests in flight
    time-outs 30s per request, 10s to connect
    transport undici
    seed      1
    threshold succeeded > 0
    threshold failed < 1%
    rate      100/s ┤                        ▁▂▃▄▅▆▇████████████████
                    │                ▁▂▃▄▅▆▇████████████████████████
                    │        ▁▂▃▄▅▆▇████████████████████████████████
                    │▁▂▃▄▅▆▇████████████████████████████████████████▂▂▂▂▂▁▁▁▁▁▁▁▁
                  0 └────────────────────────────────────────────────────────────
                     0s                                                       19s

    stage            worker  arrivals  max users
    10s: 0 → 100/s        0       167        167
    10s: 0 → 100/s        1       167        167
    10s: 0 → 100/s        2       166        166
    5s: 100 → 100/s       0       167        167
    5s: 100 → 100/s       1       166        167
    5s: 100 → 100/s       2       167        166
    4s: 7.50 → 0/s        0         5        167
    4s: 7.50 → 0/s        1         5        167
    4s: 7.50 → 0/s        2         5        166
    "
  `)
  const counts = arrivals(shown(plan, 90))
  expect(Object.values(counts).map(sum)).toEqual([500, 500, 15])
  for (const [, ofWorkers] of Object.entries(counts))
    expect(Math.max(...ofWorkers) - Math.min(...ofWorkers)).toBeLessThanOrEqual(1)
})

test('of arrivals that are counted, poisson and dropped: no more than the count, until it is reached', () => {
  const words = { users: undefined, wait: undefined, duration: undefined, rate: '90/m', rampUp: '10s' }
  const plan = planOf({ ...words, requests: 1000, arrival: 'poisson', onFull: 'drop', maxUsers: 9 })
  expect(shown(plan, 90)).toMatchInlineSnapshot(`
    "
    dry run: nothing is sent
    request   GET http://127.0.0.1:8080/GetPrograms
    name      GET /GetPrograms
    header    user-agent: corerush/1.2.3
    body      none
    success   status 2xx,3xx
    model     open: up to 1.50 iterations/s, poisson arrivals
    users     created on demand, up to 9; then arrivals are dropped
    ends      after exactly 1,000 requests across all workers; then up to 30s for requests in…
    time-outs 30s per request, 10s to connect
    transport undici
    seed      1
    threshold succeeded > 0
    threshold failed < 1%

    stage              worker  arrivals expected  max users
    10s: 0 → 1.50/s         0                  4          5
    10s: 0 → 1.50/s         1                  4          4
    then: hold 1.50/s       0                496          5
    then: hold 1.50/s       1                496          4
    "
  `)
  expect(sum(Object.values(arrivals(shown(plan, 90))).flat())).toBe(1000)
})

test('how requests travel, where it is not plain HTTP/1.1', () => {
  const lines = (options: Parameters<typeof planOf>[0]): string[] =>
    shown(planOf(options), 200)
      .split('\n')
      .filter((line) => line.startsWith('http '))
  expect(lines({})).toEqual([])
  expect(
    lines({
      url: 'https://target.test/',
      http2: true,
      connectTo: ['target.test::127.0.0.1:8443', ':443:[::1]:'],
      ca: '-----BEGIN CERTIFICATE-----',
      localAddress: '127.0.0.1,127.0.0.2',
      maxRedirects: 3,
      dnsTtl: '30s',
    }),
  ).toMatchInlineSnapshot(`
    [
      "http      HTTP/2 only",
      "http      target.test:* at 127.0.0.1:8443",
      "http      *:443 at [::1]:*",
      "http      custom certificate authorities",
      "http      from 127.0.0.1, 127.0.0.2",
      "http      up to 3 redirects",
      "http      DNS lookup every 30s",
    ]
  `)
  expect(lines({ proxy: 'http://us:secret@[::1]:3128' })).toEqual(['http      proxy [::1]:3128'])
  expect(lines({ unixSocket: '/run/app.sock' })).toEqual(['http      socket /run/app.sock'])
})

test('what is kept of failures', () => {
  expect(shown(planOf({ captureFailures: 3 }))).toContain(
    '\ncaptures  the first 3 failing exchanges of each outcome\n',
  )
  expect(shown(planOf())).not.toContain('captures')
})
