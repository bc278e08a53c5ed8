#!/usr/bin/env node
/** The command `corerush`: the only place that touches argv, signals and the exit code. */
import { writeSync } from 'node:fs'
import { EXIT } from '../errors.ts'
import { VERSION } from '../version.ts'

const [first] = process.argv.slice(2)

/** A reader that went away (`| head`), or a terminal that did, is no fault: there is no reader left. */
const isUnread = ({ code }: NodeJS.ErrnoException): boolean => code === 'EPIPE' || code === 'EIO'

/** Streams that could not be written; once one could not, its later errors say nothing new. */
const broken = new Set<NodeJS.WriteStream>()
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: Error) => {
    if (isUnread(error) || broken.has(stream)) return
    broken.add(stream)
    process.exitCode = process.exitCode || EXIT.unexpected
    if (stream === process.stdout)
      process.stderr.write(`corerush: standard output could not be written: ${error.message}\n`)
  })

/** The exit code of Node for a top-level await that nothing can settle any more. */
const UNSETTLED_AWAIT = 13

/** Resolves when all that was written has been handed over, or never can be. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()))

// The version needs none of the rest, which takes ten times as long to load.
if (process.argv.length === 3 && (first === '--version' || first === '-V'))
  process.stdout.write(`${VERSION}\n`)
else {
  // Code of a scenario or a config can end the process, and an await that never ends does so with code 13.
  const onExit = (code: number): void => {
    if (code !== EXIT.ok && code !== UNSETTLED_AWAIT) return
    process.exitCode = EXIT.unexpected
    writeSync(
      process.stderr.fd,
      'corerush: the process ended before its command: code of a scenario or a config called process.exit, or awaits what never comes\n',
    )
  }
  process.on('exit', onExit)
  const { dispatch } = await import('./commands.ts')
  const code = await dispatch(process.argv.slice(2))
  process.off('exit', onExit)
  process.exitCode = code === EXIT.ok && broken.size > 0 ? EXIT.unexpected : code
  // A timer, a server or a pool that a scenario or a config left open must not keep the process.
  await Promise.all([process.stdout, process.stderr].map(flushed))
  process.exit()
}
