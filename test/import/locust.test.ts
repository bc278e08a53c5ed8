/** Locustfiles: the scenario that is made of one sends what Locust itself sends. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { debugScenario, planDebug } from '../../dist/host/walk-through.js'
import { importLocust } from '../../src/import/locust/locust.ts'
import type { Imported } from '../../src/import/imported.ts'
import * as py from '../../src/python.ts'
import { decodeSource } from '../../src/import/source.ts'
import { start } from '../support/cli.ts'
import { startRecording, type Recorded, type RecordingServer } from '../support/recording-server.ts'
import { strictFaults } from '../support/strict.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/import/locust/', import.meta.url))
const DRIVER = fileURLToPath(new URL('../fixtures/import/drive.py', import.meta.url))
const PYTHON = '/usr/bin/python3'
const hasLocust = spawnSync(PYTHON, ['-c', 'import locust']).status === 0

const imports = (name: string): Promise<Imported> =>
  importLocust(decodeSource(name, readFileSync(join(FIXTURES, name))))

const FILES = readdirSync(FIXTURES).filter((name) => name.endsWith('.py'))
/** Files that Debian's Locust cannot load, as they are older or newer, or that stop. */
const NOT_RUN = ['old.py', 'marked.py', 'rest.py']
const RUN = FILES.filter((name) => !NOT_RUN.includes(name))

const texts = new Map<string, Imported>()
let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
  for (const name of FILES) {
    const imported = await imports(name)
    texts.set(name, imported)
    writeFileSync(join(folder, name.replace(/\.py$/, '.ts')), imported.text)
  }
  copyFileSync(join(FIXTURES, 'rows.csv'), join(folder, 'rows.csv'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(FILES)('%s becomes what is expected', async (name) => {
  const { text, notes } = texts.get(name)!
  await expect(`${text}\n/*\n${notes.join('\n')}\n*/\n`).toMatchFileSnapshot(
    join(FIXTURES, name.replace(/\.py$/, '.ts.snap')),
  )
})

test('the files are formatted, and right to a strict compiler', async () => {
  expect(await strictFaults(FILES.map((name) => join(folder, name.replace(/\.py$/, '.ts'))))).toEqual([])
})

const HEAD = 'from locust import HttpUser, task\nclass A(HttpUser):\n'

test.each([
  [
    'syntax',
    `${HEAD}    @task\n    def a(self:\n        pass\n`,
    "a.py:4:10: is not Python: '(' is never closed\n      def a(self:\n           ^",
  ],
  [
    'an open bracket at the end',
    `${HEAD}    names = ["a)", 'b', # (\n        """c]""",\n`,
    "a.py:3:13: is not Python: '[' is never closed",
  ],
  [
    'a text that is not closed',
    `${HEAD}    host = "http://h\n    @task\n    def a(self):\n        pass\n`,
    'a.py:3:12: is not Python: Unterminated string literal',
  ],
  [
    'Python 2',
    `${HEAD}    @task\n    def a(self):\n        print "a"\n`,
    'a.py:5:15: is Python 2, and Locust runs on Python 3: convert it with 2to3\n          print "a"\n                ^',
  ],
  [
    'tabs',
    `${HEAD}    @task\n    def a(self):\n\tpass\n`,
    'a.py:5:1: is not Python: inconsistent use of tabs and spaces in indentation\n   pass\n  ^',
  ],
  [
    'no user',
    'from locust import HttpUser\nclass A(HttpUser):\n    host = "http://h"\n',
    'a.py: has no user class with tasks, such as class Shopper(HttpUser)',
  ],
])('%s is refused with its place', async (_, text, message) => {
  const error: unknown = await importLocust({ name: 'a.py', text }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'CORERUSH_IMPORT', exitCode: 2 })
  expect((error as Error).message).toContain(message)
})

test('a mark is caught by no except, and stops the task', () => {
  expect(() => void py.notTranslated('line 4: x')).toThrow('not translated: line 4: x')
  try {
    py.notTranslated('x')
  } catch (error) {
    expect(py.isError(error, 'Exception', 'BaseException')).toBe(false)
  }
})

describe.skipIf(!hasLocust)('Locust itself', () => {
  let server: RecordingServer
  const ofLocust = new Map<string, Recorded[]>()
  /** How often each task is in the list that Locust chooses from, by file and class. */
  const weights = new Map<string, Record<string, number>>()
  beforeAll(async () => {
    server = await startRecording(answer)
    const started = start(PYTHON, [DRIVER, server.url, ...RUN.map((name) => join(FIXTURES, name))], {
      env: { PYTHONDONTWRITEBYTECODE: '1' },
    })
    started.process.stdin!.end()
    const { code, stdout, stderr } = await started.finished
    expect(code, stderr).toBe(0)
    for (const line of stdout.trim().split('\n')) {
      const [key, tasks] = JSON.parse(line) as [string, Record<string, number>]
      weights.set(key, tasks)
    }
    let current: Recorded[] = []
    for (const one of server.seen)
      if (one.url.startsWith('/__file/')) ofLocust.set(one.url.slice('/__file/'.length), (current = []))
      else current.push(one)
  })
  afterAll(() => server.close())

  test.each(RUN)('sends what is sent for %s', async (name) => {
    const expected = ofLocust.get(name)!
    expect(expected.length).toBeGreaterThan(0)
    server.seen.length = 0
    const plan = await planDebug({ url: server.url }, join(folder, name.replace(/\.py$/, '.ts')))
    const errors: string[] = []
    const { scenarios } = plan.scenario!
    const ours = scenarios.map(({ tasks }) =>
      Object.fromEntries<number>(tasks.map((task) => [task.name.split('/').at(-1)!, task.weight])),
    )
    if (!['nested.py', 'entered.py', 'groups.py'].includes(name))
      expect(ours).toEqual([...weights].flatMap(([key, tasks]) => (key.startsWith(name) ? [tasks] : [])))
    for (const scenario of scenarios)
      await debugScenario(plan, scenario, (step) => {
        if (step.type === 'ended' && step.error !== null) errors.push(JSON.stringify(step.error))
      })
    expect({ sent: server.seen.map(comparable), errors }).toEqual({
      sent: expected.map(comparable),
      errors: [],
    })
  })
})

function answer({ url }: Recorded, response: ServerResponse): void {
  const [, status] = /^\/status\/(\d+)/.exec(url) ?? []
  if (status !== undefined) response.writeHead(Number(status)).end()
  else if (url.endsWith('/redirect')) response.writeHead(302, { location: '/landed' }).end()
  else if (url === '/catalog') {
    const items = '[{"id":7,"price":2.0},{"id":8,"price":1.5},{"id":9,"price":1e2}]'
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(`{"items":${items},"big":9007199254740993}`)
  } else if (url === '/plain') response.writeHead(200, { 'content-type': 'text/plain' }).end('plain text')
  else
    response
      .writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'sid=s1; Path=/', 'x-csrf': 'c1' })
      .end(JSON.stringify({ ok: true, token: 't-1', items: [{ id: 7 }, { id: 8 }] }))
}

/** What each client sets by itself. */
const OWN = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'accept',
  'accept-encoding',
  'user-agent',
])

function comparable({ method, url, headers, body }: Recorded): unknown {
  const { pathname, searchParams } = new URL(url, 'http://h')
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? ''
  return {
    method,
    path: decodeURIComponent(pathname),
    query: [...searchParams].map((pair) => pair.join('=')),
    headers: headers
      .filter(
        ([name, value]) =>
          !OWN.has(name) || (name === 'user-agent' && !/^python|^corerush/.test(value) && value !== ''),
      )
      .map(([name, value]) => `${name}: ${value.replace(/boundary=.*/, 'boundary')}`)
      .sort(),
    body: bodyOf(type, body),
  }
}

function bodyOf(type: string, body: Buffer): unknown {
  // Blanks apart, numbers have the same digits.
  if (type.startsWith('application/json'))
    return [
      JSON.parse(body.toString()) as unknown,
      body.toString().match(/(?<![\w"])-?\d[\d.eE+-]*(?![\w"])/g),
    ]
  if (type.startsWith('application/x-www-form-urlencoded')) return [...new URLSearchParams(body.toString())]
  const [, boundary] = /boundary=(\S+)/.exec(type) ?? []
  const text = body.toString('latin1')
  return boundary === undefined ? text : text.replaceAll(boundary, 'BOUNDARY')
}

test('a listener after the load is left out if it has no whole translation, and one before it is not', async () => {
  const file = (event: string): string =>
    `from locust import HttpUser, events, task\n@events.${event}.add_listener\ndef judged(environment, **kwargs):\n    if environment.stats.total.num_requests < 7:\n        raise ValueError("few")\nclass A(HttpUser):\n    @task\n    def a(self):\n        self.client.get("/")\n`
  const [after, before] = await Promise.all(
    ['test_stop', 'test_start'].map((event) => importLocust({ name: 'a.py', text: file(event) })),
  )
  expect(after!.text).not.toContain('notTranslated')
  expect(after!.notes.join('\n')).toContain('judged (test_stop) is left out')
  expect(after!.notes[0]).toMatch(/^6 of 9 lines translated \(66 %\), 3 marked/)
  expect(before!.text).toMatch(/setup\(\) \{\s+judged\(\)/)
  expect(before!.text).toContain("py.notTranslated('line 4: self.environment.stats")
})
