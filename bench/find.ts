/**
 * Does `corerush find` find the capacity, and how fast? `npm run bench:find`; the answer is in bench/README.md.
 *
 * Simulated targets by default: seeded searches of each kind of target of known capacity, beside a plain bisection with one
 * long trial at each load. With `--real`, the command as its user types it against the embedded target with `--capacity`,
 * and with one worker beside a CPU burner.
 */
import { parseArgs } from 'node:util'
import { describeMachine } from './processes.ts'
import { benchSimulated } from './find-simulated.ts'

const { values } = parseArgs({
  options: {
    /** Searches of each kind of simulated target. */
    searches: { type: 'string', default: '1000' },
    /** Part of the name of the kinds to search; all by default. */
    only: { type: 'string', default: '' },
  },
})

console.log(`${describeMachine()}\n`)
benchSimulated(Number(values.searches), values.only)
