/** HAR files: the scenario that is made of one sends what was recorded, with the values that the server sends now. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { debugScenario, planDebug } from '../../dist/host/walk-through.js'
import { importHar } from '../../src/import/har/har.ts'
import type { HarOptions } from '../../src/import/har/har-selection.ts'
import type { Imported } from '../../src/import/imported.ts'
import { startRecording, type RecordingServer } from '../support/recording-server.ts'
import { strictFaults } from '../support/strict.ts'

/** The values that the server makes for a session. */
interface Values {
  readonly csrf: string
  readonly meta: string
  readonly sid: string
  readonly xsrf: string
  readonly token: string
  readonly user: number
  readonly sku: string
  readonly order: number
  readonly etag: string
  readonly code: string
  readonly script: string
}

const RECORDED: Values = {
  csrf: 'c/1+a=="&x',
  meta: 'meta-1a2b3c4d',
  sid: 's-1111aaaa',
  xsrf: 'xs rf+1/aa==',
  token: 'eyJhbGciOi.eyJzdWIiOjF9.sig-1_A',
  user: 41,
  sku: 'SKU-77aa88bb',
  order: 9,
  etag: '"v1-aaaa1111"',
  code: 'code1111aaaa',
  script: 'nonce-aaaa-1111',
}
const NOW: Values = {
  csrf: 'd/2+b=="&y',
  meta: 'meta-9z8y7x6w',
  sid: 's-2222bbbb',
  xsrf: 'ys rf+2/bb==',
  token: 'eyJhbGciOi.eyJzdWIiOjJ9.sig-2_B',
  user: 52,
  sku: 'SKU-11cc22dd',
  order: 12,
  etag: '"v2-bbbb2222"',
  code: 'code2222bbbb',
  script: 'nonce-bbbb-2222',
}

interface Step {
  readonly afterMs?: number
  readonly page?: string
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly post?: Readonly<Record<string, unknown>>
  /** The body as it arrives. */
  readonly body?: string
  readonly status?: number
  readonly answer?: readonly [type: string, text: string]
  readonly answerHeaders?: readonly (readonly [string, string])[]
  readonly cached?: boolean
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
const form = (fields: Readonly<Record<string, string>>): string => new URLSearchParams(fields).toString()
const json = (value: unknown): readonly [string, string] => [
  'application/json; charset=utf-8',
  JSON.stringify(value),
]

/** A session at a shop, as a browser has it with these values. */
function session(v: Values, host: string, password: string): Step[] {
  const bearer = { Authorization: `Bearer ${v.token}` }
  const login = form({ _csrf: v.csrf, user: 'ada@example.org', password })
  const cart = JSON.stringify({ productSku: v.sku, userId: v.user, note: 'two of them', quantity: 2 })
  const boundary = '----WebKitFormBoundaryAbC'
  const upload = [
    `--${boundary}\r\nContent-Disposition: form-data; name="token"\r\n\r\n${v.meta}\r\n`,
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\none\r\ntwo\r\n`,
    `--${boundary}--\r\n`,
  ].join('')
  const origin = `http://${host}`
  return [
    {
      page: 'Shop – start',
      method: 'GET',
      path: '/',
      answer: [
        'text/html',
        `<html><head><meta name="csrf-token" content="${v.meta}"></head>\n<script>window.app = { nonce: "${v.script}", page: 1 }</script>\n<form><input type="hidden" name="other" value="x1">\n<input class="f" type="hidden" value="${escaped(v.csrf)}" name="_csrf"></form></html>`,
      ],
      answerHeaders: [
        ['Set-Cookie', `sid=${v.sid}; Path=/; HttpOnly`],
        ['Set-Cookie', `XSRF-TOKEN=${encodeURIComponent(v.xsrf)}; Path=/`],
      ],
    },
    {
      page: 'Login',
      afterMs: 2345,
      method: 'POST',
      path: '/login',
      headers: {
        Cookie: `sid=${v.sid}; XSRF-TOKEN=${encodeURIComponent(v.xsrf)}; theme=dark`,
        Origin: origin,
        'Content-Type': 'application/x-www-form-urlencoded',
        Referer: `${origin}/`,
      },
      post: { mimeType: 'application/x-www-form-urlencoded', text: login },
      body: login,
      status: 302,
      answerHeaders: [['Location', `/home?code=${v.code}`]],
    },
    {
      page: 'Login',
      method: 'GET',
      path: `/home?code=${v.code}`,
      headers: {
        Origin: origin,
        Referer: `${origin}/`,
        Cookie: `sid=${v.sid}; XSRF-TOKEN=${encodeURIComponent(v.xsrf)}; theme=dark`,
      },
      answer: ['text/html', '<p>Hi</p>'],
    },
    {
      page: 'Login',
      method: 'POST',
      path: '/api/session',
      headers: { 'Content-Type': 'application/json', 'X-Xsrf-Token': v.xsrf, 'X-Nonce': v.script },
      post: { mimeType: 'application/json', text: JSON.stringify({ code: v.code }) },
      body: JSON.stringify({ code: v.code }),
      answer: json({ data: { accessToken: v.token, user: { id: v.user, name: 'Ada' } }, ok: true }),
    },
    {
      page: 'Items',
      afterMs: 400,
      method: 'GET',
      path: '/api/items?page=1&q=a%20b',
      headers: { ...bearer, 'Accept-Language': 'de', Accept: 'application/json' },
      answer: json([
        { sku: 'other-111aaa', id: 3 },
        { sku: v.sku, id: 4 },
      ]),
      answerHeaders: [['ETag', v.etag]],
    },
    {
      page: 'Items',
      method: 'POST',
      path: `/api/users/${v.user}/carts`,
      headers: {
        ...bearer,
        'Content-Type': 'application/json',
        'If-Match': v.etag,
        'X-Api-Key': 'k-secret-1',
      },
      post: { mimeType: 'application/json', text: cart },
      body: cart,
      status: 201,
      answer: json({ id: v.order }),
    },
    {
      page: 'Items',
      method: 'POST',
      path: '/upload',
      headers: { ...bearer, 'Content-Type': `multipart/form-data; boundary=${boundary}` },
      post: { mimeType: `multipart/form-data; boundary=${boundary}`, text: upload },
      body: upload.replaceAll(boundary, 'BOUNDARY'),
    },
    {
      page: 'Items',
      method: 'PUT',
      path: '/raw',
      headers: { 'Content-Type': 'application/octet-stream' },
      post: {
        mimeType: 'application/octet-stream',
        text: Buffer.from([0xff, 0, 1]).toString('base64'),
        encoding: 'base64',
      },
      body: Buffer.from([0xff, 0, 1]).toString('latin1'),
    },
    {
      page: 'Items',
      method: 'PATCH',
      path: '/api/text',
      headers: { 'Content-Type': 'text/plain' },
      post: { mimeType: 'text/plain', text: `ticket ${v.meta};\nend \${x} \`y\`` },
      body: `ticket ${v.meta};\nend \${x} \`y\``,
      status: 404,
    },
    { page: 'Items', method: 'DELETE', path: `/api/carts/${v.order}?force`, headers: bearer, status: 204 },
  ]
}

function harOf(steps: readonly Step[], host: string, more: readonly object[] = []): string {
  let at = Date.UTC(2026, 0, 1)
  const pages: { id: string; title: string }[] = []
  const entries = steps.map((step) => {
    at += step.afterMs ?? 5
    const startedDateTime = new Date(at).toISOString()
    at += 20
    const title = step.page ?? 'Page'
    if (!pages.some((page) => page.title === title)) pages.push({ id: `page_${pages.length}`, title })
    const pairs = (headers: readonly (readonly [string, string])[]): object[] =>
      headers.map(([name, value]) => ({ name, value }))
    return {
      startedDateTime,
      time: 20,
      pageref: pages.find((page) => page.title === title)!.id,
      request: {
        method: step.method,
        url: `http://${host}${step.path}`,
        httpVersion: 'HTTP/1.1',
        headers: pairs([
          ['Host', host],
          ['User-Agent', 'Mozilla/5.0'],
          ['Accept-Encoding', 'gzip, deflate, br'],
          ['Sec-Fetch-Mode', 'cors'],
          ['Connection', 'keep-alive'],
          ['X-Client', 'web'],
          ...Object.entries(step.headers ?? {}),
        ]),
        ...(step.post === undefined ? {} : { postData: step.post }),
      },
      response: {
        status: step.status ?? 200,
        headers: pairs(step.answerHeaders ?? []),
        content: { mimeType: step.answer?.[0] ?? '', text: step.answer?.[1] ?? '' },
        redirectURL: step.answerHeaders?.find(([name]) => name === 'Location')?.[1] ?? '',
      },
    }
  })
  return JSON.stringify({ log: { version: '1.2', pages, entries: [...entries, ...more] } }, null, 1)
}

/** An entry that is left out by itself. */
const entry = (url: string, mimeType: string, more: object = {}): object => ({
  startedDateTime: '2026-01-01T00:00:00.001Z',
  time: 3,
  request: { method: 'GET', url, headers: [] },
  response: { status: 200, headers: [], content: { mimeType, text: '' } },
  ...more,
})

const PLAIN: HarOptions = { keepsAssets: false, hosts: [] }
const imports = (text: string, options = PLAIN): Promise<Imported> =>
  importHar({ name: 'a.har', text }, options)

describe('a recorded session', () => {
  let server: RecordingServer
  let folder = ''
  let expected: Step[] = []
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
    server = await startRecording((_, response) => {
      const { status = 200, answer, answerHeaders = [] } = expected[server.seen.length - 1]!
      for (const [name, value] of answerHeaders) response.appendHeader(name, value)
      if (answer !== undefined) response.setHeader('content-type', answer[0])
      response.writeHead(status).end(answer?.[1])
    })
  })
  afterAll(() => {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('is sent again, in its order and with the values of the server of today', async () => {
    const host = `127.0.0.1:${server.port}`
    const extra = [
      entry(`http://${host}/app.js`, 'application/javascript'),
      entry(`http://${host}/logo`, 'image/png'),
      entry('https://stats.example/hit?id=1', 'image/gif'),
      entry('https://api.example/config', 'application/json'),
      entry('data:text/css,x', 'text/css'),
      entry(`http://${host}/kept`, 'text/html', { _fromCache: 'disk' }),
    ]
    const { text, notes } = await imports(harOf(session(RECORDED, host, 'pa55word'), host, extra))
    await expect(
      `${text}\n/*\n${notes.join('\n')}\n*/\n`.replaceAll(host, '127.0.0.1:8080'),
    ).toMatchFileSnapshot('../fixtures/import/har/session.ts.snap')
    for (const secret of ['pa55word', 'k-secret-1', RECORDED.token, RECORDED.csrf])
      expect(text).not.toContain(secret)
    const file = join(folder, 'session.ts')
    writeFileSync(file, text)
    expect(await strictFaults([file])).toEqual([])
    onTestFinished(() => void vi.unstubAllEnvs())
    vi.stubEnv('PASSWORD', 'other')
    vi.stubEnv('X_API_KEY', 'k-secret-1')
    expected = session(NOW, host, 'other')
    const plan = await planDebug({}, file)
    const errors: unknown[] = []
    await debugScenario(plan, plan.scenario!.scenarios[0]!, (step) => {
      if (step.type === 'ended' && step.error !== null) errors.push(step.error)
    })
    const OWN = /^(?:host|connection|content-length|accept-encoding|user-agent|sec-fetch-mode)$/
    expect(errors).toEqual([])
    expect(
      server.seen.map(({ method, url, headers, body }) => {
        const boundary = /boundary=(\S+)/.exec(
          headers.find(([name]) => name === 'content-type')?.[1] ?? '',
        )?.[1]
        const plain = (one: string): string =>
          boundary === undefined ? one : one.replaceAll(boundary, 'BOUNDARY')
        return {
          method,
          url,
          headers: headers
            .flatMap(([name, value]) =>
              OWN.test(name) || name === 'cookie' ? [] : [`${name}: ${plain(value)}`],
            )
            .sort(),
          body: plain(body.toString('latin1')),
        }
      }),
    ).toEqual(
      expected.map(({ method, path, headers = {}, body = '' }) => ({
        method,
        url: path,
        headers: [
          'x-client: web',
          ...Object.entries(headers).flatMap(([name, value]) =>
            name === 'Cookie'
              ? []
              : [`${name.toLowerCase()}: ${value.replace(/boundary=.*/, 'boundary=BOUNDARY')}`],
          ),
        ].sort(),
        body,
      })),
    )
    const cookies = server.seen.map(({ headers }) => headers.find(([name]) => name === 'cookie')?.[1] ?? '')
    expect(cookies[0]).toBe('')
    expect(cookies[1]).toBe(`sid=${NOW.sid}; XSRF-TOKEN=${encodeURIComponent(NOW.xsrf)}; theme=dark`)
  })
})

test.each([
  ['', 'a.har:1:1: ends here, within the JSON of a HAR file: the file is not whole'],
  ['{"log": {"entries": [\n  {"request": {"url": "http', 'a.har:2:28: ends here, within the JSON'],
  [
    '{"log": {"entries": [\n  {"a": 1},, ',
    'a.har:2:12: is not JSON, as a HAR file is\n    {"a": 1},, \n             ^',
  ],
  ['{"log": {}}', 'a.har: has no log.entries'],
  ['{"log": {"entries": [{"request": {"url": "/x"}}]}}', 'a.har: log.entries[0].request.url is not a URL'],
  ['{"log": {"entries": []}}', 'a.har: has no requests with a response'],
])('%j is refused with its place', async (text, message) => {
  const error: unknown = await imports(text).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'CORERUSH_IMPORT', exitCode: 2 })
  expect((error as Error).message).toContain(message)
})

test('assets and hosts are kept where they are wanted; a value of a host that is left out is a secret to set', async () => {
  const text = JSON.stringify({
    log: {
      entries: [
        entry('https://www.shop.example/', 'text/html'),
        entry('https://api.shop.example/v1', 'application/json'),
        entry('https://www.shop.example/a.css', 'text/css'),
        entry('https://login.example/t', 'application/json', {
          response: {
            status: 200,
            headers: [],
            content: { mimeType: 'application/json', text: '{"t":"abc12345-x"}' },
          },
        }),
        entry('https://www.shop.example/me', 'application/json', {
          startedDateTime: '2026-01-01T00:00:01Z',
          request: {
            method: 'GET',
            url: 'https://www.shop.example/me',
            headers: [{ name: 'X-T', value: 'abc12345-x' }],
          },
        }),
      ],
    },
  })
  const plain = await imports(text)
  expect(plain.text).toContain("headers: { 'X-T': xT }")
  expect(plain.notes).toEqual([
    '3 of 5 requests, 0 marked with notTranslated',
    'set in the environment: X_T, the header X-T of GET /me',
    'the header X-T of GET /me came from login.example, which is left out (--hosts login.example keeps it)',
    'left out: 1 for static assets (--keep-assets keeps them)',
    'left out: 1 to other hosts (--hosts keeps them): login.example',
  ])
  const all = await imports(text, { keepsAssets: true, hosts: ['*.example'] })
  expect(all.notes).toEqual([
    '5 of 5 requests, 0 marked with notTranslated',
    'read from a response: t, of GET /t, sent by 1 request',
  ])
  expect(all.text).toContain("http.get('https://login.example/t', { read: true })")
})

test('requests of a page that were under way at the same time are sent at once; one whose response is read is not', async () => {
  // Answers once all that the recording had under way have come.
  const waiting: (() => void)[] = []
  const server = await startRecording(({ url }, response) => {
    const end = (): void => {
      response.setHeader('content-type', 'application/json')
      response.end(url === '/token' ? '{"t":"now-5678-zz"}' : '{}')
    }
    if (!url.startsWith('/api/')) {
      end()
      return
    }
    if (waiting.push(end) === 3) for (const one of waiting.splice(0)) one()
  })
  const folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
  onTestFinished(() => {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const at = (ms: number, path: string, time: number, more: object = {}): object => ({
    ...entry(`${server.url}${path}`, 'application/json', more),
    ...{ startedDateTime: new Date(Date.UTC(2026, 0) + ms).toISOString(), time },
  })
  const token = {
    response: {
      status: 200,
      headers: [],
      content: { mimeType: 'application/json', text: '{"t":"abc-1234-xx"}' },
    },
  }
  const headers = [{ name: 'X-T', value: 'abc-1234-xx' }]
  const entries = [
    at(0, '/', 20),
    at(20, '/token', 30, token),
    at(30, '/alone', 15),
    at(60, '/api/a', 50),
    at(65, '/api/b', 40),
    at(70, '/api/c', 90, { request: { method: 'POST', url: `${server.url}/api/c`, headers } }),
    at(165, '/after', 5),
  ]
  const { text } = await imports(JSON.stringify({ log: { entries } }))
  const file = join(folder, 'at-once.ts')
  writeFileSync(file, text)
  expect(await strictFaults([file])).toEqual([])
  const plan = await planDebug({}, file)
  const errors: unknown[] = []
  await debugScenario(plan, plan.scenario!.scenarios[0]!, (step) => {
    if (step.type === 'ended' && step.error !== null) errors.push(step.error)
  })
  expect(errors).toEqual([])
  const paths = server.seen.map(({ url }) => url)
  expect(paths.slice(3, 6).sort()).toEqual(['/api/a', '/api/b', '/api/c'])
  expect(paths.toSpliced(3, 3)).toEqual(['/', '/token', '/alone', '/after'])
  expect(server.seen.find(({ url }) => url === '/api/c')!.headers).toContainEqual(['x-t', 'now-5678-zz'])
})
