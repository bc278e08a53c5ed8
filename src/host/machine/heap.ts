/** The heap of this thread. */
import { getHeapStatistics } from 'node:v8'
import { oldSpaceLimit, type Heap } from '../../core/measure/heap-watch.ts'

export function readHeap(): Heap {
  const { used_heap_size: usedBytes, heap_size_limit: limit } = getHeapStatistics()
  return { usedBytes, limitBytes: oldSpaceLimit(limit) }
}
