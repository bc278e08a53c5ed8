// The worker, of which number 1 never leaves its promises for its loop from the second second of the run on.
import work from '../../../dist/worker/main.js'

export default function (task) {
  const { share } = task.assignment
  task.port.on('message', (order) => {
    if (order.type === 'start')
      setTimeout(async () => {
        while (share.index === 1) await null
      }, 1500)
  })
  return work(task)
}
