import { expect, test } from 'vitest'
import { aPlan } from '../../support/plan.ts'
import { Simulation } from '../../support/simulation.ts'
import { traceparent } from '../../../src/core/request/traceparent.ts'
import { Tracer } from '../../../src/worker/record/tracer.ts'

/** Which of so many calls have a trace. */
const chosen = (tracer: Tracer, calls: number): number[] =>
  Array.from({ length: calls }, (_, i) => (tracer.next() === null ? -1 : i)).filter((i) => i >= 0)

test('one call in N has a trace, which ones follows from the seed and the worker', () => {
  const calls = chosen(new Tracer(10, 7, 0), 20_000)
  expect(calls.length).toBeGreaterThan(1850)
  expect(calls.length).toBeLessThan(2150)
  expect(chosen(new Tracer(10, 7, 0), 20_000)).toEqual(calls)
  expect(chosen(new Tracer(10, 8, 0), 20_000)).not.toEqual(calls)
  expect(chosen(new Tracer(10, 7, 1), 20_000)).not.toEqual(calls)
  // No rhythm: two neighbours may both have one.
  expect(new Set(calls.slice(1).map((call, i) => call - calls[i]!)).size).toBeGreaterThan(15)
  expect(chosen(new Tracer(1, 7, 0), 50)).toHaveLength(50)
})

test('identifiers are those of the standard, and never the same, also with one seed', () => {
  const headers = [1, 2].flatMap(() => {
    const tracer = new Tracer(1, 7, 0)
    return Array.from({ length: 2000 }, () => traceparent(tracer.next()!))
  })
  for (const header of headers) expect(header).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/)
  expect(new Set(headers.map((header) => header.slice(3, 35))).size).toBe(4000)
})

test('further requests of a call stay in its trace, as children of the first', () => {
  const tracer = new Tracer(1, 7, 0)
  const trace = tracer.next()!
  const { traceId, spanId } = trace
  tracer.follow(trace)
  const second = trace.spanId
  tracer.follow(trace)
  expect(trace).toMatchObject({ traceId, parentSpanId: spanId })
  expect(new Set([spanId, second, trace.spanId]).size).toBe(3)
})

test('spans are handed over only where they are wanted; the header is sent either way', async () => {
  for (const makesSpans of [true, false]) {
    const simulation = await new Simulation(aPlan({ trace: 1, durationS: 2 }), undefined, { makesSpans }).to(
      5,
    )
    const spans = simulation.snapshots.flatMap(({ spans = [] }) => spans)
    expect(spans).toHaveLength(makesSpans ? simulation.sent.length : 0)
    for (const { added } of simulation.sent) expect(added.map(([name]) => name)).toEqual(['traceparent'])
  }
})
