import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const { CI, GITHUB_ACTIONS } = process.env

/** Folders whose tests change nothing that others see: their files share modules, which halves what they cost. */
const SHARING = [
  ...['conformance', 'core', 'fleet', 'import', 'laws', 'output', 'page', 'scenario', 'target', 'worker'],
].map((folder) => `test/${folder}/**/*.test.ts`)

/** Files that take longest; those that keep the cores busy are not beside each other. */
const LONGEST = [
  'e2e/find',
  'e2e/hosts-faults',
  'e2e/faults',
  'e2e/hosts-control',
  'import/locust',
  'e2e/scenario',
  'e2e/pack',
  'host/crew',
  'host/run',
  'cli/output-flags',
  'cli/doctor',
  'e2e/live-page',
].map((name) => `/test/${name}.test.ts`)

/** Begins with the longest: one that begins late would go on alone. Without earlier runs, vitest goes by the size of files. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(name))
      return place === -1 ? LONGEST.length : place
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
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
