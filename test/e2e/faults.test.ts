/** Targets that fail, each in its way: counted by class, never lost, never a crash, and exit 99. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run, type Options, type Outcome, type Report } from '../../dist/index.js'
import {
  MAIN,
  runForReport,
  start,
  startCli,
  readReport,
  until,
  withTarget,
  withFolder,
} from '../support/cli.ts'
import { exitUnlessVoid, expectConservation } from '../support/conservation.ts'
import { closedPort, FAULTS, startFaults, type FaultName } from '../support/faults.ts'
import { startTlsTarget } from '../support/tls.ts'

const SHORT = ['-u', '2', '-n', '6', '--graceful-stop', '20s']

/** Runs these tasks in their order, with one user. */
const runTasks = (url: string, tasks: string, options: Options): Promise<Report> =>
  withFolder((folder) => {
    const scenario = join(folder, 'tasks.mjs')
    const code = `import { scenario } from 'corerush'
      export default scenario({ order: 'sequence', tasks: ${tasks} })`
    writeFileSync(scenario, code)
    return run({ scenario, url, users: 1, workers: 1, gracefulStop: '20s', ...options })
  })

interface Case {
  readonly outcome: Outcome
  /** The next request needs a connection of its own. */
  readonly breaks: boolean
  readonly status?: number
  /** Where one is meant to pass; elsewhere a busy machine must not make it pass. */
  readonly timeoutMs?: number
}

describe.concurrent('a target that misbehaves', () => {
  const cases: Record<FaultName, Case> = {
    ok: { outcome: 'ok', breaks: false, status: 200 },
    reset: { outcome: 'headers.reset', breaks: true },
    resetMidBody: { outcome: 'body.reset', breaks: true, status: 200 },
    closeBeforeHeaders: { outcome: 'headers.closed', breaks: true },
    truncated: { outcome: 'body.closed', breaks: true, status: 200 },
    truncatedChunk: { outcome: 'body.closed', breaks: true, status: 200 },
    garbage: { outcome: 'headers.malformed', breaks: true },
    silent: { outcome: 'headers.timeout', breaks: true, timeoutMs: 300 },
    drip: { outcome: 'body.timeout', breaks: true, status: 200, timeoutMs: 800 },
    closeAfterEach: { outcome: 'ok', breaks: true, status: 200 },
    http10: { outcome: 'ok', breaks: true, status: 200 },
    notModified: { outcome: 'ok', breaks: true, status: 304 },
    noContent: { outcome: 'ok', breaks: false, status: 204 },
    chunked: { outcome: 'ok', breaks: false, status: 200 },
    status503: { outcome: 'status', breaks: false, status: 503 },
  }
  const ROUNDS = 2

  // Each case by itself, whole or in pieces, on each transport: test/conformance/faults.test.ts.
  test('one user meets every fault in turn: each is classified, and none touches the next request', async () => {
    const all = Object.entries(cases)
    const server = await startFaults((exchange) => {
      const [, path] = exchange.head.split(' ')
      FAULTS[path!.slice(1) as FaultName](exchange)
    })
    try {
      const report = await runTasks(
        server.url,
        `{ ${all.map(([name, { timeoutMs = 30_000 }]) => `${name}: ({ http }) => http.get('/${name}', { name: '${name}', timeout: ${timeoutMs / 1000} })`).join()} }`,
        { iterations: ROUNDS * all.length, expectStatus: '2xx,304' },
      )
      expectConservation(report, { tasks: true })
      const countsOf = (outcomes: readonly Outcome[]): Partial<Record<Outcome, number>> => {
        const counts: Partial<Record<Outcome, number>> = {}
        for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + ROUNDS
        return counts
      }
      expect(report.outcomes).toEqual(countsOf(all.map(([, { outcome }]) => outcome)))
      for (const [name, { outcome, status, timeoutMs = 0 }] of all) {
        const metrics = report.byName[`GET ${name}`]!
        expect([name, metrics.statuses]).toEqual([name, status === undefined ? {} : { [status]: ROUNDS }])
        expect([name, metrics.succeeded]).toEqual([name, outcome === 'ok' ? ROUNDS : 0])
        // Time-outs stay in the latencies with the time they reached; other failures would flatter.
        const { latencyMs, failedMs } = metrics
        if (outcome.endsWith('.timeout')) expect(latencyMs.min).toBeGreaterThanOrEqual(timeoutMs - 1)
        else if (outcome !== 'ok') expect(latencyMs.max).toBeNull()
        if (outcome !== 'ok') expect(failedMs.min).not.toBeNull()
      }
      const failed = all.map(([, { outcome }]) => outcome).filter((outcome) => outcome !== 'ok')
      expect(new Set(report.errors.map(({ outcome }) => outcome))).toEqual(new Set(failed))
      for (const { message } of report.errors) expect(message).not.toBe('')
      expect(report.exitCode).toBe(99)

      // The reset meets a connection that was used before, so the request is tried once more on a new one.
      const retried = ROUNDS
      const broken = ROUNDS * all.filter(([, { breaks }]) => breaks).length
      expect(report.connections).toMatchObject({ opened: 1 + broken + retried, failed: 0, retried })
      // No connection failed, so what was sent has arrived; and one connection more is the probe.
      expect(server.requests()).toBe(report.total.sent + retried)
      expect(server.accepted()).toBe(report.connections.opened + 1)
    } finally {
      await server.stop()
    }
  })

  test('a status that is expected is success', async () => {
    const server = await startFaults('status503')
    try {
      const report = await run({ url: server.url, users: 2, requests: 6, workers: 1, expectStatus: 503 })
      expectConservation(report)
      expect(report.outcomes).toEqual({ ok: 6 })
      expect(report.exitCode).toBe(0)
    } finally {
      await server.stop()
    }
  })

  test('requests without an answer at the end of the drain are unfinished, at the time they reached', async () => {
    const server = await startFaults('silent')
    try {
      const words = ['-u', '4', '-w', '2', '--ramp-up', '0', '-d', '1s', '--graceful-stop', '300ms']
      const { code, report, stderr } = await runForReport([...words, '--url', server.url])
      expectConservation(report)
      expect(report.total).toMatchObject({ sent: 4, finished: 0, unfinished: 4, failedRatio: 1 })
      expect(report.connections).toEqual({ opened: 4, reused: 0, failed: 0, retried: 0 })
      expect(server.requests()).toBe(4)
      expect(server.accepted()).toBe(5)
      // In flight for the load, whose second they began in, and the drain.
      expect(report.total.latencyMs.max).toBeGreaterThanOrEqual(300)
      expect(code).toBe(99)
      expect(stderr).toContain('4 requests without a response when the drain ended')
    } finally {
      await server.stop()
    }
  })
})

describe.concurrent('a target that is not there', () => {
  test('down: a warning before the run, refused and counted, users back off, exit 99', async () => {
    const port = await closedPort()
    const words = ['-u', '5', '-w', '2', '-d', '2s', '--url', `http://127.0.0.1:${port}/`]
    const { code, report, stderr } = await runForReport(words)
    expectConservation(report)
    expect(stderr).toMatch(/^warning: .*not reachable.*ECONNREFUSED/m)
    expect(report.warnings.filter((warning) => warning.includes('did not answer'))).toHaveLength(1)
    expect(Object.keys(report.outcomes)).toEqual(['connect.refused'])
    expect(code).toBe(99)
    expect(report.thresholds.find(({ expression }) => expression === 'succeeded > 0')!.ok).toBe(false)
    // After 0.1, 0.2, 0.4 and 0.8 s a user tries again: five times in two seconds, and every user at least once.
    expect(report.total.sent).toBeGreaterThanOrEqual(5)
    expect(report.total.sent).toBeLessThanOrEqual(5 * 5)
    expect(report.connections).toEqual({ opened: 0, reused: 0, failed: report.total.sent, retried: 0 })
    expect([report.total.bytesIn, report.total.bytesOut]).toEqual([0, 0])
  })

  test('a host name that does not exist', async () => {
    const words = ['-u', '2', '-d', '1s', '--connect-timeout', '500ms', '--graceful-stop', '1s']
    const { code, report, stderr } = await runForReport([...words, '--url', 'http://no-such-host.invalid/'])
    expectConservation(report, { lossless: false })
    expect(stderr).toMatch(/^warning: .*no-such-host\.invalid/m)
    for (const outcome of Object.keys(report.outcomes)) expect(outcome).toMatch(/^dns\./)
    expect(report.total.succeeded).toBe(0)
    expect(report.connections.opened).toBe(0)
    expect(code).toBe(99)
  })

  test('a port that accepts and whose handshake never comes: tls.timeout after the connect time-out', async () => {
    const server = await startFaults('silent')
    try {
      const words = ['-u', '2', '-n', '2', '--connect-timeout', '300ms', '--graceful-stop', '20s']
      const url = server.url.replace('http:', 'https:')
      const { code, report } = await runForReport([...words, '--url', url])
      expectConservation(report)
      expect(report.outcomes).toEqual({ 'tls.timeout': 2 })
      expect(report.total.latencyMs.min).toBeGreaterThanOrEqual(299)
      expect(code).toBe(99)
    } finally {
      await server.stop()
    }
  })
})

describe.concurrent('TLS', () => {
  test('a certificate that nobody trusts fails, and with -k it does not', async (context) => {
    const server = await startTlsTarget()
    if (server === null) return context.skip('no openssl on this machine')
    try {
      const refused = await runForReport([...SHORT, '--url', server.url])
      expectConservation(refused.report)
      expect(refused.report.outcomes).toEqual({ 'tls.certificate': 6 })
      expect(refused.report.connections).toEqual({ opened: 0, reused: 0, failed: 6, retried: 0 })
      expect(refused.code).toBe(99)
      expect(server.requests()).toBe(0)

      const insecure = await runForReport([...SHORT, '-k', '--url', server.url])
      expectConservation(insecure.report)
      expect(insecure.report.outcomes).toEqual({ ok: 6 })
      expect(insecure.report.total.phasesMs.tls.min).toBeGreaterThan(0)
      expect(insecure.code).toBe(0)
      expect(server.requests()).toBe(6)
    } finally {
      await server.stop()
    }
  })

  const OURS = 'DNS:localhost,IP:127.0.0.1'
  test.for([
    ['is right', OURS, false, 'undici', 'ok'],
    ['is right', OURS, false, 'wire', 'ok'],
    ['names another host', 'DNS:other.test', false, 'wire', 'tls.certificate'],
    ['has expired', OURS, true, 'undici', 'tls.certificate'],
  ] as const)(
    'a trusted certificate that %s: %s, %s, over %s',
    async ([, names, isExpired, transport, outcome], context) => {
      const server = await startTlsTarget(names, isExpired)
      if (server === null) return context.skip('no openssl on this machine')
      try {
        await withFolder(async (folder) => {
          const cert = join(folder, 'cert.pem')
          writeFileSync(cert, server.cert)
          const env = { NODE_EXTRA_CA_CERTS: cert }
          const words = [...SHORT, '-w', '1', '--transport', transport, '--url', server.url]
          const { report } = await runForReport(words, { env })
          expectConservation(report)
          expect(report.outcomes).toEqual({ [outcome]: 6 })
          expect(report.connections.failed).toBe(outcome === 'ok' ? 0 : 6)
          expect(report.transport).toBe(transport)
          expect(server.requests()).toBe(outcome === 'ok' ? 6 : 0)
        })
      } finally {
        await server.stop()
      }
    },
  )

  test('https to a port that speaks plain http', async () => {
    await withTarget([], async (target) => {
      const { code, report } = await runForReport([...SHORT, '--url', target.url.replace('http:', 'https:')])
      expectConservation(report)
      expect(report.outcomes).toEqual({ 'tls.failed': 6 })
      expect(code).toBe(99)
      expect((await target.counts()).requests).toBe(0)
    })
  })
})

test.concurrent(
  'a server that dies in the middle and comes back: failures by class, then success again, all counted',
  async () => {
    const first = await startFaults('ok')
    const running = startCli([
      ...['-u', '10', '-w', '2', '--wait', '50ms', '-d', '6s', '--timeout', '2s', '--graceful-stop', '1s'],
      ...['--url', first.url, '-o', 'json=-'],
    ])
    await until(() => first.requests() >= 20)
    await first.stop()
    await new Promise((resolve) => setTimeout(resolve, 800))
    const second = await startFaults('ok', first.port)
    const report = readReport(await running.finished)
    await second.stop()

    expectConservation(report)
    expect(second.requests()).toBeGreaterThan(0)
    expect(report.outcomes.ok).toBeGreaterThanOrEqual(20)
    expect(report.outcomes['connect.refused']).toBeGreaterThan(0)
    const others = Object.keys(report.outcomes).filter(
      (outcome) => !/^(ok|connect\.|headers\.|body\.)/.test(outcome),
    )
    expect(others).toEqual([])
    const lastFailure = Math.max(...report.errors.map(({ lastS }) => lastS))
    expect(report.timeline.some((row) => row.second > lastFailure && row.succeeded > 0)).toBe(true)
    expect(report.exitCode).toBe(exitUnlessVoid(report, 99))
  },
)

test.concurrent('a load that takes every descriptor: counted by class, and the workers live', async () => {
  const server = await startFaults('silent')
  await withFolder(async (folder) => {
    const file = join(folder, 'parallel.mjs')
    writeFileSync(
      file,
      `import { scenario } from '${new URL('../../dist/index.js', import.meta.url).href}'
       const all = Array.from({ length: 20 })
       const tasks = { T: ({ http }) => Promise.all(all.map(() => http.get('/', { timeout: '1s' }))) }
       export default scenario({ baseUrl: '${server.url}', tasks })`,
    )
    const words = [file, '-c', '20', '--iterations', '20', '-w', '1', '-o', 'json=-']
    const command = ['ulimit -n 256 && exec "$0" "$@"', process.execPath, MAIN, ...words]
    const finished = await start('sh', ['-c', ...command]).finished
    const report = readReport(finished)
    expectConservation(report, { tasks: true })
    const { 'headers.timeout': silent = 0, 'connect.no-descriptor': refused = 0 } = report.outcomes
    expect(silent + refused).toBe(400)
    expect(refused).toBeGreaterThan(100)
    expect(report.verdict.reasons.map(({ code }) => code)).toContain('generator.faults')
    expect(finished.code).toBe(99)
  })
  await server.stop()
})
