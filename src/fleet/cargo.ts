/**
 * What a plan needs on the agents besides itself: the code of its scenario, the rows of its feeders, what its setup made, the
 * log that is replayed.
 */
import { readFile, stat } from 'node:fs/promises'
import type { Plan } from '../core/plan/plan.ts'
import { showBytes } from '../core/units.ts'
import { CorerushError } from '../errors.ts'
import type { FeederRows, ReplayFile } from '../protocol.ts'
import { codeFile, fetchBlobs, logFile, MOST_BLOB_BYTES, type Blobs } from './blobs.ts'
import type { Bus } from './bus.ts'
import type { BundlePlaces } from './bundle-places.ts'
import type { Cargo } from './messages.ts'

/** What travels, and where the places of the code are in the user's files; `null` without a scenario. */
export interface Packed {
  readonly cargo: Cargo
  readonly places: BundlePlaces | null
}

/** Puts all of it among the blobs, for agents to fetch. Rejects with a CorerushError if it cannot travel. */
export async function pack(
  blobs: Blobs,
  { scenario }: Plan,
  feeders: readonly FeederRows[],
  data: readonly (string | null)[],
  replay: ReplayFile | null,
): Promise<Packed> {
  const rows = feeders.map(({ columns, text, ends }) => ({
    columns: columns === null ? null : [...columns],
    text: blobs.add(new Uint8Array(text)),
    ends: blobs.add(new Uint8Array(ends)),
  }))
  const code = scenario === null ? null : await packCode(blobs, scenario.file)
  return {
    cargo: {
      feeders: rows,
      scenario: code?.blob ?? null,
      data: [...data],
      replay: replay === null ? null : await packLog(blobs, replay),
    },
    places: code?.places ?? null,
  }
}

async function packCode(
  blobs: Blobs,
  file: string,
): Promise<{ readonly blob: Cargo['scenario']; readonly places: BundlePlaces }> {
  const [{ bundleScenario }, { BundlePlaces }] = await Promise.all([
    import('../scenario/bundle.ts'),
    import('./bundle-places.ts'),
  ])
  const bundle = await bundleScenario(file)
  return { blob: blobs.add(Buffer.from(bundle.text)), places: new BundlePlaces(file, bundle) }
}

/** The file as it was when it was read: lines may have been added since. */
async function packLog(blobs: Blobs, { path, bytes, format, rows }: ReplayFile): Promise<Cargo['replay']> {
  if (bytes > MOST_BLOB_BYTES)
    throw new CorerushError(
      'CORERUSH_FLEET',
      `the log has ${showBytes(bytes)}, and at most ${showBytes(MOST_BLOB_BYTES)} are sent to agents: cut it, or replay it on one host`,
    )
  const log = (await readFile(path)).subarray(0, bytes)
  const { us, at, names } = rows
  const add = (buffer: SharedArrayBuffer): ReturnType<Blobs['add']> => blobs.add(new Uint8Array(buffer))
  return { log: blobs.add(log), format, us: add(us), at: add(at), names: add(names) }
}

/** What workers are given on an agent, and the plan with the file of its scenario there. */
export interface Unpacked {
  readonly plan: Plan
  readonly feeders: readonly FeederRows[]
  readonly data: readonly (string | null)[]
  readonly replay: ReplayFile | null
}

/** Fetches the cargo of a plan. Rejects with a CorerushError if it cannot be had. */
export async function unpack(
  bus: Bus,
  subject: string,
  plan: Plan,
  { feeders, scenario, data, replay }: Cargo,
  signal: AbortSignal,
): Promise<Unpacked> {
  const refs = [
    ...feeders.flatMap(({ text, ends }) => [text, ends]),
    ...(scenario === null ? [] : [scenario]),
    ...(replay === null ? [] : [replay.log, replay.us, replay.at, replay.names]),
  ]
  const found =
    refs.length === 0 ? new Map<string, Uint8Array>() : await fetchBlobs(bus, subject, refs, { signal })
  const shared = ({ sha256 }: { readonly sha256: string }): SharedArrayBuffer =>
    found.get(sha256)!.buffer as SharedArrayBuffer
  const rows = feeders.map(({ columns, text, ends }) => ({ columns, text: shared(text), ends: shared(ends) }))
  const supplies = {
    feeders: rows,
    data,
    replay:
      replay === null
        ? null
        : await replayFile(replay, found.get(replay.log.sha256)!, {
            ...{ us: shared(replay.us), at: shared(replay.at), names: shared(replay.names) },
          }),
  }
  if (plan.scenario === null || scenario === null) return { plan, ...supplies }
  const file = await codeFile(plan.scenario.file, scenario, found.get(scenario.sha256)!)
  return { plan: { ...plan, scenario: { ...plan.scenario, file } }, ...supplies }
}

async function replayFile(
  { log, format }: NonNullable<Cargo['replay']>,
  bytes: Uint8Array,
  rows: ReplayFile['rows'],
): Promise<ReplayFile> {
  const path = await logFile(log, bytes)
  return { path, bytes: log.bytes, inode: (await stat(path)).ino, format, rows }
}
