/** Commands that agents carry out: connects, gathers the agents, and lets them go in the end. */
import { readScript } from '../host/run-plan.ts'
import type { LoadedScript } from '../core/resolve/own-options.ts'
import { printable } from '../output/text/paint.ts'
import { optionsOf, type Command } from './command.ts'
import type { FleetRequest, Hosts } from './fleet-options.ts'
import { exitOf, listenToSignals } from './stop-signals.ts'

/** Where a plan is to be made for, and the scenario file if it was loaded already. */
export interface PlannedFor {
  readonly defaults: Hosts['defaults']
  readonly script: LoadedScript | null
}

/**
 * Agents that are not known yet, for finding what is wrong with options before any is looked for: what depends on how many
 * they are is not wrong yet.
 */
export const someAgents = async (command: Command): Promise<PlannedFor> => ({
  defaults: { cores: 1, descriptors: Infinity },
  script: await readScript(optionsOf(command)),
})

/**
 * Carries out what agents do, and resolves to the exit code. `isDry`: they are looked for, and not claimed. What only that
 * needs is loaded here.
 */
export async function onAgents(
  request: FleetRequest,
  isDry: boolean,
  carryOut: (hosts: Hosts) => Promise<number>,
): Promise<number> {
  const { Coordinator } = await import('./coordinator.ts')
  const coordinator = await Coordinator.open(request, say)
  try {
    const found = await untilStopped((signal) =>
      isDry ? coordinator.look(signal) : coordinator.gather(signal),
    )
    return 'exit' in found ? found.exit : await carryOut(found.value)
  } finally {
    await coordinator.close()
  }
}

/** The value, or the exit code of the signal that came before it. */
async function untilStopped<T>(
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly value: T } | { readonly exit: number }> {
  const nothing = (): void => undefined
  const signals = listenToSignals({
    heard: () => say('stopped while agents were looked for; nothing was sent'),
    restore: nothing,
    resume: nothing,
  })
  const { signal } = signals
  try {
    const value = await work(signal)
    return signal.aborted ? { exit: exitOf(signal) } : { value }
  } catch (error) {
    if (signal.aborted) return { exit: exitOf(signal) }
    throw error
  } finally {
    signals.release()
  }
}

function say(text: string): void {
  process.stderr.write(`corerush: ${printable(text)}\n`)
}
