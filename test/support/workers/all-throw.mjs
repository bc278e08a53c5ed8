// The worker, which dies of an exception in the second second of the run.
import work from '../../../dist/worker/main.js'

export default function (task) {
  const { share } = task.assignment
  task.port.on('message', (order) => {
    if (order.type === 'start')
      setTimeout(() => {
        throw new Error(`the fixture ${share.index} died`)
      }, 1500)
  })
  return work(task)
}
