/** Several hosts: who is taken and who is not, and how a run is ended in each of its phases. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect } from 'vitest'
import { subjectsOf } from '../../src/core/fleet/subjects.ts'
import { encode, type Card } from '../../src/fleet/messages.ts'
import { readReport, runCli, withFolder } from '../support/cli.ts'
import { kill, type Realm } from '../support/hosts.ts'
import { endRig, test } from '../support/hosts-test.ts'
import { hasNats, until } from '../support/nats.ts'

afterAll(endRig)

const NOW = ['--wait-for-agents', '0s']
const A_REQUEST = ['--rate', '1/s', '--max-users', '2', '--duration', '1s']

/** A scenario with an import and rows of its own, in a folder. */
function writeShop(folder: string, columns: readonly string[]): string {
  const file = join(folder, 'shop.ts')
  writeFileSync(
    file,
    `import { feeder, scenario } from 'corerush'
    import { pathOf } from './own.ts'
    const rows = feeder.csv<{ n: string }>('rows.csv', { order: 'unique' })
    export default scenario({
      tasks: { async Home({ http, take }) { await http.get(pathOf(take(rows).n), { name: 'row' }) } },
    })`,
  )
  writeFileSync(join(folder, 'own.ts'), "export const pathOf = (n: string): string => '/' + n")
  const rows = Array.from({ length: 500 }, (_, n) => columns.map((_, i) => `r${n}${'x'.repeat(i)}`).join())
  writeFileSync(join(folder, 'rows.csv'), [columns.join(), ...rows].join('\n'))
  return file
}

/** An agent that is made up: it is found, and nothing else. */
async function madeUp(realm: Realm, ...cards: readonly Partial<Card>[]): Promise<void> {
  const [card] = await realm.cards()
  const bus = await realm.bus()
  for (const other of cards) bus.answer(subjectsOf(realm.name).find, () => encode({ ...card!, ...other }))
}

describe.skipIf(!hasNats).concurrent('agents and their coordinators', () => {
  test('corerush agents lists them; what is no message of corerush is ignored', async ({ realm }) => {
    const own = realm()
    const [alpha] = await own.agents('alpha', 'beta')
    const bus = await own.bus()
    const subjects = subjectsOf(own.name)
    const [first] = await own.cards()
    const order = subjects.order('alpha', first!.instance)
    for (const hostile of ['', 'no json', '{"n":1}', '[1', '\u0000\u0001', '{"type":"claim","n":"x"}'])
      expect(
        Buffer.from(await bus.ask(order, Buffer.from(hostile), { timeoutMs: 20_000 })).toString(),
      ).toContain('refused')
    await bus.askAll(subjects.find, Buffer.from('no json'), { stallMs: 50, maxMs: 200 })
    const list = ['agents', '--nats', own.nats.url, '--realm', own.name]
    const { stdout } = await runCli([...list, '--json'])
    const found = JSON.parse(stdout) as Card[]
    expect(found.map(({ name, state, workers }) => ({ name, state, workers }))).toEqual([
      { name: 'alpha', state: 'idle', workers: 1 },
      { name: 'beta', state: 'idle', workers: 1 },
    ])
    await alpha!.started.says('stdout', /was ignored/)
  })

  test('who is not taken is named, with the reason, and nothing is sent', async ({ realm }) => {
    const [own, twins] = [realm(), realm()]
    await Promise.all([own.agents('alpha'), twins.agents('twin', 'twin')])
    await madeUp(
      own,
      { name: 'old', instance: 'three', version: '0.0.9' },
      { name: 'young', instance: 'four', node: 'v99.1.0' },
    )
    const [versions, twin] = await Promise.all([
      own.refused('old,young', [...A_REQUEST, ...NOW]),
      twins.refused('twin', [...A_REQUEST, ...NOW]),
    ])
    expect(versions.code).toBe(2)
    expect(versions.stderr).toMatch(/agent old has corerush 0\.0\.9/)
    expect(versions.stderr).toMatch(/agent young runs on Node v99\.1\.0/)
    expect(twin.code).toBe(2)
    expect(twin.stderr).toMatch(/two agents have the name twin/)
  })

  test('an agent refuses more than its owner allows, and redirects go only where they may', async ({
    rig,
    realm,
  }) => {
    const own = realm({
      answer: (_, response) => void response.writeHead(302, { location: 'http://elsewhere.test/' }).end(),
    })
    await Promise.all([
      own.agent('alpha'),
      own.agent('beta', { args: ['--max-users', '100'] }),
      own.agent('gamma', { args: ['--max-rate', '10/s'] }),
    ])
    const [users, rate] = await Promise.all([
      own.refused('alpha,beta', ['--users', '203', '--wait', '1s', '--duration', '1s']),
      own.refused('gamma', ['--rate', '11/s', '--max-users', '2', '--duration', '1s']),
    ])
    expect([users.code, rate.code]).toEqual([2, 2])
    expect(users.stderr).toMatch(/beta has at most 100 users/)
    expect(rate.stderr).toMatch(/gamma starts at most 10\.0\/s .*11\.0\/s/)
    await own.idle()
    const redirect = own.start('gamma', [...A_REQUEST, '--max-redirects', '2'])
    const [host, secret, redirected] = await Promise.all([
      own.refused('alpha', [...A_REQUEST, '--connect-to', '::localhost:9']),
      rig.isApart ? own.refused('beta', [...A_REQUEST, '--header', 'authorization: Bearer s3cret']) : null,
      redirect.finished,
    ])
    expect(host.code).toBe(2)
    expect(host.stderr).toMatch(/alpha.*localhost:9, which is not allowed/)
    if (secret !== null) {
      expect(secret.code).toBe(2)
      expect(secret.stderr).toMatch(/header authorization.*not encrypted/)
      expect(secret.stderr).not.toContain('s3cret')
    }
    const report = readReport(redirected)
    expect(report.outcomes).toEqual({ host: 1 })
    expect(report.errors[0]!.message).toMatch(/elsewhere\.test:80/)
    expect(redirect.arrived).toHaveLength(1)
  })

  test('what a host cannot carry is found out before anything is sent, and its agent named', async ({
    rig,
    realm,
  }) => {
    const own = realm()
    // A disk of 16 kB, or none.
    const disk = rig.isApart
      ? { by: ['sh', '-c', 'mount -t tmpfs -o size=16k none /mnt && exec "$0" "$@"'], folder: '/mnt' }
      : { by: [], folder: '/dev/null/none' }
    const full = { XDG_CACHE_HOME: disk.folder, TMPDIR: disk.folder }
    const [alpha] = await Promise.all([
      own.agent('alpha'),
      own.agent('beta', { args: ['--accept-scenarios'], env: full, by: disk.by }),
    ])
    execFileSync('prlimit', ['--pid', String(alpha.pid), '--nofile=64:'])
    const [files, space] = await Promise.all([
      own.refused('alpha', ['--users', '90', '--wait', '1s', '--duration', '1s']),
      withFolder((folder) => {
        const file = writeShop(folder, ['n'])
        writeFileSync(
          join(folder, 'own.ts'),
          `export const pathOf = () => ${JSON.stringify('x'.repeat(1e5))}`,
        )
        return own.refused('beta', [file, ...A_REQUEST])
      }),
    ])
    expect(files.code).toBe(2)
    expect(files.stderr).toMatch(/alpha.* need \d+ open files/)
    expect(files.stderr).not.toContain('did not get ready')
    expect(space.code).toBe(2)
    expect(space.stderr).toMatch(/beta.*the scenario cannot be written for the workers: (ENOSPC|ENOTDIR)/)
    // Neither is lost with it.
    await own.idle()
  })

  test('of two coordinators at once one has the agents, and the other is told who has them', async ({
    realm,
  }) => {
    const own = realm()
    await own.agents('alpha', 'beta')
    const both = [0, 1].map(() =>
      own.start('all', ['--rate', '100/s', '--max-users', '100', '--duration', '2s', ...NOW]),
    )
    const ended = await Promise.all(both.map(({ finished }) => finished))
    const loser = ended.find(({ code }) => code === 2)
    const winner = ended.find((one) => one !== loser)
    // 97: two hosts on one may be too busy.
    expect([0, 97], winner!.stderr).toContain(winner!.code)
    expect(loser!.stderr).toMatch(/claimed by .+ \(process \d+\)/)
    expect(both.map(({ arrived }) => arrived.length).sort()).toEqual([0, 200])
    await own.idle()
  })

  test('an agent that comes late is waited for, and its label decides', async ({ realm }) => {
    const own = realm()
    await own.agents('alpha')
    const run = own.run('all', [...['--where', 'zone=mars', '--duration', '1s', '--wait-for-agents', '60s']])
    await run.started.says('stderr', /waiting for agents, at most 60 s: no agent is free/)
    const gamma = await own.agent('gamma', { args: ['--label', 'zone=mars', '--once'] })
    const { report } = await run.ended
    expect(report.agents!.map(({ name }) => name)).toEqual(['gamma'])
    expect(report.total.sent).toBe(100)
    // --once
    expect((await gamma.started.finished).code).toBe(0)
  })

  test('a scenario travels with its imports and rows, each of which is taken once over all hosts; secrets do not', ({
    rig,
    realm,
  }) =>
    withFolder(async (folder) => {
      const own = realm()
      const open = { args: ['--label', 'code=yes', '--accept-scenarios'] }
      await Promise.all([own.agent('alpha'), own.agent('delta', open), own.agent('epsilon', open)])
      const load = ['--rate', '100/s', '--max-users', '100', '--duration', '1s']
      const file = writeShop(folder, ['n'])
      const closed = own.refused('alpha', [file, ...load])
      const run = own.run('all', ['--where', 'code=yes', file, '--duration', '1s'])
      const { report } = await run.ended
      expect(report.total.succeeded).toBe(100)
      const paths = run.arrived.map(({ path }) => path)
      expect(new Set(paths).size).toBe(100)
      expect(paths.every((path) => /^r\d+$/.test(path))).toBe(true)
      expect((await closed).code).toBe(2)
      expect((await closed).stderr).toMatch(/without --accept-scenarios/)
      if (!rig.isApart) return
      writeShop(folder, ['n', 'password'])
      await own.idle()
      const secret = await own.refused('alpha', [file, ...load])
      expect(secret.stderr).toMatch(/the column password.*not encrypted/)
    }))
})

describe.skipIf(!hasNats).concurrent('a run is ended', () => {
  test('by Ctrl-C while agents are waited for, and while they get ready: at once, and they are free', async ({
    rig,
    realm,
  }) => {
    const own = realm()
    await own.agents('alpha', 'beta')
    const waiting = own.start('3', [...A_REQUEST, '--wait-for-agents', '60s'])
    await waiting.says('stderr', /waiting for agents, at most 60 s: 3 agents asked for, 2 free/)
    waiting.kill('SIGINT')
    expect((await waiting.finished).code).toBe(130)
    const closed = ['--connect-to', `::${rig.targetAddress}:1`, '--wait-for-target', '60s']
    const preparing = own.start('all', [...closed, ...A_REQUEST, '--wait-for-agents', '60s'])
    await Promise.all(['alpha', 'beta'].map((name) => own.ordered(name, 'prepare')))
    preparing.kill('SIGINT')
    const ended = await preparing.finished
    expect(ended.code, ended.stderr).toBe(130)
    await own.idle()
    expect([waiting.arrived, preparing.arrived]).toEqual([[], []])
  })

  test('by Ctrl-C when all are ready and the start has been ordered: with a report', async ({ realm }) => {
    const own = realm()
    await own.agents('alpha')
    const run = own.run('1', ['--duration', '60s'])
    await own.ordered('alpha', 'start')
    run.started.kill('SIGINT')
    const { code, report } = await run.ended
    expect(code).toBe(130)
    expect(report).toMatchObject({ stoppedBy: 'SIGINT', agents: [{ name: 'alpha', lost: null }] })
    expect(report.total.sent).toBe(run.arrived.length)
    await own.idle()
  })

  test('by Ctrl-C in the load: on all hosts at one instant, with the report', async ({ rig, realm }) => {
    const own = realm()
    const agents = await own.agents('alpha', 'beta')
    const run = own.run('2', ['--duration', '60s'])
    await run.loaded
    await sleep(1200)
    run.started.kill('SIGINT')
    const { code, report } = await run.ended
    expect(code).toBe(130)
    expect(report.stoppedBy).toBe('SIGINT')
    expect(report.total.sent).toBe(run.arrived.length)
    expect(report.agents!.map(({ lost }) => lost)).toEqual([null, null])
    if (rig.isApart) {
      const ends = agents.map(({ address }) => run.arrived.findLast(({ from }) => from === address)!.atMs)
      expect(Math.abs(ends[0]! - ends[1]!)).toBeLessThan(500)
    }
    await own.idle()
  })

  test('by Ctrl-C in the drain: the first waits for what is in flight, the second does not', async ({
    realm,
  }) => {
    const own = realm({ answer: () => undefined })
    await own.agents('alpha')
    const load = ['--users', '3', '--ramp-up', '0', '--duration', '1s', '--graceful-stop', '60s']
    const run = own.start('1', [...load, '--timeout', '60s', '--lease', '3s'])
    await own.ordered('alpha', 'start')
    await until(() => run.arrived.length === 3)
    await sleep(1500)
    run.kill('SIGINT')
    // Two within half a second are one order, which came twice.
    await sleep(700)
    expect(run.process.exitCode).toBeNull()
    run.kill('SIGINT')
    expect((await run.finished).code).toBe(130)
    await own.idle()
    expect(run.arrived).toHaveLength(3)
  })

  test('by SIGTERM for an agent: it ends its load, hands over, and leaves', async ({ realm }) => {
    const own = realm()
    const [beta] = await own.agents('beta')
    const run = own.run('beta', ['--duration', '60s'])
    await run.loaded
    await sleep(1200)
    kill(beta!.pid, 'SIGTERM')
    const { report } = await run.ended
    expect((await beta!.started.finished).code).toBe(0)
    expect(report.total.sent).toBe(run.arrived.length)
    expect(report.agents).toMatchObject([{ name: 'beta', lost: null, stoppedBy: 'sigterm' }])
  })
})
