/** Several hosts, and a network that fails: what was sent is counted, or the verdict says what is not. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'
import { hasNamespaces, Rig, type AgentHost, type Arrival } from '../support/hosts.ts'
import { hasNats } from '../support/nats.ts'

const REALM = 'network'

describe.skipIf(!hasNats)('two agents', () => {
  let rig: Rig
  let [alpha, beta]: [AgentHost, AgentHost] = [null!, null!]
  beforeAll(async () => {
    rig = await Rig.make()
    // Their clocks differ by days.
    ;[alpha, beta] = await Promise.all([
      rig.agent('alpha', { realm: REALM, aheadS: 100_000 }),
      rig.agent('beta', { realm: REALM, aheadS: 250_000 }),
    ])
  })
  afterAll(() => rig.dispose())

  const from = (arrived: readonly Arrival[], { address }: AgentHost): Arrival[] =>
    arrived.filter((arrival) => arrival.from === address)

  test('a server that is killed for 3 s costs nothing: every request is counted, and both hosts share one clock', async () => {
    const run = rig.run(REALM, '2', ['--duration', '6s'])
    await run.loaded
    await sleep(1000)
    await rig.nats.kill()
    await sleep(3000)
    await rig.nats.start()
    const { code, report, arrived, stderr } = await run.ended
    expect(stderr).not.toContain('agent.lost')
    expect([code, report.verdict.level]).not.toContain('void')
    expect(report.total.sent).toBe(600)
    expect(arrived).toHaveLength(600)
    expect(report.timeline.every(({ complete }) => complete)).toBe(true)
    expect(report.agents!.map(({ name, lost }) => [name, lost])).toEqual([
      ['alpha', null],
      ['beta', null],
    ])
    for (const { clock } of report.agents!) expect(clock!.boundMs).toBeLessThan(50)
    if (!hasNamespaces) return
    expect(from(arrived, alpha)).toHaveLength(300)
    // Arrivals are due in turn, each 10 ms after the other host's.
    const gaps = from(arrived, beta).map(({ atMs }) => {
      const last = from(arrived, alpha).findLast((other) => other.atMs <= atMs)
      return last === undefined ? 10 : atMs - last.atMs
    })
    expect(Math.abs(gaps.sort((a, b) => a - b)[150]! - 10)).toBeLessThan(5)
  })

  test.skipIf(!hasNamespaces)(
    'an agent that is cut off for 3 s goes on, and nothing is missing',
    async () => {
      const run = rig.run(REALM, 'alpha,beta', ['--duration', '6s'])
      await run.loaded
      await sleep(500)
      beta.cut()
      await sleep(3000)
      beta.mend()
      const { report, arrived } = await run.ended
      expect(report.verdict.level).not.toBe('void')
      expect([report.total.sent, arrived.length]).toEqual([600, 600])
      expect(report.agents!.map(({ lost }) => lost)).toEqual([null, null])
    },
  )

  test.skipIf(!hasNamespaces)(
    'one that is cut off for longer than the lease ends its load by itself; the run is void and names it, and it is free again',
    async () => {
      const args = ['--duration', '20s', '--lease', '3s', '--on-lost-agent', 'stop']
      const run = rig.run(REALM, 'alpha,beta', args)
      await run.loaded
      await sleep(1000)
      beta.cut()
      const cutMs = performance.now()
      const { code, report, arrived } = await run.ended
      expect(code).toBe(97)
      expect(report.verdict.reasons).toContainEqual(
        expect.objectContaining({ code: 'agent.lost', message: expect.stringContaining('beta') as string }),
      )
      expect(report.agents!.find(({ name }) => name === 'beta')!.lost).not.toBeNull()
      // The lease counts from the last word, which came at most a second before; the drain is short.
      await sleep(500)
      const last = from(arrived, beta).at(-1)!.atMs - cutMs
      expect(last).toBeGreaterThan(1500)
      expect(last).toBeLessThan(4000)
      expect(from(rig.arrivals, beta).at(-1)!.atMs - cutMs).toBeLessThan(4000)
      beta.mend()
      let states: unknown
      while (JSON.stringify(states) !== '["idle","idle"]') {
        const { stdout } = await runCli(['agents', '--nats', rig.nats.url, '--realm', REALM, '--json'])
        states = (JSON.parse(stdout) as { state: string }[]).map(({ state }) => state)
      }
    },
  )
})
