// The worker, of which number 1 keeps more and more, up to nine tenths of its heap.
import { getHeapStatistics } from 'node:v8'
import work from '../../../dist/worker/main.js'

const MOST_BYTES = 0.9 * 80 * 1024 ** 2

export default function (task) {
  const { share } = task.assignment
  const kept = []
  if (share.index === 1)
    setInterval(() => {
      while (getHeapStatistics().used_heap_size < MOST_BYTES) kept.push(new Array(10_000).fill(kept.length))
    }, 100).unref()
  return work(task)
}
