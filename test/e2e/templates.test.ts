/** Requests that differ without a script, by the built library over real sockets. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run, type Options, type Report } from '../../dist/index.js'
import { withFolder } from '../support/cli.ts'
import { expectConservation } from '../support/conservation.ts'

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly bytes: number
}

/** Runs with these files, in one folder, against a server that says what it got and with which status. */
const runs = (
  files: Readonly<Record<string, string>>,
  options: (url: string, path: (name: string) => string) => Options,
  status: (seen: Seen) => number = () => 200,
): Promise<{ report: Report; seen: readonly Seen[] }> =>
  withFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const all: Seen[] = []
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = Buffer.concat(chunks)
        const { method = '', url = '', headers } = request
        const seen: Seen = { method, url, headers, body: body.toString(), bytes: body.length }
        all.push(seen)
        response.writeHead(status(seen)).end(`${headers.authorization ?? ''} ${url}`)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const common = { rampUp: 0, gracefulStop: 5, duration: '1h' }
      const report = await run({ ...common, ...options(url, (name) => join(folder, name)) })
      return { report, seen: all }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

describe.concurrent('placeholders', () => {
  test.each(['undici', 'wire'] as const)('are filled in for each request, over %s', async (transport) => {
    const words = ['a b&c', '世界', 'ä/ö', '{"x":1}', 'plain', '%41']
    const data = JSON.stringify(words.map((word, n) => ({ word, n })))
    const { report, seen } = await runs({ 'words.json': data }, (url, path) => ({
      url: `${url}/boxes/{{word}}?user={{user}}&w={{word}}`,
      headers: { 'X-Id': '{{uuid}}', 'X-Numbers': '{{n}} {{seq}} {{random 5 5}}' },
      body: '<w>{{word}}</w>{{{{',
      data: path('words.json'),
      dataOrder: 'unique',
      ...{ users: 2, workers: 2, transport },
    }))
    expect(seen.map(({ body }) => body).sort()).toEqual(words.map((word) => `<w>${word}</w>{{`).sort())
    for (const { method, url, headers, body, bytes } of seen) {
      const word = body.slice(3, -6)
      const [path = '', query = ''] = url.split('?')
      expect([method, decodeURIComponent(path), Number(headers['content-length'])]).toEqual([
        'POST',
        `/boxes/${word}`,
        bytes,
      ])
      expect(new URLSearchParams(query).get('w')).toBe(word)
      const n = words.indexOf(word)
      // Rows, iterations and users are dealt to two workers in turn, so each has what is its own.
      expect(headers['x-numbers']).toBe(`${n} ${n} 5`)
      expect(Number(new URLSearchParams(query).get('user'))).toBe(n % 2)
    }
    expect(new Set(seen.map(({ headers }) => headers['x-id'])).size).toBe(words.length)
    expect([report.stoppedBy, report.total.succeeded]).toEqual(['data', words.length])
    expect(Object.keys(report.byName)).toEqual(['POST /boxes/{{word}}'])
    expect(report.plan.request.url).toMatch(/\/boxes\/{{word}}\?user={{user}}&w={{word}}$/)
    expectConservation(report)
  })

  test('that hold a secret are in no report, whatever the server says and is kept of it', async () => {
    const requests = [
      '{"url":"/ok","headers":{"Authorization":"Bearer {{token}}"},"name":"ok"}',
      '9 /fails?token={{token}}',
    ]
    const { report, seen } = await runs(
      { 'users.csv': 'token\nc4n4ry-5ecret-1\nc4n4ry-5ecret-2\n', 'requests.txt': requests.join('\n') },
      (url, path) => ({
        url,
        headers: { Authorization: 'Bearer run-{{token}}' },
        targets: path('requests.txt'),
        data: path('users.csv'),
        ...{ users: 3, iterations: 60, workers: 1, captureFailures: 5 },
      }),
      ({ url }) => (url.startsWith('/fails') ? 503 : 200),
    )
    expect(seen).toHaveLength(60)
    expect(seen.some(({ headers }) => headers.authorization === 'Bearer c4n4ry-5ecret-1')).toBe(true)
    expect(seen.some(({ url }) => url === '/fails?token=c4n4ry-5ecret-2')).toBe(true)
    expect(Object.keys(report.byName).sort()).toEqual(['GET /fails', 'GET ok'])
    const failing = report.byName['GET /fails']!
    expect([failing.failed, failing.succeeded]).toEqual([failing.finished, 0])
    expect(report.capturedFailures).toHaveLength(5)
    expect(report.capturedFailures[0]!.request.url).toContain('/fails?token=***')
    expect(JSON.stringify(report)).not.toContain('c4n4ry')
    expectConservation(report)
  })
})
