import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { differencesOf } from '../../../src/core/compare/comparable.ts'
import { machineAdvice } from '../../../src/core/measure/machine-facts.ts'
import { readMachine } from '../../../src/host/machine/machine-facts.ts'
import { renderMachine } from '../../../src/output/text/doctor-text.ts'
import { planOf, reportOf } from '../../support/reports.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'corerush-machine-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function lay(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `${text}\n`)
  }
}

const CPU = 'sys/devices/system/cpu'
const laptop = {
  'proc/sys/kernel/osrelease': '6.8.0-45-generic',
  'proc/cpuinfo': 'processor : 0\nflags\t\t: fpu vme hypervisor lahf_lm',
  'proc/1/cgroup': '0::/init.scope',
  'sys/devices/system/clocksource/clocksource0/current_clocksource': 'hpet',
  [`${CPU}/intel_pstate/no_turbo`]: '0',
  [`${CPU}/smt/active`]: '1',
  [`${CPU}/cpu0/cpufreq/scaling_governor`]: 'powersave',
  [`${CPU}/cpu1/cpufreq/scaling_governor`]: 'performance',
  [`${CPU}/cpu0/cpuidle/state0/name`]: 'POLL',
  [`${CPU}/cpu0/cpuidle/state0/latency`]: '0',
  [`${CPU}/cpu0/cpuidle/state1/name`]: 'C6',
  [`${CPU}/cpu0/cpuidle/state1/latency`]: '133',
  [`${CPU}/cpu0/cpuidle/state2/name`]: 'C10',
  [`${CPU}/cpu0/cpuidle/state2/latency`]: '890',
  [`${CPU}/cpu0/cpuidle/state2/disable`]: '1',
}

test('what the kernel says, and nothing where it says nothing', () => {
  expect(Object.values(readMachine(root)).every((fact) => fact === null)).toBe(true)
  expect(machineAdvice(readMachine(root))).toEqual([])
  lay(laptop)
  expect(readMachine(root)).toEqual({
    kernel: '6.8.0-45-generic',
    governor: 'performance, powersave',
    turbo: true,
    ...{ sleepState: 'C6', wakeUpUs: 133, smt: true },
    ...{ virtualMachine: true, container: false, clockSource: 'hpet' },
  })
  lay({ '.dockerenv': '' })
  expect(readMachine(root).container).toBe(true)
})

test('each that disturbs, with the command that changes it', () => {
  lay(laptop)
  const text = renderMachine(readMachine(root), { color: false, width: 100 })
  for (const command of [
    'cpupower frequency-set -g performance',
    'cpupower idle-set -D 49',
    'intel_pstate/no_turbo',
    'smt/control',
    'echo tsc',
  ])
    expect(text).toContain(command)
})

test('a comparison names settings that differ, but not those that one side does not know', () => {
  const baseline = reportOf(planOf(), [])
  const differing = (host: object) =>
    differencesOf(baseline, { ...baseline, host: { ...baseline.host, ...host } }).map(
      ({ message }) => message,
    )
  expect(differing({ governor: 'powersave' })).toEqual([
    'the hosts differ in governor: performance and powersave',
  ])
  expect(differing({ governor: null, smt: undefined })).toEqual([])
  expect(differing({ cpuQuota: 1 })).toHaveLength(1)
})
