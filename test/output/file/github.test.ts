import { expect, test } from 'vitest'
import {
  escapeMarkdown,
  GithubSummary,
  renderAnnotations,
  renderStepSummary,
} from '../../../src/output/file/github.ts'
import { sparkline } from '../../../src/output/text/sparkline.ts'
import { planOf, reportOf, textOf, type Second } from '../../support/reports.ts'

const RUN: Second[] = [
  { ok: { GetPrograms: [10, 20, 30] }, failures: [['GetPrograms', 'headers.reset', 'reset', 1]] },
  { second: 1, ok: { GetPrograms: [40] } },
]
const report = reportOf(
  planOf({ workers: 1, name: 'GetPrograms', thresholds: ['p50 < 50ms', 'max < 20ms', 'p75 < 1ms warn'] }),
  RUN,
)

test('the summary of a job', () => {
  expect(renderStepSummary(report)).toMatchInlineSnapshot(`
    "### corerush: ❌ measurement sound, 2 of 5 thresholds failed

    GET http&#58;&#47;&#47;127&#46;0&#46;0&#46;1&#58;8080&#47;GetPrograms · closed model · 1 worker · 2.0 s of load

    | name | requests | failed | req/s | p50 | p95 | p99 | max |
    |---|--:|--:|--:|--:|--:|--:|--:|
    | GetPrograms | 5 | 20% | 2.50 | 20.0 ms | 40.0 ms | 40.0 ms | 40.0 ms |
    | total | 5 | 20% | 2.50 | 20.0 ms | 40.0 ms | 40.0 ms | 40.0 ms |

    | per second of load | | highest |
    |---|---|--:|
    | requests | <code>█▃</code> | 4.00 |
    | p99 | <code>▇█</code> | 40.0 ms |
    | failed | <code>█▁</code> | 1 |

    | | threshold | measured |
    |---|---|--:|
    | ✅ | succeeded &#62; 0 | 4 |
    | ❌ | failed &#60; 1&#37; | 20% |
    | ✅ | p50 &#60; 50ms | 20.0 ms |
    | ❌ | max &#60; 20ms | 40.0 ms |
    | ⚠️ | p75 &#60; 1ms warn | 30.0 ms |

    | failures | count | message |
    |---|--:|---|
    | headers&#46;reset | 1 | reset |

    Generator error: p50 ≤ 208 µs · p95 ≤ 200 µs · p99 ≤ 200 µs.

    Bottleneck: none detected.

    - samples&#46;few: 4 latencies are too few to rely on p50 to p99&#46; run longer&#58; p99 needs 1&#44;000 requests
    "
  `)
})

test('annotations: errors before warnings, at most ten', () => {
  expect(renderAnnotations(report)).toMatchInlineSnapshot(`
    "::error title=corerush%3A failed < 1%25::measured 20%25
    ::error title=corerush%3A max < 20ms::measured 40.0 ms
    ::warning title=corerush%3A p75 < 1ms warn::measured 30.0 ms
    ::warning title=corerush::the threshold "p50 < 50ms" rests on 4 samples; p50 says little with fewer than 20
    ::warning title=corerush::the threshold "p75 < 1ms warn" rests on 4 samples; p75 says little with fewer than 40
    "
  `)
  const many = Array.from({ length: 20 }, (_, i) => `p${50 + i} < 1ms`)
  const lines = renderAnnotations(
    reportOf(planOf({ workers: 1, name: 'GetPrograms', thresholds: many }), RUN),
  )
  expect(lines.match(/^::/gm)).toHaveLength(10)
  const lost = { lostWorkers: [{ worker: 0, second: 2, message: 'died' }] }
  const broken = reportOf(planOf({ workers: 1, thresholds: ['max < 1ms'] }), RUN, lost)
  expect(renderAnnotations(broken)).toMatch(/^::error title=corerush%3A void \(worker\.lost\)::/)
  // A void run judges nothing about the target.
  expect(renderAnnotations(broken)).not.toContain('max < 1ms')
  expect(renderStepSummary(broken)).toMatch(/^### corerush: ❌ measurement void, thresholds not evaluated\n/)
})

test('nothing that a server or a name says becomes a command, a tag or a link', () => {
  const evil =
    '::error::x\r\n::stop-commands::y\n<img src=x onerror=a>|[a](javascript:b) **c** `d` www.e.test \u001b[31m ##[error]z'
  const plan = planOf({ workers: 1, url: 'http://h.test/%0A::error::x', thresholds: ['max < 1ms'] })
  const name = plan.request.name
  const hostile = reportOf(plan, [{ ok: { [name]: [10] }, failures: [[name, 'status', evil, 5]] }], {
    warnings: [evil],
  })
  for (const text of [renderStepSummary(hostile), renderAnnotations(hostile)]) {
    expect(text).not.toMatch(/^::(stop-commands|error::x)/m)
    expect(text).not.toMatch(/\u001b|\r|##\[/)
  }
  expect(renderStepSummary(hostile)).not.toMatch(/<img|\]\(|\*\*|www\./)
  expect(
    renderAnnotations(hostile)
      .split('\n')
      .slice(0, -1)
      .every((line) => /^::(error|warning) title=/.test(line)),
  ).toBe(true)
  expect(escapeMarkdown('a|b*c')).toBe('a&#124;b&#42;c')
})

test('the summary goes to its file, the commands to the stream that the runner reads', () => {
  const said = { file: '', stream: '' }
  const output = new GithubSummary(
    { name: 'summary.md', check: () => undefined, write: (text) => void (said.file += textOf(text)) },
    { write: (text) => (said.stream += text) },
  )
  void output.finish(report)
  expect(said).toEqual({ file: renderStepSummary(report), stream: renderAnnotations(report) })
})

test('a sparkline has a block for each value, from 0 to the highest', () => {
  expect(sparkline([0, 1, 2, 4, 8, null, 7.9], 60)).toBe('▁▂▃▅█ █')
  expect(sparkline([0, 0], 60)).toBe('▁▁')
  expect(sparkline([], 60)).toBe('')
  expect(
    sparkline(
      Array.from({ length: 100 }, (_, i) => i),
      10,
    ),
  ).toHaveLength(10)
})
