/**
 * A canary sings in whatever it gets into: every input that can hold a secret has one, the server says back all that it
 * is told, and no output may have any of them.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { planRun, planScenario, renderSummary, run, type Options, type Report } from '../../dist/index.js'
import { differencesOf } from '../../dist/core/compare/comparable.js'
import { resolveOptions } from '../../dist/core/resolve/resolve.js'
import { LocustCsv } from '../../dist/output/file/csv.js'
import { renderPlan } from '../../dist/output/text/dry-run.js'
import { renderAnnotations, renderStepSummary } from '../../dist/output/file/github.js'
import { HistogramLog } from '../../dist/output/file/hlog.js'
import { RequestLines } from '../../dist/output/file/request-lines.js'
import { renderJson } from '../../dist/output/file/json.js'
import { renderJunit } from '../../dist/output/file/junit.js'
import { LiveView } from '../../dist/output/live/live-view.js'
import { NdjsonStream } from '../../dist/output/file/ndjson.js'
import { ProgressLines } from '../../dist/output/live/progress.js'
import type { Output } from '../../dist/output/output.js'
import { withFolder } from '../support/cli.ts'

const PLAIN = { color: false, width: 100 }
const canaries: string[] = []
/** A new one, with characters that are spelt otherwise in a URL, in JSON and in HTML. */
function canary(place: string): string {
  const secret = `c4n4ry-${place} "<&>" ü+%`
  canaries.push(secret)
  return secret
}
/** For where only some characters may be. */
function plainCanary(place: string): string {
  canaries.push(`c4n4ry-${place}`)
  return `c4n4ry-${place}`
}
const basic = (user: string, password: string): string => {
  const encoded = Buffer.from(`${user}:${password}`).toString('base64')
  canaries.push(encoded)
  return encoded
}

/** Says back what it is told, in several spellings; it is a proxy as well. /x and /query are fine, of the rest every third. */
let server: Server
let url: string
const sockets = new Set<Socket>()
beforeAll(async () => {
  let served = 0
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const told = [request.url, ...request.rawHeaders, body].join('\n')
      const path = request.url ?? ''
      const isFine = /\/(x|query)(\?|$)/.test(path) || served++ % 3 === 0
      const status = path.includes('metrics') ? 500 : isFine ? 200 : 503
      response.writeHead(status, {
        'set-cookie': [`sid=${plainCanary('set-cookie')}; Path=/`, 'a=b'],
        'x-session-token': plainCanary('response-token'),
        'x-echo': encodeURIComponent(told),
      })
      response.end([told, encodeURIComponent(told), JSON.stringify(told), 'c4n4ry-set-cookie'].join('\n'))
    })
  })
  server.on('connect', (request, socket: Socket) => {
    socket.on('error', () => undefined)
    socket.end(`HTTP/1.1 407 you sent ${request.headers['proxy-authorization']}\r\n\r\n`)
  })
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

/** All that the outputs of a run say, by output. */
async function sung(options: Options): Promise<{ report: Report; said: Record<string, string> }> {
  const said: Record<string, string> = {}
  const writesTo = (name: string) => {
    said[name] = ''
    return { name, check: () => undefined, write: (text: string) => void (said[name] = said[name]! + text) }
  }
  const everything: Output = {
    name: 'everything',
    start: (start) => writesTo('start').write(JSON.stringify(start)),
    second: (second) => void (said['seconds'] = (said['seconds'] ?? '') + JSON.stringify(second)),
  }
  const lines = new RequestLines('ndjson')
  const recording: Output = {
    name: 'requests',
    recorded(rows) {
      said['requests'] = (said['requests'] ?? '') + Buffer.from(lines.render(rows)).toString()
      return Promise.resolve()
    },
  }
  const csv = { stats: writesTo('stats'), stats_history: writesTo('history'), failures: writesTo('failures') }
  const report = await run(
    { ...options, sampleRequests: 1 },
    {
      outputs: [
        everything,
        new LiveView(writesTo('live'), false),
        new ProgressLines(writesTo('progress')),
        new NdjsonStream(writesTo('ndjson')),
        new LocustCsv('csv', { ...csv, exceptions: writesTo('exceptions') }),
        new HistogramLog(writesTo('hlog')),
        recording,
      ],
    },
  )
  Object.assign(said, {
    json: [...renderJson(report)].join(''),
    summary: renderSummary(report, PLAIN),
    junit: renderJunit(report),
    github: renderStepSummary(report),
    annotations: renderAnnotations(report),
    compared: differencesOf(report, {
      ...report,
      plan: { ...report.plan, request: { ...report.plan.request, headers: [] } },
    })
      .map(({ message }) => message)
      .join('\n'),
  })
  return { report, said }
}

function expectSilence(said: Readonly<Record<string, string>>): void {
  for (const [output, text] of Object.entries(said))
    for (const secret of canaries)
      for (const spelling of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
        expect(text.includes(spelling) ? `${output}: ${spelling}` : 'silence').toBe('silence')
  // Not even a part of one.
  for (const [output, text] of Object.entries(said))
    expect(`${output} ${text.match(/.{50}c4n4ry.{20}/s)?.[0]}`).toBe(`${output} undefined`)
}

const headers = (): Record<string, string> => ({
  'X-Api-Key': plainCanary('api-key'),
  Cookie: `a=1; session=${plainCanary('cookie')}`,
  'X-Auth-Token': plainCanary('token'),
  'Client-Secret': plainCanary('client-secret'),
  'X-Amz-Signature': plainCanary('signature'),
})
const query = (): string =>
  new URLSearchParams([
    ['token', canary('query')],
    ['q', '1'],
    ['key', canary('key')],
  ]).toString()

describe.concurrent('no output has a secret', () => {
  test('of a request', async () => {
    const password = plainCanary('userinfo')
    basic('me', password)
    const options: Options = {
      url: `http://me:${password}@${url}/a?${query()}`,
      headers: headers(),
      body: JSON.stringify({
        user: 'me',
        password: canary('json'),
        nested: { secrets: [canary('nested')] },
        plain: 1,
      }),
      requests: 12,
      users: 2,
      workers: 1,
      captureFailures: 5,
      transport: 'wire',
      targetMetrics: `http://${url}/metrics?token=${plainCanary('metrics')}`,
    }
    const { report, said } = await sung(options)
    // Where nothing was said nothing could be found.
    expect(report.capturedFailures).toHaveLength(5)
    expect(report.capturedFailures[0]!.response!.body.text).toContain('X-Api-Key\n***')
    expect(report.capturedFailures[0]!.response!.headers).toContainEqual(['set-cookie', '***'])
    expectSilence({ ...said, dry: renderPlan(planRun(options), PLAIN) })
  })

  test('of a scenario, behind a proxy that wants to know who asks', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'scenario.ts')
      const proxyPassword = plainCanary('proxy')
      basic('me', proxyPassword)
      writeFileSync(
        file,
        `import { scenario } from 'corerush'
         const headers = ${JSON.stringify({ ...headers(), Authorization: `Bearer ${plainCanary('bearer')}` })}
         export default scenario({ order: 'sequence', tasks: {
           async Form({ http }) {
             await http.post('/form', { headers, form: { password: ${JSON.stringify(canary('form'))} }, read: true })
             await http.get('/query', { query: { api_key: ${JSON.stringify(canary('scenario-query'))} },
               check: (r) => 'it says ' + r.text() })
           },
           async Json({ http }) {
             const json = { access_token: ${JSON.stringify(canary('scenario-json'))} }
             const response = await http.post('/json', { json, read: true })
             throw new Error('I sent ' + json.access_token + ' and got ' + response.text())
           },
           async Throws({ http }) {
             await http.get('/x', { headers, throws: true, check: () => 'no ' + headers.Authorization })
           },
           async Tunnel({ http }) { await http.get('https://elsewhere.test/') },
         } })`,
      )
      const options: Options = {
        scenario: file,
        url: `http://${url}/?${query()}`,
        proxy: `http://me:${proxyPassword}@${url}`,
        headers: { 'Proxy-Token': plainCanary('proxy-token') },
        iterations: 12,
        users: 2,
        workers: 1,
        rampUp: 0,
        captureFailures: 5,
      }
      const { report, said } = await sung(options)
      const messages = report.errors.map(({ message }) => message)
      expect(messages).toContainEqual(expect.stringContaining('CONNECT with 407 you sent ***'))
      expect(messages).toContain('no ***')
      expect(report.taskErrors.map(({ message }) => message)).toContainEqual(
        expect.stringContaining('I sent ***'),
      )
      expect(new Set(report.capturedFailures.map(({ outcome }) => outcome))).toContain('check')
      expectSilence({ ...said, dry: renderPlan(await planScenario(options), PLAIN) })
    }))

  test('and no complaint', () => {
    const secret = plainCanary('wrong')
    const wrong: Options[] = [
      { url: `http://u:${secret}@h:x/?token=${secret}` },
      { headers: [`Authorization ${secret}`, `X-Token: ${secret}\u0001`] },
      { auth: secret, proxy: `ftp://u:${secret}@h` },
      { targetMetrics: `http://u:${secret}@h/?token=${secret}` },
      { key: secret, cert: secret },
    ]
    const said = wrong.map((options) =>
      JSON.stringify(resolveOptions({ url: 'http://h/', ...options }, { cores: 1, descriptors: 100 })),
    )
    expect(said.every((text) => text.startsWith('{"problems"'))).toBe(true)
    expectSilence(Object.fromEntries(said.entries()))
  })
})
