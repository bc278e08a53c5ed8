/** The built command with a config file: what it says counts, what is a secret is sent and nowhere shown. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli, withFolder } from '../support/cli.ts'
import { startFaults, type Faults } from '../support/faults.ts'

const CANARY = 'c4n4ry "&\'5ecret'

let server: Faults
beforeAll(async () => {
  server = await startFaults('ok')
})
afterAll(() => server.stop())

test('a run by a config: what the environment adds is sent, and in no output', () =>
  withFolder(async (folder) => {
    writeFileSync(
      join(folder, 'corerush.config.json'),
      JSON.stringify({
        url: '${BASE}/a/${CANARY}?q=${CANARY}',
        users: 1000,
        headers: { 'X-Canary': 'is ${CANARY}' },
        body: '<x>${CANARY}</x>',
        outputs: ['json=run.json', 'ndjson=run.ndjson', 'junit=run.xml', 'csv=run'],
        profiles: { one: { requests: 3, users: 1, duration: null } },
      }),
    )
    const env = { BASE: server.url, CANARY, CORERUSH_PROFILE: 'one' }
    const { code, stdout, stderr } = await runCli([], { cwd: folder, env })
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('corerush: options of corerush.config.json, profile one\n')
    expect(server.requests()).toBe(3)
    const files = ['run.json', 'run.ndjson', 'run.xml', 'run_stats.csv'].map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    )
    for (const text of [stdout, stderr, ...files]) expect(text).not.toMatch(/c4n4ry|5ecret/)
    const { plan } = JSON.parse(files[0]!) as { plan: { request: object } }
    expect(plan.request).toMatchObject({
      name: 'POST /a/***',
      url: `${server.url}/a/***?q=***`,
      headers: [expect.anything(), ['X-Canary', 'is ***']],
      body: { text: '<x>***</x>' },
    })
  }))

test('a key that is no PEM and no file is masked in every message and in --print-config', () =>
  withFolder(async (folder) => {
    const url = 'https://127.0.0.1:1/'
    writeFileSync(
      join(folder, 'corerush.config.yaml'),
      `url: ${url}\nkey: \${KEY}\ncert: \${CERT}\nrequests: 1\n`,
    )
    const env = { KEY: 'k3y-c4n4ry', CERT: '-----BEGIN CERTIFICATE-----\n5ecret\n' }
    for (const flags of [[], ['--dry-run'], ['--print-config']]) {
      const { stdout, stderr } = await runCli(flags, { cwd: folder, env })
      expect(stdout + stderr).toContain('key')
      expect(stdout + stderr).not.toMatch(/c4n4ry|5ecret/)
    }
  }))

test('several runs by a config: it is named once, and kept for a baseline only by a run', () =>
  withFolder(async (folder) => {
    const url = `${server.url}/\${CANARY}`
    const config = { url, requests: 2, repeat: 2, saveBaseline: 'main', outputs: 'json=run.json' }
    writeFileSync(join(folder, 'corerush.config.json'), JSON.stringify(config))
    const env = { CANARY }
    const dry = await runCli(['--dry-run'], { cwd: folder, env })
    expect([dry.code, readdirSync(folder)]).toEqual([0, ['corerush.config.json']])
    const printed = await runCli(['--print-config', '--baseline', './old.json'], { cwd: folder, env })
    expect([printed.code, printed.stderr]).toEqual([0, ''])
    expect(printed.stdout).toMatch(/repeat +2 +corerush.config.json:1: repeat\n/)
    expect(printed.stdout).toMatch(/thresholds +p95 < baseline \+ 5% +default\n/)
    const { code, stdout, stderr } = await runCli([], { cwd: folder, env })
    expect(code, stderr).toBe(0)
    expect(stderr.match(/options of/g)).toHaveLength(1)
    const files = ['run-1.json', 'run-2.json'].map((name) => readFileSync(join(folder, name), 'utf8'))
    for (const text of [printed.stdout, stdout, stderr, ...files]) expect(text).not.toMatch(/c4n4ry|5ecret/)
    expect(readdirSync(join(folder, '.corerush', 'baselines', 'main'))).toHaveLength(2)
  }))

test('a problem in a file or a variable is reported with its place, and nothing is sent', () =>
  withFolder(async (folder) => {
    writeFileSync(
      join(folder, 'perf.yml'),
      `url: ${server.url}\nthresholds:\n  - p99 < 1s\n  - p98 < 300\noutputs: [jso=x]\nstages: [5s:1, 5x:2]\nca: '-----BEGIN CERTIFICATE-----'\n`,
    )
    const before = server.accepted()
    const args = ['--config', 'perf.yml', '--wait', 'long', '--config-file', 'x']
    const { code, stdout, stderr } = await runCli(args, { cwd: folder, env: { CORERUSH_TIMEOUT: '1q' } })
    expect([code, stdout, server.accepted()]).toEqual([2, '', before])
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^corerush: --config-file is not a flag/),
      expect.stringMatching(/^corerush: perf.yml:5: outputs\[0\] must be KIND=PATH, did you mean json\?/),
      expect.stringMatching(/^corerush: CORERUSH_TIMEOUT must be a duration/),
      expect.stringMatching(/^corerush: perf.yml:6: stages\[1\] must be stages such as/),
      expect.stringMatching(/^corerush: --wait must be /),
      expect.stringMatching(/^corerush: perf.yml:7: ca is about TLS certificates, but the URL is plain http/),
      expect.stringMatching(/^corerush: perf.yml:4: thresholds\[1\] must give p98 a limit with its unit/),
      'corerush: nothing was sent; see corerush --help',
      '',
    ])
  }))
