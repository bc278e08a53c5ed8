/** `--web` on the command line: when the page has a form, and where that is refused. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseArgv } from '../../src/cli/args.ts'
import { amendLoad, readWeb } from '../../src/cli/served-pages.ts'
import { notePagesMissing } from '../../src/cli/page-flags.ts'
import { checkForForm, fileOf, formOf, withForm } from '../../src/cli/start-form.ts'
import { onLoopback } from '../../src/output/web/page-address.ts'
import type { FormWords } from '../../src/output/web/web-messages.ts'
import type { ScriptPlan } from '../../src/core/scenario/script-plan.ts'
import type { Problem } from '../../src/core/options/problem.ts'
import type { RunControl } from '../../src/host/control.ts'
import { runCli, startCli, withFolder, withTarget } from '../support/cli.ts'
import { eventsIn } from '../support/live.ts'

function read(words: string, environment: Record<string, string> = {}) {
  const problems: Problem[] = []
  const web = readWeb(parseArgv(words.split(' ')), null, environment, problems)
  return { web, problems: problems.map(({ option, message }) => `${option} ${message}`) }
}

test.each([
  ['--web', 8089, true],
  ['--web 0 --url http://h/ --wait 1s -d 5s -w 2', 0, true],
  ['shop.ts --web', 8089, true],
  ['--web 81 --url http://h/ --users 5', 81, false],
  ['--web --rate 5', 8089, false],
  ['--web -s 1s:5', 8089, false],
  ['--web -n 5', 8089, false],
  ['--web --iterations 5', 8089, false],
] as const)('%s', (words, port, hasForm) => {
  expect(read(words)).toEqual({ web: { address: onLoopback(port), hasForm }, problems: [] })
})

test('without the flag there is none, nor with a port that is none', () => {
  expect(read('--users 5')).toEqual({ web: null, problems: [] })
  expect(read('--web 65536').problems).toEqual(['web must be a port from 0 (any) to 65535, got "65536"'])
  expect(read('--web shop.ts').problems).toEqual(['web must be a port from 0 (any) to 65535, got "shop.ts"'])
  expect(read('--web --dry-run').problems).toEqual(['web does not go with --dry-run, which runs nothing'])
})

test('a page beyond this host: its address, names, token and certificate; what is wrong is said without the token', () => {
  const { web, problems } = read(
    '--web --web-host 0.0.0.0 --web-token a-token-of-the-user --web-allow-host a.test,*.b.test:1',
  )
  expect(problems).toEqual([])
  expect(web?.address).toEqual({
    ...{ port: 8089, host: '0.0.0.0', token: 'a-token-of-the-user', tls: null },
    allowHosts: [
      { host: 'a.test', isDomain: false, port: null },
      { host: 'b.test', isDomain: true, port: 1 },
    ],
  })
  expect(read('--web --web-host [::1]').web?.address.host).toBe('::1')
  for (const [words, problem] of [
    ['--web-host http://h/', 'webHost must be an address or a name of this host'],
    ['--web-host 0.0.0.0:80', 'webHost must be an address or a name of this host'],
    ['--web-token c4n4ry', 'webToken must have 16 to 256 letters, digits, -, ., _ or ~'],
    ['--web-token c4n4ry/c4n4ry/c4n4ry', 'webToken must have 16 to 256 letters'],
    ['--web-allow-host http://h/', 'webAllowHosts must be hosts such as api.test'],
    ['--web-cert a.pem', 'webCert needs --web-key'],
    ['--web-key a.pem', 'webKey needs --web-cert'],
    ['--web-cert nowhere.pem --web-key nowhere.pem', 'webCert names a file that cannot be read'],
    ['--web-cert package.json --web-key package.json', 'webCert cannot be used'],
  ] as const) {
    const said = read(`--web --users 5 ${words}`).problems
    expect(said.join('\n')).toContain(problem)
    expect(said.join('\n')).not.toContain('c4n4ry')
  }
})

test('flags about a page that is not served are refused; a variable is for other calls', () => {
  const missing = (typed: string, all = typed) => {
    const problems: Problem[] = []
    notePagesMissing(parseArgv(typed.split(' ')), parseArgv(all.split(' ')), problems)
    return problems.map(({ option, message }) => `${option} ${message}`)
  }
  expect(missing('--web-host 0.0.0.0 --metrics-token x --web-cert a')).toEqual([
    'metricsToken needs --metrics',
    'webHost needs --web',
    'webCert needs --web or --metrics',
  ])
  expect(missing('--web-host 0.0.0.0', '--web --web-host 0.0.0.0')).toEqual([])
  expect(missing('--users 5', '--users 5 --web-token x')).toEqual([])
})

test('nobody fills in a form in CI, and its runs write no files over each other', () => {
  expect(read('--web', { CI: 'true' }).problems).toEqual([
    'web waits for someone to fill in its form, and CI has nobody: use --users or --rate',
  ])
  expect(read('--web -u 5', { CI: 'true' }).problems).toEqual([])
  expect(read('--web', { CI: 'false' }).problems).toEqual([])
  expect(read('--web -o json=x --repeat 2').problems.map((text) => text.split(' ')[0])).toEqual([
    'outputs',
    'repeat',
  ])
})

test('the stages of a scenario are a load: there is no form, and CI may run it', async () => {
  await withTarget([], ({ url }) =>
    withFolder(async (folder) => {
      const file = join(folder, 'load.ts')
      const tasks = `{ T: ({ http }) => http.get('/') }`
      writeFileSync(
        file,
        `import { scenario } from 'corerush'
         export default scenario({ baseUrl: '${url}', stages: ['0s:2', '300ms:2'], tasks: ${tasks} })`,
      )
      const { stdout, stderr } = await runCli([file, '--web', '0', '-w', '1'], { env: { CI: 'true' } })
      expect(stderr).toContain('live page at ')
      expect(stdout).toContain('measurement: ')
    }),
  )
})

test('the form begins with what was said, and has the last word on it', () => {
  const command = parseArgv(['--web', '--url', 'http://h/', '--wait', '1s', '-w', '2'])
  const same = (text: string): string => text
  expect(formOf(command, same)).toEqual({ url: 'http://h/', wait: '1s' })
  const { texts } = withForm(command, { url: 'http://i/', spawnRate: '5' }, same)
  expect(Object.fromEntries(texts)).toEqual({
    ...{ web: '', workers: '2', url: 'http://i/', spawnRate: '5' },
    // An empty field, as in the form of Locust, is a run until it is stopped.
    duration: '0',
  })
})

test('options of the scenario file are fields too: a word is set, an emptied field is the default', () => {
  const command = parseArgv(['--web', '--set', 'channel=2', '--set', 'pin=1'])
  const same = (text: string): string => text
  const option = { description: '', choices: null, isSecret: false }
  const options = [
    { ...option, name: 'channel', default: 1, value: 2 },
    { ...option, name: 'day', default: 'today', value: 'today' },
    { ...option, name: 'pin', default: '', value: '1', isSecret: true },
  ]
  expect(formOf(command, same, options)).toEqual({ 'set.channel': '2' })
  const setOf = (words: FormWords): unknown => withForm(command, words, same, options).lists.get('set')
  expect(setOf({ 'set.channel': '3', 'set.day': 'monday' })).toEqual([
    ...['channel=2', 'pin=1', 'channel=3', 'day=monday'],
  ])
  expect(setOf({})).toEqual(['channel=2', 'pin=1', 'channel=1'])
})

test('scenarios and tags are chosen in the form, and what was said there stays with its weight', () => {
  const command = parseArgv(['--web', 'shop.ts', '--scenario', 'buy=3,look', '-T', 'slow'])
  const same = (text: string): string => text
  expect(formOf(command, same)).toEqual({ scenarios: 'buy=3,look', tags: 'slow' })
  const { lists } = withForm(command, { scenarios: 'look', excludeTags: 'a,b' }, same)
  expect(Object.fromEntries(lists)).toEqual({ scenarios: ['look'], excludeTags: ['a', 'b'] })
})

test('the form knows the scenario file: base URL, wait, scenarios and tags; a secret of the URL is masked', () => {
  const task = (tags: string[]) => ({ name: 'T', group: '', at: 0, weight: 1, tags })
  const one = {
    index: 0,
    users: null,
    weight: 1,
    wait: { kind: 'constant', seconds: 1 },
    tasks: [task(['b', 'a'])],
  }
  const script = (scenarios: object[]) =>
    ({ file: '/x/shop.ts', baseUrl: 'http://h/?token=c4n4ry', scenarios }) as unknown as ScriptPlan
  const same = (text: string): string => text
  expect(fileOf(script([{ ...one, name: null }]), same)).toEqual({
    ...{ name: 'shop.ts', baseUrl: 'http://h/?token=***', wait: '1s', scenarios: [], tags: ['a', 'b'] },
  })
  const several = [
    { ...one, name: 'buy' },
    { ...one, name: 'admin', users: 2, wait: null },
  ]
  expect(fileOf(script(several), same)).toMatchObject({
    wait: 'as each scenario says',
    scenarios: [
      ['buy', 'weight 1, 1 task, wait 1s'],
      ['admin', '2 users, 1 task, no wait'],
    ],
  })
  expect(fileOf(script([...several, { ...one, name: 'a,b' }]), same).scenarios).toEqual([])
})

test('what the form asks for may be missing or too little by default; what was said must be right', () => {
  const check =
    (words: string, ...problems: Problem[]) =>
    () =>
      checkForForm(parseArgv(words.split(' ')), problems)
  const few = { option: 'users', message: 'must be at least the 2 users' }
  expect(check('--web', few, { option: 'url', message: 'is required' })).not.toThrow()
  expect(check('--web --users 1', few)).toThrow('at least the 2')
  expect(check('--web', { option: 'timeout', message: 'is wrong' })).toThrow('is wrong')
})

test('a change of the load is read as flags are, and its problems are reported', async () => {
  const asked: unknown[] = []
  const control: RunControl = {
    amend(change) {
      asked.push(change)
      return Promise.reject(new Error('the load cannot be amended: it is over'))
    },
  }
  const users = { of: 'users', value: 5, durationS: 60 } as const
  const rate = { of: 'ratePerS', value: 5, durationS: null } as const
  for (const [load, words, problem] of [
    [users, {}, 'users must be a number such as 550, 10k or 2M, got ""'],
    [users, { value: 'x' }, 'users must be a number such as 550, 10k or 2M, got "x"'],
    [rate, { value: '5/y' }, 'the rate must be '],
    [users, { value: '5', over: 'soon' }, 'the span must be a duration'],
    [users, { value: '2k', over: '500ms' }, 'the load cannot be amended: it is over'],
    [rate, { value: '90/m' }, 'the load cannot be amended: it is over'],
    [users, { end: 'soon' }, 'the length must be a duration'],
    [rate, { end: '+5m' }, 'the load has no end that could be moved'],
    [users, { end: '+5m' }, 'the load cannot be amended: it is over'],
    [users, { end: '0' }, 'the load cannot be amended: it is over'],
    [rate, { end: '10m' }, 'the load cannot be amended: it is over'],
  ] as const)
    expect(await amendLoad(control, load, words)).toContain(problem)
  expect(asked).toEqual([
    ...[{ users: 2000, overS: 0.5 }, { ratePerS: 1.5 }],
    ...[{ durationS: 360 }, { durationS: null }, { durationS: 600 }],
  ])
})

test('a secret that was typed into the form reaches no other tab', async () => {
  const serving = startCli(['--web', '0', '-w', '1'])
  try {
    const [, page] = await serving.says('stderr', /live page at (http\S+)\n/)
    const { origin, searchParams } = new URL(page!)
    const token = searchParams.get('token')!
    for (const url of ['http://me:c4n4ry@h/', 'http://h/?api_key=c4n4ry', 'http://h/a']) {
      const response = await fetch(`${origin}/start`, {
        method: 'POST',
        headers: { origin, 'x-corerush-token': token, 'content-type': 'application/json' },
        body: JSON.stringify({ url, users: '0' }),
      })
      expect(await response.json()).toMatchObject({ problems: [{ field: 'users' }] })
      const events = await fetch(`${origin}/events?token=${token}`)
      const { value } = (await events.body!.getReader().read()) as { readonly value: Uint8Array }
      const [{ said } = { said: null }] = eventsIn(new TextDecoder().decode(value))
      expect(said).toMatchObject({ form: { users: '0', ...(url.includes('c4n4ry') ? {} : { url }) } })
      expect(JSON.stringify(said)).not.toContain('c4n4ry')
    }
  } finally {
    serving.kill('SIGINT')
  }
  expect((await serving.finished).stderr).not.toContain('c4n4ry')
})

test('a secret that was said is not shown in the form, and stays in force', () => {
  const hidden = (text: string): string => text.replaceAll('c4n4ry', '***')
  for (const url of ['http://me:it@h/', 'http://h/?token=it', 'http://h/c4n4ry']) {
    const command = parseArgv(['--web', '--url', url])
    expect(formOf(command, hidden)).toEqual({})
    expect(withForm(command, {}, hidden).texts.get('url')).toBe(url)
    expect(withForm(command, { url: 'http://i/' }, hidden).texts.get('url')).toBe('http://i/')
  }
})
