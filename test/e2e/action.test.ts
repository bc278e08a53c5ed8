/** The GitHub Action: its steps' scripts run as a runner would run them, and its inputs reach them. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { start, withFolder } from '../support/cli.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const CLI = join(REPOSITORY, 'dist/cli/main.js')
const RUN = join(REPOSITORY, '.github/action/run.mjs')
const TARGET = `exec "${process.execPath}" "${CLI}" target --port "$PORT"`

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>
  readonly runs: {
    readonly steps: readonly { readonly run?: string; readonly env?: Readonly<Record<string, string>> }[]
  }
}
const text = readFileSync(join(REPOSITORY, 'action.yml'), 'utf8')
const { inputs, runs } = parse(text) as Action

const run = (folder: string, env: Readonly<Record<string, string>>) =>
  start(process.execPath, [RUN], {
    cwd: folder,
    env: { CORERUSH: CLI, GITHUB_OUTPUT: join(folder, 'output'), GITHUB_ACTIONS: '', ...env },
  }).finished

test('every input reaches a script by its variable, and none is text of a script', () => {
  const variables = Object.assign({}, ...runs.steps.map(({ env }) => env ?? {})) as Record<string, string>
  const passed = Object.entries(variables).map(([name, value]) => [name, value])
  const expected = Object.keys(inputs)
    .filter((name) => name !== 'artifact')
    .map((name) => [`INPUT_${name.toUpperCase().replaceAll('-', '_')}`, `\${{ inputs.${name} }}`])
  expect(passed.sort()).toEqual(expected.sort())
  for (const { run: script } of runs.steps) expect(script ?? '').not.toContain('${{')
  const scripts = ['install', 'run'].map((name) =>
    readFileSync(join(REPOSITORY, `.github/action/${name}.mjs`), 'utf8'),
  )
  for (const name of Object.keys(variables)) expect(scripts.join('')).toContain(name.replace('INPUT_', ''))
})

test('it measures a version beside its base, leaves a report and outputs, and ends both', () =>
  withFolder(async (folder) => {
    mkdirSync(join(folder, 'base'))
    const { code, stdout } = await run(folder, {
      INPUT_TARGET: TARGET,
      INPUT_BASE: 'base',
      INPUT_URL: 'http://127.0.0.1:$PORT/GetPrograms',
      INPUT_ARGUMENTS: '--users=2\n--wait=20ms\n--duration=1s\n--repeat=1',
      INPUT_THRESHOLDS: 'failed < 1%\nsucceeded > 10',
      INPUT_REPORT: 'kept',
    })
    const addresses = [...stdout.matchAll(/listening on http:\/\/127\.0\.0\.1:(\d+)/g)].map(
      ([, port]) => port!,
    )
    expect(new Set(addresses).size, stdout).toBe(2)
    // Each of them was loaded, and has ended with its counts.
    expect(stdout.match(/answered [1-9][\d,]* requests/g)).toHaveLength(2)
    expect(readFileSync(join(folder, 'output'), 'utf8')).toMatch(
      new RegExp(`^exit-code=${code}\nverdict=(sound|suspect|void)\n$`),
    )
    const kept = readdirSync(join(folder, 'kept'))
    for (const name of [/^report.*\.html$/, /^report.*\.json$/, /^junit.*\.xml$/])
      expect(kept).toContainEqual(expect.stringMatching(name))
  }))

test.each([
  [{ INPUT_BASE: 'base', INPUT_URL: 'http://127.0.0.1:$PORT/' }, 'base needs target'],
  [{ INPUT_TARGET: TARGET, INPUT_BASE: 'base', INPUT_URL: 'http://127.0.0.1:1/' }, 'url needs $PORT'],
  [{ INPUT_TARGET: TARGET, INPUT_BASE: 'base', INPUT_BASELINE: 'main' }, 'two ways to compare'],
])('%j is refused before anything is started', (env, message) =>
  withFolder(async (folder) => {
    const { code, stderr } = await run(folder, env)
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  }),
)
