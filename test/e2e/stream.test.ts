/** Streams of scenarios, run by the built library against a server of the test's own. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { run, type Options, type Report } from '../../dist/index.js'
import { withFolder } from '../support/cli.ts'
import { expectConservation } from '../support/conservation.ts'

type Answer = (url: string, response: ServerResponse) => unknown

interface Ran {
  readonly report: Report
  readonly log: readonly string[]
  /** By path, how many of its responses ended before they were whole. */
  readonly lost: ReadonlyMap<string, number>
}

/** Runs these tasks, which know `first` and `gap`, one after the other. */
const runs = (tasks: string, answer: Answer, options: Options = {}): Promise<Ran> =>
  withFolder(async (folder) => {
    const lost = new Map<string, number>()
    const server = createServer((request, response) => {
      const url = request.url!
      response.on('close', () => {
        if (!response.writableFinished) lost.set(url, (lost.get(url) ?? 0) + 1)
      })
      void answer(url, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const file = join(folder, 'scenario.ts')
      writeFileSync(
        file,
        `import { check, scenario, trend } from 'corerush'
const firstEvent = trend('first')
const eventGap = trend('gap')
export default scenario({ order: 'sequence', tasks: {
${tasks}
} })`,
      )
      const log: string[] = []
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const whole = { scenario: file, url, users: 1, workers: 1, rampUp: 0, gracefulStop: 5, ...options }
      const report = await run(whole, { onLog: ({ text }) => log.push(text) })
      return { report, log, lost }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

async function sendEvents(response: ServerResponse, count: number, gapMs: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let i = 0; i < count && !response.destroyed; i++) {
    response.write(`id: ${i}\ndata: {"n":${i}}\n\n`)
    await pause(gapMs)
  }
  response.end()
}

test('events, their times, an early end, a redirect and what fails', async () => {
  const { report, log, lost } = await runs(
    `    async All({ http }) {
      const stream = await http.stream('/all', { firstEvent, eventGap })
      const ids = []
      for await (const { id, data } of stream.events()) ids.push(id + data)
      console.log(ids.join(), stream.ok, stream.status, stream.headers.get('content-type'), stream.error === '')
    },
    async Break({ http }) {
      const stream = await http.stream('/break')
      for await (const { id } of stream.events()) if (id === '1') break
      await http.get('/all', { name: 'after' })
    },
    async Close({ http, think }) {
      const stream = await http.stream('/close')
      void (async () => { for await (const _ of stream.events()) await new Promise((resolve) => setTimeout(resolve, 80)) })()
      await think('50ms')
      stream.close()
    },
    async Redirect({ http }) {
      const stream = await http.stream('/redirect', { redirects: 3, method: 'POST', json: [1] })
      let length = 0
      for await (const chunk of stream.chunks()) length += chunk.length
      console.log(length > 0, stream.redirects.length, stream.url.endsWith('/all'))
    },
    async Failed({ http, think }) {
      await think("100ms")
      const stream = await http.stream('/failed')
      for await (const _ of stream.events()) throw new Error('no events are here')
      console.log(stream.ok, stream.status, stream.error)
      const lost = await http.stream('/lost')
      let n = 0
      for await (const _ of lost.events()) n++
      console.log(n, lost.ok, lost.error.split(':')[0])
      try { for await (const _ of (await http.stream('/lost', { throws: true })).events()); } catch (error) { console.log(error.message.split(':')[1]) }
    },`,
    async (url, response) => {
      if (url === '/redirect') response.writeHead(302, { location: '/all' }).end()
      else if (url === '/failed') response.writeHead(500).end('data: no\n')
      else await sendEvents(response, url === '/all' ? 4 : url === '/lost' ? 2 : 50, 30)
      if (url === '/lost') response.destroy()
    },
    { iterations: 5, thresholds: ['custom.gap.p50 > 10', 'custom.first.max < 20000', 'failed < 100%'] },
  )
  expect(log.slice(0, 3)).toEqual([
    '0{"n":0},1{"n":1},2{"n":2},3{"n":3} true 200 text/event-stream true',
    'true 1 true',
    'false 500 status: status 500',
  ])
  expect(report.taskErrors).toEqual([])
  expect(report.outcomes).toMatchObject({ ok: expect.any(Number) as number, status: 1 })
  expect(report.byName['GET /break']).toMatchObject({ succeeded: 1, failed: 0 })
  expect(report.byName['GET /close']).toMatchObject({ succeeded: 1, failed: 0 })
  expect([lost.get('/break'), lost.get('/close'), lost.get('/all')]).toEqual([1, 1, undefined])
  expect(report.custom).toMatchObject({
    first: { kind: 'trend', count: 1 },
    gap: { kind: 'trend', count: 3 },
  })
  expect(report.thresholds.find(({ expression }) => expression.startsWith('custom.gap'))).toMatchObject({
    ok: true,
  })
  // A stream is one request, whose latency is its length.
  expect(report.byName['GET /all']).toMatchObject({ succeeded: 1 })
  expect(report.byName['GET /all']!.latencyMs.min).toBeGreaterThan(80)
  expectConservation(report, { tasks: true })
})

test('what is wrong is an error of its task with its line, and a stream that is forgotten ends with its task', async () => {
  const { report, lost } = await runs(
    `    async Twice({ http }) { const s = await http.stream('/a'); s.events(); s.chunks() },
    async Again({ http }) { const s = await http.stream('/a'); for await (const _ of s.events()) break; s.events() },
    async Closed({ http }) { const s = await http.stream('/a'); s.close(); s.events() },
    async Forgotten({ http }) {
      await http.stream('/forgotten')
    },
    async Read({ http }) { await http.stream('/a', { read: true }) },
    async Method({ http }) { await http.stream('/a', { method: 7 }) },
    async Option({ http }) { await http.stream('/a', { firstEvents: firstEvent }) },
    async Metric({ http }) { await http.stream('/a', { eventGap: 'gap' }) },
    async Chunks({ http }) { (await http.stream('/a', { eventGap })).chunks() },
    async Long({ http }) { for await (const _ of (await http.stream('/long')).events()); },
    async Late({ http }) {
      const s = (await http.stream('/late')).events()
      const read = async () => { for await (const _ of s); }
      setTimeout(() => void read(), 30)
    },
    async Last({ think }) { await think('200ms') },`,
    async (url, response) => {
      if (url === '/long') response.write(`data: ${'x'.repeat(5000)}`)
      else await sendEvents(response, 100, 20)
    },
    { iterations: 12, maxReadBytes: 2000, thresholds: ['iterations.failed < 100%'] },
  )
  const errors = new Map(report.taskErrors.map(({ task, message, place }) => [task, `${place}: ${message}`]))
  const line = (n: number): string => `scenario.ts:${n + 4}: `
  expect(
    Object.fromEntries([...errors].map(([task, text]) => [task, text.replace(/^.*(scenario.ts)/, '$1')])),
  ).toEqual({
    Twice: `${line(1)}a stream is read once, and this one by events() already`,
    Again: `${line(2)}a stream is read once, and this one by events() already`,
    Closed: `${line(3)}the stream is closed`,
    Forgotten: `${line(5)}this stream was not read: iterate over its events() or chunks(), or close() it`,
    Read: `${line(7)}read is not an option of a stream`,
    Method: `${line(8)}method must be a text, got 7`,
    Option: `${line(9)}firstEvents is not an option of a stream; did you mean firstEvent?`,
    Metric: `${line(10)}eventGap must be a trend that the file makes, trend('name'), got a string`,
    Chunks: `${line(11)}firstEvent and eventGap are times of events(), and this stream is read by chunks()`,
    Long: `${line(12)}an event is longer than the 2k bytes of --max-read-bytes`,
    '(not awaited)': `${line(15)}a stream was read after its task had ended`,
  })
  expect(report.byName['GET /forgotten']).toMatchObject({ succeeded: 1, failed: 0 })
  expect(report.outcomes['body.too-large']).toBe(1)
  expect(lost.get('/forgotten')).toBe(1)
  expectConservation(report, { tasks: true })
})

test('a task that is slow makes its server wait, and the end of the drain cuts a stream off', async () => {
  const PIECE = Buffer.alloc(65_536, 'x')
  let written = 0
  let whileSlow = 0
  const { report, log } = await runs(
    `    async Slow({ http, think }) {
      let length = 0
      for await (const chunk of (await http.stream('/fast', { timeout: '300ms' })).chunks()) {
        if (length === 0) await think('600ms')
        length += chunk.length
      }
      console.log(length)
    },
    async Endless({ http }) { for await (const _ of (await http.stream('/endless')).events()); console.log('never') },`,
    async (url, response) => {
      if (url === '/endless') return sendEvents(response, 1000, 20)
      setTimeout(() => (whileSlow = written), 500)
      for (let i = 0; i < 1000; i++) {
        written += PIECE.length
        if (!response.write(PIECE)) await new Promise((resolve) => response.once('drain', resolve))
      }
      response.end()
    },
    { duration: '2s', gracefulStop: 0.1 },
  )
  expect(log).toEqual([String(1000 * PIECE.length)])
  // What the kernels of both ends hold is some megabytes.
  expect(whileSlow).toBeLessThan(20_000_000)
  expect(report.byName['GET /fast']).toMatchObject({ succeeded: 1, failed: 0, bytesIn: 1000 * PIECE.length })
  expect(report.total.unfinished).toBe(1)
  expect([report.taskErrors, report.iterations.unfinished]).toEqual([[], 1])
  expectConservation(report, { tasks: true })
})
