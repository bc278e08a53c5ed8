/** The cells of the calibration: every combination of load, model and disturbance, in a fixed order. */
import { seededRandom } from '../dist/core/random.js'
import { WEIGHT, type Disturbance } from './disturbance.ts'

export interface Cell {
  readonly model: 'closed, waits' | 'closed, no waits' | 'open'
  readonly transport: string
  readonly workers: number
  /** Share of capacity. */
  readonly load: number
  readonly latency: string
  readonly disturbance: Disturbance
  /** Mean wait, in s. */
  readonly waitS: number
}

const MODELS = ['closed, waits', 'closed, no waits', 'open'] as const
const LOADS = [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 1, 1.2, 1.5]
const LATENCIES = ['fixed 20', 'fixed 2', 'uniform 5 50']
const WAITS_S = [0.1, 0.25, 0.5]
/** Above this load a short wait limits the number of users and connections. */
const LONG_WAITS_TO = 0.5

export interface CellChoice {
  readonly transports: readonly string[]
  readonly workers: readonly number[]
  readonly disturbances: readonly Disturbance[]
  readonly loads?: readonly number[]
  readonly models?: readonly string[]
}

/** The first `count` cells, repeated if there are fewer. */
export function cells(count: number, choice: CellChoice): Cell[] {
  const { transports, workers, disturbances, loads = LOADS, models = MODELS } = choice
  const all: Cell[] = []
  for (const model of MODELS.filter((one) => models.includes(one)))
    for (const transport of transports)
      for (const n of workers)
        for (const load of loads)
          for (const latency of LATENCIES)
            for (const disturbance of disturbances)
              for (let i = 0; i < (WEIGHT[disturbance] ?? 1); i++) {
                const waitS = load > LONG_WAITS_TO ? WAITS_S[0]! : WAITS_S[all.length % WAITS_S.length]!
                all.push({ model, transport, workers: n, load, latency, disturbance, waitS })
              }
  const random = seededRandom(5)
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[all[i], all[j]] = [all[j]!, all[i]!]
  }
  return Array.from({ length: count }, (_, i) => all[i % all.length]!)
}

export const meanLatencyS = (latency: string): number => {
  const [from, to] = latency.split(' ').slice(1).map(Number)
  return (from! + (to ?? from!)) / 2000
}

/** Whether a run is held out from tuning the limits: every third one. */
export const isHeldOut = (index: number): boolean => (Math.imul(index + 1, 0x9e3779b1) >>> 0) % 3 === 0
