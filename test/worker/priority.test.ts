/** The priority of threads, in real ones: each is asked after it has taken its place. */
import { once } from 'node:events'
import { getPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'

const CODE = `
const { parentPort, workerData } = require('node:worker_threads')
const { getPriority } = require('node:os')
const { readlinkSync } = require('node:fs')
void import(workerData.module).then((made) => {
  made[workerData.step]()
  parentPort.postMessage(getPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1))))
})`

async function niceAfter(step: 'stepUp' | 'stepDown'): Promise<number> {
  const module = new URL('../../dist/worker/priority.js', import.meta.url).href
  const worker = new Worker(CODE, { eval: true, workerData: { module, step } })
  const [nice] = (await once(worker, 'message')) as [number]
  await worker.terminate()
  return nice
}

test.skipIf(process.platform !== 'linux')(
  'the witness is above the workers, by its own rise or by theirs down, and nobody else is touched',
  async () => {
    const usual = getPriority(process.pid)
    const witness = await niceAfter('stepUp')
    const worker = await niceAfter('stepDown')
    expect(witness).toBeLessThan(worker)
    expect([witness, worker]).toContain(usual)
    expect(getPriority(process.pid)).toBe(usual)
  },
)
