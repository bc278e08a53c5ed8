/** This repository's own pipeline: its config works, its outputs agree, and its workflow runs it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Report } from '../../dist/index.js'
import { start, withFolder } from '../support/cli.ts'
import { exitUnlessVoid, expectConservation } from '../support/conservation.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

test('npm run perf: a run by the config, all outputs, kept for later ones, nothing left running', () =>
  withFolder(async (folder) => {
    const words = [
      join(REPOSITORY, 'node_modules/tsx/dist/cli.mjs'),
      join(REPOSITORY, 'examples/pipeline/perf.ts'),
    ]
    const { code, stdout, stderr } = await start(process.execPath, [...words, '--profile', 'smoke'], {
      cwd: folder,
      env: { PERF_PORT: '0' },
    }).finished
    const results = join(folder, 'perf-results')
    expect(readdirSync(results).sort(), stderr).toEqual(['perf.html', 'perf.json', 'perf.xml', 'summary.md'])
    const read = (name: string): string => readFileSync(join(results, name), 'utf8')
    const report = JSON.parse(read('perf.json')) as Report
    expectConservation(report)
    expect([code, report.exitCode]).toEqual(Array(2).fill(exitUnlessVoid(report, 0)))
    const { sent, succeeded } = report.total
    expect([sent > 0, succeeded]).toEqual([true, sent])
    expect(stdout).toContain(`answered ${sent} requests on `)
    expect(read('perf.xml').match(/<testcase /g)).toHaveLength(3)
    expect(read('summary.md')).toContain(`\n| total | ${sent} |`)
    expect(read('perf.html')).toContain('corerush')
    const kept = join(folder, '.corerush/baselines/smoke')
    expect(existsSync(kept) ? readdirSync(kept).length : 0).toBe(code === 0 ? 1 : 0)
  }))

interface Workflow {
  readonly permissions: object
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly steps: readonly {
          readonly uses?: string
          readonly run?: string
          readonly with?: Readonly<Record<string, unknown>>
          readonly if?: string
        }[]
      }
    >
  >
}

test('the workflow measures a commit beside the one before it, in one job, and keeps the results', () => {
  const text = readFileSync(join(REPOSITORY, '.github/workflows/perf.yml'), 'utf8')
  const { permissions, jobs } = parse(text) as Workflow
  expect([permissions, text.includes('secrets.')]).toEqual([{ contents: 'read' }, false])
  const [{ steps }, ...others] = Object.values(jobs) as [Workflow['jobs'][string]]
  expect(others).toEqual([])
  const [head, base] = steps
    .filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    .map((step) => step.with!)
  expect([head, base!['path']]).toEqual([{ 'persist-credentials': false }, 'base'])
  expect(base!['ref']).toContain('github.event.pull_request.base.sha')
  const at = steps.findIndex(({ uses }) => uses === './')
  expect(steps[at]!.with).toMatchObject({
    base: base!['path'],
    config: 'examples/pipeline/corerush.config.ts',
  })
  expect(steps.slice(0, at).filter(({ run }) => run === 'npm ci')).toHaveLength(2)
})
