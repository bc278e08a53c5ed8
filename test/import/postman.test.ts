/** Collections of Postman: the scenario sends the requests of the collection, in their order. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { debugScenario, planDebug } from '../../dist/host/walk-through.js'
import { formatOf } from '../../src/import/detect/detection.ts'
import { importPostman } from '../../src/import/postman/postman.ts'
import { startRecording, type RecordingServer } from '../support/recording-server.ts'
import { strictFaults } from '../support/strict.ts'

const script = (listen: string, ...exec: string[]): object => ({
  listen,
  script: { type: 'text/javascript', exec },
})
const auth = (type: string, fields: Readonly<Record<string, string>>): object => ({
  type,
  [type]: Object.entries(fields).map(([key, value]) => ({ key, value, type: 'string' })),
})

const COLLECTION = {
  info: {
    _postman_id: '1',
    name: 'Orders API',
    schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
  },
  auth: auth('bearer', { token: '{{token}}' }),
  variable: [
    { key: 'baseUrl', value: 'HOST' },
    { key: 'user-id', value: '41' },
    { key: 'token', value: '' },
    { key: 'unused', value: 'x' },
    { key: 'region', value: 'eu' },
  ],
  item: [
    {
      name: 'Auth',
      item: [
        {
          name: 'Login',
          event: [
            script(
              'test',
              'pm.test("Status is 200", function () {',
              '    pm.response.to.have.status(200);',
              '});',
              '// keep it',
              'const body = pm.response.json();',
              'pm.environment.set("token", body.data.tokens[0]);',
            ),
          ],
          request: {
            auth: { type: 'noauth' },
            method: 'POST',
            header: [
              { key: 'X-Trace', value: '{{$guid}}' },
              { key: 'X-Off', value: '1', disabled: true },
            ],
            body: {
              mode: 'raw',
              raw: '{\n  "user": "ada",\n  "password": "{{password}}"\n}',
              options: { raw: { language: 'json' } },
            },
            url: { raw: '{{baseUrl}}/login', host: ['{{baseUrl}}'], path: ['login'] },
          },
        },
      ],
    },
    {
      name: 'Orders',
      item: [
        {
          name: 'List',
          request: {
            method: 'GET',
            url: {
              raw: '{{baseUrl}}/users/:id/orders?q=a b&all&region={{region}}&off=1',
              query: [
                { key: 'q', value: 'a b' },
                { key: 'all', value: null },
                { key: 'region', value: '{{region}}' },
                { key: 'off', value: '1', disabled: true },
              ],
              variable: [{ key: 'id', value: '{{user-id}}' }],
            },
          },
        },
        {
          name: 'Create',
          protocolProfileBehavior: { followRedirects: false },
          request: {
            auth: auth('basic', { username: 'me', password: 'pw-1' }),
            method: 'POST',
            body: {
              mode: 'urlencoded',
              urlencoded: [
                { key: 'a', value: 'x y' },
                { key: 'a', value: '2' },
              ],
            },
            url: '{{baseUrl}}/redirect',
          },
        },
        {
          name: 'Upload',
          request: {
            auth: auth('apikey', { key: 'X-Key', value: 'k-1', in: 'header' }),
            method: 'POST',
            body: {
              mode: 'formdata',
              formdata: [
                { key: 'k', value: 'v', type: 'text' },
                { key: 'f', type: 'file', src: '/tmp/a.txt' },
              ],
            },
            url: '{{baseUrl}}/upload',
          },
        },
        {
          name: 'Query',
          request: {
            auth: auth('apikey', { key: 'key', value: '{{region}}', in: 'query' }),
            method: 'POST',
            body: { mode: 'graphql', graphql: { query: '{ a }', variables: '{"n": 1}' } },
            url: '{{baseUrl}}/graphql',
          },
        },
        {
          name: 'Signed',
          event: [script('prerequest', 'pm.variables.set("x", CryptoJS.MD5("a"));')],
          request: { method: 'GET', url: '{{baseUrl}}/signed' },
        },
        { name: 'Aws', request: { auth: auth('awsv4', {}), method: 'GET', url: '{{baseUrl}}/aws' } },
      ],
    },
  ],
}

let server: RecordingServer
let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
  server = await startRecording(({ url }, response) => {
    if (url === '/redirect') response.writeHead(303, { location: '/next' }).end()
    else response.end(JSON.stringify({ data: { tokens: ['t-9'] } }))
  })
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a collection is sent: variables, authorization, bodies; scripts of other forms stop their task', async () => {
  const source = JSON.stringify(COLLECTION).replace('HOST', server.url.replace('http://', ''))
  expect(formatOf(source)).toBe('postman')
  const { text, notes } = await importPostman({ name: 'a.json', text: source })
  await expect(
    `${text}\n/*\n${notes.join('\n')}\n*/\n`.replaceAll(String(server.port), '8080'),
  ).toMatchFileSnapshot('../fixtures/import/postman/orders.ts.snap')
  const file = join(folder, 'orders.ts')
  writeFileSync(file, text)
  writeFileSync(join(folder, 'a.txt'), 'content')
  expect(await strictFaults([file])).toEqual([])
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('PASSWORD', 'pw-2')
  vi.stubEnv('X_KEY', 'k-2')
  const errors: string[] = []
  const plan = await planDebug({ set: { password: 'geheim' } }, file)
  await debugScenario(plan, plan.scenario!.scenarios[0]!, (step) => {
    if (step.type === 'ended' && step.error !== null) errors.push(step.error.message)
  })
  expect(errors).toEqual([
    'not translated: the pre-request script of Orders/Signed',
    'not translated: Orders/Aws: its authorization of the kind awsv4',
  ])
  const sent = server.seen.map(({ method, url, headers, body }) => {
    const of = (name: string): string | undefined => headers.find(([own]) => own === name)?.[1]
    const boundary = /boundary=(\S+)/.exec(of('content-type') ?? '')?.[1]
    const plain = (one: string): string => (boundary === undefined ? one : one.replaceAll(boundary, 'B'))
    return [
      `${method} ${url}`,
      ...headers.flatMap(([name, value]) =>
        /^(?:host|connection|content-length|accept-encoding|user-agent|x-trace)$/.test(name)
          ? []
          : [`${name}: ${plain(value)}`],
      ),
      plain(body.toString()),
    ]
  })
  expect(sent).toEqual([
    ['POST /login', 'content-type: application/json', '{\n  "user": "ada",\n  "password": "geheim"\n}'],
    ['GET /users/41/orders?q=a%20b&all&region=eu', 'authorization: Bearer t-9', ''],
    [
      'POST /redirect',
      'content-type: application/x-www-form-urlencoded',
      'authorization: Basic bWU6cHctMg==',
      'a=x+y&a=2',
    ],
    [
      'POST /upload',
      'content-type: multipart/form-data; boundary=B',
      'x-key: k-2',
      '--B\r\nContent-Disposition: form-data; name="k"\r\n\r\nv\r\n--B\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: application/octet-stream\r\n\r\ncontent\r\n--B--\r\n',
    ],
    ['POST /graphql?key=eu', 'content-type: application/json', '{"query":"{ a }","variables":{"n":1}}'],
  ])
  expect(server.seen[0]!.headers.find(([name]) => name === 'x-trace')?.[1]).toMatch(/^[\da-f-]{36}$/)
})

test('digest, OAuth 2 with a token, and a file as the body', async () => {
  const asked = new Set<string>()
  const own = await startRecording(({ url, headers }, response) => {
    const isAuthorized = headers.some(([name]) => name === 'authorization')
    if (url === '/digest' && !isAuthorized) {
      asked.add(url)
      response.writeHead(401, {
        'www-authenticate': 'Digest realm="r", nonce="n-1", qop="auth", algorithm=MD5',
      })
    }
    response.end()
  })
  onTestFinished(() => own.close())
  const item = (name: string, request: object): object => ({
    name,
    request: { url: `${own.url}/${name}`, ...request },
  })
  const collection = {
    info: COLLECTION.info,
    item: [
      item('digest', {
        method: 'GET',
        auth: auth('digest', { username: 'ada', password: 'pw-1', algorithm: 'MD5' }),
      }),
      item('oauth', { method: 'GET', auth: auth('oauth2', { accessToken: 'at-1', addTokenTo: 'header' }) }),
      item('query', {
        method: 'GET',
        auth: auth('oauth2', { accessToken: 'at-1', addTokenTo: 'queryParams' }),
      }),
      item('file', {
        method: 'PUT',
        header: [{ key: 'Content-Type', value: 'application/pdf' }],
        body: { mode: 'file', file: { src: '/home/me/report.pdf' } },
      }),
    ],
  }
  const { text, notes } = await importPostman({ name: 'a.json', text: JSON.stringify(collection) })
  const file = join(folder, 'auth.ts')
  writeFileSync(file, text)
  const bytes = Buffer.from([0, 255, 10, 13, 37])
  writeFileSync(join(folder, 'report.pdf'), bytes)
  expect(await strictFaults([file])).toEqual([])
  expect(text).not.toMatch(/pw-1|at-1/)
  const variables = [...text.matchAll(/secret\(["']([A-Z_\d]+)["']\)/g)].map(([, name]) => name!)
  onTestFinished(() => void vi.unstubAllEnvs())
  for (const name of variables) vi.stubEnv(name, /PASS|DIGEST|CRED/.test(name) ? 'pw-2' : 'at-2')
  const errors: string[] = []
  const plan = await planDebug({}, file)
  await debugScenario(plan, plan.scenario!.scenarios[0]!, (step) => {
    if (step.type === 'ended' && step.error !== null) errors.push(step.error.message)
  })
  expect({ errors, notes: notes.filter((one) => one.includes('marked')) }).toEqual({
    errors: [],
    notes: ['4 requests, 0 marked with notTranslated'],
  })
  const of = (path: string): RecordingServer['seen'] => own.seen.filter(({ url }) => url.startsWith(path))
  const authorization = (path: string): string | undefined =>
    of(path)
      .at(-1)!
      .headers.find(([name]) => name === 'authorization')?.[1]
  expect([...asked]).toEqual(['/digest'])
  const digest = authorization('/digest')!
  const field = (name: string): string => new RegExp(`\\b${name}="?([^",]+)`).exec(digest)![1]!
  const md5 = (one: string): string => createHash('md5').update(one).digest('hex')
  expect(digest).toMatch(/^Digest username="ada"/)
  expect(field('response')).toBe(
    md5(`${md5('ada:r:pw-2')}:n-1:${field('nc')}:${field('cnonce')}:auth:${md5('GET:/digest')}`),
  )
  expect(authorization('/oauth')).toBe('Bearer at-2')
  expect([of('/query')[0]!.url, authorization('/query')]).toEqual(['/query?access_token=at-2', undefined])
  expect(of('/file')[0]!.body).toEqual(bytes)
  expect(of('/file')[0]!.headers).toContainEqual(['content-type', 'application/pdf'])
})

test.each([
  ['{"item": [', 'a.json:1:11: ends here, within the JSON of a collection of Postman'],
  ['{"item": []}', 'a.json: has no requests'],
  ['{"id": "1", "requests": []}', 'a.json: is a collection of version 1; export it as version 2.1'],
  ['[]', 'a.json: has no item, as a collection of Postman has'],
])('%j is refused', async (text, message) => {
  const error: unknown = await importPostman({ name: 'a.json', text }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'CORERUSH_IMPORT', exitCode: 2 })
  expect((error as Error).message).toContain(message)
})
