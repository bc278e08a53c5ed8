#!/usr/bin/env node
/** The command `corerush`: the only place that touches argv, signals and the exit code. */
import { VERSION } from '../version.ts'

const [first] = process.argv.slice(2)

// A reader that goes away (`| head`) is no fault: what is left to say has no one to say it to.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })

// The version needs none of the rest, which takes ten times as long to load.
if (process.argv.length === 3 && (first === '--version' || first === '-V'))
  process.stdout.write(`${VERSION}\n`)
else {
  const { dispatch } = await import('./commands.ts')
  process.exitCode = await dispatch(process.argv.slice(2))
}
