/** Runs corerush against embedded targets in separate processes, and leaves nothing running. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** Arguments and environment of corerush. */
export interface Words {
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/**
 * Starts the targets, runs corerush with the words that `wordsOf` returns for their URLs, and resolves to its exit code.
 * `who` prefixes error messages.
 */
export async function runBeside(
  who: string,
  targets: readonly (readonly string[])[],
  wordsOf: (urls: readonly string[]) => Words,
): Promise<number> {
  const serving = targets.map(serve)
  let load: ChildProcess | null = null
  // Nothing is left running, whatever ends this process.
  process.on('exit', () => {
    load?.kill('SIGKILL')
    for (const target of serving) target.process.kill('SIGKILL')
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (load === null) process.exit(SIGNAL_EXIT[signal])
      // Ctrl-C on a terminal has already reached corerush, which drains and reports; a second one would cut that short.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      load.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
    })

  const urls = await Promise.all(serving.map(({ url }) => url))
  const isServing = (url: string | null): url is string => url !== null
  if (!urls.every(isServing)) {
    process.stderr.write(
      `${who}: a target did not start\n${serving.map(({ complaint }) => complaint()).join('')}`,
    )
    for (const target of serving) target.process.kill('SIGTERM')
    return 1
  }
  const { args, environment } = wordsOf(urls)
  load = spawn(process.execPath, [CLI, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
  const [code, signal] = (await once(load, 'close')) as [number | null, NodeJS.Signals | null]

  for (const { process: target, closed, said, complaint } of serving) {
    const endedEarly = target.exitCode !== null || target.signalCode !== null
    target.kill('SIGTERM')
    await closed
    // After its address, a target prints its counts.
    process.stdout.write(`\n${said.slice(1).join('\n') || 'the target printed no counts'}\n`)
    if (endedEarly) process.stderr.write(`${who}: the target ended during the run\n${complaint()}`)
  }
  if (code !== null) return code
  process.stderr.write(`${who}: corerush was ended by ${signal ?? 'an unknown cause'}\n`)
  return signal !== null && signal in SIGNAL_EXIT ? SIGNAL_EXIT[signal as keyof typeof SIGNAL_EXIT] : 1
}

/** Starts a target; its URL resolves to `null` if it exits without printing one. */
function serve(words: readonly string[]) {
  // In its own process group, so that Ctrl-C does not end the target while requests are in flight.
  const target = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let complaint = ''
  target.stderr.on('data', (text: Buffer) => (complaint += text.toString()))
  const closed = once(target, 'close').catch((error: unknown) => void (complaint += `${String(error)}\n`))
  const said: string[] = []
  const url = new Promise<string | null>((resolve) => {
    createInterface(target.stdout).on('line', (line) => {
      said.push(line)
      const listening = / listening on (http:\S+)$/.exec(line)
      if (listening !== null) resolve(listening[1]!)
    })
    void closed.then(() => resolve(null))
  })
  return { process: target, url, closed, said, complaint: () => complaint }
}
