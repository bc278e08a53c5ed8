/**
 * Second step of action.yml: starts the service, and its base version beside it, runs corerush against them, ends them,
 * and exits with the code of corerush. Its inputs are the variables INPUT_…; see action.yml.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'

const input = (/** @type {string} */ name) => (process.env[`INPUT_${name}`] ?? '').trim()
const lines = (/** @type {string} */ name) =>
  input(name)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** Ends the step with exit code 2, as corerush does for wrong options. */
function refuse(/** @type {string} */ message) {
  process.stderr.write(`::error::${message}\n`)
  process.exit(2)
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return port
}

/** Starts the service in a process group of its own, so that all of it can be ended. */
function serve(/** @type {string} */ folder, /** @type {number} */ port) {
  const service = spawn('sh', ['-c', input('TARGET')], {
    cwd: folder,
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  const closed = once(service, 'close')
  let hasEnded = false
  void closed.then(([code, signal]) => {
    hasEnded = true
    if (!isEnding)
      process.stderr.write(
        `::warning::the service in ${folder} ended by itself: ${signal ?? `exit ${code}`}\n`,
      )
  })
  const end = async () => {
    if (hasEnded || service.pid === undefined) return
    process.kill(-service.pid, 'SIGTERM')
    const timer = setTimeout(() => hasEnded || process.kill(-service.pid, 'SIGKILL'), 5000)
    await closed
    clearTimeout(timer)
  }
  return { end }
}

const main = process.env['CORERUSH']
if (!main) refuse('the step that installs corerush has not run')
const folder = resolve(input('WORKING_DIRECTORY') || '.')
const base = input('BASE')
const report = resolve(input('REPORT') || 'corerush-report')
const url = input('URL')
if (base !== '' && input('TARGET') === '') refuse('base needs target, the command that starts the service')
if (base !== '' && url !== '' && !url.includes('$PORT'))
  refuse('with base, url needs $PORT in it, so that each version has a port')
if (base !== '' && input('BASELINE') !== '')
  refuse('base and baseline are two ways to compare: set one of them')

let isEnding = false
const ports = [await freePort(), await freePort()]
const urls = ports.map((port) => url.replaceAll('${PORT}', String(port)).replaceAll('$PORT', String(port)))
const folders = input('TARGET') === '' ? [] : [folder, ...(base ? [resolve(base)] : [])]
const services = folders.map((one, i) => serve(one, ports[i]))

mkdirSync(report, { recursive: true })
const args = [
  ...(input('CONFIG') ? ['--config', input('CONFIG')] : []),
  ...(url ? ['--url', urls[0]] : []),
  ...(url && base ? ['--against', new URL(urls[1]).origin] : []),
  ...(input('BASELINE') ? ['--baseline', input('BASELINE')] : []),
  ...lines('THRESHOLDS').flatMap((rule) => ['--threshold', rule]),
  ...['--out', `html=${join(report, 'report.html')}`],
  ...['--out', `json=${join(report, 'report.json')}`],
  ...['--out', `junit=${join(report, 'junit.xml')}`],
  ...(services.length === 0 ? [] : ['--wait-for-target', '60s']),
  ...lines('ARGUMENTS'),
]
process.stdout.write(`corerush ${args.join(' ')}\n`)
const load = spawn(process.execPath, [main, ...args], {
  cwd: folder,
  env: { ...process.env, PORT: String(ports[0]), ...(base ? { BASE_PORT: String(ports[1]) } : {}) },
  stdio: ['ignore', 'inherit', 'inherit'],
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => load.kill(signal))
const [code] = await once(load, 'close')
isEnding = true
await Promise.all(services.map(({ end }) => end()))

// Several runs have a file each: report-1.json and so on. The worst measurement is that of the step.
const levels = readdirSync(report)
  .filter((name) => /^report.*\.json$/.test(name))
  .map((name) => JSON.parse(readFileSync(join(report, name), 'utf8')).verdict.level)
const verdict = ['void', 'suspect', 'sound'].find((level) => levels.includes(level)) ?? ''
const { GITHUB_OUTPUT } = process.env
if (GITHUB_OUTPUT) appendFileSync(GITHUB_OUTPUT, `exit-code=${code ?? 1}\nverdict=${verdict}\n`)
process.exitCode = code ?? 1
