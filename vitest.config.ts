import { defineConfig } from 'vitest/config'

const { CI, GITHUB_ACTIONS } = process.env

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // End-to-end tests start processes of their own on every core, but wait more than they work.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The totals as JSON are for .ci/run.
    reporters: [
      'default',
      ...(GITHUB_ACTIONS ? ['github-actions' as const] : []),
      ...(CI ? [['json', { outputFile: 'node_modules/.cache/vitest.json' }] as ['json', object]] : []),
    ],
  },
})
