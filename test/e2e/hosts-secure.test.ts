/** Several hosts with the server of deploy/nats.conf: over TLS, each with its NKey and the subjects that it may use. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readReport, runCli, startCli, withFolder } from '../support/cli.ts'
import { deployed, ofFile, type Role } from '../support/deployed.ts'
import { hasNats, type NatsHost } from '../support/nats.ts'

const SCENARIO = `import { feeder, scenario } from 'corerush'
const rows = feeder.csv('rows.csv', { order: 'unique' })
export default scenario({ tasks: { async Row({ http, take }) { await http.get('/' + take(rows).n, { name: 'row' }) } } })`

describe.skipIf(!hasNats)('over TLS and with NKeys', () => {
  let server: NatsHost
  let files: Record<Role | 'ca', string>
  beforeAll(async () => {
    ;({ server, files } = await deployed(ofFile))
  })
  afterAll(() => server.stop())

  const as = (role: Role): string[] => [
    ...['--nats', server.url.replace('nats:', 'tls:'), '--nats-ca', files.ca, '--nats-nkey', files[role]],
  ]
  const agent = (name: string, role: Role) =>
    startCli([
      ...['agent', '--name', name, ...as(role), '--workers', '1', '--once'],
      ...['--allow-host', '127.0.0.1', '--accept-scenarios'],
    ])

  test('a scenario with rows, a count and a secret is carried out with no more rights than the file gives', async () => {
    const seen: { readonly url: string; readonly secret: string | undefined }[] = []
    const target = createServer(({ url, headers }, response) => {
      seen.push({ url: url!, secret: headers.authorization })
      response.end('ok')
    })
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void target.close())
    const agents = [agent('alpha', 'alpha'), agent('beta', 'beta')]
    await Promise.all(agents.map((one) => one.says('stdout', /waits for runs/)))
    const finished = await withFolder((folder) => {
      writeFileSync(join(folder, 'rows.ts'), SCENARIO)
      writeFileSync(
        join(folder, 'rows.csv'),
        ['n', ...Array.from({ length: 100 }, (_, n) => `r${n}`)].join('\n'),
      )
      return runCli([
        ...[join(folder, 'rows.ts'), '--agents', '2', ...as('coordinator'), '--iterations', '40'],
        ...['--users', '4', '--ramp-up', '0', '--header', 'authorization: Bearer s3cret'],
        ...['--url', `http://127.0.0.1:${(target.address() as AddressInfo).port}`, '--out', 'json=-'],
      ])
    })
    const report = readReport(finished)
    expect(report.agents).toMatchObject([
      { name: 'alpha', lost: null },
      { name: 'beta', lost: null },
    ])
    expect([report.total.succeeded, seen.length, new Set(seen.map(({ url }) => url)).size]).toEqual([
      40, 40, 40,
    ])
    expect(new Set(seen.map(({ secret }) => secret))).toEqual(new Set(['Bearer s3cret']))
    expect(finished.stdout + finished.stderr).not.toContain('s3cret')
    for (const one of agents) expect(await one.finished).toMatchObject({ code: 0, stderr: '' })
  })

  test('who takes the name or the part of another is told that the server does not permit it', async () => {
    const ended = await Promise.all([
      agent('alpha', 'beta').finished,
      runCli(['agents', ...as('alpha')]),
      runCli(['agents', ...as('coordinator').slice(0, 4)]),
    ])
    expect(ended.map(({ code }) => code)).toEqual([1, 1, 2])
    const [name, part, nobody] = ended.map(({ stdout, stderr }) => stdout + stderr)
    expect(name).toMatch(/Permissions Violation|not permit/i)
    expect(part).toMatch(/not permit/)
    expect(nobody).toMatch(/does not let this client in/)
  })
})
