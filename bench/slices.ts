/**
 * Contenders that stay alive and warm, of which one runs at a time, in slices of some milliseconds: whole runs scatter by
 * a factor of two on a shared host, slices taken in turn tell 5 % apart, because a disturbance hits all contenders alike.
 * Each has a target of its own, so that its requests are counted exactly and local ports suffice.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { CheapTarget } from './cheap-target.ts'
import type { Contender, FullSpeed } from './contenders.ts'
import { cpuOfThreadsS, pinned } from './cpu-time.ts'
import { keep } from './processes.ts'

/** Below this share of a core the generator did not have it, or had to wait for its target. */
const WHOLE_CORE = 0.85
/** How much longer than it takes alone a contender may take to warm up. */
const MOST_PATIENCE = 4
/** After a stop its last requests are still answered. */
const SETTLE_MS = 2

interface Slice {
  readonly cpuS: number
  readonly requests: number
  /** The generator's and the target's share of a core. */
  readonly share: number
  readonly targetShare: number
}

/** What the slices of a contender say. */
export interface Sliced {
  /** Requests per second of CPU time; `null` if there were none. */
  readonly perCpuS: number | null
  /** Whether it had its core in enough slices; if not, all of them count. */
  readonly hadCore: boolean
  readonly targetShare: number
}

export class WarmContender {
  readonly name: string
  readonly target: CheapTarget
  readonly #child: ChildProcess
  readonly #slices: Slice[] = []
  #output = ''

  private constructor(name: string, target: CheapTarget, command: readonly string[]) {
    this.name = name
    this.target = target
    // The file limit is raised to the hard limit; each `exec` keeps the process.
    const raised = ['sh', '-c', 'ulimit -n "$(ulimit -Hn)"; exec "$@"', 'sh', ...command]
    const [program = '', ...argv] = pinned('generator', raised)
    this.#child = keep(spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] }))
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.on('data', (piece: Buffer) => (this.#output = (this.#output + piece.toString()).slice(-500)))
  }

  /** Starts a contender, lets it connect and compile for so much CPU time, and stops it. */
  static async start(
    contender: Contender,
    target: CheapTarget,
    load: FullSpeed,
    warmS: number,
  ): Promise<WarmContender> {
    const one = new WarmContender(contender.name, target, contender.command(load))
    const untilS = warmS + (contender.settlesS ?? 0)
    const latestMs = performance.now() + MOST_PATIENCE * untilS * 1000
    while (one.isAlive() && performance.now() < latestMs && one.#cpuS() < untilS) await sleep(100)
    one.#child.kill('SIGSTOP')
    return one
  }

  #cpuS(): number {
    return cpuOfThreadsS(this.#child.pid!)
  }

  isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get output(): string {
    return this.#output
  }

  /** Runs it for so long. */
  async slice(ms: number): Promise<void> {
    if (!this.isAlive()) return
    const pid = this.#child.pid!
    const requests = await this.target.requests()
    const [cpuS, targetS, startMs] = [cpuOfThreadsS(pid), this.target.exactCpuS(), performance.now()]
    this.#child.kill('SIGCONT')
    await sleep(ms)
    this.#child.kill('SIGSTOP')
    await sleep(SETTLE_MS)
    const tookS = (performance.now() - startMs - SETTLE_MS) / 1000
    if (!this.isAlive()) return
    const spentS = cpuOfThreadsS(pid) - cpuS
    this.#slices.push({
      cpuS: spentS,
      requests: (await this.target.requests()) - requests,
      share: spentS / tookS,
      targetShare: (this.target.exactCpuS() - targetS) / tookS,
    })
  }

  /** The mean of the cheaper half of the slices in which it had its core. */
  result(): Sliced {
    const some = this.#slices.filter(({ requests }) => requests > 0)
    const whole = some.filter(({ share }) => share >= WHOLE_CORE)
    const hadCore = whole.length * 4 >= some.length && some.length > 0
    const kept = [...(hadCore ? whole : some)].sort((a, b) => a.cpuS / a.requests - b.cpuS / b.requests)
    const half = kept.slice(0, Math.ceil(kept.length / 2))
    const sum = (of: (slice: Slice) => number): number => half.reduce((total, slice) => total + of(slice), 0)
    return {
      perCpuS: half.length === 0 ? null : sum(({ requests }) => requests) / sum(({ cpuS }) => cpuS),
      hadCore,
      targetShare: Math.max(0, ...some.map(({ targetShare }) => targetShare)),
    }
  }

  async end(): Promise<void> {
    if (this.isAlive()) {
      const exit = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await exit
    }
    await this.target.stop()
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
