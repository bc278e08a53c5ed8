/** What a run on one host can do, on several: what is counted and sent is the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readReport } from '../support/cli.ts'
import { Rig, type Realm, type RealmOptions } from '../support/hosts.ts'
import { hasNats } from '../support/nats.ts'

describe.skipIf(!hasNats).concurrent('on two hosts', () => {
  let rig: Rig
  const realms: Realm[] = []
  beforeAll(async () => (rig = await Rig.make()))
  afterAll(async () => {
    for (const realm of realms) await realm.dispose()
    await rig.dispose()
  })
  async function aRealm(options: RealmOptions = {}): Promise<Realm> {
    const realm = rig.realm(options)
    realms.push(realm)
    await realm.agents('alpha', 'beta')
    return realm
  }

  test('a log is replayed, each request once, and the lines come from both', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'corerush-parity-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const log = join(folder, 'access.log')
    const paths = Array.from({ length: 60 }, (_, n) => `line-${n}`)
    const line = (path: string, n: number): string =>
      `127.0.0.1 - - [10/Oct/2025:13:55:3${Math.floor(n / 30)} +0000] "GET /${path} HTTP/1.1" 200 1 "-" "x"\n`
    writeFileSync(log, paths.map(line).join(''))
    const realm = await aRealm()
    const started = realm.start('all', ['--replay', log])
    const report = readReport(await started.finished)
    expect(started.arrived.map(({ path }) => path).sort()).toEqual([...paths].sort())
    expect(report.total.succeeded).toBe(60)
    if (rig.isApart) expect(new Set(started.arrived.map(({ from }) => from)).size).toBe(2)
  })

  test('a count of requests is exact with redirects', async () => {
    const realm = await aRealm({
      answer: ({ url }, response) => {
        if (url!.endsWith('/')) response.writeHead(302, { location: `${url!}next` })
        response.end()
      },
    })
    const count = ['--requests', '501', '--max-redirects', '3', '--users', '5']
    const started = realm.start('all', count)
    const report = readReport(await started.finished)
    expect([report.stoppedBy, report.total.sent, started.arrived.length]).toEqual(['requests', 501, 501])
    // A user that has gone to one agent only leaves the other without a ticket, and without an end to wait for.
    const one = realm.start('all', ['--requests', '7', '--max-redirects', '3', '--users', '1'])
    const alone = readReport(await one.finished)
    expect([alone.stoppedBy, alone.total.sent, one.arrived.length]).toEqual(['requests', 7, 7])
  })
})
