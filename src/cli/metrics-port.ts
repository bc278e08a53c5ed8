/** `--metrics [PORT]`: the page that a Prometheus reads while the run goes on. */
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/options.ts'
import { messageOf } from '../errors.ts'
import { DEFAULT_PORT, MetricsPage } from '../output/web/metrics-page.ts'
import type { Command } from './args.ts'

/** The port to serve on; null without the flag, and where it is wrong, which is added to the problems. */
export function readPort(
  { texts, switches }: Command,
  flag: string,
  without: number,
  problems: Problem[],
): number | null {
  const text = texts.get(flag)
  if (text === undefined) return null
  const wrong = (message: string): null => {
    problems.push({ option: flag, message })
    return null
  }
  if (switches.get('dry-run') === true) return wrong('does not go with --dry-run, which runs nothing')
  const port = text === '' ? without : /^\d{1,5}$/.test(text) ? Number(text) : Infinity
  return port <= 65_535 ? port : wrong(`must be a port from 0 (any) to 65535, got "${text}"`)
}

export const readMetricsPort = (command: Command, problems: Problem[]): number | null =>
  readPort(command, 'metrics', DEFAULT_PORT, problems)

/** Listens, and says where; throws when it cannot. */
export async function openMetrics(port: number): Promise<MetricsPage> {
  try {
    const page = await MetricsPage.listen(port)
    process.stderr.write(`corerush: metrics at ${page.url}\n`)
    return page
  } catch (error) {
    throw new OptionsError([{ option: 'metrics', message: `cannot be served: ${messageOf(error)}` }])
  }
}
