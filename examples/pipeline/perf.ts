/**
 * This repository's own pipeline, `npm run perf`: serves the embedded target and runs the config beside this file against
 * it; it exits as corerush does. Where PERF_BASE is the folder of another version, built, that one's target is served as
 * well, and both are measured in turns. Further words go to corerush: `npm run perf -- --profile smoke`.
 */
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CLI, runBeside } from '../beside-targets.ts'

const CONFIG = fileURLToPath(new URL('corerush.config.ts', import.meta.url))
const base = process.env['PERF_BASE'] ?? ''
// Runs of another URL are no runs of the same plan: with a baseline the port has to stay. PERF_PORT is another one.
const port = base === '' ? (process.env['PERF_PORT'] ?? '18480') : '0'
const clis = [CLI, ...(base === '' ? [] : [resolve(base, 'dist/cli/main.js')])]

mkdirSync('perf-results', { recursive: true })
process.exitCode = await runBeside(
  'perf',
  clis.map((cli) => [cli, 'target', '--port', port]),
  ([url, against]) => ({
    args: ['--config', CONFIG, ...process.argv.slice(2)],
    environment: { PERF_URL: url!, ...(against === undefined ? {} : { PERF_AGAINST: against }) },
  }),
)
