/** Commands of the benches, each on its own core, and their CPU time from the OS. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { keep } from './processes.ts'

/** Whether a command can be found on the PATH. */
export function isThere(name: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Generator and target each run on their own core, if there are two and `taskset` is available. */
export const PINS: { readonly target: number; readonly generator: number } | null = findPins()

function findPins(): typeof PINS {
  if (!isThere('taskset')) return null
  // Such as `0-3,8`: the cores that this process may use.
  const [, list = ''] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  const cores = list.split(',').flatMap((span) => {
    const [from = NaN, to = from] = span.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
  const [target, generator] = cores
  return target === undefined || generator === undefined ? null : { target, generator }
}

export const pinned = (who: 'target' | 'generator', command: readonly string[]): readonly string[] =>
  PINS === null ? command : ['taskset', '--cpu-list', String(PINS[who]), ...command]

/**
 * The shell waits for the command and then prints its user and system time, including threads and children, as summed by
 * the kernel: nothing is read while it runs, nothing is missed at its end. The file limit is raised to the hard limit.
 */
const TIMED = `ulimit -n "$(ulimit -Hn)"; TIMEFORMAT='%3U %3S'; time "$@" 2>&1`

/** The output of a command on both streams, and its CPU time in seconds. A failure shows in its output only. */
export async function timed(command: readonly string[]): Promise<{ output: string; cpuS: number }> {
  const child = keep(
    spawn('bash', ['-c', TIMED, 'bash', ...pinned('generator', command)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
  let output = ''
  let times = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (times += chunk.toString()))
  await once(child, 'close')
  const [, user, system] = /^([\d.]+) ([\d.]+)\s*$/.exec(times) ?? []
  if (user === undefined || system === undefined)
    throw new Error(`no CPU time of ${command.join(' ')}: ${times}${output}`)
  return { output, cpuS: Number(user) + Number(system) }
}

/** The CPU time of a running process so far, in seconds; `null` without `/proc`. */
export function cpuSoFarS(pid: number): number | null {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return null
  }
  // After the name, which may hold anything but ends with the last parenthesis: state is field 3, utime 14, stime 15, in
  // ticks of 10 ms.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** The CPU time of the threads that a process has now, in seconds, to the nanosecond; of those that have ended, none. */
export function cpuOfThreadsS(pid: number): number {
  const folder = `/proc/${pid}/task`
  return readdirSync(folder).reduce((sum, thread) => sum + onCoreS(`${folder}/${thread}/schedstat`), 0)
}

function onCoreS(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e9
  } catch (error) {
    // The thread has ended since it was listed.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}
