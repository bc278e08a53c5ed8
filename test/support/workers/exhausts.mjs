// The worker, of which number 1 runs out of memory in the second second of the run.
import work from '../../../dist/worker/main.js'

export default function (task) {
  const { share } = task.assignment
  task.port.on('message', (order) => {
    if (order.type === 'start')
      setTimeout(() => {
        for (const kept = []; share.index === 1;) kept.push(new Array(10_000).fill(kept.length))
      }, 1500)
  })
  return work(task)
}
