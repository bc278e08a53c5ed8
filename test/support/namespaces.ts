/** Network namespaces with one bridge between them, which stand for hosts. */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { atEnd } from './at-end.ts'

const ip = (...words: string[]): void => void execFileSync('ip', words, { stdio: 'pipe' })
/** The same while other tests go on in this process, which answers their requests. */
const execute = promisify(execFile)
async function later(...words: string[]): Promise<void> {
  await execute('ip', words)
}

const NAMESPACES = '/run/netns'
const LINKS = '/sys/class/net'
/** The names of bridges, cables and namespaces, with the pid of the process that made them; 15 characters at most. */
const OURS = /^cr(?:try)?(\d+)(?:br|[nv]\d+)?$/

/** Removes what runs of these tests have left behind whose process has been killed; one may have had the pid of this one. */
function removeStale(): void {
  const staleIn = (folder: string): string[] =>
    (existsSync(folder) ? readdirSync(folder) : []).filter((name) => {
      const [, pid] = OURS.exec(name) ?? []
      return pid !== undefined && (Number(pid) === process.pid || !existsSync(`/proc/${pid}`))
    })
  // Another run may remove the same, or the kernel a cable whose other end has gone.
  const remove = (path: string, ...words: string[]): void => {
    try {
      ip(...words)
    } catch (error) {
      if (existsSync(path)) throw error
    }
  }
  for (const name of staleIn(NAMESPACES)) remove(join(NAMESPACES, name), 'netns', 'del', name)
  for (const name of staleIn(LINKS)) remove(join(LINKS, name), 'link', 'del', name)
}

/** Whether this machine lets the tests make namespaces; CORERUSH_TEST_NAMESPACES=none denies them. */
export const hasNamespaces = process.env['CORERUSH_TEST_NAMESPACES'] !== 'none' && canBeMade()

function canBeMade(): boolean {
  const name = `crtry${process.pid}`
  try {
    ip('netns', 'add', name)
    execFileSync('unshare', ['--time', '--monotonic', '1000', '--fork', 'true'], { stdio: 'pipe' })
    ip('link', 'add', name, 'type', 'bridge')
    ip('link', 'del', name)
    return true
  } catch {
    return false
  } finally {
    if (existsSync(join(NAMESPACES, name))) ip('netns', 'del', name)
  }
}

/** A bridge with the addresses of server and target, and a namespace for each host. */
export class Net {
  readonly #prefix = `cr${process.pid}`
  readonly #namespaces: string[] = []
  readonly #keep: () => void
  readonly #subnet: string

  constructor() {
    removeStale()
    // Two test runs at once have other names and other addresses.
    this.#subnet = `10.${201 + ((process.pid >> 8) % 50)}.${process.pid % 256}`
    // With an address of its own: else it takes one of its ports, and another when a host comes, which others learn late.
    ip('link', 'add', this.#bridge, 'address', '02:00:00:00:00:01', 'type', 'bridge')
    this.#keep = atEnd(() => this.#remove())
    for (const address of [this.serverAddress, this.targetAddress])
      ip('addr', 'add', `${address}/24`, 'dev', this.#bridge)
    ip('link', 'set', this.#bridge, 'up')
  }

  get #bridge(): string {
    return `${this.#prefix}br`
  }

  get serverAddress(): string {
    return `${this.#subnet}.1`
  }

  get targetAddress(): string {
    return `${this.#subnet}.2`
  }

  async host(n: number): Promise<{ readonly namespace: string; readonly address: string }> {
    const [namespace, outer, inner] = [`${this.#prefix}n${n}`, `${this.#prefix}v${n}`, `${this.#prefix}w${n}`]
    const address = `${this.#subnet}.${10 + n}`
    await later('netns', 'add', namespace)
    this.#namespaces.push(namespace)
    await later('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', namespace)
    await later('link', 'set', outer, 'master', this.#bridge, 'up')
    await later('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', inner)
    await later('-n', namespace, 'link', 'set', inner, 'up')
    await later('-n', namespace, 'link', 'set', 'lo', 'up')
    return { namespace, address }
  }

  /** Takes the way from a host to the server away; returns what gives it back. */
  async cut(namespace: string): Promise<() => Promise<void>> {
    const route = (what: string): Promise<void> =>
      later('-n', namespace, 'route', what, 'blackhole', `${this.serverAddress}/32`)
    await route('add')
    return () => route('del')
  }

  dispose(): void {
    this.#keep()
    this.#remove()
  }

  #remove(): void {
    // A namespace takes its end of the cable with it.
    for (const namespace of this.#namespaces) ip('netns', 'del', namespace)
    ip('link', 'del', this.#bridge)
  }
}
