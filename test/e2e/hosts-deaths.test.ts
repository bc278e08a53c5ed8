/** Several hosts, of which one stands still or dies: the load ends, and who it was is named. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kill, Rig, type AgentHost } from '../support/hosts.ts'
import { hasNats } from '../support/nats.ts'

const REALM = 'deaths'

describe.skipIf(!hasNats)('two agents', () => {
  let rig: Rig
  let [alpha, beta]: [AgentHost, AgentHost] = [null!, null!]
  beforeAll(async () => {
    rig = await Rig.make()
    ;[alpha, beta] = await Promise.all([
      rig.agent('alpha', { realm: REALM, aheadS: 1000 }),
      rig.agent('beta', { realm: REALM, aheadS: 77_000 }),
    ])
  })
  afterAll(() => rig.dispose())

  test('one that stands still for 2 s makes the run void, by the name of agent and worker, and loses nothing', async () => {
    const run = rig.run(REALM, 'all', ['--duration', '5s'])
    await run.loaded
    await sleep(1000)
    kill(beta.pid, 'SIGSTOP')
    await sleep(2000)
    kill(beta.pid, 'SIGCONT')
    const { code, report, arrived } = await run.ended
    expect(code).toBe(97)
    const paused = report.verdict.reasons.find((reason) => reason.code === 'generator.paused')
    expect(paused?.agent).toBe('beta')
    expect(report.total.sent).toBe(arrived.length)
    expect(report.agents!.map(({ lost }) => lost)).toEqual([null, null])
  })

  test('when the coordinator is killed every agent ends its load within the lease, and is free for the next', async () => {
    const run = rig.run(REALM, 'all', ['--duration', '60s', '--lease', '3s'])
    await run.loaded
    await sleep(500)
    run.started.kill('SIGKILL')
    const killedMs = performance.now()
    await run.started.finished
    // Taken as soon as they are free.
    const next = rig.run(REALM, 'all', ['--duration', '1s', '--wait-for-agents', '20s'])
    const { report, arrived } = await next.ended
    expect(report.total.sent).toBe(100)
    expect(arrived.filter(({ atMs }) => atMs - killedMs < 4000).length).toBeGreaterThan(100)
    const lastMs = rig.arrivals.at(-101)!.atMs - killedMs
    expect(lastMs).toBeGreaterThan(1500)
    expect(lastMs).toBeLessThan(4000)
  })

  test('one that dies is noticed within 4 s; the other goes on, and the run is void and names it', async () => {
    const run = rig.run(REALM, '2', ['--duration', '60s', '--on-lost-agent', 'stop'])
    await run.loaded
    await sleep(1000)
    kill(beta.pid, 'SIGKILL')
    const killedMs = performance.now()
    const { code, report, arrived } = await run.ended
    expect(code).toBe(97)
    expect(report.verdict.reasons).toContainEqual(
      expect.objectContaining({ code: 'agent.lost', message: expect.stringContaining('beta') as string }),
    )
    // The load ended because it was noticed.
    const lastMs = arrived.at(-1)!.atMs - killedMs
    expect(lastMs).toBeGreaterThan(1000)
    expect(lastMs).toBeLessThan(4500)
    expect(report.total.sent).toBeLessThanOrEqual(arrived.length)
    expect(report.agents!.map(({ name, lost }) => [name, lost === null])).toEqual([
      ['alpha', true],
      ['beta', false],
    ])
    // What could be known of its time is kept.
    expect(report.total.sent).toBeGreaterThan(100)
    kill(alpha.pid, 'SIGTERM')
    expect((await alpha.started.finished).code).toBe(0)
  })
})
