/**
 * A short run of the built command against the embedded target, on whatever platform this is: the counts add up, the
 * verdict is given, and vitals that the platform does not have are null, never zero. No test runner, no shell.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'corerush-smoke-'))
const path = join(folder, 'report.json')

const target = spawn(process.execPath, [CLI, 'target', '--port', '0', '--latency', '5ms'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const url = await new Promise((resolve, reject) => {
    createInterface(target.stdout).on('line', (line) => {
      const listening = / listening on (http:\S+)$/.exec(line)
      if (listening !== null) resolve(listening[1])
    })
    target.once('close', () => reject(new Error('the target did not start')))
  })
  const flags = ['--users', '20', '--wait', '50ms', '--duration', '2s', '--name', 'smoke']
  const run = spawn(process.execPath, [CLI, '--url', `${url}/smoke`, ...flags, '--out', `json=${path}`], {
    stdio: 'inherit',
  })
  const [code] = await once(run, 'close')
  const counted = await (await fetch(`${url}/__corerush/count`)).json()
  const { total, verdict, timeline, exitCode } = JSON.parse(readFileSync(path, 'utf8'))
  console.log(`verdict: ${verdict.level}`, verdict.reasons)

  assert.equal(code, exitCode)
  // A shared machine may be too busy for a sound run; that is for the verdict to say.
  assert.equal(code, verdict.level === 'void' ? 97 : 0)
  assert.ok(total.sent > 20)
  assert.equal(total.sent, total.finished + total.unfinished)
  assert.equal(total.failed, 0)
  assert.equal(counted.requests, total.sent)

  const vitals = timeline.filter(({ phase }) => phase === 'load').flatMap(({ workers }) => workers)
  assert.ok(vitals.length > 0)
  for (const worker of vitals) assert.ok(worker.utilization >= 0 && worker.utilization <= 1)
  const isLinux = platform() === 'linux'
  const hasSchedstat = existsSync('/proc/thread-self/schedstat')
  for (const name of ['cpu', 'runQueueMs', 'runQueueSlices'])
    for (const worker of vitals) assert.equal(worker[name] !== null, hasSchedstat, `${name} ${worker[name]}`)
  for (const host of timeline.flatMap((row) => (row.host === null ? [] : [row.host]))) {
    if (!isLinux) assert.equal(host.throttledMs, null)
    for (const core of host.cores ?? [])
      for (const name of ['steal', 'iowait'])
        assert.equal(core[name] !== null, isLinux, `${name} ${core[name]}`)
  }
  console.log(`smoke: good on ${platform()}, Node ${process.version}: ${total.sent} requests`)
} finally {
  target.kill()
  rmSync(folder, { recursive: true, force: true })
}
