/** Bytes for agents, over a real server: what arrives is what was offered, once. */
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Blobs, CHUNK_BYTES, codeFile, fetchBlobs, MOST_BLOB_BYTES } from '../../src/fleet/blobs.ts'
import type { Bus } from '../../src/fleet/bus.ts'
import { aBus, hasNats, startNats, type NatsHost } from '../support/nats.ts'

/** A folder that is gone after the test. */
function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'corerush-test-blobs-'))
  onTestFinished(() => {
    chmodSync(folder, 0o700)
    rmSync(folder, { recursive: true })
  })
  return folder
}

describe.skipIf(!hasNats)('fetched over NATS', () => {
  let server: NatsHost
  let [coordinator, agent]: [Bus, Bus] = [null!, null!]
  beforeAll(async () => {
    server = await startNats()
    ;[coordinator, agent] = [await aBus(server.url), await aBus(server.url)]
  })
  afterAll(async () => {
    await Promise.all([coordinator.close(), agent.close()])
    await server.stop()
  })

  test('several, of all sizes, arrive as they are in memory that threads share; a second time nothing is asked for', async () => {
    const folder = aFolder()
    const blobs = new Blobs()
    const sizes = [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES - 7]
    const all = sizes.map((size) => new Uint8Array(randomBytes(size)))
    const refs = all.map((bytes) => blobs.add(bytes))
    expect(blobs.add(all[3]!)).toEqual(refs[3])
    const answering = blobs.answerOn(coordinator, 'corerush.r.run.x.*.blob')
    const ratios: number[] = []
    const fetched = await fetchBlobs(agent, 'corerush.r.run.x.alpha.blob', [...refs, refs[2]!], {
      folder,
      onProgress: (ratio) => ratios.push(ratio),
    })
    answering.end()
    for (const [at, { sha256 }] of refs.entries()) {
      expect(Buffer.compare(fetched.get(sha256)!, all[at]!)).toBe(0)
      expect(fetched.get(sha256)!.buffer).toBeInstanceOf(SharedArrayBuffer)
      expect(statSync(join(folder, sha256)).mode & 0o777).toBe(0o600)
    }
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b))
    expect(ratios.at(-1)).toBe(1)
    expect(readdirSync(folder).sort()).toEqual(refs.map(({ sha256 }) => sha256).sort())
    const again = await fetchBlobs(agent, 'nobody.answers', refs, { folder })
    expect(Buffer.compare(again.get(refs[4]!.sha256)!, all[4]!)).toBe(0)
  })

  test('what is kept and is not any more what it is called is fetched anew', async () => {
    const folder = aFolder()
    const blobs = new Blobs()
    const refs = [blobs.add(Buffer.from('one')), blobs.add(Buffer.from('two'))]
    const answering = blobs.answerOn(coordinator, 'b.*.blob')
    await fetchBlobs(agent, 'b.a.blob', refs, { folder })
    writeFileSync(join(folder, refs[0]!.sha256), 'eno')
    truncateSync(join(folder, refs[1]!.sha256), 1)
    const fetched = await fetchBlobs(agent, 'b.a.blob', refs, { folder })
    answering.end()
    expect(refs.map(({ sha256 }) => Buffer.from(fetched.get(sha256)!).toString())).toEqual(['one', 'two'])
    expect(refs.map(({ sha256 }) => readFileSync(join(folder, sha256), 'utf8'))).toEqual(['one', 'two'])
  })

  test('what is sent in place of it is refused, also if it is as long', async () => {
    const sha256 = createHash('sha256').update('wanted').digest('hex')
    const folder = aFolder()
    for (const [at, wrong] of ['other!', 'longer than wanted'].entries()) {
      const answering = coordinator.answer(`w${at}.*.*`, () => Buffer.from(wrong))
      const fetching = fetchBlobs(agent, `w${at}`, [{ sha256, bytes: 6 }], { folder })
      await expect(fetching).rejects.toThrow('is something else')
      answering.end()
    }
    expect(readdirSync(folder)).toEqual([])
  })

  test('a run may have so much and no more, on both sides', async () => {
    const blobs = new Blobs()
    expect(() => blobs.add(new Uint8Array(MOST_BLOB_BYTES + 1))).toThrow('256 MB')
    const ref = { sha256: '0'.repeat(64), bytes: MOST_BLOB_BYTES + 1 }
    await expect(fetchBlobs(agent, 'x', [ref], { folder: aFolder() })).rejects.toThrow('256 MB')
    await expect(fetchBlobs(agent, 'x', [{ ...ref, bytes: NaN }])).rejects.toThrow('at most')
    const offered = new Blobs()
    const { sha256 } = offered.add(Buffer.from('x'))
    expect(offered.chunk(sha256, 0)).toHaveLength(1)
    for (const chunk of [-1, 0.5, NaN, 1]) expect(offered.chunk(sha256, chunk)).toBeNull()
    expect(offered.chunk('0'.repeat(64), 0)).toBeNull()
  })

  test('a folder that cannot be written is done without', async () => {
    const file = join(aFolder(), 'a file')
    writeFileSync(file, '')
    const blobs = new Blobs()
    const ref = blobs.add(Buffer.from('rows'))
    const answering = blobs.answerOn(coordinator, 'd.*.blob')
    const fetched = await fetchBlobs(agent, 'd.a.blob', [ref], { folder: join(file, 'below') })
    answering.end()
    expect(Buffer.from(fetched.get(ref.sha256)!).toString()).toBe('rows')
    const code = await codeFile(
      '/home/me/my shop.ts',
      ref,
      Buffer.from('export default 1'),
      join(file, 'below'),
    )
    onTestFinished(() => rmSync(join(code, '..'), { recursive: true }))
    expect(code).toMatch(/^\/tmp\/corerush-code-\w+\/my_shop\.mjs$/)
  })
})
