/** The carrier against a real NATS server: what is asked is answered, whatever happens to the server in between. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Bus } from '../../src/fleet/bus.ts'
import { linkOfServers } from '../../src/fleet/bus.ts'
import { messageOf } from '../../src/errors.ts'
import { aBus, anNkey, hasNats, someCreds, startNats, until, type NatsHost } from '../support/nats.ts'
import { selfSigned } from '../support/tls.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const textOf = (payload: Uint8Array): string => Buffer.from(payload).toString()
const FAST = { timeoutMs: 20_000, repeatMs: 50 }

/** A connection that is closed with the test. */
async function bus(server: string, different: Parameters<typeof aBus>[1] = {}): ReturnType<typeof aBus> {
  const opened = await aBus(server, different)
  onTestFinished(() => opened.close())
  return opened
}

describe.skipIf(!hasNats)('over a plain server', () => {
  let server: NatsHost
  beforeAll(async () => {
    server = await startNats()
  })
  afterAll(() => server.stop())

  test('a question is asked until it is answered, by whichever try; a handler that has nothing to say says nothing', async () => {
    const [asker, answerer] = [await bus(server.url), await bus(server.url)]
    let tries = 0
    const answering = answerer.answer('t1.*', async (payload, subject) => {
      tries++
      if (tries === 1) return null
      // Slower than the questions are repeated.
      await sleep(150)
      return bytes(`${subject} ${textOf(payload)}`)
    })
    expect(textOf(await asker.ask('t1.a', bytes('hello'), FAST))).toBe('t1.a hello')
    expect(tries).toBeGreaterThan(1)
    answering.end()
    await expect(asker.ask('t1.a', bytes(''), { timeoutMs: 120, repeatMs: 50 })).rejects.toMatchObject({
      code: 'CORERUSH_FLEET',
      message: 'no answer on t1.a within 0.12 s',
    })
    expect([...asker.faults, ...answerer.faults]).toEqual([])
  })

  test('a question that nobody hears says so at each try, and is answered by who comes late', async () => {
    const [asker, answerer] = [await bus(server.url), await bus(server.url)]
    let unheard = 0
    const onNoResponders = (): void => {
      if (++unheard === 3) answerer.answer('t2', () => bytes('here'))
    }
    expect(textOf(await asker.ask('t2', bytes(''), { ...FAST, onNoResponders }))).toBe('here')
    expect(unheard).toBeGreaterThanOrEqual(3)
  })

  test('a question is given up by its signal', async () => {
    const asker = await bus(server.url)
    const abort = new AbortController()
    const asked = asker.ask('t3', bytes(''), { ...FAST, signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    await expect(asker.ask('t3', bytes(''), { ...FAST, signal: abort.signal })).rejects.toThrow('enough')
  })

  test('everybody is asked; nobody is an answer at once', async () => {
    const asker = await bus(server.url)
    for (const name of ['a', 'b', 'c']) (await bus(server.url)).answer('t4', () => bytes(name))
    // Who has begun to listen is known to the server a moment later.
    let answers: Uint8Array[] = []
    while (answers.length < 3) answers = await asker.askAll('t4', bytes(''), { stallMs: 100, maxMs: 5000 })
    expect(answers.map(textOf).sort()).toEqual(['a', 'b', 'c'])
    await expect(asker.askAll('t4.nobody', bytes(''), { stallMs: 60_000, maxMs: 60_000 })).resolves.toEqual(
      [],
    )
  })

  test('a handler that throws is reported, and others go on', async () => {
    const [asker, answerer] = [await bus(server.url), await bus(server.url)]
    answerer.answer('t5', (payload) => bytes(String((JSON.parse(textOf(payload)) as { n: number }).n)))
    const hostile = expect(asker.ask('t5', bytes('{no json'), FAST)).rejects.toThrow('is closed')
    await until(() => answerer.faults.length > 0)
    expect(textOf(await asker.ask('t5', bytes('{"n":1}'), FAST))).toBe('1')
    expect(answerer.faults).toContainEqual(
      expect.stringMatching(/^what was asked on t5 could not be answered: .*JSON/),
    )
    await asker.close()
    await hostile
  })

  test('a megabyte travels; more is refused at once', async () => {
    const [asker, answerer] = [await bus(server.url), await bus(server.url)]
    answerer.answer('t6', (payload) => payload)
    const megabyte = new Uint8Array(1_048_576).fill(7)
    expect(Buffer.compare(await asker.ask('t6', megabyte, FAST), megabyte)).toBe(0)
    await expect(asker.ask('t6', new Uint8Array(1_048_577), FAST)).rejects.toThrow(
      'cannot send 1048577 bytes on t6',
    )
  })

  test('names are unlike', async () => {
    const asker = await bus(server.url)
    const ids = Array.from({ length: 1000 }, () => asker.newId())
    expect(new Set(ids).size).toBe(1000)
    expect(ids.every((id) => /^[A-Za-z0-9]+$/.test(id))).toBe(true)
  })
})

test.skipIf(!hasNats)('nothing is lost while the server is killed and started again', async () => {
  const server = await startNats()
  onTestFinished(() => server.stop())
  const buses = [await bus(server.url), await bus(server.url)]
  const states: boolean[] = []
  buses[0]!.onConnection((isConnected) => states.push(isConnected))
  // Each answers the other.
  for (const [at, one] of buses.entries()) one.answer(`echo.${at}`, (payload) => payload)
  const asked: Promise<string>[] = []
  const ask = async (one: Bus, to: number, n: number): Promise<string> =>
    textOf(await one.ask(`echo.${to}`, bytes(`${to} ${n}`), { timeoutMs: 60_000, repeatMs: 100 }))
  const asking = setInterval(() => {
    for (const [at, one] of buses.entries()) asked.push(ask(one, 1 - at, asked.length))
  }, 10)
  await sleep(200)
  await server.kill()
  await until(() => !buses[0]!.isConnected)
  await sleep(500)
  await server.start()
  await until(() => buses.every((one) => one.isConnected))
  await sleep(200)
  clearInterval(asking)
  expect(await Promise.all(asked)).toEqual(asked.map((_, n) => `${1 - (n % 2)} ${n}`))
  expect(asked.length).toBeGreaterThan(100)
  expect(states).toEqual([false, true])
  expect(buses.flatMap(({ faults }) => faults)).toEqual([])
})

test.skipIf(!hasNats)('what the server does not permit is refused at once, and said', async () => {
  const server = await startNats({
    config: () => `authorization { users: [
      { user: may, password: p, permissions: { publish: ["open", "_INBOX.>", "in.>"], subscribe: ["open", "in.>"] } }
      { user: deaf, password: p, permissions: { publish: ">", subscribe: ["open"] } }
      { user: mute, password: p, permissions: { publish: ["nothing"], subscribe: ">" } }
    ] }`,
  })
  onTestFinished(() => server.stop())
  const as = (user: string) => bus(server.url.replace('//', `//${user}:p@`), { inboxPrefix: 'in.x' })
  const [may, deaf, mute] = [await as('may'), await as('deaf'), await as('mute')]
  const slow = { timeoutMs: 60_000, repeatMs: 60_000 }
  may.answer('open', () => bytes('yes'))
  await expect(may.ask('shut', bytes(''), slow)).rejects.toThrow('does not permit this client to ask on shut')
  expect(textOf(await may.ask('open', bytes(''), FAST))).toBe('yes')
  may.answer('shut', () => null)
  await until(() => may.faults.length > 0)
  expect(may.faults).toEqual([expect.stringContaining('cannot listen on shut')])
  await expect(deaf.ask('open', bytes(''), slow)).rejects.toThrow('listen for answers')
  await expect(deaf.askAll('open', bytes(''), { stallMs: 60_000, maxMs: 60_000 })).rejects.toThrow(
    'listen for answers',
  )
  expect(deaf.faults).toEqual([expect.stringContaining('listen for answers')])
  mute.answer('in.question', () => bytes('unheard'))
  mute.answer('in.question', () => bytes('unheard')).end()
  const unanswered = may.ask('in.question', bytes(''), { timeoutMs: 60_000, repeatMs: 20 })
  await until(() => mute.faults.length > 0)
  expect(mute.faults).toEqual([
    expect.stringMatching(/^the server did not permit this client to answer on in\.x/),
  ])
  await may.close()
  await expect(unanswered).rejects.toThrow('closed')
})

describe.skipIf(!hasNats)('who is let in', () => {
  const refused = (server: string, different: Parameters<typeof aBus>[1] = {}) =>
    aBus(server, different).then((opened) => opened.close().then(() => 'let in'), messageOf)

  test('by a token, or by a user', async () => {
    const token = await startNats({ config: () => 'authorization { token: "s3cr:t" }' })
    onTestFinished(() => token.stop())
    await bus(token.url.replace('//', '//s3cr%3At@'))
    for (const wrong of [token.url, token.url.replace('//', '//wrong@')]) {
      const message = await refused(wrong)
      expect(message).toBe(`the NATS server at ${token.url} does not let this client in`)
    }
  })

  test('by an NKey, by credentials of nsc, and over TLS whose authority is trusted', async () => {
    const identity = selfSigned('DNS:localhost,IP:127.0.0.1', false)
    if (identity === null) throw new Error('openssl is needed')
    let key!: ReturnType<typeof anNkey>
    const tls = (folder: string): string => {
      for (const [name, pem] of Object.entries(identity)) writeFileSync(join(folder, `${name}.pem`), pem)
      return `tls { cert_file: "${folder}/cert.pem", key_file: "${folder}/key.pem" }`
    }
    const server = await startNats({
      config: (folder) => {
        key = anNkey(folder, 'user')
        return `${tls(folder)}\nauthorization { users: [{ nkey: ${key.public} }] }`
      },
    })
    onTestFinished(() => server.stop())
    const trusted = { caFile: join(server.folder, 'cert.pem'), nkeyFile: key.file }
    const [asker, answerer] = [await bus(server.url, trusted), await bus(server.url, trusted)]
    answerer.answer('q', (payload) => payload)
    expect(textOf(await asker.ask('q', bytes('sealed'), FAST))).toBe('sealed')
    expect(await refused(server.url, { ...trusted, nkeyFile: null })).toContain('does not let this client in')
    expect(
      await refused(server.url, { ...trusted, nkeyFile: anNkey(server.folder, 'other').file }),
    ).toContain('does not let this client in')
    expect(await refused(server.url, { nkeyFile: key.file })).toContain('is not trusted')
    expect(await refused(server.url.replace('nats:', 'tls:'), { nkeyFile: key.file })).toContain(
      'is not trusted',
    )

    let creds!: ReturnType<typeof someCreds>
    const operated = await startNats({
      config: (folder) => {
        creds = someCreds(folder)
        return creds.config
      },
    })
    onTestFinished(() => operated.stop())
    await bus(operated.url, { credsFile: creds.file })
    expect(await refused(operated.url)).toContain('does not let this client in')
    // Encryption that was demanded is not done without.
    expect(await refused(operated.url.replace('nats:', 'tls:'), { credsFile: creds.file })).toContain(
      'offers no TLS',
    )
    expect(await refused(operated.url, { caFile: trusted.caFile, credsFile: creds.file })).toContain(
      'offers no TLS',
    )
  })

  test('wrong addresses and files are named, without what they hold', async () => {
    expect(await refused('http://t0ken@h')).toMatch(/^--nats must be the URL of a NATS server(?!.*t0ken)/)
    expect(await refused('nats://t0ken@127.0.0.1:1')).toBe(
      'no NATS server can be reached at nats://127.0.0.1:1: connection refused',
    )
    const none = { credsFile: '/there/is/none' }
    expect(await refused('nats://127.0.0.1:1', none)).toContain(
      '--nats-creds names a file that cannot be read',
    )
    expect(await refused('nats://127.0.0.1:1', { credsFile: import.meta.filename })).toContain(
      'has no JWT and seed',
    )
    expect(await refused('nats://127.0.0.1:1', { nkeyFile: import.meta.filename })).toContain(
      'has no seed of an NKey',
    )
    expect(await refused('nats://127.0.0.1:1', { ...none, nkeyFile: '/x' })).toContain('two identities')
    expect(linkOfServers({ servers: ['nats://h'], caFile: null })).toBe('plain')
  })
})
