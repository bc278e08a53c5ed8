import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCapacity } from '../../src/host/machine/kept-capacity.ts'
import { renderLimits, renderTrials } from '../../src/output/text/doctor-text.ts'
import { MAIN, runCli, start, startCli } from '../support/cli.ts'

const hasTaskset = spawnSync('taskset', ['-c', '0', 'true']).status === 0

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'corerush-cache-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.concurrent('a measurement', () => {
  test('shows the limits, measures, and keeps what came out sound', async () => {
    // On one core, where that can be had: half as much to measure.
    const words = [process.execPath, MAIN, 'doctor', '--json']
    const [command, ...args] = hasTaskset ? ['taskset', '-c', '0', ...words] : words
    const { code, stdout, stderr } = await start(command!, args, { env: { XDG_CACHE_HOME: folder } }).finished
    expect(code).toBe(0)
    expect(stderr).toMatch(/^(measuring (undici|wire) with \d+ workers? …\n)+$/)
    const found = JSON.parse(stdout) as {
      limits: { usableCores: number }
      trials: { transport: string; workers: number; fullPerS: number; soundPerS: number | null }[]
      file: string | null
    }
    expect(found.trials.map(({ workers }) => workers)).toContain(1)
    if (hasTaskset) expect(found.limits.usableCores).toBe(1)
    for (const { fullPerS } of found.trials) expect(fullPerS).toBeGreaterThan(0)
    // A host that is disturbed may find nothing sound; then nothing is kept.
    const isSound = found.trials.some(({ soundPerS }) => soundPerS !== null)
    const file = join(folder, 'corerush/capacity.json')
    expect(found.file).toBe(isSound ? file : null)
    // It holds for so many cores, and this process may have others.
    expect(existsSync(file) && readFileSync(file, 'utf8').includes('"oneWorkerPerS"')).toBe(isSound)
    if (isSound && !hasTaskset) expect(readCapacity(file)).not.toBeNull()
  })

  test.skipIf(!existsSync('/proc/self/task'))(
    'says what it measures, and ends when its target is gone',
    async () => {
      const doctor = startCli(['doctor'], { env: { XDG_CACHE_HOME: folder } })
      await doctor.says('stderr', /^measuring undici with 1 worker …\n/)
      const { pid } = doctor
      const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
      process.kill(Number(child), 'SIGKILL')
      const { code, stderr } = await doctor.finished
      expect(code).toBe(1)
      expect(stderr).toContain('corerush: the embedded target ended while it was measured against\n')
    },
  )
})

test('bad flags are reported before anything is measured', async () => {
  const { code, stdout, stderr } = await runCli(['doctor', '--span', '1.2s', '--url', 'http://127.0.0.1/'])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('--span must be whole seconds, at least 1s, got "1.2s"')
  expect(stderr).toContain('--url is not a flag')
})

const plain = { color: false, width: 120 }

test('the limits for a person', () => {
  const limits = {
    cpuModel: 'a processor',
    cores: 8,
    affinity: 4,
    cpuQuota: 1.5,
    usableCores: 2,
    descriptors: 1024,
    ports: { from: 32_768, to: 60_999 },
    somaxconn: 128,
    memoryBytes: 8e9,
    memoryAvailableBytes: 4e9,
    load1: 0.25,
  }
  expect(renderLimits(limits, plain)).toMatchInlineSnapshot(`
    "this host
    cores     2 usable of 8 (a processor); 4 by affinity; a quota of 1.5
    files     1,024 open at once, one per user
    ports     32768–60999: 28,232 connections to one address; a closed one blocks its port for a minute
    backlog   128 connections queued for a server on this host (net.core.somaxconn)
    memory    4.0 GB available of 8.0 GB
    load      0.25 in the last minute
    "
  `)
  const silent = {
    ...limits,
    affinity: 8,
    cpuQuota: null,
    descriptors: null,
    ports: null,
    somaxconn: null,
    load1: null,
  }
  expect(renderLimits(silent, plain).match(/not available here/g)).toHaveLength(4)
})

test('what was found, for a person', () => {
  const trials = [
    { transport: 'undici', workers: 1, fullPerS: 20_000, soundPerS: 12_000, hindrance: null },
    { transport: 'undici', workers: 2, fullPerS: 30_000, soundPerS: null, hindrance: 'generator.busy' },
  ]
  expect(renderTrials(trials, '/cache/capacity.json', plain)).toMatchInlineSnapshot(`
    "transport  workers  full speed/s  sound up to/s  waits p99  limited by
    undici           1        20,000         12,000     512 µs
    undici           2        30,000           none             generator.busy
    measured against the embedded target on this host; a target on another host leaves more for the generator
    saved in /cache/capacity.json
    "
  `)
  expect(renderTrials(trials.slice(1), null, plain)).toContain('no rate was sound, so nothing was saved')
})
