/** Load, thresholds, baseline and outputs of a pipeline in one file. `npm run perf` runs it against the embedded target. */
import { existsSync } from 'node:fs'
import { defineConfig } from 'corerush'

const { PORT = '8080', BASE_PORT, GITHUB_STEP_SUMMARY } = process.env

/**
 * The baseline: another server, measured alternately, if there is one; otherwise the stored runs. If there are none yet, these
 * runs are stored. To start over, remove the folder.
 */
const compared =
  BASE_PORT !== undefined
    ? { against: `http://127.0.0.1:${BASE_PORT}` }
    : existsSync('.corerush/baselines/perf')
      ? { baseline: 'perf' }
      : null

export default defineConfig({
  url: `http://127.0.0.1:${PORT}/GetPrograms`,
  allowHosts: '127.0.0.1',
  waitForTarget: '30s',
  rate: '500/s',
  warmup: '1s',
  duration: '7s',
  // The number of runs that can prove a regression of one rule.
  repeat: 5,
  thresholds: [
    'p99 < 100ms',
    'failed < 0.1%',
    'dropped == 0',
    'rps > 450',
    ...(compared === null ? [] : ['p95 < baseline + 10%']),
  ],
  ...(compared ?? { saveBaseline: 'perf' }),
  outputs: [
    'junit=perf-results/perf.xml',
    'json=perf-results/perf.json',
    'html=perf-results/perf.html',
    `github=${GITHUB_STEP_SUMMARY || 'perf-results/summary.md'}`,
  ],
  profiles: {
    // Checks in a second that the pipeline itself works.
    smoke: {
      rate: '50/s',
      warmup: null,
      duration: '1s',
      repeat: null,
      thresholds: 'failed < 0.1%',
      baseline: null,
      saveBaseline: 'smoke',
    },
  },
})
