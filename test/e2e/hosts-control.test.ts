/** Several hosts: who is taken and who is not, and how a run is ended in each of its phases. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { subjectsOf } from '../../src/core/fleet/subjects.ts'
import { encode, type Card } from '../../src/fleet/messages.ts'
import { readReport, runCli, type Finished } from '../support/cli.ts'
import { kill, Rig, type AgentHost } from '../support/hosts.ts'
import { aBus, hasNats } from '../support/nats.ts'

const REALM = 'control'

describe.skipIf(!hasNats)('agents and their coordinators', () => {
  let rig: Rig
  let alpha: AgentHost
  let beta: AgentHost
  beforeAll(async () => {
    rig = await Rig.make()
    ;[alpha, beta] = await Promise.all([
      rig.agent('alpha', { realm: REALM, aheadS: 5000, args: ['--label', 'zone=eu'] }),
      rig.agent('beta', { realm: REALM, aheadS: 9000, args: ['--max-users', '100', '--label', 'zone=us'] }),
    ])
  })
  afterAll(() => rig.dispose())

  const cards = async (realm = REALM): Promise<Card[]> => {
    const { stdout } = await runCli(['agents', '--nats', rig.nats.url, '--realm', realm, '--json'])
    return JSON.parse(stdout) as Card[]
  }
  const idle = async (): Promise<void> => {
    while ((await cards()).some(({ state }) => state !== 'idle')) await sleep(100)
  }
  /** A run that must not send anything. */
  async function refused(realm: string, agents: string, args: readonly string[]): Promise<Finished> {
    const before = rig.arrivals.length
    const finished = await rig.start(realm, agents, args).finished
    expect(rig.arrivals.length).toBe(before)
    return finished
  }

  test('corerush agents lists them; what is no message of corerush is ignored', async () => {
    const bus = await aBus(rig.nats.url, { inboxPrefix: 'x' })
    onTestFinished(() => bus.close())
    const subjects = subjectsOf(REALM)
    const [first] = await cards()
    const order = subjects.order('alpha', first!.instance)
    for (const hostile of ['', 'no json', '{"n":1}', '[1', '\u0000\u0001', '{"type":"claim","n":"x"}'])
      expect(
        Buffer.from(await bus.ask(order, Buffer.from(hostile), { timeoutMs: 20_000 })).toString(),
      ).toContain('refused')
    await bus.askAll(subjects.find, Buffer.from('no json'), { stallMs: 50, maxMs: 200 })
    const found = await cards()
    expect(found.map(({ name, state, workers }) => ({ name, state, workers }))).toEqual([
      { name: 'alpha', state: 'idle', workers: 1 },
      { name: 'beta', state: 'idle', workers: 1 },
    ])
    await alpha.started.says('stdout', /was ignored/)
  })

  test('who is not taken is named, with the reason, and nothing is sent', async () => {
    const [card] = await cards()
    const bus = await aBus(rig.nats.url, { inboxPrefix: 'y' })
    onTestFinished(() => bus.close())
    const others: Partial<Card>[] = [
      { name: 'old', instance: 'three', version: '0.0.9' },
      { name: 'young', instance: 'four', host: { ...card!.host, node: 'v99.1.0' }, node: 'v99.1.0' },
      { name: 'twin', instance: 'one' },
      { name: 'twin', instance: 'two' },
    ]
    const { find } = subjectsOf('strange')
    for (const other of others) bus.answer(find, () => encode({ ...card!, ...other }))
    while ((await cards('strange')).length < 4) await sleep(50)
    const [versions, twins] = await Promise.all([
      refused('strange', 'old,young', ['--rate', '10/s', '--duration', '1s', '--wait-for-agents', '0s']),
      refused('strange', 'twin', ['--rate', '10/s', '--duration', '1s', '--wait-for-agents', '0s']),
    ])
    expect(versions.code).toBe(2)
    expect(versions.stderr).toMatch(/agent old has corerush 0\.0\.9/)
    expect(versions.stderr).toMatch(/agent young runs on Node v99\.1\.0/)
    expect(twins.code).toBe(2)
    expect(twins.stderr).toMatch(/two agents have the name twin/)
  })

  test('an agent refuses more than its owner allows, and what its host cannot carry', async () => {
    const users = await refused(REALM, 'alpha,beta', ['--users', '203', '--wait', '1s', '--duration', '1s'])
    const rate = ['--rate', '1/s', '--max-users', '1', '--duration', '1s']
    const host = await refused(REALM, 'alpha', [...rate, '--connect-to', '::127.0.0.1:9'])
    const secret = await refused(REALM, 'beta', [...rate, '--header', 'authorization: Bearer s3cret'])
    expect(users.code).toBe(2)
    expect(users.stderr).toMatch(/beta has at most 100 users/)
    expect(host.code).toBe(2)
    expect(host.stderr).toMatch(/alpha.*127\.0\.0\.1:9, which is not allowed/)
    if (rig.isApart) {
      expect(secret.code).toBe(2)
      expect(secret.stderr).toMatch(/header authorization.*not encrypted/)
      expect(secret.stderr).not.toContain('s3cret')
    }
    await idle()
    execFileSync('prlimit', ['--pid', String(beta.pid), '--nofile=64:'])
    const files = await refused(REALM, 'beta', ['--users', '90', '--wait', '1s', '--duration', '1s'])
    expect(files.code).toBe(2)
    expect(files.stderr).toMatch(/beta.* need \d+ open files/)
    expect(files.stderr).not.toContain('did not get ready')
    execFileSync('prlimit', ['--pid', String(beta.pid), '--nofile=4096:'])
    await idle()
  })

  test('of two coordinators at once one has the agents, and the other is told who has them', async () => {
    const one = () =>
      rig.start(REALM, 'all', [
        '--rate',
        '100/s',
        '--max-users',
        '100',
        '--duration',
        '2s',
        '--wait-for-agents',
        '0s',
      ])
    const before = rig.arrivals.length
    const both = await Promise.all([one().finished, one().finished])
    const [winner, loser] = both.sort((a, b) => a.code! - b.code!)
    expect(winner.code === 0 || winner.code === 97, winner.stderr).toBe(true)
    expect(loser.code).toBe(2)
    expect(loser.stderr).toMatch(/claimed by .+ \(process \d+\)/)
    expect(rig.arrivals.length - before).toBe(200)
    await idle()
  })

  test('an agent that comes late is waited for, and its label decides', async () => {
    const run = rig.run(REALM, 'all', [
      '--where',
      'zone=mars',
      '--duration',
      '1s',
      '--wait-for-agents',
      '60s',
    ])
    await sleep(1500)
    const gamma = await rig.agent('gamma', { realm: REALM, args: ['--label', 'zone=mars', '--once'] })
    const { report } = await run.ended
    expect(report.agents!.map(({ name }) => name)).toEqual(['gamma'])
    expect(report.total.sent).toBe(100)
    // --once
    expect((await gamma.started.finished).code).toBe(0)
  })

  test('a scenario travels with its imports and rows, each of which is taken once over all hosts; secrets do not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'corerush-hosts-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
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
    const rows = Array.from({ length: 500 }, (_, n) => `r${n}`)
    writeFileSync(join(folder, 'rows.csv'), ['n', ...rows].join('\n'))
    const load = [file, '--rate', '100/s', '--max-users', '100', '--duration', '1s']
    const closed = await refused(REALM, 'all', load)
    expect(closed.code).toBe(2)
    expect(closed.stderr).toMatch(/without --accept-scenarios/)
    const open = ['--label', 'code=yes', '--accept-scenarios', '--once']
    const agents = [
      rig.agent('delta', { realm: REALM, args: open }),
      rig.agent('epsilon', { realm: REALM, args: open }),
    ]
    const started = await Promise.all(agents)
    const since = rig.arrivals.length
    const finished = await rig.start(REALM, 'all', ['--where', 'code=yes', ...load]).finished
    const report = readReport(finished)
    expect(report.total.succeeded).toBe(100)
    const paths = rig.arrivals.slice(since).map(({ path }) => path)
    expect(new Set(paths).size).toBe(100)
    expect(paths.every((path) => /^\/r\d+$/.test(path))).toBe(true)
    for (const one of started) expect((await one.started.finished).code).toBe(0)
    if (!rig.isApart) return
    writeFileSync(join(folder, 'rows.csv'), ['n,password', ...rows.map((row) => `${row},s3cret`)].join('\n'))
    const secret = await refused(REALM, 'all', load)
    expect(secret.stderr).toMatch(/the column password.*not encrypted/)
  })

  test('Ctrl-C while agents are waited for, and while they get ready, ends at once and frees them', async () => {
    const waiting = rig.start(REALM, '3', ['--rate', '1/s', '--duration', '1s', '--wait-for-agents', '60s'])
    await waiting.says('stderr', /waiting for agents, at most 60 s: 3 agents asked for, 2 free/)
    waiting.kill('SIGINT')
    expect((await waiting.finished).code).toBe(130)
    const closed = ['--connect-to', `::${rig.targetAddress}:1`, '--wait-for-target', '60s']
    const load = ['--rate', '1/s', '--max-users', '2', '--duration', '1s']
    const preparing = rig.start(REALM, 'all', [...closed, ...load])
    await preparing.says('stderr', /waiting up to 1m/)
    await sleep(300)
    preparing.kill('SIGINT')
    const ended = await preparing.finished
    expect(ended.code, ended.stderr).toBe(130)
    await idle()
  })

  test('Ctrl-C in the load ends all hosts at one instant, with the report; in the drain it ends at once', async () => {
    const run = rig.run(REALM, '2', ['--max-users', '100', '--duration', '60s'])
    await run.loaded
    await sleep(1200)
    run.started.kill('SIGINT')
    const { code, report, arrived } = await run.ended
    expect(code).toBe(130)
    expect(report.stoppedBy).toMatchObject({})
    expect(report.total.sent).toBe(arrived.length)
    expect(report.agents!.map(({ lost }) => lost)).toEqual([null, null])
    const ends = [alpha, beta].map(({ address }) => arrived.findLast(({ from }) => from === address)!.atMs)
    expect(Math.abs(ends[0]! - ends[1]!)).toBeLessThan(500)
    await idle()
  })

  test('SIGTERM for an agent: it ends its load, hands over, and leaves', async () => {
    const run = rig.run(REALM, 'beta', ['--max-users', '100', '--duration', '60s'])
    await run.loaded
    await sleep(1200)
    kill(beta.pid, 'SIGTERM')
    const { report, arrived } = await run.ended
    expect((await beta.started.finished).code).toBe(0)
    expect(report.total.sent).toBe(arrived.length)
    expect(report.agents).toMatchObject([{ name: 'beta', lost: null, stoppedBy: 'sigterm' }])
  })
})
