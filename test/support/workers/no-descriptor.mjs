// Reads vital signs and warms up with 0, 1, … 7 descriptors left of those that the process may have.
import { closeSync, openSync } from 'node:fs'
import { transportOf } from '../../../dist/worker/transport-choice.js'
import { vitalSigns } from '../../../dist/worker/record/vitals.js'
import { warmUp } from '../../../dist/worker/warmup.js'

const plan = JSON.parse(process.argv[2])
const makeTransport = await transportOf(plan.transport)
const vitals = vitalSigns()
const taken = []
try {
  for (;;) taken.push(openSync('/dev/null'))
} catch {
  // None is left.
}
let warm = 0
for (let left = 0; left < 8; left++) {
  await warmUp(plan, 1, vitals, makeTransport)
  if (vitals.read().heapBytes > 0) warm++
  closeSync(taken.pop())
}
// A pipe may need one to be written to.
for (const file of taken) closeSync(file)
process.stdout.write(`${taken.length > 100 ? 'full' : 'roomy'}, ${warm} times warm`)
