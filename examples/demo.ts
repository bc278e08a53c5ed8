/**
 * The demo, `npm run demo`: 550 users, each posting a small XML body about once a second, against the embedded target, which
 * answers after 20 ms from a separate process. Exits with the code of corerush.
 */
import { fileURLToPath } from 'node:url'
import { CLI, runBeside } from './beside-targets.ts'

const BODY = fileURLToPath(new URL('getprograms.xml', import.meta.url))

process.exitCode = await runBeside(
  'demo',
  [[CLI, 'target', '--port', '0', '--latency', '20ms']],
  ([url]) => ({
    args: [
      ...['--url', `${url!}/GetPrograms`, '--name', 'GetPrograms'],
      ...['-H', 'Content-Type: application/xml', '--body', `@${BODY}`],
      ...['--users', '550', '--wait', '0.9s-1.1s', '--duration', '15s'],
    ],
  }),
)
