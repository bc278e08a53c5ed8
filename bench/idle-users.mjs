/**
 * Connects a number of users, each with one finished request and a long wait ahead, and reports the memory of this process:
 * resident memory, and heap with external memory, after a full collection. One kind and one number per process, so that
 * nothing is left over from another.
 *
 * node --expose-gc idle-users.mjs KIND URL USERS, where the kind is a transport of corerush, `client` (undici's, without
 * anything of ours) or `socket` (node:net's).
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [kind, url, count] = process.argv.slice(2)
const users = Number(count)
/** References to the users, so that they are not collected. */
const held = []

const KINDS = { client: clients, socket: sockets }
await (KINDS[kind] ?? corerush)()
for (let i = 0; i < 3; i++) {
  await sleep(100)
  globalThis.gc()
}
const { rss, heapUsed, external } = process.memoryUsage()
process.send({ rss, heap: heapUsed + external }, () => process.exit())

/** A worker, up to the second in which the last user had its answer. */
async function corerush() {
  const [{ planRun }, { succeeded, workAlone }] = await Promise.all([
    import('../dist/host/run-plan.js'),
    import('./worker-alone.mjs'),
  ])
  // undici is the default, and needs no word.
  const transport = kind === 'wire' ? { transport: kind } : {}
  const plan = planRun({ url, users, workers: 1, wait: '1h', rampUp: '2s', duration: '10m', ...transport })
  let answered = 0
  await new Promise((resolve, reject) => {
    workAlone(plan, (snapshot) => {
      answered += succeeded(snapshot)
      if (answered === users) resolve()
    }).catch(reject)
  })
}

async function clients() {
  const { Client } = await import('undici')
  const { origin, pathname } = new URL(url)
  for (let i = 0; i < users; i++)
    await new Promise((resolve, reject) => {
      const client = new Client(origin, { keepAliveTimeout: 3_600_000, headersTimeout: 0, bodyTimeout: 0 })
      held.push(client)
      client.dispatch(
        { path: pathname, method: 'GET' },
        { onConnect() {}, onHeaders: () => true, onData: () => true, onComplete: resolve, onError: reject },
      )
    })
}

async function sockets() {
  const { hostname, port, pathname } = new URL(url)
  const request = `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`
  for (let i = 0; i < users; i++) {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    held.push(socket)
    socket.write(request)
    await once(socket, 'data')
    socket.on('data', () => undefined)
  }
}
