import { describe, expect, test } from 'vitest'
import type { Report } from '../../../src/core/report/report.ts'
import { widthOf } from '../../../src/output/text/paint.ts'
import { renderSummary } from '../../../src/output/text/summary.ts'
import { planOf, reportOf, type Second } from '../../support/reports.ts'

const latencies = (n: number): number[] => Array.from({ length: n }, (_, i) => 20 + (i % 100) / 10)
const summary = (report: Report, width = 80): string => `\n${renderSummary(report, { color: false, width })}`

const SOUND: Second[] = [0, 1].flatMap((second) =>
  [0, 1].map((worker) => ({
    worker,
    second,
    ok: { GetPrograms: latencies(300) },
    utilization: 0.1 + worker / 100,
  })),
)
const FAILING: Second[] = [
  {
    ok: { GetPrograms: [21.5, 22.25, 35], '节目单 世界': [12, 13] },
    failures: [
      ['GetPrograms', 'connect.refused', 'connect ECONNREFUSED 127.0.0.1:8080', 1200],
      ['节目单 世界', 'status', 'status 503', 3],
    ],
    unfinished: 2,
  },
  { worker: 1, utilization: 0.97, ok: { GetPrograms: [1500] } },
]

describe('the summary', () => {
  test.each([
    [{}, null],
    [{ transport: 'auto' as const }, 'wire (auto)'],
    [{ transport: 'auto' as const, proxy: 'p:1' }, 'undici (auto, because of --proxy)'],
  ])('of %j names the transport that is no default', (options, words) => {
    const shown = /transport ([^·\n]*?) ·/.exec(summary(reportOf(planOf(options), SOUND), 200))
    expect(shown?.[1] ?? null).toBe(words)
  })

  test('of a sound run, 80 columns wide', () => {
    expect(summary(reportOf(planOf({ body: '<x/>' }), SOUND))).toMatchInlineSnapshot(`
      "
      corerush 1.2.3 · POST http://127.0.0.1:8080/GetPrograms
      closed model · 10 users · wait 1s · 2 workers · 2.0 s of load

      name         requests  failed  req/s      p50      p95      p99      max
      GetPrograms     1,200      0%    600  24.9 ms  29.4 ms  29.8 ms  29.9 ms
      total           1,200      0%    600  24.9 ms  29.4 ms  29.8 ms  29.9 ms

      latency   min 20.0 ms · mean 24.9 ms · max 29.9 ms
                p50 24.9 ms · p75 27.4 ms · p90 28.9 ms · p95 29.4 ms · p99 29.8 ms
                p99.9 ~29.9 ms · ~ too few samples
      model     closed: latency is service time · a slow server slows its users
      traffic   20 connections opened · 120 kB of bodies sent · 2.4 MB received

      ✓ succeeded > 0  1,200
      ✓ failed < 1%  0%

      generator worker 0 10% (max 10%) · worker 1 11% (max 11%)
                lag p50 300 µs · p99 300 µs · max 300 µs

      measurement: sound. The planned load was delivered, and the percentiles are
      accurate to max(1 ms, 5%)
      generator error: p50 ≤ 208 µs · p95 ≤ 192 µs · p99 ≤ 192 µs
      bottleneck: none detected
      "
    `)
  })

  test('of many names: not all of them, and the total', () => {
    const names = Array.from({ length: 500 }, (_, i) => `name ${String(i).padStart(3, '0')}`)
    const ok = Object.fromEntries(names.map((name) => [name, [5]]))
    const lines = summary(reportOf(planOf(), [{ ok }, { worker: 1 }])).split('\n')
    expect(lines.filter((line) => /^name \d/.test(line))).toHaveLength(50)
    expect(lines).toContain('and 450 more names; the report has them all')
    expect(lines.find((line) => line.startsWith('total'))).toMatch(/^total +500 /)
  })

  test('of a run with failures, two names, one of them Chinese, and a warning', () => {
    const facts = { warnings: ['the target did not answer before the run'], stoppedBy: 'SIGINT' } as const
    expect(summary(reportOf(planOf(), FAILING, facts))).toMatchInlineSnapshot(`
      "
      corerush 1.2.3 · GET http://127.0.0.1:8080/GetPrograms
      closed model · 10 users · wait 1s · 2 workers · 2.0 s of load · interrupted

      warning: the target did not answer before the run

      name         requests  failed  req/s       p50       p95       p99      max
      GetPrograms     1,206  99.67%    602  ~22.3 ms   ~1.50 s   ~1.50 s   1.50 s
      节目单 世界         5     60%   2.50  ~12.0 ms  ~13.0 ms  ~13.0 ms  13.0 ms
      total           1,211   99.5%    605  ~21.5 ms   ~1.50 s   ~1.50 s   1.50 s

      latency   min 12.0 ms · mean 267 ms · max 1.50 s
                p50 ~21.5 ms · p75 ~35.0 ms · p90 ~1.50 s · p95 ~1.50 s · p99 ~1.50 s
                p99.9 ~1.50 s · ~ too few samples
      model     closed: latency is service time · a slow server slows its users
      failed in p50 4.00 ms · p99 4.00 ms · max 4.00 ms
      traffic   10 connections opened · 121 kB of bodies sent · 12.0 kB received

      failures         count  seconds  name         message
      connect.refused  1,200      0–0  GetPrograms  connect ECONNREFUSED 127.0.0.1:80…
      status               3      0–0  节目单 世界  status 503
      unfinished  2 requests without a response when the drain ended

      ✓ succeeded > 0  6
      ✗ failed < 1%  99.5%

      generator worker 0 25% (max 25%) · worker 1 97% (max 97%)
                lag p50 300 µs · p99 300 µs · max 300 µs

      measurement: suspect. Usable, within the generator error below
      generator error: p50 ≤ 192 µs · p95 ≤ 200 µs · p99 ≤ 200 µs
      bottleneck: the generator; the target may be capable of more
      - Worker 1 was above 80% of a core in 1 of 1 s, at 97% in the worst of them
        [generator.busy, seconds 0–0].
        Latencies include time that responses waited for the generator: use more
        workers or cores, or plan fewer users or longer waits, below about 436/s.
      - 6 latencies are too few to rely on p50 to p99 [samples.few, seconds 0–0].
        Run longer: p99 needs 1,000 requests.
      "
    `)
  })

  test('the same, 40 columns wide', () => {
    expect(summary(reportOf(planOf(), FAILING), 40)).toMatchInlineSnapshot(`
      "
      corerush 1.2.3 · GET http://127.0.0.1:8…
      closed model · 10 users · wait 1s
      2 workers · 2.0 s of load

      name         requests  failed       p99
      GetPrograms     1,206  99.67%   ~1.50 s
      节目单 世界         5     60%  ~13.0 ms
      total           1,211   99.5%   ~1.50 s

      latency   min 12.0 ms · mean 267 ms
                max 1.50 s
                p50 ~21.5 ms · p75 ~35.0 ms
                p90 ~1.50 s · p95 ~1.50 s
                p99 ~1.50 s · p99.9 ~1.50 s
                ~ too few samples
      model     closed: latency is service ti…
                a slow server slows its users
      failed in p50 4.00 ms · p99 4.00 ms
                max 4.00 ms
      traffic   10 connections opened
                121 kB of bodies sent
                12.0 kB received

      failures         count  seconds  name  …
      connect.refused  1,200      0–0  GetPro…
      status               3      0–0  节目单…
      unfinished  2 requests without a respon…

      ✓ succeeded > 0  6
      ✗ failed < 1%  99.5%

      generator worker 0 25% (max 25%)
                worker 1 97% (max 97%)
                lag p50 300 µs · p99 300 µs
                max 300 µs

      measurement: suspect. Usable, within the
      generator error below
      generator error: p50 ≤ 192 µs
                       p95 ≤ 200 µs
                       p99 ≤ 200 µs
      bottleneck: the generator; the target
        may be capable of more
      - Worker 1 was above 80% of a core in 1
        of 1 s, at 97% in the worst of them
        [generator.busy, seconds 0–0].
        Latencies include time that responses
        waited for the generator: use more
        workers or cores, or plan fewer users
        or longer waits, below about 436/s.
      - 6 latencies are too few to rely on p50
        to p99 [samples.few, seconds 0–0].
        Run longer: p99 needs 1,000 requests.
      "
    `)
  })

  test('of a void run with a lost worker, into a file', () => {
    const lostWorkers = [{ worker: 1, second: 0, message: 'it\u001b[2J died\nover two lines' }]
    expect(summary(reportOf(planOf(), [{ ok: { a: [1] } }], { lostWorkers }), Infinity))
      .toMatchInlineSnapshot(`
        "
        corerush 1.2.3 · GET http://127.0.0.1:8080/GetPrograms
        closed model · 10 users · wait 1s · 2 workers · 2.0 s of load

        name   requests  failed  req/s       p50       p95       p99      max
        a             1      0%   0.50  ~1.00 ms  ~1.00 ms  ~1.00 ms  1.00 ms
        total         1      0%   0.50  ~1.00 ms  ~1.00 ms  ~1.00 ms  1.00 ms

        latency   min 1.00 ms · mean 1.00 ms · max 1.00 ms
                  p50 ~1.00 ms · p75 ~1.00 ms · p90 ~1.00 ms · p95 ~1.00 ms · p99 ~1.00 ms · p99.9 ~1.00 ms · ~ too few samples
        model     closed: latency is service time · a slow server slows its users
        traffic   5 connections opened · 100 B of bodies sent · 2.0 kB received

        – succeeded > 0  1, not evaluated: the run is void
        – failed < 1%  0%, not evaluated: the run is void

        generator worker 0 25% (max 25%)
                  lag p50 300 µs · p99 300 µs · max 300 µs

        measurement: void. Do not use these figures: the planned load was not delivered, or data is missing
        generator error: p50 ≤ 200 µs · p95 ≤ 200 µs · p99 ≤ 200 µs
        bottleneck: none detected
        - Worker 1 died in second 0 (it�[2J died�over two lines); its users made no more requests
          [worker.lost, seconds 0–0].
          This is a fault of the generator: read the message, and report it if the scenario is not to blame.
        - 1 latency is too few to rely on p50 to p99 [samples.few, seconds 0–0].
          Run longer: p99 needs 1,000 requests.
        "
      `)
  })

  test('of a run in which nothing happened', () => {
    expect(summary(reportOf(planOf(), [{}, { worker: 1 }]))).toMatchInlineSnapshot(`
      "
      corerush 1.2.3 · GET http://127.0.0.1:8080/GetPrograms
      closed model · 10 users · wait 1s · 2 workers · 2.0 s of load

      name   requests  failed  req/s  p50  p95  p99  max
      total         0       –   0.00    –    –    –    –

      traffic   10 connections opened · 0 B of bodies sent · 0 B received

      ✗ succeeded > 0  0
      ✗ failed < 1%  no data

      generator worker 0 25% (max 25%) · worker 1 25% (max 25%)
                lag p50 – · p99 – · max –

      measurement: sound. The generator was healthy, but no request succeeded
      bottleneck: none detected
      "
    `)
  })
})

describe('whatever the report holds', () => {
  const evil: Second[] = [
    {
      ok: { 'name\u001b[31m\r\u0007世界': latencies(20) },
      failures: [
        ['name\u001b[31m\r\u0007世界', 'headers.malformed', 'bad\u001b]0;title\u0007\nanswer 世界', 5],
      ],
    },
    { worker: 1 },
  ]
  const facts = {
    warnings: ['warn\u001b[2J'],
    lostWorkers: [{ worker: 1, second: 1, message: 'died\u001b[2J\u009b' }],
  }
  const reports = {
    sound: reportOf(planOf(), SOUND),
    failing: reportOf(planOf(), FAILING),
    evil: reportOf(planOf(), evil, facts),
  }

  test.for([
    ['evil', true, 80],
    ['evil', false, 80],
    ['evil', true, 20],
    ['evil', false, Infinity],
  ] as const)(
    'no control characters of %s reach a terminal (colour %s, %d columns)',
    ([name, color, width]) => {
      const text = renderSummary(reports[name], { color, width })

      const left = text.replace(/\u001b\[\d+m/g, '')

      expect(left).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
      if (!color) expect(left).toBe(text)
      // Every colour that begins is a colour of ours, and ends on its line.

      for (const [code] of text.matchAll(/\u001b\[\d+m/g)) expect(code).toMatch(/\[(1|2|22|31|32|33|39)m$/)
    },
  )

  test.for(Object.entries(reports))('%s: colours change nothing but the colour', ([, report]) => {
    for (const width of [20, 40, 80, Infinity]) {
      const strip = (text: string) => text.replace(/\u001b\[\d+m/g, '').replace(/ +$/gm, '')
      expect(strip(renderSummary(report, { color: true, width }))).toBe(
        strip(renderSummary(report, { color: false, width })),
      )
    }
  })

  test.for(Object.entries(reports))('%s: no line is wider than the window', ([, report]) => {
    for (const width of [20, 30, 40, 60, 80, 120])
      for (const line of renderSummary(report, { color: false, width }).split('\n'))
        expect({ width, line, fits: widthOf(line) <= width }).toEqual({ width, line, fits: true })
  })
})
