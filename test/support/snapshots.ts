/** Snapshots as workers would send them. */
import { packTally, Tally } from '../../src/core/measure/tally.ts'
import type { Snapshot } from '../../src/core/measure/second.ts'
import { healthy } from './evidence.ts'

export interface Happened {
  readonly sent?: number
  /** Arrivals that were due. @default as many as were sent */
  readonly due?: number
  readonly finished?: number
  readonly unfinished?: number
  /** How long each finished request took. */
  readonly tookMs?: number
  readonly name?: string
  readonly users?: number
  readonly inFlight?: number
}

/** What one worker reports of one second. */
export function snapshot(worker: number, second: number, happened: Happened = {}): Snapshot {
  const { sent = 0, finished = 0, unfinished = 0, tookMs = 5, name = 'GET /' } = happened
  const tally = new Tally()
  const request = tally.request(name)
  request.sent = sent
  request.finished = request.finishedInLoad = request.succeeded = finished
  request.unfinished = unfinished
  for (let i = 0; i < finished; i++) request.histogram('latency').record(tookMs * 1000)
  tally.iterations.due = happened.due ?? sent
  tally.iterations.started = sent
  return {
    worker,
    second,
    tally: packTally(tally),
    vitals: { ...healthy, worker },
    users: happened.users ?? 0,
    inFlight: happened.inFlight ?? 0,
    queued: 0,
  }
}
