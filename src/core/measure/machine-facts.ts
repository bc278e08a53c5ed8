/**
 * Settings of this machine that change what a client measures: waking from sleep states and changing frequencies lengthen
 * latencies and change conclusions ("Taming Performance Variability caused by Client-Side Hardware Configuration",
 * arXiv 2410.11554). Each is `null` if it is not known here.
 */
export interface MachineFacts {
  /** Release of the operating system's kernel. */
  readonly kernel: string | null
  /** Frequency governor; several, separated by commas, if the cores differ. */
  readonly governor: string | null
  /** Whether cores may exceed their nominal frequency for a while. */
  readonly turbo: boolean | null
  /** The deepest sleep state that is enabled. */
  readonly sleepState: string | null
  /** How long waking from it takes at most, in µs. */
  readonly wakeUpUs: number | null
  /** Whether two threads share a core (hyper-threading). */
  readonly smt: boolean | null
  readonly virtualMachine: boolean | null
  readonly container: boolean | null
  readonly clockSource: string | null
}

/** A setting that disturbs measurements, and the command that changes it. */
export interface MachineAdvice {
  readonly message: string
  readonly command: string
}

/** Waking from a state of this length is felt in latencies. */
const LONG_WAKE_UP_US = 50
const CPU = '/sys/devices/system/cpu'

/** The settings that disturb measurements; the settings that are not known are left out. */
export function machineAdvice({ governor, turbo, sleepState, wakeUpUs, smt, clockSource }: MachineFacts) {
  const found: MachineAdvice[] = []
  if (governor !== null && governor !== 'performance')
    found.push({
      message: `the frequency governor ${governor} slows cores that are idle in between`,
      command: 'sudo cpupower frequency-set -g performance',
    })
  if (wakeUpUs !== null && wakeUpUs >= LONG_WAKE_UP_US)
    found.push({
      message: `waking from the sleep state ${sleepState} takes up to ${wakeUpUs} µs`,
      command: `sudo cpupower idle-set -D ${LONG_WAKE_UP_US - 1}`,
    })
  if (turbo === true)
    found.push({
      message: 'turbo changes the frequency with temperature and with the load of other cores',
      command: `echo 1 | sudo tee ${CPU}/intel_pstate/no_turbo || echo 0 | sudo tee ${CPU}/cpufreq/boost`,
    })
  if (smt === true)
    found.push({
      message: 'two threads share a core (SMT), and slow each other',
      command: `echo off | sudo tee ${CPU}/smt/control`,
    })
  if (clockSource !== null && SLOW_CLOCKS.includes(clockSource))
    found.push({
      message: `reading the clock source ${clockSource} takes a system call`,
      command: 'echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource',
    })
  return found
}

const SLOW_CLOCKS: readonly string[] = ['hpet', 'acpi_pm', 'jiffies', 'refined-jiffies', 'xen']
