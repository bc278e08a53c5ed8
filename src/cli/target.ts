/** The command `corerush target`: serves until it is stopped. */
import { OptionsError } from '../core/options/options-error.ts'
import { EXIT } from '../errors.ts'
import { resolveTargetOptions, runTarget } from '../target/main.ts'
import type { Command } from './command.ts'

export async function targetCommand({ texts, lists, problems }: Command): Promise<number> {
  const resolved = resolveTargetOptions({
    ...optional('port', texts.get('port')),
    ...optional('host', texts.get('host')),
    ...optional('latency', texts.get('latency')),
    ...optional('status', lists.get('status')),
    ...optional('capacity', texts.get('capacity')),
    ...optional('bodyBytes', texts.get('bodyBytes')),
    ...optional('seed', texts.get('seed')),
  })
  const all = [...problems, ...('problems' in resolved ? resolved.problems : [])]
  if (all.length > 0 || 'problems' in resolved) throw new OptionsError(all)

  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  await runTarget(resolved.options, { stdout: process.stdout, stderr: process.stderr, signal: stop.signal })
  return EXIT.ok
}

const optional = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  (value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>
