#!/usr/bin/env node
/** The command `corerush`: the only place that touches argv, signals and the exit code. */
import { EXIT } from '../errors.ts'
import { VERSION } from '../version.ts'

const [first] = process.argv.slice(2)

/** A reader that went away (`| head`), or a terminal that did, is no fault: nobody is left to read. */
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

// The version needs none of the rest, which takes ten times as long to load.
if (process.argv.length === 3 && (first === '--version' || first === '-V'))
  process.stdout.write(`${VERSION}\n`)
else {
  const { dispatch } = await import('./commands.ts')
  const code = await dispatch(process.argv.slice(2))
  process.exitCode = code === EXIT.ok && broken.size > 0 ? EXIT.unexpected : code
}
