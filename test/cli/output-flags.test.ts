/** Where what a run says ends up: standard output, standard error, files, and nowhere when nobody reads. */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../../dist/index.js'
import {
  MAIN,
  readReport,
  runCli,
  start,
  startCli,
  startTarget,
  until,
  withFolder,
  type TargetProcess,
  withoutLoad,
} from '../support/cli.ts'
import { expectConservation } from '../support/conservation.ts'
import { startFaults } from '../support/faults.ts'

let target: TargetProcess
beforeAll(async () => {
  target = await startTarget(['--latency', '5ms'])
})
afterAll(() => target.kill('SIGTERM'))

const ESCAPE = /\u001b/
const STACK = /^\s+at /m
/** Without a pace to miss, it is void on no host, however busy. */
const ONE_SECOND = ['-u', '4', '-w', '1', '-d', '1s']

describe.concurrent('standard output and standard error', () => {
  test('the summary is on standard output, and nothing on standard error', async () => {
    const { code, stdout, stderr } = await runCli([...ONE_SECOND, '--url', target.url])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^corerush \d+\.\d+\.\d+ · GET http:/)
    expect(stdout).toMatch(/^measurement: (sound|suspect|void)\./m)
    expect(stdout).not.toMatch(ESCAPE)
    expect(withoutLoad(stderr)).toBe('')
  })

  test('on a full disk standard output ends in one line and exit code 1, never in a stack', async () => {
    const full = (words: string) =>
      start('sh', ['-c', `"${process.execPath}" "${MAIN}" ${words} > /dev/full`]).finished
    const run = `-u 1 -w 1 --requests 2 --url ${target.url} -q`
    const commands = ['--version', 'compare --help', `${run} --dry-run`, `${run} -o ndjson=-`]
    for (const { code, stderr } of await Promise.all(commands.map(full))) {
      expect(withoutLoad(stderr)).toMatch(/^corerush: standard output could not be written: ENOSPC: .*\n/)
      expect(stderr).not.toMatch(STACK)
      expect(code).toBe(1)
    }
  })

  test.each(['hlog', 'github', 'html', 'junit', 'csv'])(
    '%s on a full disk goes to standard output, with a line that says so and exit code 1',
    async (kind) => {
      // The four files of CSV have a prefix, so their disk is full by a link.
      const { code, stdout, stderr } = await withFolder((folder) => {
        const path = kind === 'csv' ? join(folder, 'run') : '/dev/full'
        if (kind === 'csv') symlinkSync('/dev/full', `${path}_stats.csv`)
        return runCli(['-u', '1', '-w', '1', '-n', '3', '--url', target.url, '-o', `${kind}=${path}`])
      })
      expect(withoutLoad(stderr)).toMatch(/could not be written and went to standard output instead: ENOSPC/)
      expect(stderr).not.toMatch(STACK)
      expect(stdout.length).toBeGreaterThan(500)
      expect(code).toBe(1)
    },
  )

  test('json=- is one JSON object alone on standard output, and the summary moves to standard error', async () => {
    const finished = await runCli([...ONE_SECOND, '-o', 'json=-', '--url', target.url])
    expect(finished.stdout).toMatch(/^\{.*\}\n$/)
    expectConservation(readReport(finished))
    expect(finished.stderr).toMatch(/^measurement: /m)
  })

  test('a report in a file is whole, with nothing left beside it, and an older one is replaced', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'report.json'), 'old')
      const { stdout } = await runCli([...ONE_SECOND, '-o', 'json=report.json', '--url', target.url], {
        cwd: folder,
      })
      expect(readdirSync(folder)).toEqual(['report.json'])
      const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report
      expectConservation(report)
      expect(stdout).toContain('measurement: ')
    })
  })

  test('colours are off in a pipe and with NO_COLOR, on with FORCE_COLOR and --color', async () => {
    const run = (env: Record<string, string>, ...flags: string[]) =>
      runCli(['-n', '2', '-w', '1', ...flags, '--url', target.url], { env })
    expect((await run({ NO_COLOR: '1', FORCE_COLOR: '1' })).stdout).not.toMatch(ESCAPE)
    expect((await run({ FORCE_COLOR: '1' }, '--no-color')).stdout).not.toMatch(ESCAPE)
    expect((await run({ FORCE_COLOR: '1' })).stdout).toMatch(ESCAPE)
    expect((await run({ NO_COLOR: '1' }, '--color')).stdout).toMatch(ESCAPE)
  })

  test('where there is no terminal, one plain line every five seconds; --quiet none', async () => {
    const words = ['-u', '2', '-w', '1', '-d', '6s', '--wait', '200ms', '-o', 'json=-', '--url', target.url]
    const [plain, quiet] = await Promise.all([runCli(words), runCli([...words, '--quiet'])])
    const report = readReport(plain)
    const lines = plain.stderr.split('\n').filter((line) => /^corerush \d+:\d\d /.test(line))
    expect(lines).toHaveLength(Math.floor(report.timeline.length / 5))
    expect(lines[0]).toMatch(
      /^corerush 0:05  users 2\/2  requests \d+  req\/s .*  p99 .*  failed 0  busiest worker /,
    )
    expect(plain.stderr).not.toMatch(ESCAPE)
    expect(quiet.stderr).not.toMatch(/^corerush \d+:\d\d /m)
    expect(quiet.stderr).toMatch(/^measurement: /m)
  })
})

describe.concurrent('nobody reads, or nothing can be written', () => {
  test.for([
    ['standard output', ['stdout'], []],
    ['standard error', ['stderr'], []],
    ['both, with the report on standard output', ['stdout', 'stderr'], ['-o', 'json=-']],
  ] as const)('%s closed early: the exit code is still that of the run', async ([, streams, words]) => {
    const running = startCli([...ONE_SECOND, ...words, '--url', `${target.url}/closed`])
    for (const stream of streams) running.process[stream]!.destroy()
    const { code, signal, stdout, stderr } = await running.finished
    expect(signal).toBeNull()
    expect(code).toBe(0)
    expect(stdout + stderr).not.toMatch(STACK)
  })

  test('`| head -1` sees the first line', async () => {
    const running = startCli(['-n', '5', '-w', '1', '--url', target.url])
    const [line] = await running.says('stdout', /^.*\n/)
    running.process.stdout!.destroy()
    expect(line).toMatch(/^corerush /)
    const { code, stderr } = await running.finished
    expect(code).toBe(0)
    expect(withoutLoad(stderr)).toBe('')
  })

  test('a report whose folder went away during the run goes to standard output, and 0 becomes 1', async () => {
    const server = await startFaults('ok')
    try {
      await withFolder(async (folder) => {
        const reports = join(folder, 'reports')
        mkdirSync(reports)
        const words = ['-u', '4', '-w', '1', '-d', '2s', '--wait', '100ms', '-o', `json=${reports}/r.json`]
        const running = startCli([...words, '--url', server.url])
        await until(() => server.requests() > 0)
        rmSync(reports, { recursive: true })
        const { code, stdout, stderr } = await running.finished
        const [json, ...summary] = stdout.split('\n')
        const report = JSON.parse(json!) as Report
        expectConservation(report)
        expect(code).toBe(report.exitCode === 0 ? 1 : report.exitCode)
        expect(summary.join('\n')).toContain('measurement: ')
        expect(stderr).toContain(
          `corerush: json=${reports}/r.json could not be written and went to standard output instead: ENOENT`,
        )
        expect(stderr).not.toMatch(STACK)
      })
    } finally {
      await server.stop()
    }
  })
})
