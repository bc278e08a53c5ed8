/** The library, as a program uses it: the built one, against real servers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  CorerushError,
  OptionsError,
  planRun,
  renderSummary,
  run,
  VERSION,
  type Options,
  type Output,
  type Plan,
  type Report,
  type RunControl,
  type RunStart,
  type SecondRow,
} from '../../dist/index.js'
import { runForReport, withFolder } from '../support/cli.ts'
import { expectConservation } from '../support/conservation.ts'
import { combined } from '../support/logs.ts'
import { startRecording } from '../support/recording-server.ts'
import { startFaults, type Faults } from '../support/faults.ts'

let server: Faults
beforeAll(async () => {
  server = await startFaults('ok')
})
afterAll(() => server.stop())

const brief = (more: Options = {}): Options => ({ url: server.url, users: 2, requests: 10, ...more })

describe('run', () => {
  test('resolves to the very report that the command line writes', async () => {
    const options = { url: server.url, users: 4, workers: 2, requests: 40, seed: 7 }
    const report = await run(options)
    expectConservation(report)
    expect(report.exitCode).toBe(0)
    expect(report.version).toBe(VERSION)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    const words = ['-u', '4', '-w', '2', '-n', '40', '--seed', '7', '--url', server.url]
    const other = (await runForReport(words)).report
    expect(fields(other)).toEqual(fields(report))
    expect(other.plan).toEqual(report.plan)
    expect(report.plan).toEqual(planRun(options))
    expect(renderSummary(report, { color: false, width: 80 })).toMatch(/measurement: \w+\.[^]*\n$/)
  })

  test('replays a log: each request once over both workers, with its method, path and query, at its time', async () => {
    const target = await startRecording()
    await withFolder(async (folder) => {
      const replay = join(folder, 'access.log')
      const paths = Array.from({ length: 90 }, (_, i) => `/u/${i}?n=${i % 7}`)
      writeFileSync(replay, paths.map((path, i) => `${combined(1e9 + Math.floor(i / 30), path)}\n`).join(''))
      const report = await run({
        url: `${target.url}/base`,
        replay,
        speed: 3,
        workers: 2,
        thresholds: ['failed < 1%'],
      })
      expectConservation(report)
      expect(report).toMatchObject({ exitCode: 0, loadS: 1, iterations: { due: 90, started: 90 } })
      expect(report.plan).toMatchObject({ arrival: 'replay', replay: { requests: 90, speed: 3 } })
      expect(Object.keys(report.byName)).toEqual(['GET /u/[id]'])
      expect(target.seen.map(({ url }) => url).sort()).toEqual(paths.map((path) => `/base${path}`).sort())
    })
    target.close()
  })

  test('has a witness where it is of use: another thread with its stripe of an exact count', async () => {
    const before = server.requests()
    const report = await run({
      ...{ url: server.url, rate: 1500, maxUsers: 2000, requests: 1200, workers: 1 },
      thresholds: ['witness.p50 < 1m'],
    })
    expectConservation(report)
    expect([report.total.sent, server.requests() - before]).toEqual([1200, 1200])
    expect(report.plan.witness).toBe(53)
    // Every 53rd of 1,200; the thread that is in time takes more of the count.
    const { requests } = report.witness!
    expect(requests).toBeGreaterThanOrEqual(15)
    expect(requests).toBeLessThanOrEqual(40)
    expect(report.thresholds.at(-1)).toMatchObject({ ok: true, samples: requests })
    expect(report.timeline[0]!.workers.map(({ worker }) => worker)).toEqual([0, 1])
    const without = { url: server.url, rate: 1500, maxUsers: 2000, witness: false }
    expect(planRun(without).witness).toBeNull()
    expect(() => planRun({ ...without, thresholds: ['witness.p50 < 1m'] })).toThrow(/no witness/)
  })

  test('runs one after the other, and two at once, in one process', async () => {
    const before = server.requests()
    const reports = [await run(brief()), ...(await Promise.all([run(brief()), run(brief())]))]
    for (const report of reports) expectConservation(report)
    expect(server.requests() - before).toBe(30)
  })

  test('onSecond and the outputs get each second once, in order, and no secret', async () => {
    const rows: SecondRow[] = []
    const calls: string[] = []
    const starts: RunStart[] = []
    const output: Output = {
      name: 'recorder',
      check: () => calls.push('check'),
      start(begin) {
        calls.push('start')
        starts.push(begin)
      },
      second: ({ row, recent, finished }) => {
        calls.push(`second ${row.second}`)
        expect(finished).toBeGreaterThanOrEqual(row.finished)
        expect(recent.finished).toBeGreaterThanOrEqual(row.finished)
      },
      finish: () => calls.push('finish'),
    }
    const report = await run(
      brief({
        requests: undefined,
        duration: '1200ms',
        wait: '50ms',
        url: `${server.url}/?token=canary`,
        headers: { cookie: 'canary' },
      }),
      { onSecond: (row) => rows.push(row), outputs: [output] },
    )
    expectConservation(report)
    expect(rows.map(({ second }) => second)).toEqual(report.timeline.map(({ second }) => second))
    expect(calls).toEqual(['check', 'start', ...rows.map(({ second }) => `second ${second}`), 'finish'])
    expect(starts[0]).toMatchObject({ version: VERSION })
    expect(starts[0]!.warnings.filter((warning) => !warning.startsWith('the load average'))).toEqual([])
    expect(JSON.stringify([starts, report])).not.toContain('canary')
  })

  test('an abort ends the load gracefully', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 300)
    const options = brief({ requests: undefined, duration: '10m', wait: '50ms' })
    const report = await run(options, { signal: controller.signal })
    expectConservation(report)
    expect(report).toMatchObject({ stoppedBy: 'abort', exitCode: 130 })
    expect(report.total.unfinished).toBe(0)
  })
})

test('a program changes the load of its run, as long as there is one', async () => {
  let changes: Promise<PromiseSettledResult<unknown>[]> | null = null
  const plans: Plan[] = []
  let control: RunControl | null = null
  const report = await run(brief({ requests: undefined, workers: 2, duration: '1200ms', wait: '20ms' }), {
    onStart(begun) {
      control = begun
      changes = Promise.allSettled([begun.amend({ users: 6, overS: 0 }), begun.amend({ ratePerS: 5 })])
    },
    outputs: [{ name: 'recorder', amended: (plan) => plans.push(plan) }],
  })
  expectConservation(report)
  const [made, refused] = await changes!
  expect(made).toEqual({ status: 'fulfilled', value: report.amendments[0] })
  expect(report.amendments).toEqual([{ atS: expect.any(Number) as number, users: 6, overS: 0 }])
  expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'CORERUSH_AMENDMENT', exitCode: 2 } })
  expect(plans).toHaveLength(1)
  expect(report.plan).toMatchObject({ stages: [{ toUsers: 2 }] })
  expect(report.timeline[0]!.users).toBe(6)
  await expect(control!.amend({ users: 3 })).rejects.toThrow('the load cannot be amended: the load is over')
  const thrown = run(brief(), { onStart: () => expect.unreachable('a program of no patience') })
  await expect(thrown).rejects.toThrow('a program of no patience')
})

describe('a program that errs', () => {
  test('options that make no plan reject before anything is sent, with every problem', async () => {
    const before = server.accepted()
    const options = { url: server.url, users: 0, duraton: '1s', wait: 'soon', headers: ['x'] } as Options
    const error = await run(options).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OptionsError)
    expect(error).toBeInstanceOf(CorerushError)
    expect(error).toMatchObject({ code: 'CORERUSH_OPTIONS', exitCode: 2 })
    expect((error as OptionsError).problems.map(({ option }) => option).sort()).toEqual([
      'duraton',
      'headers',
      'users',
      'wait',
    ])
    expect(server.accepted()).toBe(before)
  })

  test('an output that cannot write rejects before anything is sent', async () => {
    const before = server.accepted()
    const check = (): never => {
      throw new Error('the disk is full')
    }
    await expect(
      run(brief(), {
        outputs: [
          { name: 'one', check },
          { name: 'two', check },
        ],
      }),
    ).rejects.toMatchObject({
      problems: [
        { option: 'outputs', message: 'one: the disk is full' },
        { option: 'outputs', message: 'two: the disk is full' },
      ],
    })
    expect(server.accepted()).toBe(before)
  })

  const broken = (name: string): Output => ({
    name,
    second: () => {
      throw new Error('broken')
    },
    finish: () => {
      throw new Error('never called again')
    },
  })
  const shortRun = (): Options => brief({ requests: undefined, duration: '1200ms', wait: '100ms' })

  test('an output that throws is reported once, and stops neither the run nor the others', async () => {
    const told: unknown[] = []
    let finished: Report | null = null
    const report = await run(shortRun(), {
      outputs: [broken('bad'), { name: 'good', finish: (final) => (finished = final) }],
      onSecond: () => {
        throw new Error('broken as well')
      },
      onOutputError: (output, error) => told.push([output, (error as Error).message]),
    })
    expectConservation(report)
    expect(report.stoppedBy).toBe('duration')
    expect(told).toEqual([
      ['onSecond', 'broken as well'],
      ['bad', 'broken'],
    ])
    expect(finished).toBe(report)
  })

  test('when nobody listens to it, the failure is thrown at the end', async () => {
    let finished: Report | null = null
    const outputs = [broken('bad'), { name: 'good', finish: (final: Report) => (finished = final) }]
    await expect(run(shortRun(), { outputs })).rejects.toMatchObject({
      code: 'CORERUSH_OUTPUT',
      exitCode: 1,
      message: 'bad: broken',
      report: { stoppedBy: 'duration' },
    })
    expect(finished!.stoppedBy).toBe('duration')
  })
})

/** The fields of a report, of its metrics, of its seconds and of its verdict. */
const fields = (report: Report): string[][] =>
  [report, report.total, report.timeline[0]!, report.timeline[0]!.workers[0]!, report.verdict].map((part) =>
    Object.keys(part),
  )
