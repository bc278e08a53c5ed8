/** Coordinator and agents on a virtual clock, over a bus that loses, repeats, reorders and delays what is said, and is cut. */
import { expect, test } from 'vitest'
import type { Plan } from '../../src/core/plan/plan.ts'
import type { FindReport } from '../../src/core/find/find-report.ts'
import { parseThreshold, type Threshold } from '../../src/core/threshold/threshold.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import { find } from '../../src/host/find.ts'
import { conduct } from '../../src/host/run.ts'
import { expectConservation } from '../support/conservation.ts'
import { A_REQUEST, aPlan, anOpenPlan } from '../support/plan.ts'
import {
  SimulatedAgent,
  SimulatedCoordinator,
  SimulatedNet,
  untilSettled,
  type Weather,
} from '../support/simulated-fleet.ts'
import { SimulatedRun } from '../support/simulated-workforce.ts'
import { VirtualClock, type Answer } from '../support/virtual.ts'

const request = { ...A_REQUEST, url: 'http://127.0.0.1:1/' }
const open = (durationS = 6): Plan =>
  anOpenPlan({ request, durationS, stages: [{ fromPerS: 20, toPerS: 20, durationS }] })
const counted = (requests: number): Plan =>
  aPlan({
    request,
    requests,
    durationS: null,
    wait: { kind: 'constant', seconds: 0.02 },
    stages: [{ fromUsers: 6, toUsers: 6, durationS: 1 }],
  })

interface Scene {
  readonly clock: VirtualClock
  readonly net: SimulatedNet
  readonly agents: readonly SimulatedAgent[]
  readonly coordinator: SimulatedCoordinator
}

function scene(
  seed: number,
  weather: Weather,
  workers: readonly number[],
  answer: () => Answer = () => ({ afterUs: 5000 }),
): Scene {
  const clock = new VirtualClock(1e6)
  clock.settle = () => new Promise((resolve) => setImmediate(resolve))
  const net = new SimulatedNet(clock, seed, weather)
  const agents = workers.map((n, i) => new SimulatedAgent(net, `agent-${'abcde'[i]}`, n, answer))
  return { clock, net, agents, coordinator: new SimulatedCoordinator(net) }
}

const parsed = (text: string): Threshold => (parseThreshold(text) as { readonly value: Threshold }).value
const sentBy = (agents: readonly SimulatedAgent[]): number => agents.reduce((n, { sent }) => n + sent, 0)

test('three agents send exactly what one process with the sum of their workers sends', async () => {
  const plan = { ...open(), workers: 4 }
  const here = new SimulatedRun()
  const alone = await conduct(plan, {}, here.hire, here.host)
  const { clock, coordinator, agents } = scene(1, {}, [1, 2, 1])
  const report = await untilSettled(clock, coordinator.run(open()), 60)
  expectConservation(report)
  expect(report.agents).toMatchObject([
    { name: 'agent-a', workers: [0, 0], lost: null, stoppedBy: null },
    { name: 'agent-b', workers: [1, 2], lost: null, stoppedBy: null },
    { name: 'agent-c', workers: [3, 3], lost: null, stoppedBy: null },
  ])
  for (const field of ['total', 'iterations', 'outcomes', 'loadS', 'durationS', 'byName'] as const)
    expect({ [field]: report[field] }).toEqual({ [field]: alone[field] })
  expect(report.timeline.map(({ sent, finished, users }) => [sent, finished, users])).toEqual(
    alone.timeline.map(({ sent, finished, users }) => [sent, finished, users]),
  )
  expect(agents.map(({ log }) => log.at(-1))).toEqual(['idle', 'idle', 'idle'])
})

test('one agent is one process: the same tallies in the closed model too', async () => {
  const plan = counted(100)
  const here = new SimulatedRun()
  const alone = await conduct({ ...plan, workers: 2 }, {}, here.hire, here.host)
  const { clock, coordinator } = scene(2, {}, [2])
  const report = await untilSettled(clock, coordinator.run(plan), 60)
  expect(report.total.sent).toBe(100)
  expect([report.iterations.started, report.stoppedBy]).toEqual([alone.iterations.started, alone.stoppedBy])
})

test('a count is sent in full by fewer users than there are workers, and at once by their number where requests have hops', async () => {
  for (const maxRedirects of [0, 5]) {
    const { clock, agents, coordinator } = scene(4, {}, [2, 2])
    const plan = { ...counted(30), maxRedirects }
    const few = { ...plan, stages: [{ fromUsers: 1, toUsers: 1, durationS: 1 }] } as Plan
    const report = await untilSettled(clock, coordinator.run(few), 60)
    expect({ maxRedirects, sent: agents.map(({ sent }) => sent) }).toEqual({ maxRedirects, sent: [30, 0] })
    expect(report.stoppedBy).toBe('requests')
  }
})

test('a search holds its loads on the agents, and none that one of them refuses', async () => {
  const { clock, net, coordinator } = scene(5, {}, [1])
  const policy = { allowedHosts: null, maxPerS: 40, maxUsers: null, acceptsScenarios: false }
  new SimulatedAgent(net, 'agent-z', 1, () => ({ afterUs: 5000 }), { policy })
  const search = async (): Promise<FindReport> => {
    const fleet = await Fleet.gather(coordinator.parts)
    const plan = { ...open(200), workers: fleet.workers }
    const goal = { text: 'p99 < 300ms', thresholds: [parsed('p99 < 300ms')] }
    const settings = { least: 20, most: null, trialS: 1, forS: 2, tolerated: 0, precision: 0.5 }
    const asked = {
      plan,
      goals: [goal],
      settings: { ...settings, confirmS: 0, maxTimeS: 60 },
      baseline: null,
    }
    return find(asked, {}, fleet.hire, coordinator.host).finally(() => fleet.release())
  }
  const report = await untilSettled(clock, search(), 200)
  expect(report.agents!.map(({ name }) => name)).toEqual(['agent-a', 'agent-z'])
  const [answer] = report.answers
  // Half of a load above 80/s is more than agent-z may start.
  expect(answer).toMatchObject({ limitedBy: 'generator', lower: { ratePerS: 80 } })
  expect(JSON.stringify(report)).toMatch(/agent agent-z starts at most 40/)
  expect(Math.max(...report.trials.map(({ load }) => load))).toBeLessThanOrEqual(80)
})

/** More seeds by SEEDS=1000. */
const SEEDS = Number(process.env['SEEDS'] ?? 25)

test('whatever the bus does: the run ends, nothing is lost, nothing is counted twice, no ticket too many', async () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const weather = { lost: (seed % 4) * 0.1, twice: (seed % 3) * 0.2, wayMs: (seed % 5) * 15 }
    const { clock, net, coordinator, agents } = scene(
      seed,
      weather,
      [1, (seed % 2) + 1, 1].slice(0, (seed % 3) + 1),
    )
    const isCounted = seed % 2 === 1
    const running = coordinator.run(isCounted ? counted(150) : open())
    running.catch(() => undefined)
    // A cut that is shorter than the lease, at any time.
    const [cut] = agents
    const atMs = 1000 + net.random() * 8000
    net.after(atMs, () => cut!.bus.connect(false))
    net.after(atMs + net.random() * 2500, () => cut!.bus.connect(true))
    const report = await untilSettled(clock, running, 120).catch((error: unknown) => error as Error)
    if (report instanceof Error) {
      // Not started: then nothing was sent, unless it says that this is not known.
      if (!/may have started/.test(report.message))
        expect({ seed, sent: sentBy(agents), why: report.message }).toMatchObject({ seed, sent: 0 })
      continue
    }
    const isWhole = report.agents!.every(({ lost, stoppedBy }) => lost === null && stoppedBy === null)
    const { total } = report
    expect({ seed, n: total.sent }).toEqual({ seed, n: total.finished + total.unfinished })
    if (isWhole) {
      expect({ seed, sent: total.sent }).toEqual({ seed, sent: sentBy(agents) })
      if (isCounted) expect({ seed, sent: total.sent }).toEqual({ seed, sent: 150 })
      const missing = report.timeline.filter(({ complete }) => !complete)
      expect({ seed, missing: missing.map(({ second }) => second) }).toEqual({ seed, missing: [] })
    } else {
      expect({ seed, void: report.verdict.level }).toEqual({ seed, void: 'void' })
      expect(total.sent).toBeLessThanOrEqual(sentBy(agents))
    }
    if (isCounted) expect(sentBy(agents)).toBeLessThanOrEqual(150)
  }
}, 600_000)

/** A cut of a host, on the virtual clock. */
interface Cut {
  readonly agent: SimulatedAgent
  readonly fromUs: number
  readonly toUs: number
}

/** The lease is 5 s, and workers look once a second. */
const LEASE_US = 6.1e6

/** Cuts hosts, also for longer than the lease, and kills some; returns the cuts. */
function storm({ clock, net, agents }: Scene): Cut[] {
  return agents.flatMap((agent) => {
    const fromMs = net.random() * 12_000
    const lengthMs = net.random() * 14_000
    if (net.random() < 0.2) net.after(fromMs, () => agent.kill())
    if (net.random() < 0.5) return []
    const fromUs = clock.nowUs() + fromMs * 1000
    net.after(fromMs, () => agent.bus.connect(false))
    net.after(fromMs + lengthMs, () => agent.bus.connect(true))
    return [{ agent, fromUs, toUs: fromUs + lengthMs * 1000 }]
  })
}

test('whatever hosts and coordinators do: runs end, no agent is in two, none goes on without its coordinator, and all are free again', async () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const weather = { lost: (seed % 4) * 0.1, twice: (seed % 3) * 0.2, wayMs: (seed % 5) * 15 }
    const workers = Array.from({ length: 1 + (seed % 5) }, (_, i) => 1 + ((seed + i) % 2))
    const made = scene(seed, weather, workers)
    const { clock, net, coordinator, agents } = made
    const other = new SimulatedCoordinator(net, { coordinator: 'the other', wanted: 1, waitS: 30, seed })
    const runs = [coordinator, other].map((one) => one.run(open()).catch((error: unknown) => error as Error))
    const cuts = storm(made)
    const diesUs = seed % 3 === 0 ? clock.nowUs() + net.random() * 12e6 : Infinity
    if (diesUs < Infinity) net.after((diesUs - clock.nowUs()) / 1000, () => void coordinator.bus.close())
    // Of a coordinator that died, nothing more is heard.
    const [, theirs] = runs
    const results = await untilSettled(clock, Promise.all(diesUs < Infinity ? [theirs!] : runs), 200)
    for (const result of results) {
      if (result instanceof Error) continue
      const { total, agents: taken } = result
      expect({ seed, n: total.sent }).toEqual({ seed, n: total.finished + total.unfinished })
      const isWhole = taken!.every(({ lost, stoppedBy }) => lost === null && stoppedBy === null)
      if (!isWhole) expect({ seed, level: result.verdict.level }).toEqual({ seed, level: 'void' })
    }
    await clock.runTo(clock.nowUs() + 30e6)
    for (const { isInTwo, crews, bus, agent } of agents) {
      expect({ seed, isInTwo }).toEqual({ seed, isInTwo: false })
      const orphans = crews.filter(({ coordinator: whose }) => whose === coordinator.parts.coordinator)
      const late = orphans.flatMap(({ sentUs }) => sentUs.filter((atUs) => atUs > diesUs + LEASE_US))
      expect({ seed, late }).toEqual({ seed, late: [] })
      if (bus.isAlive) expect({ seed, state: agent.card().state }).toEqual({ seed, state: 'idle' })
    }
    for (const { agent, fromUs, toUs } of cuts) {
      const late = agent.crews.flatMap(({ sentUs }) =>
        sentUs.filter((atUs) => atUs > fromUs + LEASE_US && atUs < toUs),
      )
      expect({ seed, late }).toEqual({ seed, late: [] })
    }
  }
}, 600_000)

test('an agent that hears nothing ends its load after the lease, and the report names it', async () => {
  const { clock, net, coordinator, agents } = scene(3, { wayMs: 2 }, [1, 1])
  const running = coordinator.run(open(15))
  net.after(6000, () => agents[1]!.bus.connect(false))
  const report = await untilSettled(clock, running, 120)
  const last = Math.max(...agents[1]!.networks.flatMap(({ sent }) => sent.map(({ atUs }) => atUs)))
  const [lost] = report.verdict.reasons.filter(({ code }) => code === 'agent.lost')
  expect(lost).toMatchObject({ level: 'void', agent: 'agent-b' })
  // The lease is 5 s, and workers look once a second.
  expect(last / 1e6 - lost!.fromS).toBeLessThan(5 + 2)
  expect(agents[1]!.log).toContain('heard nothing of the test for 5 s: the load ends')
  // Connected again, it is free for others.
  agents[1]!.bus.connect(true)
  await clock.runTo(clock.nowUs() + 3e6)
  expect(agents[1]!.agent.card().state).toBe('idle')
})

test('a killed agent is noticed within 4 s, and the others go on to the end', async () => {
  // The start is ordered a second ahead.
  const KILLED_S = 1 + 3.7
  const { clock, net, coordinator, agents } = scene(4, { wayMs: 2 }, [1, 1])
  const lostS: number[] = []
  const running = coordinator.run(open(12), {
    // A lost agent keeps no second open: those after it settle at once.
    outputs: [
      {
        name: 'settled',
        settled({ second }) {
          if (second === 3) lostS.push(clock.nowUs() / 1e6)
        },
      },
    ],
    onStart: () => {
      const startS = clock.nowUs() / 1e6
      lostS.push(startS)
      net.after(KILLED_S * 1000, () => agents[0]!.kill())
    },
  })
  const report = await untilSettled(clock, running, 120)
  expect(report.agents).toMatchObject([{ lost: { second: 3 } }, { lost: null }])
  expect(report).toMatchObject({ stoppedBy: 'duration', exitCode: 97 })
  // The second that it had open, and no other.
  expect(report.timeline.filter(({ complete }) => !complete).map(({ second }) => second)).toEqual([3])
  expect(agents[1]!.sent).toBe(120)
  const [startS, settledS] = lostS
  expect(settledS! - startS! - KILLED_S).toBeLessThan(4)
})

test('a coordinator that dies leaves no load behind: agents end after the lease, and are free', async () => {
  const { clock, net, coordinator, agents } = scene(5, { wayMs: 2 }, [1, 2])
  coordinator.run(open(60)).catch(() => undefined)
  await clock.runTo(clock.nowUs() + 8e6)
  const killedUs = clock.nowUs()
  await coordinator.bus.close()
  await clock.runTo(killedUs + 20e6)
  const before = sentBy(agents)
  await clock.runTo(killedUs + 30e6)
  expect([before > 0, sentBy(agents)]).toEqual([true, before])
  expect(agents.map(({ agent }) => agent.card().state)).toEqual(['idle', 'idle'])
  expect(net.endpoints.length).toBe(3)
})

test('of two coordinators one gets the agents, and the other is told who has them', async () => {
  const { clock, net, coordinator, agents } = scene(6, { wayMs: 5 }, [1, 1])
  const other = new SimulatedCoordinator(net, { coordinator: 'the other', waitS: 1, seed: 2 })
  const both = Promise.allSettled([coordinator.run(open(8)), other.run(open(8))])
  const results = await untilSettled(clock, both, 120)
  const failed = results.filter((result) => result.status === 'rejected')
  expect(failed).toHaveLength(1)
  expect(String(failed[0]!.reason)).toMatch(/is claimed by the (test|other)/)
  expect(sentBy(agents)).toBe(160)
})
