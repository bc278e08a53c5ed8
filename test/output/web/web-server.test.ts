/** The server of the live page, over real sockets. */
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { request as requestTls } from 'node:https'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { LivePage, type PageBeginning } from '../../../src/output/web/live-page.ts'
import { onLoopback, type PageAddress } from '../../../src/output/web/page-address.ts'
import { WebServer, type WebActions } from '../../../src/output/web/web-server.ts'
import type { FormWords, LiveFrame } from '../../../src/output/web/web-messages.ts'
import { MOST_AT_ONCE } from '../../../src/output/web/attempts.ts'
import { eventsIn, liveOf, startOf } from '../../support/live.ts'
import { EVIL, longReport } from '../../support/page.ts'
import { planOf, reportOf, textOf } from '../../support/reports.ts'
import { selfSigned } from '../../support/tls.ts'
import { renderJson } from '../../../src/output/file/json.ts'

const FILES = {
  live: { script: 'the script', style: 'the style' },
  report: { script: 'its script', style: 'its style' },
}
const NO_ACTIONS: WebActions = {
  stop: () => undefined,
  start: null,
  amend: () => Promise.resolve(null),
}
const REPORT = longReport(['GET /a', EVIL], 6)

const servers: WebServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function open(
  beginning: Partial<PageBeginning> = {},
  actions: Partial<WebActions> = {},
  address: Partial<PageAddress> = {},
) {
  const page = new LivePage({ phase: 'preparing', form: null, staysOpen: false, ...beginning })
  const server = await WebServer.listen({ ...onLoopback(0), ...address }, page, FILES, {
    ...NO_ACTIONS,
    ...actions,
  })
  servers.push(server)
  const { origin, searchParams } = new URL(server.url)
  return { page, server, origin, token: searchParams.get('token')! }
}

async function ask(url: string, method = 'GET', headers: Record<string, string> = {}, body = '') {
  const asking = request(url, { method, headers, agent: false }).end(body)
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  return { status: response.statusCode!, headers: response.headers, text: await text(response) }
}

/** An action as the page itself asks for it. */
const act = ({ origin, token }: { origin: string; token: string }, action: string, body: object = {}) =>
  ask(
    `${origin}/${action}`,
    'POST',
    { origin, 'x-corerush-token': token, 'content-type': 'application/json' },
    JSON.stringify(body),
  )

/** An open tab, and what it was told so far. */
async function tab(url: string) {
  const asking = request(url, { agent: false }).end()
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  let read = ''
  response.setEncoding('utf8').on('data', (piece: string) => (read += piece))
  response.on('error', () => undefined)
  const events = (name: string) => eventsIn(read).flatMap((one) => (one.name === name ? [one.said] : []))
  return {
    response,
    events,
    /** Resolves when it has been told so many of these. */
    async heard(name: string, count: number): Promise<void> {
      while (events(name).length < count) await once(response, 'data')
    },
  }
}

test('the page, its code and its files, each with its type, in no cache and under its policy', async () => {
  const { page, server, origin, token } = await open({ phase: 'waiting', staysOpen: true })
  const shell = await ask(server.url)
  expect([shell.status, shell.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(shell.text).not.toContain(token)
  expect(await ask(`${origin}/live.js`)).toMatchObject({ status: 200, text: 'the script' })
  expect(await ask(`${origin}/live.css`)).toMatchObject({ status: 200, text: 'the style' })
  const download = (file: string) => ask(`${origin}/${file}?token=${token}`)
  expect((await download('report.json')).status).toBe(404)
  page.start(startOf(REPORT))
  page.finish(REPORT)
  const json = await download('report.json')
  expect(json.text).toBe(textOf(renderJson(REPORT)))
  expect(json.headers['content-disposition']).toBe('attachment; filename="corerush-report.json"')
  expect((await download('report.html')).text).toContain('its script')
  expect((await download('failures.csv')).text).toMatch(/^Method,Name,Error/)
  for (const file of ['__proto__', 'report.xml', 'constructor', '../package.json'])
    expect((await download(file)).status).toBe(404)
  for (const { headers } of [shell, json]) {
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['access-control-allow-origin']).toBeUndefined()
  }
})

test('without the token, under another name or from another origin: nothing is seen or done', async () => {
  let stops = 0
  const { page, origin, token, server } = await open({}, { stop: () => (stops += 1) })
  page.start(startOf(REPORT))
  const port = String(server.port)
  for (const path of ['/', '/events', '/report.json'])
    expect(await ask(origin + path), path).toMatchObject({ status: 403 })
  expect(await ask(`${origin}/?token=${token}x`)).toMatchObject({ status: 403 })
  const host = `attacker.test:${port}`
  expect(await ask(`${origin}/?token=${token}`, 'GET', { host })).toMatchObject({ status: 403 })
  const good = { origin, 'x-corerush-token': token }
  for (const wrong of [
    { 'x-corerush-token': token },
    { origin },
    { ...good, origin: 'http://attacker.test' },
    { ...good, 'x-corerush-token': 'guess' },
    { ...good, host, origin: `http://${host}` },
  ])
    expect(await ask(`${origin}/stop?token=${token}`, 'POST', wrong)).toMatchObject({ status: 403 })
  expect((await ask(`${origin}/stop?token=${token}`)).status).toBe(404)
  expect(stops).toBe(0)
  expect(await act({ origin, token }, 'stop')).toMatchObject({ status: 200 })
  expect(stops).toBe(1)
  // It has been heard.
  expect(await act({ origin, token }, 'stop')).toMatchObject({ status: 409 })
  expect(page.state.phase).toBe('stopping')
})

test('beyond loopback: a first visit with the token, then a cookie, which also acts, but not for another origin', async () => {
  let stops = 0
  const token = 'a-token-of-the-user'
  const { page, server, origin } = await open(
    { phase: 'waiting' },
    { stop: () => (stops += 1) },
    { host: '0.0.0.0', token },
  )
  expect(server.isOnLoopback).toBe(false)
  // What is printed does not hold a token that was set.
  expect(server.url).toBe(`${origin}/`)
  const stranger = await ask(`${origin}/`)
  expect([stranger.status, stranger.headers['set-cookie']]).toEqual([403, undefined])
  expect(stranger.text).toContain('<form class="sign-in" action="/" method="get">')
  expect(stranger.headers['content-security-policy']).toContain("form-action 'self'")
  const first = await ask(`${origin}/?token=${token}`)
  const [cookie = ''] = first.headers['set-cookie']!
  expect(cookie).toMatch(/^corerush_\d+=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict$/)
  expect(cookie).not.toContain(token)
  const session = { cookie: `other=1; ${cookie.split(';')[0]}` }
  expect(await ask(`${origin}/`, 'GET', session)).toMatchObject({ status: 200 })
  expect(await ask(`${origin}/events`)).toMatchObject({ status: 403 })
  page.start(startOf(REPORT))
  for (const foreign of ['http://attacker.test', 'null', `${origin}.attacker.test`])
    expect(await ask(`${origin}/stop`, 'POST', { ...session, origin: foreign })).toMatchObject({
      status: 403,
    })
  const rebound = { ...session, host: `attacker.test:${server.port}` }
  expect(await ask(`${origin}/`, 'GET', rebound)).toMatchObject({ status: 403 })
  expect(stops).toBe(0)
  expect(await ask(`${origin}/stop`, 'POST', { ...session, origin })).toMatchObject({ status: 200 })
  expect(stops).toBe(1)
})

test('guessing a token is slowed down, whatever the connections, and whoever is in stays in', async () => {
  const { origin } = await open({}, {}, { host: '0.0.0.0', token: 'a-token-of-the-user' })
  const right = () => ask(`${origin}/?token=a-token-of-the-user`)
  const { headers } = await right()
  const guesses = await Promise.all(
    Array.from({ length: 40 }, (_, i) => ask(`${origin}/events?token=a-token-of-the-use${i}`)),
  )
  expect(guesses.filter(({ status }) => status === 403).length).toBe(MOST_AT_ONCE)
  const late = await right()
  expect([late.status, Number(late.headers['retry-after']) > 0]).toEqual([429, true])
  const cookie = headers['set-cookie']![0]!.split(';')[0]!
  expect(await ask(`${origin}/`, 'GET', { cookie })).toMatchObject({ status: 200 })
})

test('with a certificate the page is https, and its cookie never goes without; a tab that hangs holds nothing up', async (context) => {
  const tls = selfSigned('IP:127.0.0.1')
  if (tls === null) return context.skip('no openssl on this host')
  const { server, origin } = await open({}, {}, { host: '0.0.0.0', tls, token: 'a-token-of-the-user' })
  expect(origin).toMatch(/^https:/)
  const address = new URL(origin)
  address.hostname = '127.0.0.1'
  address.search = '?token=a-token-of-the-user'
  const asking = requestTls(address, { ca: tls.cert, agent: false }).end()
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  await text(response)
  expect(response.headers['set-cookie']![0]).toMatch(/; Secure$/)
  const hanging = connect(server.port, '127.0.0.1').on('error', () => undefined)
  await once(hanging, 'connect')
  await server.close()
  await once(hanging, 'close')
})

test('a tab gets the state so far, then each second as it closes, then the report; then it is over', async () => {
  const { page, server, origin, token } = await open()
  const events = `${origin}/events?token=${token}`
  const first = await tab(events)
  await first.heard('state', 1)
  page.start(startOf(REPORT))
  page.second(liveOf(longReport(['GET /a'], 1)))
  await first.heard('frame', 1)
  const late = await tab(events)
  await late.heard('frame', 1)
  expect(late.events('run')).toEqual(first.events('run'))
  page.finish(REPORT)
  await server.close()
  for (const { response } of [first, late]) if (!response.closed) await once(response, 'close')
  const last = late.events('frame').at(-1) as LiveFrame
  expect(last.now).toBeNull()
  expect(last.view.report.total).toEqual(REPORT.total)
  expect(last.view.report.errors[0]!.message).toBe(EVIL)
  expect(late.events('state').at(-1)).toMatchObject({ phase: 'ended', isOver: true })
  expect(first.events('frame').at(-1)).toEqual(last)
})

test('nobody looks, and nothing stays: no view is made of the report, nor can it be downloaded', async () => {
  const { page, origin, token } = await open()
  page.start(startOf(REPORT))
  const report = reportOf(planOf(), [{ ok: { a: [5] } }], {}, (second) => page.settled(second))
  const asked: unknown[] = []
  page.finish(
    new Proxy(report, {
      get(it, key) {
        asked.push(key)
        return Reflect.get(it, key) as unknown
      },
    }),
  )
  expect(asked).toEqual([])
  for (const file of ['report.json', 'stats.csv'])
    expect(await ask(`${origin}/${file}?token=${token}`)).toMatchObject({ status: 404 })
  // Whoever still comes is told how it ended.
  const late = await tab(`${origin}/events?token=${token}`)
  await late.heard('frame', 1)
  expect(late.events('frame')).toMatchObject([{ now: null }])
})

test('a tab that does not read costs what its socket holds, and gets the newest when it reads', async () => {
  const { page, origin, token } = await open()
  const { hostname, port } = new URL(origin)
  const asleep = connect(Number(port), hostname)
  asleep.pause()
  asleep.write(`GET /events?token=${token} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
  const awake = await tab(`${origin}/events?token=${token}`)
  const MESSAGES = 600
  for (let i = 1; i <= MESSAGES; i++) page.change({ failure: `${i} ${'x'.repeat(100_000)} ${i}` })
  await awake.heard('state', 2)
  let bytes = 0
  let end = ''
  asleep.setEncoding('utf8').on('data', (piece: string) => {
    bytes += piece.length
    end = (end + piece).slice(-1000)
  })
  asleep.resume()
  while (!end.includes(` ${MESSAGES}"`)) await once(asleep, 'data')
  asleep.destroy()
  expect(bytes).toBeLessThan((MESSAGES * 100_000) / 2)
})

test('a form starts a run, gets all problems at once, and starts no second run beside it', async () => {
  const asked: FormWords[] = []
  const { page, origin, token } = await open(
    { phase: 'waiting', form: { users: '5' } },
    {
      start(words) {
        asked.push(words)
        return Promise.resolve(words.url === undefined ? [{ field: 'url', message: 'is missing' }] : [])
      },
    },
  )
  const start = (body: object) => act({ origin, token }, 'start', body)
  expect(JSON.parse((await start({ url: '  ', users: ' 7 ' })).text)).toEqual({
    problems: [{ field: 'url', message: 'is missing' }],
  })
  // What may be shown of them is not for the server to say.
  expect(page.state).toMatchObject({ phase: 'waiting', form: { users: '5' } })
  expect(JSON.parse((await start({ url: 'http://127.0.0.1/', body: 'x' })).text)).toEqual({ problems: [] })
  expect(asked).toEqual([{ users: '7' }, { url: 'http://127.0.0.1/' }])
  expect(await start({ url: 'http://127.0.0.1/' })).toMatchObject({ status: 409 })
  page.start(startOf(REPORT))
  expect(await start({ url: 'http://127.0.0.1/' })).toMatchObject({ status: 409 })
  page.finish(REPORT)
  expect(await start([1])).toMatchObject({ status: 200 })
  for (const body of ['', '{', '"text"', 'null', '{"url":5}', JSON.stringify({ url: 'x'.repeat(70_000) })])
    expect(
      await ask(
        `${origin}/start`,
        'POST',
        { origin, 'x-corerush-token': token, 'content-type': 'application/json' },
        body,
      ),
      body.slice(0, 20),
    ).toMatchObject({ status: 400 })
})

test('a reset changes what is shown, and neither the record nor downloads; files of the run so far are named so', async () => {
  const { page, origin, token } = await open({ phase: 'waiting', staysOpen: true })
  const reset = (body: object) => act({ origin, token }, 'reset', body)
  const seen = await tab(`${origin}/events?token=${token}`)
  const last = () => seen.events('frame').at(-1) as LiveFrame
  expect(await reset({})).toMatchObject({ status: 409 })
  page.start(startOf(REPORT))
  page.second(liveOf(REPORT))
  await seen.heard('frame', 1)
  expect([last().since, Object.keys(last().now!.names)]).toEqual([null, ['GET /a', EVIL]])
  expect(await reset({})).toMatchObject({ status: 200 })
  await seen.heard('frame', 2)
  expect(last().since).toMatchObject({ atS: 6, byName: {}, total: { finished: 0 } })
  expect(last().view.report.total).toEqual(REPORT.total)
  expect(await reset({ whole: 'yes' })).toMatchObject({ status: 200 })
  await seen.heard('frame', 3)
  expect(last().since).toBeNull()
  const json = await ask(`${origin}/report.json?token=${token}`)
  expect(json.headers['content-disposition']).toBe('attachment; filename="corerush-report-so-far.json"')
  expect(json.text).toBe(textOf(renderJson(REPORT)))
  expect((await ask(`${origin}/failures.csv?token=${token}`)).text).toMatch(/^Method,Name,Error/)
})

test('the load of a run under way is changed, or the reason why not is given; before and after it there is none', async () => {
  const asked: unknown[] = []
  const { page, origin, token } = await open(
    {},
    {
      amend(load, words) {
        asked.push([load, words])
        return Promise.resolve(words.value === '7' ? null : 'no')
      },
    },
  )
  const change = (body: object) => act({ origin, token }, 'load', body)
  expect(await change({ value: '7' })).toMatchObject({ status: 409 })
  page.start(startOf(REPORT))
  expect(await change({ value: ' 7', over: '' })).toMatchObject({ status: 200, text: '{"problem":null}' })
  page.amended(planOf({ users: 7 }))
  expect(await change({ value: '8', over: '2s', users: '9' })).toMatchObject({ text: '{"problem":"no"}' })
  expect(asked).toEqual([
    [{ of: 'users', value: 100, durationS: 6 }, { value: '7' }],
    [
      { of: 'users', value: 7, durationS: 2 },
      { value: '8', over: '2s' },
    ],
  ])
  expect(await change({ value: 5 })).toMatchObject({ status: 400 })
  page.stopping()
  expect(await change({ value: '7' })).toMatchObject({ status: 409 })
})

test('where no run can be started there is no way to do so; a port that is taken is refused', async () => {
  const { server, origin, token } = await open()
  expect(await act({ origin, token }, 'start', { url: 'http://127.0.0.1/' })).toMatchObject({ status: 409 })
  expect(await act({ origin, token }, 'restart')).toMatchObject({ status: 404 })
  const page = new LivePage({ phase: 'waiting', form: null, staysOpen: false })
  await expect(WebServer.listen(onLoopback(server.port), page, FILES, NO_ACTIONS)).rejects.toThrow(
    'EADDRINUSE',
  )
})
