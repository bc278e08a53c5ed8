/** A NATS server of one's own: only who has the token is let in, and it does not outlive who started it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer, type AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { serverProgram, startServer } from '../../src/fleet/server.ts'
import { aBus, hasNats, isThere, until } from '../support/nats.ts'

/** The processes whose parent this is. */
const childrenOf = (pid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => {
      try {
        return Number(readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1]!.split(' ')[1]) === pid
      } catch {
        return false
      }
    })

test.skipIf(!hasNats)('it lets in who has its token, and ends', async () => {
  const server = await startServer({ host: '127.0.0.1', port: -1 })
  const url = server.url('127.0.0.1')
  const bus = await aBus(url)
  await bus.close()
  expect(server.token.length).toBeGreaterThan(30)
  await expect(aBus(`nats://127.0.0.1:${server.port}`)).rejects.toThrow('does not let this client in')
  await server.end()
  await expect(aBus(url)).rejects.toThrow('connection refused')
})

test.skipIf(!hasNats)('it ends when the process that started it is killed', async () => {
  const module = join(import.meta.dirname, '../../src/fleet/server.ts')
  const code = `import { startServer } from ${JSON.stringify(module)}
    const { port } = await startServer({ host: '127.0.0.1', port: -1 })
    console.log(port)
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void parent.kill('SIGKILL'))
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const port = Number(line.toString())
  const shells = childrenOf(parent.pid!).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('nats'),
  )
  const family = [...shells, ...shells.flatMap(childrenOf)]
  expect(family.length).toBeGreaterThanOrEqual(2)
  parent.kill('SIGKILL')
  await until(() => !family.some(isThere))
  await expect(aBus(`nats://127.0.0.1:${port}`)).rejects.toThrow('connection refused')
})

test.skipIf(!hasNats)('a port that is taken is named', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  await expect(startServer({ host: '127.0.0.1', port })).rejects.toMatchObject({
    message: `port ${port} is taken, so no NATS server can be started on it`,
    hint: `--nats nats://127.0.0.1:${port}, if what listens there is one`,
  })
})

test('where there is none the PATH leads to none', () => {
  if (hasNats) expect(serverProgram('')).toContain('nats-server')
  expect(serverProgram('/there/is/none')).toBe(serverProgram(''))
})
