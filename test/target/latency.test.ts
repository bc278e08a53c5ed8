import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import {
  NO_LATENCY,
  parseLatency,
  printLatency,
  sampleLatencyS,
  type Latency,
} from '../../src/target/latency.ts'

const seconds = fc.integer({ min: 0, max: 3_600_000_000 }).map((us) => us / 1e6)
const anyLatency: fc.Arbitrary<Latency> = fc.oneof(
  seconds.map((s) => ({ kind: 'constant' as const, seconds: s })),
  fc
    .tuple(seconds, seconds)
    .map(([a, b]) => ({ kind: 'uniform' as const, minS: Math.min(a, b), maxS: Math.max(a, b) })),
  fc
    .tuple(
      seconds.filter((s) => s > 0),
      fc.integer({ min: 0, max: 5_000_000 }),
    )
    .map(([medianS, millionths]) => ({ kind: 'lognormal' as const, medianS, sigma: millionths / 1e6 })),
)

const read = (text: string): Latency => {
  const parsed = parseLatency(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.value
}
const samples = (latency: Latency, n: number, seed = 1): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: n }, () => sampleLatencyS(latency, random))
}

describe('writing a latency', () => {
  test('the three forms', () => {
    expect(read('20ms')).toEqual({ kind: 'constant', seconds: 0.02 })
    expect(read('0')).toEqual(NO_LATENCY)
    expect(read(' uniform:5ms,50ms ')).toEqual({ kind: 'uniform', minS: 0.005, maxS: 0.05 })
    expect(read('lognormal:20ms,0.5')).toEqual({ kind: 'lognormal', medianS: 0.02, sigma: 0.5 })
  })

  test('what is printed is read back as the same latency', () => {
    fc.assert(
      fc.property(anyLatency, (latency) => {
        expect(read(printLatency(latency))).toEqual(latency)
      }),
    )
  })

  test('whatever is understood is printed in a form that means the same', () => {
    const part = fc.oneof(
      fc.double({ min: 0, max: 9, noNaN: true }).map(String),
      fc.constantFrom('3us', '1h', '0.1ms'),
    )
    const text = fc
      .tuple(fc.constantFrom('', 'uniform:', 'lognormal:'), part, part)
      .map(([kind, a, b]) => (kind === '' ? a : `${kind}${a},${b}`))
    fc.assert(
      fc.property(text, (words) => {
        const parsed = parseLatency(words)
        if ('value' in parsed) expect(read(printLatency(parsed.value))).toEqual(parsed.value)
      }),
    )
  })

  test.each([
    ['', 'must be a latency such as 20ms, uniform:5ms,50ms or lognormal:20ms,0.5'],
    ['fast', 'must be a latency such as 20ms, uniform:5ms,50ms or lognormal:20ms,0.5'],
    ['-1ms', 'must be a latency such as 20ms, uniform:5ms,50ms or lognormal:20ms,0.5'],
    ['normal:20ms,1', 'must be a latency such as 20ms, uniform:5ms,50ms or lognormal:20ms,0.5'],
    ['uniform:5ms', 'must be a latency such as 20ms, uniform:5ms,50ms or lognormal:20ms,0.5'],
    ['uniform:5ms,6ms,7ms', 'must be a latency such as 20ms, uniform:5ms,50ms or lognormal:20ms,0.5'],
    ['lognormal:20ms,wide', 'must be a latency such as 20ms, uniform:5ms,50ms or lognormal:20ms,0.5'],
    ['uniform:50ms,5ms', 'must be a uniform latency from a shorter to a longer duration'],
    ['lognormal:0,1', 'must be a lognormal latency with a median above 0'],
    ['lognormal:1ms,-1', 'must be a lognormal latency with a sigma from 0 to 5'],
    ['lognormal:1ms,6', 'must be a lognormal latency with a sigma from 0 to 5'],
    ['2h', 'must be a latency of at most 1h'],
  ])('%j %s', (text, problem) => {
    expect(parseLatency(text)).toEqual({ problem })
  })
})

describe('sampling', () => {
  test('the same seed gives the same latencies, another seed others', () => {
    for (const text of ['uniform:5ms,50ms', 'lognormal:20ms,0.5']) {
      expect(samples(read(text), 100, 7)).toEqual(samples(read(text), 100, 7))
      expect(samples(read(text), 100, 7)).not.toEqual(samples(read(text), 100, 8))
    }
  })

  test('every sample is a duration: finite and not negative', () => {
    fc.assert(
      fc.property(anyLatency, fc.nat(), (latency, seed) => {
        for (const s of samples(latency, 20, seed)) expect(s >= 0 && s < Infinity).toBe(true)
      }),
    )
  })

  test('a constant is constant, and so is what has no width', () => {
    for (const text of ['20ms', 'uniform:20ms,20ms', 'lognormal:20ms,0'])
      expect(new Set(samples(read(text), 100))).toEqual(new Set([0.02]))
  })

  test('uniform stays within its bounds and reaches all of them evenly', () => {
    const got = samples(read('uniform:10ms,20ms'), 100_000)
    expect(got.every((s) => s >= 0.01 && s < 0.02)).toBe(true)
    for (let tenth = 0; tenth < 10; tenth++) {
      const n = got.filter((s) => Math.floor((s - 0.01) * 1000) === tenth).length
      expect(Math.abs(n / 10_000 - 1)).toBeLessThan(0.05)
    }
  })

  test('lognormal has its median, and its sigma between the median and the 84.13th percentile', () => {
    const got = samples(read('lognormal:20ms,0.5'), 200_000).sort((a, b) => a - b)
    const quantile = (q: number): number => got[Math.floor(q * got.length)]!
    expect(Math.abs(quantile(0.5) / 0.02 - 1)).toBeLessThan(0.01)
    expect(Math.abs(Math.log(quantile(0.841345) / quantile(0.5)) - 0.5)).toBeLessThan(0.01)
    expect(Math.abs(Math.log(quantile(0.5) / quantile(0.158655)) - 0.5)).toBeLessThan(0.01)
  })
})
