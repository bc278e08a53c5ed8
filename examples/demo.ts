/**
 * The story: 550 users, each posting a small XML body about once a second, against the embedded target, which answers
 * after 20 ms from a process of its own. Run it with `npm run demo`; it exits as corerush does.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const BODY = fileURLToPath(new URL('getprograms.xml', import.meta.url))
const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

let target: ChildProcess | null = null
let load: ChildProcess | null = null

// Whatever ends this process, nothing is left running.
process.on('exit', () => {
  load?.kill('SIGKILL')
  target?.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (load === null) process.exit(SIGNAL_EXIT[signal])
    // Ctrl-C on a terminal has already reached corerush, which drains and reports; a second one would cut that short.
    if (signal === 'SIGINT' && process.stdin.isTTY) return
    load.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
  })

process.exitCode = await demo()

async function demo(): Promise<number> {
  // In a process group of its own, so that Ctrl-C does not take the target away while requests are in flight.
  const serving = (target = spawn(process.execPath, [CLI, 'target', '--port', '0', '--latency', '20ms'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  }))
  const closed = once(serving, 'close').catch((error: unknown) => {
    process.stderr.write(`demo: the target could not be started: ${String(error)}\n`)
  })
  const said: string[] = []
  let complaint = ''
  serving.stderr.on('data', (text: Buffer) => (complaint += text.toString()))
  const url = await new Promise<string | null>((resolve) => {
    createInterface(serving.stdout).on('line', (line) => {
      said.push(line)
      const listening = / listening on (http:\S+)$/.exec(line)
      if (listening !== null) resolve(listening[1]!)
    })
    void closed.then(() => resolve(null))
  })
  if (url === null) {
    process.stderr.write(`demo: the target did not start\n${complaint}`)
    return 1
  }

  load = spawn(
    process.execPath,
    [
      ...[CLI, '--url', `${url}/GetPrograms`, '--name', 'GetPrograms'],
      ...['-H', 'Content-Type: application/xml', '--body', `@${BODY}`],
      ...['--users', '550', '--wait', '0.9s-1.1s', '--duration', '15s'],
    ],
    { stdio: 'inherit' },
  )
  const [code, signal] = (await once(load, 'close')) as [number | null, NodeJS.Signals | null]

  const endedEarly = serving.exitCode !== null || serving.signalCode !== null
  serving.kill('SIGTERM')
  await closed
  // What it says after where it listens is what it has counted.
  process.stdout.write(`\n${said.slice(1).join('\n') || 'the target told no count'}\n`)
  if (endedEarly) process.stderr.write(`demo: the target ended during the run\n${complaint}`)
  if (code !== null) return code
  process.stderr.write(`demo: corerush was ended by ${signal ?? 'nothing known'}\n`)
  return signal !== null && signal in SIGNAL_EXIT ? SIGNAL_EXIT[signal as keyof typeof SIGNAL_EXIT] : 1
}
