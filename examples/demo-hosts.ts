/**
 * The demo on several hosts, `npm run demo:hosts`: a NATS server, two agents and the target, each a process of its own on
 * loopback, and the 550 users of the demo over both agents. Exits with the code of corerush.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startServer } from '../dist/fleet/server.js'
import { CLI, runBeside } from './beside-targets.ts'

const BODY = fileURLToPath(new URL('getprograms.xml', import.meta.url))

const server = await startServer({ host: '127.0.0.1', port: -1 })
const nats = server.url('127.0.0.1')
const agents = ['alpha', 'beta'].map((name) =>
  spawn(
    process.execPath,
    [CLI, 'agent', '--nats', nats, '--name', name, '--workers', '1', '--allow-host', '127.0.0.1'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  ),
)
// Nothing is left running, whatever ends this process.
process.on('exit', () => {
  for (const agent of agents) agent.kill('SIGKILL')
})

/** Lets an agent leave. */
async function end(agent: ChildProcess): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return
  const closed = once(agent, 'close')
  agent.kill('SIGTERM')
  await closed
}

try {
  process.exitCode = await runBeside(
    'demo:hosts',
    [[CLI, 'target', '--port', '0', '--latency', '20ms']],
    ([url]) => ({
      args: [
        ...['--agents', '2', '--nats', nats, '--url', `${url!}/GetPrograms`, '--name', 'GetPrograms'],
        ...['-H', 'Content-Type: application/xml', '--body', `@${BODY}`],
        ...['--users', '550', '--wait', '0.9s-1.1s', '--duration', '15s'],
      ],
    }),
  )
} finally {
  await Promise.all(agents.map(end))
  await server.end()
}
