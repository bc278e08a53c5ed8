/** A worker's own code in the thread of a bench, so that the process is that worker and nothing else. */
import { MessageChannel } from 'node:worker_threads'
import { ringMemory, RowReader } from '../dist/core/measure/request-rows.js'
import { LEAD_S, monotonicUs } from '../dist/protocol.js'
import work from '../dist/worker/main.js'

/** Runs the whole plan; calls `onSnapshot` for each second. Resolves when drained. */
export async function workAlone(plan, onSnapshot) {
  const { port1, port2 } = new MessageChannel()
  // Records are read by nobody, but their memory is freed.
  const memory = plan.sampleRequests === null ? null : ringMemory()
  const reader = memory && new RowReader(0, memory)
  port1.on('message', ({ type, snapshot, rows }) => {
    if (type === 'recorded') {
      reader.handed(rows)
      while (reader.waiting > 0) reader.free(reader.next(reader.waiting))
      return
    }
    if (type === 'ready') port1.postMessage({ type: 'start', atUs: monotonicUs() + LEAD_S * 1e6 })
    else if (type === 'snapshot') onSnapshot(snapshot)
  })
  try {
    return await work({
      assignment: {
        plan,
        share: { index: 0, of: 1 },
        tickets: null,
        lease: null,
        rows: memory,
        feeders: [],
        data: [],
        replay: null,
        makesSpans: true,
        isWatched: false,
      },
      port: port2,
    })
  } finally {
    port1.close()
  }
}

/** Succeeded requests of a snapshot. */
export const succeeded = ({ tally }) => tally.requests.reduce((n, request) => n + request.succeeded, 0)
