/** What a plan needs on the agents besides itself: the code of its scenario, the rows of its feeders, what its setup made. */
import type { Plan } from '../core/plan/plan.ts'
import type { FeederRows } from '../protocol.ts'
import { codeFile, fetchBlobs, type Blobs } from './blobs.ts'
import type { Bus } from './bus.ts'
import type { Cargo } from './messages.ts'

/** Puts all of it among the blobs, for agents to fetch. Rejects with a CorerushError if it cannot travel. */
export async function pack(
  blobs: Blobs,
  { scenario }: Plan,
  feeders: readonly FeederRows[],
  data: readonly (string | null)[],
): Promise<Cargo> {
  const rows = feeders.map(({ columns, text, ends }) => ({
    columns: columns === null ? null : [...columns],
    text: blobs.add(new Uint8Array(text)),
    ends: blobs.add(new Uint8Array(ends)),
  }))
  return {
    feeders: rows,
    scenario: scenario === null ? null : await packCode(blobs, scenario.file),
    data: [...data],
  }
}

async function packCode(blobs: Blobs, file: string): Promise<Cargo['scenario']> {
  const { bundleScenario } = await import('../scenario/bundle.ts')
  const { text } = await bundleScenario(file)
  return blobs.add(Buffer.from(text))
}

/** What workers are given on an agent, and the plan with the file of its scenario there. */
export interface Unpacked {
  readonly plan: Plan
  readonly feeders: readonly FeederRows[]
  readonly data: readonly (string | null)[]
}

/** Fetches the cargo of a plan. Rejects with a CorerushError if it cannot be had. */
export async function unpack(
  bus: Bus,
  subject: string,
  plan: Plan,
  { feeders, scenario, data }: Cargo,
  signal: AbortSignal,
): Promise<Unpacked> {
  const refs = [
    ...feeders.flatMap(({ text, ends }) => [text, ends]),
    ...(scenario === null ? [] : [scenario]),
  ]
  const found =
    refs.length === 0 ? new Map<string, Uint8Array>() : await fetchBlobs(bus, subject, refs, { signal })
  const shared = ({ sha256 }: { readonly sha256: string }): SharedArrayBuffer =>
    found.get(sha256)!.buffer as SharedArrayBuffer
  const rows = feeders.map(({ columns, text, ends }) => ({ columns, text: shared(text), ends: shared(ends) }))
  if (plan.scenario === null || scenario === null) return { plan, feeders: rows, data }
  const file = await codeFile(plan.scenario.file, scenario, found.get(scenario.sha256)!)
  return { plan: { ...plan, scenario: { ...plan.scenario, file } }, feeders: rows, data }
}
