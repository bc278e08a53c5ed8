/** The command `corerush doctor`: this host's limits, and what it can generate soundly, measured and kept. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { OptionsError } from '../core/options/options-error.ts'
import { parseDurationS, showMany } from '../core/units.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import { capacityFile, writeCapacity } from '../host/machine/kept-capacity.ts'
import type { Trial } from '../core/plan/sound-capacity.ts'
import { measureCapacity, readLimits } from '../host/host-check.ts'
import { machineAdvice } from '../core/measure/machine-facts.ts'
import { readMachine } from '../host/machine/machine-facts.ts'
import { renderLimits, renderMachine, renderTrials } from '../output/text/doctor-text.ts'
import type { Command } from './command.ts'
import { styleOf } from './style.ts'

const DEFAULT_SPAN_S = 1
/** How long the target may take to listen. */
const START_LIMIT_MS = 15_000
const TARGET_LATENCY = '5ms'

export async function doctorCommand(command: Command): Promise<number> {
  const spanS = readSpanS(command)
  const isJson = command.switches.get('json') === true
  const { stdout, stderr } = process
  const style = styleOf(stdout, command)
  const limits = readLimits()
  const machine = readMachine()
  if (!isJson) stdout.write(`${renderLimits(limits, style)}${renderMachine(machine, style)}\n`)

  const target = await startTarget()
  const trials: Trial[] = []
  try {
    const capacity = await measureCapacity(target.url, spanS, {
      onStart(transport, workers) {
        stderr.write(`measuring ${transport} with ${showMany(workers, 'worker')} …\n`)
      },
      onTrial(trial) {
        if (!target.isAlive()) throw targetGone('ended while it was measured against')
        trials.push(trial)
      },
    })
    // What a disturbed host could not do is no reason to forget what it could.
    const isSound = trials.some(({ soundPerS }) => soundPerS !== null)
    const file = isSound ? keep(() => writeCapacity(capacity), stderr) : null
    stdout.write(
      isJson
        ? `${JSON.stringify({ limits, machine, advice: machineAdvice(machine), trials, capacity, file }, null, 2)}\n`
        : renderTrials(trials, file, style),
    )
    return EXIT.ok
  } finally {
    await target.stop()
  }
}

function readSpanS({ texts, problems }: Command): number {
  const text = texts.get('span')
  const parsed = text === undefined ? { value: DEFAULT_SPAN_S } : parseDurationS(text)
  const all = [...problems]
  if ('problem' in parsed) all.push({ option: 'span', message: `${parsed.problem}, got "${text}"` })
  else if (!Number.isInteger(parsed.value) || parsed.value < 1)
    all.push({ option: 'span', message: `must be whole seconds, at least 1s, got "${text}"` })
  if (all.length > 0 || 'problem' in parsed) throw new OptionsError(all)
  return parsed.value
}

/** Where it was kept; null, with a warning, when that was not possible: the measurement is printed anyway. */
function keep(write: () => void, stderr: NodeJS.WritableStream): string | null {
  const file = capacityFile()
  try {
    write()
    return file
  } catch (error) {
    stderr.write(`warning: the result cannot be kept in ${file}: ${messageOf(error)}\n`)
    return null
  }
}

/** The embedded target in a process of its own, so that it does not share a core's loop with the generator. */
async function startTarget(): Promise<{
  readonly url: string
  isAlive(): boolean
  stop(): Promise<void>
}> {
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('main.js', import.meta.url)),
      ...['target', '--port', '0', '--latency', TARGET_LATENCY],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  // Whatever ends this process, the target goes with it.
  const end = (): boolean => child.kill('SIGKILL')
  process.once('exit', end)
  process.once('SIGINT', () => process.exit(EXIT.interrupted))
  process.once('SIGTERM', () => process.exit(EXIT.terminated))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const listening = / listening on (http:\S+)$/.exec(line)
      if (listening !== null) resolve(listening[1]!)
    })
    child.once('error', (error) => reject(targetGone(`could not be started: ${error.message}`)))
    child.once('close', () => reject(targetGone('did not start')))
    setTimeout(() => reject(targetGone('did not start in time')), START_LIMIT_MS).unref()
  })
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null
  return {
    url,
    isAlive,
    async stop() {
      if (isAlive()) {
        const closed = once(child, 'close')
        // It has nothing to lose, and may have been stopped.
        end()
        await closed
      }
      process.off('exit', end)
    },
  }
}

const targetGone = (how: string): CorerushError =>
  new CorerushError('CORERUSH_TARGET', `the embedded target ${how}`, { exitCode: EXIT.unexpected })
