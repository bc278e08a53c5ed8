/** Hosts that a run may hit: whatever tasks and redirects ask for, no other sees a byte, and nothing is lost. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../dist/index.js'
import { runCli, withFolder } from '../support/cli.ts'
import { expectConservation } from '../support/conservation.ts'
import { response, startFaults, type Faults } from '../support/faults.ts'

let meant: Faults
let other: Faults
beforeAll(async () => {
  other = await startFaults('ok')
  meant = await startFaults(({ socket, head }) =>
    socket.write(
      head.startsWith('GET /away')
        ? response('302 Found', '', `Location: ${other.url}/`)
        : response('200 OK'),
    ),
  )
})
afterAll(() => Promise.all([meant.stop(), other.stop()]))

const scenarioOf = (own: string, elsewhere: string): string => `import { scenario } from 'corerush'
export default scenario({ baseUrl: '${own}', order: 'sequence', tasks: {
  async Here({ http }) { await http.get('/here') },
  async There({ http }) {
    const { ok, status, error } = await http.get('${elsewhere}/there')
    if (ok || status !== 0) throw new Error('sent')
    if (!error.startsWith('host: it goes to 127.0.0.1:')) throw new Error(error)
  },
  async Away({ http }) { await http.get('/away') },
} })`

test('tasks and redirects that lead elsewhere fail, and are counted', () =>
  withFolder(async (folder) => {
    const scenario = join(folder, 'scenario.ts')
    writeFileSync(scenario, scenarioOf(meant.url, other.url))
    const report = await run({
      ...{ scenario, users: 1, workers: 1, iterations: 3, rampUp: 0 },
      ...{ maxRedirects: 2, allowHosts: [`127.0.0.1:${meant.port}`, 'unused.test'] },
    })
    expectConservation(report, { tasks: true })
    expect(report.taskErrors).toEqual([])
    expect(report.outcomes).toEqual({ ok: 1, host: 2 })
    expect(Object.entries(report.byName).map(([name, { sent, failed }]) => [name, sent, failed])).toEqual([
      ['GET /away', 1, 1],
      ['GET /here', 1, 0],
      ['GET /there', 1, 1],
    ])
    expect(report.total.statuses).toEqual({ 200: 1, 302: 1 })
    expect(report.connections.failed).toBe(1)
    expect(meant.requests()).toBe(report.total.sent - report.connections.failed)
    expect(other.accepted()).toBe(0)
    expect(report.exitCode).not.toBe(0)
    expect(report.plan.allowedHosts).toEqual([
      { host: '127.0.0.1', isDomain: false, port: meant.port },
      { host: 'unused.test', isDomain: false, port: null },
    ])
  }))

test('so they do when a scenario is tried out, by the list of the config alone', () =>
  withFolder(async (folder) => {
    const before = meant.requests()
    writeFileSync(join(folder, 'scenario.ts'), scenarioOf(meant.url, other.url))
    const config = { allowHosts: [`127.0.0.1:${meant.port}`] }
    writeFileSync(join(folder, 'corerush.config.json'), JSON.stringify(config))
    const { code, stdout, stderr } = await runCli(['debug', 'scenario.ts'], { cwd: folder })
    expect([code, stderr]).toEqual([99, ''])
    expect(stdout).toContain(`failed, host: it goes to 127.0.0.1:${other.port}, which is not allowed`)
    expect([meant.requests() - before, other.accepted()]).toEqual([2, 0])
  }))
