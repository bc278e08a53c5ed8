/** Digest authentication over real sockets: HTTP/1.1 and HTTP/2, from flags and from a scenario, through a proxy. */
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createHttp2, type Http2ServerRequest } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run, type Options, type Report } from '../../dist/index.js'
import { runForReport, withFolder } from '../support/cli.ts'
import { expectConservation } from '../support/conservation.ts'
import { CREDENTIALS, DigestServer } from '../support/digest-server.ts'
import { startProxy } from '../support/peers.ts'

const AUTH = `${CREDENTIALS.user}:${CREDENTIALS.password}`

/** Serves by the rules as long as `use` takes. */
async function serving<T>(
  rules: DigestServer,
  use: (url: string) => Promise<T>,
  { http2 = false } = {},
): Promise<T> {
  const answer = (req: IncomingMessage | Http2ServerRequest, res: Parameters<RequestListener>[1]): void => {
    let body = ''
    req.setEncoding('latin1')
    req.on('data', (text: string) => (body += text))
    req.on('end', () => {
      const text = Buffer.from(body, 'latin1').toString()
      const { status, headers } = rules.reply(req.method!, req.url!, text, req.headers.authorization)
      for (const [name, value] of headers) res.setHeader(name, value)
      res.writeHead(status).end(`you said ${req.headers.authorization ?? 'nothing'}`)
    })
  }
  const server = http2 ? createHttp2(answer as never) : createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b=%20c`)
  } finally {
    server.close()
  }
}

/** With a wait, so that the second user has its part of the requests. */
const PLAN: Options = { users: 2, requests: 12, workers: 1, rampUp: 0, wait: '100ms', authDigest: AUTH }

function expectAnswered(report: Report, { seen }: DigestServer): void {
  expectConservation(report, { hops: true })
  expect(seen.filter((was) => was === 'none')).toHaveLength(2)
  expect(seen.filter((was) => was === 'good')).toHaveLength(10)
  expect(report.challenges).toEqual({ answered: 2, stale: 0 })
  expect(report.total.statuses).toEqual({ 200: 10, 401: 2 })
  expect(report.outcomes).toEqual({ ok: 12 })
}

describe.concurrent('each user answers once and then at once', () => {
  test('over HTTP/1.1, with a body that is part of the answer', async () => {
    const rules = new DigestServer({ algorithm: 'SHA-256-sess', qop: 'auth-int' })
    const report = await serving(rules, (url) => run({ url, ...PLAN, body: 'caf\u00e9' }))
    expectAnswered(report, rules)
  })

  test('over HTTP/2', async () => {
    const rules = new DigestServer({ algorithm: 'SHA-256' })
    const report = await serving(rules, (url) => run({ url, ...PLAN, http2: true }), { http2: true })
    expectAnswered(report, rules)
  })

  test('to a proxy as well, whose user and password are in its URL', async () => {
    const [rules, between] = [new DigestServer(), new DigestServer({ isProxy: true })]
    const proxy = await startProxy(between)
    const named = `http://${encodeURIComponent(CREDENTIALS.user)}:${encodeURIComponent(CREDENTIALS.password)}@127.0.0.1:${proxy.port}`
    const report = await serving(rules, (url) =>
      run({ url, ...PLAN, requests: 14, proxy: named, proxyDigest: true }),
    )
    await proxy.stop()
    expectConservation(report, { hops: true })
    expect(report.total.statuses).toEqual({ 200: 10, 401: 2, 407: 2 })
    expect(report.challenges).toEqual({ answered: 4, stale: 0 })
    expect(between.seen.filter((was) => was === 'bad')).toEqual([])
  })

  test('in a scenario, each user by its own name; a refusal is a failure, and no output has the secrets', async () => {
    const rules = new DigestServer({ uses: 3 })
    const { stdout, stderr, report } = await serving(rules, (url) =>
      withFolder((folder) => {
        const file = join(folder, 's.mjs')
        writeFileSync(
          file,
          `import { scenario } from '${new URL('../../dist/index.js', import.meta.url).href}'
           export default scenario({ tasks: { async T({ http, user }) {
             await http.get('/', user === 0 ? {} : { authDigest: 'nobody:h1dden-passw0rd', name: 'stranger' })
           } } })`,
        )
        const flags = ['--auth-digest', AUTH, '--capture-failures', '2', '-c', '2', '--iterations', '10']
        return runForReport([file, '--url', url, ...flags, '-w', '1', '--ramp-up', '0', '--wait', '100ms'])
      }),
    )
    const shown = stdout + stderr
    for (const secret of [CREDENTIALS.password, 'h1dden-passw0rd']) expect(shown).not.toContain(secret)
    expect(shown).not.toMatch(/response="[\da-f]{32}/)
    expect(report.errors).toMatchObject([
      { name: 'GET stranger', message: 'status 401: the digest credentials were refused' },
    ])
    expect(report.challenges.stale).toBeGreaterThan(0)
    expect(report.plan.request.digest).toEqual({ user: '***', password: '***' })
    expect(stderr).toMatch(/\d digest challenges answered \(\d+ for a stale nonce\)/)
    expect(report.total.failed).toBe(report.byName['GET stranger']!.failed)
  })
})
