/** Ctrl-C, SIGTERM and SIGHUP: once ends the load gracefully with a full report, again ends the process. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Report } from '../../dist/index.js'
import { startCli, until, withFolder, withTarget } from '../support/cli.ts'
import { expectConservation } from '../support/conservation.ts'
import { startFaults } from '../support/faults.ts'

describe.concurrent('a signal', () => {
  const ENDS = {
    SIGINT: [130, 'interrupted'],
    SIGTERM: [143, 'terminated'],
    SIGHUP: [129, 'hung up'],
  } as const
  test.for([['SIGINT', 'SIGTERM'], ['SIGTERM'], ['SIGHUP', 'SIGINT']] as const)(
    '%s in the middle, and another at once: drained, the full report, and the exit code of the first',
    async (signals) => {
      await withFolder((folder) =>
        withTarget(['--latency', '50ms'], async (target) => {
          const file = join(folder, 'report.json')
          const words = ['-u', '5', '-w', '1', '-d', '10m', '--wait', '50ms', '-o', `json=${file}`]
          const running = startCli([...words, '--url', target.url])
          await until(async () => (await target.counts()).requests >= 20)
          for (const signal of signals) running.kill(signal)
          const finished = await running.finished
          expect(finished.stdout).toContain('measurement: ')
          const report = JSON.parse(readFileSync(file, 'utf8')) as Report
          expectConservation(report)
          // Two threads may take two signals that are pending, so the kernel promises no order.
          expect(signals).toContain(report.stoppedBy)
          const [code, word] = ENDS[report.stoppedBy as keyof typeof ENDS]
          expect([finished.code, report.exitCode]).toEqual([code, code])
          expect(finished.stdout).toContain(word)
          expect(report.total).toMatchObject({ unfinished: 0, failed: 0 })
          expect(report.loadS).toBeLessThanOrEqual(report.durationS)
          expect((await target.counts()).requests).toBe(report.total.sent)
        }),
      )
    },
  )

  test('SIGINT twice while the target is silent: out at once, without a report', async () => {
    const server = await startFaults('silent')
    try {
      await withFolder(async (folder) => {
        const file = join(folder, 'report.json')
        const words = [
          '-u',
          '2',
          '-d',
          '10m',
          '--timeout',
          '10m',
          '--graceful-stop',
          '10m',
          '-o',
          `json=${file}`,
        ]
        const running = startCli([...words, '--url', server.url])
        await until(() => server.requests() >= 2)
        running.kill('SIGINT')
        // Two signals that come together are one to the kernel.
        await new Promise((resolve) => setTimeout(resolve, 500))
        expect(running.process.exitCode).toBeNull()
        const again = setInterval(() => running.kill('SIGINT'), 500)
        running.kill('SIGINT')
        const finished = await running.finished
        expect(finished).toMatchObject({ code: 130, signal: null, stdout: '' })
        expect(finished.stderr).toMatch(
          /^corerush is stopping: waiting up to 10m .*; a second signal quits at once/m,
        )
        clearInterval(again)
        expect(existsSync(file)).toBe(false)
      })
    } finally {
      await server.stop()
    }
  })

  test('a signal as early as the probe of the target is not lost', async () => {
    const server = await startFaults('ok')
    try {
      const running = startCli([
        '-d',
        '10m',
        '--wait',
        '10s',
        '--ramp-up',
        '10s',
        '-u',
        '2',
        '--url',
        server.url,
      ])
      // The probe is the first that the target sees; the workers are hired by then.
      await until(() => server.accepted() >= 1)
      running.kill('SIGINT')
      const { code, stdout } = await running.finished
      expect(code).toBe(130)
      expect(stdout).toContain('interrupted')
    } finally {
      await server.stop()
    }
  })
})
