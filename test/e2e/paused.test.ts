import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Report } from '../../dist/index.js'
import { MAIN, start } from '../support/cli.ts'
import { expectConservation } from '../support/conservation.ts'
import { startFaults } from '../support/faults.ts'

test('a process that was stopped for a while knows it, and its bound covers what it did to the latencies', async () => {
  const server = await startFaults('ok')
  const folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
  const file = join(folder, 'report.json')
  try {
    const words = ['-u', '20', '--wait', '20ms', '-w', '1', '-d', '3s', '--graceful-stop', '2s', '-q']
    const running = start(process.execPath, [
      MAIN,
      ...words,
      '--url',
      `${server.url}/`,
      '--out',
      `json=${file}`,
    ])
    while (server.requests() === 0) await sleep(20)
    await sleep(700)
    running.kill('SIGSTOP')
    await sleep(800)
    running.kill('SIGCONT')
    const { code } = await running.finished
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    expectConservation(report)
    expect(report.verdict.level).not.toBe('sound')
    expect(report.verdict.limit).toBe('generator')
    expect(code).toBe(report.exitCode)
    const paused = report.verdict.reasons.find(({ code: reason }) => reason === 'generator.paused')
    expect(paused).toMatchObject({ worker: 0 })
    // Nothing the server did takes so long; what was in flight then, if it is enough to shape p99.9, the bound has.
    const { p99_9 } = report.total.latencyMs
    if (p99_9! > 700) expect(report.verdict.errorBoundMs.p99_9).toBeGreaterThan(500)
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})
