/** What deploy/ lets each client do on a real server over TLS: its own part, and nothing of another's. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { subjectsOf } from '../../src/core/fleet/subjects.ts'
import { messageOf } from '../../src/errors.ts'
import type { Bus } from '../../src/fleet/bus.ts'
import { DEPLOY, deployed, ofFile, type Role } from '../support/deployed.ts'
import { aBus, anNkey, hasNats, until, type NatsHost } from '../support/nats.ts'

const subjects = subjectsOf('default')
const NOTHING = new Uint8Array()
const PROMPT = { timeoutMs: 60_000, repeatMs: 50 }

/** What the chart makes of its values: the keys below `merge` are keys of the configuration. */
function ofChart(keys: Record<Role, string>, [cert, key]: [string, string]): string {
  const { config } = parse(readFileSync(join(DEPLOY, 'kubernetes/nats-values.yaml'), 'utf8')) as {
    config: { merge: object }
  }
  const merged = JSON.stringify(config.merge)
    .replace('UCOORDINATOR', keys.coordinator)
    .replace('UAGENT', keys.alpha)
  return `${merged.slice(1, -1)}\ntls { cert_file: "${cert}", key_file: "${key}" }`
}

/** Whether a question is let through; nobody needs to answer it. */
async function mayAsk(bus: Bus, subject: string): Promise<boolean> {
  const unheard = new AbortController()
  try {
    await bus.ask(subject, NOTHING, {
      ...PROMPT,
      signal: unheard.signal,
      onNoResponders: () => unheard.abort(),
    })
    return true
  } catch (error) {
    if (unheard.signal.aborted) return true
    if (/does not permit/.test(messageOf(error))) return false
    throw new Error(messageOf(error), { cause: error })
  }
}

describe.skipIf(!hasNats)('deploy/nats.conf', () => {
  let server: NatsHost
  let files: Record<Role | 'ca', string>
  let buses: Record<Role, Awaited<ReturnType<typeof aBus>>>
  const as = (role: Role, name: string = role) =>
    aBus(server.url.replace('nats:', 'tls:'), {
      inboxPrefix: subjects.inbox(name),
      nkeyFile: files[role],
      caFile: files.ca,
    })
  beforeAll(async () => {
    ;({ server, files } = await deployed(ofFile))
    buses = { coordinator: await as('coordinator'), alpha: await as('alpha'), beta: await as('beta') }
  })
  afterAll(async () => {
    await Promise.all(Object.values(buses).map((bus) => bus.close()))
    await server.stop()
  })

  /** Whether a subscription is let through: the server's refusal comes before the answer to a question that follows. */
  async function mayListen(role: Role, subject: string): Promise<boolean> {
    const before = buses[role].faults.length
    const listening = buses[role].answer(subject, () => null)
    await mayAsk(buses[role], role === 'coordinator' ? subjects.find : subjects.tell('x', role))
    listening.end()
    const faults = buses[role].faults.slice(before)
    expect(faults.length).toBeLessThanOrEqual(1)
    if (faults.length === 1) expect(faults[0]).toContain(`cannot listen on ${subject}`)
    return faults.length === 0
  }

  test('lets a run be made: agents are found, ordered, and heard', async () => {
    const { coordinator, alpha, beta } = buses
    const names = { alpha, beta }
    const answering = Object.entries(names).flatMap(([name, bus]) => [
      bus.answer(subjects.find, () => Buffer.from(name)),
      bus.answer(subjects.order(name, 'instance'), () => Buffer.from(`${name} obeys`)),
    ])
    answering.push(
      coordinator.answer(subjects.second('run', '*'), (_, subject) => Buffer.from(`merged ${subject}`)),
      coordinator.answer(subjects.clock('run', '*'), () => Buffer.from('now')),
      coordinator.answer(`${subjects.blobs('run', '*')}.*.*`, () => Buffer.from('bytes')),
    )
    let found: string[] = []
    while (found.length < 2) {
      const answers = await coordinator.askAll(subjects.find, NOTHING, { stallMs: 50, maxMs: 2000 })
      found = answers.map((answer) => Buffer.from(answer).toString()).sort()
    }
    expect(found).toEqual(['alpha', 'beta'])
    const ask = async (bus: Bus, subject: string): Promise<string> =>
      Buffer.from(await bus.ask(subject, NOTHING, PROMPT)).toString()
    for (const [name, bus] of Object.entries(names)) {
      expect(await ask(coordinator, subjects.order(name, 'instance'))).toBe(`${name} obeys`)
      expect(await ask(bus, subjects.second('run', name))).toBe(
        `merged corerush.default.run.run.${name}.second`,
      )
      expect(await ask(bus, subjects.clock('run', name))).toBe('now')
      expect(await ask(bus, `${subjects.blobs('run', name)}.${'0'.repeat(64)}.0`)).toBe('bytes')
    }
    for (const one of answering) one.end()
    expect(Object.values(buses).flatMap(({ faults }) => faults)).toEqual([])
  })

  test.each([
    ['speak for another', subjects.second('run', 'beta')],
    ['take tickets for another', subjects.tickets('run', 'beta')],
    ['order another', subjects.order('beta', 'instance')],
    ['order itself', subjects.order('alpha', 'instance')],
    ['look for agents', subjects.find],
    ['make up an answer for the coordinator', `${subjects.inbox('coordinator')}.x.y-1`],
    ['make up an answer for another', `${subjects.inbox('beta')}.x.y-1`],
    ['speak in another realm', subjectsOf('other').second('run', 'alpha')],
    ['use the server for something else', 'anything'],
  ])('an agent cannot %s', async (_, subject) => {
    expect(await mayAsk(buses.alpha, subject)).toBe(false)
    expect(await mayAsk(buses.alpha, subjects.second('run', 'alpha'))).toBe(true)
  })

  test.each([
    ["another's orders", subjects.order('beta', '*')],
    ["everybody's orders", subjects.order('*', '*')],
    ["another's seconds", subjects.second('*', 'beta')],
    ['its own seconds, in place of the coordinator', subjects.second('*', 'alpha')],
    ["the coordinator's answers", `${subjects.inbox('coordinator')}.>`],
    ["another's answers", `${subjects.inbox('beta')}.>`],
    ['everything', '>'],
    ['everything of corerush', 'corerush.>'],
  ])('an agent cannot listen to %s', async (_, subject) => {
    expect(await mayListen('alpha', subject)).toBe(false)
    expect(await mayListen('alpha', subjects.order('alpha', '*'))).toBe(true)
  })

  test('a coordinator can neither speak for agents nor be heard elsewhere, nor can it listen to orders', async () => {
    expect(await mayAsk(buses.coordinator, subjects.second('run', 'alpha'))).toBe(false)
    expect(await mayAsk(buses.coordinator, subjectsOf('other').find)).toBe(false)
    expect(await mayListen('coordinator', subjects.order('alpha', '*'))).toBe(false)
    expect(await mayListen('coordinator', subjects.second('*', '*'))).toBe(true)
  })

  test("an agent cannot take another's name", async () => {
    const mask = await as('alpha', 'beta')
    onTestFinished(() => mask.close())
    await until(() => mask.faults.length > 0)
    expect(mask.faults[0]).toContain('does not permit this client to listen for answers')
  })

  test('who is asked answers once, and only to where the question came from', async () => {
    const { coordinator, alpha } = buses
    const before = alpha.faults.length
    let replies = 0
    const answering = alpha.answer(subjects.order('alpha', 'i'), () => {
      replies++
      return Buffer.from('yes')
    })
    for (let n = 0; n < 3; n++) await coordinator.ask(subjects.order('alpha', 'i'), NOTHING, PROMPT)
    answering.end()
    expect(replies).toBeGreaterThanOrEqual(3)
    expect(alpha.faults.slice(before)).toEqual([])
  })

  test('nobody else gets in: without a key, with a strange one, or by trusting another authority', async () => {
    const url = server.url.replace('nats:', 'tls:')
    const strange = anNkey(server.folder, 'strange').file
    await expect(aBus(url, { caFile: files.ca })).rejects.toThrow('does not let this client in')
    await expect(aBus(url, { caFile: files.ca, nkeyFile: strange })).rejects.toThrow(
      'does not let this client in',
    )
    await expect(aBus(url, { nkeyFile: files.alpha })).rejects.toThrow('is not trusted')
  })
})

test.skipIf(!hasNats)(
  'the values of the chart give pods of one secret the rights of agents, and no others',
  async () => {
    const { server, files } = await deployed(ofChart)
    onTestFinished(() => server.stop())
    const open = async (role: Role, name: string) => {
      const bus = await aBus(server.url, {
        inboxPrefix: subjects.inbox(name),
        nkeyFile: files[role],
        caFile: files.ca,
      })
      onTestFinished(() => bus.close())
      return bus
    }
    const pod = await open('alpha', 'corerush-agent-7d9f-abcde')
    const coordinator = await open('coordinator', 'coordinator')
    coordinator.answer(subjects.second('run', '*'), () => Buffer.from('merged'))
    expect(await pod.ask(subjects.second('run', 'corerush-agent-7d9f-abcde'), NOTHING, PROMPT)).toHaveLength(
      6,
    )
    expect(await mayAsk(pod, subjects.order('corerush-agent-1', 'i'))).toBe(false)
    expect(await mayAsk(pod, subjects.find)).toBe(false)
    expect(pod.faults).toEqual([])
    const mask = await open('alpha', 'coordinator')
    await until(() => mask.faults.length > 0)
    await expect(aBus(server.url, { caFile: files.ca })).rejects.toThrow('does not let this client in')
  },
)
