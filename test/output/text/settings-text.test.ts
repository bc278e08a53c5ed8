import { expect, test } from 'vitest'
import type { Layer, Origin } from '../../../src/core/config/layers.ts'
import { buildPlan } from '../../../src/core/plan/plan.ts'
import { resolveOptions } from '../../../src/core/resolve/resolve.ts'
import { renderSettings } from '../../../src/output/text/settings-text.ts'

const STYLE = { color: false, width: Infinity }
const FLAG: Origin = { by: 'flag', flag: 'users' }
const VARIABLE: Origin = { by: 'variable', variable: 'CORERUSH_HEADER' }
const line = (path: string, at: number | null): Origin => ({ by: 'config', file: 'c.yaml', line: at, path })
const layer = (words: Record<string, [string, Origin][]>): Layer =>
  new Map(
    Object.entries(words).map(([option, values]) => [
      option,
      values.map(([text, origin]) => ({ text, origin })),
    ]),
  )
const plan = (options: object) => {
  const result = resolveOptions({ url: 'http://a.test/x', ...options }, { cores: 2, descriptors: 100 })
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  return buildPlan(result.resolved, 'corerush/test')
}

test('every value with its origin, secrets masked, and the defaults that count', () => {
  const said = layer({
    url: [['http://a.test/x?token=hidden&q=blue', line('profiles.one.url', 7)]],
    headers: [
      ['Authorization: hidden', VARIABLE],
      ['X-Env: blue', VARIABLE],
    ],
    users: [['5', FLAG]],
    thresholds: [['failed<1%', line('thresholds[0]', null)]],
    printConfig: [['true', FLAG]],
  })
  expect(renderSettings(said, ['blue'], plan({ users: 5, thresholds: ['failed<1%'] }), STYLE))
    .toMatchInlineSnapshot(`
      "option           value                            from
      url              http://a.test/x?token=***&q=***  c.yaml:7: profiles.one.url
      headers          Authorization: ***               CORERUSH_HEADER
      headers          X-Env: ***                       CORERUSH_HEADER
      users            5                                --users
      thresholds       failed<1%                        c.yaml: thresholds[0]
      method           GET                              default
      name             GET /x                           default
      expectStatus     2xx,3xx                          default
      rampUp           50ms                             default
      warmup           0s                               default
      duration         10s                              default
      waitForTarget    0s                               default
      setupTimeout     1m                               default
      gracefulStop     30s                              default
      workers          2                                default
      seed             1                                default
      transport        undici                           default
      compressed       false                            default
      timeout          30s                              default
      connectTimeout   10s                              default
      http2            false                            default
      maxRedirects     0                                default
      maxReadBytes     16000000                         default
      insecure         false                            default
      keepAlive        true                             default
      retryStale       true                             default
      captureFailures  0                                default
      captureSlowest   0                                default
      thresholds       succeeded > 0                    default
      "
    `)
})

test('stages say how much and how long; a rate has users when it needs them', () => {
  const said = layer({ stages: [['5s:10/s', FLAG]] })
  const shown = renderSettings(said, [], plan({ stages: '5s:10/s' }), STYLE)
  expect(shown).toMatch(/^maxUsers +100 +default$/m)
  expect(shown).not.toMatch(/^(users|duration|rampUp|wait) /m)
})

test.each([
  ['auth', 'hidden:x'],
  ['proxy', 'http://hidden:x@p:1'],
  ['proxy', 'hidden:x@p:1'],
  ['url', 'http://u:hidden@h/'],
  ['url', '//u:hidden@h/'],
  ['headers', 'hidden'],
  ['headers', 'cookie: hidden'],
  ['key', '-----BEGIN PRIVATE KEY-----hidden'],
  ['secrets', 'hidden'],
  ['body', 'a hidden\u001b[2J'],
])('of %s no secret is told, nor anything that steers a terminal', (option, text) => {
  const shown = renderSettings(layer({ [option]: [[text, FLAG]] }), ['hidden'], null, STYLE)
  expect(shown).toContain('***')
  expect(shown).not.toMatch(/hidden|\u001b/)
})

test.each([
  ['body', '{"user":"ann","password":"hunter2"}'],
  ['outputs', 'otlp=http://me:hunter2@h/v1/metrics'],
  ['outputs', 'otlp=http://h/v1/metrics?token=hunter2'],
])('of %s what looks like a secret is masked, whoever said it', (option, text) => {
  const shown = renderSettings(layer({ [option]: [[text, FLAG]] }), [], null, STYLE)
  expect(shown).toContain('***')
  expect(shown).not.toContain('hunter2')
})
