/** The open model on the built command: counts exact, latency from due, nothing lost whatever the target does. */
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Report } from '../../dist/index.js'
import {
  readReport,
  runCli,
  runForReport,
  startCli,
  until,
  withTarget,
  type TargetProcess,
} from '../support/cli.ts'
import { exitUnlessVoid, expectConservation } from '../support/conservation.ts'
import { startFaults, type FaultName } from '../support/faults.ts'

/** Runs against a target of its own, and gives what the target counted. */
async function against(
  targetArgs: readonly string[],
  words: readonly string[],
): Promise<{ code: number | null; report: Report; served: number }> {
  return withTarget(targetArgs, async (target) => {
    const { code, report } = await runForReport([...words, '--url', target.url])
    expectConservation(report)
    return { code, report, served: (await target.counts()).requests }
  })
}

describe.concurrent('as many requests arrive as the rate adds up to', () => {
  test.for([
    ['a rate', ['--rate', '200/s', '-d', '2s'], 400],
    ['over three workers', ['--rate', '200/s', '-d', '1s', '-w', '3'], 200],
    ['less than one a second', ['--rate', '30/m', '-d', '3s'], 2],
    ['that is no whole number at the end', ['--rate', '4.4', '-d', '2.5s'], 11],
    ['a ramp', ['--rate', '300/s', '--ramp-up', '1s', '-d', '2s'], 450],
    [
      'stages: up, hold, jump, down',
      ['-s', '1s:200/s', '-s', '0.5s:200/s', '-s', '0s:80/s', '-s', '1s:0/s'],
      240,
    ],
  ] as const)('%s', async ([, words, count]) => {
    const { code, report, served } = await against([], words)
    expect(code).toBe(exitUnlessVoid(report, 0))
    expect(report.model).toBe('open')
    expect(report.iterations).toMatchObject({ due: count, started: count, dropped: 0, unstarted: 0 })
    expect(report.outcomes).toEqual({ ok: count })
    expect(served).toBe(count)
    // From due, and so never less than the service time.
    const { latencyMs, serviceMs } = report.total
    expect(latencyMs.mean).toBeGreaterThanOrEqual(serviceMs.mean!)
    expect(latencyMs.max).toBeGreaterThanOrEqual(serviceMs.max!)
  })

  test('poisson: the same seed, the same number, whatever the number of workers', async () => {
    const words = ['--rate', '100/s', '-d', '2s', '--arrival', 'poisson', '--seed', '5']
    const one = await against([], [...words, '-w', '1'])
    const two = await against([], [...words, '-w', '2'])
    expect(one.served).toBe(one.report.iterations.due)
    expect(two.served).toBe(one.served)
    expect(Math.abs(one.served - 200)).toBeLessThan(6 * Math.sqrt(200))
  })

  // More users than arrivals: however slow the machine is, none is left without one.
  test('on the wire: 1,000/s for 3 s are exactly 3,000', async () => {
    const server = await startFaults('ok')
    try {
      const words = ['--rate', '1000/s', '-d', '3s', '--max-users', '4k', '-w', '2']
      const { report } = await runForReport([...words, '--url', server.url])
      expectConservation(report)
      expect(report.iterations).toMatchObject({ due: 3000, started: 3000 })
      expect(report.outcomes).toEqual({ ok: 3000 })
      expect(server.requests()).toBe(3000)
    } finally {
      await server.stop()
    }
  })
})

describe.concurrent('counts', () => {
  test.for([
    ['--requests', 333],
    ['--iterations', 77],
  ] as const)('%s %i are exactly so many', async ([flag, count]) => {
    const { code, report, served } = await against([], [flag, String(count), '--rate', '500', '-w', '2'])
    expect(code).toBe(exitUnlessVoid(report, 0))
    expect(report.iterations).toMatchObject({ due: count, started: count })
    expect(served).toBe(count)
    expect(report.stoppedBy).toBe(flag.slice(2))
  })

  test('--iterations of users that loop, too', async () => {
    const { report, served } = await against([], ['--iterations', '77', '-u', '5', '-w', '2'])
    expect(report.iterations).toMatchObject({ due: 77, started: 77 })
    expect(served).toBe(77)
  })

  test('dropped arrivals are no requests', async () => {
    const words = ['--requests', '60', '--rate', '200', '--max-users', '4', '--on-full', 'drop', '-w', '2']
    const { report, served } = await against(['--latency', '50ms'], words)
    expect(served).toBe(60)
    expect(report.iterations.started).toBe(60)
    expect(report.iterations.dropped).toBeGreaterThan(0)
  })
})

/** Why all users were busy: the target, or on a busy machine a generator without time for them. */
const whyBusy = ({ verdict }: Report) =>
  verdict.reasons.filter(({ code }) => code === 'users.exhausted' || code === 'generator.saturated')

describe.concurrent('a target that is too slow for its users', () => {
  const words = ['--rate', '100/s', '-d', '2s', '--max-users', '4', '-w', '2']

  test('drop: what found no user is counted, and not sent', async () => {
    const { report, served } = await against(['--latency', '200ms'], [...words, '--on-full', 'drop'])
    const { due, started, dropped, unstarted } = report.iterations
    expect([due, unstarted]).toEqual([200, 0])
    expect(started).toBeLessThanOrEqual(4 * 11)
    expect(dropped).toBe(200 - started)
    expect(served).toBe(started)
    expect(whyBusy(report)).not.toEqual([])
  })

  test('queue: they wait, their latency counts, and some never start', async () => {
    const { report, served } = await against(['--latency', '200ms'], words)
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
  })
})

test.concurrent('the warm-up is sent, but not measured', async () => {
  const { report, served } = await against(
    ['--latency', '100ms'],
    ['--rate', '100/s', '-d', '3s', '--warmup', '1s', '-w', '2'],
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

  test('open model, dropping: due = sent + dropped', async () => {
    const words = ['--rate', '100/s', '-d', '5s', '--max-users', '10', '--on-full', 'drop', '-w', '2']
    const { report, served } = await freeze(words)
    const { due, started, dropped } = report.iterations
    expect([due, started + dropped]).toEqual([500, 500])
    // 150 are due in 1.5 s, and ten users take one each.
    expect(dropped).toBeGreaterThanOrEqual(100 * 1.4 - 10)
    expect(served).toBe(started)
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

  test('SIGINT while arrivals wait: they never started', async () => {
    await withTarget(['--latency', '300ms'], async (target) => {
      const words = ['-s', '0s:50/s', '-s', '60s:500/s', '--max-users', '3', '-w', '2', '-o', 'json=-']
      const running = startCli([...words, '--url', target.url])
      await until(async () => (await target.counts()).requests >= 9)
      running.kill('SIGINT')
      const report = readReport(await running.finished)
      expectConservation(report)
      expect(report.exitCode).toBe(130)
      expect(report.iterations.unstarted).toBeGreaterThan(0)
      expect((await target.counts()).requests).toBe(report.total.sent)
    })
  })

  test('the target dies and comes back', async () => {
    const first = await startFaults('ok')
    const words = ['--rate', '100/s', '-d', '6s', '-w', '2', '--timeout', '2s', '--max-users', '50']
    const running = startCli([...words, '--url', first.url, '-o', 'json=-'])
    await until(() => first.requests() >= 50)
    await first.stop()
    await new Promise((resolve) => setTimeout(resolve, 700))
    const second = await startFaults('ok', first.port)
    const report = readReport(await running.finished)
    await second.stop()

    expectConservation(report)
    expect(report.iterations.due).toBe(600)
    expect(second.requests()).toBeGreaterThan(0)
    expect(report.outcomes['connect.refused']).toBeGreaterThan(0)
    const lastFailure = Math.max(...report.errors.map(({ lastS }) => lastS))
    expect(report.timeline.some((row) => row.second > lastFailure && row.succeeded > 0)).toBe(true)
    expect(report.exitCode).toBe(exitUnlessVoid(report, 99))
  })

  test.for([
    ['reset', 'headers.reset'],
    ['resetMidBody', 'body.reset'],
    ['silent', 'headers.timeout'],
    ['status503', 'status'],
  ] as const satisfies readonly (readonly [FaultName, string])[])('%s', async ([fault, outcome]) => {
    const server = await startFaults(fault)
    try {
      const words = ['--rate', '40/s', '-d', '1s', '--max-users', '6', '-w', '2', '--timeout', '400ms']
      const { code, report } = await runForReport([...words, '--url', server.url])
      expectConservation(report)
      expect(report.iterations.due).toBe(40)
      expect(Object.keys(report.outcomes)).toEqual([outcome])
      expect(server.requests()).toBe(report.total.sent)
      expect(code).toBe(exitUnlessVoid(report, 99))
    } finally {
      await server.stop()
    }
  })

  test('refused', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    await once(closed, 'close')
    const words = ['--rate', '40/s', '-d', '2s', '--max-users', '4', '-w', '2']
    const { code, report } = await runForReport([...words, '--url', `http://127.0.0.1:${port}/`])
    expectConservation(report)
    expect(report.iterations).toMatchObject({ due: 80, dropped: 0 })
    expect(Object.keys(report.outcomes)).toEqual(['connect.refused'])
    // Each of four users tries after 0.1, 0.2, 0.4 and 0.8 s again.
    expect(report.total.sent).toBeLessThanOrEqual(4 * 5)
    expect(code).toBe(exitUnlessVoid(report, 99))
  })
})

describe.concurrent('what makes no sense is refused before anything is sent', () => {
  test.for([
    [['--rate', '0'], '--rate', '0'],
    [['--rate', '5', '-u', '3'], '--users', '3'],
    [['--rate', '5', '--wait', '1s'], '--wait', '1s'],
    [['-s', '5'], '--stage', '5'],
    [['-s', '5s:3', '-n', '7'], '--requests', '7'],
    [['-d', '3s', '--warmup', '3s'], '--warmup', '3s'],
    [['-s', '5s:3', '-s', '5s:3/s'], '--stage', '5s:3/s'],
    [['--rate', '5', '--ramp-up', '11s'], '--ramp-up', '11s'],
    [['--on-full', 'drop'], '--on-full', 'drop'],
  ] as const)('%j', async ([words, flag, value]) => {
    const { code, stdout, stderr } = await runCli([...words, '--url', 'http://127.0.0.1:9/'])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(flag)
    expect(stderr).toContain(value)
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
