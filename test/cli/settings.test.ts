/** What flags, variables, a config file and its profiles say together, and where each value is said to come from. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseArgv } from '../../src/cli/args.ts'
import { optionsOf, type Command } from '../../src/cli/command.ts'
import { OptionsError } from '../../src/core/options/options-error.ts'
import { renderProblem } from '../../src/cli/problem.ts'
import { settingsOf, withPlace, withVariables, type Settings } from '../../src/cli/settings.ts'

let root: string
let folders = 0
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'corerush-test-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Given {
  readonly argv?: string
  readonly env?: Record<string, string>
  readonly yaml?: string
  readonly ts?: string
}

async function settings({ argv = '', env = {}, yaml, ts }: Given): Promise<Settings> {
  const folder = join(root, String(folders++))
  mkdirSync(folder)
  if (yaml !== undefined) writeFileSync(join(folder, 'corerush.config.yaml'), yaml)
  if (ts !== undefined) writeFileSync(join(folder, 'corerush.config.ts'), ts)
  const command = parseArgv(argv.split(' ').filter((word) => word !== ''))
  return settingsOf(command, env, folder)
}
/** The options that are said, without those that are not. */
const options = async (given: Given): Promise<object> => {
  const { command } = await settings(given)
  expect(command.problems.map(renderProblem)).toEqual([])
  const said = Object.entries(optionsOf(command)).filter(([, value]) => value !== undefined)
  return Object.fromEntries(said.filter(([, value]) => !Array.isArray(value) || value.length > 0))
}
const problems = async (given: Given): Promise<string[]> => {
  const { command } = await settings(given)
  return command.problems.map((problem) => renderProblem(problem).replaceAll(/[^ ]*\/(?=corerush)/g, ''))
}

const YAML = `
url: http://a.test/
users: 500
seed: 1
wait: 1s
timeout: 10s
profiles:
  smoke: { users: 50, wait: 2s, timeout: 20s }
`

describe('an agent, which has no config file', () => {
  const agent = async (argv: string, env: Record<string, string>): Promise<Command> => {
    let seen: Command | null = null
    const words = ['agent', ...argv.split(' ').filter((word) => word !== '')]
    await withVariables(parseArgv(words), (command) => Promise.resolve((seen = command)).then(() => 0), env)
    return seen!
  }

  test('takes each of its flags from a variable, of which a typed flag is stronger', async () => {
    const {
      texts,
      lists,
      switches,
      problems: wrong,
    } = await agent('--name typed', {
      CORERUSH_NATS: 'nats://127.0.0.1:4222',
      CORERUSH_ALLOW_HOST: '*.staging.example\nshop.test',
      CORERUSH_NAME: 'unused',
      CORERUSH_MAX_USERS: '50',
      CORERUSH_ACCEPT_SCENARIOS: 'true',
      // Of runs on the same host.
      CORERUSH_URL: 'http://a.test/',
      OTHER: 'x',
    })
    expect(wrong).toEqual([])
    expect(Object.fromEntries(texts)).toMatchObject({
      nats: 'nats://127.0.0.1:4222',
      agentName: 'typed',
      agentUsers: '50',
    })
    expect(lists.get('allowHosts')).toEqual(['*.staging.example', 'shop.test'])
    expect(switches.get('acceptScenarios')).toBe(true)
    expect(texts.has('url')).toBe(false)
  })

  test('takes the variables that the files for its deployment set', async () => {
    const files = ['systemd/corerush-agent.service', 'compose.yaml']
    const set = files.flatMap((file) => {
      const text = readFileSync(new URL(`../../deploy/${file}`, import.meta.url), 'utf8')
      return [...text.matchAll(/^[ #]*(CORERUSH_\w+)[=:]/gm)].map(([, variable]) => variable!)
    })
    expect(set).toEqual(expect.arrayContaining(['CORERUSH_NATS', 'CORERUSH_ALLOW_HOST']))
    const {
      texts,
      lists,
      problems: wrong,
    } = await agent('', Object.fromEntries(set.map((one) => [one, 'a.test'])))
    expect(wrong).toEqual([])
    expect([texts.get('nats'), lists.get('allowHosts')]).toEqual(['a.test', ['a.test']])
  })

  test('is told of a variable that is none, and which one a wrong value is of', async () => {
    const { problems: wrong } = await agent('', { CORERUSH_ALLOW_HOSTS: 'a', CORERUSH_ONCE: 'perhaps' })
    expect(wrong.map(renderProblem)).toEqual([
      expect.stringMatching(/^CORERUSH_ALLOW_HOSTS is not a variable.*did you mean CORERUSH_ALLOW_HOST\?/),
      'CORERUSH_ONCE must be true or false, got "perhaps"',
    ])
    const failing = withVariables(
      parseArgv(['agent']),
      () => Promise.reject(new OptionsError([{ option: 'maxRate', message: 'must be a rate' }])),
      { CORERUSH_MAX_RATE: 'fast' },
    )
    await expect(failing).rejects.toMatchObject({ problems: [{ place: 'CORERUSH_MAX_RATE' }] })
  })
})

test('debug takes what a run takes, and what is wrong with it has its place', async () => {
  const debug = async (yaml: string, env = {}): Promise<Settings> => {
    const folder = join(root, String(folders++))
    mkdirSync(folder)
    writeFileSync(join(folder, 'corerush.config.yaml'), yaml)
    return settingsOf(parseArgv(['debug', 's.ts', '--seed', '1']), env, folder)
  }
  const { said, command } = await debug("allowHosts: [a.test, '${B:-b.test}']\nheaders: { X: y }\nusers: 5")
  expect(optionsOf(command)).toMatchObject({ allowHosts: ['a.test', 'b.test'], headers: ['X: y'], seed: '1' })
  expect(withPlace(said, { option: 'allowHosts', message: 'is bad', at: 1 }).place).toMatch(
    /corerush\.config\.yaml:1: allowHosts\[1\]$/,
  )
  // What is misspelt must not allow everything.
  const { command: wrong } = await debug('allowHost: a.test', { CORERUSH_ALLOW_HOSTS: 'a' })
  expect(wrong.problems.map(({ message }) => message).join('\n')).toMatch(
    /did you mean CORERUSH_ALLOW_HOST\?[^]*did you mean allowHosts\?/,
  )
})

describe('precedence', () => {
  test('flag over variable over profile over the rest of the file', async () => {
    const env = { CORERUSH_USERS: '7', CORERUSH_WAIT: '3s', CORERUSH_PROFILE: 'smoke' }
    expect(await options({ argv: '-u 5', env, yaml: YAML })).toEqual({
      url: 'http://a.test/',
      users: '5',
      wait: '3s',
      timeout: '20s',
      seed: '1',
    })
    expect(await options({ yaml: YAML })).toMatchObject({ users: '500', wait: '1s', timeout: '10s' })
  })

  test('no config where none is wanted, another one where it is named', async () => {
    expect(await options({ argv: '--no-config', yaml: YAML })).toEqual({})
    writeFileSync(
      join(root, 'other.json'),
      '{ "users": 3, "scenario": "s.ts", "body": "@b.xml", "outputs": "json=o" }',
    )
    const env = { CORERUSH_CONFIG: '../other.json' }
    expect(await options({ env, yaml: YAML })).toEqual({ users: '3', scenario: '../s.ts' })
    const { command } = await settings({ argv: '--config ../other.json' })
    expect([command.lists.get('outputs'), command.texts.get('body')]).toEqual([['json=o'], '@../b.xml'])
  })

  test('a baseline that is a file lies beside the config, one that is a name does not', async () => {
    writeFileSync(
      join(root, 'compared.json'),
      '{ "baseline": ["main,a.json", "./b", "${NAME:-last}"], "saveBaseline": "next", "repeat": 3 }',
    )
    const { command } = await settings({ argv: '--config ../compared.json' })
    expect(command.lists.get('baseline')).toEqual(['main,./../a.json', './../b', 'last'])
    expect([command.texts.get('saveBaseline'), command.texts.get('repeat')]).toEqual(['next', '3'])
  })

  test('a program is a config as well, and its texts are what they are', async () => {
    const ts = `import { defineConfig } from 'corerush'
      export default defineConfig({ url: 'http://a.test/', headers: { A: '\${B}' }, insecure: true, keepAlive: undefined })`
    expect(await options({ ts })).toEqual({ url: 'http://a.test/', headers: ['A: ${B}'], insecure: true })
  })
})

test('every kind of value', async () => {
  const yaml = `
stages: 10s:5,10s:0
tags: [a, 'b,c']
headers:
  - 'A: b'
thresholds: p99 < 1s
localAddress: 127.0.0.1, 127.0.0.2
keepAlive: false
expectStatus: 404
connectTo: ':80:127.0.0.1:81'
quiet: true
`
  const env = { CORERUSH_HEADER: 'C: d\nE: f\n', CORERUSH_HTTP2: 'true', CORERUSH_SEED: '' }
  expect(await options({ yaml, env })).toEqual({
    stages: ['10s:5', '10s:0'],
    tags: ['a', 'b', 'c'],
    headers: ['A: b', 'C: d', 'E: f'],
    thresholds: ['p99 < 1s'],
    localAddress: ['127.0.0.1', ' 127.0.0.2'],
    keepAlive: false,
    expectStatus: '404',
    connectTo: [':80:127.0.0.1:81'],
    http2: true,
  })
  expect((await settings({ yaml })).command.switches.get('quiet')).toBe(true)
})

describe('variables in a file', () => {
  test('only those that count are needed; what is sent is a secret, unless it is an address', async () => {
    const yaml = `
url: \${BASE}/GetPrograms
users: \${USERS:-9}
insecure: \${LAX}
headers: { X-Env: 'a\${STAGE}' }
proxy: \${NONE}
profiles: { other: { body: '\${NONE}' } }
`
    const env = { BASE: 'http://a.test', STAGE: 'blue', LAX: 'true' }
    const given = { argv: '--proxy http://p.test:1', env, yaml }
    expect(await options(given)).toEqual({
      url: 'http://a.test/GetPrograms',
      users: '9',
      insecure: true,
      headers: ['X-Env: ablue'],
      proxy: 'http://p.test:1',
      secrets: ['blue'],
    })
    expect((await settings(given)).secrets).toEqual(['blue'])
  })
})

describe('all problems are reported together, each with its place', () => {
  test('of a file', async () => {
    const yaml = `usres: 5
users: true
insecure: 'yes'
url: [x]
body: { a: 1 }
thresholds: [{}, p99 < 1s, null]
headers: { A: [], 'B:c': d }
outputs: 5
dryRun: true
<<: { users: 1 }
profiles:
  smoke:
    thresolds: [a]
    profiles: {}
  'a b': 5
  none:
`
    expect(await problems({ yaml, argv: '--usesr 5' })).toEqual([
      '--usesr is not a flag; did you mean --users?',
      'corerush.config.yaml:1: usres is not an option; did you mean users?',
      'corerush.config.yaml:2: users must be a text or a number, got true',
      'corerush.config.yaml:3: insecure must be true or false, got "yes"',
      'corerush.config.yaml:4: url must be a text or a number, got a list',
      'corerush.config.yaml:5: body must be a text or a number, got a mapping',
      'corerush.config.yaml:6: thresholds[0] must be a text, got a mapping',
      'corerush.config.yaml:6: thresholds[2] must be a text, got nothing',
      'corerush.config.yaml:7: headers.A must be a text, got a list',
      'corerush.config.yaml:7: headers["B:c"] must have no colon in its name',
      'corerush.config.yaml:9: dryRun is not an option',
      'corerush.config.yaml:10: ["<<"] is not an option',
      'corerush.config.yaml:13: profiles.smoke.thresolds is not an option; did you mean thresholds?',
      'corerush.config.yaml:14: profiles.smoke.profiles is not an option',
      'corerush.config.yaml:15: profiles["a b"] must hold options, got a number',
      'corerush.config.yaml:16: profiles.none must hold options, got nothing',
    ])
  })

  test.each([
    ['', 'corerush.config.yaml must hold options such as users: 550, got nothing'],
    ['# users: 5', 'corerush.config.yaml must hold options such as users: 550, got nothing'],
    ['- users: 5', 'corerush.config.yaml:1 must hold options such as users: 550, got a list'],
    ['users 5', 'corerush.config.yaml:1 must hold options such as users: 550, got a text'],
    ['profiles: []', 'corerush.config.yaml:1: profiles must hold profiles by their names, got a list'],
    ['auth: true', 'corerush.config.yaml:1: auth must be a text or a number, got a boolean'],
    [
      'url: ${NONE}',
      'corerush.config.yaml:1: url needs the environment variable NONE, which is not set or empty: ${NONE:-} allows that',
    ],
    ['quiet: ${YES}', 'corerush.config.yaml:1: quiet must be true or false, got "yes"'],
  ])('%j', async (yaml, problem) => expect(await problems({ yaml, env: { YES: 'yes' } })).toEqual([problem]))

  test('of profiles and variables', async () => {
    expect(await problems({ yaml: YAML, argv: '--profile smok' })).toEqual([
      '--profile "smok" is no profile of corerush.config.yaml; did you mean smoke?',
    ])
    expect(await problems({ yaml: YAML, env: { CORERUSH_PROFILE: 'nightly' } })).toEqual([
      'CORERUSH_PROFILE "nightly" is no profile of corerush.config.yaml; it has smoke',
    ])
    expect(await problems({ argv: '--profile smoke' })).toEqual([
      '--profile needs a config file, and there is none',
    ])
    expect(await problems({ env: { CORERUSH_USRES: '5', CORERUSH_QUIET: '1', CORERUSH_X: '' } })).toEqual([
      'CORERUSH_USRES is not a variable of corerush, and names with CORERUSH_ are reserved; did you mean CORERUSH_USERS?',
      'CORERUSH_X is not a variable of corerush, and names with CORERUSH_ are reserved',
      'CORERUSH_QUIET must be true or false, got "1"',
    ])
    expect(await problems({ argv: '--config' })).toEqual(['--config needs a value'])
  })
})
