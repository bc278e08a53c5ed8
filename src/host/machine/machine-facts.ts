/** Reads the settings of this machine that change what a client measures, on Linux from `/proc` and `/sys`. */
import { existsSync, readdirSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import type { MachineFacts } from '../../core/measure/machine-facts.ts'
import { readText } from './proc.ts'

const CPU = 'sys/devices/system/cpu'

/** `root` is the folder under which `proc` and `sys` are looked for. */
export function readMachine(root = '/'): MachineFacts {
  const read = (path: string): string | null => readText(join(root, path))?.trim() ?? null
  const is = (path: string, on: string): boolean | null => {
    const text = read(path)
    return text === null ? null : text === on
  }
  const cores = namesIn(join(root, CPU)).filter((name) => /^cpu\d+$/.test(name))
  const governors = cores.flatMap((core) => read(join(CPU, core, 'cpufreq/scaling_governor')) ?? [])
  return {
    kernel: read('proc/sys/kernel/osrelease') ?? (root === '/' ? release() : null),
    governor: governors.length === 0 ? null : [...new Set(governors)].sort().join(', '),
    turbo: is(join(CPU, 'intel_pstate/no_turbo'), '0') ?? is(join(CPU, 'cpufreq/boost'), '1'),
    ...deepestSleep(root),
    smt: is(join(CPU, 'smt/active'), '1'),
    virtualMachine: isVirtual(read),
    container: isContainer(root),
    clockSource: read('sys/devices/system/clocksource/clocksource0/current_clocksource'),
  }
}

type Read = (path: string) => string | null

/** The enabled sleep state of the first core that takes longest to wake from. */
function deepestSleep(root: string): Pick<MachineFacts, 'sleepState' | 'wakeUpUs'> {
  const folder = join(root, CPU, 'cpu0/cpuidle')
  let deepest: Pick<MachineFacts, 'sleepState' | 'wakeUpUs'> = { sleepState: null, wakeUpUs: null }
  for (const state of namesIn(folder)) {
    const read = (file: string): string | null => readText(join(folder, state, file))?.trim() ?? null
    const latency = read('latency')
    if (latency === null || read('disable') === '1') continue
    const wakeUpUs = Number(latency)
    if (wakeUpUs >= (deepest.wakeUpUs ?? 0)) deepest = { sleepState: read('name'), wakeUpUs }
  }
  return deepest
}

/** By the flag that a hypervisor sets on x86, or what other platforms name. */
function isVirtual(read: Read): boolean | null {
  const flags = /^flags\s*:(.*)$/m.exec(read('proc/cpuinfo') ?? '')?.[1]
  if (flags !== undefined) return / hypervisor\b/.test(flags)
  return read('sys/hypervisor/type') === null ? null : true
}

/** By the files that container engines make, and the control group of process 1. */
function isContainer(root: string): boolean | null {
  if (existsSync(join(root, '.dockerenv')) || existsSync(join(root, 'run/.containerenv'))) return true
  const groups = readText(join(root, 'proc/1/cgroup'))
  return groups === null ? null : /docker|kubepods|containerd|libpod|lxc/.test(groups)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // This platform has no such folder: not known.
    return []
  }
}
