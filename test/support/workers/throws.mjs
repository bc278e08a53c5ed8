// The worker, of which number 1 dies of an exception in the second second of the run.
import work from '../../../dist/worker/main.js'

export default function (task) {
  const { share } = task.assignment
  task.port.on('message', (order) => {
    if (order.type === 'start')
      setTimeout(() => {
        if (share.index === 1) throw new Error('the fixture\u001b[31m died\nas it should')
      }, 1500)
  })
  return work(task)
}
