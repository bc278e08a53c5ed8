/**
 * First step of action.yml: makes corerush available to the next one, which finds its command in CORERUSH. A version comes
 * from npm; without one, the sources beside this file are built.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const version = (process.env['INPUT_VERSION'] ?? '').trim()
const own = fileURLToPath(new URL('../..', import.meta.url))

function npm(/** @type {string[]} */ args, /** @type {string} */ cwd) {
  const { status, error } = spawnSync('npm', args, {
    cwd,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

let main
if (version === '') {
  main = join(own, 'dist/cli/main.js')
  // npm builds after the installation.
  if (!existsSync(main)) npm(['ci', '--no-audit', '--no-fund'], own)
} else {
  if (!/^[\w.^~-]+$/.test(version)) {
    process.stderr.write(`::error::version is no version of an npm package: ${JSON.stringify(version)}\n`)
    process.exit(2)
  }
  const folder = join(process.env['RUNNER_TEMP'] ?? own, 'corerush')
  npm(['install', '--no-audit', '--no-fund', '--prefix', folder, `corerush@${version}`], process.cwd())
  main = join(folder, 'node_modules/corerush/dist/cli/main.js')
}
const { GITHUB_ENV } = process.env
if (GITHUB_ENV) appendFileSync(GITHUB_ENV, `CORERUSH=${main}\n`)
process.stdout.write(`corerush is ${main}\n`)
