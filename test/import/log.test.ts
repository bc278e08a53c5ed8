/** Access logs: a targets file has the shares of the log, in whatever format it is. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseTargetLine } from '../../src/core/resolve/request/targets-file.ts'
import { formatOf } from '../../src/import/detect/detection.ts'
import { groupedPath } from '../../src/core/log/grouped-path.ts'
import { importLog } from '../../src/import/log/log.ts'
import { runCli, withFolder } from '../support/cli.ts'

async function* linesOf(lines: Iterable<string>): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(line)
}

const WRITERS: Readonly<Record<string, (method: string, path: string) => string>> = {
  common: (method, path) =>
    `127.0.0.1 - bob [10/Oct/2000:13:55:36 -0700] "${method} ${path} HTTP/1.1" 200 2326`,
  combined: (method, path) =>
    `::1 - - [10/Oct/2000:13:55:36 +0000] "${method} ${path} HTTP/2.0" 200 612 "http://r/\\"x\\"" "Mozilla/5.0 (X11)"`,
  'virtual host': (method, path) =>
    `h.example:80 10.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "${method} ${path} HTTP/1.1" 404 5 "-" "-"`,
  'load balancer': (method, path) =>
    `https 2018-07-02T22:23:00.186641Z app/my-lb/50dc 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "${method} https://www.example.com:443${path} HTTP/1.1" "curl/7.46.0" cipher TLSv1.2 arn "Root=1-58" "www" "-" 1 2018-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"`,
  'JSON, nginx': (method, path) =>
    JSON.stringify({ time: 1, request_method: method, request_uri: path, status: 200 }),
  'JSON, line': (method, path) => JSON.stringify({ request: `${method} ${path} HTTP/1.1`, status: '200' }),
  'JSON, nested': (method, path) =>
    JSON.stringify({ httpRequest: { requestMethod: method, requestUrl: `https://h${path}` } }),
}

test.each(Object.entries(WRITERS))('%s', async (_, write) => {
  const lines = [
    write('GET', '/'),
    write('GET', '/users/7?tab=a%20b'),
    write('GET', '/users/8'),
    write('GET', '/users/7?tab=a%20b'),
    '',
    write('DELETE', '/files/3f2504e0-4f89-11d3-9a0c-0305e82c3301.png'),
    write('POST', '/login'),
    'nonsense',
  ]
  expect(formatOf(lines.join('\n'))).toBe('log')
  const { text, notes } = await importLog('access.log', linesOf(lines))
  expect(text.trim().split('\n').map(parseTargetLine)).toEqual(
    [
      [2, 'GET', '/users/7?tab=a%20b', 'GET /users/[id]'],
      [1, 'GET', '/users/8', 'GET /users/[id]'],
      [1, 'GET', '/', 'GET /'],
      [1, 'DELETE', '/files/3f2504e0-4f89-11d3-9a0c-0305e82c3301.png', 'DELETE /files/[id].png'],
    ].map(([weight, method, url, name]) => ({ weight, method, url, name, headers: {}, body: null })),
  )
  expect(notes).toEqual([
    '5 requests of 3 names, as 4 targets; run them with: corerush --url http://HOST --targets FILE',
    'left out: 1 POST requests, whose bodies are not in the log',
    'left out: 1 lines that are no requests',
  ])
})

test('a request whose bytes are not UTF-8 is left out: its path is not known', async () => {
  const lines = [WRITERS['common']!('GET', '/a'), WRITERS['common']!('GET', '/\ufffd')]
  const { text, notes } = await importLog('access.log', linesOf(lines))
  expect(text).toBe('1 GET /a GET /a\n')
  expect(notes).toContain('left out: 1 requests with bytes that are not UTF-8')
})

test('names keep their shares when more URLs come than a targets file can have', async () => {
  function* lines(): Generator<string> {
    for (let i = 0; i < 30_000; i++) yield WRITERS['common']!('GET', `/${i % 3 === 0 ? 'a' : 'b'}/${i}`)
  }
  const { text } = await importLog('access.log', linesOf(lines()))
  const shares = new Map<string, number>()
  const targets = text.trim().split('\n')
  for (const line of targets) {
    const [weight, , , ...name] = line.split(' ')
    shares.set(name.join(' '), (shares.get(name.join(' ')) ?? 0) + Number(weight))
  }
  expect(targets).toHaveLength(2000)
  expect(shares.get('GET /a/[id]')).toBeCloseTo(10_000)
  expect(shares.get('GET /b/[id]')).toBeCloseTo(20_000)
})

test.each([
  ['/users/7/photos/19', '/users/[id]/photos/[id]'],
  ['/assets/app.3f9a8b7c6d5e4f.js', '/assets/app.3f9a8b7c6d5e4f.js'],
  ['/objects/d41d8cd98f00b204e9800998ecf8427e', '/objects/[id]'],
  ['/posts/a-title-of-a-post', '/posts/a-title-of-a-post'],
  ['/v2/items?id=7', '/v2/items'],
])('%s is named %s', (path, name) => {
  expect(groupedPath(path)).toBe(name)
})

test('a log in two formats, and one without requests, are refused with their place', async () => {
  const mixed = [WRITERS['common']!('GET', '/'), WRITERS['JSON, line']!('GET', '/')]
  await expect(importLog('access.log', linesOf(mixed))).rejects.toThrow(
    'access.log:2: is of the format JSON, and the lines before are of the format combined',
  )
  await expect(importLog('access.log', linesOf(['x']))).rejects.toThrow(
    'access.log: has no requests that can be sent',
  )
})

test('the command writes a file that a run takes', () =>
  withFolder(async (folder) => {
    writeFileSync(join(folder, 'access.log'), `${WRITERS['combined']!('GET', '/a?x={{1}}')}\n`)
    const imported = await runCli(['import', 'access.log', '--out', 'targets.txt'], { cwd: folder })
    expect(imported).toMatchObject({ code: 0, stdout: '' })
    const dry = await runCli(['--url', 'http://127.0.0.1:9', '--targets', 'targets.txt', '--dry-run'], {
      cwd: folder,
    })
    expect(dry).toMatchObject({ code: 0 })
    expect(dry.stdout).toContain('GET /a')
  }))
