// The worker, of which number 1 blocks its loop for 3.5 s from the second second of the run on.
import work from '../../../dist/worker/main.js'

export default function (task) {
  const { share } = task.assignment
  task.port.on('message', (order) => {
    if (order.type === 'start')
      setTimeout(() => {
        for (const until = Date.now() + 3500; share.index === 1 && Date.now() < until;);
      }, 1500)
  })
  return work(task)
}
