/** A network namespace with an address beyond loopback, for as long as a test takes. It ends with the process that holds it. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The address, of a network for documentation, which no other host has. */
export const ADDRESS = '198.51.100.7'

const SETUP = `ip link set lo up && ip addr add ${ADDRESS}/32 dev lo`
const UNSHARE = ['--user', '--map-root-user', '--net', '--kill-child', 'sh', '-c']

/** Why this host has no network namespaces for tests; `null` if it has. */
export function whyNoNetwork(): string | null {
  const { status, error, stderr } = spawnSync('unshare', [...UNSHARE, SETUP], { encoding: 'utf8' })
  return status === 0 ? null : `no network namespace: ${error?.message ?? stderr.trim()}`
}

export interface Network {
  /** The words that run a command in it, before those of the command. */
  readonly enter: readonly string[]
  /** A program that runs a command in it, written to this folder. */
  wrap(folder: string, command: string): string
  remove(): void
}

export async function makeNetwork(): Promise<Network> {
  const holder = spawn('unshare', [...UNSHARE, `${SETUP} && echo $$ && exec sleep 600`])
  const [line] = (await once(holder.stdout, 'data')) as [Buffer]
  const enter = ['nsenter', '-t', String(line).trim(), '--user', '--net', '--preserve-credentials']
  return {
    enter,
    wrap(folder, command) {
      const file = join(folder, 'in-network.sh')
      writeFileSync(file, `#!/bin/sh\nexec ${enter.join(' ')} ${command} "$@"\n`)
      chmodSync(file, 0o755)
      return file
    },
    remove: () => void holder.kill('SIGKILL'),
  }
}
