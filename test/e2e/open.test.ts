/**
 * The open model as it is built, over real sockets: counts exact, latency from due, nothing lost whatever the target
 * does. Its rules in every case are tried on virtual time: test/worker/open.test.ts, test/laws/open.test.ts.
 */
import { describe, expect, test } from 'vitest'
import { run, startTarget, type Options, type Report, type TargetOptions } from '../../dist/index.js'
import { readReport, startCli, until, withTarget, type TargetProcess } from '../support/cli.ts'
import { exitUnlessVoid, expectConservation } from '../support/conservation.ts'
import { startFaults } from '../support/faults.ts'

/** Runs against a target in this process, and gives what the target counted. */
async function against(target: TargetOptions, options: Options): Promise<{ report: Report; served: number }> {
  const server = await startTarget({ port: 0, ...target })
  try {
    const report = await run({ workers: 2, ...options, url: server.url })
    expectConservation(report)
    return { report, served: server.counts().requests }
  } finally {
    await server.stop()
  }
}

describe.concurrent('as many requests arrive as the rate adds up to', () => {
  test('over three workers, in stages: up, hold, jump, down', async () => {
    const stages = ['1s:200/s', '0.5s:200/s', '0s:80/s', '1s:0/s']
    const { report, served } = await against({}, { stages, workers: 3 })
    expect(report.exitCode).toBe(exitUnlessVoid(report, 0))
    expect(report.model).toBe('open')
    expect(report.iterations).toMatchObject({ due: 240, started: 240, dropped: 0, unstarted: 0 })
    expect(report.outcomes).toEqual({ ok: 240 })
    expect(served).toBe(240)
    // From due, and so never less than the service time.
    const { latencyMs, serviceMs } = report.total
    expect(latencyMs.mean).toBeGreaterThanOrEqual(serviceMs.mean!)
    expect(latencyMs.max).toBeGreaterThanOrEqual(serviceMs.max!)
  })

  // More users than arrivals: however slow the machine is, none is left without one.
  test('1,000/s for 2 s are exactly 2,000', async () => {
    const { report, served } = await against({}, { rate: '1000/s', duration: 2, maxUsers: 3000 })
    expect(report.iterations).toMatchObject({ due: 2000, started: 2000 })
    expect(report.outcomes).toEqual({ ok: 2000 })
    expect(served).toBe(2000)
  })

  test('a count of iterations ends the run, to the request', async () => {
    const { report, served } = await against({}, { iterations: 77, rate: 500 })
    expect(report.exitCode).toBe(exitUnlessVoid(report, 0))
    expect(report.iterations).toMatchObject({ due: 77, started: 77 })
    expect(served).toBe(77)
    expect(report.stoppedBy).toBe('iterations')
  })

  test('arrivals that are dropped are no requests', async () => {
    const options = { requests: 60, rate: '200/s', maxUsers: 4, onFull: 'drop' } as const
    const { report, served } = await against({ latency: { kind: 'constant', seconds: 0.05 } }, options)
    expect([served, report.iterations.started]).toEqual([60, 60])
    expect(report.iterations.dropped).toBeGreaterThan(0)
  })
})

/** Why all users were busy: the target, or on a busy machine a generator without time for them. */
const whyBusy = ({ verdict }: Report) =>
  verdict.reasons.filter(({ code }) => code === 'users.exhausted' || code === 'generator.saturated')

test.concurrent(
  'a target that is too slow for its users: arrivals wait, their latency counts, and some never start',
  async () => {
    const options = { rate: '100/s', duration: 2, maxUsers: 4 }
    const { report, served } = await against({ latency: { kind: 'constant', seconds: 0.2 } }, options)
    const { due, started, dropped, unstarted } = report.iterations
    expect([due, dropped]).toEqual([200, 0])
    expect(started).toBeLessThanOrEqual(4 * 11)
    expect(unstarted).toBe(200 - started)
    expect(served).toBe(started)
    const { latencyMs, serviceMs } = report.total
    expect(serviceMs.min).toBeGreaterThanOrEqual(200)
    // One in two was due in the first second and had not started a second later.
    expect(latencyMs.p50).toBeGreaterThan(500)
    expect(latencyMs.max).toBeGreaterThan(1500)
    expect(whyBusy(report)).not.toEqual([])
    for (const { code, level, advice } of whyBusy(report))
      if (code === 'users.exhausted')
        expect([level, advice]).toEqual(['note', expect.stringMatching(/--max-users \d+/)])
    expect(report.connections.opened).toBe(4)
  },
)

test.concurrent('the warm-up is sent, but not measured', async () => {
  const { report, served } = await against(
    { latency: { kind: 'constant', seconds: 0.1 } },
    { rate: '100/s', duration: 3, warmup: 1 },
  )
  expect(served).toBe(300)
  expect(report.loadS).toBe(2)
  expect(report.timeline.slice(0, 4).map(({ phase }) => phase)).toEqual(['warmup', 'load', 'load', 'drain'])
  const { carriedIn, sent, finished, unfinished } = report.total
  expect(carriedIn + sent).toBe(finished + unfinished)
  expect(carriedIn).toBeGreaterThan(0)
  expect(report.timeline[0]!.sent + sent).toBe(300)
  expect(report.iterations.due + report.timeline[0]!.due).toBe(300)
})

describe.concurrent('the target stands still for 1.5 s', () => {
  const FREEZE_S = 1.5
  /** Runs, and stops the process of the target in the middle. */
  async function freeze(words: readonly string[]): Promise<{ report: Report; served: number }> {
    return withTarget([], async (target) => {
      const running = startCli([...words, '--url', target.url, '-o', 'json=-'])
      await until(async () => (await target.counts()).requests >= 30)
      await standStill(target, FREEZE_S * 1000)
      const report = readReport(await running.finished)
      expectConservation(report)
      return { report, served: (await target.counts()).requests }
    })
  }
  /** How many latencies were above so many seconds. */
  const above = (report: Report, s: number): number =>
    report.timeline.reduce(
      (sum, { histogram: { upToUs, counts } }) =>
        sum + counts.reduce((n, count, i) => (upToUs[i]! > s * 1e6 ? n + count : n), 0),
      0,
    )

  test('open model: everybody who came meanwhile is in the latencies', async () => {
    const { report, served } = await freeze(['--rate', '100/s', '-d', '5s', '--max-users', '10', '-w', '2'])
    expect(report.iterations).toMatchObject({ due: 500, dropped: 0 })
    expect(served).toBe(report.total.sent)
    expect(report.total.latencyMs.max).toBeGreaterThanOrEqual(1400)
    for (const s of [0.25, 0.5, 1]) expect(above(report, s)).toBeGreaterThanOrEqual(100 * (1.4 - s))
    // Service time is what the ten saw who were sent: the uncorrected figure.
    const { latencyMs, serviceMs } = report.total
    expect(serviceMs.p50).toBeLessThan(latencyMs.p99!)
    for (const name of ['p50', 'p75', 'p90', 'p95', 'p99', 'max'] as const)
      expect(serviceMs[name]).toBeLessThanOrEqual(latencyMs[name]!)
  })

  test('closed model: a handful of latencies, and the report says which model it is', async () => {
    const { report } = await freeze(['-u', '5', '--wait', 'pacing:50ms', '-d', '5s', '-w', '2'])
    expect(report.model).toBe('closed')
    expect(report.total.latencyMs.max).toBeGreaterThanOrEqual(1400)
    expect(report.total.latencyMs).toEqual(report.total.serviceMs)
  })
})

describe.concurrent('whatever goes wrong, nothing is lost', () => {
  test('SIGINT in the middle of a ramp: drained, exit 130, due = started', async () => {
    await withTarget(['--latency', '50ms'], async (target) => {
      const words = ['-s', '60s:600/s', '-s', '60s:600/s', '-w', '2', '-o', 'json=-']
      const running = startCli([...words, '--url', target.url])
      await until(async () => (await target.counts()).requests >= 20)
      running.kill('SIGINT')
      const finished = await running.finished
      const report = readReport(finished)
      expectConservation(report)
      expect([finished.code, report.stoppedBy]).toEqual([130, 'SIGINT'])
      const { due, started, unstarted } = report.iterations
      expect([started, unstarted]).toEqual([due, 0])
      // The rate grows by 10/s every second; a worker may hear of the end a little after it.
      expect(due).toBeGreaterThanOrEqual(5 * report.loadS ** 2 - 1)
      expect(due).toBeLessThanOrEqual(5 * report.durationS ** 2 + 2)
      expect(report.total.unfinished).toBe(0)
      expect((await target.counts()).requests).toBe(report.total.sent)
    })
  })

  test('a server that resets each connection', async () => {
    const server = await startFaults('reset')
    try {
      const options = { rate: '40/s', duration: 1, maxUsers: 6, workers: 2 }
      const report = await run({ ...options, url: server.url })
      expectConservation(report)
      expect(report.iterations.due).toBe(40)
      expect(Object.keys(report.outcomes)).toEqual(['headers.reset'])
      expect(server.requests()).toBe(report.total.sent)
      expect(report.exitCode).toBe(exitUnlessVoid(report, 99))
    } finally {
      await server.stop()
    }
  })
})

async function standStill(target: TargetProcess, forMs: number): Promise<void> {
  process.kill(target.pid, 'SIGSTOP')
  try {
    await new Promise((resolve) => setTimeout(resolve, forMs))
  } finally {
    process.kill(target.pid, 'SIGCONT')
  }
}
