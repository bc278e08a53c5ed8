import { defineConfig } from 'vitest/config'

const { CI, GITHUB_ACTIONS } = process.env

/** Folders whose tests change nothing that others see: their files share modules, which halves what they cost. */
const SHARING = ['conformance', 'core', 'laws', 'output', 'page', 'scenario', 'target', 'worker'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
)

export default defineConfig({
  test: {
    // End-to-end tests start processes of their own on every core, but wait more than they work: three fill two cores.
    maxWorkers: 3,
    // For what never ends: no test is about speed, and a busy machine may be ten times as slow.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    projects: [
      { extends: true, test: { name: 'sharing', include: SHARING, isolate: false } },
      { extends: true, test: { name: 'apart', include: ['test/**/*.test.ts'], exclude: SHARING } },
    ],
    // The totals as JSON are for .ci/run.
    reporters: [
      'default',
      ...(GITHUB_ACTIONS ? ['github-actions' as const] : []),
      ...(CI ? [['json', { outputFile: 'node_modules/.cache/vitest.json' }] as ['json', object]] : []),
    ],
  },
})
