/** `captureFailures` in real runs: both transports, with a scenario and without, several workers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, type Options, type Report } from '../../dist/index.js'
import { withFolder } from '../support/cli.ts'
import { response, startFaults, type Faults } from '../support/faults.ts'

let server: Faults
beforeAll(async () => {
  server = await startFaults(({ socket, head, index }) => {
    if (/ \/there/.test(head)) return void socket.write(response('302 Found', '', 'location: /busy'))
    if (/ \/ok/.test(head) || index % 4 === 1) return void socket.write(response('200 OK', 'fine'))
    if (/ \/a/.test(head) && index % 4 === 3) return void socket.resetAndDestroy()
    // Chunked, with an interim response before it, in pieces.
    socket.write('HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 503 Busy\r\nX-Why: load\r\nset-co')
    const rest = `okie: sid=aaaaaaaa\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbusy\r\n6\r\n, aaaa\r\n4\r\naaaa\r\n0\r\n\r\n`
    setImmediate(() => socket.writable && socket.write(rest))
  })
})
afterAll(() => server.stop())

const outcomes = ({ capturedFailures }: Report): string[] =>
  capturedFailures.map(({ outcome }) => outcome).sort()
const brief: Options = { users: 4, workers: 2, requests: 50, captureFailures: 3, rampUp: 0, seed: 3 }
const BUSY = {
  status: 503,
  headers: [
    ['X-Why', 'load'],
    ['set-cookie', '***'],
    ['transfer-encoding', 'chunked'],
  ],
  body: { bytes: 14, text: 'busy, ***' },
}

describe.concurrent('the first failing exchanges of each outcome are in the report', () => {
  test.each(['undici', 'wire'] as const)('over %s', async (transport) => {
    const report = await run({ ...brief, url: `${server.url}/a`, body: 'x=1', transport })
    expect(report.outcomes.status).toBeGreaterThan(3)
    // Whether a reset hits a connection that has answered before depends on whose turn it is.
    const kinds = new Set(outcomes(report))
    expect([...kinds].sort().filter((kind) => kind !== 'headers.reset')).toEqual(['reused.closed', 'status'])
    for (const kind of kinds)
      expect(outcomes(report).filter((one) => one === kind).length).toBeLessThanOrEqual(3)
    const all = report.capturedFailures
    expect(all.find(({ outcome }) => outcome === 'reused.closed')!.response).toBeNull()
    const times = all.filter(({ outcome }) => outcome === 'status').map(({ atS }) => atS)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    const { firstS } = report.errors.find(({ outcome }) => outcome === 'status')!
    expect(times[0]).toBeCloseTo(firstS, 2)
    for (const failure of all) {
      // User k belongs to worker k mod 2.
      expect(failure.user % 2).toBe(failure.worker)
      if (failure.outcome !== 'status') continue
      expect(failure).toMatchObject({
        name: 'POST /a',
        message: 'status 503',
        request: { method: 'POST', body: { bytes: 3, text: 'x=1' } },
        response: BUSY,
      })
    }
  })

  test('of a scenario, whose checks read the response as well, and behind a redirect', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'scenario.ts')
      writeFileSync(
        file,
        `import { scenario } from 'corerush'
         export default scenario({ tasks: {
           async One({ http }) {
             await http.get('/ok', { headers: { 'x-token': 'tttttttt' },
               check: (r) => r.text() === 'fine' ? 'no, tttttttt: ' + r.text() : 'not read' })
             await http.get('/ok', { read: true })
             await http.get('/there', { name: 'There' })
           },
         } })`,
      )
      const { requests, ...rest } = brief
      const report = await run({
        ...rest,
        iterations: requests,
        scenario: file,
        url: server.url,
        maxRedirects: 1,
      })
      expect(outcomes(report)).toEqual(['check', 'check', 'check', 'status', 'status', 'status'])
      const kept = (outcome: string) => report.capturedFailures.find((failure) => failure.outcome === outcome)
      expect(kept('check')).toMatchObject({
        message: 'no, ***: fine',
        request: { headers: [expect.anything(), ['x-token', '***']] },
        response: { status: 200, body: { text: 'fine' } },
      })
      expect(kept('status')).toMatchObject({
        name: 'GET There (redirect)',
        request: { url: `${server.url}/busy` },
        response: BUSY,
      })
      expect(report.errors.find(({ outcome }) => outcome === 'check')!.message).toBe('no, ***: fine')
    }))
})
