/** Logs on disk: read once into an index, and line by line again; what cannot be replayed is one message with its place. */
import { appendFileSync, mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Options } from '../../../src/core/options/options.ts'
import { OptionsError } from '../../../src/core/options/options-error.ts'
import type { OpenPlan } from '../../../src/core/plan/plan.ts'
import { LogRows } from '../../../src/core/log/replay-rows.ts'
import { replayFileOf } from '../../../src/host/files/replay-log.ts'
import { describeHost } from '../../../src/host/machine/this-host.ts'
import { planRun } from '../../../src/host/run-plan.ts'
import { LogReader } from '../../../src/worker/schedule/log-reader.ts'
import { plannedDifferences } from '../../../src/core/compare/comparable.ts'
import { withFolder } from '../../support/cli.ts'
import { combined } from '../../support/logs.ts'

const NOON = Date.UTC(2026, 10, 30, 12) / 1000
const URL = 'http://127.0.0.1:1/base'

const planOf = (replay: string, options: Options = {}): OpenPlan =>
  planRun({ url: URL, replay, ...options }) as OpenPlan

test('the plan has the counts, the names and the warnings of the log', async () => {
  await withFolder((folder) => {
    const log = join(folder, 'access.log')
    writeFileSync(
      log,
      ['/u/1', '/u/2', '/', '/u/3'].map((path, s) => `${combined(NOON + s, path)}\r\n`).join(''),
    )
    const plan = planOf(log, { speed: 2, headers: ['x: {{uuid}}'] })
    expect(plan).toMatchObject({
      ...{ model: 'open', arrival: 'replay', durationS: 2 },
      stages: [{ fromPerS: 2, toPerS: 2, durationS: 2 }],
      replay: { file: log, format: 'combined', requests: 4, speed: 2, logS: 4, from: '2026-11-30T12:00:00Z' },
    })
    expect(plan.targets!.requests.map(({ weight, request: { name, url } }) => [weight, name, url])).toEqual([
      [3, 'GET /u/[id]', `${URL}/u/1`],
      [1, 'GET /', `${URL}/`],
    ])
    return Promise.resolve()
  })
})

test('a secret of the user is in no name, and a log is the same wherever it lies', async () => {
  await withFolder((folder) => {
    const plans = ['a', 'b'].map((name) => {
      mkdirSync(join(folder, name))
      const log = join(folder, name, 'access.log')
      writeFileSync(log, `${combined(NOON, '/hunter22/x')}\n`)
      return planOf(log, { secrets: ['hunter22'] })
    })
    expect(plans[0]!.targets!.requests[0]!.request.name).toBe('GET /***/x')
    const [a, b] = plans.map((plan) => ({ plan, host: describeHost(), version: '1' }))
    expect(plannedDifferences(a!, b!).map(({ message }) => message)).toEqual([])
    return Promise.resolve()
  })
})

test('lines are read again by their places, far apart, backwards and beyond a block', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'access.log')
    const lines = Array.from({ length: 4000 }, (_, i) => combined(NOON, `/${i}-${'x'.repeat(i % 900)}`))
    // The last line has no end.
    writeFileSync(path, lines.join('\n'))
    const file = replayFileOf(planOf(path))!
    const rows = new LogRows(file.rows)
    const reader = new LogReader(file)
    reader.begin(0)
    for (let i = 0; i < lines.length; i++) {
      expect(reader.line(rows.lineAt(i))).toBe(lines[i])
      if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    }
    for (const i of [3999, 0, 2000, 1999, 3000, 1]) expect(reader.line(rows.lineAt(i))).toBe(lines[i])
    reader.close()
  })
})

test('a log may grow, but must not be another one', async () => {
  await withFolder((folder) => {
    const path = join(folder, 'access.log')
    writeFileSync(path, `${combined(NOON, '/a')}\n${combined(NOON, '/b')}\n`)
    const plan = planOf(path)
    const file = replayFileOf(plan)!
    appendFileSync(path, `${combined(NOON, '/c')}\n`)
    const reader = new LogReader(file)
    expect(reader.line(new LogRows(file.rows).lineAt(1))).toBe(combined(NOON, '/b'))
    truncateSync(path, 20)
    expect(() => reader.line(0)).toThrow('has become shorter while it was replayed')
    reader.close()
    expect(() => new LogReader(file)).toThrow('is not the file any more that was read before the run')
    expect(() => replayFileOf(plan)).toThrow(expect.objectContaining({ code: 'CORERUSH_REPLAY' }))
    renameSync(path, `${path}.1`)
    expect(() => replayFileOf(plan)).toThrow('cannot be replayed')
    return Promise.resolve()
  })
})

const line = combined(NOON, '/')
test.each<[string, string | Buffer | null, string, string?]>([
  ['empty', '', 'is empty'],
  [
    'without a request',
    'a\nb\n',
    'has no requests that can be replayed: 2 lines that are no requests (line 1)',
  ],
  ['compressed', gzipSync(line), 'is compressed: unpack it first, as with gzip -dc FILE > access.log'],
  ['in UTF-16', Buffer.from(`\ufeff${line}`, 'utf16le'), 'is in UTF-16: save it as UTF-8'],
  ['binary', Buffer.from(`${line}\n\0\0\n`), 'has zero bytes: this is no text in UTF-8', 'access.log:2'],
  [
    'in two formats',
    `${line}\n{"time":"x","method":"GET","path":"/"}\n`,
    'is of the format JSON, and the lines before are of the format combined',
    'access.log:2',
  ],
  ['with an endless line', `${line}\n${'x'.repeat(70_000)}`, 'is longer than 65536 bytes', 'access.log:2'],
  ['a folder', null, 'must be a file on disk'],
])('a log that is %s is refused', async (_, content, message, place) => {
  await withFolder((folder) => {
    const path = join(folder, 'access.log')
    if (content === null) mkdirSync(path)
    else writeFileSync(path, content)
    try {
      planOf(path)
      expect.unreachable()
    } catch (error) {
      const { problems } = error as OptionsError
      expect(problems).toHaveLength(1)
      expect(problems[0]).toMatchObject({
        option: 'replay',
        message: expect.stringContaining(message) as string,
      })
      expect(problems[0]!.place?.endsWith(place ?? 'never') ?? place === undefined).toBe(true)
    }
    return Promise.resolve()
  })
})

test('what a log leaves no room for is refused', async () => {
  await withFolder((folder) => {
    const path = join(folder, 'access.log')
    writeFileSync(path, line)
    const refused = (options: Options): string[] => {
      try {
        planOf(path, options)
        return []
      } catch (error) {
        return (error as OptionsError).problems.map(({ option }) => option)
      }
    }
    expect(refused({ url: undefined })).toEqual(['url'])
    expect(refused({ url: 'http://h/{{uuid}}' })).toEqual(['url'])
    expect(refused({ targets: path })).toContain('targets')
    expect(refused({ users: 3, wait: '1s', method: 'PUT' })).toEqual(['users', 'wait', 'method'])
    expect(refused({ stages: ['1s:3'] })).toEqual(['stages'])
    return Promise.resolve()
  })
})
