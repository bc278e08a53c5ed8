/** The command `corerush agents`: who waits for runs. */
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/problem.ts'
import { EXIT } from '../errors.ts'
import { connectBus } from '../fleet/bus.ts'
import { findAgents, pingAgent } from '../fleet/fleet.ts'
import { renderAgents } from '../output/text/agents-text.ts'
import type { Command } from './command.ts'
import { busOptions, readAddress, readLabels } from './fleet-options.ts'
import { withVariables } from './settings.ts'
import { styleOf } from './style.ts'

export const agentsCommand = (typed: Command): Promise<number> => withVariables(typed, carryOut)

async function carryOut(command: Command): Promise<number> {
  const { stdout, stderr } = process
  const problems: Problem[] = [...command.problems]
  const address = readAddress(command, problems)
  const where = readLabels(command, 'where', problems)
  const { servers, realm } = address
  if (servers === null) problems.push({ option: 'nats', message: 'is required: the NATS server to ask' })
  if (servers === null || problems.length > 0) throw new OptionsError(problems)
  const onFault = (message: string): void => void stderr.write(`corerush: ${message}\n`)
  const bus = await connectBus(busOptions({ ...address, servers }, 'coordinator', onFault))
  try {
    const cards = await findAgents(bus, realm, where)
    const agents = await Promise.all(
      cards.map(async (card) => ({ ...card, roundTripMs: await pingAgent(bus, realm, card) })),
    )
    stdout.write(
      command.switches.get('json') === true
        ? `${JSON.stringify(agents, null, 2)}\n`
        : renderAgents(agents, realm, styleOf(stdout, command)),
    )
    return EXIT.ok
  } finally {
    await bus.close()
  }
}
