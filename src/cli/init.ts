/** The command `corerush init`: a config, a scenario and npm scripts to begin with. Nothing is overwritten. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { OptionsError } from '../core/options/options-error.ts'
import { parseHttpUrl } from '../core/request/http-url.ts'
import { redactUrlText } from '../core/request/redacted-url.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import { findConfig } from '../host/files/config-file.ts'
import type { Command } from './command.ts'
import { canReadKeys } from './keys.ts'

const DEFAULT_URL = 'http://127.0.0.1:3000'
const CONFIG = 'corerush.config.yaml'
const SCENARIO = 'load.ts'
const PACKAGE = 'package.json'

/** The scripts of package.json. */
const SCRIPTS = {
  load: 'corerush',
  'load:smoke': 'corerush --profile smoke',
  'load:debug': 'corerush debug',
} as const

export async function initCommand(command: Command): Promise<number> {
  const problems = [...command.problems]
  if (command.texts.has('url')) problems.push(...urlProblems(command.texts.get('url')!))
  const folder = process.cwd()
  const config = findConfig(folder)
  const there = [...(config === null ? [] : [config]), ...(existsSync(SCENARIO) ? [SCENARIO] : [])]
  if (there.length > 0)
    problems.push({
      option: 'operands',
      place: 'corerush init',
      message: `overwrites nothing, and there is ${there.map((file) => file.replace(`${folder}/`, '')).join(' and ')} already`,
    })
  if (problems.length > 0) throw new OptionsError(problems)
  const scripts = plannedScripts()
  const url = command.texts.get('url') ?? (await askForUrl(command))
  if (url === null) {
    process.stderr.write('\ncorerush: nothing was written\n')
    return EXIT.interrupted
  }
  write(CONFIG, configText(url))
  write(SCENARIO, SCENARIO_TEXT)
  if (scripts === null)
    say(`there is no ${PACKAGE} here, so no scripts were added: npx corerush runs the load`)
  else addScripts(scripts)
  say(`npx corerush --profile smoke sends the first requests to ${redactUrlText(url)}`)
  return EXIT.ok
}

function urlProblems(text: string): OptionsError['problems'] {
  const url = parseHttpUrl(text)
  if (url === null)
    return [{ option: 'url', message: `must be an http or https URL, got "${redactUrlText(text)}"` }]
  // The config has it as the default of a variable.
  if (/[{}$'"\\]/.test(text)) return [{ option: 'url', message: 'must have none of { } $ \' " \\' }]
  return url.username === '' && url.password === ''
    ? []
    : [{ option: 'url', message: 'must have no user and password: the config would hold them; see --auth' }]
}

/** Asks for the target on a terminal, until the answer is a URL; the usual one elsewhere. `null` after Ctrl-C or Ctrl-D. */
async function askForUrl({ switches }: Command): Promise<string | null> {
  if (switches.get('yes') === true || !canReadKeys(process.stdin) || !process.stderr.isTTY) return DEFAULT_URL
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    for (;;) {
      const answer = (await asking.question(`URL of the target (${DEFAULT_URL}): `)).trim()
      const url = answer === '' ? DEFAULT_URL : answer
      const [problem] = urlProblems(url)
      if (problem === undefined) return url
      say(`the URL ${problem.message}`)
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return null
    throw error
  } finally {
    asking.close()
  }
}

/** What package.json is, and which scripts it has not; `null` without the file. */
interface PlannedScripts {
  readonly text: string
  readonly content: { scripts?: Record<string, string> }
  readonly missing: readonly (keyof typeof SCRIPTS)[]
}

function plannedScripts(): PlannedScripts | null {
  if (!existsSync(PACKAGE)) return null
  const wrong = (why: string): CorerushError =>
    new CorerushError('CORERUSH_OPTIONS', `${PACKAGE} ${why}; nothing was written`)
  let text: string
  let content: unknown
  try {
    text = readFileSync(PACKAGE, 'utf8')
    content = JSON.parse(text)
  } catch (error) {
    throw wrong(`cannot be read: ${messageOf(error)}`)
  }
  if (!isMapping(content) || !isMapping(content['scripts'] ?? {})) throw wrong('is no object with scripts')
  const { scripts = {} } = content as PlannedScripts['content']
  const missing = (Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[]).filter(
    (name) => !Object.hasOwn(scripts, name),
  )
  return { text, content: content, missing }
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Adds the scripts that are missing, and keeps the indentation of the file. */
function addScripts({ text, content, missing }: PlannedScripts): void {
  for (const name of Object.keys(SCRIPTS))
    if (!missing.some((one) => one === name)) say(`${PACKAGE} has a script ${name} already, which stays`)
  if (missing.length === 0) return
  const added = Object.fromEntries(missing.map((name) => [name, SCRIPTS[name]]))
  const indent = /^[\t ]+(?=")/m.exec(text)?.[0] ?? '  '
  const scripts = { ...content.scripts, ...added }
  const end = text.endsWith('\n') ? '\n' : ''
  writeFileSync(PACKAGE, JSON.stringify({ ...content, scripts }, null, indent) + end)
  say(`added to ${PACKAGE}: npm run ${missing.join(', npm run ')}`)
}

/** Writes a file that must not exist. */
function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' })
  } catch (error) {
    throw new CorerushError('CORERUSH_OPTIONS', `${file} cannot be written: ${messageOf(error)}`)
  }
  say(`wrote ${file}`)
}

const say = (text: string): void => void process.stderr.write(`corerush: ${text}\n`)

const configText = (
  url: string,
): string => `# yaml-language-server: $schema=./node_modules/corerush/schema/config.schema.json
# Every flag of corerush --help is a key here, in camel case.
scenario: ${SCENARIO}
url: \${TARGET:-${url}}
users: 10
duration: 1m
waitForTarget: 30s
thresholds:
  - p95 < 500ms
  - failed < 1%
profiles:
  smoke:
    users: 1
    duration: 5s
`

const SCENARIO_TEXT = `import { between, scenario } from 'corerush'

/** What each user does, over and over. \`npx corerush debug\` does every task once and shows each step. */
export default scenario({
  wait: between('1s', '2s'),
  tasks: {
    Home: ({ http }) => http.get('/'),
  },
})
`
