/** The replay of a log: due times are its instants over the speed, the shares of workers are the log, each line once. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arrivalsBy } from '../../src/core/load/arrivals.ts'
import { replayDueUs } from '../../src/core/load/replay.ts'
import { stampedRequest } from '../../src/core/log/log-line.ts'
import { ReplayArrivals } from '../../src/worker/schedule/replay-arrivals.ts'
import { LogRows } from '../../src/core/log/replay-rows.ts'
import { atOf, combined, indexOf, jsonLine, loadOf, usOf } from '../support/logs.ts'
import { anOpenPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'

const NOON = Date.UTC(2026, 10, 30, 12) / 1000

/** A log whose lines may be out of order; the path of each is its number. */
const aLog = fc
  .record({
    isFine: fc.boolean(),
    ms: fc.array(fc.nat({ max: 8000 }), { minLength: 1, maxLength: 60 }),
  })
  .map(({ isFine, ms }) =>
    ms.map((one, i) =>
      isFine
        ? jsonLine(NOON * 1e6 + one * 1000 + 1, `/${i}`)
        : combined(NOON + Math.floor(one / 1000), `/${i}`),
    ),
  )
const speed = fc.constantFrom(0.5, 1, 2, 7, 20)

test('due times are the instants of the log over the speed, and the stages count them', () => {
  fc.assert(
    fc.property(aLog, speed, (lines, speed) => {
      const log = indexOf(lines)
      const { plan, stages, durationS } = loadOf(log, { speed }).load!
      expect(plan.requests).toBe(lines.length)
      const rows = new LogRows(log.rows)
      const us = usOf(log)
      const dues = Array.from({ length: plan.requests }, (_, n) => replayDueUs(rows, plan, n) / 1e6)
      expect(dues).toEqual([...dues].sort((a, b) => a - b))
      expect(dues.at(-1)!).toBeLessThan(durationS)
      for (const [n, dueS] of dues.entries()) expect(dueS * speed).toBeCloseTo(us[n]! / 1e6, 6)
      const seconds = Math.max(0, Math.floor(durationS + 0.5) - 1)
      for (let s = 0; s <= seconds; s++)
        expect(arrivalsBy(stages, s)).toBeCloseTo(dues.filter((dueS) => dueS < s).length, 6)
      expect(arrivalsBy(stages, durationS)).toBeCloseTo(lines.length, 6)
    }),
  )
})

test('the shares of workers are the log, each request once and with its own instant', () => {
  fc.assert(
    fc.property(aLog, fc.integer({ min: 1, max: 5 }), (lines, of) => {
      const log = indexOf(lines)
      const { plan } = loadOf(log, { speed: 2 }).load!
      const us = usOf(log)
      const all: [place: number, dueUs: number][] = []
      for (let index = 0; index < of; index++) {
        const arrivals = new ReplayArrivals(log.rows, plan, { index, of })
        while (arrivals.dueUs < Infinity) {
          arrivals.starts()
          all.push([arrivals.started, arrivals.dueUs])
          arrivals.advance()
        }
      }
      all.sort(([a], [b]) => a - b)
      expect(all).toEqual(us.map((one, n) => [n, one / 2]))
    }),
  )
})

test('workers send each line once, when it is due, and with its own path, also after waits and drops', async () => {
  await fc.assert(
    fc.asyncProperty(
      aLog,
      fc.record({
        workers: fc.integer({ min: 1, max: 3 }),
        onFull: fc.constantFrom('queue' as const, 'drop' as const),
        maxUsers: fc.integer({ min: 3, max: 9 }),
        serviceUs: fc.constantFrom(1000, 400_000),
      }),
      async (lines, { workers, onFull, maxUsers, serviceUs }) => {
        const log = indexOf(lines)
        const { plan: replay, stages, durationS } = loadOf(log, { speed: 2 }).load!
        const target = {
          name: 'GET /[id]',
          method: 'GET',
          url: 'http://target.test/0',
          headers: [],
          body: null,
        }
        const request = { ...target, digest: null, expectStatus: [{ from: 200, to: 399 }] }
        const plan = anOpenPlan({
          ...{ stages, durationS, onFull, maxUsers, arrival: 'replay', replay },
          targets: { file: '/access.log', requests: log.names.map(() => ({ weight: 1, request })) },
        })
        const places = new Map(atOf(log).map((at, place) => [at, place]))
        const bytes = lines.map((line) => `${line}\n`).join('')
        const file = { path: '/access.log', bytes: 0, inode: 0, format: log.format, rows: log.rows }
        const reader = { line: (at: number) => bytes.slice(at, bytes.indexOf('\n', at)) }
        const run = await new Simulation(plan, () => ({ afterUs: serviceUs }), {
          workers,
          replay: { file, reader },
        }).to(60)
        const us = usOf(log)
        const dueOf = new Map(
          [...places].map(([at, place]) => [
            stampedRequest(reader.line(at), log.format)!.request!.path,
            us[place]! / 2,
          ]),
        )
        const paths = run.sent.map(({ request: { url } }) => new URL(url).pathname)
        expect(new Set(paths).size).toBe(paths.length)
        const { iterations } = run.total
        expect(paths.length + iterations.dropped + iterations.unstarted).toBe(lines.length)
        for (const [i, { atUs }] of run.sent.entries()) {
          const dueUs = dueOf.get(paths[i]!)!
          expect(atUs).toBeGreaterThanOrEqual(dueUs - 1e-6)
          if (iterations.dropped + iterations.unstarted === 0 && serviceUs === 1000)
            expect(atUs - dueUs).toBeLessThan(30_000)
        }
      },
    ),
    { numRuns: 40 },
  )
})
