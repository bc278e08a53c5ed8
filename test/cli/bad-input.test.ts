/** What a user can get wrong: every problem in one line of its own, all together, exit 2, and nothing is sent. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { dispatch } from '../../src/cli/commands.ts'
import { MAIN, runCli, start } from '../support/cli.ts'
import { startFaults, type Faults } from '../support/faults.ts'

let server: Faults
let folder: string
beforeAll(async () => {
  server = await startFaults('ok')
  folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A command line in which URL stands for a living server and FOLDER for a folder. */
const argvOf = (words: string): string[] =>
  words
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => word.replaceAll('URL', server.url).replaceAll('FOLDER', folder))

/** The complaints on standard error, after which nothing was sent. */
function complaintsIn(stderr: string): string[] {
  const lines = stderr.trimEnd().split('\n')
  expect(lines.pop()).toBe('corerush: nothing was sent; see corerush --help')
  expect(server.accepted()).toBe(0)
  return lines.map((line) =>
    line.replaceAll(server.url, 'URL').replaceAll(folder, 'FOLDER').replaceAll(`:${server.port},`, ':PORT,'),
  )
}

/** Those of the command in a process of its own. */
async function complaints(words: string): Promise<string[]> {
  const { code, stdout, stderr } = await runCli(argvOf(words))
  expect([code, stdout]).toEqual([2, ''])
  return complaintsIn(stderr)
}

describe('one problem, one line', () => {
  // What core says of values is tested there. These are about the command line, and run in this process.
  const cases: Record<string, string> = {
    '--url': '--url needs a value',
    '--url 127.0.0.1:80/x': 'did you mean http://127.0.0.1:80/x?',
    '--url URL --allow-host prod.test,localhst':
      '--url goes to 127.0.0.1:PORT, which is not allowed; allowed are prod.test, localhst',
    '--url URL -Z': 'corerush: -Z is not a flag',
    '--url URL --Users 5': 'corerush: --Users is not a flag; did you mean --users?',
    '--url URL --users=-3': '--users must be a whole number from 1 to 1000000, got "-3"',
    '--url URL -c abc': '--users must be a number such as 550, 10k or 2M, got "abc"',
    '--url URL --users 1 -u 2': '--users was given 2 times: 1, 2',
    '--url URL --spawn-rate 5 --ramp-up 2s': '--ramp-up sets when users start, and so does --spawn-rate',
    '--url URL --capture-failures 1 -o junit=FOLDER/r.xml':
      '--capture-failures needs an output that has them: --out json=PATH or ndjson=PATH',
    '--url URL --target-metrics here':
      '--target-metrics must be the absolute http or https URL of a node_exporter page, got "here"',
    '--url URL --target-metrics http://me:it@127.0.0.1/':
      '--target-metrics must have no user and password in it',
    '--url URL --dry-run=yes': '--dry-run takes no value, got "yes"',
    '--url URL -qk=no': '--insecure takes no value, got "no"',
    '--url URL --body @FOLDER': '--body names a file that cannot be read: EISDIR',
    '--url URL --out FOLDER/x':
      '--out must be KIND=PATH, with one of json, ndjson, csv, html, junit, github, hlog, requests, otlp, got',
    '--url URL --out jso=x': '--out must be KIND=PATH, did you mean json?, got "jso=x"',
    '--url URL --out xml=FOLDER/x': '--out must be KIND=PATH, with one of json',
    '--url URL --out csv=-': '--out csv writes four files and needs a prefix for their names, got csv=-',
    '--url URL --out csv=FOLDER/none/x': 'csv=FOLDER/none/x: FOLDER/none/x_stats.csv cannot be written',
    '--url URL --out junit=FOLDER': '--out junit=FOLDER: is a directory',
    '--url URL --out json=- -o ndjson=-':
      '--out can write one thing to standard output, got json=- and ndjson=-',
    '--url URL --out json=FOLDER/x -o hlog=FOLDER/x': '--out names FOLDER/x twice',
    '--url URL --out json=FOLDER/x -o requests=FOLDER/x': '--out names FOLDER/x twice',
    '--url URL --sample-requests 10': '--sample-requests needs an output that has them: --out requests=FILE',
    '--url URL --out requests=FOLDER/x --sample-requests 0':
      '--sample-requests must be a whole number from 1 to 1000000, got "0"',
    'find --url URL --users 1..9 --threshold p99<1s --sample-requests 10':
      '--sample-requests does not go with find: a search keeps no single requests',
    'find --url URL --users 1..9 --threshold p99<1s --connections 10':
      '--connections must be at most one for each of the 9 users',
    '--url URL --agents 2 --out requests=FOLDER/x':
      '--out has no requests=FILE with --agents: agents hand over seconds, not single requests',
    // Where nobody listens: what is wrong is found before any agent is looked for.
    '--url URL --agents 2 --nats nats://127.0.0.1:9 --url URL': '--url was given 2 times',
    '--url URL --agents 2 --nats nats://127.0.0.1:9 --timeout soon': '--timeout must be',
    '--url URL --agents 2 --nats nats://127.0.0.1:9 --web 0 --wait soon': '--wait must be a wait such as',
    'find --url URL --users 1..9 --agents 2 --nats nats://127.0.0.1:9':
      '--threshold must say what is to hold',
    '--url URL --threshold p98.5<300': '--threshold must give p98.5 a limit with its unit, such as 300ms',
    '--url URL --threshold faild<1%': '--threshold unknown metric; did you mean failed?',
    '--url URL --threshold p95<1s -n 5 --threshold p95<1000ms': '--threshold must be given once each',
    '--url URL --fail=maybe': '--fail takes no value, got "maybe"',
    '--url URL --out json=FOLDER': '--out json=FOLDER: is a directory',
    '--url URL --out json=- -o json=-': '--out can write one thing to standard output, got json=- and json=-',
    '--url URL -H Authorization: Bearer c4n4ry':
      '--header ends at a blank: put quotes around the line, as in -H "Name: value"',
    '--web 0 --wait soon': '--wait must be a wait such as none, 1s',
    '--url URL stray': 'stray is neither a command nor an option',
    'localhost:3000/a': 'localhost:3000/a has no scheme; did you mean http://localhost:3000/a?',
    'shop.example/a': 'shop.example/a has no scheme; did you mean http://shop.example/a?',
    '--url URL traget': 'traget is not a command; did you mean target?',
    'target --port abc': '--port must be a port from 0 to 65535, got "abc"',
    'target --users 5': '--users is not a flag',
  }
  test.for(Object.entries(cases))('corerush %s', async ([words, complaint]) => {
    let stderr = ''
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      stderr += String(text)
      return true
    })
    // In CI nobody fills in the form, so that a URL is required.
    vi.stubEnv('CI', '')
    const code = await dispatch(argvOf(words)).finally(() => {
      write.mockRestore()
      vi.unstubAllEnvs()
    })
    const lines = complaintsIn(stderr)
    expect([code, lines.length]).toEqual([2, 1])
    expect(lines[0]).toContain(complaint)
    expect(lines[0]).not.toContain('c4n4ry')
  })
})

test('a baseline that is not there is missed before any agent is looked for', async () => {
  const fleet = '--url URL --agents 2 --nats nats://127.0.0.1:9'
  const { code, stderr } = await runCli(argvOf(`${fleet} --baseline FOLDER/none.json`))
  expect([code, stderr]).toEqual([2, expect.stringMatching(/none\.json cannot be read: ENOENT/)])
})

test.concurrent.each([
  ['', 'corerush: --url is required'],
  ['--url URL --usrs 5', 'corerush: --usrs is not a flag; did you mean --users?'],
  ['--url URL --body @FOLDER/none', 'corerush: --body names a file that cannot be read: ENOENT'],
  [
    '--url URL --out json=FOLDER/none/x',
    'corerush: --out json=FOLDER/none/x: cannot be written: no such directory',
  ],
])('the command in a process of its own: corerush %s', async (words, complaint) => {
  expect(await complaints(words)).toEqual([expect.stringContaining(complaint)])
})

test('five problems at once are five lines', async () => {
  const words = '--usrs 5 -d 3x --wait soon -o json=FOLDER/none/x --url URL/ stray'
  expect(await complaints(words)).toMatchInlineSnapshot(`
    [
      "corerush: --usrs is not a flag; did you mean --users?",
      "corerush: stray is neither a command nor an option",
      "corerush: --out json=FOLDER/none/x: cannot be written: no such directory: FOLDER/none",
      "corerush: --wait must be a wait such as none, 1s, 0.9s-1.1s, pacing:1s or throughput:2, got "soon"",
      "corerush: --duration must be a duration such as 500ms, 30s, 2m or 1h30m (a bare number is seconds), got "3x"",
    ]
  `)
})

test('a port that is taken, or a host that is not ours, ends the target with exit 2 and a hint', async () => {
  const taken = await runCli(['target', '--port', String(server.port)])
  expect(taken).toMatchObject({ code: 2, stdout: '' })
  expect(taken.stderr).toMatch(/the port is already in use\ncorerush: try /)
  const foreign = await runCli(['target', '--host', '192.0.2.1', '--port', '0'])
  expect(foreign).toMatchObject({ code: 2, stdout: '' })
  expect(foreign.stderr).toContain('it is not an address of this machine')
})

test('more users than this process may have files: refused with what would lift the limit', async () => {
  const command = `ulimit -n 1024 && exec '${process.execPath}' '${MAIN}' -u 1M --url ${server.url}`
  const { code, stderr } = await start('sh', ['-c', command]).finished
  expect([code, server.accepted()]).toEqual([2, 0])
  expect(stderr).toMatch(/1000000 users need 1000200 open files.*\ncorerush: try ulimit -n 1000200\n/)
})

describe('help and version', () => {
  test('every flag of the design is in the help, which fits a terminal', async () => {
    const { code, stdout, stderr } = await runCli(['--help'])
    expect([code, stderr]).toEqual([0, ''])
    const flags =
      'url method header body name expect-status users spawn-rate ramp-up wait duration requests graceful-stop ' +
      'workers seed transport timeout connect-timeout insecure keepalive threshold fail out quiet color dry-run help version'
    for (const flag of flags.split(' ')) expect(stdout).toContain(`--${flag}`)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    const target = await runCli(['target', '-h'])
    for (const flag of ['port', 'latency', 'status', 'body-bytes', 'seed'])
      expect(target.stdout).toContain(`--${flag}`)
  })

  test('the version is that of the package, alone or among other words', async () => {
    const { version } = (await import('../../package.json', { with: { type: 'json' } })).default
    expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
    expect(await runCli(['-V', '-q'])).toMatchObject({ code: 0, stdout: `${version}\n` })
  })
})
