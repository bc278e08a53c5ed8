/** The live view on a real pseudo-terminal, made by `script` of util-linux. */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../../dist/index.js'
import { startFaults } from '../support/faults.ts'
import { MAIN, start, startTarget, type Started, type TargetProcess } from '../support/cli.ts'

const { status, stdout: itself } = spawnSync('script', ['--version'], { encoding: 'utf8' })
const hasScript = status === 0 && itself.includes('util-linux')

const HIDE = '\u001b[?25l'
const SHOW = '\u001b[?25h'

let target: TargetProcess
beforeAll(async () => {
  target = await startTarget(['--latency', '5ms'])
})
afterAll(() => target.kill('SIGTERM'))

type Size = readonly [columns: number, rows: number]

/** corerush on a terminal of this size; what it paints is on `stdout`, and what is written to its input is typed. */
function typed([columns, rows]: Size, words: readonly string[], env: Record<string, string> = {}): Started {
  const size = columns > 0 ? `stty cols ${columns} rows ${rows} && ` : ''
  const command = `${size}'${process.execPath}' '${MAIN}' ${words.join(' ')}`
  return start('script', ['-qec', command, '/dev/null'], { env })
}

/** The same, with a load. */
const onTerminal = (size: Size, words: readonly string[], env?: Record<string, string>): Started =>
  typed(size, ['-u', '5', '-w', '1', '--wait', '100ms', ...words], env)

/** An action of the live page, as the page itself asks for it. */
async function act(running: Started, action: string, body: object = {}): Promise<void> {
  const [, page] = await running.says('stdout', /live page at (http\S+)\s/)
  const { origin, searchParams } = new URL(page!)
  const headers = {
    origin,
    'x-corerush-token': searchParams.get('token')!,
    'content-type': 'application/json',
  }
  const response = await fetch(`${origin}/${action}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(200)
}

/** Orders to stop within half a second are one. */
const aLaterOrder = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 600))

describe.skipIf(!hasScript).concurrent('on a terminal', () => {
  test('a warning is shown once, and in pipes on stderr and in the summary', async () => {
    const words = ['http://127.0.0.1:1/', '-n', '1', '-w', '1']
    const count = (text: string): number => text.split('the target did not answer before').length - 1
    expect(count((await typed([200, 24], words).finished).stdout)).toBe(1)
    const { stdout, stderr } = await start(process.execPath, [MAIN, ...words]).finished
    expect([count(stdout), count(stderr)]).toEqual([1, 1])
  })

  test('a frame is painted over in place, fits the window, and leaves a clean screen and a cursor', async () => {
    const { code, stdout } = await typed([80, 24], ['-u', '5', '-w', '2', '-d', '3s', '--url', target.url])
      .finished
    expect(code).toBe(0)
    expect(stdout.split(HIDE)).toHaveLength(2)
    expect(stdout.lastIndexOf(SHOW)).toBeGreaterThan(stdout.lastIndexOf(HIDE))
    expect(stdout).toMatch(/\u001b\[\d+F/)
    const [, live, summary] = /\u001b\[\?25l([^]*)\u001b\[\?25h([^]*)$/.exec(stdout)!
    expect(live).toContain('worker 0')
    expect(live).toContain('worker 1')
    expect(live).toMatch(/users .*5 of 5/)
    const plain = live!.replace(/\u001b\[[?\d;]*[A-Za-z]/g, '')
    for (const line of plain.split('\r\n')) expect(line.length).toBeLessThanOrEqual(79)
    expect(summary).toContain('measurement: ')
    expect(summary).not.toMatch(/\u001b\[\d*[FJK]/)
  })

  test('Ctrl-C: the cursor comes back, the report is complete, exit 130', async () => {
    const running = onTerminal([80, 24], ['-d', '10m', '--url', target.url])
    await running.says('stdout', /worker 0/)
    running.process.stdin!.write('\u0003')
    const { code, stdout } = await running.finished
    expect(code).toBe(130)
    expect(stdout.lastIndexOf(SHOW)).toBeGreaterThan(stdout.lastIndexOf(HIDE))
    expect(stdout.slice(stdout.lastIndexOf(SHOW))).toContain('interrupted')
  })

  test('keys: tab changes the table, + the load, q ends the load, and the terminal is as it was', async () => {
    const words = ['-d', '10m', '--url', target.url, '; stty -a']
    const running = onTerminal([80, 24], words, { NO_COLOR: '1' })
    await running.says('stdout', /req\/s/)
    running.process.stdin!.write('\t')
    await running.says('stdout', /outcome +requests/)
    running.process.stdin!.write('+')
    await running.says('stdout', /users \d of 6/)
    running.process.stdin!.write('q')
    const { stdout } = await running.finished
    expect(stdout.slice(stdout.lastIndexOf(SHOW))).toMatch(/amended\s+to 6 users at [^]*interrupted/)
    expect(stdout).toMatch(/[^-]icanon\b/)
    // NO_COLOR: it moves the cursor, and paints nothing.
    expect(stdout).toContain(HIDE)
    expect(stdout).not.toMatch(/\u001b\[\d*m/)
  })

  test('with --web the report and its files are there until q, and the exit code is that of the run', async () => {
    const running = onTerminal([80, 24], ['-n', '20', '--web', '0', '--url', target.url, '; echo code $?'])
    const [, page] = await running.says('stdout', /live page stays at (\S+) until q/)
    const { origin, search } = new URL(page!)
    const report = (await (await fetch(`${origin}/report.json${search}`)).json()) as Report
    expect(report.total.sent).toBe(20)
    running.process.stdin!.write('q')
    expect((await running.finished).stdout).toContain(`code ${report.exitCode}`)
  })

  test('without a live view the page stays as well, until Ctrl-C', async () => {
    const words = ['-n', '20', '--web', '0', '--url', target.url, '--quiet']
    const running = onTerminal([80, 24], words)
    const [, page] = await running.says('stdout', /live page stays at (\S+) until Ctrl-C/)
    const { origin, search } = new URL(page!)
    expect((await fetch(`${origin}/report.json${search}`)).status).toBe(200)
    running.process.stdin!.write('\u0003')
    // There was nothing to stop.
    expect((await running.finished).stdout).not.toContain('is stopping')
  })

  test('q ends the start form of --web, before a run of it and in one, whose keys are those of any run', async () => {
    const words = ['--web', '0', '-w', '1', '; echo code $?; stty -a']
    const waiting = typed([80, 24], words)
    await waiting.says('stdout', /live page at /)
    waiting.process.stdin!.write('q')
    expect((await waiting.finished).stdout).toMatch(/code 0[^]*[^-]icanon\b/)

    const running = typed([80, 24], words, { NO_COLOR: '1' })
    await act(running, 'start', { url: target.url, users: '5', wait: '100ms', duration: '10m' })
    await running.says('stdout', /users \d of 5/)
    running.process.stdin!.write('+')
    await running.says('stdout', /users \d of 6/)
    running.process.stdin!.write('q')
    expect((await running.finished).stdout).toMatch(/interrupted[^]*code 130[^]*[^-]icanon\b/)
  })

  test('Ctrl-C twice: the first is acknowledged, the second ends it at once, and the cursor comes back', async () => {
    const server = await startFaults('silent')
    try {
      const running = onTerminal([80, 24], ['-d', '10m', '--graceful-stop', '10m', '--url', server.url])
      await running.says('stdout', /worker 0/)
      running.process.stdin!.write('\u0003')
      await running.says('stdout', /stopping; press again to quit/)
      await aLaterOrder()
      running.process.stdin!.write('\u0003')
      const { code, stdout } = await running.finished
      expect(code).toBe(130)
      expect(stdout.lastIndexOf(SHOW)).toBeGreaterThan(stdout.lastIndexOf(HIDE))
      expect(stdout).not.toContain('measurement: ')
    } finally {
      await server.stop()
    }
  })

  test('Stop on the live page is the first Ctrl-C: the next one ends it at once', async () => {
    const server = await startFaults('silent')
    try {
      const words = ['-d', '10m', '--graceful-stop', '10m', '--web', '0', '--url', server.url]
      const running = onTerminal([80, 24], words)
      await running.says('stdout', /worker 0/)
      await act(running, 'stop')
      await running.says('stdout', /stopping; press again to quit/)
      await aLaterOrder()
      running.process.stdin!.write('q')
      const { code, stdout } = await running.finished
      expect(code).toBe(130)
      expect(stdout).not.toContain('measurement: ')
    } finally {
      await server.stop()
    }
  })

  test('TERM=dumb and --quiet: no escape at all, or no live view', async () => {
    const words = ['-n', '10', '--url', target.url]
    const dumb = await onTerminal([80, 24], words, { TERM: 'dumb' }).finished
    expect(dumb.stdout).toContain('measurement: ')
    expect(dumb.stdout).not.toContain('\u001b')
    const quiet = await onTerminal([80, 24], ['--quiet', '--no-color', ...words]).finished
    expect(quiet.stdout).toContain('measurement: ')
    expect(quiet.stdout).not.toContain('\u001b')
  })

  test('a narrow and low window: nothing is wider or higher than it', async () => {
    const { stdout } = await onTerminal([30, 5], ['-d', '2s', '--url', target.url]).finished
    const [, live] = /\u001b\[\?25l([^]*)\u001b\[\?25h/.exec(stdout)!
    for (const frame of live!.split('\u001b[?2026h').slice(1)) {
      const lines = frame.replace(/\u001b\[[?\d;]*[A-Za-z]/g, '').split('\r\n')
      expect(lines.length - 1).toBeLessThanOrEqual(4)
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(29)
    }
  })

  test('a terminal that does not know its size is taken for 80 × 24', async () => {
    const running = onTerminal([0, 0], ['-d', '2s', '--url', target.url])
    await running.says('stdout', /worker 0/)
    expect((await running.finished).stdout).toContain(target.url)
  })
})
