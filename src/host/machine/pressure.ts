/** Pressure stall information: for how long some task of this host waited for a core, for memory, for a disk. */
import { join } from 'node:path'
import type { Pressure } from '../../core/measure/worker-vitals.ts'
import { readText } from './proc.ts'

/** Running totals in µs. */
export type Stalls = { readonly [K in keyof Pressure]: number | null }

export function readStalls(root: string): Stalls | null {
  const total = (what: keyof Pressure): number | null => {
    const match = /^some .*total=(\d+)/m.exec(readText(join(root, 'proc/pressure', what)) ?? '')
    return match === null ? null : Number(match[1])
  }
  const stalls = { cpu: total('cpu'), memory: total('memory'), io: total('io') }
  return Object.values(stalls).every((stall) => stall === null) ? null : stalls
}

/** Shares of a span of `spanUs`. */
export function pressureSince(before: Stalls | null, after: Stalls | null, spanUs: number): Pressure | null {
  if (before === null || after === null || spanUs <= 0) return null
  const share = (from: number | null, to: number | null): number | null =>
    from === null || to === null
      ? null
      : Math.round((Math.min(spanUs, Math.max(0, to - from)) / spanUs) * 1000) / 1000
  return {
    cpu: share(before.cpu, after.cpu),
    memory: share(before.memory, after.memory),
    io: share(before.io, after.io),
  }
}
