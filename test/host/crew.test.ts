/** Workers that die, block or cannot start: the run ends, keeps what it has, and says what is missing. */
import { describe, expect, test as base } from 'vitest'
import { planRun, renderSummary, type Report } from '../../dist/index.js'
import { hireCrew } from '../../dist/host/crew.js'
import { conduct } from '../../dist/host/run.js'
import { expectConservation } from '../support/conservation.ts'
import { response, startFaults, type Faults } from '../support/faults.ts'

const test = base.extend<{ server: Faults }>({
  server: async ({}, use) => {
    // Slow enough that a worker that dies takes requests in flight with it.
    const server = await startFaults(({ socket }) =>
      setTimeout(() => socket.writable && socket.write(response('200 OK', 'ok')), 100),
    )
    await use(server)
    await server.stop()
  },
})

const fixture = (name: string): string => new URL(`../support/workers/${name}.mjs`, import.meta.url).href

const conducted = (server: Faults, name: string, durationS: number, heapMb?: number): Promise<Report> =>
  conduct(
    planRun({
      url: server.url,
      users: 8,
      workers: 2,
      duration: durationS,
      rampUp: '100ms',
      gracefulStop: '1s',
    }),
    {},
    hireCrew({ filename: fixture(name), ...(heapMb === undefined ? {} : { heapMb }) }),
  )

/** The one reason with that code. */
const reason = ({ verdict }: Report, code: string) => {
  const found = verdict.reasons.filter((one) => one.code === code)
  expect(found).toHaveLength(1)
  return found[0]!
}

test('a worker whose undici is another one uses plain sockets, and the report says so', async ({
  server,
}) => {
  const report = await conducted(server, 'other-undici', 1)
  expectConservation(report)
  expect(report.total).toMatchObject({ failed: 0, unfinished: 0 })
  expect(report.total.succeeded).toBeGreaterThan(8)
  expect(report.warnings.filter((warning) => warning.includes('undici'))).toEqual([
    'undici 8.0.0 is not the version that light sockets were made for (7.30.2), and asks them for what they do not have (setSomethingNew): plain sockets are used, at more CPU per request',
  ])
})

describe.concurrent('a worker that dies', () => {
  test.for([
    ['of an exception', 'throws', undefined, /the fixture.* died/],
    ['for want of memory', 'exhausts', 64, /memory/],
  ] as const)(
    '%s voids the run, which goes on and names it',
    async ([, name, heapMb, message], { server }) => {
      const report = await conducted(server, name, 3, heapMb)
      expectConservation(report, { lossless: false })
      expect(report).toMatchObject({ exitCode: 97, stoppedBy: 'duration' })
      expect(report.verdict.level).toBe('void')
      const lost = reason(report, 'worker.lost')
      expect(lost).toMatchObject({ worker: 1, level: 'void' })
      expect(lost.message).toMatch(message)
      expect(lost.message).toMatch(/^worker 1 died in second \d/)

      // What it reported is kept, the second it had open is lost, and the other one goes on.
      const second = lost.fromS
      const workersOf = (row: Report['timeline'][number]) => row.workers.map(({ worker }) => worker)
      expect(second).toBeGreaterThanOrEqual(1)
      for (const row of report.timeline.slice(0, second)) {
        expect(workersOf(row)).toEqual([0, 1])
        expect(row.complete).toBe(true)
      }
      expect(report.timeline[second]).toMatchObject({ complete: false })
      expect(workersOf(report.timeline[second]!)).toEqual([0])
      expect(report.timeline.at(-1)!.second).toBeGreaterThan(second)
      expect(report.timeline.filter(({ complete }) => !complete)).toHaveLength(1)

      // It had up to four requests in flight by its last word; the target has seen more than anybody could report.
      expect(report.total.unfinished).toBeLessThanOrEqual(4)
      expect(server.requests()).toBeGreaterThanOrEqual(report.total.sent)
      expect(report.errors).toEqual([])
      const summary = renderSummary(report, { color: false, width: 80 })
      expect(summary).toContain('measurement: void.')
      expect(summary).toContain('Worker 1 died in second')
      expect(summary).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
    },
  )

  test.for([
    ['returning', 'never-returns'],
    ['leaving its promises for its loop', 'never-yields'],
  ] as const)('by never %s is ended after the drain, and named', async ([, name], { server }) => {
    const report = await conducted(server, name, 3)
    expect(report).toMatchObject({ exitCode: 97, stoppedBy: 'duration' })
    expect(reason(report, 'worker.lost').message).toContain('code of the scenario never returns')
    expect(report.total.succeeded).toBeGreaterThan(0)
  })

  test('all of them: still a report', async ({ server }) => {
    const report = await conducted(server, 'all-throw', 600)
    expectConservation(report, { lossless: false })
    expect(report).toMatchObject({ exitCode: 97, stoppedBy: 'workers' })
    const lost = report.verdict.reasons.filter(({ code }) => code === 'worker.lost')
    // They die at the same time, in any order.
    expect(new Set(lost.map(({ worker }) => worker))).toEqual(new Set([0, 1]))
    expect(report.total.succeeded).toBeGreaterThan(0)
    expect(report.loadS).toBeLessThanOrEqual(report.durationS)
    expect(renderSummary(report, { color: false, width: 80 })).toContain('all workers died')
  })
})

test.concurrent(
  'a worker near the limit of its heap ends the run, whose report says so',
  async ({ server }) => {
    const report = await conducted(server, 'leaks', 60, 80)
    expectConservation(report)
    expect(report).toMatchObject({ exitCode: 97, stoppedBy: 'memory' })
    expect(report.warnings.join()).toMatch(
      /the heap of worker 1, [\d.]+ MB, came near its limit of [\d.]+ MB; NODE_OPTIONS/,
    )
    expect(report.verdict.reasons.map(({ code }) => code)).not.toContain('worker.lost')
  },
)

test.concurrent(
  'a worker that cannot be loaded rejects the run before anything is sent',
  async ({ server }) => {
    await expect(conducted(server, 'broken', 1)).rejects.toMatchObject({
      code: 'CORERUSH_CREW',
      exitCode: 1,
      message: expect.stringMatching(/worker \d could not start: the fixture cannot be loaded/) as string,
    })
    await expect(conducted(server, 'there-is-none', 1)).rejects.toMatchObject({ code: 'CORERUSH_CREW' })
    expect(server.requests()).toBe(0)
  },
)

test.concurrent(
  'a worker that blocks does not stop the clock, and its late seconds still correct the totals',
  async ({ server }) => {
    const closed: [number, boolean][] = []
    const plan = planRun({
      url: server.url,
      users: 4,
      workers: 2,
      duration: '4s',
      rampUp: 0,
      gracefulStop: '1s',
    })
    const report = await conduct(
      plan,
      { onSecond: ({ second, complete }) => closed.push([second, complete]) },
      hireCrew({ filename: fixture('blocks') }),
    )
    expectConservation(report)
    expect(closed.map(([second]) => second)).toEqual(closed.map((_, i) => i))
    // The second in which it began to block was closed without it, and is complete in the end.
    expect(closed.some(([, complete]) => !complete)).toBe(true)
    expect(report.timeline.every(({ complete }) => complete)).toBe(true)
    expect(server.requests()).toBe(report.total.sent)
    // The verdict says who it was, and that nothing stopped it from outside.
    const blocked = report.verdict.reasons.find(({ code }) => code === 'generator.blocked')
    expect(blocked).toMatchObject({ level: 'suspect', worker: 1 })
    expect(blocked!.message).toMatch(/worker 1 was blocked for up to \d\.\d+ s/)
  },
)
