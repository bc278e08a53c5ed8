/** A pipeline's view of the built command: thresholds, exit codes, and all outputs of one run. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report, SecondRow } from '../../dist/index.js'
import {
  readReport,
  runCli,
  startCli,
  startTarget,
  until,
  withFolder,
  type TargetProcess,
} from '../support/cli.ts'
import { expectConservation } from '../support/conservation.ts'
import { response, startFaults } from '../support/faults.ts'

let target: TargetProcess
beforeAll(async () => {
  target = await startTarget(['--latency', '5ms'])
})
afterAll(() => target.kill('SIGTERM'))

/** Without a pace to miss, a run is void on no host, however busy. */
const SHORT = ['-u', '4', '-w', '1', '-n', '80']

describe.concurrent('thresholds and exit codes', () => {
  test('a failed threshold is 99, and with --no-fail 0; the report keeps saying 99', async () => {
    const words = [
      ...SHORT,
      '--url',
      target.url,
      '--threshold',
      'p50 < 1ms',
      '--threshold',
      'failed < 100%',
      '-o',
      'json=-',
    ]
    const [strict, lenient] = await Promise.all([runCli(words), runCli([...words, '--no-fail'])])
    const reports = [strict, lenient].map(readReport)
    for (const report of reports) {
      expect(report.exitCode).toBe(99)
      expect(report.thresholds.map(({ expression, ok }) => [expression, ok])).toEqual([
        ['succeeded > 0', true],
        ['p50 < 1ms', false],
        ['failed < 100%', true],
      ])
    }
    expect([strict.code, lenient.code]).toEqual([99, 0])
    expect(strict.stderr).toMatch(/^✗ p50 < 1ms {2}\d/m)
    expect(lenient.stderr).toContain(`corerush: --no-fail makes exit code ${reports[1]!.exitCode} a 0`)
  })

  test('one that only warns fails nothing', async () => {
    const own = [
      '--threshold',
      'failed < 100%',
      '--threshold',
      'p50 < 1ms warn',
      '--threshold',
      'lag.max >= 0ms',
    ]
    const { code, stdout } = await runCli([...SHORT, '--url', target.url, ...own])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^! p50 < 1ms warn {2}/m)
    expect(stdout).toMatch(/^✓ lag\.max >= 0ms {2}/m)
  })

  test('abort-on-fail ends the load, lets what is in flight end, and says why', async () => {
    const words = ['-u', '4', '-w', '1', '-d', '10m', '--threshold', 'p50 < 1ms over 1s abort-on-fail']
    const finished = await runCli([...words, '--url', target.url, '-o', 'json=-'])
    const report = readReport(finished)
    expectConservation(report)
    expect(report.stoppedBy).toBe('threshold')
    expect(report.loadS).toBeLessThan(60)
    expect(report.total.unfinished).toBe(0)
    expect(finished.code).toBe(99)
    expect(report.warnings.join()).toMatch(
      /stopped after \d+ s: the threshold "p50 < 1ms over 1s abort-on-fail" failed/,
    )
    expect(finished.stderr).toContain('stopped by a threshold')
  })

  test('a run that lost its worker is 97, whatever the thresholds say', async () => {
    const server = await startFaults('ok')
    try {
      await withFolder(async (folder) => {
        // Every thread but the main one throws as soon as the file is there.
        const signal = join(folder, 'die')
        const saboteur = join(folder, 'saboteur.mjs')
        writeFileSync(
          saboteur,
          `import { existsSync } from 'node:fs'
           import { isMainThread } from 'node:worker_threads'
           if (!isMainThread) setInterval(() => { if (existsSync('${signal}')) throw new Error('sabotage') }, 20).unref()`,
        )
        const words = ['-u', '2', '-w', '1', '-d', '10m', '--wait', '20ms', '--threshold', 'max < 0ms']
        const running = startCli([...words, '--url', server.url], {
          env: { NODE_OPTIONS: `--import=${pathToFileURL(saboteur).href}` },
        })
        await until(() => server.requests() > 0)
        writeFileSync(signal, '')
        const { code, stdout } = await running.finished
        expect(code).toBe(97)
        expect(stdout).toMatch(/^measurement: void\./m)
        expect(stdout).toContain('sabotage')
      })
    } finally {
      await server.stop()
    }
  })
})

describe.concurrent('the outputs of one run', () => {
  test('agree to the request, and hold no secret', async () => {
    const server = await startFaults(({ socket, index }) =>
      socket.write(response(index % 5 === 0 ? '503 Busy' : '200 OK', 'body')),
    )
    await withFolder(async (folder) => {
      const secret = 'c4n4ry-5ecret'
      const url = `${server.url.replace('//', `//user:${secret}@`)}/GetPrograms?access_token=${secret}`
      const headers = ['Cookie: sid=', 'X-Api-Key: '].flatMap((header) => ['-H', `${header}${secret}`])
      const kinds = ['json=r.json', 'csv=r', 'junit=r.xml', 'hlog=r.hlog', 'github=r.md', 'ndjson=-']
      const words = [
        '-u',
        '4',
        '-w',
        '2',
        '-n',
        '80',
        '--name',
        'A',
        ...headers,
        ...kinds.flatMap((kind) => ['-o', kind]),
      ]
      const { code, stdout, stderr } = await runCli([...words, '--url', url], { cwd: folder })
      expect(code).toBe(99)
      const files = Object.fromEntries(
        readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
      )
      expect(Object.keys(files).sort()).toEqual(
        [
          'r.hlog',
          'r.json',
          'r.md',
          'r.xml',
          ...['exceptions', 'failures', 'stats', 'stats_history'].map((f) => `r_${f}.csv`),
        ].sort(),
      )
      for (const text of [stdout, stderr, ...Object.values(files)]) expect(text).not.toContain(secret)

      const report = JSON.parse(files['r.json']!) as Report
      expectConservation(report)
      const { total } = report
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string } & SecondRow & Report)
      expect(lines.at(-1)).toMatchObject({
        type: 'summary',
        total: JSON.parse(JSON.stringify(total)) as object,
      })
      const seconds = new Map(
        lines.filter(({ type }) => type === 'second').map((row) => [row.second, row.finished]),
      )
      expect([...seconds.values()].reduce((sum, n) => sum + n)).toBe(total.finished)
      const aggregated = (file: string): string => files[file]!.trimEnd().split('\r\n').at(-1)!
      const requests = total.finished + total.unfinished
      expect(aggregated('r_stats.csv')).toMatch(new RegExp(`^,Aggregated,${requests},${total.failed},`))
      expect(aggregated('r_stats_history.csv')).toContain(
        `,${requests},${total.failed},${total.latencyMs.p50},`,
      )
      expect(files['r_failures.csv']).toContain(`,${total.failed},`)
      expect(files['r.md']).toMatch(new RegExp(`^\\| total \\| ${requests} \\|`, 'm'))
      expect(files['r.xml']).toMatch(new RegExp(`^total +${requests} `, 'm'))
    })
    await server.stop()
  })

  test('GitHub Actions gets its summary without being asked, added to what is there', async () => {
    await withFolder(async (folder) => {
      const summary = join(folder, 'summary.md')
      writeFileSync(summary, 'before\n')
      const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary }
      const failing = [...SHORT, '--threshold', 'p50 < 1ms']
      const { stdout } = await runCli([...failing, '--url', target.url], { env })
      expect(readFileSync(summary, 'utf8')).toMatch(/^before\n### corerush: ❌/)
      expect(stdout).toMatch(/^::error title=corerush%3A /m)
      // Nobody asked for the summary: that it cannot be written is reported and stops nothing.
      const gone = { ...env, GITHUB_STEP_SUMMARY: join(folder, 'none/summary.md') }
      const without = await runCli(['-n', '2', '-u', '1', '-w', '1', '--url', target.url], { env: gone })
      expect(without.stderr).toMatch(/^corerush: no job summary: .*no such directory/)
      expect(without.stdout).toMatch(/^measurement: /m)
      const asked = await runCli([...failing, '--url', target.url, '-o', 'github=own.md', '-o', 'json=-'], {
        env,
        cwd: folder,
      })
      expect(existsSync(join(folder, 'own.md'))).toBe(true)
      readReport(asked)
      expect(asked.stderr).toMatch(/^::error title=corerush%3A /m)
      expect(readFileSync(summary, 'utf8').match(/### corerush/g)).toHaveLength(1)
    })
  })

  test.runIf(existsSync('/dev/full'))(
    'a full disk: a report goes to standard output instead, and the summary is shown',
    async () => {
      const words = ['-n', '5', '-u', '1', '-w', '1', '--threshold', 'failed < 100%', '--url', target.url]
      const { code, stdout, stderr } = await runCli([...words, '-o', 'json=/dev/full'])
      expect(code).toBe(1)
      expect(stderr).toContain(
        'corerush: json=/dev/full could not be written and went to standard output instead: ENOSPC',
      )
      expect(stdout).toMatch(/^\{"schema":.*\}\n/m)
      expect(stdout).toMatch(/^measurement: /m)
    },
  )

  test('a read-only folder is refused before anything is sent, but root may write there', async () => {
    await withFolder(async (folder) => {
      const closed = join(folder, 'closed')
      mkdirSync(closed, { mode: 0o500 })
      const { code, stderr } = await runCli(['-n', '1', '-o', `csv=${closed}/r`, '--url', target.url])
      const isRoot = process.getuid?.() === 0
      expect(existsSync(join(closed, 'r_stats.csv'))).toBe(isRoot)
      if (isRoot) expect(code).toBe(0)
      else expect([code, stderr]).toEqual([2, expect.stringContaining('EACCES')])
    })
  })
})

describe.concurrent('--wait-for-target', () => {
  /** A port that nobody listens on, most likely. */
  async function freePort(): Promise<number> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    return port
  }

  test('begins when the target accepts, with no warning that it did not', async () => {
    const port = await freePort()
    const words = [
      '-n',
      '5',
      '-u',
      '1',
      '-w',
      '1',
      '--wait-for-target',
      '30s',
      '--url',
      `http://127.0.0.1:${port}/`,
    ]
    const running = startCli([...words, '-o', 'json=-'])
    await running.says('stderr', /waiting up to 30s for 127\.0\.0\.1:\d+\n/)
    const late = await startTarget([], port)
    const finished = await running.finished
    await late.kill('SIGTERM')
    const report = readReport(finished)
    expect(report.total.succeeded).toBe(5)
    expect(report.warnings.join()).not.toContain('did not answer')
  })

  test('gives up when the time is over: exit code 2, nothing was sent', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`
    const { code, stdout, stderr } = await runCli(['--wait-for-target', '300ms', '--url', url])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(
      /corerush: the target did not come up within 0\.3s: .*ECONNREFUSED.*; nothing was sent\n/,
    )
  })

  test('Ctrl-C ends the waiting', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`
    const running = startCli(['--wait-for-target', '10m', '--url', url])
    await running.says('stderr', /waiting up to 10m/)
    running.kill('SIGINT')
    expect((await running.finished).code).toBe(130)
  })
})
