/** What travels with a plan: it arrives as it was, and places in bundled code are those of the user's files. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { packTally, Tally } from '../../src/core/measure/tally.ts'
import { Blobs, codeFile } from '../../src/fleet/blobs.ts'
import { BundlePlaces } from '../../src/fleet/bundle-places.ts'
import type { AskOptions, Bus } from '../../src/fleet/bus.ts'
import { pack, unpack } from '../../src/fleet/cargo.ts'
import { replayFileOf } from '../../src/host/files/replay-log.ts'
import { planRun } from '../../src/host/run-plan.ts'
import { bundleScenario } from '../../src/scenario/bundle.ts'
import { importDefault, placeOf, traceOf } from '../../src/scenario/file.ts'

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'corerush-test-cargo-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Asks the coordinator's blobs without a server between. */
const busTo = (blobs: Blobs): Bus =>
  ({
    ask: (subject: string, _: Uint8Array, how: AskOptions) => {
      expect(how.timeoutMs).toBeGreaterThan(0)
      const [sha256, chunk] = subject.split('.').slice(-2)
      return Promise.resolve(blobs.chunk(sha256!, Number(chunk))!)
    },
  }) as unknown as Bus

test('a log arrives as it was read, with its index; lines that came later do not', async () => {
  const folder = aFolder()
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'))
  onTestFinished(() => void vi.unstubAllEnvs())
  const log = join(folder, 'access.log')
  const line = (second: number, path: string): string =>
    `127.0.0.1 - - [10/Oct/2025:13:55:${second} +0000] "GET ${path} HTTP/1.1" 200 1 "-" "x"\n`
  writeFileSync(log, line(36, '/a') + line(37, '/b') + line(38, '/c'))
  const plan = planRun({ url: 'http://127.0.0.1:1/', replay: log })
  const sent = replayFileOf(plan)!
  const whole = readFileSync(log)
  appendFileSync(log, line(39, '/late'))
  const blobs = new Blobs()
  const { cargo, places } = await pack(blobs, plan, [], [], sent)
  const { replay } = await unpack(busTo(blobs), 's', plan, cargo, new AbortController().signal)
  expect(places).toBeNull()
  expect(readFileSync(replay!.path)).toEqual(whole)
  expect(replay).toMatchObject({ bytes: whole.length, format: sent.format })
  // Workers refuse another file than the one that was read.
  expect(replay!.inode).toBe(statSync(replay!.path).ino)
  for (const field of ['us', 'at', 'names'] as const)
    expect(Buffer.from(replay!.rows[field])).toEqual(Buffer.from(sent.rows[field]))
})

describe('places of a bundle', () => {
  async function shop(): Promise<{ places: BundlePlaces; file: string; own: string; thrown: Error }> {
    const folder = aFolder()
    const own = join(folder, 'shop.ts')
    writeFileSync(
      join(folder, 'helper.ts'),
      "// first\nexport function broken(): never {\n  throw new Error('no')\n}\n",
    )
    writeFileSync(
      own,
      [
        "import { broken } from './helper.ts'",
        '',
        'export default function home(): void {',
        '  broken()',
        '}',
      ].join('\n'),
    )
    const bundle = await bundleScenario(own)
    const cache = join(folder, 'cache')
    const bytes = Buffer.from(bundle.text)
    const ref = new Blobs().add(bytes)
    const file = await codeFile(own, ref, bytes, cache)
    const home = (await importDefault(file, 'CORERUSH_SCENARIO')) as () => void
    let thrown: unknown
    try {
      home()
    } catch (error) {
      thrown = error
    }
    return { places: new BundlePlaces(own, bundle), file, own, thrown: thrown as Error }
  }

  test('errors of tasks name the line of the scenario file, and the calls the files that were bundled with it', async () => {
    const { places, file, own, thrown } = await shop()
    const tally = new Tally()
    const place = placeOf(file, thrown)
    expect(place).toContain('.mjs:')
    const error = { task: 'Home', message: 'no', place, count: 1, firstS: 0, lastS: 0 }
    tally.taskError(error, () => traceOf(thrown))
    const [found] = places.tally(packTally(tally)).taskErrors
    expect(found!.place).toBe(`${own}:4`)
    expect(found!.trace!.split('\n').slice(0, 2)).toEqual([
      `at broken (${own.replace('shop', 'helper')}:3)`,
      `at home (${own}:4)`,
    ])
  })

  test('so does any text that quotes them; what is none of them stays', async () => {
    const { places, file, own } = await shop()
    const line =
      readFileSync(file, 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('throw')) + 1
    expect(places.text(`see ${file}:${line}:9, please`)).toBe(
      `see ${own.replace('shop', 'helper')}:3, please`,
    )
    expect(places.text(`${file} cannot be loaded`)).toBe(`${own} cannot be loaded`)
    expect(places.text(`${file}:99999`)).toBe(`${own} (bundled)`)
    expect(places.text('/srv/other.mjs:3')).toBe('/srv/other.mjs:3')
  })
})
