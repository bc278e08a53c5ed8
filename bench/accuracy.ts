/**
 * Are the reported latencies true? `npm run bench:accuracy`; the answer, and what the columns mean, is in bench/README.md.
 *
 * Four parts: known delays against the log of the target, a target that freezes against the answer that follows from
 * the schedule, the arrivals of a rate as the target sees them, and the same case through other load generators.
 *
 * Fails only on a wrong count, never on a slow machine.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { freeze } from './freeze.ts'
import { knownDelay } from './known-delay.ts'
import { onTheWire } from './on-the-wire.ts'
import { peers } from './accuracy-peers.ts'
import { describeMachine, startLoggingTarget } from './processes.ts'
import { buildStampedTarget, stampedLoggingTarget } from './stamped-target.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'known,freeze,wire,peers' },
    quick: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '4' },
    latencies: { type: 'string', default: '20ms;uniform:5ms,50ms;lognormal:20ms,0.5' },
    models: { type: 'string', default: 'closed,open' },
    workers: { type: 'string', default: availableParallelism() > 1 ? '1,2' : '1' },
    shares: { type: 'string', default: '10,30,50,70,90' },
    capacity: { type: 'string' },
    'freeze-rate': { type: 'string', default: '200' },
    'wire-rate': { type: 'string', default: '2000' },
    connections: { type: 'string', default: '64' },
    'peer-rate': { type: 'string', default: '640' },
    target: { type: 'string', default: 'stamped' },
  },
})
const parts = values.only.split(',')
const seconds = Number(values.seconds)
const workers = numbers(values.workers)

console.log(`${describeMachine()}\n`)
const target = await startLoggingTarget()
let miscounts = 0
if (parts.includes('known')) {
  const known = values.target === 'stamped' ? await stampedLoggingTarget(buildStampedTarget()) : target
  miscounts += await knownDelay(known, {
    latencies: values.quick ? ['20ms'] : values.latencies.split(';'),
    models: values.models.split(',').filter((model) => model === 'closed' || model === 'open'),
    workers: values.quick ? workers.slice(0, 1) : workers,
    shares: values.quick ? [0.3, 0.7] : numbers(values.shares).map((percent) => percent / 100),
    seconds,
    capacityPerS: values.capacity === undefined ? null : Number(values.capacity),
  })
  if (known !== target) await known.stop()
}
if (parts.includes('freeze'))
  miscounts += await freeze(target, { ratePerS: Number(values['freeze-rate']), seconds: 10, freezeS: 1.5 })
if (parts.includes('wire'))
  miscounts += await onTheWire(target, { ratePerS: Number(values['wire-rate']), seconds: 10, workers })
if (parts.includes('peers'))
  await peers(target, {
    latency: '20ms',
    connections: Number(values.connections),
    ratePerS: Number(values['peer-rate']),
    seconds,
  })
await target.stop()
if (miscounts > 0) {
  console.error(`${miscounts} of the runs did not add up`)
  process.exitCode = 1
}

function numbers(list: string): number[] {
  return list.split(',').map(Number)
}
