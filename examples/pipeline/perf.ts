/**
 * The pipeline of this repository, `npm run perf`: starts the embedded target, runs the config in this folder against it, and
 * exits with the code of corerush. If PERF_BASE is the folder of another built version, its target is started, too, and both
 * are measured alternately. Further arguments go to corerush: `npm run perf -- --profile smoke`.
 */
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CLI, runBeside } from '../beside-targets.ts'

const CONFIG = fileURLToPath(new URL('corerush.config.ts', import.meta.url))
const base = process.env['PERF_BASE'] ?? ''
// The URL is part of the plan, so the port must stay the same for comparable runs. PERF_PORT overrides it.
const port = base === '' ? (process.env['PERF_PORT'] ?? '18480') : '0'
const portOf = (url: string): string => new URL(url).port
const clis = [CLI, ...(base === '' ? [] : [resolve(base, 'dist/cli/main.js')])]

mkdirSync('perf-results', { recursive: true })
process.exitCode = await runBeside(
  'perf',
  clis.map((cli) => [cli, 'target', '--port', port]),
  ([url, against]) => ({
    args: ['--config', CONFIG, ...process.argv.slice(2)],
    environment: { PORT: portOf(url!), ...(against === undefined ? {} : { BASE_PORT: portOf(against) }) },
  }),
)
