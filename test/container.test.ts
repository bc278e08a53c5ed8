/** The image: its Dockerfile is well formed and names what exists, and corerush works as PID 1. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { validate } from 'dockerfile-utils'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { MAIN, start } from './support/cli.ts'

const at = (file: string): URL => new URL(`../${file}`, import.meta.url)
const read = (file: string): string => readFileSync(at(file), 'utf8')
const dockerfile = read('Dockerfile')

test('the Dockerfile is well formed, runs without rights, and copies what its context has', () => {
  expect(validate(dockerfile)).toEqual([])
  const lines = dockerfile.split('\n')
  expect(lines.filter((line) => line.startsWith('USER '))).toEqual(['USER 65532:65532'])
  expect(lines).toContain('ENTRYPOINT ["corerush"]')
  const context = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, file]) => file!)
  expect(context.filter((file) => !existsSync(at(file)))).toEqual([])
  const [, copied] = /^COPY (package\.json .+) \.\/$/m.exec(dockerfile)!
  for (const file of copied!.split(' ')) expect(context).toContain(file)
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const built = Object.entries(scripts).filter(([name]) => /^build(:|$)/.test(name))
  const folders = built.flatMap(([, script]) => script.match(/\b\w+(?=\/\w)/g) ?? [])
  expect(folders).toContain('src')
  expect(context).toEqual(
    expect.arrayContaining(folders.filter((name) => existsSync(at(`${name}/`)) && name !== 'dist')),
  )
})

test('the composition builds this image and mounts what exists', () => {
  const { services } = parse(read('examples/grafana/compose.yaml')) as {
    services: Record<string, { build?: string; volumes?: string[] }>
  }
  expect(services['load']!.build).toBe('../..')
  for (const { volumes = [] } of Object.values(services))
    for (const volume of volumes)
      expect(existsSync(at(`examples/grafana/${volume.split(':')[0]!}`)), volume).toBe(true)
})

const UNSHARE = ['--pid', '--fork', '--kill-child', '--mount-proc']
const mayUnshare = spawnSync('unshare', [...UNSHARE, 'true']).status === 0

// Signals of a parent namespace reach PID 1 only where it handles them, as in a container.
test.skipIf(!mayUnshare).for([
  ['SIGINT', 130, 'interrupted'],
  ['SIGTERM', 143, 'terminated'],
] as const)('as PID 1, %s ends in a report and exit code %i', async ([signal, code, word]) => {
  const server = createServer((_, response) => void response.end()).listen(0, '127.0.0.1')
  const isLoaded = once(server, 'request')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const load = ['--url', url, '--users', '1', '--wait', '200ms', '--duration', '60s', '--quiet']
  const run = start('unshare', [...UNSHARE, process.execPath, MAIN, ...load])
  await isLoaded
  const [child] = readFileSync(`/proc/${run.pid}/task/${run.pid}/children`, 'utf8').trim().split(' ')
  process.kill(Number(child), signal)
  const finished = await run.finished
  server.close()
  expect(finished.code).toBe(code)
  expect(finished.stdout).toContain(word)
})
