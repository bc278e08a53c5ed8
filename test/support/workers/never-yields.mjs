// The worker, of which number 1 never leaves its promises for its loop from the second second of the run on.
import work from '../../../dist/worker/main.js'

// It sleeps in between, so that other tests have the core.
const NOBODY = new Int32Array(new SharedArrayBuffer(4))

export default function (task) {
  const { share } = task.assignment
  task.port.on('message', (order) => {
    if (order.type === 'start')
      setTimeout(async () => {
        while (share.index === 1) {
          Atomics.wait(NOBODY, 0, 0, 20)
          await null
        }
      }, 1500)
  })
  return work(task)
}
