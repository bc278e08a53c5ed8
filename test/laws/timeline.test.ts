import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeTally, packTally, Tally } from '../../src/core/measure/tally.ts'
import type { Snapshot } from '../../src/core/measure/second.ts'
import { Timeline } from '../../src/core/measure/timeline.ts'
import { snapshot } from '../support/snapshots.ts'
import { plain } from '../support/tallies.ts'

const WORKERS = 3
const SECONDS = 6
const happened = fc.record({
  sent: fc.nat({ max: 5 }),
  finished: fc.nat({ max: 5 }),
  tookMs: fc.integer({ min: 1, max: 500 }),
  name: fc.constantFrom('GET /a', 'GET /b'),
  users: fc.nat({ max: 9 }),
  inFlight: fc.nat({ max: 9 }),
})
/** What every worker reports of every second, in the order of seconds. */
const reports: fc.Arbitrary<Snapshot[]> = fc
  .array(happened, { minLength: WORKERS * SECONDS, maxLength: WORKERS * SECONDS })
  .map((list) => list.map((h, i) => snapshot(i % WORKERS, Math.floor(i / WORKERS), h)))
const order = fc.shuffledSubarray([...Array(WORKERS * SECONDS).keys()], { minLength: WORKERS * SECONDS })
/** When the timeline is asked to close, after each arrival. */
const clock = fc.array(fc.double({ min: 0, max: 2, noNaN: true }), {
  minLength: WORKERS * SECONDS,
  maxLength: WORKERS * SECONDS,
})
const RUNS = { numRuns: 60 }

/** All there is to know of a timeline; names in a row are in no order of their own. */
const known = (timeline: Timeline): unknown => ({
  total: plain(packTally(timeline.total)),
  rows: timeline.rows,
})

function arrive(snapshots: readonly Snapshot[], waits: readonly number[]): Timeline {
  const timeline = new Timeline(WORKERS, SECONDS - 0.5)
  let nowS = 0
  for (const [i, one] of snapshots.entries()) {
    timeline.add(one)
    // Workers do not fall silent for long after the last second: then it would be the run that goes on.
    nowS = Math.min(SECONDS, nowS + waits[i]!)
    timeline.close(nowS)
  }
  for (let worker = 0; worker < WORKERS; worker++) timeline.done(worker)
  timeline.finish()
  return timeline
}

test('totals and rows are the same in whatever order and however late the snapshots arrive', () => {
  fc.assert(
    fc.property(reports, order, clock, (snapshots, permutation, waits) => {
      const inOrder = arrive(
        snapshots,
        snapshots.map(() => 0),
      )
      const shuffled = arrive(
        permutation.map((i) => snapshots[i]!),
        waits,
      )
      expect(known(shuffled)).toEqual(known(inOrder))
      expect(shuffled.rows.length).toBe(SECONDS)
      expect(shuffled.rows.every(({ complete }) => complete)).toBe(true)
    }),
    RUNS,
  )
})

test('what the rows show adds up to the total', () => {
  fc.assert(
    fc.property(reports, order, clock, (snapshots, permutation, waits) => {
      const { rows, total } = arrive(
        permutation.map((i) => snapshots[i]!),
        waits,
      )
      for (const name of ['GET /a', 'GET /b'])
        for (const field of ['sent', 'finished', 'succeeded'] as const)
          expect(rows.reduce((n, row) => n + (row.byName[name]?.[field] ?? 0), 0)).toBe(
            total.requests.get(name)?.[field] ?? 0,
          )
    }),
    RUNS,
  )
})

test('each second is settled once, in order, and the settled seconds add up to the total', () => {
  fc.assert(
    fc.property(reports, order, clock, (snapshots, permutation, waits) => {
      const merged = new Tally({ wide: true })
      const settled: number[] = []
      const timeline = new Timeline(WORKERS, SECONDS, 0, ({ second, tally }) => {
        settled.push(second)
        mergeTally(merged, packTally(tally))
      })
      let nowS = 0
      let lost = -1
      for (const [n, i] of permutation.entries()) {
        const one = snapshots[i]!
        // The last worker dies somewhere on the way.
        if (one.worker === WORKERS - 1 && n > permutation.length / 2 && lost < 0)
          lost = timeline.lost(one.worker)
        if (one.worker === WORKERS - 1 && lost >= 0) continue
        timeline.add(one)
        timeline.close((nowS += waits[n]!))
      }
      timeline.finish()
      expect(settled).toEqual([...settled.keys()])
      expect(settled).toHaveLength(timeline.rows.length)
      expect(plain(packTally(merged))).toEqual(plain(packTally(timeline.total)))
    }),
    RUNS,
  )
})

test('rows are numbered from 0 without a gap, and each is returned once', () => {
  fc.assert(
    fc.property(reports, order, clock, (snapshots, permutation, waits) => {
      const timeline = new Timeline(WORKERS, SECONDS)
      const returned: number[] = []
      let nowS = 0
      for (const [n, i] of permutation.entries()) {
        timeline.add(snapshots[i]!)
        for (const { second } of timeline.close((nowS += waits[n]!))) returned.push(second)
      }
      for (const { second } of timeline.finish()) returned.push(second)
      expect(returned).toEqual([...returned.keys()])
      expect(timeline.rows.map(({ second }) => second)).toEqual(returned)
    }),
    RUNS,
  )
})

test('a worker may be lost at any moment: what it had sent is finished or unfinished, by name', () => {
  const lives = fc.array(
    fc.record({
      name: fc.constantFrom('GET /a', 'GET /b'),
      sent: fc.nat({ max: 9 }),
      /** Of those in flight, how many end in this second. */
      ends: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(lives, fc.double({ min: 0, max: 12, noNaN: true }), (life, closedS) => {
      const timeline = new Timeline(1, 100)
      const inFlight = new Map<string, number>()
      for (const [second, { name, sent, ends }] of life.entries()) {
        const flying = (inFlight.get(name) ?? 0) + sent
        const finished = Math.floor(flying * ends)
        inFlight.set(name, flying - finished)
        timeline.add(snapshot(0, second, { name, sent, finished }))
      }
      timeline.close(closedS)
      expect(timeline.lost(0)).toBe(life.length)
      timeline.finish()
      for (const [name, request] of timeline.total.requests) {
        expect(request.unfinished).toBe(inFlight.get(name))
        expect(request.sent).toBe(request.finished + request.unfinished)
      }
      const shown = timeline.rows.reduce((n, row) => n + row.unfinished, 0)
      expect(shown).toBe([...inFlight.values()].reduce((a, b) => a + b, 0))
    }),
    RUNS,
  )
})
