/**
 * Does `corerush find` find the capacity, and how fast? `npm run bench:find`; the answer is in bench/README.md.
 *
 * Simulated targets by default: seeded searches of each kind of target of known capacity, beside a plain bisection with one
 * long trial at each load. With `--real`, the command as its user types it against the embedded target with `--capacity`,
 * and with one worker beside a CPU burner.
 */
import { parseArgs } from 'node:util'
import { describeMachine } from './processes.ts'
import { benchReal } from './find-real.ts'
import { benchSimulated } from './find-simulated.ts'

const { values } = parseArgs({
  options: {
    /** Searches of each kind of simulated target. */
    searches: { type: 'string', default: '1000' },
    /** Part of the name of the kinds to search; all by default. */
    only: { type: 'string', default: '' },
    /** Searches of the embedded target instead of simulated ones. */
    real: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '60' },
    capacities: { type: 'string', default: '500,2000,8000' },
    runs: { type: 'string', default: '10' },
    /** Searches with one worker that shares its core with a CPU burner. */
    pinned: { type: 'string', default: '30' },
  },
})

console.log(`${describeMachine()}\n`)
if (values.real)
  await benchReal({
    minutes: Number(values.minutes),
    capacities: values.capacities.split(',').map(Number),
    runs: Number(values.runs),
    pinnedRuns: Number(values.pinned),
  })
else benchSimulated(Number(values.searches), values.only)
