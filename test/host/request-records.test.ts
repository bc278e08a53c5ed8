/** Records of requests on their way from the workers to the outputs: slow ones, failing ones, stuck ones. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, type Options, type Output } from '../../dist/index.js'
import { RequestFile } from '../../dist/output/file/request-file.js'
import { GrowingFile } from '../../dist/output/growing-file.js'
import { ringMemory, RowReader, RowWriter } from '../../src/core/measure/request-rows.ts'
import type { RequestRow } from '../../src/core/measure/request-rows.ts'
import { RequestRecords } from '../../src/host/request-records.ts'
import { withFolder } from '../support/cli.ts'

/** A worker that hands over `count` rows at a time. */
function worker(ringRows = 256) {
  const memory = ringMemory(ringRows)
  const [writer, reader] = [new RowWriter(memory), new RowReader(0, memory)]
  const make = (count: number): void => {
    for (let i = 0; i < count; i++) writer.claim()
    reader.handed(writer.hand({ names: [], methods: [], scenarios: [] })!)
  }
  return { reader, make }
}

describe('on the way to an output', () => {
  test('memory is used again once it is written, and what finds no room meanwhile is missing', async () => {
    const { reader, make } = worker(100)
    let open: () => void = () => undefined
    let written = 0
    const records = new RequestRecords(1, ['requests=a'], async (rows) => {
      await new Promise<void>((resolve) => (open = resolve))
      written += rows.length
      return true
    })
    make(80)
    records.add(reader)
    make(80)
    records.add(reader)
    expect(records.report).toEqual({ every: 1, recorded: 0, dropped: 60, outputs: ['requests=a'] })
    open()
    await new Promise(setImmediate)
    make(80)
    records.add(reader)
    const ended = records.end()
    while (written < 180) {
      open()
      await new Promise(setImmediate)
    }
    await ended
    expect(records.report).toMatchObject({ recorded: 180, dropped: 60 })
  })

  test('what an output fails to write is missing, and the others go on', async () => {
    const { reader, make } = worker()
    const results = [true, false, true]
    const records = new RequestRecords(5, [], () => Promise.resolve(results.shift()!))
    for (const count of [10, 20, 30]) {
      make(count)
      records.add(reader)
      await new Promise(setImmediate)
    }
    await records.end()
    expect(records.report).toMatchObject({ every: 5, recorded: 40, dropped: 20 })
  })

  test('an output that is stuck does not hold up the end, and costs what waits', async () => {
    const { reader, make } = worker()
    const records = new RequestRecords(1, [], () => new Promise<boolean>(() => undefined), 20)
    make(50)
    records.add(reader)
    await records.end()
    expect(records.report).toMatchObject({ recorded: 0, dropped: 50 })
  })
})

test('an output that is slow has so much time at the end, and no more', async () => {
  const { reader, make } = worker(8192)
  const slow = () => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 30))
  const records = new RequestRecords(1, [], slow, 1000)
  make(8192)
  records.add(reader)
  await records.end(40)
  const { recorded, dropped } = records.report
  expect(recorded).toBeLessThan(8192)
  expect(recorded + dropped).toBe(8192)
})

describe.concurrent('in real runs', () => {
  const traces = new Map<string, string>()
  let url: string
  const server = createServer((request, response) => {
    const [, traceId] = /^00-(\w{32})-/.exec(String(request.headers['traceparent'])) ?? []
    if (traceId !== undefined) traces.set(traceId, request.url!)
    response.end('hello')
  })
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => void server.close())

  const brief = (): Options => ({
    url: `${url}/a`,
    users: 6,
    workers: 2,
    requests: 300,
    rampUp: 0,
    sampleRequests: 1,
  })
  const recordTo = (path: string): Output => new RequestFile(new GrowingFile(path))

  test.each(['undici', 'wire'] as const)(
    'over %s the file has each request once, and its trace is what the target received',
    async (transport) =>
      withFolder(async (folder) => {
        const [csv, ndjson] = [join(folder, 'r.csv'), join(folder, 'r.ndjson')]
        const targets = join(folder, 'targets')
        writeFileSync(targets, `GET ${url}/a\nGET ${url}/slow\n`)
        const report = await run(
          { ...brief(), url: undefined, targets, trace: 1, transport },
          { outputs: [recordTo(csv), recordTo(ndjson)] },
        )
        const rows = readFileSync(ndjson, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as RequestRow)
        expect(rows).toHaveLength(300)
        expect(readFileSync(csv, 'utf8').trimEnd().split('\r\n')).toHaveLength(301)
        expect(report.records).toEqual({
          every: 1,
          recorded: 300,
          dropped: 0,
          outputs: [`requests=${csv}`, `requests=${ndjson}`],
        })
        for (const [name, { finished, latencyMs }] of Object.entries(report.byName)) {
          const own = rows.filter((row) => row.name === name)
          expect(own).toHaveLength(finished)
          expect(Math.max(...own.map((row) => row.latencyMs)) / latencyMs.max!).toBeCloseTo(1, 2)
        }
        expect(new Set(rows.map(({ worker }) => worker))).toEqual(new Set([0, 1]))
        for (const { user, worker } of rows) expect(user % 2).toBe(worker)
        // From each record, of whatever latency, to the header that the target received.
        expect(new Set(rows.map(({ traceId }) => traceId)).size).toBe(300)
        for (const { traceId, name } of rows) expect(`GET ${traces.get(traceId!)}`).toBe(name)
        expect(rows.find(({ name }) => name === 'GET /slow')).toMatchObject({
          ...{ method: 'GET', status: 200, outcome: 'ok', bytesIn: 5, scenario: null },
        })
      }),
  )

  test.skipIf(!existsSync('/dev/full'))(
    'a full disk is reported once, and its records are missing',
    async () => {
      const failures: string[] = []
      const report = await run(brief(), {
        outputs: [recordTo('/dev/full')],
        onOutputError: (output, error) => failures.push(`${output}: ${String(error)}`),
      })
      expect(failures).toHaveLength(1)
      expect(failures[0]).toMatch(/^requests=\/dev\/full: Error: could not be written: ENOSPC/)
      expect(report.total.finished).toBe(300)
      expect(report.records).toMatchObject({ recorded: 0, dropped: 300 })
      expect(report.warnings.join()).toContain('300 records of requests are missing in /dev/full')
    },
  )

  test('records and an output for them go together', async () => {
    const none = { ...brief(), sampleRequests: undefined }
    await expect(run(brief())).rejects.toThrow('needs an output that takes records')
    await expect(run(none, { outputs: [recordTo('/tmp/never.csv')] })).rejects.toThrow('needs sampleRequests')
    expect(existsSync('/tmp/never.csv')).toBe(false)
  })
})
