/** Runs the command that argv names and resolves to its exit code. Everything a user can get wrong ends here. */
import { cutLines, cutMessage } from '../core/cut.ts'
import { OptionsError } from '../core/options/options-error.ts'
import { CorerushError, EXIT } from '../errors.ts'
import { VERSION } from '../version.ts'
import { parseArgv } from './args.ts'
import { renderProblem } from './problem.ts'

export async function dispatch(argv: readonly string[]): Promise<number> {
  try {
    if (argv[0] === '--get-yargs-completions') {
      const { completionsOf } = await import('./help.ts')
      for (const word of await completionsOf(argv.slice(1))) process.stdout.write(`${word}\n`)
      return EXIT.ok
    }
    const command = parseArgv(argv)
    if (command.wants === 'version') {
      process.stdout.write(`${VERSION}\n`)
      return EXIT.ok
    }
    if (command.wants === 'help') {
      const { renderHelp } = await import('./help.ts')
      process.stdout.write(`${await renderHelp(command.name, process.stdout.columns || 80)}\n`)
      return EXIT.ok
    }
    // Each command loads only what it needs.
    if (command.name === 'target') return await (await import('./target.ts')).targetCommand(command)
    if (command.name === 'doctor') return await (await import('./doctor.ts')).doctorCommand(command)
    if (command.name === 'debug') return await (await import('./debug.ts')).debugCommand(command)
    if (command.name === 'completion') return (await import('./completion.ts')).completionCommand(command)
    if (command.name === 'find') return await (await import('./find.ts')).findCommand(command)
    if (command.name === 'compare') return await (await import('./compare.ts')).compareCommand(command)
    if (command.name === 'history') return await (await import('./history.ts')).historyCommand(command)
    if (command.name === 'init') return await (await import('./init.ts')).initCommand(command)
    if (command.name === 'import') return await (await import('./import.ts')).importCommand(command)
    if (command.name === 'agent') return await (await import('./agent.ts')).agentCommand(command)
    if (command.name === 'agents') return await (await import('./agents.ts')).agentsCommand(command)
    return await (await import('./run.ts')).runCommand(command)
  } catch (error) {
    const { printable } = await import('../output/text/paint.ts')
    // What it quotes can come from a file, or from a server.
    process.stderr.write(renderError(error).split('\n').map(printable).join('\n'))
    return error instanceof CorerushError ? error.exitCode : EXIT.unexpected
  }
}

function renderError(error: unknown): string {
  if (error instanceof OptionsError)
    return (
      cutLines(error.problems.map(renderProblem))
        .map((line) => `corerush: ${line}\n`)
        .join('') + 'corerush: nothing was sent; see corerush --help\n'
    )
  if (error instanceof CorerushError)
    return (
      `corerush: ${error.message.split('\n').map(cutMessage).join('\n')}\n` +
      (error.hint === undefined ? '' : `corerush: try ${error.hint}\n`)
    )
  return `corerush: unexpected error, please report it\n${error instanceof Error ? error.stack : String(error)}\n`
}
