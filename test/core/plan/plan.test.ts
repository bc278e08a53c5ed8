import fc from 'fast-check'
import { withDefaults } from '../../../src/core/threshold/threshold.ts'
import { describe, expect, test } from 'vitest'
import { PLANNED_DEFAULTS } from '../../../src/core/options/option-readers.ts'
import { PLAIN_HTTP } from '../../../src/core/resolve/request/http-options.ts'
import type { Options } from '../../../src/core/options/options.ts'
import { resolveOptions, type ResolvedOptions } from '../../../src/core/resolve/resolve.ts'
import { buildPlan, hasPace, plannedUsers, type Plan } from '../../../src/core/plan/plan.ts'
import { bodyLength, type BodyPlan } from '../../../src/core/request/request.ts'
import { aPlan } from '../../support/plan.ts'

function resolved(options: Options): ResolvedOptions {
  const result = resolveOptions({ url: 'http://target.test/', ...options }, { cores: 2, descriptors: 20_000 })
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'))
  return result.resolved
}
const plan = (options: Options): Plan => buildPlan(resolved(options), 'corerush/test')
/** What a transport makes of a planned body, and that its length was foreseen. */
const decoded = (body: BodyPlan): Uint8Array => {
  const bytes = new Uint8Array('text' in body ? Buffer.from(body.text) : Buffer.from(body.base64, 'base64'))
  expect(bodyLength(body)).toBe(bytes.length)
  return bytes
}
/** Without a beginning of a placeholder. */
const isPlain = (text: string | Uint8Array): boolean => !Buffer.from(text).includes('{{')
const bytesOf = (body: string | Uint8Array): Uint8Array => decoded(plan({ body }).request.body!)

test('the plan of the story that corerush was born from', () => {
  expect(
    plan({
      url: 'http://target.test/GetPrograms',
      users: 550,
      wait: '0.9s-1.1s',
      duration: '1m',
      body: '<xml/>',
      headers: ['Content-Type: text/xml'],
    }),
  ).toEqual({
    model: 'closed',
    request: {
      name: 'POST /GetPrograms',
      method: 'POST',
      url: 'http://target.test/GetPrograms',
      headers: [
        ['user-agent', 'corerush/test'],
        ['Content-Type', 'text/xml'],
      ],
      body: { text: '<xml/>' },
      digest: null,
      expectStatus: [
        { from: 200, to: 299 },
        { from: 300, to: 399 },
      ],
    },
    wait: { kind: 'between', minS: 0.9, maxS: 1.1 },
    stages: [{ fromUsers: 0, toUsers: 550, durationS: 1 }],
    durationS: 60,
    sigtermStopS: 8,
    workers: 2,
    ...{ warmupS: 0, warmupAuto: false, until: [] },
    witness: null,
    transport: 'undici',
    undiciFor: null,
    ...PLANNED_DEFAULTS,
    ...PLAIN_HTTP,
    thresholds: withDefaults([], false),
    baseline: null,
    targets: null,
    isTemplated: false,
    data: null,
    scenario: null,
    targetMetrics: null,
    hidden: [],
  } satisfies Plan)
})

test('a compressed run asks for encodings, unless a header says which', () => {
  const encodings = (options: Options) =>
    plan(options).request.headers.filter(([name]) => name.toLowerCase() === 'accept-encoding')
  expect(encodings({})).toEqual([])
  expect(encodings({ compressed: true })).toEqual([['accept-encoding', 'gzip, br, zstd']])
  expect(encodings({ compressed: true, headers: { 'Accept-Encoding': 'br' } })).toEqual([
    ['Accept-Encoding', 'br'],
  ])
})

test("the user's own user-agent is the only one", () => {
  expect(plan({ headers: { 'User-Agent': 'mine' } }).request.headers).toEqual([['User-Agent', 'mine']])
})

test('a plan is JSON, in and out', () => {
  const options = fc.record<Options>(
    {
      users: fc.integer({ min: 1, max: 1000 }),
      duration: fc.integer({ min: 1000, max: 1e6 }).map((ms) => `${ms}ms`),
      requests: fc.integer({ min: 1, max: 1e9 }),
      rampUp: fc.integer({ min: 0, max: 1 }),
      wait: fc.constantFrom('1s', '0.9s-1.1s', 'pacing:1s', 'throughput:3', '0'),
      body: fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array()).filter(isPlain),
      headers: fc.dictionary(
        fc.stringMatching(/^x-[a-z]{1,8}$/),
        fc.stringMatching(/^[ -~]*$/).filter(isPlain),
      ),
      expectStatus: fc.constantFrom('2xx', '200,404'),
      seed: fc.integer({ min: 0, max: 0xffff_ffff }),
      insecure: fc.constant(false),
      keepAlive: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(options, (words) => {
      const made = plan(words)
      expect(JSON.parse(JSON.stringify(made))).toEqual(made)
    }),
  )
})

describe('the body', () => {
  test('any bytes come out as they went in, through JSON too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }).filter(isPlain), (bytes) => {
        const { body } = JSON.parse(JSON.stringify(plan({ body: bytes }).request)) as Plan['request']
        expect(Buffer.from(decoded(body!)).equals(bytes)).toBe(true)
      }),
    )
  })

  test('text stays text, bytes that are text become it, others travel as base64', () => {
    expect(plan({ body: 'grün' }).request.body).toEqual({ text: 'grün' })
    expect(plan({ body: new TextEncoder().encode('grün') }).request.body).toEqual({ text: 'grün' })
    expect(plan({ body: Uint8Array.of(0xff, 0x00) }).request.body).toEqual({ base64: '/wA=' })
    expect(plan({}).request.body).toBeNull()
    expect(bodyLength(null)).toBe(0)
  })

  test('text goes out in UTF-8, and a byte order mark is part of it', () => {
    expect([...bytesOf('ü')]).toEqual([0xc3, 0xbc])
    const withMark = Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)
    expect(bytesOf(withMark)).toEqual(withMark)
  })

  test('a large body of bytes is no problem', () => {
    const large = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 0xff)
    expect(Buffer.from(bytesOf(large)).equals(large)).toBe(true)
  })
})

test('a plan names a pace when its users wait', () => {
  expect(hasPace(aPlan())).toBe(false)
  expect(hasPace(aPlan({ wait: { kind: 'constant', seconds: 1 } }))).toBe(true)
})

test('the most users at once', () => {
  expect(plannedUsers(plan({ users: 550 }))).toBe(550)
})
