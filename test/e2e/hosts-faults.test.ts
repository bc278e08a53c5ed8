/** Several hosts, of which one fails, or the network does: what was sent is counted, or the verdict says what is not. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect } from 'vitest'
import { subjectsOf } from '../../src/core/fleet/subjects.ts'
import { isGivenUp } from '../../src/fleet/messages.ts'
import type { Report } from '../../dist/index.js'
import { kill, type AgentHost, type Arrival } from '../support/hosts.ts'
import { endRig, test } from '../support/hosts-test.ts'
import { startMessageRelay } from '../support/message-relay.ts'
import { hasNamespaces } from '../support/namespaces.ts'
import { hasNats } from '../support/nats.ts'

afterAll(endRig)

const from = (arrived: readonly Arrival[], { address }: AgentHost): Arrival[] =>
  arrived.filter((arrival) => arrival.from === address)

/** Nobody was lost, and every second of everybody is there; what makes the run void can only be a host that is too busy. */
function expectWhole({ agents, timeline, verdict }: Report, names: readonly string[]): void {
  const whole = names.map((name) => ({ name, lost: null, stoppedBy: null }))
  expect(agents!.map(({ name, lost, stoppedBy }) => ({ name, lost, stoppedBy }))).toEqual(whole)
  expect(timeline.every(({ complete }) => complete)).toBe(true)
  const found = verdict.reasons.flatMap(({ level, code }) => (level === 'void' ? [code] : []))
  for (const code of found) expect(['generator.saturated', 'generator.paused', 'pace.missed']).toContain(code)
}

/** The run is void because of this agent, and says why. */
function expectLost({ agents, verdict }: Report, name: string, why: RegExp): void {
  const reason = verdict.reasons.find(({ code }) => code === 'agent.lost')
  expect(reason).toMatchObject({ level: 'void', agent: name })
  expect(reason!.message).toContain(name)
  expect(reason!.message).toMatch(why)
  expect(agents!.flatMap((agent) => (agent.lost === null ? [] : [agent.name]))).toEqual([name])
}

describe.skipIf(!hasNats).concurrent('two agents', () => {
  test('a server that is killed for 3 s costs nothing: every request is counted, and both hosts share one clock', async ({
    rig,
    realm,
  }) => {
    const own = realm({ nats: await rig.server() })
    const [alpha, beta] = await own.agents('alpha', 'beta')
    const run = own.run('2', ['--duration', '5s'])
    await run.loaded
    await sleep(1000)
    await own.nats.kill()
    await sleep(3000)
    await own.nats.start()
    const { report } = await run.ended
    expectWhole(report, ['alpha', 'beta'])
    expect([report.stoppedBy, report.total.sent, run.arrived.length]).toEqual(['duration', 500, 500])
    for (const { clock } of report.agents!) expect(clock!.boundMs).toBeLessThan(50)
    if (!rig.isApart) return
    expect(from(run.arrived, alpha!)).toHaveLength(250)
    // Arrivals are due in turn, each 10 ms after the other host's; half of them are one host's, so the most
    // punctual of each is no later than nine tenths of all.
    const firstDueMs = (agent: AgentHost): number =>
      Math.min(...from(run.arrived, agent).map(({ atMs }, i) => atMs - 20 * i))
    const errorMs = Math.abs(firstDueMs(beta!) - firstDueMs(alpha!) - 10)
    expect(errorMs).toBeLessThan(5 + report.total.lagMs.p90!)
  })

  test.skipIf(!hasNamespaces)(
    'one that is cut off for 3 s goes on, and nothing is missing',
    async ({ realm }) => {
      const own = realm()
      const [, beta] = await own.agents('alpha', 'beta')
      const run = own.run('alpha,beta', ['--duration', '5s'])
      await run.loaded
      await sleep(500)
      const mend = await beta!.cut()
      await sleep(3000)
      await mend()
      const { report } = await run.ended
      expectWhole(report, ['alpha', 'beta'])
      expect([report.stoppedBy, report.total.sent, run.arrived.length]).toEqual(['duration', 500, 500])
    },
  )

  test.skipIf(!hasNamespaces)(
    'one that is cut off for longer than the lease ends its load by itself; the run is void and names it, and it is free again',
    async ({ realm }) => {
      const own = realm()
      const [, beta] = await own.agents('alpha', 'beta')
      const args = ['--duration', '20s', '--lease', '3s', '--on-lost-agent', 'stop']
      const run = own.run('alpha,beta', args)
      await run.loaded
      await sleep(1000)
      const mend = await beta!.cut()
      const cutMs = performance.now()
      const { code, report } = await run.ended
      expect(code).toBe(97)
      expectLost(report, 'beta', /nothing was heard of it for \d s/)
      // The lease counts from the last word, which came at most a second before; the drain is short.
      await sleep(500)
      const last = from(run.arrived, beta!).at(-1)!.atMs - cutMs
      expect(last).toBeGreaterThan(1500)
      expect(last).toBeLessThan(4000)
      await mend()
      while ((await own.cards()).length < 2) await sleep(50)
      await own.idle()
    },
  )

  test('one that stands still for 2 s makes the run void, by the name of agent and worker, and loses nothing', async ({
    realm,
  }) => {
    const own = realm()
    const [, beta] = await own.agents('alpha', 'beta')
    const run = own.run('all', ['--duration', '4s'])
    await run.loaded
    await sleep(1000)
    kill(beta!.pid, 'SIGSTOP')
    await sleep(2000)
    kill(beta!.pid, 'SIGCONT')
    const { code, report } = await run.ended
    expect(code).toBe(97)
    expectWhole(report, ['alpha', 'beta'])
    const paused = report.verdict.reasons.find((reason) => reason.code === 'generator.paused')
    expect(paused).toMatchObject({ agent: 'beta' })
    expect(report.total.sent).toBe(run.arrived.length)
  })

  test('when the coordinator is killed every agent ends its load within the lease, and is free for the next', async ({
    realm,
  }) => {
    const own = realm()
    await own.agents('alpha', 'beta')
    const run = own.run('all', ['--duration', '60s', '--lease', '3s'])
    await run.loaded
    await sleep(500)
    run.started.kill('SIGKILL')
    const killedMs = performance.now()
    await run.started.finished
    // Taken as soon as they are free.
    const next = own.run('all', ['--duration', '1s', '--wait-for-agents', '20s'])
    const { report } = await next.ended
    expect([report.total.sent, next.arrived.length]).toEqual([100, 100])
    const lastMs = run.arrived.at(-1)!.atMs - killedMs
    expect(lastMs).toBeGreaterThan(1500)
    expect(lastMs).toBeLessThan(4000)
  })

  test('one that dies is noticed within 4 s; the other ends when that is asked for, and the run is void and names it', async ({
    realm,
  }) => {
    const own = realm()
    const [alpha, beta] = await own.agents('alpha', 'beta')
    const run = own.run('2', ['--duration', '60s', '--on-lost-agent', 'stop'])
    await run.loaded
    await sleep(1000)
    kill(beta!.pid, 'SIGKILL')
    const killedMs = performance.now()
    const { code, report } = await run.ended
    expect(code).toBe(97)
    expectLost(report, 'beta', /its process has ended/)
    // The load ended because it was noticed.
    const lastMs = run.arrived.at(-1)!.atMs - killedMs
    expect(lastMs).toBeGreaterThan(1000)
    expect(lastMs).toBeLessThan(4500)
    // What could be known of its time is kept.
    expect(report.total.sent).toBeGreaterThan(100)
    expect(report.total.sent).toBeLessThanOrEqual(run.arrived.length)
    kill(alpha!.pid, 'SIGTERM')
    expect((await alpha!.started.finished).code).toBe(0)
  })

  test('messages that come twice and in another order: every request, second and ticket is counted once', async ({
    rig,
    realm,
  }) => {
    const own = realm()
    const relay = await startMessageRelay({
      ...{ to: { host: rig.serverAddress, port: own.nats.port }, address: rig.serverAddress },
      ...{ wayMs: 60, twice: 0.5, seed: 1 },
    })
    try {
      await Promise.all([
        own.agent('alpha', { aheadS: 7000, nats: relay.url }),
        own.agent('beta', { aheadS: 3, nats: relay.url }),
      ])
      const run = own.run('2', ['--iterations', '300'])
      const { report } = await run.ended
      expectWhole(report, ['alpha', 'beta'])
      expect(report.stoppedBy).toBe('iterations')
      expect([report.total.sent, run.arrived.length]).toEqual([300, 300])
      await own.idle()
      expect(relay.counts.twice).toBeGreaterThan(50)
      expect(relay.counts.overtaken).toBeGreaterThan(5)
    } finally {
      relay.close()
    }
  })

  test('one in whose name comes what is no message is given up, and the run is void and says why', async ({
    realm,
  }) => {
    const own = realm()
    await own.agents('alpha', 'beta')
    const run = own.run('2', ['--duration', '60s', '--on-lost-agent', 'stop'])
    await run.loaded
    const bus = await own.bus()
    const seen = new Promise<string>((resolve) => {
      const listener = bus.answer(subjectsOf(own.name).second('*', 'beta'), (_, subject) => {
        listener.end()
        resolve(subject)
        return null
      })
    })
    const answer = await bus.ask(await seen, Buffer.from('no json'), { timeoutMs: 20_000 })
    expect(isGivenUp(answer)).toBe(true)
    const { code, report } = await run.ended
    expect(code).toBe(97)
    expectLost(report, 'beta', /what it sent cannot be read: .*no message of corerush/)
    expect(report.total.sent).toBeLessThanOrEqual(run.arrived.length)
    await own.idle()
  })
})
