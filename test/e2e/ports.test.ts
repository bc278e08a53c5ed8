/** Patterns of locustfiles, ported: each file runs as it stands, against a server that records what comes. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { run, type Options, type Report } from '../../dist/index.js'
import { withFolder } from '../support/cli.ts'
import { expectConservation } from '../support/conservation.ts'
import { startRecording, type Recorded } from '../support/recording-server.ts'
import { startTlsTarget } from '../support/tls.ts'

async function play(
  scenario: string,
  options: Options,
  answer: (request: Recorded, response: ServerResponse) => void = (_, response) => void response.end('ok'),
): Promise<{ report: Report; seen: readonly Recorded[] }> {
  const server = await startRecording(answer)
  try {
    const report = await run({ scenario, url: server.url, workers: 1, rampUp: 0, ...options })
    expectConservation(report, { tasks: true })
    expect(report.taskErrors).toEqual([])
    expect(report.total.failed).toBe(0)
    return { report, seen: server.seen }
  } finally {
    server.close()
  }
}

const paths = (seen: readonly Recorded[]): string[] =>
  seen.map(({ method, url }) => `${method} ${url.split('?')[0]}`)
const header = ({ headers }: Recorded, name: string): string | undefined =>
  headers.find(([one]) => one === name)?.[1]

test('nested task sets: a checkout runs in order, and the shop goes on after it', async () => {
  const { seen, report } = await play('examples/locust/task-sets.ts', {
    users: 1,
    wait: 'none',
    iterations: 80,
  })
  const all = paths(seen)
  expect(new Set(all.map((path) => path.replace(/\d$/, 'N')))).toEqual(
    new Set(['GET /', 'GET /items/N', 'POST /basket', 'POST /pay']),
  )
  for (const [i, path] of all.slice(0, -1).entries())
    if (path === 'POST /basket') expect(all[i + 1]).toBe('POST /pay')
  expect(Object.keys(report.byName)).toContain('GET item')
  const without = await play('examples/locust/task-sets.ts', {
    ...{ users: 1, wait: 'none', iterations: 40, excludeTags: ['buying'] },
  })
  expect(paths(without.seen)).not.toContain('POST /pay')
})

test('a login whose token goes with all further requests, accounts of a file, checks', async () => {
  const { seen } = await play(
    'examples/locust/login.ts',
    { users: 2, wait: 'none', iterations: 20 },
    ({ url, body }, response) => {
      if (url === '/login') {
        const { name } = JSON.parse(body.toString()) as { name: string }
        response.end(JSON.stringify({ token: `token-of-${name}` }))
      } else response.writeHead(url === '/missing' ? 404 : 200).end('[1]')
    },
  )
  for (const one of seen.filter(({ url }) => url.startsWith('/orders')))
    expect(header(one, 'authorization')).toBe(`Bearer token-of-${one.url.split('=')[1]}`)
  expect(new Set(seen.map((one) => header(one, 'authorization')))).toEqual(
    new Set([undefined, 'Bearer token-of-ann', 'Bearer token-of-bob']),
  )
})

test('a multipart upload, and the redirect to what it made', async () => {
  const { seen, report } = await play(
    'examples/locust/upload.ts',
    { users: 1, wait: 'none', iterations: 2 },
    ({ method }, response) => {
      if (method === 'POST') response.writeHead(303, { location: '/photos/1' })
      response.end()
    },
  )
  expect(paths(seen)).toEqual(['POST /photos', 'GET /photos/1', 'POST /photos', 'GET /photos/1'])
  expect(header(seen[0]!, 'content-type')).toMatch(/^multipart\/form-data; boundary=/)
  expect(seen[0]!.body.toString('latin1')).toMatch(
    /name="title"\r\n\r\nphoto of 0\r\n[^]*filename="photo.jpg"/,
  )
  expect(Object.entries(report.byName).map(([row, { finished }]) => [row, finished])).toEqual([
    ['GET /photos (redirect)', 2],
    ['POST /photos', 2],
  ])
})

test('user classes with weights, a fixed count, tags and a wait of their own; --scenario chooses', async () => {
  const file = 'examples/locust/user-classes.ts'
  const all = await play(file, { users: 5, duration: '1s' })
  // Whether anyone has searched by then is left to chance.
  expect(new Set([...paths(all.seen), 'GET /search'])).toEqual(
    new Set(['GET /', 'GET /search', 'PUT /text', 'GET /admin']),
  )
  const { iterations } = all.report
  expect(Object.keys(iterations.byScenario)).toEqual(['admin', 'reader', 'writer'])
  const some = await play(file, {
    users: 2,
    iterations: 12,
    wait: 'none',
    scenarios: ['crawler', 'writer=2'],
  })
  expect(new Set(paths(some.seen))).toEqual(new Set(['GET /crawled', 'PUT /text']))
  const front = await play(file, {
    users: 2,
    iterations: 4,
    wait: 'none',
    scenarios: 'reader',
    tags: ['front'],
  })
  expect(new Set(paths(front.seen))).toEqual(new Set(['GET /']))
})

test('each scenario has base URL, headers and HTTP of its own, and a flag wins', async () => {
  const tls = await startTlsTarget()
  const plain = await startRecording((_, response) => void response.end())
  try {
    await withFolder(async (folder) => {
      const file = join(folder, 's.ts')
      writeFileSync(
        file,
        `import { scenario } from 'corerush'
        const tasks = { T: ({ http }) => http.get('x') }
        export default [
          scenario({ name: 'plain', baseUrl: '${plain.url}/api', headers: { 'x-a': 'file', 'x-b': 'file' }, tasks }),
          scenario({ name: 'secure', baseUrl: '${tls?.url ?? plain.url}', ${tls === null ? '' : 'insecure: true,'} timeout: '5s', tasks }),
        ]`,
      )
      const base = { scenario: file, users: 2, workers: 1, rampUp: 0, iterations: 8 }
      const report = await run({ ...base, headers: { 'x-b': 'flag' } })
      expect([report.total.failed, report.taskErrors]).toEqual([0, []])
      expect(report.byName).toMatchObject({ 'GET /api/x': { finished: 4 }, 'GET /x': { finished: 4 } })
      expect([header(plain.seen[0]!, 'x-a'), header(plain.seen[0]!, 'x-b')]).toEqual(['file', 'flag'])
      expect(tls?.requests() ?? 4).toBe(4)
      const { scenarios } = report.plan.scenario!
      expect(scenarios[0]).toMatchObject({ http: null, sets: ['url', 'headers'] })
      expect(scenarios[1]!.http).toMatchObject({ timeoutS: 5, insecure: tls !== null })
      // --insecure off is a flag as well: nobody trusts the certificate then.
      if (tls !== null)
        expect((await run({ ...base, insecure: false })).outcomes).toHaveProperty(['tls.certificate'])
    })
  } finally {
    plain.close()
    await tls?.stop()
  }
})
