/**
 * What goes wrong at the edges of a run, on the built command: the code says which, a message says what, and the summary
 * is shown. Elsewhere: 2 in bad-input, 97 and a full disk (1) in gate, 98 in compare and (by --baseline) in repeats,
 * 130 and 143 in signals, readers that go away in outputs.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report, SecondRow } from '../../dist/index.js'
import { runCli, runForReport, startCli, until, withFolder } from '../support/cli.ts'
import { expectConservation } from '../support/conservation.ts'
import { response, startFaults, type Faults } from '../support/faults.ts'

let server: Faults
/** The paths that were asked for: the runs of all tests go to one server. */
const asked = new Set<string>()
beforeAll(async () => {
  server = await startFaults(({ socket, head }) => {
    const path = head.split(' ')[1]!
    asked.add(path)
    if (!path.startsWith('/slow')) socket.write(response('200 OK', 'ok'))
    else setTimeout(() => socket.writable && socket.write(response('200 OK', 'ok')), 30)
  })
})
afterAll(() => server.stop())
/** Five requests of a user without a wait: nothing that a busy host could make void. */
const FIVE = ['-n', '5', '-u', '1', '--threshold', 'failed < 100%']

describe.concurrent('the edges of a run', () => {
  test.for([
    [0, 'count == 5', '✓ count == 5'],
    [99, 'count > 5', '✗ count > 5'],
  ] as const)('exit code %i of a run whose rule is %s', async ([code, rule, line]) => {
    const finished = await runForReport([...FIVE, '--threshold', rule, '--url', server.url])
    expect(finished.code).toBe(code)
    expect(finished.report).toMatchObject({ exitCode: code, stoppedBy: 'requests' })
    expect(finished.stderr).toContain(line)
  })

  test.runIf(existsSync('/proc/self/limits'))('exit code 1 where even root cannot make a file', async () => {
    // To others the folder says so before anything is sent.
    const path = process.getuid?.() === 0 ? '/proc/corerush.json' : '/proc/self/corerush.json'
    const { code, stdout, stderr } = await runCli([...FIVE, '--url', server.url, '-o', `json=${path}`])
    if (code === 2) expect(stderr).toContain(`--out json=${path}: cannot be written: EACCES`)
    else {
      expect(code).toBe(1)
      expect(stderr).toContain(
        `corerush: json=${path} could not be written and went to standard output instead: `,
      )
      const [json, ...summary] = stdout.split('\n')
      expect((JSON.parse(json!) as Report).total.finished).toBe(5)
      expect(summary.join('\n')).toMatch(/^measurement: /m)
    }
  })

  test('exit code 1 if nobody takes the metrics: reported, and nothing waits longer than its time-out', async () => {
    const env = { OTEL_EXPORTER_OTLP_TIMEOUT: '200' }
    // Nobody listens on port 1.
    const words = [...FIVE, '-o', 'otlp=http://127.0.0.1:1', '--url', server.url]
    const { code, report, stderr } = await runForReport(words, { env })
    expect([code, report.exitCode]).toEqual([1, 0])
    expect(stderr).toMatch(
      /^corerush: otlp=http:\/\/127\.0\.0\.1:1\/v1\/metrics did not accept all metrics: /m,
    )
    expect(stderr).toMatch(/^measurement: /m)
  })

  test('exit code 1 where a folder has come in the place of the file', () =>
    withFolder(async (folder) => {
      const words = ['-u', '2', '-d', '3s', '--threshold', 'failed < 100%']
      const url = ['--url', `${server.url}/slow/folder`]
      const running = startCli([...words, '-o', 'junit=r.xml', ...url], { cwd: folder })
      await until(() => asked.has('/slow/folder'))
      mkdirSync(join(folder, 'r.xml'))
      const { code, stdout, stderr } = await running.finished
      expect(code).toBe(1)
      expect(stderr).toMatch(
        /^corerush: junit=r\.xml could not be written and went to standard output instead: EISDIR/m,
      )
      expect(stdout).toMatch(/^<\?xml[^]*<\/testsuites>\ncorerush [^]*^measurement: /m)
      expect(readdirSync(folder)).toEqual(['r.xml'])
    }))

  test('SIGTERM in the last second: nothing is lost, and whoever ended the load is named', async () => {
    await withFolder(async (folder) => {
      const words = [
        '-u',
        '4',
        '-w',
        '2',
        '-d',
        '2s',
        '--wait',
        '20ms',
        '-o',
        'ndjson=-',
        '-o',
        'json=r.json',
      ]
      const running = startCli([...words, '--url', `${server.url}/slow`], { cwd: folder })
      await running.says('stdout', /"second":0,/)
      running.kill('SIGTERM')
      const { code, stdout, stderr } = await running.finished
      const report = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8')) as Report
      expectConservation(report)
      // A host that is slow enough lets the load end by itself before the signal comes.
      expect(['SIGTERM', 'duration']).toContain(report.stoppedBy)
      if (report.stoppedBy === 'SIGTERM') expect(code).toBe(143)
      expect(code).toBe(report.exitCode)
      expect(report.total.unfinished).toBe(0)
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Partial<SecondRow & Report>)
      expect(lines.at(-1)!.total).toEqual(report.total)
      expect(stderr).toMatch(/^measurement: /m)
    })
  })
})
